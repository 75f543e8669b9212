"""Groups: the levels of a sensitive attribute, and counts of rows by level, label and the predictions of models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import ALL_PRIVILEGED, ANY, ANY_LEVEL, ATTRIBUTE, POOLED, REST, Judged
from responsible.statistics import intervals, jackknife, significance
from responsible.statistics.count_tables import JUDGED, marginals
from responsible.statistics.rates import RATES, parts
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError, did_you_mean

GROUP_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "base_rate")
CONFUSION = ("attribute", "level", "privileged", "model", "tp", "fp", "fn", "tn")
Counts = npt.NDArray[np.int64]
Code = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """An attribute's levels, privileged first, then the others alphabetically; ``privileged`` is (levels,) bool.

    Where no level is privileged, each is compared with everybody else: all other levels together.
    """

    attribute: str
    levels: tuple[str, ...]
    privileged: npt.NDArray[np.bool_]

    @property
    def reference(self) -> bool:
        """Whether a level is privileged, so that the others are compared with it."""
        return bool(self.privileged.any())

    @property
    def compared(self) -> int:
        """How many levels are compared: questions that are answered together. Two levels against each other are one."""
        own = int((~self.privileged).sum())
        return 1 if own == 2 and not self.reference else own

    @property
    def mutual(self) -> bool:
        """Whether two levels are compared with each other: one question, put from either side."""
        return not self.reference and self.compared == 1

    def code(self, values: Sequence[str]) -> Code:
        """The index into ``levels`` of each value, -1 for a level that is excluded from this audit."""
        return np.asarray(pd.Index(self.levels).get_indexer(pd.Index(values)), dtype=np.int64)

    def codes(self, table: pd.DataFrame) -> Code:
        """:meth:`code` of every row of a table that has the attribute's column."""
        code, found = pd.factorize(table[ATTRIBUTE + self.attribute])
        return np.append(self.code(list(found)), -1)[code]  # -1, of no value, is the last


def groups(attribute: str, present: Iterable[str], privileged: Sequence[str], exclude: Sequence[str] = ()) -> Groups:
    """The groups of an attribute: every declared privileged level, present or not, and every other present level.

    Raises:
        InputError: no level is left, or one is called like a group of levels, whose place in every table it would take.
    """
    others = sorted(set(present) - set(privileged) - set(exclude))
    if len(others) < (1 if privileged else 2):
        whom = "the privileged ones" if privileged else REST
        raise InputError(f"sensitive.{attribute}: no level is left to compare with {whom}")
    levels = (*privileged, *others)
    if taken := [level for level in levels if level in (POOLED, ALL_PRIVILEGED, ANY_LEVEL, ANY, REST)]:
        remedy = "rename that level in the data, or list it under exclude"
        raise InputError(f"sensitive.{attribute}: {taken[0]!r} is the name of a group of levels; {remedy}")
    return Groups(attribute, levels, np.arange(len(levels)) < len(privileged))


def declared_groups(
    cells: pd.DataFrame, sensitive: Mapping[str, Sensitive], attributes: Iterable[str] | None = None
) -> list[Groups]:
    """The groups of the named (default: all) sensitive attributes among the ``a.`` columns of ``cells``.

    Raises:
        InputError: a name that ``sensitive`` does not declare.
    """
    out = []
    for name in sensitive if attributes is None else attributes:
        if name not in sensitive:
            raise InputError(f"attribute {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}")
        levels = cells[ATTRIBUTE + name].unique().tolist()
        out.append(groups(name, levels, sensitive[name].privileged, sensitive[name].exclude))
    return out


def any_difference(
    joint: Counts,
    who: Groups,
    draws: int,
    rng: np.random.Generator,
    *,
    clustered: bool = False,
    models: Judged = JUDGED,
) -> pd.DataFrame:
    """Do the levels differ at all? For each model the permutation test over all levels of selection and of TPR.

    Group labels are permuted in count space. ``range`` = max − min of the levels' rates is only a
    description. Of ``clustered`` rows, which do not permute one by one, there is no test: p is NaN. Without labels
    there is no TPR.
    """
    rows: list[dict[str, object]] = []
    for model, table in marginals(joint, models).items():
        rates = {"selection_rate": table.sum(-2)} | ({"true_positive_rate": table[:, 1]} if models.labelled else {})
        for rate, within in rates.items():
            used = within[within.sum(1) > 0]
            share = used[:, 1] / used.sum(1) if len(used) else np.array([np.nan])
            test = significance.permutation(within, draws, rng)
            p = np.nan if clustered else test.p
            found = {"range": float(np.ptp(share)), "statistic": test.statistic, "p": p, "cramers_v": test.effect}
            rows.append({"attribute": who.attribute, "model": model, "rate": rate, "levels": len(used), **found})
    return pd.DataFrame(rows)


