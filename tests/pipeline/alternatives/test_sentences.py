"""What the page says of answers and limits, on figures made by hand."""

import pandas as pd
import pytest

from pipeline.alternatives.page import _limits
from pipeline.alternatives.sentences import Speaker
from pipeline.storage import parameters
from responsible.alternatives.answer import Answer
from responsible.alternatives.paired import Compared
from responsible.statistics.count_figures import Estimate
from stages.alternatives import Parameters
from tests.support.contract import ROOT

NOTHING = Estimate(0.0, 0.0, 0.0, 0.0, "")


@pytest.fixture(scope="module")
def speaker():
    given = parameters.load(ROOT / "params.yaml", Parameters)
    return Speaker(given.alternatives, given.words, None, 0.95, 4_000)


def compared(loss):
    """A candidate that narrows the gap by 12 points, and loses or gains accuracy."""
    gain = Estimate(0.12, 0.1, 0.14, 0.0, "")
    return Compared(NOTHING, NOTHING, NOTHING, Estimate(loss, loss - 0.005, loss + 0.005, 0.0, ""), (gain,))


@pytest.mark.parametrize(("loss", "said"), [(-0.012, True), (-0.01, False), (0.004, False)])
def test_a_yes_says_where_it_loses_more_than_was_stated(speaker, loss, said):
    """A loss on the test rows beyond the stated point is named, although it is not beyond noise."""
    found = Answer("yes", "a", "b", compared(loss), searched=5, near=2, frequency=0.9, none=0.0)
    text = speaker.answer(found, "the model in use")
    assert text.startswith(
        "Yes: “b”. Against the model in use it narrows the difference of selection rates by education by 12 points"
        " (95 % interval 10 to 14)."
    )
    more = " That is more than 1 point of accuracy on these rows, but not beyond noise."
    assert text.endswith(more) == said


def test_a_no_counts_the_others(speaker):
    """Without a chosen candidate a no names how many others the test rows rule out."""
    found = Answer("no", "a", "", None, searched=32, near=26, frequency=1.0, none=1.0)
    assert speaker.answer(found, "the model in use").endswith("The test rows rule out all 31 other candidates.")


def test_what_no_classifier_can_do_is_said_once():
    """A limit that no classifier meets is listed once; one that a scorer does not attain, for each scorer."""
    rows = pd.DataFrame({"scorer": ["x", "y"], "attribute": "sex", "measure": "m", "statement": "infeasible"})
    assert [row.scorer for row in _limits(rows)] == [""]
    assert [row.scorer for row in _limits(rows.assign(statement="unattainable"))] == ["x", "y"]
