"""Roles of columns: what the parameters may say, and the message for what they may not."""

import pytest
from pydantic import TypeAdapter, ValidationError

from responsible.tabular.columns import Declared
from responsible.tabular.levels import refuse_absent
from responsible.tabular.schema import (
    Budget,
    Seed,
    Sensitive,
    Target,
    Threshold,
)
from responsible.tabular.sources import Feature, Prepare, Split
from responsible.validation import InputError, explain
from tests.support import tables


def refusal(kind, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value, strict=True)
    return explain(caught.value, "params.yaml: here")


AGES = {"column": "c", "privileged": ["> 25"], "bins": [25.0]}


@pytest.mark.parametrize("kind", [Prepare, Budget])
def test_the_committed_parameters_are_valid(kind):
    """The sections of params.yaml load as they are."""
    kind.model_validate(tables.tree()[kind.__name__.lower()])


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Split, {"train": 0.6, "valid": 0.2, "test": 0.3}, "shares must sum to 1, got 0.6 + 0.2 + 0.3"),
        (Split, {"train": 0.8, "valid": 0.2, "test": 0.0}, "here.test must be > 0, got 0.0"),
        (Feature, {"kind": "number"}, "here.kind must be 'numeric' or 'categorical', got 'number'"),
        (Feature, {"kind": "categorical", "bins": [1]}, "minimum, maximum and bins are for kind: numeric"),
        (Feature, {"kind": "numeric", "minimum": 2, "maximum": 1}, "minimum must be <= maximum, got 2.0 and 1.0"),
        (Feature, {"kind": "numeric", "bins": [3, 3]}, "bins must rise strictly between minimum and maximum, got"),
        (Feature, {"kind": "numeric", "bins": [0, 3], "minimum": 0}, "bins must rise strictly between"),
        (Feature, {"kind": "numeric", "bins": [3], "maximum": 2}, "bins must rise strictly between"),
        (Feature, {"kind": "numeric", "bins": []}, "here.bins"),
        (Feature, {"kind": "numeric", "min_count": 5}, "min_count is for levels: kind: categorical, or bins"),
        (Feature, {"kind": "categorical", "min_count": 1}, "here.min_count must be >= 2, got 1"),
        (Feature, {"kind": "numeric", "minimun": 0}, "here.minimun is not a known key"),
        (Target, {"column": "y", "favourable": ["a"], "minimum": 0}, "minimum and maximum are for a numeric target"),
        (Target, {"column": "y", "favourable": ["a", "a"]}, "favourable must not repeat a value, got 'a' twice"),
        (Target, {"column": "y", "favourable": []}, "here.favourable"),
        (Target, {"column": "y", "minimum": 5, "maximum": 1}, "minimum must be <= maximum, got 5.0 and 1.0"),
        (Sensitive, {"column": "c", "privileged": ["Missing"]}, "a missing value is never privileged"),
        (Sensitive, {"column": "c", "privileged": ["a"], "exclude": ["a"]}, "privileged and exclude must not repeat"),
        (Sensitive, {"column": "c", "privileged": "a"}, "here.privileged must be a list, got 'a'"),
        (Sensitive, {"column": "c", "privileged": ["a"], "labels": ["a", "b"]}, "labels and closed need bins"),
        (Sensitive, {"column": "c", "privileged": ["a"], "bins": [2, 1]}, "bins must rise strictly, got [2.0, 1.0]"),
        (Sensitive, AGES | {"labels": ["a"]}, "labels must name the 2 intervals of bins, none of them 'Missing'"),
        (Sensitive, AGES | {"labels": ["a", "a"]}, "labels must not repeat a value, got 'a' twice"),
        (Sensitive, AGES | {"labels": ["a", "Missing"]}, "none of them 'Missing', got ['a', 'Missing']"),
        (Sensitive, AGES | {"closed": "left"}, "level '> 25' is not one of the bins'; did you mean '>= 25'"),
        (Sensitive, AGES | {"labels": ["young", "old"]}, "'> 25' is not one of the bins'; known: 'young', 'old'"),
        (Sensitive, {"column": "c", "privileged": [1]}, "here.privileged.0 must be text, got 1"),
        (Seed, -1, "here must be >= 0, got -1"),
        (Seed, 1.5, "here must be a whole number, got 1.5"),
        (Threshold, float("nan"), "here must be a finite number, got nan"),
        (Threshold, "300", "here must be a number, got '300'"),
    ],
)
def test_values_that_are_refused(kind, value, message):
    """Each names key, rule and value."""
    assert message in refusal(kind, value)


