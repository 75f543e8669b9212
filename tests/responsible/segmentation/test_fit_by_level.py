"""How well levels fit their segments: by hand, by scikit-learn and statsmodels, and by simulation."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from responsible.segmentation.fit_by_level import DISTANCE, SILHOUETTE, fit_by_level


def found(points, labels, codes, levels=("a", "b"), **changes):
    """The table by level and figure."""
    given = {"rows": 5_000, "minimum": 2, "confidence": 0.95, "rng": np.random.default_rng(1)} | changes
    return fit_by_level(points, labels, codes, list(levels), **given).set_index(["level", "figure"])


def blobs(rng, rows, spread=1.0):
    """Two segments; people of level 1 lie ``spread`` times as far from their centre."""
    labels, codes = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    around = rng.normal(size=(rows, 2)) * np.where(codes == 1, spread, 1.0)[:, None]
    return around + 10 * labels[:, None], labels, codes


def test_distances_by_hand():
    """One segment around 0 at −1, 1 (a) and −3, 3 (b), one far off: mean distances 1 and 3, a difference of −2."""
    points = np.array([[-1.0], [1.0], [-3.0], [3.0], [100.0], [102.0], [97.0], [105.0]])
    labels, codes = np.repeat([0, 1], 4), np.array([0, 0, 1, 1, 0, 0, 1, 1])
    points[4:] = 100 + np.array([[-1.5], [1.5], [-2.5], [2.5]])
    row = found(points, labels, codes).loc[("a", DISTANCE)]
    assert (row["value"], row["others"], row["n"]) == (pytest.approx(1.25), pytest.approx(2.75), 4)
    assert row["difference"] == pytest.approx(-1.5)
    assert row["difference_low"] < -1.5 < row["difference_high"]


def test_silhouettes_are_scikit_learns_and_intervals_are_statsmodels():
    """Means of silhouette_samples by level; the difference and its p are statsmodels' Welch test."""
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    points, labels, codes = blobs(np.random.default_rng(2), 300, 1.5)
    row = found(points, labels, codes).loc[("b", SILHOUETTE)]
    theirs = silhouette_samples(points, labels)
    one, other = (weightstats.DescrStatsW(theirs[codes == code]) for code in (1, 0))
    compared = weightstats.CompareMeans(one, other)
    assert row["value"] == pytest.approx(one.mean)
    assert (row["low"], row["high"]) == pytest.approx(one.tconfint_mean(), rel=1e-6)
    ends = (row["difference_low"], row["difference_high"])
    assert ends == pytest.approx(compared.tconfint_diff(usevar="unequal"))
    assert row["p"] == pytest.approx(compared.ttest_ind(usevar="unequal")[1])


def test_a_level_that_is_described_worse_is_found():
    """People twice as far from their centre have lower silhouettes and larger distances, beyond doubt."""
    table = found(*blobs(np.random.default_rng(3), 800, 2.0))
    assert table.loc[("b", SILHOUETTE), "difference_high"] < 0
    assert table.loc[("b", DISTANCE), "difference_low"] > 0
    assert (table["p_adjusted"] < 0.001).all()
    assert table.loc[("a", SILHOUETTE), "p_adjusted"] == table.loc[("b", SILHOUETTE), "p_adjusted"]


def test_people_of_no_segment_are_left_out():
    """Outliers have no centre and no silhouette: they are not counted."""
    points, labels, codes = blobs(np.random.default_rng(4), 100)
    labels[:10] = -1
    table = found(points, labels, codes)
    assert table.loc[("a", DISTANCE), "n"] + table.loc[("b", DISTANCE), "n"] == 90


def test_undefined_is_said():
    """With fewer people than the minimum on a side there is no figure."""
    points, labels, codes = blobs(np.random.default_rng(5), 60)
    codes[:] = 0
    codes[:3] = 1
    row = found(points, labels, codes, minimum=5).loc[("b", DISTANCE)]
    assert row["reason"] == "n_below_minimum"
    assert np.isnan(row["difference"])


@pytest.mark.slow
def test_size_and_coverage(seed):
    """Levels drawn at random differ in at most .05 of samples, and a share of .91 of the intervals includes 0."""
    rng, wrong, held = np.random.default_rng(seed), 0, 0
    for _ in range(150):
        points, labels, _ = blobs(rng, 300)
        table = found(points, labels, rng.choice(4, 300, p=[0.6, 0.2, 0.15, 0.05]), "abcd")
        wrong += (table["p_adjusted"] < 0.05).any()
        held += ((table["difference_low"] <= 0) & (table["difference_high"] >= 0)).mean()
    assert wrong <= 15
    assert held / 150 > 0.91
