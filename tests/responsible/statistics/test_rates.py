import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from responsible.statistics.rates import PERFORMANCE, RATES, divide, parts, rate
from tests.support import reference, strategies

NAMES = sorted(RATES)


def test_each_rate_has_a_reference():
    """A rate or performance figure without a second, row-by-row implementation does not get in."""
    assert RATES.keys() == reference.RATES.keys()
    assert PERFORMANCE.keys() == reference.PERFORMANCE.keys()


@pytest.mark.parametrize("name", NAMES)
@given(table=strategies.tables())
def test_rate_equals_counting_rows(name, table):
    """Each rate of a table is the share that counting its rows one by one gives, undefined cases included."""
    np.testing.assert_allclose(rate(table, name), reference.RATES[name](reference.rows(table)), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(PERFORMANCE))
@given(table=strategies.tables())
def test_performance_equals_counting_rows(name, table):
    """Each performance figure of a table is what counting its rows one by one gives, undefined cases included."""
    np.testing.assert_allclose(PERFORMANCE[name](table), reference.PERFORMANCE[name](reference.rows(table)), rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_rate_is_a_share_of_its_condition(name):
    """The cells of the numerator are some, not all, of the cells of the denominator, so a rate can be anything in [0,
    1].
    """
    numerator, denominator = RATES[name].numerator, RATES[name].denominator
    assert numerator.shape == denominator.shape == (2, 2)
    assert not (numerator & ~denominator).any()
    assert 0 < numerator.sum() < denominator.sum()


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        ("selection_rate", 2174, 3696),
        ("true_positive_rate", 1369, 1901),
        ("false_positive_rate", 805, 1795),
        ("positive_predictive_value", 1369, 2174),
        ("base_rate", 1901, 3696),
        ("false_negative_rate", 532, 1901),
        ("true_negative_rate", 990, 1795),
        ("negative_predictive_value", 990, 1522),
        ("accuracy", 2359, 3696),
    ],
)
def test_rates_of_compas_by_hand(name, numerator, denominator):
    """The parts of every rate for African-American defendants in COMPAS, added up by hand."""
    table = reference.COMPAS["African-American"]
    assert parts(table, name) == (numerator, denominator)
    assert rate(table, name) == numerator / denominator


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("selection_rate", "group_absent"),
        ("true_positive_rate", "no_positives"),
        ("false_positive_rate", "no_negatives"),
        ("positive_predictive_value", "no_predicted_positives"),
        ("base_rate", "group_absent"),
        ("false_negative_rate", "no_positives"),
        ("true_negative_rate", "no_negatives"),
        ("negative_predictive_value", "no_predicted_negatives"),
        ("accuracy", "group_absent"),
    ],
)
def test_empty_denominator_is_undefined_and_has_a_reason(name, reason):
    """A rate is NaN, neither 0 nor 1, exactly when no row meets its condition, and the registry knows why."""
    without = np.where(RATES[name].denominator, 0, 7)
    assert np.isnan(rate(without, name))
    assert RATES[name].empty == reason


@pytest.mark.parametrize("name", NAMES)
@given(counts=strategies.groups())
def test_rates_of_many_tables_at_once(name, counts):
    """Leading axes pass through: each table of a stack gets the rate it gets alone."""
    stacked = np.stack([counts, counts[::-1]])
    assert rate(stacked, name).shape == stacked.shape[:2]
    np.testing.assert_array_equal(rate(stacked, name)[0], [rate(table, name) for table in counts])
    np.testing.assert_array_equal(rate(stacked, name)[1], rate(stacked, name)[0][::-1])


@pytest.mark.parametrize("name", NAMES)
@given(table=strategies.tables(), copies=st.integers(1, 10**9))
def test_rates_do_not_depend_on_duplicated_data(name, table, copies):
    """Every row taken many times, up to tens of billions of rows, leaves each rate as it is."""
    np.testing.assert_array_equal(rate(table * copies, name), rate(table, name))


