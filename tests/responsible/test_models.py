"""The list of models: what an entry may say, who is the reference, what a row about a change is called."""

import pytest
from pydantic import TypeAdapter, ValidationError

from responsible.models import Models
from responsible.names import Judged, is_change, judged_of, listed
from responsible.validation import explain

TRAINED = {"baseline": None, "reweighed": None}


def models(given):
    return TypeAdapter(Models).validate_python(given, strict=True)


def test_the_first_is_the_reference_and_the_last_leads_unless_somebody_says_otherwise():
    """Two models have one change, of which no name is needed; several have one each, by name."""
    two, three = models(TRAINED), models({"reference": "b", "a": {"score": "p"}, "b": {"decision": "y"}, **TRAINED})
    assert two.judged() == Judged(("baseline", "reweighed"), "baseline")
    assert (two.judged().subject, two.judged().changes) == ("reweighed", {"reweighed": "change"})
    assert (three.trained, list(three.external)) == (("baseline", "reweighed"), ["a", "b"])
    assert three.judged().changes == {m: f"change_{m}" for m in ("a", "baseline", "reweighed")}
    assert all(map(is_change, three.judged().changes.values()))


def test_one_model_alone_has_no_change():
    """It is its own reference."""
    assert models({"a": {"score": "p"}}).judged().changes == {}


def test_a_plain_tree_says_the_same():
    """Where nothing is listed both trained models are; rows without a target have no labels."""
    assert listed({}) == ("baseline", "reweighed")
    tree = {"models": {"reference": None, "a": {"score": "p"}}, "budget": {"target": None}}
    assert judged_of(tree) == Judged(("a",), "a", labelled=False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"baseline": None}, "models: baseline and reweighed are trained together, to be compared; list both"),
        ({}, "models: must name 1 to 10 models, got 0"),
        ({"v": {}}, "models.v: needs a score, a decision, or both"),
        ({"v": None}, "models: v: is trained here? Only baseline and reweighed are"),
        ({"v": {"scor": "p"}}, "models.v.scor is not a known key"),
        ({"v": {"score": 3}}, "models.v.score must be text, got 3"),
        ({"v": {"score": "p", "positive": ["a"]}}, "models.v: positive are levels of a decision"),
        (
            {"v": {"decision": "y", "decision_threshold": 0.2}},
            "models.v: decision_threshold makes decisions",
        ),
        ({"v": {"score": "p", "file": "v.csv"}}, "models.v: key is missing"),
        ({"v": {"score": "p", "file": "../v.csv", "key": "id"}}, "models.v: file must be the name of a file in data"),
        ({"v": {"score": "p", "decision": "p"}}, "models.v: score and decision must be different columns"),
        ({"baseline": {"score": "p"}}, "models: baseline: is the name of a model that is trained here"),
        ({"change_x": {"score": "p"}}, "models: change_x: the name is taken"),
        ({"a.b": {"score": "p"}}, "models: a.b: a name has letters, digits, _ and - only"),
        ({"reference": "w", "v": {"score": "p"}}, "models: reference 'w' is no model; known: 'v'"),
    ],
)
def test_what_is_no_model_is_refused_with_place_and_remedy(given, said):
    """A line with section, key and rule."""
    with pytest.raises(ValidationError) as refused:
        models(given)
    assert said in explain(refused.value, "models")
