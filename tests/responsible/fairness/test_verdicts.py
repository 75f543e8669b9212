import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.optimize import linprog

from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import best_accuracy, verdict
from responsible.limits import Limits
from responsible.statistics.intervals import Interval
from responsible.validation import explain
from tests.support import reference, strategies
from tests.support.pairs import undefined

FOUR_FIFTHS = Limits(minimum=0.8, maximum=1.25)
TENTH = Limits(minimum=-0.1, maximum=0.1)
SPD, DI = "statistical_parity_difference", "disparate_impact"
ENDS = st.floats(-2, 2)


def interval(low, high):
    return Interval(low, high)


# Verdicts


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.05, 0.05, "pass"),
        (-0.1, 0.1, "pass"),
        (0.0, 0.0, "pass"),
        (-0.101, 0.05, "insufficient_evidence"),
        (-0.05, 0.101, "insufficient_evidence"),
        (-0.5, 0.5, "insufficient_evidence"),
        (0.1, 0.2, "insufficient_evidence"),
        (-0.2, -0.1, "insufficient_evidence"),
        (0.100001, 0.2, "fail"),
        (-0.4, -0.2, "fail"),
        (np.nan, np.nan, "insufficient_evidence"),
    ],
)
def test_verdict_is_on_the_whole_interval(low, high, expected):
    """Pass inside the limits (bounds included), fail outside, and neither when it straddles a limit
    or is undefined.
    """
    assert verdict(interval(low, high), TENTH) == expected


@pytest.mark.parametrize(
    ("limits", "low", "high", "expected"),
    [
        (Limits(minimum=0.8), 0.9, 50.0, "pass"),
        (Limits(minimum=0.8), 0.5, 0.7, "fail"),
        (Limits(maximum=1.25), 0.0, 1.2, "pass"),
        (Limits(maximum=1.25), 1.2, 1.3, "insufficient_evidence"),
    ],
)
def test_verdict_with_one_bound(limits, low, high, expected):
    """A limit on one side leaves the other side open."""
    assert verdict(interval(low, high), limits) == expected


@pytest.mark.parametrize(
    ("low", "high", "best", "floor", "expected"),
    [
        (0.01, 0.02, 0.61, 0.8, "infeasible"),
        (0.7, 0.9, 0.61, 0.8, "infeasible"),
        (np.nan, np.nan, 0.61, 0.8, "infeasible"),
        (0.9, 1.1, 0.61, 0.8, "pass"),
        (0.01, 0.02, 0.8, 0.8, "fail"),
        (0.01, 0.02, 0.95, 0.8, "fail"),
        (0.7, 0.9, 0.95, 0.8, "insufficient_evidence"),
        (0.01, 0.02, np.nan, 0.8, "fail"),
        (0.01, 0.02, 0.61, None, "fail"),
        (0.01, 0.02, None, 0.8, "fail"),
    ],
)
def test_infeasible(low, high, best, floor, expected):
    """What no useful classifier could meet is infeasible; what was met is a pass all the same."""
    assert verdict(interval(low, high), FOUR_FIFTHS, best, floor) == expected


@given(ends=st.tuples(ENDS, ENDS).map(sorted), wider=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_less_data_never_makes_a_verdict_firmer(ends, wider):
    """A wider interval around the same values keeps its verdict or loses it; it never passes or fails anew."""
    (low, high), (down, up) = ends, wider
    narrow, wide = verdict(interval(low, high), TENTH), verdict(interval(low - down, high + up), TENTH)
    assert wide in (narrow, "insufficient_evidence")


def test_a_reference_group_that_is_too_small_never_passes():
    """Three privileged rows with the same outcomes as the others: no value, no interval, and so no pass."""
    u, p = np.array([[400, 300], [200, 100]]), np.array([[1, 1], [1, 0]])
    for name in MEASURES:
        assert undefined(name, u, p, 10)
        assert verdict(interval(np.nan, np.nan), TENTH) == "insufficient_evidence"


# Limits


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ({}, "params.yaml: limits: needs a minimum or a maximum, got neither"),
        ({"minimum": None, "maximum": None}, "params.yaml: limits: needs a minimum or a maximum, got neither"),
        ({"minimum": 1.0, "maximum": 1.0}, "params.yaml: limits: minimum must be < maximum, got 1.0 and 1.0"),
        ({"minimum": 0.8, "maximum": -0.8}, "params.yaml: limits: minimum must be < maximum, got 0.8 and -0.8"),
        ({"minimum": "0.8"}, "params.yaml: limits.minimum must be a number, got '0.8'"),
        ({"minimum": float("nan")}, "params.yaml: limits.minimum must be a finite number, got nan"),
        ({"minimum": 0.8, "max": 1.2}, "params.yaml: limits.max is not a known key; did you mean 'maximum'?"),
    ],
)
def test_limits_are_refused_with_place_rule_and_value(given_, text):
    """Limits that say nothing, contradict themselves or are no numbers end in one line that says what to mend."""
    with pytest.raises(ValidationError) as caught:
        Limits(**given_)
    assert explain(caught.value, "params.yaml: limits", Limits.model_fields) == text


