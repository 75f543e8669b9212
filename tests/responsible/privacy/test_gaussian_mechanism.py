import math

import dp_accounting
import mpmath
import pytest
from dp_accounting.pld import PLDAccountant
from hypothesis import given
from hypothesis import strategies as st

from responsible.privacy.gaussian_mechanism import accounted_epsilon, composed, delta, epsilon, sigma

# Balle & Wang 2018, eq. 6, at δ = 1e-5: σ per unit of sensitivity by ε, computed with 50 digits apart from this code.
TABLE = {0.1: 30.74957, 0.5: 7.03183, 1: 3.73063, 2: 1.99381, 5: 0.89187, 10: 0.49989}

epsilons = st.floats(0.01, 50)
deltas = st.floats(1e-12, 0.1)


def exact_delta(sigma_, epsilon_):
    """Theorem 8 of Balle & Wang as it is printed, with 60 digits instead of care."""
    with mpmath.workdps(60):
        s, e = mpmath.mpf(sigma_), mpmath.mpf(epsilon_)
        return float(mpmath.ncdf(1 / (2 * s) - e * s) - mpmath.exp(e) * mpmath.ncdf(-1 / (2 * s) - e * s))


def hockey_stick(sigma_, epsilon_):
    """∫ max(0, p − e^ε q) of two normal densities one unit apart, by the trapezoid rule: the definition of δ."""
    step, total = sigma_ / 2000, 0.0
    for i in range(-24_000, 26_000):
        x = i * step
        p, q = (math.exp(-((x - m) ** 2) / (2 * sigma_**2)) for m in (1, 0))
        total += max(0.0, p - math.exp(epsilon_) * q)
    return total * step / (sigma_ * math.sqrt(2 * math.pi))


@pytest.mark.parametrize(("budget", "expected"), TABLE.items())
def test_sigma_is_that_of_the_table(budget, expected):
    """The analytic calibration gives the published multipliers at δ = 1e-5."""
    assert sigma(budget, 1e-5) == pytest.approx(expected, abs=5e-6)


def test_the_reference_value_at_one():
    """σ(1, 1e-5) is 3.730632, the figure that Google's library is known for."""
    assert sigma(1, 1e-5) == pytest.approx(3.730632, abs=5e-7)


@given(epsilons, deltas)
def test_sigma_agrees_with_googles_library(budget, slack):
    """σ is what dp-accounting's own root finding gives."""
    assert sigma(budget, slack) == pytest.approx(dp_accounting.get_sigma_gaussian(budget, slack), rel=1e-9)


@given(st.floats(0.05, 50), deltas)
def test_epsilon_agrees_with_googles_library(multiplier, slack):
    """ε of a given noise is what dp-accounting gives, zero included."""
    assert epsilon(multiplier, slack) == pytest.approx(dp_accounting.get_epsilon_gaussian(multiplier, slack), abs=1e-9)


@given(st.floats(0.05, 50), st.floats(0, 50))
def test_delta_is_theorem_8_in_60_digits(multiplier, budget):
    """δ equals the printed formula in high precision, also where it is a hundred orders of magnitude below 1."""
    assert delta(multiplier, budget) == pytest.approx(exact_delta(multiplier, budget), rel=1e-8, abs=1e-300)


@pytest.mark.parametrize(("multiplier", "budget"), [(0.7, 0), (0.7, 1.5), (2, 0.3), (5, 0.1)])
def test_delta_is_the_hockey_stick_divergence(multiplier, budget):
    """δ is the integral that defines it, without any theorem."""
    assert delta(multiplier, budget) == pytest.approx(hockey_stick(multiplier, budget), rel=1e-4)


@given(epsilons, deltas)
def test_round_trip_from_budget_to_noise_and_back(budget, slack):
    """The noise for (ε, δ) keeps exactly ε at δ and exactly δ at ε."""
    assert epsilon(sigma(budget, slack), slack) == pytest.approx(budget, rel=1e-9)
    assert delta(sigma(budget, slack), budget) == pytest.approx(slack, rel=1e-7)