@given(table=strategies.tables(smallest=1))
def test_rates_obey_total_probability(table):
    """Selection rate = TPR · base rate + FPR · (1 − base rate), and Bayes' rule gives the PPV from them."""
    base, tpr, fpr = (rate(table, n) for n in ("base_rate", "true_positive_rate", "false_positive_rate"))
    selected = tpr * base + fpr * (1 - base)
    np.testing.assert_allclose(rate(table, "selection_rate"), selected)
    np.testing.assert_allclose(rate(table, "positive_predictive_value"), tpr * base / selected)


@pytest.mark.parametrize(
    ("name", "complement"),
    [("true_positive_rate", "false_negative_rate"), ("false_positive_rate", "true_negative_rate")],
)
@given(table=strategies.tables(smallest=1))
def test_complementary_rates_sum_to_one(name, complement, table):
    """Of the rows with a label, each is either selected or not."""
    np.testing.assert_allclose(rate(table, name) + rate(table, complement), 1)


@given(table=strategies.tables())
def test_renaming_the_outcomes_swaps_the_rates(table):
    """With 0 and 1 exchanged, TPR becomes TNR, PPV becomes NPV and accuracy stays."""
    swapped = table[::-1, ::-1]
    for one, other in [
        ("true_positive_rate", "true_negative_rate"),
        ("positive_predictive_value", "negative_predictive_value"),
        ("accuracy", "accuracy"),
    ]:
        np.testing.assert_array_equal(rate(table, one), rate(swapped, other))


def test_parts_stay_whole_numbers():
    """Counts of billions of rows are added as integers, so nothing is rounded."""
    numerator, denominator = parts(np.full((2, 2), 4_000_000_000_000_001), "accuracy")
    assert (int(numerator), int(denominator)) == (8_000_000_000_000_002, 16_000_000_000_000_004)


def test_weighted_counts_give_weighted_rates():
    """Weights summed by cell take the place of counts: weights .5 and 1.5 in the positives give a TPR of .75."""
    assert rate(np.array([[1.0, 1.0], [0.5, 1.5]]), "true_positive_rate") == 0.75


def test_unknown_rate_is_an_error():
    """A misspelt rate does not fall back to anything."""
    with pytest.raises(KeyError, match="selection"):
        rate(np.ones((2, 2)), "selection")


def test_division_is_undefined_by_zero_only():
    """0/0 and 1/0 are NaN without a warning; everything else is the quotient, broadcast."""
    np.testing.assert_array_equal(divide(np.array([0, 1, 3]), np.array([0, 0, 2])), [np.nan, np.nan, 1.5])
    np.testing.assert_array_equal(divide(np.array([[1], [2]]), np.array([1, 2])), [[1, 0.5], [2, 1]])
    assert np.isnan(divide(1, 0))


def test_performance_of_the_budget_models():
    """Accuracy and F1 of the published budget models, to the four digits they were published with."""
    whole = {model: sum(tables) for model, tables in reference.BUDGET.items()}
    assert [round(float(PERFORMANCE["accuracy"](whole[m])), 4) for m in whole] == [0.9744, 0.9490]
    assert [round(float(PERFORMANCE["f1"](whole[m])), 4) for m in whole] == [0.9695, 0.9390]


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("accuracy", sklearn_metrics.accuracy_score),
        ("balanced_accuracy", sklearn_metrics.balanced_accuracy_score),
        ("precision", sklearn_metrics.precision_score),
        ("recall", sklearn_metrics.recall_score),
        ("f1", sklearn_metrics.f1_score),
    ],
)
@given(table=strategies.tables(smallest=1))
def test_performance_agrees_with_scikit_learn(name, theirs, table):
    """Where everything is defined, each figure is scikit-learn's on the rows."""
    label, prediction = np.array(reference.rows(table)).T
    np.testing.assert_allclose(PERFORMANCE[name](table), theirs(label, prediction), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("accuracy", [[0, 0], [0, 0]]),
        ("balanced_accuracy", [[3, 4], [0, 0]]),
        ("precision", [[3, 0], [4, 0]]),
        ("recall", [[3, 4], [0, 0]]),
        ("f1", [[3, 0], [0, 0]]),
    ],
)
def test_performance_without_its_rows_is_undefined(name, table):
    """A figure without the rows it is about is NaN, not the 0 or the half answer that peers give."""
    assert np.isnan(PERFORMANCE[name](np.array(table)))
