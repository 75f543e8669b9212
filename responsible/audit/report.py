"""One call on arrays: what decisions do to groups, with intervals, tests and verdicts, crosses included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from responsible.audit import choices, rows
from responsible.fairness import disparity, groups, intersections
from responsible.fairness.comparisons import adjust
from responsible.fairness.score_quality import score_quality
from responsible.measures.definition import Measure
from responsible.measures.scores import Scored
from responsible.names import ANY_LEVEL, POOLED, Judged
from responsible.statistics.count_tables import counted
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.levels import MOST_LEVELS
from responsible.validation import InputError

MODEL = Judged(("decisions",), "decisions")
INFERENCE = Inference(confidence=0.95, replicates=10_000, minimum_denominator=5)
BINS = 10  # of the calibration
HEADLINE = ("attribute", "comparison", "measure", "value", "low", "high", "verdict")


@dataclass(frozen=True, eq=False)
class Audit:
    """What :func:`audit` found of ``rows`` rows, as long tables; each says ``attribute``, and crosses are ``A & B``.

    ``disparities``: every measure of every comparison, with interval, limits, verdict, support, p and Holm's
    ``p_adjusted`` over the whole audit (:func:`~responsible.fairness.disparity.disparities` has the columns).
    ``group_rates``: rates by level with Wilson intervals. ``intersection_rates``: the same of pairs of levels.
    ``group_tests``: do the levels differ at all? ``confusion``: TP, FP, FN and TN by level. ``score_quality``: AUC and
    calibration by level, where there are scores. What needs labels is absent where there are none.
    """

    rows: int
    disparities: pd.DataFrame
    group_rates: pd.DataFrame
    intersection_rates: pd.DataFrame
    group_tests: pd.DataFrame
    confusion: pd.DataFrame
    score_quality: pd.DataFrame

    @property
    def headline(self) -> pd.DataFrame:
        """The measures of each attribute's first comparison: all unprivileged levels, or the level that decides."""
        first = self.disparities["comparison"].isin([POOLED, ANY_LEVEL])
        return self.disparities.loc[first, list(HEADLINE)].reset_index(drop=True)

    def __str__(self) -> str:
        text = self.headline.to_string(index=False, float_format=lambda value: f"{value:.3f}")
        return f"{self.rows:,} rows\n{text}"

    def _repr_html_(self) -> str:
        html = self.headline.to_html(index=False, float_format=lambda value: f"{value:.3f}", border=0)
        return f"<p>{self.rows:,} rows</p>{html}"


def audit(
    y: Any,
    prediction: Any,
    sensitive: Any,
    score: Any = None,
    *,
    privileged: Any = None,
    threshold: float = 0.5,
    counts: Any = None,
    measures: choices.Measures | None = None,
    limits: Mapping[str, choices.Bounds] | None = None,
    accuracy_floor: float = 0.0,
    inference: Inference = INFERENCE,
    crosses: bool = True,
    seed: int = 12,
) -> Audit:
    """Audit decisions on rows: rates, disparities with intervals, tests and verdicts, for groups and their crosses.

    Rows are counted first, so everything after that costs the same for ten thousand rows as for ten million.

    Args:
        y: true labels (n,), 0/1 or true/false; None: decisions alone, judged by selection rates.
        prediction: decisions (n,), 0/1 or true/false; None: ``score`` from ``threshold`` up.
        sensitive: a frame or a dict of one column (n,) for each attribute, or a single array.
        score: probabilities (n,) from 0 to 1, for AUC and calibration by group.
        privileged: attribute → its privileged level or levels, or those of a single attribute. An attribute without
            compares each level with everybody else.
        threshold: the least score that is a decision of 1, where ``prediction`` is None.
        counts: how many rows each stands for (n,), of a table that is counted already.
        measures: names of known ones; or a dict of one's own, each a function of TP, FP, FN and TN, to have besides
            the standard ones.
        limits: measure → (minimum, maximum), either None; default: −0.1 to 0.1, and 0.8 to 1.25 for ratios. One's own
            measures have none unless given some, and then no verdict.
        accuracy_floor: the accuracy below which nobody wants a classifier, for the verdict ``infeasible``.
        inference: confidence, number of replicates, and the fewest rows a figure may rest on.
        crosses: whether each pair of attributes is audited as an attribute of its own.
        seed: of the replicates.

    Raises:
        InputError: something given cannot be audited; the text has name, position, value and remedy.

    >>> from responsible.audit import audit
    >>> found = audit([1, 0, 1, 0] * 50, [1, 0, 0, 0] * 50, ["a", "a", "b", "b"] * 50, privileged="a")
    >>> print(found.headline.loc[[0, 2], ["measure", "value", "verdict"]].to_string(index=False))
                          measure  value verdict
    statistical_parity_difference   -0.5    fail
     equal_opportunity_difference   -1.0    fail
    """
    coded = rows.attributes(sensitive)
    cells, labelled = _cells(y, prediction, score, coded, counts=counts, threshold=threshold)
    scored = rows.SCORE in cells
    fairness, functions = choices.measures(measures, limits or {}, accuracy_floor, labelled=labelled, scored=scored)
    judge = partial(_of_attribute, cells, fairness=fairness, inference=inference, functions=functions, seed=seed)
    own = choices.declared(coded, privileged)
    found = [judge(who, who.codes(cells)) for who in own]
    found += [judge(*cross) for cross in _crosses(cells, own)] if crosses else []
    tables = {name: pd.concat([tables[name] for tables in found], ignore_index=True) for name in found[0]}
    bits = [cells[rows.LABEL], cells[rows.PREDICTED]]
    tables["group_rates"] = pd.concat([_rates(cells, who, inference) for who in own], ignore_index=True)
    tables["intersection_rates"] = intersections.intersection_rates(cells, own, bits, inference, MODEL)
    tables["disparities"] = adjust([tables["disparities"]], "model")[0]
    return Audit(int(cells["n"].sum()), **{name: _shown(table, labelled) for name, table in tables.items()})