def test_limits_of_whole_numbers():
    """A limit may be written without a decimal point."""
    assert (Limits(minimum=0, maximum=1).low, Limits(minimum=0).high) == (0, np.inf)


# The best accuracy under a limit


def at_base_rates(u, p):
    """Tables of 100,000 rows, 58 % unprivileged, with the given base rates."""
    n_u, n_p = 58_000, 42_000
    tables = [[[n - round(n * base), 0], [round(n * base), 0]] for n, base in ((n_u, u), (n_p, p))]
    return np.array(tables[0]), np.array(tables[1])


def test_every_measure_has_a_rule():
    """What a measure costs a perfect classifier is known of every one, and of a name that is no measure nothing is."""
    u, p = reference.BUDGET["baseline"]
    for name in MEASURES:
        assert 0 <= best_accuracy(u, p, name, FOUR_FIFTHS if MEASURES[name].ratio else TENTH) <= 1
    with pytest.raises(KeyError, match="parity"):
        best_accuracy(u, p, "parity", TENTH)


def test_base_rates_that_forbid_the_four_fifths_rule():
    """Base rates .01 and .99, shares .58 and .42: the cheapest way to DI .8 selects .0125 of the privileged, −41
    points.
    """
    u, p = at_base_rates(0.01, 0.99)
    assert best_accuracy(u, p, DI, FOUR_FIFTHS) == pytest.approx(1 - 0.42 * (0.99 - 0.0125))
    assert best_accuracy(u, p, DI, FOUR_FIFTHS) < 0.59
    assert best_accuracy(u, p, SPD, TENTH) == pytest.approx(1 - 0.42 * 0.88)


def test_a_limit_the_base_rates_meet_costs_nothing():
    """Base rates .45 and .5 already have a ratio of .9 and a difference of −.05."""
    u, p = at_base_rates(0.45, 0.5)
    assert best_accuracy(u, p, DI, FOUR_FIFTHS) == best_accuracy(u, p, SPD, TENTH) == 1


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {SPD, DI}))
def test_a_perfect_classifier_meets_limits_on_errors(name):
    """Measures of errors cost a perfect classifier nothing; of limits that exclude parity nothing is claimed."""
    u, p = at_base_rates(0.01, 0.99)
    fair = MEASURES[name].fair
    assert best_accuracy(u, p, name, Limits(minimum=fair - 0.1, maximum=fair + 0.1)) == 1
    assert best_accuracy(u, p, name, Limits(minimum=fair)) == best_accuracy(u, p, name, Limits(maximum=fair)) == 1
    assert np.isnan(best_accuracy(u, p, name, Limits(minimum=fair + 0.1)))
    assert np.isnan(best_accuracy(u, p, name, Limits(maximum=fair - 0.1)))
    perfect = [np.diag(t.sum(1)) for t in (u, p)]
    if not MEASURES[name].ratio:  # of errors that nobody makes there is no ratio; rare ones come as near as one likes
        assert MEASURES[name].compute(*perfect) == fair


def test_the_cheapest_way_may_select_everybody():
    """To be 10 points below .98, base rate .95 gives up 5 points and the other side gains its last 2: all of them."""
    u, p = at_base_rates(0.95, 0.98)
    assert best_accuracy(u, p, SPD, Limits(maximum=-0.1)) == pytest.approx(1 - 0.58 * 0.05 - 0.42 * 0.02)


