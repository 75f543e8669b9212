"""The fit as arrays: the columns and the scores of the estimator, which is the other witness."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import issparse

from responsible.modelling import newton
from responsible.modelling.encoding import design
from responsible.modelling.logistic_regression import encoder, train
from responsible.validation import InputError
from tests.support.planted import PLAIN

KINDS = {"x.age": "numeric", "x.city": "categorical", "x.flat": "numeric"}


def cells(seed: int, size: int = 60) -> pd.DataFrame:
    """Cells with missing numbers and levels, and with levels that only test rows have."""
    rng = np.random.default_rng(seed)
    split = np.array(["train", "train", "test"])[np.arange(size) % 3]
    city = np.where((split == "test") & (rng.random(size) < 0.2), "Rome", rng.choice(["Oslo", "Kyiv", "Missing"], size))
    age = np.where(rng.random(size) < 0.2, np.nan, rng.integers(18, 30, size))
    drawn = {"split": split, "x.age": age, "x.city": city, "x.flat": 0.1, "n": rng.integers(1, 9, size)}
    return pd.DataFrame(drawn).astype({"x.city": "str"})


CHANGES = st.fixed_dictionaries(
    {
        "numeric_missing": st.sampled_from(["indicator", "median"]),
        "categorical_missing": st.sampled_from(["level", "mode"]),
        "scale": st.booleans(),
        "solver": st.sampled_from(["auto", "lbfgs"]),
        "C": st.sampled_from([0.01, 1.0, 100.0]),
    }
)


@given(seed=st.integers(0, 999), changes=CHANGES)
def test_columns_are_those_of_the_encoder(seed, changes):
    """Every choice of parameters gives the columns that scikit-learn's transformers give, in their order."""
    held, params = cells(seed), PLAIN.model_copy(update=changes)
    parts = design(held)
    counts = parts.total(np.where(held["split"] == "train", held["n"], 0))
    theirs = encoder(parts.x, counts.astype(int), KINDS, params).transform(parts.x)
    ours = newton.encoded(parts.x, counts, KINDS, params)
    assert issparse(ours) == (changes["solver"] == "lbfgs")
    dense = [each.toarray() if issparse(each) else each for each in (ours, theirs)]
    np.testing.assert_allclose(*dense, rtol=0, atol=1e-12)


@given(seed=st.integers(0, 999), changes=CHANGES)
def test_scores_are_those_of_the_estimator(seed, changes):
    """The optimum is scikit-learn's to the tolerance of its solver, by Newton's method and by L-BFGS."""
    held, params = cells(seed), PLAIN.model_copy(update=changes)
    rng = np.random.default_rng(seed)
    label, weight = np.arange(len(held)) // 3 % 2, rng.uniform(0.5, 2, len(held))
    theirs = train(held, KINDS, label, params, weight).score
    np.testing.assert_allclose(newton.scores(held, KINDS, label, params, weight), theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("c", [1e-3, 1.0, 1e6])
def test_the_gradient_is_zero_at_the_fit(c):
    """Labels that a column separates have a finite fit too, at which Σ w (p − y) x + β/C is zero, from any start."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 3))
    positives, negatives = np.where(x[:, 0] > 0, 2.0, 0.0), np.where(x[:, 0] > 0, 0.0, 1.0)
    params = PLAIN.model_copy(update={"C": c})
    beta = newton.fit(x, positives, negatives, params)
    residual = (positives + negatives) * newton.probability(x, beta) - positives
    assert np.abs(x.T @ residual + beta[:-1] / c).max() < 1e-9
    assert abs(residual.sum()) < 1e-9
    again = newton.fit(x, positives, negatives, params, rng.normal(size=4))
    np.testing.assert_allclose(again, beta, rtol=1e-6, atol=1e-9)


def test_one_label_is_refused():
    """Training rows of one label are no fit: the message names what to change."""
    with pytest.raises(InputError, match="only one label"):
        newton.fit(np.ones((3, 1)), np.ones(3), np.zeros(3), PLAIN)
