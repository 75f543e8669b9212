"""stages.threshold_sweep: what speaks against a threshold decides which one is chosen and what is recommended."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.results.figures import collect
from pipeline.storage import files
from responsible.governance.recommendation import Objections
from responsible.mitigation.swept import Predictions, Swept
from stages import threshold_sweep

CLEAR, AGAINST = Objections((), False, 0.5), Objections((), True, 0.9)
NOBODY = np.zeros((3, 1), dtype=bool)
SWEPT = Swept(
    (1.0, 2.0, 3.0),
    Predictions(NOBODY, NOBODY, NOBODY, ("", "", "no models")),
    np.zeros(1, dtype=np.int64),
    np.array(["valid"], dtype=object),
    np.ones(1, dtype=np.int64),
)


@pytest.fixture
def choosing(monkeypatch):
    """The stage's choice with given objections; the constraints alone choose the first threshold that has models."""

    def choose(swept, *_):
        index = int(np.argmax(swept.usable))
        return SimpleNamespace(reported=swept.thresholds[index], feasible=index < 2, chosen_on="valid")

    def choice(against):
        monkeypatch.setattr(threshold_sweep, "choose_threshold", choose)
        monkeypatch.setattr(threshold_sweep, "table", lambda *_, **__: None)
        monkeypatch.setattr(threshold_sweep, "objections", lambda *_: against)
        sweep, policy = SimpleNamespace(attribute="a", limits={}), SimpleNamespace(rules={})
        given = SimpleNamespace(threshold_sweep=sweep, inference=None, seed=1, policy=policy, costs=None)
        return threshold_sweep._choice(SWEPT, given).reported

    return choice


@pytest.mark.parametrize(
    ("against", "chosen"),
    [
        ({1.0: CLEAR, 2.0: CLEAR, 3.0: AGAINST}, 1.0),
        ({1.0: AGAINST, 2.0: CLEAR, 3.0: AGAINST}, 2.0),
        ({1.0: AGAINST, 2.0: AGAINST, 3.0: AGAINST}, 1.0),  # the nearest miss
    ],
)
def test_the_best_threshold_against_which_nothing_speaks_is_chosen(choosing, against, chosen):
    """One with objections gives way to the next without; where all have some, the best by the constraints stays."""
    assert choosing(against) == chosen


def test_a_threshold_of_many_digits_keeps_them(tmp_path):
    """The tables name it as it was set, so that two neighbours are two, and the paths of their figures differ."""
    rows = [(t, "reweighed", "accuracy", "", 0.123456789) for t in (1_234_567.0, 1_234_568.25, 0.1 + 0.2)]
    figures = pd.DataFrame(rows, columns=["threshold", "model", "figure", "level", "value"])
    files.write_csv(tmp_path / "plots/threshold_intervals.csv", threshold_sweep._spelt(figures))
    files.write_json(tmp_path / "metrics/x.json", {"x": {"y": 1}})
    found = {path: own[""].value for path, own in collect(tmp_path).items() if path != "x.y"}
    paths = [f"threshold_intervals.{text}.reweighed.accuracy" for text in ("1234567", "1234568.25", "0.3")]
    assert found == dict.fromkeys(paths, 0.123457)


@pytest.mark.parametrize(
    ("feasible", "against", "recommended"), [(True, CLEAR, True), (True, AGAINST, False), (False, CLEAR, False)]
)
def test_only_a_feasible_threshold_without_objections_is_recommended(feasible, against, recommended):
    """The metrics name a recommended threshold or none, and say whether the trivial answer is beaten."""
    found = threshold_sweep.recommendation(SimpleNamespace(feasible=feasible, reported=2.0), against)
    assert (found["recommended"], found["recommended_threshold"]) == (recommended, 2.0 if recommended else None)
    assert found["beats_trivial_answer"] is not against.no_better
