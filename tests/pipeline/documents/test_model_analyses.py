"""The fold of docs/comparison.md about analyses besides the audit: what is asked for, and nothing where nothing is."""

import json

import pandas as pd
import pytest

from pipeline.documents.model_analyses import context
from pipeline.storage import files
from responsible.fairness.disparity import Fairness
from responsible.fairness.measures import standard
from responsible.limits import Limits
from responsible.models import Models

FAIRNESS = Fairness(accuracy_floor=0.5, limits=dict.fromkeys(standard(), Limits(minimum=-0.1, maximum=0.1)))
CHANGE = {"value": -0.1, "low": -0.2, "high": -0.05}
BEST = {"judged_by": "cost", "best_threshold": 0.2, "current_threshold": 0.5, "change": CHANGE}


@pytest.fixture
def told(tmp_path):
    """The context of tables as the stage writes them; a table that is not given is switched off."""

    def told(best, adopted=None, **tables):
        (tmp_path / "best.json").write_text(json.dumps({"model_analyses": best}), encoding="utf-8")
        for name in ("similar", "ratios", "failing"):
            files.write_csv(tmp_path / name, tables.get(name, pd.DataFrame(columns=["switched_off"])))
        own = {"without_age" if adopted else "reweighed": None}
        models = Models(baseline=None, **own, adopted=adopted)
        tables = (tmp_path / n for n in ("similar", "ratios", "failing"))
        return context(tmp_path / "best.json", *tables, fairness=FAIRNESS, models=models)

    return told


def test_what_is_switched_off_has_no_rows(told):
    """Without analyses there is no threshold and no row, so the document has no fold."""
    found = told({})
    assert not any(found[name] for name in ("best", "similar", "ratios", "failing"))


@pytest.mark.parametrize(("judged_by", "better"), [("cost", True), ("accuracy", False)])
def test_a_lower_cost_is_better_and_a_lower_accuracy_is_not(told, judged_by, better):
    """The whole interval of the change below 0 shows a better threshold only where less is better."""
    (own,) = told({"a": BEST | {"judged_by": judged_by}})["best"]
    assert (own.model, own.better, own.moved.value) == ("a", better, -0.1)


def test_confirmed_failures_and_pooled_figures_are_shown(told):
    """Shown are confirmed groups with more errors, the worst first, and pooled rows of the first measure."""
    failing = pd.DataFrame(
        [("a", "x=1", 0.1, True), ("a", "x=2", 0.3, True), ("a", "x=3", 0.5, False), ("a", "x=4", -0.3, True)],
        columns=["model", "group", "difference", "confirmed"],
    )
    similar = pd.DataFrame(
        [(standard()[0], "", 0.1), (standard()[0], "s", 0.2), (standard()[1], "", 0.3)],
        columns=["measure", "stratum", "value"],
    ).assign(reason="")
    found = told({"a": BEST}, failing=failing, similar=similar)
    assert [row.group for row in found["failing"]] == ["x=2", "x=1"]
    assert [row.value for row in found["similar"]] == [0.1]


def test_a_watched_group_alone_is_no_failure(told):
    """Groups that are only watched are not confirmed, and a table of them alone lists none."""
    failing = pd.DataFrame({"model": ["a"], "group": ["x=1"], "difference": [0.4], "confirmed": [None]})
    assert told({}, failing=failing)["failing"] == []


def test_an_adopted_model_has_the_name_that_people_read(told):
    """Tables have its key, and what is shown is the name of the candidate; the baseline keeps its own."""
    failing = pd.DataFrame(
        {"model": ["without_age", "baseline"], "group": ["x=1", "x=2"], "difference": [0.4, 0.3], "confirmed": True}
    )
    found = told({"without_age": BEST}, "logistic regression, without age", failing=failing)
    assert [row.model for row in found["failing"]] == ["without age", "baseline"]
    assert [own.model for own in found["best"]] == ["without age"]
