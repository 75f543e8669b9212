"""Contributions to the log odds: they sum to the score, are Shapley values, and name what lowers it."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from responsible.modelling.encoding import design
from responsible.modelling.log_odds import Contributions, contributions, reason_codes, reference
from responsible.modelling.logistic_regression import train
from responsible.validation import InputError
from tests.support.planted import PLAIN

KINDS = {"x.age": "numeric", "x.city": "categorical", "x.kids": "numeric"}


@pytest.fixture(params=["newton-cholesky", "lbfgs"])
def fitted(request):
    """A model, dense or sparse, its distinct combinations and their training rows."""
    rng = np.random.default_rng(5)
    cells = pd.DataFrame({"x.age": rng.integers(18, 70, 300).astype(float), "x.city": rng.choice(list("OKR"), 300)})
    cells["x.kids"] = np.where(rng.random(300) < 0.2, np.nan, rng.integers(0, 2, 300))
    cells = cells.assign(split=rng.choice(["train", "test"], 300), n=rng.integers(1, 9, 300))
    label = (cells["x.age"] + 20 * (cells["x.city"] == "R") + rng.normal(0, 9, 300) > 50).astype(int)
    model = train(cells, KINDS, label, PLAIN.model_copy(update={"solver": request.param})).pipeline
    parts = design(cells)
    return model, parts.x, parts.total(np.where(cells["split"] == "train", cells["n"], 0))


@pytest.mark.parametrize("named", [None, {"age": 30.0, "city": "O"}])
def test_contributions_and_reference_sum_to_the_log_odds(fitted, named):
    """To 1e-12 on every row, whatever the reference, levels unseen in training included."""
    model, x, n = fitted
    rows = pd.concat([x, x.head(3).assign(**{"x.city": "Utopia"})], ignore_index=True)
    found = contributions(model, rows, reference(model, x, n, named))
    np.testing.assert_allclose(found.log_odds, model.decision_function(rows), rtol=0, atol=1e-12)
    assert list(found.table) == ["age", "city", "kids"]


def test_against_the_mean_they_sum_to_zero_over_the_training_rows(fitted):
    """Each feature's contributions average to nothing over the rows that the reference is the mean of."""
    model, x, n = fitted
    found = contributions(model, x, reference(model, x, n)).table
    np.testing.assert_allclose(n @ found.to_numpy() / n.sum(), 0, atol=1e-12)


def test_they_are_shapley_values_by_enumeration(fitted):
    """Of a game in which absent features are averaged over the training rows, by all subsets of features."""
    model, x, n = fitted
    found, names = contributions(model, x, reference(model, x, n)).table, list(KINDS)

    def worth(row, known):
        mixed = x.assign(**{name: pd.Series(row[name], x.index, x[name].dtype) for name in known})
        return n @ model.decision_function(mixed) / n.sum()

    for place in (0, 17):
        row = x.iloc[place]
        for name in names:
            others, total = [other for other in names if other != name], 0.0
            for size in range(len(names)):
                weight = math.factorial(size) * math.factorial(len(names) - size - 1) / math.factorial(len(names))
                for known in itertools.combinations(others, size):
                    total += weight * (worth(row, [*known, name]) - worth(row, known))
            assert found.loc[place, name.removeprefix("x.")] == pytest.approx(total, abs=1e-10)


def test_a_table_counted_by_hand():
    """One 0/1 feature of two rows that have it and two that do not: half the coefficient up, half down."""
    cells = pd.DataFrame({"x.a": ["no", "no", "yes", "yes"], "split": "train", "n": [3, 1, 1, 3]})
    model = train(cells, {"x.a": "categorical"}, [0, 1, 0, 1], PLAIN).pipeline
    x, half = pd.DataFrame({"x.a": ["no", "yes"]}), np.diff(model[-1].coef_[0])[0] / 2
    found = contributions(model, x, reference(model, x, [4, 4]))
    assert found.table["a"].tolist() == pytest.approx([-half, half], abs=1e-12)
    assert found.reference == pytest.approx(0, abs=1e-9)


def test_reason_codes_are_the_most_negative_that_may_be_named():
    """At most as many as asked for, without those that raise the score or are not to be named; ties in their order."""
    table = pd.DataFrame({"a": [-1.0, 1], "b": [-3.0, 0], "c": [-1.0, 2], "d": [-9.0, -1]})
    assert reason_codes(Contributions(table, 0.0), 2, {"d"}) == [["b", "a"], []]
    assert reason_codes(Contributions(table, 0.0), 9) == [["d", "b", "a", "c"], ["d"]]


def test_what_has_no_exact_reasons_is_refused(fitted):
    """Trees, and a reference with a feature or a level that is not there, each with a remedy."""
    model, x, n = fitted
    trees = HistGradientBoostingClassifier(max_iter=2).fit(x[["x.age"]], n > 3)
    with pytest.raises(InputError, match=r"HistGradientBoostingClassifier has no coefficients.*logistic regression"):
        reference(Pipeline([("trees", trees)]), x, n)
    with pytest.raises(InputError, match=r"reasons\.reference: 'agee' is no feature; did you mean 'age'"):
        reference(model, x, n, {"agee": 1.0})
    with pytest.raises(InputError, match=r"reasons\.reference\.city: level 'Oslo' does not occur in the training rows"):
        reference(model, x, n, {"city": "Oslo"})
