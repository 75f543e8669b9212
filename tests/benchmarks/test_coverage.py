"""The cases of ``make bench ARGS=coverage`` at sizes that run in seconds, with the same kind of bounds."""

import numpy as np
import pytest

from benchmarks.coverage import LEAST, cases, coverage
from responsible.fairness.measures import MEASURES
from responsible.statistics.rates import PERFORMANCE

DATA_SETS = 300
SLACK = 0.035  # a share of .93 of 300 data sets has a standard error of .015
MANY = 20
CASES = {f"{case.name}, {case.levels} levels": case for case in cases() if case.levels in (2, 10, MANY)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.heavy) if c.levels == MANY else n for n, c in CASES.items()]
)
def test_every_kind_of_interval_holds_the_truth(name, seed):
    """Each measure and performance figure, and each paired change, is held in at least .91 less simulation error."""
    found = coverage(CASES[name], DATA_SETS, seed)
    assert len(found) == 2 * (len(MEASURES) + len(PERFORMANCE))
    assert {key: share for key, share in found.items() if share < LEAST - SLACK} == {}


def test_populations_sum_to_one():
    """A population is a distribution over levels, labels and predictions; a level may lack a label."""
    for case in cases():
        table = case.population()
        assert table.sum() == pytest.approx(1)
        assert table.shape == (case.levels, 2, 2, 2)
        assert (table[-1, 1].sum() == 0) == case.lacking
        assert np.all(table >= 0)
