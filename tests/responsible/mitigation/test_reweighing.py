"""Reweighing: Kamiran and Calders' weights, their invariants, and what an empty cell does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from responsible.mitigation.reweighing import Reweigh, merge_empty, reweigh, row_weights
from responsible.validation import InputError

full_tables = st.integers(2, 6).flatmap(lambda g: arrays(np.int64, (g, 2), elements=st.integers(1, 10_000)))


def names(table):
    return [f"group {i}" for i in range(len(table))]


def test_hand_counted_table():
    """Four rows of u (one positive) and six of p (four positive) give the weights worked out by hand."""
    found = reweigh([[3, 1], [2, 4]], ["u", "p"])
    # W(u,0) = 4*5/(10*3), W(u,1) = 4*5/(10*1), W(p,0) = 6*5/(10*2), W(p,1) = 6*5/(10*4)
    np.testing.assert_allclose(found.weights, [[2 / 3, 2.0], [1.5, 0.75]])
    assert found.largest == 2.0
    np.testing.assert_allclose(found.weighted, [[2, 2], [3, 3]])
    np.testing.assert_allclose(found.effective_rows, [16 / (3 * 4 / 9 + 4), 36 / (2 * 2.25 + 4 * 0.5625)])
    assert found.effective_rows_total == pytest.approx(100 / (3 * 4 / 9 + 4 + 2 * 2.25 + 4 * 0.5625))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Adult, 48,842 rows by sex: Female, Male
        ([[14423, 1769], [22732, 9918]], [[0.854021, 2.190192], [1.092621, 0.787714]]),
        # COMPAS, two-year recidivism by race: African-American, Caucasian
        ([[1795, 1901], [1488, 966]], [[1.099166, 0.906364], [0.880374, 1.184268]]),
    ],
)
def test_published_weights(counts, expected):
    """The weights of Adult and COMPAS equal the published ones to six decimals."""
    np.testing.assert_allclose(reweigh(counts, ["u", "p"]).weights, expected, atol=5e-7)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::Warning")  # AIF360 warns of optional parts that are not installed
def test_agrees_with_aif360():
    """On random rows the weights are those that AIF360's legacy Reweighing gives each row."""
    import pandas as pd
    from aif360.algorithms.preprocessing import Reweighing
    from aif360.datasets import BinaryLabelDataset

    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": rng.integers(0, 2, 500), "y": rng.integers(0, 2, 500)})
    data = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["g"])
    theirs = Reweighing([{"g": 0}], [{"g": 1}]).fit_transform(data).instance_weights
    ours = reweigh(pd.crosstab(frame.g, frame.y).to_numpy(), ["u", "p"]).weights
    np.testing.assert_allclose(ours[frame.g, frame.y], theirs)


@given(full_tables)
def test_invariants(table):
    """Weights sum to the number of rows, equalise the weighted base rate, and keep each group's and label's mass."""
    found = reweigh(table, names(table))
    np.testing.assert_allclose(found.weighted.sum(), table.sum())
    np.testing.assert_allclose(found.weighted.sum(0), table.sum(0))
    np.testing.assert_allclose(found.weighted.sum(1), table.sum(1))
    np.testing.assert_allclose(found.weighted[:, 1] / found.weighted.sum(1), table[:, 1].sum() / table.sum())
    assert found.effective_rows_total <= table.sum() * (1 + 1e-12)


@given(full_tables, st.integers(2, 9))
def test_invariant_to_duplicated_data_and_group_order(table, times):
    """Doubling every row changes no weight, and permuting the groups permutes the weights."""
    found = reweigh(table, names(table)).weights
    np.testing.assert_allclose(reweigh(table * times, names(table)).weights, found)
    np.testing.assert_allclose(reweigh(table[::-1], names(table)).weights, found[::-1])


def test_independent_table_needs_no_weights():
    """Where group and label are independent already every weight is 1."""
    np.testing.assert_allclose(reweigh([[10, 20], [30, 60]], ["u", "p"]).weights, 1.0)


def test_empty_cell_is_refused_by_name():
    """A group with one label only is refused with its name, the label and the remedies."""
    with pytest.raises(InputError, match=r"group 'Other' has no row with label 1.*reweigh\.empty_cells: merge"):
        reweigh([[5, 5], [7, 0]], ["Bachelor", "Other"])


def test_group_without_rows_is_not_an_empty_cell():
    """A declared group that has no training row at all changes nobody's weight."""
    found = reweigh([[3, 1], [0, 0], [2, 4]], ["u", "absent", "p"])
    np.testing.assert_allclose(found.weights[[0, 2]], reweigh([[3, 1], [2, 4]], ["u", "p"]).weights)
    assert found.effective_rows[1] == 0


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[5, 5], [7, 7]], [0, 1]),
        ([[5, 5], [7, 0], [0, 3]], [0, 1, 1]),  # the two halves complete each other
        ([[5, 5], [7, 0], [90, 90]], [0, 0, 1]),  # the smallest whole group joins
        ([[5, 0], [7, 0]], [0, 0]),  # nothing left to merge with
    ],
)
def test_merge_rule(table, expected):
    """Groups without a label merge with one another, then with the smallest other group, until both are there."""
    np.testing.assert_array_equal(merge_empty(table), expected)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_strength_is_the_exponent_of_the_weights(strength):
    """Weights W^λ lie between 1 and W, those at strength 1 are W, and base rates come nearer the stronger they are."""
    chosen = Reweigh(attributes=["sex"], groups="privileged", empty_cells="refuse", strength=strength)
    table, code, label = [[14423, 1769], [22732, 9918]], np.repeat([0, 1], 2), np.tile([0, 1], 2)
    found, _, weight = row_weights(code, label, np.ravel(table), ["F", "M"], chosen)
    whole = reweigh(table, ["F", "M"])
    np.testing.assert_allclose(weight, np.exp(strength * np.log(whole.weights)).ravel())
    apart = found.base_rates[1] - found.base_rates[0]
    assert apart == pytest.approx(0, abs=1e-9) if strength == 1 else 0 < apart < 9918 / 32650 - 1769 / 16192


@pytest.mark.parametrize("strength", [0.0, 1.5, -1.0])
def test_a_strength_out_of_range_is_refused(strength):
    """Above 0 and up to 1; no reweighing at all is the baseline."""
    with pytest.raises(ValueError, match="strength"):
        Reweigh(attributes=["sex"], groups="privileged", empty_cells="refuse", strength=strength)
