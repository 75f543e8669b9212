"""Cuts of a score under a minimum: what may be told apart, by hand."""

import numpy as np
import pandas as pd
import pytest

from responsible.analyses.decision_threshold import GRID
from responsible.analyses.disclosure import coarse, told
from responsible.measures.scores import Scored
from responsible.tabular.levels import Disclosure

FEW = Disclosure(minimum_cell=10)


def people(*cells):
    """Cells of (score, rows with label 0, rows with label 1)."""
    score, *counts = np.array(cells, dtype=float).T
    of = np.concatenate(counts).astype(int)
    label = np.repeat([0, 1], len(score))
    return Scored({"m": np.tile(score, 2)}, label, of, np.zeros(len(of), dtype=int))


def test_cuts_that_leave_few_people_between_are_not_told_apart():
    """Of scores .2, .45, .55, .8 and .9 four people with .2 cannot stand apart, nor can the three with .9."""
    found = people((0.2, 12, 4), (0.45, 20, 11), (0.55, 10, 30), (0.8, 0, 20), (0.9, 3, 15))
    moved, kept = coarse(found, "m", 0.5, FEW)
    scores = pd.Series(moved.scores["m"][:5])
    assert scores.tolist() == [0.2, 0.2, 0.55, 0.55, 0.55]
    assert (GRID[kept] * 100).round().tolist() == [*range(1, 21), *range(46, 56), *range(91, 100)]
    assert (moved.scores["m"] >= 0.5).tolist() == (found.scores["m"] >= 0.5).tolist()


def test_a_cut_in_use_with_few_people_is_not_told():
    """Five people above the cut in use, or two whom rounding has moved over it, and nothing is published."""
    assert not coarse(people((0.2, 50, 50), (0.7, 50, 5)), "m", 0.5, FEW)[1].any()
    enough = people((0.2, 50, 50), (0.7, 50, 50))
    assert coarse(enough, "m", 0.5, FEW, np.array([50, 50]))[1].all()
    assert not coarse(enough, "m", 0.5, FEW, np.array([50, 48]))[1].any()


@pytest.mark.parametrize(("between", "expected"), [((0, 0), True), ((10, 12), True), ((10, 3), False)])
def test_two_cuts_are_told_where_enough_people_change_sides(between, expected):
    """Those with a score between both cuts are none or enough, with either label."""
    found = people((0.2, 50, 50), (0.55, *between), (0.7, 50, 50))
    assert told(found, "m", (0.5, 0.6), FEW) is expected
