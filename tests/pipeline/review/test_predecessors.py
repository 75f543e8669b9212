"""pipeline.review.predecessors: with which model of before each model of somebody else is compared."""

import math

import pytest

from pipeline.documents.review import compared
from pipeline.review.predecessors import predecessors
from responsible.governance.evidence import Evidence
from responsible.governance.version_change import Change

V1, V2, V3 = ({"file": f"v{i}.csv", "key": "id", "score": "p"} for i in (1, 2, 3))
SPD = "evaluate_fairness.sex.{}.statistical_parity_difference"


def tree(reference="", **models):
    return {"models": ({"reference": reference} if reference else {}) | models}


def at(**values):
    """Accuracy and parity by model; of a change by what stands in its place."""
    found = {}
    for name, value in values.items():
        found[SPD.format(name)] = {"": Evidence(value, value - 0.1, value + 0.1)}
        found[f"performance.{name}.accuracy"] = found[SPD.format(name)]
        if name.startswith("change"):
            place = name.removeprefix("change").removeprefix("_")
            found[".".join(filter(None, ["performance_change", place, "accuracy"]))] = found[SPD.format(name)]
    return found


def test_the_earlier_version_as_reference_pairs_the_change():
    """The name stays, the earlier file is the reference under a new one: the changes are those against it."""
    found = predecessors(tree(vendor=V1), tree(old=V1, vendor=V2), at(vendor=0.5), at(old=0.5, vendor=0.7, change=0.2))
    change = Change(0.2, 0.1, pytest.approx(0.3))
    assert found.paired == {(SPD.format("vendor"), ""): change, ("performance.vendor.accuracy", ""): change}
    assert (found.of, found.pairs) == ({"old": "vendor"}, {"vendor": "old"})
    assert found.figures[SPD.format("old")][""].value == 0.5
    assert compared(found) == [{"model": "vendor", "before": "vendor", "listed": "old"}]


def test_a_new_name_is_compared_with_the_reference():
    """Two new versions beside the old one, each against it, by their own rows of changes."""
    new = tree(reference="v1", v2=V2, v1=V1, v3=V3)
    after = at(v1=0.5, v2=0.7, v3=0.4, change_v2=0.2, change_v3=-0.1)
    found = predecessors(tree(v1=V1), new, at(v1=0.5), after)
    assert found.of == {"v2": "v1", "v3": "v1"}
    assert {path: change.value for (path, _), change in found.paired.items()} == {
        SPD.format("v2"): 0.2,
        SPD.format("v3"): -0.1,
        "performance.v2.accuracy": 0.2,
        "performance.v3.accuracy": -0.1,
    }
    assert [own["listed"] for own in compared(found)] == ["v1", "v1"]


def test_an_adopted_candidate_is_compared_with_the_model_whose_place_it_takes():
    """Each figure of the reweighed model stands under the new name, also that of its stage, and under no other."""
    pair = {"baseline": None, "reweighed": None}
    adopted = tree(**pair, adopted="logistic regression, without age")
    before = {
        SPD.format("reweighed"): {"": Evidence(0.5, 0.4, 0.6)},
        "reweigh.accuracy": {"": Evidence(0.9, 0.8, 1.0)},
        "train_baseline.accuracy": {"": Evidence(0.8, 0.7, 0.9)},
    }
    found = predecessors(tree(**pair), adopted, before, {})
    assert found.of == {"without_age": "reweighed"}
    assert {path: levels[""].value for path, levels in found.figures.items()} == {
        SPD.format("without_age"): 0.5,
        "performance.without_age.accuracy": 0.9,
        "train_baseline.accuracy": 0.8,
    }
    assert compared(found) == [{"model": "without_age", "before": "reweighed", "listed": ""}]
    back = predecessors(adopted, tree(**pair), found.figures, {})
    assert {path: levels[""].value for path, levels in back.figures.items()} == {
        path: levels[""].value for path, levels in before.items()
    }
    assert predecessors(adopted, adopted, found.figures, {}).of == {}


@pytest.mark.parametrize(
    ("old", "new", "after", "of"),
    [
        (tree(vendor=V1), tree(vendor=V2), at(vendor=0.7), {}),
        (tree(vendor=V1), tree(renamed=V1), at(renamed=0.5), {"renamed": "vendor"}),
        (tree(vendor=V1), tree(other=V2, vendor=V3), at(other=0.5, vendor=0.7, change=0.2), {}),
        (tree(vendor=V1), tree(old=V1, vendor=V2), at(old=0.6, vendor=0.7, change=0.1), {"old": "vendor"}),
        (tree(vendor=V1), tree(old=V1, vendor=V2), at(old=0.5, vendor=0.7, change=math.nan), {"old": "vendor"}),
        ({}, tree(baseline=None, reweighed=None, vendor=V2), at(vendor=0.7, change_vendor=0.1), {}),
    ],
    ids=["replaced", "renamed", "another reference", "another file of that name", "withheld", "trained reference"],
)
def test_without_the_earlier_version_nothing_is_paired(old, new, after, of):
    """A reference that is not the base's model, by definition or by its figures, says nothing of the base."""
    found = predecessors(old, new, at(vendor=0.5), after)
    assert (found.paired, found.pairs, found.of) == ({}, {}, of)
