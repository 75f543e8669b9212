"""The list of models: what an entry may say, who is the reference, what a row about a change is called."""

import pytest
from pydantic import TypeAdapter, ValidationError

from responsible.models import Models
from responsible.names import (
    Judged,
    is_change,
    judged_of,
    listed,
    shown_model,
    spoken_model,
    trained_here,
    with_adopted,
)
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


CANDIDATE = "logistic regression, trained for equalized odds within 0.4 without randomisation"
OWN = "trained_for_equalized_odds_within_0_4_without_randomisation"
RULES = {
    "a": {"metric": "evaluate_fairness.sex.reweighed.disparate_impact"},
    "b": {"metric": "reweigh.weights.effective_rows"},
    "c": {"metric": "train_baseline.accuracy"},
}


def test_an_adopted_candidate_takes_the_place_and_has_a_name_of_its_own():
    """It stands among the models and in rules where the reweighed model stood, and once only."""
    tree = {"models": {"reference": "reweighed", **TRAINED, "adopted": CANDIDATE}, "policy": {"rules": RULES}}
    found = with_adopted(tree)
    assert with_adopted(found) == found
    assert tree["models"]["reweighed"] is None
    assert [rule["metric"] for rule in found["policy"]["rules"].values()] == [
        f"evaluate_fairness.sex.{OWN}.disparate_impact",
        f"performance.{OWN}.weights.effective_rows",
        "train_baseline.accuracy",
    ]
    assert listed(tree) == listed(found) == ("baseline", OWN)
    assert judged_of(tree) == Judged(("baseline", OWN), OWN, labelled=False)
    assert trained_here(tree) == {"baseline": "baseline", OWN: "reweighed"}
    own = models(found["models"])
    assert (own.own, own.trained, own.reference) == (("baseline", OWN), ("baseline", OWN), OWN)
    assert own.shown(OWN) == "trained for equalized odds within 0.4 without randomisation"


def test_without_one_nothing_is_renamed():
    """An empty key is as good as none, and models go by the names that they always had."""
    tree = {"models": {**TRAINED, "adopted": None}, "policy": {"rules": RULES}}
    assert with_adopted(tree) == {"models": TRAINED, "policy": {"rules": RULES}}
    assert trained_here({}) == {"baseline": "baseline", "reweighed": "reweighed"}
    assert models(TRAINED).own == ("baseline", "reweighed")


def test_how_models_are_spoken_of():
    """Those that are trained here in words, those of somebody else by their names."""
    shown = shown_model("without_With_children", "logistic regression, without With children?")
    assert (shown, spoken_model(shown)) == ("without With children?", "the model without With children?")
    assert [spoken_model(shown_model(name, None)) for name in ("baseline", "reweighed", "vendor")] == [
        "the baseline",
        "the reweighed model",
        "vendor",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"baseline": None}, "models: baseline and reweighed are trained together, to be compared; list both"),
        ({}, "models: must name 1 to 10 models, got 0"),
        (
            {"v": {"score": "p"}, "adopted": "without age"},
            "models: adopted: reweighed, which it takes the place of, is not listed",
        ),
        ({"adopted": {"score": "p"}}, "models.adopted must be text"),
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
