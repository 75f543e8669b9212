"""The scorecard of a segmentation: five criteria of 20 points each, every one with its value and limit.

A score says less than its criteria do, so it never appears without them. The points are all or nothing: a criterion
that is missed by little is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from responsible.segmentation.representation import Share
from responsible.validation import Params

POINTS = 20


class Scorecard(Params):
    """Limits: least silhouette without noise, least median adjusted Rand index, most silhouette the noise may cost."""

    silhouette: Annotated[float, Field(ge=-1, le=1)]
    stability: Annotated[float, Field(ge=0, le=1)]
    drop: Annotated[float, Field(ge=0, le=2)]


@dataclass(frozen=True)
class Criterion:
    """One criterion: what was measured, its ``rule``, whether it is met, and what stands against it."""

    name: str
    value: float
    limit: float
    rule: str
    met: bool
    remark: str

    @property
    def points(self) -> int:
        """20 or 0."""
        return POINTS if self.met else 0


def one_sided(shares: Sequence[Share]) -> tuple[list[Share], list[Share]]:
    """The flagged segments without a written justification, and those with one."""
    flagged = [share for share in shares if share.flagged]
    return [s for s in flagged if not s.reason], [s for s in flagged if s.reason]


def _named(shares: Sequence[Share]) -> str:
    return ", ".join(f"segment {s.segment}: {100 * s.share:.0f} % {s.level}" for s in shares)


def scorecard(
    *,
    silhouette: float,
    stability: float,
    drop: float,
    shares: Sequence[Share],
    unanswered: Sequence[str],
    limits: Scorecard,
) -> list[Criterion]:
    """The five criteria; an undefined value (NaN) meets none. ``limit`` of the last two is the number allowed: 0.

    Representation counts one-sided segments; those above the plain share that are like everybody are named beside it.
    """
    open_, answered = one_sided(shares)
    against = _named(open_) or ("justified in writing" if answered else "no segment is one-sided")
    alike = _named([s for s in shares if s.above_flag and not s.flagged])
    beside = f"; above the share, but like everybody: {alike}" if alike else ""
    return [
        Criterion(
            "silhouette", silhouette, limits.silhouette, "at least", silhouette >= limits.silhouette, "without noise"
        ),
        Criterion(
            "stability", stability, limits.stability, "at least", stability >= limits.stability, "median of the refits"
        ),
        Criterion("drop", drop, limits.drop, "at most", drop <= limits.drop, "silhouette lost to the noise"),
        Criterion(
            "representation",
            len(open_),
            0,
            "at most",
            not open_,
            against + beside,
        ),
        Criterion(
            "data_sheet",
            len(unanswered),
            0,
            "at most",
            not unanswered,
            ("unanswered: " + ", ".join(unanswered)) if unanswered else "complete",
        ),
    ]


def total(criteria: Sequence[Criterion]) -> int:
    """Points of 100."""
    return sum(criterion.points for criterion in criteria)
