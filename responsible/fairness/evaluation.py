"""The evaluation of models on the same test rows: every table of every declared sensitive attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from responsible.fairness import disparity, groups, intersections
from responsible.fairness.comparisons import adjust
from responsible.fairness.score_quality import score_quality
from responsible.fairness.verdicts import Fairness
from responsible.measures.scores import Scored
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import CHANGED, paired_change
from responsible.modelling.score_intervals import cluster_of
from responsible.models import Models
from responsible.names import ANY_LEVEL, POOLED, Judged, is_change
from responsible.statistics.count_tables import JUDGED, counted, everybody, pairs
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed, Sensitive, Target, Threshold
from responsible.validation import Params
from responsible.words import Section

CALIBRATION_BINS = 10


class Parameters(Params):
    """The sections of the parameter file that an evaluation, its analyses, and the change between two evaluations are
    computed with.
    """

    seed: Seed
    threshold: Threshold
    target: Target | None = Field(alias="budget.target")
    models: Models
    sensitive: dict[str, Sensitive]
    model: Logistic
    inference: Inference
    fairness: Fairness
    disclosure: Disclosure
    words: Section


@dataclass(frozen=True, eq=False)
class ScoredCells:
    """The ``scores`` of one or more models, and the 0/1 ``label``, of the same ``cells`` of test rows; each (m,)."""

    cells: pd.DataFrame
    label: npt.NDArray[np.int64]
    scores: Mapping[str, npt.NDArray[np.float64]]

    def by_level(self, who: groups.Groups) -> dict[str, Scored]:
        """Model → the cells with their levels of an attribute."""
        n, code = self.cells["n"].to_numpy(), who.codes(self.cells)
        return dict.fromkeys(self.scores, Scored(self.scores, self.label, n, code, cluster_of(self.cells)))


@dataclass(frozen=True)
class Evaluation:
    """Long tables over all attributes; the functions that make them document their columns."""

    fairness: pd.DataFrame
    group_rates: pd.DataFrame
    intersection_rates: pd.DataFrame
    group_tests: pd.DataFrame
    confusion: pd.DataFrame
    score_quality: pd.DataFrame
    performance_change: pd.DataFrame


def evaluate(
    test: pd.DataFrame,
    label: npt.NDArray[np.int64],
    attributes: Sequence[groups.Groups],
    decisions: Mapping[str, npt.NDArray[np.bool_]],
    scores: Sequence[ScoredCells],
    *,
    models: Judged = JUDGED,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
) -> Evaluation:
    """Audit cells ``test`` that carry ``n`` and the ``a.`` levels: the ``decisions`` of each of ``models`` (m,), and
    the ``scores`` of those that have any, by cells that may be others, of the same rows.

    ``label`` (m,) is 0/1, and 0 throughout where rows have none. Changes are paired: they are drawn from joint counts.
    """
    bits = [label, *(decisions[model] for model in models.names)]
    rows, found = int(test["n"].sum()), []
    for who in attributes:
        joint, parts = counted(test, who.codes(test), len(who.levels), bits)
        scored = {model: own for table in scores if models.labelled for model, own in table.by_level(who).items()}
        quality = score_quality(who, scored, bins=CALIBRATION_BINS, confidence=inference.confidence)
        own = _from_counts(joint, who, fairness, inference, rng, rows=rows, parts=parts, scored=scored, models=models)
        found.append(own | {"score_quality": quality})
    tables = {name: pd.concat([each[name] for each in found], ignore_index=True) for name in found[0]}
    tables["intersection_rates"] = intersections.intersection_rates(test, attributes, bits, inference, models)
    tables["performance_change"] = _changes(everybody(test, bits), models, inference, rng)
    return Evaluation(**(tables | {"fairness": adjust([tables["fairness"]], "model")[0]}))


def _changes(
    everyone: tuple[groups.Counts, groups.Counts | None], models: Judged, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """:func:`~responsible.modelling.performance.paired_change` of each model against the reference; where there are
    several, a figure has the model's name in front: ``vendor.accuracy``. No row without labels.
    """
    joint, parts = everyone
    own, by_cluster = pairs(joint, models), pairs(parts, models) if parts is not None else {}
    change, found = partial(paired_change, inference=inference, rng=rng), []
    for model in models.others if models.labelled else ():
        table = change(own[model], clusters=by_cluster.get(model))
        found.append(table if len(models.others) == 1 else table.assign(figure=model + "." + table["figure"]))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(CHANGED))


def _from_counts(
    joint: groups.Counts,
    who: groups.Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int,
    parts: groups.Counts | None,
    scored: Mapping[str, Scored],
    models: Judged,
) -> dict[str, pd.DataFrame]:
    clustered, confidence = parts is not None, inference.confidence
    return {
        "fairness": disparity.disparities(
            joint, who, fairness, inference, rng, rows=rows, parts=parts, scored=scored, models=models
        ),
        "group_rates": groups.group_rates(joint, who, confidence, parts, models=models),
        "group_tests": groups.any_difference(joint, who, inference.replicates, rng, clustered=clustered, models=models),
        "confusion": groups.confusion(joint, who, models),
    }


def summary(comparisons: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values ``{attribute: {model: {measure: value}}}`` of the pooled comparison, or of any level.

    Undefined values are NaN, and a sibling ``undefined`` map gives the reason code of each; where no level is
    privileged, a sibling ``farthest`` names the level of each.
    """
    pooled = comparisons[comparisons["comparison"].isin([POOLED, ANY_LEVEL]) & ~comparisons["model"].map(is_change)]
    out: dict[str, dict[str, object]] = {}
    for attribute, rows in pooled.groupby("attribute", sort=False):
        out[str(attribute)] = {str(model): _values(own) for model, own in rows.groupby("model", sort=False)}
    return out


def _values(rows: pd.DataFrame) -> dict[str, object]:
    values: dict[str, object] = dict(zip(rows["measure"], rows["value"], strict=True))
    for name, column in (("undefined", "reason"), ("farthest", "farthest")):
        if said := {m: text for m, text in zip(rows["measure"], rows[column], strict=True) if text}:
            values[name] = said
    return values