def group_rates(
    joint: Counts, who: Groups, confidence: float, clusters: Counts | None = None, *, models: Judged = JUDGED
) -> pd.DataFrame:
    """Selection, TPR, FPR, PPV and base rate of every declared level and model: counts, value and Wilson interval.
    Without labels the selection rate alone.

    A rate without rows in its denominator is undefined and says why; a level without rows is ``group_absent``.
    ``simultaneous_low, simultaneous_high`` are the Wilson intervals that hold for all levels at once (Bonferroni).
    ``clusters`` is ``joint`` by group of clusters: intervals are then those of as many rows as count like independent
    ones (:func:`~responsible.statistics.jackknife.design_effects`).
    """
    rows: list[dict[str, object]] = []
    joined = intervals.bonferroni(confidence, len(who.levels))
    by_cluster = None if clusters is None else marginals(clusters, models)
    for model, table in marginals(joint, models).items():
        for level, name in enumerate(who.levels):
            for rate in GROUP_RATES if models.labelled else GROUP_RATES[:1]:
                k, n = (int(part) for part in parts(table[level], rate))
                own = None if by_cluster is None else parts(by_cluster[model][:, level], rate)
                interval, wide = (jackknife.wilson(k, n, c, own) for c in (confidence, joined))
                reason = "" if n else RATES[rate].empty if table[level].sum() else "group_absent"
                place = {"attribute": who.attribute, "level": name, "privileged": bool(who.privileged[level])}
                value = {"value": k / n if n else np.nan, "low": float(interval.low), "high": float(interval.high)}
                ends = {"simultaneous_low": float(wide.low), "simultaneous_high": float(wide.high)}
                counted = {"model": model, "rate": rate, "count": k, "of": n}
                rows.append(place | counted | value | {"reason": reason} | ends)
    return pd.DataFrame(rows)


def confusion(joint: Counts, who: Groups, models: Judged = JUDGED) -> pd.DataFrame:
    """TP, FP, FN and TN of every declared level and model; no row without labels."""
    rows = [
        {"attribute": who.attribute, "level": name, "privileged": bool(who.privileged[level]), "model": model}
        | {"tp": int(t[1, 1]), "fp": int(t[0, 1]), "fn": int(t[1, 0]), "tn": int(t[0, 0])}
        for model, table in marginals(joint, models).items()
        for level, (name, t) in enumerate(zip(who.levels, table, strict=True))
    ]
    return pd.DataFrame(rows, columns=list(CONFUSION)).head(len(rows) if models.labelled else 0)


NEEDS_PRIVILEGED = "privileged needs privileged levels, which {} does not declare; set levels, or declare them"


def weighing_groups(cells: pd.DataFrame, attributes: Sequence[Groups], by: str) -> tuple[Code, tuple[str, ...]]:
    """The groups that reweighing makes independent of the label: each cell's group (m,) and the groups' names.

    ``by`` is ``privileged`` (pooled privileged against pooled unprivileged) or ``levels``; several attributes are
    crossed. A cell whose level is excluded from any of the attributes has group -1.

    Raises:
        InputError: ``by`` is ``privileged``, and an attribute declares no privileged level.
    """
    if by == "privileged" and (lacking := [who.attribute for who in attributes if not who.reference]):
        raise InputError(f"reweigh.groups: {NEEDS_PRIVILEGED.format(f'sensitive.{lacking[0]}')}")
    code: Code = np.zeros(len(cells), dtype=np.int64)
    names: tuple[str, ...] = ("",)
    for who in attributes:
        level = who.codes(cells)
        own = who.levels if by == "levels" else (f"unprivileged {who.attribute}", f"privileged {who.attribute}")
        part = level if by == "levels" else np.where(level < 0, -1, who.privileged[level])
        code = np.where((code < 0) | (part < 0), -1, code * len(own) + part)
        names = tuple(f"{a} and {b}" if a else b for a in names for b in own)
    return code, names
