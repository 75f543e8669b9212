"""Candidates: each a recipe with its settings, and what it says of every cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from responsible.alternatives.material import OUTSIDE, PRIVILEGED, UNPRIVILEGED, Learner, Material
from responsible.alternatives.parameters import Alternatives, Constraint, Estimator
from responsible.alternatives.polytope import Roc, best, best_pair, roc, tolerated
from responsible.alternatives.recipes import NO_SEARCH, Candidate, declared, named
from responsible.alternatives.reductions import Lesson, Reductions, gaps
from responsible.fairness.groups import weighing_groups
from responsible.fairness.proxies import ALL, proxies
from responsible.mitigation.reweighing import row_weights
from responsible.names import ADOPTED, enumerated
from responsible.statistics.intervals import Inference
from responsible.validation import InputError

Array = npt.NDArray[np.float64]
Watch = Callable[[Iterable[Candidate]], Iterable[Candidate]]
MOST_THRESHOLDS = 500  # of a group, among which pairs are tried where nothing is random


def planned(
    given: Alternatives, material: Material, inference: Inference, adopted: Candidate | None = None
) -> list[Candidate]:
    """Every candidate, each once; the two models that are trained every day are the first two: one as it is, and the
    ``adopted`` one or, without, the one reweighed as declared.

    Raises:
        InputError: no feature would be left without the attribute and its proxies.
    """
    column = material.sensitive[given.attribute].column
    told = proxy_features(material, given.attribute, given.proxies, inference)
    first, *others = declared(given, material.reweigh, [*material.groups], _droppable(column, told, material))
    return list(dict.fromkeys([first, *([adopted] if adopted else []), *others]))


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
        if candidate.recipe == "reductions" and candidate.constraint and candidate.random:
            return self._constrained(candidate.constraint).mixture(candidate.setting)
        if candidate.recipe == "group_thresholds" and candidate.constraint:
            return self._by_group(candidate)
        return self._decided(self.score(candidate))

    def score(self, candidate: Candidate) -> Array:
        """P(label = 1) of every cell by a candidate that has such a score: (m,)."""
        own = self.lesson(candidate)
        weights = self.material.rows("train") * own.weight
        return self._learner(candidate.dropped, candidate.estimator).score(weights, own.label)

    def lesson(self, candidate: Candidate) -> Lesson:
        """What a candidate that has such a score learns."""
        if candidate.recipe == "reductions" and candidate.constraint:
            return self._constrained(candidate.constraint).best(candidate.setting)
        return Lesson(self._weights(candidate), self.material.label)

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


@dataclass(frozen=True, eq=False)
class Adoption:
    """A ``candidate`` that is trained every day, in place of the reweighed model."""

    candidate: Candidate
    workshop: Workshop

    def lesson(self, label: npt.NDArray[np.generic]) -> tuple[Array, npt.NDArray[np.bool_]]:
        """The weights (m,) of training rows, and the labels (m,) they are taught with, where theirs is ``label``."""
        material = replace(self.workshop.material, label=label.astype(np.int64))
        if self.candidate.constraint:
            material.require(self.workshop.attribute)
        own = replace(self.workshop, material=material).lesson(self.candidate)
        return own.weight, own.label.astype(bool)

    def groups(self) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        """The group (m,) of each cell, whose rows of one label have one weight, and the groups' names."""
        own = self.workshop.material
        who = self.candidate.attributes or (self.workshop.attribute,)
        return weighing_groups(own.cells, [own.groups[name] for name in who], own.reweigh.groups)


def adoption(name: str, material: Material, given: Alternatives | None) -> Adoption:
    """The candidate of this name, of the section that declares the search.

    Raises:
        InputError: there is no such section, or as :func:`~responsible.alternatives.recipes.named`.
    """
    if given is None:
        raise InputError(f"{ADOPTED}: {NO_SEARCH}")
    found = named(name, given, material.reweigh, [*material.groups], material.kinds)
    return Adoption(found, Workshop(material, given.attribute))
