"""The answer: whether there was a less discriminatory model of like quality, by paired changes on the test rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from responsible.alternatives.paired import Compared
from responsible.fairness.verdicts import POWER
from responsible.statistics.count_figures import Estimate
from responsible.statistics.sample_size import growth

Outcome = Literal["yes", "no", "cannot_be_told"]
MOST = 1e9  # more rows than anybody has: no number of rows would decide


@dataclass(frozen=True)
class Answer:
    """Whether there was an ``alternative`` to the model ``instead``: names, and how both compare on the test rows.

    ``near`` other ones of ``searched`` candidates were within the stated loss on validation rows; the test rows do not
    rule out ``open`` ones. ``frequency`` is how often replicates of the validation rows choose the same, ``none`` how
    often none. ``needed`` test rows would tell, None where no number would, or where none is needed.
    """

    outcome: Outcome
    instead: str
    alternative: str
    compared: Compared | None
    searched: int
    near: int
    frequency: float
    none: float
    open: int = 0
    needed: int | None = None


def concluded(chosen: int, found: Mapping[int, tuple[Outcome, int | None]]) -> tuple[Outcome, int, int | None]:
    """The outcome of a whole search, how many candidates are still open, and the number of test rows that would tell.

    ``found``: candidate → what :func:`outcome` says of it, of each that could be the answer; ``chosen``: the one that
    validation rows chose, or −1. *Yes* is said of the chosen one alone. *No* is said where the test rows rule out every
    candidate: an intersection–union test, whose error is that of one comparison however many there are.
    """
    if chosen >= 0 and found[chosen][0] == "yes":
        return "yes", 0, None
    left = {own: needed for own, (said, needed) in found.items() if said != "no"}
    if not left:
        return "no", 0, None
    if chosen in left:
        return "cannot_be_told", len(left), left[chosen]
    each = [needed or math.inf for own, needed in left.items() if found[own][0] != "yes"]
    most = max(each, default=math.inf)
    return "cannot_be_told", len(left), None if math.isinf(most) else int(most)


def outcome(found: Compared, within: float, least: float, rows: int, confidence: float) -> tuple[Outcome, int | None]:
    """What the changes on test rows say, and the number of test rows that would tell.

    *Yes*: every gain is beyond noise, and a loss beyond ``within`` is not shown. *No*: it is shown that one gain is
    less than ``least``, or that the loss is larger. Otherwise it cannot be told. The rows then grow until the intervals
    decide, the changes on the test rows being taken for true (:func:`~responsible.statistics.sample_size.growth`).
    """
    gains, loss = found.gains, found.performance_change
    if loss.reason or any(own.reason for own in gains):
        return "cannot_be_told", None
    if loss.high < -within or any(own.high < least for own in gains):
        return "no", None
    if all(own.low > 0 for own in gains):
        return "yes", None
    narrows = min(own.value for own in gains) > least / 2
    times = _to_yes(gains, confidence) if narrows else _to_no(found, within, least, confidence)
    return "cannot_be_told", math.ceil(rows * times) if rows * times < MOST else None


def _to_yes(gains: Sequence[Estimate], confidence: float) -> float:
    """The growth until all gains are shown together: each is a distance from a limit of its own."""
    first, *second = gains
    below, half = (second[0].value, second[0].value - second[0].low) if second else (math.inf, 1.0)
    limits = (-below, float(first.value))
    return growth(0.0, -half, first.value - first.low, limits, confidence=confidence, power=POWER)


def _to_no(found: Compared, within: float, least: float, confidence: float) -> float:
    """The growth until the gain, or the loss, rules the candidate out, whichever is sooner."""
    sure = {"confidence": confidence, "power": POWER}
    loss = found.performance_change
    each = [
        growth(own.value, own.low, own.high, (-math.inf, least), **sure) for own in found.gains if own.value < least
    ]
    if loss.value < -within:
        each.append(growth(loss.value, loss.low, loss.high, (-within, math.inf), **sure))
    return min(each)
