import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from responsible.fairness.measures import KNOWN, MEASURES, SCORE_MEASURES, difference, ordered, ratio, standard
from responsible.statistics import intervals
from responsible.statistics.count_figures import change_interval, interval
from responsible.statistics.count_tables import Draws
from responsible.statistics.rates import PERFORMANCE, RATES, rate
from tests.support import reference, strategies
from tests.support.pairs import pool, undefined

SHARED = Path(__file__).parents[4] / "shared"
NAMES = sorted(MEASURES)
RATIOS = [name for name in NAMES if name == "disparate_impact" or name.endswith("_ratio")]
DIFFERENCES = [name for name in NAMES if name not in RATIOS]
ABSOLUTE = ["average_absolute_odds_difference", "equalized_odds_difference"]
SIGNED = [name for name in DIFFERENCES if name not in ABSOLUTE]
STANDARD = [
    "statistical_parity_difference",
    "disparate_impact",
    "equal_opportunity_difference",
    "average_odds_difference",
    "average_absolute_odds_difference",
    "predictive_parity_difference",
]


def compute(name, u, p):
    return MEASURES[name].compute(np.asarray(u), np.asarray(p))


def test_each_measure_has_a_reference():
    """A measure without a second, row-by-row implementation and a rule for its undefined cases does not get in."""
    assert MEASURES.keys() == reference.MEASURES.keys() == reference.CARRIED_BY.keys()


@pytest.mark.parametrize("name", NAMES)
@given(pair=strategies.pairs())
def test_measure_equals_counting_rows(name, pair):
    """Each measure of two tables is what counting their rows one by one gives, undefined cases included."""
    expected = reference.MEASURES[name](*map(reference.rows, pair))
    np.testing.assert_allclose(compute(name, *pair), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
@given(pair=strategies.pairs(), minimum=st.integers(1, 12))
def test_reason_equals_counting_rows(name, pair, minimum):
    """The reason code is that of the documented order of reasons, found by counting rows."""
    assert undefined(name, *pair, minimum) == reference.undefined(name, *map(reference.rows, pair), minimum)


@pytest.mark.parametrize("name", NAMES)
@given(pair=strategies.pairs(largest=3))
def test_undefined_values_and_reasons_go_together(name, pair):
    """A measure is NaN exactly when there is a reason code for it."""
    assert np.isnan(compute(name, *pair)) == (undefined(name, *pair) is not None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("statistical_parity_difference", 0.2402002032),
        ("disparate_impact", 1.6902240032),
        ("equal_opportunity_difference", 0.1973729638),
        ("average_odds_difference", 0.2056489598),
        ("average_absolute_odds_difference", 0.2056489598),
        ("predictive_parity_difference", 0.0383799168),
        ("false_positive_rate_difference", 805 / 1795 - 349 / 1488),
        ("false_positive_rate_ratio", (805 / 1795) / (349 / 1488)),
        ("false_negative_rate_difference", 532 / 1901 - 461 / 966),
        ("false_negative_rate_ratio", (532 / 1901) / (461 / 966)),
        ("false_discovery_rate_difference", 805 / 2174 - 349 / 854),
        ("false_discovery_rate_ratio", (805 / 2174) / (349 / 854)),
        ("false_omission_rate_difference", 532 / 1522 - 461 / 1600),
        ("false_omission_rate_ratio", (532 / 1522) / (461 / 1600)),
        ("equalized_odds_difference", 805 / 1795 - 349 / 1488),  # .2139 of FPR; that of TPR is .1974
        ("balanced_accuracy_difference", (1369 / 1901 + 990 / 1795) / 2 - (505 / 966 + 1139 / 1488) / 2),
    ],
)
def test_compas(name, expected):
    """African-American against Caucasian defendants: the published counts give the published
    measures to ten digits.
    """
    value = compute(name, reference.COMPAS["African-American"], reference.COMPAS["Caucasian"])
    assert value == pytest.approx(expected, abs=5e-11)


def test_adult():
    """Women against men in Adult: the labels' own parity difference and disparate impact, to ten digits."""
    assert compute("statistical_parity_difference", *reference.ADULT) == pytest.approx(-0.1945157460, abs=5e-11)
    assert compute("disparate_impact", *reference.ADULT) == pytest.approx(0.3596552626, abs=5e-11)


