"""Similar cases by period: the most similar earlier case by brute force, who has none, and how many are used."""

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.individual import Similarity
from responsible.later_decisions import similar
from responsible.later_decisions.similar import EARLIER, laid_beside

RULES = Similarity(threshold=0.9, weights={"x": 0.75, "y": 0.25}, neighbours=1, permutations=100, listed=1)
BOUNDS = {"x": (0.0, 10.0), "y": (0.0, 1.0)}


def cases(x, y, outcome):
    return pd.DataFrame({"f.x": np.array(x, float), "f.y": np.array(y, float), "outcome": outcome})


def beside(reference, *periods):
    def stream(name):
        return np.random.default_rng([3, *name.encode()])

    return laid_beside(reference, periods, RULES, BOUNDS, stream)


def test_a_case_is_laid_beside_the_most_similar_earlier_one():
    """Two kinds of cases far apart, approved and refused: each later case finds its kind, one between none."""
    reference = cases([1] * 10 + [8] * 10, [0.5] * 20, [1] * 10 + [0] * 10)
    _, (found,) = beside(reference, cases([1.4, 8, 4.5, np.nan], [0.5, 0.6, 0.5, 0.5], [0, 0, 1, 1]))
    assert list(found[EARLIER]) == [1, 0, -1, -1]


def test_it_is_what_brute_force_finds(seed):
    """Over all cases of the half: nearest, at less than the distance that the threshold allows."""
    rng = np.random.default_rng(seed)
    drawn = [cases(rng.uniform(0, 10, n), rng.random(n), rng.integers(0, 2, n)) for n in (60, 40)]
    base, (found,) = beside(*drawn)
    half = drawn[0].drop(index=base.index)
    assert (len(base), len(half)) == (30, 30)
    for own in (base, found):
        for row in own.itertuples(index=False):
            x, y, _, earlier = row
            away = np.sqrt(0.75 * ((half["f.x"] - x) / 10) ** 2 + 0.25 * (half["f.y"] - y) ** 2)
            expected = half["outcome"].loc[away.idxmin()] if away.min() < 0.1 else -1
            assert earlier == expected


def test_large_tables_are_sampled(monkeypatch, seed):
    """No more cases of either half or of a period are used than say enough."""
    monkeypatch.setattr(similar, "MOST_ROWS", 20)
    rng = np.random.default_rng(seed)
    big = cases(rng.uniform(0, 10, 100), rng.random(100), rng.integers(0, 2, 100))
    base, (found, few) = beside(big, big, big.head(7))
    assert (len(base), len(found), len(few)) == (20, 20, 7)


@pytest.mark.parametrize("rows", [0, 1])
def test_without_a_half_nobody_has_a_similar_case(rows):
    """An empty half, or a period without cases, is no error."""
    reference = cases([1.0] * rows, [0.5] * rows, [1] * rows)
    base, (found,) = beside(reference, cases([1.0], [0.5], [1]))
    assert (base[EARLIER] == -1).all()
    assert list(found[EARLIER]) == [-1]