def test_an_attribute_has_the_levels_that_its_bins_make():
    """Edges belong below or above as declared, or intervals have labels; without bins, those of the feature."""
    binned = Feature(kind="numeric", bins=[18, 65])
    older = Sensitive(column="c", privileged=["> 25"], exclude=["Missing"], bins=[25])
    assert older.role("<= 25") == "unprivileged"
    assert older.declared("a", binned) == Declared("a", "c", "numeric", bins=[25], closed="right")
    named = Sensitive(column="c", privileged=["old"], bins=[25], labels=["young", "old"], closed="left")
    assert named.declared("a") == Declared("a", "c", "numeric", bins=[25], labels=["young", "old"])
    plain = Sensitive(column="c", privileged=[">= 65"])
    assert plain.declared("a", binned) == Declared("a", "c", "numeric", bins=[18, 65])
    assert plain.declared("a") == Declared("a", "c", "categorical")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "Age"}, "key and features must be different columns, got 'Age' for both"),
        ({"key": "Budget (in dollars)"}, "target and key must be different columns"),
        ({"time": "when", "split_column": "when"}, "time and split_column must be different columns"),
        ({"features": {"Budget (in dollars)": {"kind": "numeric"}}}, "target and features must be different columns"),
        ({"features": {"age": {"kind": "numeric"}, "Age": {"kind": "numeric"}}}, "features must not repeat a value"),
        ({"delimiter": ";;"}, "here.delimiter"),
        ({"delimiter": '"'}, "here.delimiter"),
        ({"source": ""}, "here.source"),
    ],
)
def test_columns_with_two_roles_are_refused(changes, message):
    """The target among the features is a leak, a key or date among them an identifier: one column, one role."""
    assert message in refusal(Budget, tables.tree()["budget"] | changes)


def test_missing_values_are_declared_once():
    """A repeated marker is a slip of the pen."""
    assert "missing_values must not repeat" in refusal(
        Prepare, tables.tree(prepare__missing_values=["NA", "NA"])["prepare"]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sensitive": {"s": {"column": "Budget (in dollars)", "privileged": ["1"]}}},
            "sensitive.s and budget.target must",
        ),
        (
            {"sensitive": {n: {"column": "Gender", "privileged": ["Male"]} for n in "ab"}},
            "sensitive.b and sensitive.a must",
        ),
        (
            {"sensitive": {n: {"column": n, "privileged": ["x"]} for n in ("sex", "Sex")}},
            "differ only in case; rename one",
        ),
        ({"sensitive": {"all": {"column": "Gender", "privileged": ["Male"]}}}, "sensitive.all: the name is taken"),
        ({"budget__target": {"column": "y", "favourable": ["a"]}}, "threshold must be 1 when budget.target has"),
    ],
)
def test_conflicts_between_sections_are_refused(changes, message):
    """What each section allows and both together do not."""
    with pytest.raises(InputError) as caught:
        tables.plan(**changes)
    assert message in str(caught.value)


def test_a_feature_may_be_sensitive():
    """Whether the model sees an attribute is a decision, not a mistake."""
    assert {s.column for s in tables.plan().sensitive.values()} <= set(tables.plan().budget.features)


def test_roles_of_levels():
    """What is not privileged or excluded is unprivileged, a missing value included."""
    attribute = Sensitive(column="c", privileged=["a"], exclude=["b"])
    assert [attribute.role(x) for x in ("a", "b", "c", "Missing")] == [
        "privileged", "excluded", "unprivileged", "unprivileged",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("Bachelor's Degree", "? it has RIGHT SINGLE QUOTATION MARK (U+2019) where you have APOSTROPHE (U+0027)"),
        ("Bachelor’s\u00a0Degree", "it has SPACE (U+0020) where you have NO-BREAK SPACE (U+00A0)"),
        ("bachelor’s degree", "did you mean 'Bachelor’s Degree'?"),
        ("zzz", "; known: 'Bachelor’s Degree', 'Other'"),
    ],
)
def test_near_levels_are_named(wrong, hint):
    """The remedy names the near level and, where the eye cannot see it, the characters that differ."""
    with pytest.raises(InputError) as caught:
        refuse_absent("sensitive.e.privileged", ["Other", wrong], ["Other", "Bachelor’s Degree"], "column E of t.csv")
    assert str(caught.value).startswith(f"sensitive.e.privileged: level {wrong!r} does not occur in column E of t.csv")
    assert str(caught.value).endswith(hint)
