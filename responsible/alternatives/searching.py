"""The search: every candidate fitted on training rows, chosen by on validation rows, reported on test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.alternatives.answer import Answer, concluded, outcome
from responsible.alternatives.attainable import frontiers, statements
from responsible.alternatives.candidates import Watch, Workshop, adoption, planned
from responsible.alternatives.choice import choose, dominators
from responsible.alternatives.material import Material
from responsible.alternatives.paired import Compared, compared, ends, lossy, quality_of, size_of
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.recipes import ESTIMATORS, Candidate
from responsible.alternatives.tables import Expected, joint, two_sided
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import Fairness
from responsible.measures.costs import Costs
from responsible.statistics.intervals import Inference, bonferroni
from responsible.statistics.streams import stream
from responsible.validation import InputError, did_you_mean

Array = npt.NDArray[np.float64]
Reached = Mapping[tuple[str, int], Compared]  # (attribute, place of a candidate) → what it reaches
REPLICATES = 1000  # of the validation rows, for the frequency of a choice
IN_USE = 1  # the place of the model in use among the candidates
QUALITY = "performance"


@dataclass(frozen=True)
class Found:
    """``table``: a row for each candidate and attribute (:meth:`Search.table`), ``measures`` by measure too
    (:func:`measured`); ``statements`` and ``bounds`` as the functions of :mod:`.attainable` make them; ``answers``: to
    the model in use (``in_use``), and to the ``best`` candidate.
    """

    table: pd.DataFrame
    measures: pd.DataFrame
    statements: pd.DataFrame
    bounds: pd.DataFrame
    answers: dict[str, Answer]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, eq=False)
class Search:
    """What is searched, and what each candidate ``said`` of every cell, (m, candidates)."""

    material: Material
    given: Alternatives
    inference: Inference
    costs: Costs | None
    seed: int
    candidates: Sequence[Candidate]
    said: Array

    def compare(
        self, first: int, second: int, attribute: str, *, family: int = 1, others: Sequence[str] = ()
    ) -> Compared:
        """The second candidate, and its change from the first, on the test rows; of a ``family`` of comparisons."""
        sure = self.inference.model_copy(update={"confidence": bonferroni(self.inference.confidence, family)})
        counts = joint(self.material, self.material.sides[attribute], "test", self.said[:, first], self.said[:, second])
        rng = stream(self.seed, f"alternatives/{attribute}/{first}/{second}")
        return lossy(self.costs, compared(counts, self.given.measure, self.costs, sure, rng, others=others))

    def validation(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Performance (higher is better) and disparity by attribute on validation rows: values, and of replicates."""
        size, main = size_of(self.given.measure), self.given.attribute
        figures = {QUALITY: (main, quality_of(self.costs))}
        figures |= {name: (name, replace(size, compute=two_sided(size))) for name in self.material.sides}
        expected = Expected(self.material, "valid", self.said, figures)
        point = expected.values()
        draws = expected.drawn(min(REPLICATES, self.inference.replicates), stream(self.seed, "alternatives/frequency"))
        sign = -1 if self.costs else 1
        return point | {QUALITY: sign * point[QUALITY]}, draws | {QUALITY: sign * draws[QUALITY]}

    @property
    def eligible(self) -> npt.NDArray[np.bool_]:
        """Which candidates may be the answer: (candidates,)."""
        return np.array([self.given.allow_group_thresholds or not each.looks for each in self.candidates])

    def answer(self, point: dict[str, Array], draws: dict[str, Array], instead: int | None) -> Answer:
        """Whether there was an alternative to a candidate, or to the best one."""
        main, eligible = self.given.attribute, self.eligible
        chosen = choose(point[QUALITY], point[main], eligible, self.given, instead=instead)
        many = choose(draws[QUALITY], draws[main], eligible, self.given, instead=instead)
        to, other = int(chosen.instead), int(chosen.alternative)
        same = float((many.alternative == other).mean())
        near, searched = int(chosen.near.sum()) - 1, int(eligible.sum())
        none = float((many.alternative < 0).mean())
        rivals = [own for own in np.flatnonzero(eligible).tolist() if own != to]
        found = {own: self.compare(to, own, main) for own in rivals}
        rows, given, sure = int(self.material.rows("test").sum()), self.given, self.inference.confidence
        each = {own: outcome(found[own], given.within, given.least, rows, sure) for own in rivals}
        said, left, needed = concluded(other, each)
        named, best = (self.candidates[own].name if own >= 0 else "" for own in (to, other))
        return Answer(said, named, best, found.get(other), searched, near, same, none, left, needed)

    def reached(self, measures: Sequence[str]) -> Reached:
        """What each candidate reaches on the test rows by each attribute, against the model in use."""
        pairs = [(attribute, own) for attribute in self.material.sides for own in range(len(self.candidates))]
        return {(attribute, own): self.compare(IN_USE, own, attribute, others=measures) for attribute, own in pairs}

    def table(self, point: dict[str, Array], frequency: Array, reached: Reached) -> pd.DataFrame:
        """A row for each candidate and attribute: figures on validation rows, on test rows, the change from the model
        in use, the candidate that dominates it, and how often it is the best candidate's alternative.

        ``disparity`` is the absolute value of the measure, ``signed`` the measure itself. ``dominated_by`` names a
        candidate that is better in both figures, on validation rows and, beyond noise, on test rows.
        """
        rows, eligible = [], self.eligible
        for attribute in self.material.sides:
            over = dominators(point[QUALITY], point[attribute], eligible)
            tests = int((over >= 0).sum())
            for own, each in enumerate(self.candidates):
                found = reached[attribute, own]
                by = self._dominated(own, int(over[own]), attribute, tests) if over[own] >= 0 else ""
                rows.append(
                    {"attribute": attribute, "candidate": each.name, "recipe": each.recipe}
                    | {"estimator": each.estimator, "randomised": each.random}
                    | {"looks_at_attribute": each.looks, "eligible": bool(eligible[own])}
                    | {"valid_performance": abs(point[QUALITY][own]), "valid_disparity": point[attribute][own]}
                    | ends("performance", found.performance)
                    | ends("disparity", found.disparity)
                    | ends("signed", found.signed)
                    | ends("performance_change", found.performance_change)
                    | ends("disparity_change", found.disparity_change)
                    | {"reason": found.disparity.reason, "frontier": bool(over[own] < 0 and eligible[own])}
                    | {"dominated_by": by, "frequency": frequency[own] if attribute == self.given.attribute else np.nan}
                )
        return pd.DataFrame(rows)

    def _dominated(self, own: int, by: int, attribute: str, tests: int) -> str:
        found = self.compare(own, by, attribute, family=2 * tests)
        real = found.performance_change.low > 0 and found.disparity_change.high < 0
        return self.candidates[by].name if real else ""


