"""The section ``monitor`` of the parameters: where batches come from, what they are compared with, what is an alarm."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, WrapValidator, model_validator

from responsible.tabular.queries import source as source_of
from responsible.tabular.sources import Text, TimeFormat
from responsible.validation import Params

Periods = Annotated[list[Text], Field(min_length=1)]
Period = Literal["day", "week", "month"]
TRAINING: Final = "training"  # the reference: the table that the models were trained and tested on


class Effects(Params):
    """The least change that may raise an alarm, however sure it is.

    ``share``: of the rows of a column that changed their level (total variation, Kolmogorov-Smirnov gap, share of
    missing values). ``auc``: by which a classifier beats one half. ``measure``: of a performance or fairness figure.
    """

    share: Annotated[float, Field(gt=0, lt=1)]
    auc: Annotated[float, Field(gt=0, lt=0.5)]
    measure: Annotated[float, Field(gt=0, lt=1)]


class Decisions(Params):
    """Later decisions with the columns of the healthcare table, its date among them, and what they are compared with.

    ``source`` and ``pattern`` are a file, folder or query, as those of that table. ``reference`` is ``audited``, the
    whole table that was audited, or a list of periods of the source. ``wait`` is the least change of a mean wait, or of
    a difference of two, that may be an alarm, in the unit of the duration; what is a share has the effect ``measure``.
    """

    source: Annotated[Text, WrapValidator(source_of)]
    pattern: Text | None = None
    reference: Literal["audited"] | Periods
    wait: Annotated[float, Field(gt=0)]


class Newcomers(Params):
    """Batches of people with the columns of the segments table and a date.

    ``source`` and ``pattern`` are a file, folder or query, as those of that table; ``time`` is the column of dates.
    ``beyond`` is the share of the segmented people who lie farthest from every centre: more of the later ones there,
    and segments no longer describe them.
    """

    source: Annotated[Text, WrapValidator(source_of)]
    pattern: Text | None = None
    time: Text
    time_format: TimeFormat | None = None
    beyond: Annotated[float, Field(gt=0, le=0.5)]


class Monitor(Params):
    """Later rows of any line of work, and how they are judged: batches with the roles of the budget table, decisions,
    people. At least one of ``source``, ``healthcare`` and ``segments`` is there.

    ``source`` and ``pattern`` are a file, folder or query, as those of the budget table, whose encoding, separators
    and missing values hold here too. ``time`` is the column of dates, from which each row's ``period`` is taken.
    ``reference`` is ``training`` or a list of earlier periods. ``score`` and ``decision`` are columns, where batches
    have them; else the current model scores the rows. Figures that need labels are judged of periods with the share
    ``complete`` of them. ``error`` is the chance of any false alarm in ``horizon`` periods. The watch raises an alarm
    when a whole period and ``overdue`` days have passed since the newest one, where that is given. ``healthcare`` and
    ``segments`` say where later decisions and people are, if they are watched too.
    """

    source: Annotated[Text, WrapValidator(source_of)] | None = None
    pattern: Text | None = None
    time: Text = ""
    time_format: TimeFormat | None = None
    period: Period
    reference: Literal["training"] | Periods = TRAINING
    score: Text | None = None
    decision: Text | None = None
    complete: Annotated[float, Field(gt=0, le=1)] = 1.0
    overdue: Annotated[int, Field(ge=0, le=10_000)] | None = None
    horizon: Annotated[int, Field(ge=1, le=10_000)]
    error: Annotated[float, Field(gt=0, lt=1)]
    effects: Effects
    healthcare: Decisions | None = None
    segments: Newcomers | None = None

    @model_validator(mode="after")
    def _watches_something(self) -> Monitor:
        if not self.lines:
            raise ValueError("names no batches; add source, healthcare or segments, or take the section out")
        if self.source and not self.time:
            raise ValueError("needs time, the column of dates in the batches of source; name it")
        return self

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of work that are watched."""
        own = {"budget": self.source, "healthcare": self.healthcare, "segments": self.segments}
        return tuple(line for line, given in own.items() if given is not None)

    @property
    def share(self) -> float:
        """The part of ``error`` that each watched line of work spends: all have the same."""
        return self.error / len(self.lines)
