"""Candidates: each a recipe with its settings, and what it says of every cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from responsible.alternatives.material import OUTSIDE, PRIVILEGED, UNPRIVILEGED, Learner, Material
from responsible.alternatives.parameters import Alternatives, Constraint, Estimator
from responsible.alternatives.polytope import Roc, best, best_pair, roc, tolerated
from responsible.alternatives.reductions import Reductions, gaps
from responsible.fairness.groups import weighing_groups
from responsible.fairness.proxies import ALL, proxies
from responsible.mitigation.reweighing import row_weights
from responsible.names import enumerated
from responsible.statistics.intervals import Inference
from responsible.validation import InputError

Array = npt.NDArray[np.float64]
Recipe = Literal["none", "reweighing", "dropping", "reductions", "group_thresholds"]
Watch = Callable[[Iterable["Candidate"]], Iterable["Candidate"]]
MOST_THRESHOLDS = 500  # of a group, among which pairs are tried where nothing is random
ESTIMATORS: dict[Estimator, str] = {"logistic": "logistic regression", "trees": "boosted trees"}
CONSTRAINTS: dict[Constraint, str] = {
    "demographic_parity": "equal selection rates",
    "equal_opportunity": "equal true positive rates",
    "equalized_odds": "equalized odds",
}


@dataclass(frozen=True)
class Candidate:
    """A model that could have been: ``setting`` is λ of reweighing, or the tolerance of a constraint.

    ``random``: it decides on some people at random. ``looks``: it looks at the attribute when it decides, whether or
    not that is a feature. ``attributes``: those that weights are made for; ``dropped``: features it does not have.
    """

    recipe: Recipe
    estimator: Estimator = "logistic"
    setting: float = 0.0
    attributes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    constraint: Constraint | None = None
    random: bool = False

    @property
    def looks(self) -> bool:
        """Whether the attribute is an input of the decision itself."""
        return self.recipe == "group_thresholds"

    @property
    def name(self) -> str:
        """Unique, and readable in a table: ``boosted trees, reweighed by education at strength 0.5``."""
        own = {
            "none": "unmitigated",
            "reweighing": f"reweighed by {enumerated(self.attributes or ('',))} at strength {self.setting:g}",
            "dropping": f"without {enumerated(self.dropped or ('',))}",
            "reductions": f"trained for {self._constrained}",
            "group_thresholds": f"a threshold for each group for {self._constrained}{', randomised' * self.random}",
        }[self.recipe]
        return f"{ESTIMATORS[self.estimator]}, {own}"

    @property
    def _constrained(self) -> str:
        return f"{CONSTRAINTS[self.constraint]} within {self.setting:g}" if self.constraint else ""


def planned(given: Alternatives, material: Material, inference: Inference) -> list[Candidate]:
    """Every candidate, each once; the two models that are trained every day are the first two.

    Raises:
        InputError: no feature would be left without the attribute and its proxies.
    """
    own, seen = tuple(material.reweigh.attributes), given.attribute
    crossed = [(name,) for name in material.groups] + ([tuple(material.groups)] if len(material.groups) > 1 else [])
    out = [Candidate("none"), Candidate("reweighing", setting=material.reweigh.strength, attributes=own)]
    out += [Candidate("reweighing", setting=s, attributes=by) for by in crossed for s in given.strengths]
    column = material.sensitive[seen].column
    told = proxy_features(material, seen, given.proxies, inference)
    out += [Candidate("dropping", dropped=each) for each in _droppable(column, told, material)]
    if "trees" in given.estimators:
        out.append(Candidate("none", "trees"))
        out += [Candidate("reweighing", "trees", s, (seen,)) for s in given.strengths]
    constrained = [(each, t) for each in given.constraints for t in given.tolerances]
    out += [Candidate("reductions", setting=t, constraint=each) for each, t in constrained]
    for randomly in (False, True):
        out += [Candidate("group_thresholds", setting=t, constraint=each, random=randomly) for each, t in constrained]
    return list(dict.fromkeys(out))


def proxy_features(material: Material, attribute: str, least: float, inference: Inference) -> dict[str, float]:
    """The features that tell the attribute with an AUC of ``least`` or more, each alone, on validation rows; and it."""
    cells = material.cells[material.cells["split"] != "test"]
    cells = cells.assign(split=np.where(cells["split"] == "valid", "test", "train"))
    who = {material.sensitive[attribute].column: material.groups[attribute]}
    found = proxies(cells, material.kinds, who, params=material.model, inference=inference)
    told = found[(found["feature"] != ALL) & (found["value"] >= least)]
    return dict(zip(told["feature"].astype(str), told["value"].astype(float), strict=True))


def _droppable(column: str, told: Mapping[str, float], material: Material) -> Iterator[tuple[str, ...]]:
    """The attribute's own column where it is a feature, and with it every proxy."""
    own = (column,) if column in material.kinds else ()
    if set(material.kinds) <= {*own, *told}:
        above = math.ceil(min(told.values(), default=1.0) * 1000) / 1000
        remedy = f"set alternatives.proxies above {above:g}, or " if above < 1 else ""
        raise InputError(
            f"alternatives: nothing is left without {enumerated(tuple(material.kinds))}, which are the attribute's own"
            f" column or tell it; {remedy}declare other features"
        )
    yield from filter(None, (own, (*own, *told)))