def measured(reached: Reached, candidates: Sequence[Candidate]) -> pd.DataFrame:
    """A row for each attribute, candidate and measure: ``value, low, high`` on the test rows, or a ``reason``."""
    return pd.DataFrame(
        {"attribute": attribute, "candidate": candidates[own].name}
        | {"measure": name, "value": each.value, "low": each.low, "high": each.high, "reason": each.reason}
        for (attribute, own), found in reached.items()
        for name, each in found.measures.items()
    )


def prepared(
    material: Material,
    given: Alternatives,
    costs: Costs | None,
    inference: Inference,
    *,
    seed: int,
    adopted: str | None = None,
    watch: Watch = iter,
) -> tuple[Search, Workshop]:
    """Every candidate fitted to the training rows; ``watch`` sees each of them go by (a progress bar). The model in use
    is the ``adopted`` candidate of this name, or else the one reweighed as declared.

    Raises:
        InputError: the attribute is not declared or has no privileged level, or a group lacks a label.
    """
    if given.attribute not in material.sensitive:
        known = did_you_mean(given.attribute, material.sensitive)
        raise InputError(f"alternatives.attribute: {given.attribute!r} is not declared under sensitive{known}")
    material.require(given.attribute)
    workshop = Workshop(material, given.attribute)
    candidates = planned(given, material, inference, adoption(adopted, material, given).candidate if adopted else None)
    said = np.column_stack([workshop.said(each) for each in watch(candidates)])
    return Search(material, given, inference, costs, seed, candidates, said), workshop


def search(
    material: Material,
    given: Alternatives,
    fairness: Fairness,
    inference: Inference,
    *,
    seed: int,
    adopted: str | None = None,
    watch: Watch = iter,
) -> Found:
    """Fit, choose and report every candidate. Raises as :func:`prepared`."""
    own, workshop = prepared(material, given, fairness.costs, inference, seed=seed, adopted=adopted, watch=watch)
    point, draws = own.validation()
    answers = {"in_use": own.answer(point, draws, IN_USE), "best": own.answer(point, draws, None)}
    won = choose(draws[QUALITY], draws[given.attribute], own.eligible, given).alternative
    frequency = np.bincount(won[won >= 0], minlength=len(own.candidates)) / len(won)
    scorers = {ESTIMATORS[each]: workshop.score(Candidate("none", each)) for each in given.estimators}
    said_of = statements(scorers, material, fairness, inference, stream(seed, "alternatives/attainable"))
    reached = own.reached([name for name in fairness.chosen if name in MEASURES])
    table, measures = own.table(point, frequency, reached), measured(reached, own.candidates)
    return Found(table, measures, said_of, frontiers(scorers, material, fairness.costs), answers, tuple(own.candidates))
