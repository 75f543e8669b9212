"""The model: fitting cells is fitting rows, and every refusal says what to do."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from responsible.modelling import logistic_regression
from responsible.modelling.encoding import design
from responsible.modelling.logistic_regression import coefficients, encoder, fit, score, train
from responsible.modelling.parameters import WIDE
from responsible.validation import InputError
from tests.support.planted import PLAIN

KINDS = {"x.age": "numeric", "x.city": "categorical"}


@pytest.fixture
def rows():
    """3,000 rows whose label depends on age and city."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"x.age": rng.integers(18, 60, 3000).astype(float), "x.city": rng.choice(["Oslo", "Rome", "Kyiv"], 3000)}
    )
    odds = 0.08 * (frame["x.age"] - 40) + (frame["x.city"] == "Rome")
    return frame.assign(label=(rng.random(3000) < 1 / (1 + np.exp(-odds))).astype(int))


def on_cells(rows, params=PLAIN, weight=None):
    cells = rows.groupby(list(rows.columns), as_index=False).size().rename(columns={"size": "n"})
    parts = design(cells)
    encode = encoder(parts.x, parts.total(cells["n"]), KINDS, params)
    weights = cells["n"].to_numpy(float) * (1 if weight is None else weight(cells))
    return fit(encode, parts, cells["label"].to_numpy(), weights, params), cells, parts


def on_rows(rows, weight=None):
    numeric, text = ["x.age"], ["x.city"]
    encode = ColumnTransformer([("n", StandardScaler(), numeric), ("t", OneHotEncoder(), text)])
    model = make_pipeline(encode, LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-9, max_iter=10_000))
    weights = None if weight is None else weight(rows)
    return model.fit(rows[numeric + text], rows["label"], logisticregression__sample_weight=weights)


@pytest.mark.parametrize("weight", [None, lambda f: np.where(f["x.city"] == "Rome", 3.7, 0.4)])
def test_cells_give_the_coefficients_of_rows(rows, weight):
    """Every coefficient and the intercept fitted on cells equal scikit-learn's on the rows to 1e-9, weights or not."""
    ours, theirs = on_cells(rows, weight=weight)[0], on_rows(rows, weight)
    np.testing.assert_allclose(ours[-1].coef_, theirs[-1].coef_, atol=1e-9)
    np.testing.assert_allclose(ours[-1].intercept_, theirs[-1].intercept_, atol=1e-9)


def test_both_solvers_agree(rows):
    """The two solvers reach the same optimum to 1e-5."""
    other = on_cells(rows, PLAIN.model_copy(update={"solver": "lbfgs"}))[0]
    np.testing.assert_allclose(other[-1].coef_, on_cells(rows)[0][-1].coef_, atol=1e-5)


@pytest.mark.parametrize(("cities", "chosen"), [(WIDE - 1, "newton-cholesky"), (WIDE, "lbfgs")])
def test_auto_takes_the_solver_for_the_width(cities, chosen):
    """Age and 299 cities are 300 columns, fitted exactly; one city more is fitted sparse, to the same coefficients."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x.age": rng.integers(18, 60, 3000).astype(float)})
    frame = frame.assign(**{"x.city": [f"city {i % cities}" for i in range(3000)]}, label=rng.integers(0, 2, 3000))
    auto, _, parts = on_cells(frame, PLAIN.model_copy(update={"solver": "auto", "numeric_missing": "median"}))
    exact = on_cells(frame, PLAIN.model_copy(update={"numeric_missing": "median"}))[0]
    assert auto[-1].coef_.shape == (1, cities + 1)
    assert (auto[-1].solver, issparse(auto[0].transform(parts.x))) == (chosen, chosen == "lbfgs")
    np.testing.assert_allclose(auto[-1].coef_, exact[-1].coef_, atol=1e-5)


def test_five_thousand_levels_are_never_dense():
    """20,000 cells with 5,000 cities are trained and scored within a fifth of the 800 MB of their dense matrix."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x.age": rng.integers(18, 60, 20_000).astype(float)})
    frame["x.city"] = np.char.add("city ", (np.arange(20_000) % 5_000).astype(str))
    cells, label = frame.assign(split="train", n=1), rng.integers(0, 2, 20_000)
    tracemalloc.start()
    trained = train(cells, KINDS, label, PLAIN.model_copy(update={"solver": "auto"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert trained.pipeline[-1].coef_.shape == (1, 5_001)
    assert peak < 20_000 * 5_000 * 8 / 5


def test_parts_are_scored_as_the_whole(rows, monkeypatch):
    """Scores do not depend on how many combinations are encoded at once."""
    model, _, parts = on_cells(rows)
    whole = score(model, parts)
    monkeypatch.setattr(logistic_regression, "ROWS", 7)
    np.testing.assert_allclose(score(model, parts), whole, rtol=1e-13)


def test_score_is_the_probability_by_the_printed_coefficients(rows):
    """A cell's score is the logistic function of the coefficient table applied by hand."""
    model, cells, parts = on_cells(rows)
    table = coefficients(model).set_index("term")
    cell = cells.iloc[7]
    age = (cell["x.age"] - rows["x.age"].mean()) / table.loc["age", "unit"]
    logit = table.loc["(intercept)", "coefficient"] + age * table.loc["age", "coefficient"]
    logit += table.loc[f"city_{cell['x.city']}", "coefficient"]
    assert score(model, parts)[7] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-12)
    np.testing.assert_allclose(table["odds_ratio"], np.exp(table["coefficient"]))
    assert table.loc["age", "unit"] == pytest.approx(rows["x.age"].std(ddof=0), rel=1e-12)


def test_unseen_level_is_scored_by_the_other_features(rows):
    """A city that training never saw contributes nothing to the score."""
    model, _, _ = on_cells(rows)
    new = design(pd.DataFrame({"x.age": [30.0], "x.city": ["Paris"]}))
    table = coefficients(model).set_index("term")["coefficient"]
    age = (30.0 - rows["x.age"].mean()) / rows["x.age"].std(ddof=0)
    assert score(model, new)[0] == pytest.approx(1 / (1 + np.exp(-(table["(intercept)"] + age * table["age"]))))


def test_one_label_is_refused(rows):
    """Training rows with one label only are refused, because no threshold inside the data was chosen."""
    with pytest.raises(InputError, match="only one label"):
        on_cells(rows.assign(label=1))


def test_no_convergence_is_refused_not_returned(monkeypatch, rows):
    """A solver that stops before the optimum ends in a refusal with its remedy, never in half-fitted coefficients."""
    monkeypatch.setattr("responsible.modelling.logistic_regression.MOST_ITERATIONS", 2)
    with pytest.raises(InputError, match=r"did not converge.*model\.scale: true"):
        on_cells(rows, PLAIN.model_copy(update={"solver": "lbfgs"}))
