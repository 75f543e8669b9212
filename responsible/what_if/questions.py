"""What is asked: other thresholds, limits, confidence, minimum counts or shares of levels, of one scored model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, comparisons, questions
from responsible.fairness.groups import Groups
from responsible.fairness.verdicts import Fairness
from responsible.modelling.score_intervals import cluster_of
from responsible.statistics.intervals import Inference
from responsible.validation import InputError, did_you_mean

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """The scored rows of one model by the levels of an attribute, as cells: arrays (m,), each cell ``n`` rows.

    ``code``: the index of its level in ``who.levels``, -1 where the level is excluded; ``label`` 0 or 1; ``score`` in
    [0, 1]; ``clusters``: the group of clusters, None where rows are independent. ``current`` is the threshold at which
    the model decides today: a yes from a score of it. ``labelled``: whether rows have labels at all.
    """

    who: Groups
    code: Ints
    label: Ints
    score: Floats
    n: Ints
    current: float
    clusters: Ints | None = None
    labelled: bool = True

    @classmethod
    def of(
        cls,
        cells: pd.DataFrame,
        label: Ints,
        score: npt.ArrayLike,
        who: Groups,
        current: float,
        *,
        labelled: bool = True,
    ) -> Case:
        """The case of ``cells`` that carry ``n`` and the ``a.`` levels; cells alike in all that matters are one."""
        table = pd.DataFrame({"code": who.codes(cells), "label": label, "score": np.asarray(score, dtype=np.float64)})
        clusters = cluster_of(cells)
        by = list(table.columns)
        if clusters is not None:
            table, by = table.assign(clusters=clusters), [*by, "clusters"]
        found = table.assign(n=cells["n"].to_numpy()).groupby(by, sort=True)["n"].sum().reset_index()
        arrays = {str(name): found[name].to_numpy() for name in found}
        return cls(who, current=current, labelled=labelled, **arrays)

    @property
    def rows(self) -> int:
        """The rows of everybody, excluded levels too."""
        return int(self.n.sum())

    @property
    def shares(self) -> dict[str, float]:
        """The share of each level among the rows of all levels that are not excluded; 0 of an absent one."""
        n = np.bincount(self.code[self.code >= 0], weights=self.n[self.code >= 0], minlength=len(self.who.levels))
        return dict(zip(self.who.levels, (n / n.sum() if n.sum() else n).tolist(), strict=True))


@dataclass(frozen=True)
class Question:
    """What is asked of a :class:`Case`.

    ``threshold``: the score from which the answer is yes; ``by_level`` gives some levels another one, which uses the
    attribute when deciding. ``fairness`` has limits and measures, ``inference`` confidence, replicates and minimum.
    ``shares``: level → its share of the population, in (0, 1); levels that are not named share the rest as they do now.
    ``compared``: the level, or pool of levels, to set against the others; empty: the attribute's headline.

    Raises:
        InputError: a threshold outside [0, 1], an unknown level, or shares that do not leave what others need.
    """

    threshold: float
    fairness: Fairness
    inference: Inference
    by_level: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    compared: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no threshold or no share."""
        for name, value in (("threshold", self.threshold), *((f"by_level.{k}", v) for k, v in self.by_level.items())):
            if not 0 <= value <= 1:
                raise InputError(f"{name}: must be a score between 0 and 1, got {value}")
        for level, share in self.shares.items():
            if not 0 < share < 1:
                raise InputError(f"shares.{level}: must be between 0 and 1, both excluded, got {share}")
        if math.fsum(self.shares.values()) > 1 + 1e-9:
            raise InputError(f"shares: must sum to at most 1, got {math.fsum(self.shares.values()):g}")

    def cuts(self, who: Groups) -> Floats:
        """The threshold of each level, and last, for the code -1, that of everybody who is excluded: (levels + 1,)."""
        _refuse_unknown("by_level", self.by_level, who)
        return np.array([*(self.by_level.get(level, self.threshold) for level in who.levels), self.threshold])

    def weights(self, case: Case) -> Floats | None:
        """How many rows of the population a row of each level stands for, (levels,); None where no share is asked."""
        if not self.shares:
            return None
        _refuse_unknown("shares", self.shares, case.who)
        now, others = (
            case.shares,
            math.fsum(case.shares[level] for level in case.who.levels if level not in self.shares),
        )
        if absent := [level for level in self.shares if not now[level]]:
            raise InputError(
                f"shares.{absent[0]}: no row has this level, so that none can stand for more; leave it out"
            )
        rest = 1 - math.fsum(self.shares.values())
        if (rest > 1e-9) != (others > 0):
            need = "less than 1, for others need a share" if others else "1, for no level is left"
            raise InputError(f"shares: must sum to {need}, got {1 - rest:g}")
        scale = rest / others if others else 0.0
        return np.array([self.shares[a] / now[a] if a in self.shares else scale for a in case.who.levels])

    def comparisons(self, who: Groups) -> list[Comparison]:
        """The comparisons that are asked for: the one that is named, or the attribute's headline."""
        known = {each.name: each for each in comparisons(who)}
        if self.compared and self.compared not in known:
            raise InputError(
                f"compared: {self.compared!r} is not a group of {who.attribute}{did_you_mean(self.compared, known)}"
            )
        if self.compared:
            return [known[self.compared]]
        return questions(who)[: 1 if who.reference else None]


def _refuse_unknown(key: str, levels: Mapping[str, float], who: Groups) -> None:
    if unknown := [level for level in levels if level not in who.levels]:
        raise InputError(
            f"{key}: {unknown[0]!r} is not a level of {who.attribute}{did_you_mean(unknown[0], who.levels)}"
        )