@pytest.mark.parametrize(
    ("name", "baseline", "reweighed"),
    [
        ("statistical_parity_difference", -0.9514, -0.8767),
        ("disparate_impact", 0.0173, 0.0481),
        ("equal_opportunity_difference", -0.6732, 0.0020),
        ("average_odds_difference", -0.5953, 0.0031),
        ("predictive_parity_difference", -0.8206, -0.7935),
    ],
)
def test_budget(name, baseline, reweighed):
    """The published measures of the budget model and of its reweighed twin, to their four digits."""
    assert compute(name, *reference.BUDGET["baseline"]) == pytest.approx(baseline, abs=5e-5)
    assert compute(name, *reference.BUDGET["reweighed"]) == pytest.approx(reweighed, abs=5e-5)


def _reference_cases():
    file = SHARED / "data" / "reference.json"
    if not file.exists():
        return []
    datasets = json.loads(file.read_text(encoding="utf-8"))["datasets"]
    return [
        pytest.param(data[model], id=f"{dataset}-{attribute}-{model}")
        for dataset, content in datasets.items()
        for attribute, data in content["attributes"].items()
        for model in ("baseline", "reweighed")
    ]


def _reference_tables(case):
    return tuple(reference.confusion(**case["counts"][group]) for group in ("unprivileged", "privileged"))


REFERENCE = pytest.mark.skipif(
    not _reference_cases(), reason="the shared reference figures are not beside the repository"
)


@REFERENCE
@pytest.mark.parametrize("case", _reference_cases())
def test_real_data_sets(case):
    """On Adult, COMPAS, HMDA and RAND HIE, from counts: AIF360's and fairlearn's figures to 1e-9,
    for every attribute.
    """
    u, p = _reference_tables(case)
    theirs = case["metrics"]
    for name, key in {
        "statistical_parity_difference": "statistical_parity_difference",
        "disparate_impact": "disparate_impact",
        "equal_opportunity_difference": "equal_opportunity_difference",
        "average_odds_difference": "average_odds_difference",
        "predictive_parity_difference": "ppv_difference",
    }.items():
        assert compute(name, u, p) == pytest.approx(theirs[key], abs=1e-9)
    gaps = [abs(theirs["fpr_difference"]), abs(theirs["equal_opportunity_difference"])]
    assert compute("average_absolute_odds_difference", u, p) == pytest.approx(np.mean(gaps), abs=1e-9)
    for name, value in case.get("performance", {}).items():
        if name in PERFORMANCE:
            assert PERFORMANCE[name](u + p) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("name", SIGNED)
@given(pair=strategies.pairs())
def test_difference_changes_sign_with_the_roles(name, pair):
    """Calling the other group privileged gives the same difference with the other sign."""
    np.testing.assert_allclose(compute(name, *pair), -compute(name, *reversed(pair)))


@pytest.mark.parametrize("name", RATIOS)
@given(pair=strategies.pairs(smallest=1))
def test_ratio_inverts_with_the_roles(name, pair):
    """Calling the other group privileged gives the reciprocal ratio."""
    np.testing.assert_allclose(compute(name, *pair), 1 / compute(name, *reversed(pair)))


@pytest.mark.parametrize("name", NAMES)
@given(pair=strategies.pairs())
def test_measure_stays_in_its_range(name, pair):
    """A difference lies in [−1, 1], the absolute one and the ratio are not negative."""
    value = compute(name, *pair)
    if not np.isnan(value):
        assert (0 if name not in SIGNED else -1) <= value <= (np.inf if name not in DIFFERENCES else 1)


