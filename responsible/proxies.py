"""Proxies: how well the other features tell whether a row is of a privileged level; layer 3.

A model that never sees an attribute still sees everything that gives it away. So the attribute is predicted from the
other features, from all of them and from each alone, by the same kind of model that makes the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.cases import FEATURE as CASE
from responsible.cells import ATTRIBUTE, FEATURE
from responsible.checks import MISSING
from responsible.encoding import Logistic
from responsible.groups import Groups, Inference
from responsible.model import train
from responsible.scores import auc_interval, roc_auc

ALL = "all others"  # in place of a feature's name: all of them together
COLUMNS = ("attribute", "feature", "value", "low", "high", "privileged", "unprivileged", "strength", "reason")
Strength = Literal["none shown", "weak", "moderate", "strong", ""]
STRENGTHS: dict[Strength, float] = {"weak": 0.5, "moderate": 0.6, "strong": 0.7}
"""The words for an AUC and where each begins, rising: Hosmer & Lemeshow (2000, ch. 5.2.4) call a discrimination of 0.7
or more acceptable, which for a proxy is strong.
"""
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Task:
    """The rows that are in the audit of one attribute, and the label to be guessed from them: 1 = privileged."""

    rows: pd.DataFrame
    label: Ints
    who: Groups

    def counts(self, split: str) -> tuple[int, int]:
        """Privileged and unprivileged rows of a split."""
        n = np.where(self.rows["split"] == split, self.rows["n"], 0)
        return int(n @ self.label), int(n @ (1 - self.label))


def proxies(
    cells: pd.DataFrame,
    kinds: Mapping[str, str],
    who: Groups,
    column: str,
    *,
    params: Logistic,
    inference: Inference,
) -> pd.DataFrame:
    """How well the features guess whether a row is privileged: one row for all others together, then one a feature.

    ``cells`` are counted rows (:mod:`responsible.cells`): ``split``, ``x.`` features, ``a.`` attributes, ``n``; each
    feature has its kind in ``kinds``. ``column`` is the table's column the attribute is made of: a feature of that name
    is the attribute itself and is left out. Rows of levels excluded from the attribute's audit are left out as well.
    A weighted logistic regression (``params``) is fitted to the rows of split ``train``, and ``value`` is its AUC on
    the rows of split ``test``:

        AUC = P(score of a privileged row > score of an unprivileged row) + ½ P(the two scores are equal),

    the Mann-Whitney statistic over its number of pairs (Mann & Whitney 1947; Hanley & McNeil 1982), in [0, 1]: 0.5
    means that the features tell nothing, 1 that they give the attribute away; below 0.5 is 0.5 by bad luck, because
    the direction was learned on other rows. ``low`` and ``high`` are DeLong's interval, which holds the fitted model
    fixed. A relation that a logistic regression cannot see (high at both ends of a number) is not seen here either.

    Columns: :data:`COLUMNS`; ``privileged`` and ``unprivileged`` are test rows; ``strength`` is a word
    (:func:`strength`). Undefined values are NaN with a ``reason``: ``group_absent`` when no training row or no test row
    is privileged, or none is unprivileged; ``n_below_minimum`` when either has fewer than ``minimum_denominator`` of
    them; ``no_features`` when nothing is left to guess from, because a feature has no value in the training rows or
    there is no other.
    """
    task = _task(cells, who)
    features = [c for c in map(str, cells) if c.startswith(FEATURE) and c[len(FEATURE) :].lower() != column.lower()]
    told = [c for c in features if _told(task.rows, c)]
    reason = _reason(task, inference.minimum_denominator)
    asked = {ALL: told} | {c[len(FEATURE) :]: [c] if c in told else [] for c in features}
    rows = [
        {"feature": name} | _guessed(task, {c: kinds[c[len(FEATURE) :]] for c in used}, params, inference, reason)
        for name, used in asked.items()
    ]
    return pd.DataFrame(rows).assign(attribute=who.attribute)[list(COLUMNS)]


def _task(cells: pd.DataFrame, who: Groups) -> _Task:
    code = who.code(cells[ATTRIBUTE + who.attribute].to_list())
    return _Task(cells[code >= 0].reset_index(drop=True), who.privileged[code[code >= 0]].astype(np.int64), who)


def _told(rows: pd.DataFrame, feature: str) -> bool:
    """Whether some training row has a value of the feature."""
    values = rows.loc[rows["split"] == "train", feature]
    return bool((values.notna() & (values != MISSING)).any())


def _reason(task: _Task, least: int) -> str:
    fewest = min(*task.counts("train"), *task.counts("test"))
    return "" if fewest >= max(least, 1) else "n_below_minimum" if fewest else "group_absent"


def _guessed(
    task: _Task, kinds: Mapping[str, str], params: Logistic, inference: Inference, reason: str
) -> dict[str, object]:
    privileged, unprivileged = task.counts("test")
    reason = reason or ("" if kinds else "no_features")
    ends = (np.nan,) * 3 if reason else _auc(task, kinds, params, inference.confidence)
    found = dict(zip(("value", "low", "high"), ends, strict=True))
    words = {"strength": strength(*ends), "reason": reason}
    return {**found, "privileged": privileged, "unprivileged": unprivileged, **words}


def _auc(task: _Task, kinds: Mapping[str, str], params: Logistic, confidence: float) -> tuple[float, float, float]:
    rows = task.rows[["split", "n", *kinds]]
    score = train(rows, kinds, task.label, params).score.round(9)  # as scores are stored: equal ones are equal anywhere
    n = np.where(rows["split"] == "test", rows["n"], 0)
    tallies = score, n * task.label, n * (1 - task.label)
    interval = auc_interval(*tallies, confidence)
    return roc_auc(*tallies), float(interval.low), float(interval.high)


def strength(value: float, low: float, high: float) -> Strength:
    """An AUC in a word: ``none shown`` while its interval reaches down to 0.5, else by :data:`STRENGTHS`; "" when
    undefined.
    """
    if np.isnan([value, low, high]).any():
        return ""
    words: list[Strength] = [word for word, least in STRENGTHS.items() if value >= least]
    return words[-1] if words and low > STRENGTHS["weak"] else "none shown"


def together(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values of all others together: ``{attribute: {"proxy_auc": value}}``, with its reason when undefined."""
    rows = table[table["feature"] == ALL].itertuples(index=False)
    return {
        str(row.attribute): {"proxy_auc": row.value} | ({"undefined": {"proxy_auc": row.reason}} if row.reason else {})
        for row in rows
    }


def of_cases(cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cases (:mod:`responsible.cases`) as the counted rows of :func:`proxies`, a random half to learn from.

    Half is for ``test``: with folds, scores of different models would be ranked against each other, which pulls the
    AUC below 0.5 where there is nothing to find (Airola et al. 2011).
    """
    split = np.array(["train", "test"])[rng.permutation(len(cases)) % 2]
    features = {c: FEATURE + c.removeprefix(CASE) for c in map(str, cases) if c.startswith(CASE)}
    kept = cases[[*features, *(c for c in map(str, cases) if c.startswith(ATTRIBUTE))]].rename(columns=features)
    return kept.assign(split=split, n=1)
