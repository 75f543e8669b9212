"""The answers as people read them: whether there was a less discriminatory model of like quality."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.reporting.formatting import number, percent
from responsible.alternatives.answer import Answer
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.searching import Found
from responsible.fairness.measures import MEASURES
from responsible.measures.costs import Costs
from responsible.statistics.count_figures import Estimate
from responsible.words import Words

IN_USE = "the model in use"
SAYS = {"yes": "Yes", "no": "No", "cannot_be_told": "It cannot be told"}


@dataclass(frozen=True)
class Speaker:
    """What words, units and rows the answers are about."""

    given: Alternatives
    words: Words
    costs: Costs | None
    confidence: float
    rows: int

    @property
    def gap(self) -> str:
        """The disparity: ``the difference of true positive rates by education``."""
        return f"the {MEASURES[self.given.measure].unit} by {self.words.name(self.given.attribute)}"

    @property
    def quality(self) -> str:
        """What performance is called."""
        return "mean cost" if self.costs else "accuracy"

    @property
    def best(self) -> str:
        """What the candidate with the best performance is called."""
        return "cheapest candidate" if self.costs else "most accurate candidate"

    @property
    def within(self) -> str:
        """The stated loss."""
        loss = self.given.within
        return f"{number(loss, 'g')} of mean cost" if self.costs else f"{_points(loss)} of accuracy"

    @property
    def least(self) -> str:
        """The least reduction that matters."""
        return _points(self.given.least)

    def of_gap(self, change: Estimate) -> str:
        """A change of the disparity: ``narrows … by 56 points (95 % interval 23 to 79)``."""
        verb, sign = ("narrows", -1) if change.value < 0 else ("widens", 1)
        low, high = sorted((sign * change.low, sign * change.high))
        sure = percent(self.confidence, 0)
        return f"{verb} {self.gap} by {_points(sign * change.value)} ({sure} interval {_short(low)} to {_short(high)})"

    def of_quality(self, change: Estimate) -> str:
        """A change of performance: ``Accuracy changes by −0.9 points (−1.3 to −0.5)``."""
        if self.costs:
            value, low, high = -change.value, -change.high, -change.low
            return f"Mean cost changes by {number(value, 3, '+')} ({number(low, 3, '+')} to {number(high, 3, '+')})"
        said = f"{number(change.value * 100, 1, '+')} points"
        return f"Accuracy changes by {said} ({number(change.low * 100, 1, '+')} to {number(change.high * 100, 1, '+')})"

    def answer(self, found: Answer, instead: str) -> str:
        """One answer, from yes, no, or cannot be told to what it rests on."""
        said = SAYS[found.outcome]
        if found.compared is None:
            near = f"{_candidates(found.near)} at most {self.within} against {instead}"
            none = f"{near}. On validation rows none narrows {self.gap} by {self.least} or more"
            if found.outcome == "no":
                return f"{said}. {none}. The test rows rule out all {number(found.searched - 1)} other candidates."
            return f"{said}. {none}. {self._open(found)}."
        other = f"“{found.alternative}”"
        gain, loss = found.compared.disparity_change, found.compared.performance_change
        if gain.reason or loss.reason:
            return f"{said}. {other} looked better than {instead} on validation rows, and test rows are too few."
        change = f"Against {instead} it {self.of_gap(gain)}. {self.of_quality(loss)}"
        if found.outcome == "yes":
            more = f" That is more than {self.within} on these rows, but not beyond noise." if self._lost(loss) else ""
            return f"{said}: {other}. {change}.{more}"
        came = f"{said}. {other} came first on validation rows. {change}"
        if found.outcome == "no":
            return f"{came}. The test rows rule it out, and all other candidates."
        return f"{came}. {self._open(found)}."

    def _lost(self, change: Estimate) -> bool:
        """Whether a change of performance is a larger loss than the stated one."""
        return float(change.value) < -self.given.within

    def _open(self, found: Answer) -> str:
        """How many candidates are still open, and what would tell."""
        left = f"The test rows do not rule out {_of(found.open, found.searched - 1)}"
        more = f"about {number(found.needed)} would tell, where there are {number(self.rows)}" if found.needed else ""
        return f"{left}; {more}" if more else left


def answers(found: Found, speaker: Speaker) -> dict[str, str]:
    """The answer to the model in use, and to the best candidate."""
    called = {"in_use": IN_USE, "best": f"the {speaker.best}"}
    return {name: speaker.answer(own, called[name]) for name, own in found.answers.items()}


def _candidates(many: int) -> str:
    return f"{number(many)} other {'candidate loses' if many == 1 else 'candidates lose'}"


def _of(some: int, every: int) -> str:
    return f"{number(some)} of {number(every)} candidates"


def _short(share: float) -> str:
    return number(share * 100, 0 if abs(share) >= 0.1 or round(share, 9) == 0 else 1)


def _points(share: float) -> str:
    said = number(share * 100, "g2")
    return f"{said} {'point' if said == '1' else 'points'}"
