"""The budget line's sections of the parameters, and what must hold between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from responsible.fairness.groups import NEEDS_PRIVILEGED
from responsible.fairness.verdicts import Fairness
from responsible.mitigation.reweighing import Reweigh
from responsible.mitigation.threshold_figures import Sweep
from responsible.modelling.parameters import Logistic
from responsible.models import Models
from responsible.monitoring.parameters import TRAINING, Monitor
from responsible.tabular.schema import Budget, Sensitive, Target, Threshold, refuse_conflicts
from responsible.validation import InputError, Params, did_you_mean


class Sections(Params):
    """Every section of the line."""

    threshold: Threshold
    budget: Budget
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    reweigh: Reweigh | None = None  # absent where no model is trained here
    fairness: Fairness
    threshold_sweep: Sweep | None = None  # absent where the target has two values
    monitor: Monitor | None = None  # absent where there are no later batches


def _roles(budget: Budget, sensitive: dict[str, Sensitive], threshold: float) -> Iterator[str]:
    try:
        refuse_conflicts(budget, sensitive, threshold)
    except InputError as error:
        yield from str(error).splitlines()


def _attributes(sensitive: dict[str, Sensitive], reweigh: Reweigh | None = None) -> Iterator[str]:
    for name in reweigh.attributes if reweigh else ():
        if name not in sensitive:
            yield f"reweigh.attributes: {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}"
        elif reweigh and reweigh.groups == "privileged" and not sensitive[name].privileged:
            yield f"reweigh.groups: {NEEDS_PRIVILEGED.format(f'sensitive.{name}')}"


def _models(budget: Budget, models: Models) -> Iterator[str]:
    """What models need of the table: labels and features to be trained here, a key for a file of predictions."""
    if models.trained and budget.target is None:
        yield "budget.target is empty, and nothing can be learned without it; name its column, or list no trained model"
    if models.trained and not budget.features:
        yield "budget.features is empty, and nothing can be learned without them; name columns"
    taken = {column: f"budget.{role}" for role, column in budget.singles().items() if column}
    for name, own in models.external.items():
        if own.file and not budget.key:
            yield f"models.{name}.file is joined by budget.key, which is empty; name the column that names a row"
        for key, column in (("score", own.score), ("decision", own.decision)):
            if not own.file and column and (role := taken.get(column)):
                yield f"models.{name}.{key} and {role} must be different columns, got {column!r} for both"


def _attribute(sensitive: dict[str, Sensitive], threshold_sweep: Sweep | None = None) -> Iterator[str]:
    if threshold_sweep and (name := threshold_sweep.attribute) not in sensitive:
        yield f"threshold_sweep.attribute: {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}"


def _within(budget: Budget, sensitive: dict[str, Sensitive], fairness: Fairness) -> Iterator[str]:
    known = [*budget.features, *sensitive]
    for name in fairness.within or ():
        if name not in known:
            yield f"fairness.within: {name!r} is neither a feature nor an attribute{did_you_mean(name, known)}"


def _label(budget: Budget, threshold: float) -> Iterator[str]:
    if budget.target and not _divides(budget.target, threshold):
        yield f"threshold {_range(budget.target)}, or all rows have one label, got {threshold:g}"


def _grid(budget: Budget, threshold_sweep: Sweep | None = None) -> Iterator[str]:
    if threshold_sweep is None or budget.target is None:
        return
    grid = threshold_sweep.grid
    if not any(_divides(budget.target, value) for value in grid.values()):
        rule = f"a threshold {_range(budget.target)}, or all rows have one label at each"
        yield f"threshold_sweep.grid: {rule}, got {grid.minimum:g} to {grid.maximum:g}"


def _divides(target: Target, threshold: float) -> bool:
    """Whether the declared range leaves values on both sides of a threshold."""
    above = target.minimum is None or threshold > target.minimum
    return above and (target.maximum is None or threshold <= target.maximum)


def _range(target: Target) -> str:
    low = [] if target.minimum is None else [f"> {target.minimum:g} (budget.target.minimum)"]
    high = [] if target.maximum is None else [f"<= {target.maximum:g} (budget.target.maximum)"]
    return f"must be {' and '.join(low + high)}"


def _monitored(budget: Budget, models: Models, monitor: Monitor | None = None) -> Iterator[str]:
    if monitor is None:
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
    if budget.target is None:
        yield "monitor: needs budget.target, with which predictions are compared; declare it, or take the section out"


def _followed(monitor: Monitor | None = None, segments: Any = None) -> Iterator[str]:
    """What later people need: their line, and a date that is no other column."""
    if monitor is None or monitor.segments is None:
        return
    if segments is None:
        yield "monitor.segments: there is no segments section that says what columns are for; take it out"
    elif (name := monitor.segments.time) in (segments.protected, *segments.features):
        yield f"monitor.segments.time and the columns of the segments table must differ, got {name!r} for both"


def _decided(monitor: Monitor | None = None, healthcare: Any = None) -> Iterator[str]:
    """What later decisions need: their line, and a date."""
    if monitor and monitor.healthcare and healthcare is None:
        yield "monitor.healthcare: there is no healthcare section that says what columns are for; take it out"
    elif monitor and monitor.healthcare and not healthcare.time:
        yield "monitor.healthcare needs healthcare.time, the column of dates; name it, or take monitor.healthcare out"


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = (
    _roles,
    _attributes,
    _models,
    _attribute,
    _within,
    _label,
    _grid,
    _monitored,
    _decided,
    _followed,
)
