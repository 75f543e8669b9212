from itertools import combinations

import numpy as np
import pandas as pd

from responsible.tabular.conjunctions import Conjunctions, parts, tabulated, text

NOTHING = pd.DataFrame(index=range(200))


def columns(rng, n=200):
    """Three columns with 2, 3 and 4 levels."""
    return pd.DataFrame({c: np.array(list("wxyz"))[rng.integers(0, k, n)] for c, k in (("a", 2), ("b", 3), ("c", 4))})


def test_every_conjunction_is_counted():
    """Rows and events of each conjunction of up to three columns, by stratum, are those pandas counts row by row."""
    rng = np.random.default_rng(1)
    frame, outcome, given = columns(rng), rng.integers(0, 2, 200), pd.DataFrame({"s": rng.integers(0, 2, 200)})
    table = tabulated(frame, outcome, given)
    space = Conjunctions(table, 3)
    n, k = (space.rows(weights, table.stratum) for weights in (table.counts.sum(axis=1), table.counts[:, 1]))
    assert space.number == 2 + 3 + 4 + 6 + 8 + 12 + len(frame.drop_duplicates())
    names = [space.name(i) for i in range(space.number)]
    assert len(set(names)) == space.number
    assert [space.index(name) for name in names] == list(range(space.number))
    for index, name in enumerate(names):
        inside = np.logical_and.reduce([frame[c] == v for c, v in name])
        for stratum in (0, 1):
            rows = inside & (given["s"] == stratum)
            assert (n[index, stratum], k[index, stratum]) == (rows.sum(), outcome[rows].sum())


def test_members_are_the_cells_of_a_conjunction():
    """The cells a conjunction holds of carry its rows."""
    rng = np.random.default_rng(2)
    frame = columns(rng)
    table = tabulated(frame, np.ones(200, int), NOTHING)
    inside = table.member((("a", "x"), ("c", "z")))
    assert table.counts[inside].sum(axis=0).tolist() == [0, ((frame["a"] == "x") & (frame["c"] == "z")).sum()]


def test_the_order_of_rows_does_not_matter():
    """Shuffled rows give the same table."""
    rng = np.random.default_rng(3)
    frame, outcome = columns(rng), rng.integers(0, 2, 200)
    order = rng.permutation(200)
    one, two = tabulated(frame, outcome, NOTHING), tabulated(frame.iloc[order], outcome[order], NOTHING)
    for field in ("codes", "counts", "stratum"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
    assert one.levels == two.levels


def test_parts_and_names():
    """Parts of a conjunction are all its proper ones, the shortest first; its text joins its levels."""
    three = (("a", "x"), ("b", "y"), ("c", "z"))
    assert parts(three) == [*((p,) for p in three), *combinations(three, 2)]
    assert text(three[:2]) == "a=x & b=y"
