"""No typing error in params.yaml runs for a year: every whole number has an upper bound, and so has every grid."""

import importlib
import types
import typing

import pytest
from pydantic import BaseModel, Field, ValidationError

from pipeline.reporting import engine
from responsible.segmentation.capped_assignment import Caps
from responsible.tabular.cells import Grid
from responsible.validation import InputError, Params
from tests.support import contract
from tests.support.contract import ROOT

Le, Lt = (type(Field(**{bound: 9}).metadata[0]) for bound in ("le", "lt"))  # as pydantic keeps a bound


def models():
    """Every model of parameters in the library and the pipeline, by its full name."""
    for path in (path for package in contract.PACKAGES for path in contract.modules(package)):
        if "Params" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found, fresh = set(), [Params]
    while fresh:
        found |= set(fresh := [child for model in fresh for child in model.__subclasses__()])
    return {f"{m.__module__}.{m.__name__}": m for m in found if not m.__module__.startswith("tests")}


def unbounded(kind, metadata=()):
    """Whether a type has a whole number somewhere that no Le or Lt bounds from above."""
    if kind is int:
        return not any(isinstance(rule, Le | Lt) or unfolded(rule) for rule in metadata)
    if typing.get_origin(kind) is typing.Annotated:
        inner, *rules = typing.get_args(kind)
        return unbounded(inner, [*metadata, *rules])
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return any(unbounded(part, metadata if union else ()) for part in typing.get_args(kind))


def unfolded(rule):
    """Whether a pydantic Field inside an annotation bounds from above."""
    return any(isinstance(inner, Le | Lt) for inner in getattr(rule, "metadata", ()))


@pytest.mark.parametrize("name", sorted(models()))
def test_every_whole_number_has_an_upper_bound(name):
    """A count that is one, or a list or mapping of them, cannot be a million times what anybody means."""
    fields = models()[name].model_fields
    assert [key for key, field in fields.items() if unbounded(field.annotation, field.metadata)] == []


def test_the_sweep_sees_what_it_looks_for():
    """Plain, optional, listed and annotated whole numbers are found; bounded ones and truth values are not."""

    class Sample(BaseModel):
        plain: int
        optional: int | None
        listed: list[int]
        mapped: dict[str, typing.Annotated[int, "count"]]
        flag: bool
        bounded: typing.Annotated[int, Le(9)] | None
        listed_bounded: list[typing.Annotated[int, Lt(9)]]

    found = [key for key, field in Sample.model_fields.items() if unbounded(field.annotation, field.metadata)]
    assert found == ["plain", "optional", "listed", "mapped"]
    assert len(models()) > 30


@pytest.mark.parametrize(
    ("model", "values"),
    [(Grid, {"minimum": 0.0, "maximum": 1.0}), (Caps, {"minimum": 0.5, "maximum": 1.0, "rows": 50, "keep": 0.5})],
)
def test_a_step_too_small_is_refused(model, values):
    """A step of a billionth makes no billion thresholds or caps."""
    assert len(model(**values, step=0.25).values()) in (3, 5)
    with pytest.raises(ValidationError, match="step must give at most"):
        model(**values, step=1e-9)


def test_a_template_counts_nothing(tmp_path):
    """Templates loop over rows, levels and rules only: `range`, with which they could loop for ever, is not there."""
    (tmp_path / "t.j2").write_text("{% for i in range(9) %}x{% endfor %}", encoding="utf-8")
    with pytest.raises(InputError, match="'range' is undefined"):
        engine.fill(tmp_path / "t.j2", {})
