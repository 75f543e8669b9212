"""Estimates without labels: the published formula on rows, isotonic blocks, coverage where calibration survives."""

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression

from responsible.monitoring.expectations import LEAST_ROWS, calibration, expectations
from responsible.monitoring.sides import sides
from responsible.statistics.intervals import Inference

INFERENCE = Inference(confidence=0.95, replicates=1_000, minimum_denominator=5)
CUT = 1


def rows(n, rng, *, truth=lambda s: s, centre=0.0, label=True):
    """Cells of ``n`` people whose label is 1 with the probability ``truth`` of their score."""
    score = (1 / (1 + np.exp(-rng.normal(centre, 1.5, n)))).round(3)
    y = (rng.random(n) < truth(score)).astype(int)
    out = pd.DataFrame({"score": score, "decision": (score >= 0.5).astype(int), "bin": y if label else -1, "n": 1})
    return out.assign(**{"a.g": "A"})


def fitted(cells):
    return calibration(*(cells[c].to_numpy() for c in ("score", "decision", "bin", "n")))


def test_blocks_are_isotonic_within_a_decision():
    """Shares rise strictly, hold every reference row, and are scikit-learn's isotonic fit of the same deciles."""
    cells = rows(3_000, np.random.default_rng(1))
    found = fitted(cells)
    for decision in (0, 1):
        own = found.decision == decision
        share = found.positives[own] / found.rows[own]
        assert (np.diff(share) > 0).all()
        assert found.rows[own].sum() == (cells["decision"] == decision).sum()
    assert found.positives.sum() == cells["bin"].sum()
    own = found.decision == 1
    mine = cells[cells["decision"] == 1]
    place = found.place(mine["score"].to_numpy(), mine["decision"].to_numpy())
    again = IsotonicRegression().fit_transform(place, mine["bin"])
    np.testing.assert_allclose(again, (found.positives / found.rows)[place], atol=1e-12)


def test_expected_tables_are_sums_of_calibrated_scores():
    """The published estimate: expected true positives are Σ p over selected rows, false ones Σ (1 − p)."""
    rng = np.random.default_rng(2)
    found, later = fitted(rows(2_000, rng)), rows(500, rng, centre=0.5, label=False)
    score, decision = later["score"].to_numpy(), later["decision"].to_numpy()
    p = (found.positives / found.rows)[found.place(score, decision)]
    table = found.expected(found.counts(score, decision, later["n"].to_numpy()))
    assert table[1, 1] == pytest.approx(p[decision == 1].sum())
    assert table[0, 1] == pytest.approx((1 - p[decision == 1]).sum())
    assert table[1, 0] == pytest.approx(p[decision == 0].sum())
    assert table.sum() == pytest.approx(500)


def test_draws_keep_the_rows_of_each_decision():
    """Labels vary, decisions do not; the mean of the draws is near the expectation."""
    rng = np.random.default_rng(3)
    found, counts = fitted(rows(2_000, rng)), None
    later = rows(400, rng)
    counts = found.counts(later["score"].to_numpy(), later["decision"].to_numpy(), later["n"].to_numpy())
    draws = found.draws(counts, 500, rng)
    assert (draws.sum(axis=1) == np.bincount(later["decision"], minlength=2)).all()
    np.testing.assert_allclose(draws.mean(axis=0), found.expected(counts), atol=6)


def test_too_few_rows_of_a_decision_have_no_calibration():
    """A group whose decisions are nearly all alike borrows everybody's, and says so."""
    rng = np.random.default_rng(4)
    cells = rows(2_000, rng)
    few = pd.concat([cells[cells["decision"] == 0], cells[cells["decision"] == 1].head(LEAST_ROWS - 1)])
    assert fitted(few) is None
    told = expectations(sides([]), few, [("a", cells, True)], cut=CUT, inference=INFERENCE, seed=1)
    assert told.empty


def held(runs, rng, **shift):
    """The share of intervals that hold the truth: accuracy, precision, recall."""
    inside = []
    for run in range(runs):
        told = expectations(
            sides([]), rows(1_200, rng), [("a", rows(400, rng, **shift), True)], cut=CUT, inference=INFERENCE, seed=run
        )
        inside.append((told["inside"] == "True").to_numpy())
    return np.mean(inside, axis=0)


@pytest.mark.slow
def test_intervals_hold_the_truth_where_calibration_survives(seed):
    """With the same people, and with a shift of scores that leaves their meaning alone, in about 95 % of samples."""
    rng = np.random.default_rng(seed)
    assert (held(150, rng) >= 0.90).all()
    assert (held(150, rng, centre=0.6) >= 0.89).all()


def test_they_cannot_see_that_the_meaning_of_a_score_changed():
    """Concept drift: the estimate stays where it was while the truth falls, which only labels show."""
    rng = np.random.default_rng(6)
    shares = held(20, rng, truth=lambda s: np.clip(s - 0.25, 0, 1))
    assert shares[1] < 0.2


def test_truth_stands_beside_the_estimate_once_labels_are_complete():
    """Before, neither truth nor inside are told."""
    rng = np.random.default_rng(7)
    reference, later = rows(1_500, rng), rows(300, rng)
    told = expectations(
        sides([]), reference, [("a", later, True), ("b", later.assign(bin=-1), False)],
        cut=CUT, inference=INFERENCE, seed=1,
    ).set_index(["period", "figure"])  # fmt: skip
    accuracy = (later["decision"] == later["bin"]).mean()
    assert told.loc[("a", "accuracy"), "truth"] == pytest.approx(accuracy)
    assert told.loc[("b", "accuracy"), "inside"] == ""
    assert np.isnan(told.loc[("b", "accuracy"), "truth"])
    assert (told["low"] <= told["value"]).all()