def _cells(
    y: Any, prediction: Any, score: Any, coded: Mapping[str, rows.Coded], *, counts: Any, threshold: float
) -> tuple[pd.DataFrame, bool]:
    """The rows counted, with the label, 0 where there is none, and the prediction; and whether there are labels."""
    if prediction is None and score is None:
        raise InputError("prediction: is None and so is score; give decisions of 0 and 1, or scores")
    label = None if y is None else rows.binary("y", y)
    scores = None if score is None else rows.probabilities("score", score)
    if prediction is None and scores is not None:
        prediction = scores >= threshold
    decided = rows.binary("prediction", prediction)
    columns = {rows.LABEL: label, rows.PREDICTED: decided, rows.SCORE: None if label is None else scores}
    cells = rows.cells(coded, columns, None if counts is None else rows.whole("counts", counts))
    return cells.assign(**{rows.LABEL: 0}) if label is None else cells, label is not None


def _crosses(cells: pd.DataFrame, own: Sequence[groups.Groups]) -> Iterator[tuple[groups.Groups, groups.Code]]:
    """Each pair of attributes that has at most as many combinations as an attribute may have levels."""
    for pair in combinations(own, 2):
        if len(pair[0].levels) * len(pair[1].levels) <= MOST_LEVELS:
            yield intersections.crossed(*pair), intersections.crossed_codes(cells, *pair)


def _table(cells: pd.DataFrame, who: groups.Groups, code: groups.Code) -> groups.Counts:
    """The counts ``[level, y, ŷ]``."""
    return counted(cells, code, len(who.levels), [cells[rows.LABEL], cells[rows.PREDICTED]])[0]


def _rates(cells: pd.DataFrame, who: groups.Groups, inference: Inference) -> pd.DataFrame:
    return groups.group_rates(_table(cells, who, who.codes(cells)), who, inference.confidence, models=MODEL)


def _of_attribute(
    cells: pd.DataFrame,
    who: groups.Groups,
    code: groups.Code,
    *,
    fairness: disparity.Fairness,
    inference: Inference,
    functions: Mapping[str, Measure],
    seed: int,
) -> dict[str, pd.DataFrame]:
    label, n, table = cells[rows.LABEL].to_numpy(), cells["n"].to_numpy(), _table(cells, who, code)
    rng, total = stream(seed, f"audit/{who.attribute}"), int(n.sum())
    scores = {MODEL.subject: cells[rows.SCORE].to_numpy()} if rows.SCORE in cells else {}
    scored = dict.fromkeys(scores, Scored(scores, label, n, code))
    return {
        "disparities": disparity.disparities(
            table, who, fairness, inference, rng, rows=total, scored=scored, models=MODEL, own=functions
        ),
        "group_tests": groups.any_difference(table, who, inference.replicates, rng, models=MODEL),
        "confusion": groups.confusion(table, who, MODEL),
        "score_quality": score_quality(who, scored, bins=BINS, confidence=inference.confidence),
    }


def _shown(table: pd.DataFrame, labelled: bool) -> pd.DataFrame:
    """Without the column of models, for there is one; and without what needs labels where there are none."""
    if not labelled and "rate" in table:
        table = table[table["rate"] == "selection_rate"]
    if not labelled and "tp" in table:
        table = table.iloc[:0]
    if not labelled and "best_accuracy" in table:
        table = table.assign(best_accuracy=np.nan)
    return table.drop(columns="model").reset_index(drop=True)
