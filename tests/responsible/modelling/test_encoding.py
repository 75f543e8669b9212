"""Encoding: what is learned from weighted combinations is what the rows they stand for would teach."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from responsible.modelling.encoding import design, weighted_median
from responsible.modelling.logistic_regression import encoder
from responsible.validation import InputError
from tests.support.planted import PLAIN

CELLS = pd.DataFrame(
    {
        "split": ["train", "train", "train", "test", "test"],
        "x.age": [20.0, np.nan, 40.0, 20.0, 99.0],
        "x.city": ["Oslo", "Missing", "Oslo", "Oslo", "Rome"],
        "n": [3, 2, 1, 4, 1],
    }
)
KINDS = {"x.age": "numeric", "x.city": "categorical"}
TRAIN = np.where(CELLS["split"] == "train", CELLS["n"], 0)


def encoded(**changes):
    parts = design(CELLS)
    encode = encoder(parts.x, parts.total(TRAIN), KINDS, PLAIN.model_copy(update=changes))
    return encode.get_feature_names_out().tolist(), np.asarray(encode.transform(parts.x))[parts.row]


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 5)), min_size=1, max_size=30))
def test_weighted_median_is_the_median_of_the_repeated_values(pairs):
    """The weighted median equals numpy's on the values written out, and is NaN when no value is left."""
    values, counts = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    rows = np.repeat(values, counts)
    expected = np.median(rows) if len(rows) else np.nan
    np.testing.assert_allclose(weighted_median(values, counts), expected, rtol=1e-12)


def test_weighted_median_ignores_missing_values():
    """A missing value has no say in the median however often it occurs."""
    assert weighted_median([1.0, np.nan, 3.0], [1, 100, 3]) == 3.0


def test_design_finds_the_distinct_combinations():
    """Cells that share every feature share a row of the design, missing numbers included, and totals add up."""
    parts = design(pd.concat([CELLS, CELLS], ignore_index=True))
    assert len(parts.x) == 4
    assert parts.row.tolist() == [0, 1, 2, 0, 3, 0, 1, 2, 0, 3]
    np.testing.assert_array_equal(parts.total(np.r_[CELLS.n, CELLS.n]), [14, 4, 2, 2])


def test_encoded_columns_by_hand():
    """Unscaled, the missing age takes the training median 20 and an indicator, and Rome, unseen in training, none."""
    names, matrix = encoded(scale=False)
    assert names == ["x.age", "missingindicator_x.age", "x.city_Missing", "x.city_Oslo"]
    np.testing.assert_array_equal(matrix, [[20, 0, 0, 1], [20, 1, 1, 0], [40, 0, 0, 1], [20, 0, 0, 1], [99, 0, 0, 0]])


def test_median_and_mode_leave_no_trace_of_missing():
    """With median and mode the missing age becomes 20 and the missing city Oslo, without further columns."""
    names, matrix = encoded(scale=False, numeric_missing="median", categorical_missing="mode")
    assert names == ["x.age", "x.city_Oslo"]
    np.testing.assert_array_equal(matrix[1], [20, 1])


def test_scale_is_that_of_the_training_rows():
    """The scaled column equals scikit-learn's scaler fitted on the training rows written out."""
    rows = np.repeat([20.0, 20.0, 40.0], [3, 2, 1])[:, None]
    expected = StandardScaler().fit(rows).transform([[20.0], [20.0], [40.0], [20.0], [99.0]])[:, 0]
    np.testing.assert_allclose(encoded()[1][:, 0], expected, rtol=1e-12)


def test_column_without_training_values_is_refused():
    """A numeric feature that is missing in every training row is refused by its own name."""
    parts = design(CELLS.assign(**{"x.age": [np.nan, np.nan, np.nan, 1.0, 2.0]}))
    with pytest.raises(InputError, match="feature 'age' has no value in the training rows"):
        encoder(parts.x, parts.total(TRAIN), KINDS, PLAIN)