def linear_program(u, p, measure, limits):
    """The least errors a row by scipy's solver: variables r_u, r_p and bounds t_g ≥ |r_g − b_g|."""
    shares = np.array([u.sum(), p.sum()]) / (u.sum() + p.sum())
    base_u, base_p = u[1].sum() / u.sum(), p[1].sum() / p.sum()
    above = [[1, 0, -1, 0], [-1, 0, -1, 0], [0, 1, 0, -1], [0, -1, 0, -1]]
    bounds = [base_u, -base_u, base_p, -base_p]
    for sign, limit in ((-1, limits.minimum), (1, limits.maximum)):
        if limit is not None:
            above.append([sign, -sign, 0, 0] if measure == SPD else [sign, -sign * limit, 0, 0])
            bounds.append(sign * limit if measure == SPD else 0)
    found = linprog([0, 0, *shares], A_ub=above, b_ub=bounds, bounds=[(0, 1), (0, 1), (0, None), (0, None)])
    return 1 - found.fun if found.success else 0.0


@st.composite
def limits_of(draw):
    """A measure of selection and limits for it, one-sided or two-sided, fair value inside or not."""
    measure = draw(st.sampled_from([SPD, DI]))
    values = st.integers(-12, 12).map(lambda v: v / 10) if measure == SPD else st.integers(0, 30).map(lambda v: v / 10)
    low, high = sorted((draw(values), draw(values)))
    assume(low < high)
    return measure, draw(
        st.sampled_from([Limits(minimum=low, maximum=high), Limits(minimum=low), Limits(maximum=high)])
    )


@settings(deadline=None, max_examples=300)
@given(pair=strategies.pairs(), case=limits_of())
def test_best_accuracy_agrees_with_linear_programming(pair, case):
    """For any base rates, shares and limits the closed form is the optimum scipy's solver finds; 0
    when there is none.
    """
    assume(all(table.sum() for table in pair))
    measure, limits = case
    assert best_accuracy(*pair, measure, limits) == pytest.approx(linear_program(*pair, measure, limits), abs=1e-7)


@pytest.mark.parametrize(
    ("measure", "limits"), [(SPD, TENTH), (DI, FOUR_FIFTHS), (SPD, Limits(minimum=0.05)), (DI, Limits(maximum=0.5))]
)
@pytest.mark.parametrize("bases", [(0.01, 0.99), (0.3, 0.6), (0.97, 0.9)])
def test_best_accuracy_agrees_with_a_grid(measure, limits, bases):
    """No pair of selection rates on a fine grid does better, and the best of them nearly as well."""
    u, p = at_base_rates(*bases)

    def within(r_u, r_p):
        value = r_u - r_p if measure == SPD else r_u / r_p if r_p else np.nan
        return limits.low <= value <= limits.high

    found, tried = best_accuracy(u, p, measure, limits), reference.best_accuracy(u, p, within)
    assert tried - 1e-9 <= found <= tried + 0.01


def test_best_accuracy_of_many_tables_at_once():
    """Leading axes pass through, and a replicate without one of the groups is NaN without spoiling the others."""
    u, p = at_base_rates(0.01, 0.99)
    several = best_accuracy(np.stack([u, 0 * u, p]), np.stack([p, p, p]), DI, FOUR_FIFTHS)
    np.testing.assert_allclose(several, [best_accuracy(u, p, DI, FOUR_FIFTHS), np.nan, 1])


def test_limits_nobody_can_meet():
    """A difference of selection rates above 1 does not exist: the best accuracy is 0, which no floor accepts."""
    assert best_accuracy(*at_base_rates(0.4, 0.5), SPD, Limits(minimum=1.1)) == 0


def test_infeasible_on_the_budget_data():
    """The budget counts end to end: DI fails, and below a floor of .8 accuracy is out of reach of any classifier."""
    u, p = reference.BUDGET["reweighed"]
    best = best_accuracy(u, p, DI, FOUR_FIFTHS)
    assert best == pytest.approx(0.5886, abs=5e-4)
    assert verdict(interval(0.041, 0.055), FOUR_FIFTHS, best, 0.8) == "infeasible"
    assert verdict(interval(0.041, 0.055), FOUR_FIFTHS, best, 0.5) == "fail"
