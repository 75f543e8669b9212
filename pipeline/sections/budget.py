"""The budget line's sections of the parameters, and what must hold between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.recipes import NO_SEARCH, named
from responsible.fairness.groups import NEEDS_PRIVILEGED
from responsible.fairness.verdicts import Fairness
from responsible.mitigation.reweighing import Reweigh
from responsible.mitigation.threshold_figures import Sweep
from responsible.modelling.parameters import Logistic, Reasons
from responsible.models import Models
from responsible.names import ADOPTED
from responsible.tabular.levels import Disclosure
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
    reasons: Reasons | None = None  # absent where the defaults do
    fairness: Fairness
    threshold_sweep: Sweep | None = None  # absent where the target has two values
    alternatives: Alternatives | None = None  # absent where none are searched


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


def _reasons(budget: Budget, reasons: Reasons | None = None) -> Iterator[str]:
    own = reasons or Reasons()
    for key, names in (("reference", own.reference), ("proxies", own.proxies), ("words", own.words)):
        for name in names or ():
            if name not in budget.features:
                yield f"reasons.{key}: {name!r} is no feature{did_you_mean(name, budget.features)}"
    for name, value in (own.reference or {}).items():
        feature = budget.features.get(name)
        if feature and (feature.kind == "numeric" and not feature.bins) == isinstance(value, str):
            rule = "a text, one of its levels" if not isinstance(value, str) else "a number"
            yield f"reasons.reference.{name}: must be {rule}, got {value!r}"


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


def _alternatives(
    budget: Budget,
    sensitive: dict[str, Sensitive],
    models: Models,
    disclosure: Disclosure,
    alternatives: Alternatives | None = None,
) -> Iterator[str]:
    """What a search needs: models trained here, an attribute with privileged levels, and figures that may be shown."""
    if alternatives is None:
        if models.adopted:
            yield f"{ADOPTED}: {NO_SEARCH}"
        return
    if (name := alternatives.attribute) not in sensitive:
        yield f"alternatives.attribute: {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}"
    elif not sensitive[name].privileged:
        yield f"alternatives.attribute: sensitive.{name} has no privileged levels; declare them, or name another"
    if not models.trained or budget.target is None:
        yield "alternatives: nothing is trained here that could be another model; take the section out with `make keep`"
    if disclosure.minimum_cell:
        rule = "figures of many models of the same people, subtracted, tell counts below disclosure.minimum_cell"
        yield f"alternatives: {rule}; take the section out with `make keep`, or set the limit to 0"


def _adopted(
    budget: Budget,
    sensitive: dict[str, Sensitive],
    models: Models,
    reweigh: Reweigh | None = None,
    alternatives: Alternatives | None = None,
) -> Iterator[str]:
    """That there is such a candidate, and that it can be trained here."""
    if not (models.adopted and reweigh and alternatives):
        return
    attributes = [name for name, own in sensitive.items() if own.privileged]
    try:
        named(models.adopted, alternatives, reweigh, attributes, budget.features)
    except InputError as error:
        yield str(error)


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = (
    _roles,
    _attributes,
    _models,
    _attribute,
    _within,
    _reasons,
    _label,
    _grid,
    _alternatives,
    _adopted,
)