@pytest.mark.parametrize("name", NAMES)
@given(table=strategies.tables(smallest=1), copies=st.integers(1, 10**9))
def test_equal_groups_have_the_fair_value(name, table, copies):
    """Two groups with the same shares, whatever their sizes, are at parity."""
    np.testing.assert_allclose(compute(name, table, table * copies), MEASURES[name].fair, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
@given(counts=strategies.groups(most=3))
def test_measure_of_many_tables_at_once(name, counts):
    """Leading axes pass through: each pair of a stack gets the value it gets alone."""
    together = compute(name, counts, counts[::-1])
    np.testing.assert_array_equal(together, [compute(name, *pair) for pair in zip(counts, counts[::-1], strict=True)])


@pytest.mark.parametrize("name", NAMES)
def test_measure_says_what_it_is(name):
    """A measure names rates that exist and carries the formula and the hypothesis that reports show beside it."""
    measure = MEASURES[name]
    assert set(measure.rates) <= RATES.keys()
    assert measure.formula
    assert measure.hypothesis.startswith("equal")
    assert measure.fair == (1 if name in RATIOS else 0)
    assert measure.meaning.endswith("?") or name in STANDARD


def test_average_odds_can_cancel():
    """Opposite errors cancel in the signed average (0) and not in the absolute one (.5), which is why both are
    reported.
    """
    u, p = [[25, 75], [75, 25]], [[75, 25], [25, 75]]
    assert compute("average_odds_difference", u, p) == 0
    assert compute("average_absolute_odds_difference", u, p) == 0.5


def test_combinators():
    """Any rate can be compared: 3/4 against 1/4 differ by 1/2 and have the ratio 3."""
    u, p = np.array([[1, 0], [1, 2]]), np.array([[3, 0], [0, 1]])
    assert difference("base_rate")(u, p) == 0.5
    assert ratio("base_rate")(u, p) == 3


@pytest.mark.parametrize("name", NAMES)
@given(pair=strategies.pairs())
def test_gaps_are_what_an_absolute_measure_averages(name, pair):
    """A measure of absolute gaps names what it averages or takes the larger of; every other keeps its sign, or is a
    ratio.
    """
    gaps, largest = MEASURES[name].gaps, MEASURES[name].largest
    assert bool(gaps) == (name in ABSOLUTE)
    if gaps:
        of = np.max if largest else np.mean
        np.testing.assert_allclose(compute(name, *pair), of([abs(gap(*pair)) for gap in gaps]))


def test_only_the_standard_measures_are_on_by_default():
    """A table of parameters that names no measure is judged by six; the registry has ten more, and two of scores."""
    assert standard() == STANDARD
    assert ordered(set(KNOWN)) == [*MEASURES, *SCORE_MEASURES]
    assert (len(MEASURES), list(SCORE_MEASURES)) == (16, ["mean_score_difference", "calibration_difference"])


@given(pair=strategies.pairs(largest=60, smallest=1))
@settings(max_examples=25)
def test_the_larger_gap_never_looks_nearer_than_the_mean_gap(pair):
    """The interval of the larger gap holds its estimate and reaches at least as far as that of the mean gap, which
    reaches as far as that of the signed mean: with one limit for all, it never passes alone.
    """
    table = np.stack(pair)
    draws = Draws(_draws(table, 5, 300))
    ends = [interval(MEASURES[name].figure, table, draws, 0.95) for name in reversed(ABSOLUTE)]
    assume(not np.isnan(ends[0].low + ends[1].low))
    assert ends[0].low <= compute("equalized_odds_difference", *pair) <= ends[0].high <= 1
    assert ends[0].high >= ends[1].high


def _draws(table, seed=0, number=500):
    return intervals.replicates(table, number, np.random.default_rng(seed), event_axes=3)


@pytest.mark.parametrize("name", [*SIGNED, *RATIOS])
def test_interval_of_a_signed_measure_is_that_of_its_percentiles(name):
    """Differences and ratios without extreme rates: plain percentiles of the measure of the replicates, and of their
    difference for a change.
    """
    joint = np.array([[[[70, 9], [8, 30]], [[12, 6], [9, 50]]], [[[60, 9], [7, 20]], [[15, 6], [4, 40]]]])
    figure, draws = MEASURES[name].figure, intervals.replicates(joint, 500, np.random.default_rng(0))
    plain = intervals.percentile(figure.compute(draws.sum(-1)), 0.9)
    assert interval(figure, joint.sum(-1), Draws(draws.sum(-1)), 0.9) == plain
    gap = figure.compute(draws.sum(-2)) - figure.compute(draws.sum(-1))
    assert change_interval(figure, joint, Draws(draws), 0.9) == intervals.percentile(gap, 0.9)


AAOD = "average_absolute_odds_difference"


def test_interval_of_absolute_odds_reaches_parity():
    """Equal groups of 150: replicates of the absolute measure are all above 0, its interval starts at 0."""
    table, figure = np.array([[[60, 20], [20, 50]], [[61, 19], [20, 50]]]), MEASURES[AAOD].figure
    draws = _draws(table)
    found, plain = interval(figure, table, Draws(draws), 0.95), intervals.percentile(figure.compute(draws), 0.95)
    assert plain.low > 0
    assert found.low == 0
    assert figure.compute(table) < found.high < 0.2


def test_change_of_absolute_odds_is_signed():
    """From opposite gaps of .25 to gaps of .1 the change is −.15, with an interval on both sides of it."""
    p, rng = np.full((2, 2), 500), np.random.default_rng(1)
    before, after = np.array([[250, 750], [750, 250]]), np.array([[400, 600], [600, 400]])
    of = [np.rint(b[:, :, None] * a[:, None, :] / 1_000).astype(int) for b, a in ((before, after), (p, p))]
    joint, figure = np.stack(of), MEASURES[AAOD].figure
    found = change_interval(figure, joint, Draws(intervals.replicates(joint, 500, rng)), 0.95)
    value = figure.compute(joint.sum(-2)) - figure.compute(joint.sum(-1))
    assert value == pytest.approx(0.1 - 0.25)
    assert found.low < -0.15 < found.high < 0


def test_interval_of_many_tables_at_once():
    """Axes between replicate and table pass through, for plain and for absolute measures."""
    tables = np.stack([reference.BUDGET[m] for m in ("baseline", "reweighed")])
    drawn = _draws(tables, 3, 300)
    for name in NAMES:
        figure = MEASURES[name].figure
        together = interval(figure, tables, Draws(drawn), 0.95)
        for i in (0, 1):
            alone = interval(figure, tables[i], Draws(drawn[:, i]), 0.95)
            np.testing.assert_array_equal((together.low[i], together.high[i]), (alone.low, alone.high))


EMPTY, SOME = [[0, 0], [0, 0]], [[40, 30], [20, 10]]
NO_POSITIVES, NO_NEGATIVES, NOBODY_SELECTED = [[40, 30], [0, 0]], [[0, 0], [20, 10]], [[40, 0], [20, 0]]
REASONS = {
    # measure: group absent, no positives, no negatives, nobody selected in u, nobody selected in p
    "statistical_parity_difference": ("group_absent", None, None, None, None),
    "disparate_impact": ("group_absent", None, None, None, "no_predicted_positives"),
    "equal_opportunity_difference": ("group_absent", "no_positives", None, None, None),
    "average_odds_difference": ("group_absent", "no_positives", "no_negatives", None, None),
    "average_absolute_odds_difference": ("group_absent", "no_positives", "no_negatives", None, None),
    "predictive_parity_difference": ("group_absent", None, None, "no_predicted_positives", "no_predicted_positives"),
    "false_positive_rate_difference": ("group_absent", None, "no_negatives", None, None),
    "false_positive_rate_ratio": ("group_absent", None, "no_negatives", None, "divides_by_zero"),
    "false_negative_rate_difference": ("group_absent", "no_positives", None, None, None),
    "false_negative_rate_ratio": ("group_absent", "no_positives", None, None, None),
    "false_discovery_rate_difference": ("group_absent", None, None, "no_predicted_positives", "no_predicted_positives"),
    "false_discovery_rate_ratio": ("group_absent", None, None, "no_predicted_positives", "no_predicted_positives"),
    "false_omission_rate_difference": ("group_absent", None, None, None, None),
    "false_omission_rate_ratio": ("group_absent", None, None, None, None),
    "equalized_odds_difference": ("group_absent", "no_positives", "no_negatives", None, None),
    "balanced_accuracy_difference": ("group_absent", "no_positives", "no_negatives", None, None),
}


@pytest.mark.parametrize("name", NAMES)
def test_undefined_cases_by_hand(name):
    """Every measure against every way a group can lack rows; an absent group is never "perfectly fair"."""
    absent, positives, negatives, selected_u, selected_p = REASONS[name]
    for side in ((EMPTY, SOME), (SOME, EMPTY), (EMPTY, EMPTY)):
        assert undefined(name, *side, 10) == absent
    for lacking, reason in ((NO_POSITIVES, positives), (NO_NEGATIVES, negatives)):
        assert undefined(name, lacking, SOME, 10) == reason
        # without false answers at all there is nothing to divide by
        falsely = {"false_discovery_rate_ratio": NO_NEGATIVES, "false_omission_rate_ratio": NO_POSITIVES}.get(name)
        assert undefined(name, SOME, lacking, 10) == ("divides_by_zero" if lacking is falsely else reason)
    assert undefined(name, NOBODY_SELECTED, SOME, 10) == selected_u
    assert undefined(name, SOME, NOBODY_SELECTED, 10) == selected_p


def test_nobody_selected_in_the_unprivileged_group_is_a_disparate_impact_of_zero():
    """0 of 60 against 40 of 100 is a ratio of exactly 0: the worst value, not an undefined one."""
    assert compute("disparate_impact", NOBODY_SELECTED, SOME) == 0
    assert np.isnan(compute("disparate_impact", SOME, NOBODY_SELECTED))


@pytest.mark.parametrize(
    ("name", "carried_by"),
    [
        # the fewest rows a rate of the baseline budget model rests on
        ("statistical_parity_difference", 4202),  # privileged rows
        ("disparate_impact", 4202),
        ("equal_opportunity_difference", 57),  # unprivileged positives
        ("average_odds_difference", 32),  # privileged negatives
        ("average_absolute_odds_difference", 32),
        ("predictive_parity_difference", 97),  # selected unprivileged rows
    ],
)
def test_minimum_applies_to_the_denominators(name, carried_by):
    """A measure on 10,000 rows may rest on 32 of them; that number is what the declared minimum is compared with."""
    assert undefined(name, *reference.BUDGET["baseline"], carried_by) is None
    assert undefined(name, *reference.BUDGET["baseline"], carried_by + 1) == "n_below_minimum"


def test_small_reference_group_is_not_reported():
    """A privileged group of three rows gives no measure at all, whatever their outcomes are."""
    for name in NAMES:
        assert undefined(name, [[400, 300], [200, 100]], [[0, 1], [1, 1]], 10) in (
            "n_below_minimum",
            "no_positives",
            "divides_by_zero",
            "no_predicted_negatives",
        )


@given(counts=strategies.groups(), data=st.data())
def test_pool_adds_up_the_groups_on_each_side(counts, data):
    """Every row lands on exactly one side, and the pooled tables are those of the pooled rows."""
    privileged = np.array(data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts))))
    u, p = pool(counts, privileged)
    np.testing.assert_array_equal(u + p, counts.sum(0))
    kept = [row for table, flag in zip(counts, privileged, strict=True) if flag for row in reference.rows(table)]
    np.testing.assert_array_equal(p, reference.table(kept))


def test_pool_keeps_leading_axes():
    """Replicates of three groups pool replicate by replicate."""
    counts = np.arange(2 * 3 * 4).reshape(2, 3, 2, 2)
    u, p = pool(counts, np.array([True, False, True]))
    np.testing.assert_array_equal(u, counts[:, 1])
    np.testing.assert_array_equal(p, counts[:, 0] + counts[:, 2])


def test_missing_level_counts_as_unprivileged_unless_declared():
    """Rows without a sensitive value are a level of their own and never slip into the privileged group."""
    bachelor, missing = np.array([[5, 5], [5, 5]]), np.array([[9, 1], [0, 0]])
    u, p = pool(np.stack([bachelor, missing]), np.array([True, False]))
    assert rate(p, "selection_rate") == 0.5
    assert rate(u, "selection_rate") == 0.1


def test_unknown_measure_is_an_error():
    """A misspelt measure does not fall back to "no reason against it"."""
    with pytest.raises(KeyError, match="parity"):
        undefined("parity", SOME, SOME)
