"""What must hold between the section of the monitor, which belongs to all lines of work, and a line's own sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from responsible.models import Models
from responsible.monitoring.parameters import TRAINING, Monitor
from responsible.tabular.schema import Budget


def _modelled(monitor: Monitor, budget: Budget | None = None, models: Models | None = None) -> Iterator[str]:
    """What batches of the model's rows need: the budget line, what the model said of each row, earlier periods."""
    if not monitor.source:
        return
    if budget is None or models is None:
        yield "monitor.source: there is no budget section that says what columns are for; take it out"
        return
    own = models.external.get(name := models.names[-1])
    if own and own.file and not (monitor.score or monitor.decision):
        yield f"monitor: models.{name} has a file, and batches have none; name their monitor.decision or monitor.score"
    if own and not own.file and not own.decision and monitor.decision and not monitor.score:
        yield f"monitor.decision: models.{name} has scores only, as a reference; name monitor.score"
    if own and own.decision and monitor.score and not monitor.decision:
        yield f"monitor.score: models.{name} is judged by its decisions; name monitor.decision"
    if budget.cluster and (monitor.reference == TRAINING or monitor.period == "week"):
        rule = (
            "one row of each person is drawn in every period, which counts of the training table, or weeks, do not tell"
        )
        yield f"monitor: {rule}; with budget.cluster, name earlier periods as monitor.reference, of days or months"


def _followed(monitor: Monitor, segments: Any = None) -> Iterator[str]:
    """What later people need: their line, and a date that is no other column."""
    if monitor.segments is None:
        return
    if segments is None:
        yield "monitor.segments: there is no segments section that says what columns are for; take it out"
    elif (name := monitor.segments.time) in (segments.protected, *segments.features):
        yield f"monitor.segments.time and the columns of the segments table must differ, got {name!r} for both"


def _decided(monitor: Monitor, healthcare: Any = None) -> Iterator[str]:
    """What later decisions need: their line, and a date."""
    if monitor.healthcare and healthcare is None:
        yield "monitor.healthcare: there is no healthcare section that says what columns are for; take it out"
    elif monitor.healthcare and not healthcare.time:
        yield "monitor.healthcare needs healthcare.time, the column of dates; name it, or take monitor.healthcare out"


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = (_modelled, _decided, _followed)
