"""Cut points and the labels that cells have at them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from responsible.tabular.cells import Grid, cuts, labels
from responsible.validation import InputError


def test_grid_values():
    """Both ends belong to the grid when the step allows; steps do not drift."""
    assert Grid(minimum=100, maximum=800, step=50).values() == [100.0 + 50 * i for i in range(15)]
    assert Grid(minimum=0, maximum=1, step=0.1).values()[-2:] == pytest.approx([0.9, 1.0], abs=1e-15)
    assert Grid(minimum=5, maximum=7.5, step=2).values() == [5.0, 7.0]
    assert Grid(minimum=1, maximum=1, step=1).values() == [1.0]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ((2, 1, 1), "minimum must be <= maximum, got 2.0 and 1.0"),
        ((0, 2000, 1), "at most 1001 thresholds, got 1.0"),
        ((0, 1, 0), "greater than 0"),
    ],
)
def test_grids_that_are_refused(values, rule):
    """A falling grid, a grid without end and a step of nothing."""
    with pytest.raises(ValidationError, match=rule):
        Grid(minimum=values[0], maximum=values[1], step=values[2])


def test_cuts_are_the_grid_and_the_threshold_once():
    """The label threshold is a cut point wherever it lies, and only once."""
    grid = Grid(minimum=100, maximum=200, step=50)
    assert cuts(150, grid) == [100.0, 150.0, 200.0]
    assert cuts(99.5, grid) == [99.5, 100.0, 150.0, 200.0]
    assert cuts(300, grid) == [100.0, 150.0, 200.0, 300.0]


@given(st.lists(st.integers(-5, 1000), min_size=1, max_size=30), st.integers(0, 15))
def test_labels_are_the_comparison_with_the_target(targets, which):
    """At every cut point the label from the bin is the label from the target itself: 1 when target >= threshold."""
    cut = cuts(300, Grid(minimum=100, maximum=800, step=50))
    threshold = cut[which % len(cut)]
    cells = pd.DataFrame({"bin": np.searchsorted(cut, targets, side="right").astype("int32")})
    assert labels(cells, cut, threshold).tolist() == [int(t >= threshold) for t in targets]


def test_a_threshold_between_cuts_is_refused():
    """Cells cannot answer for a threshold they were not counted with; the message says which ones they can."""
    cells = pd.DataFrame({"bin": np.array([0, 1], "int32")})
    with pytest.raises(InputError, match=r"cut point of the cells \(100, 250\), got 120; run prepare again"):
        labels(cells, [100.0, 250.0], 120)
