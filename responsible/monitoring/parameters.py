"""The section ``monitor`` of the parameters: where batches come from, what they are compared with, what is an alarm."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WrapValidator

from responsible.tabular.queries import source
from responsible.tabular.sources import Text, TimeFormat
from responsible.validation import Params

Periods = Annotated[list[Text], Field(min_length=1)]
Period = Literal["day", "week", "month"]
TRAINING = "training"  # the reference: the table that the models were trained and tested on


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

    source: Annotated[Text, WrapValidator(source)]
    pattern: Text | None = None
    reference: Literal["audited"] | Periods
    wait: Annotated[float, Field(gt=0)]


class Newcomers(Params):
    """Batches of people with the columns of the segments table and a date.

    ``source`` and ``pattern`` are a file, folder or query, as those of that table; ``time`` is the column of dates.
    ``beyond`` is the share of the segmented people who lie farthest from every centre: more of the later ones there,
    and segments no longer describe them.
    """

    source: Annotated[Text, WrapValidator(source)]
    pattern: Text | None = None
    time: Text
    time_format: TimeFormat | None = None
    beyond: Annotated[float, Field(gt=0, le=0.5)]


class Monitor(Params):
    """Batches of rows with the roles of the budget table and a date, and how they are judged.

    ``source`` and ``pattern`` are a file, folder or query, as those of the budget table, whose encoding, separators
    and missing values hold here too. ``time`` is the column of dates, from which each row's ``period`` is taken.
    ``reference`` is ``training`` or a list of earlier periods. ``score`` and ``decision`` are columns, where batches
    have them; else the current model scores the rows. Figures that need labels are judged of periods with the share
    ``complete`` of them. ``error`` is the chance of any false alarm in ``horizon`` periods. The watch raises an alarm
    when a whole period and ``overdue`` days have passed since the newest one, where that is given. ``healthcare`` and
    ``segments`` say where later decisions and people are, if they are watched too.
    """

    source: Annotated[Text, WrapValidator(source)]
    pattern: Text | None = None
    time: Text
    time_format: TimeFormat | None = None
    period: Period
    reference: Literal["training"] | Periods
    score: Text | None = None
    decision: Text | None = None
    complete: Annotated[float, Field(gt=0, le=1)]
    overdue: Annotated[int, Field(ge=0, le=10_000)] | None = None
    horizon: Annotated[int, Field(ge=1, le=10_000)]
    error: Annotated[float, Field(gt=0, lt=1)]
    effects: Effects
    healthcare: Decisions | None = None
    segments: Newcomers | None = None

    @property
    def share(self) -> float:
        """The part of ``error`` that each watched line of work spends: all have the same."""
        return self.error / sum(own is not None for own in (self.source, self.healthcare, self.segments))