@dataclass(frozen=True, eq=False)
class Workshop:
    """Fits candidates to the training rows of ``material``, for less disparity of ``attribute``."""

    material: Material
    attribute: str

    def said(self, candidate: Candidate) -> Array:
        """P(yes) of every cell: 0 or 1, and between where it decides at random: (m,)."""
        if candidate.recipe == "reductions" and candidate.constraint:
            return self._constrained(candidate.constraint).mixture(candidate.setting)
        if candidate.recipe == "group_thresholds" and candidate.constraint:
            return self._by_group(candidate)
        return self._decided(self.score(candidate))

    def score(self, candidate: Candidate) -> Array:
        """P(label = 1) of every cell by a candidate that has such a score: (m,)."""
        weights = self.material.rows("train") * self._weights(candidate)
        return self._learner(candidate.dropped, candidate.estimator).score(weights, self.material.label)

    @cached_property
    def plain(self) -> Array:
        """The score of the logistic regression as it is."""
        return self.score(Candidate("none"))

    @cached_property
    def _learner(self) -> Callable[[tuple[str, ...], Estimator], Learner]:
        """What learns without some features, encoded once for all candidates."""
        return cache(lambda dropped, estimator: self.material.without(dropped).learner(estimator))

    @cached_property
    def _constrained(self) -> Callable[[Constraint], Reductions]:
        """The first fits under a constraint, which serve all tolerances."""
        own, side, rows = self.material, self.material.sides[self.attribute], self.material.rows("train")
        learner, cut = self._learner((), "logistic"), own.model.decision_threshold
        return cache(lambda each: Reductions(learner, own.label, rows, gaps(each, side, own.label, rows), cut))

    def _weights(self, candidate: Candidate) -> Array:
        """W^λ of every cell, 1 where nothing is reweighed: (m,)."""
        if candidate.recipe != "reweighing":
            return np.ones(len(self.material.label))
        own, rows = self.material, self.material.rows("train")
        who = [own.groups[name] for name in candidate.attributes]
        code, names = weighing_groups(own.cells, who, own.reweigh.groups)
        given = own.reweigh.model_copy(update={"strength": candidate.setting})
        try:
            return row_weights(code, own.label, rows, names, given)[2]
        except InputError as error:
            raise InputError(f"alternatives: the candidate “{candidate.name}”: {error}") from None

    def _decided(self, score: Array) -> Array:
        return (score >= self.material.model.decision_threshold).astype(float)

    def rocs(self, score: Array, split: str) -> dict[int, Roc]:
        """The ROC of each side of the attribute that has rows of both labels in a split."""
        own, side, n = self.material, self.material.sides[self.attribute], self.material.rows(split)
        out = {}
        for who in (UNPRIVILEGED, PRIVILEGED, OUTSIDE):
            rows = np.where(side == who, n, 0)
            if all((rows * (own.label == label)).sum() for label in (0, 1)):
                out[who] = roc(score, own.label, rows)
        return out

    def _by_group(self, candidate: Candidate) -> Array:
        """A threshold, or a mixture of thresholds, for each side, by its ROC on the training rows."""
        curves, side = self.rocs(self.plain, "train"), self.material.sides[self.attribute]
        randomly = candidate.random
        u, p = (curve.hull() if randomly else curve.thinned(MOST_THRESHOLDS) for curve in (curves[0], curves[1]))
        rows = tolerated(candidate.constraint, candidate.setting) if candidate.constraint else []
        out = self._decided(self.plain)
        if randomly and (found := best(u, p, rows)):
            shares = found[1], found[2]
        else:
            at = best_pair(u, p, rows)
            shares = np.eye(len(u.threshold))[at[0]], np.eye(len(p.threshold))[at[1]]
        for who, (curve, share) in enumerate(zip((u, p), shares, strict=True)):
            own = side == who
            out[own] = (self.plain[own][:, None] >= curve.threshold[None]) @ share
        return np.asarray(np.clip(out, 0, 1))