@pytest.mark.parametrize("budget", [1e-4, 1e3, 1e5])
def test_extreme_budgets_have_a_sigma(budget):
    """The root is bracketed for budgets far from any that make sense."""
    assert epsilon(sigma(budget, 1e-9), 1e-9) == pytest.approx(budget, rel=1e-6)


def test_no_epsilon_is_needed_when_the_noise_drowns_the_difference():
    """Noise whose total variation is below δ keeps ε = 0."""
    assert delta(50_000, 0) < 1e-5
    assert epsilon(50_000, 1e-5) == 0


def test_little_noise_is_no_meaningful_promise():
    """σ of a tenth of the sensitivity is ε ≈ 92, a sixth (rows clipped to norm 3, noise 1) is ε ≈ 43."""
    assert epsilon(0.1, 1e-5) == pytest.approx(92, abs=0.5)
    assert epsilon(1 / 6, 1e-5) == pytest.approx(42.836, abs=0.001)


def test_the_classical_formula_breaks_its_promise_at_large_epsilon():
    """At ε = 10 the textbook's .4845 keeps more than ten times the δ it was asked for; below 1 it wastes noise."""
    classical = {e: math.sqrt(2 * math.log(1.25 / 1e-5)) / e for e in (0.5, 10)}  # Dwork & Roth 2014, theorem A.1
    assert classical[10] == pytest.approx(0.4845, abs=5e-5)
    assert delta(classical[10], 10) > 1e-5
    assert classical[0.5] > sigma(0.5, 1e-5)


@given(st.lists(st.floats(0.5, 50), min_size=1, max_size=5))
def test_order_and_grouping_do_not_change_a_composition(multipliers):
    """Rounds compose like squared lengths: in any order, and in any grouping."""
    assert composed(multipliers[::-1]) == pytest.approx(composed(multipliers))
    assert composed([composed(multipliers[:1]), *multipliers[1:]]) == pytest.approx(composed(multipliers))


def test_four_equal_rounds_cost_as_much_as_half_the_noise():
    """T rounds with σ are one round with σ/√T."""
    assert composed([3.0] * 4) == pytest.approx(1.5)
    assert composed([]) == math.inf


@pytest.mark.parametrize("multipliers", [[3.73], [14.0] * 4, [7.0, 9.0, 7.0, 30.0], [0.8], [0.05], [0.006]])
def test_the_accountant_agrees_with_the_closed_form(multipliers):
    """Google's accountant and the exact composition give the same ε; what its grid rounds makes ε larger."""
    exact = epsilon(composed(multipliers), 1e-5)
    assert exact * (1 - 1e-9) <= accounted_epsilon(multipliers, 1e-5) <= exact * 1.0002


def test_the_accountant_agrees_with_itself_on_a_finer_grid():
    """The grid of losses is fine enough: a much finer one gives the same ε, composed round by round."""
    fine = PLDAccountant(value_discretization_interval=1e-5)
    for multiplier in (7.0, 9.0, 7.0):
        fine.compose(dp_accounting.GaussianDpEvent(multiplier))
    assert accounted_epsilon([7.0, 9.0, 7.0], 1e-5) == pytest.approx(fine.get_epsilon(1e-5), rel=2e-4)


def test_nothing_published_costs_nothing():
    """No answers, no ε."""
    assert accounted_epsilon([], 1e-5) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sigma(0, 1e-5), "epsilon must be > 0"),
        (lambda: sigma(-1, 1e-5), "epsilon must be > 0"),
        (lambda: sigma(1, 0), "delta must be strictly between 0 and 1, got 0"),
        (lambda: sigma(1, 1), "delta must be"),
        (lambda: epsilon(0, 1e-5), "sigma must be > 0"),
        (lambda: epsilon(1, 1.5), "delta must be"),
        (lambda: delta(math.inf, 1), "sigma must be > 0 and finite"),
        (lambda: delta(1, -0.1), "epsilon must be >= 0"),
        (lambda: composed([1, 0]), "multiplier must be > 0"),
    ],
)
def test_values_out_of_range_are_refused(call, said):
    """A budget or noise without meaning is an error that names it, never a number."""
    with pytest.raises(ValueError, match=said):
        call()
