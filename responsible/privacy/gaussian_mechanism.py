"""The Gaussian mechanism: how much noise a privacy budget (ε, δ) asks for, and which budget a given noise keeps.

Adding N(0, σ²) to every coordinate of an answer f(data) is (ε, δ)-differentially private when, over all neighbouring
tables, f changes by at most Δ in Euclidean norm and δ >= delta(σ/Δ, ε). Everything here is per unit of sensitivity:
``sigma`` stands for σ/Δ, the *noise multiplier*. Source: Balle & Wang 2018, "Improving the Gaussian mechanism for
differential privacy", arXiv 1805.06530: theorem 8 and equation 6.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import scipy

GRID = 1e-4  # step of the accountant's grid of losses, as a share of ε; it rounds so that ε is never understated


def delta(sigma: float, epsilon: float) -> float:
    """The smallest δ for which noise of ``sigma`` is (``epsilon``, δ)-private: in [0, 1], falling in both arguments.

    Φ(1/2σ − εσ) − e^ε Φ(−1/2σ − εσ) (Balle & Wang 2018, theorem 8). At ``epsilon`` 0 it is the total variation distance
    2Φ(1/2σ) − 1 between the answers on two neighbours: no attacker who must tell them apart has a larger advantage
    (true minus false positive rate). ValueError unless ``sigma`` > 0 and ``epsilon`` >= 0.
    """
    return math.exp(_log_delta(_positive("sigma", sigma), _not_negative("epsilon", epsilon)))


def epsilon(sigma: float, delta: float) -> float:
    """The smallest ε >= 0 for which noise of ``sigma`` is (ε, ``delta``)-private; 0 when no ε is needed.

    ValueError unless ``sigma`` > 0 and 0 < ``delta`` < 1. The inverse of :func:`sigma`.
    """
    target = math.log(_share("delta", delta))
    excess = _excess(lambda value: _log_delta(_positive("sigma", sigma), value), target)
    if excess(0.0) <= 0:
        return 0.0
    high = 1.0
    while excess(high) > 0:
        high *= 2
    return float(scipy.optimize.brentq(excess, 0.0, high, xtol=1e-14, rtol=1e-14))


def sigma(epsilon: float, delta: float) -> float:
    """The smallest noise multiplier σ/Δ that is (``epsilon``, ``delta``)-private: the analytic calibration.

    The root of :func:`delta` in σ (Balle & Wang 2018, algorithm 1, without its change of variables): 3.730632 at
    (1, 10⁻⁵). Holds for every ``epsilon`` > 0, unlike the textbook's
    √(2 ln(1.25/δ)) / ε. ValueError unless 0 < ``delta`` < 1.

    >>> round(sigma(1, 1e-5), 6)
    3.730632
    """
    target = math.log(_share("delta", delta))
    excess = _excess(lambda power: _log_delta(math.exp(power), _positive("epsilon", epsilon)), target)
    low, high = -1.0, 1.0
    while excess(low) < 0:
        low *= 2
    while excess(high) > 0:
        high *= 2
    return math.exp(scipy.optimize.brentq(excess, low, high, xtol=1e-14, rtol=1e-14))


def composed(multipliers: Sequence[float]) -> float:
    """The one multiplier that protects as much as all of ``multipliers`` together: (Σ σᵢ⁻²)^(−1/2); ∞ for none.

    Exact, not a bound, also when a later question depends on earlier answers (Dong, Roth & Su 2022, "Gaussian
    differential privacy", corollary 3.3): T rounds of equal noise cost as much as one round with σ/√T.
    """
    weight = math.fsum(_positive("multiplier", m) ** -2 for m in multipliers)
    return weight**-0.5 if weight else math.inf


def accounted_epsilon(multipliers: Sequence[float], delta: float) -> float:
    """The ε that Google's dp-accounting gives for Gaussian answers with these multipliers, all published, at ``delta``.

    Its privacy-loss-distribution accountant composes the answers on a grid and never understates ε; agreement with
    :func:`epsilon` of :func:`composed` to a part in 5,000 is a test. 0 for no answers. The relation of neighbours is in
    the multipliers: σ over the sensitivity under it.
    """
    if not multipliers:
        return 0.0
    from dp_accounting import ComposedDpEvent, GaussianDpEvent, SelfComposedDpEvent
    from dp_accounting.pld import PLDAccountant

    expected = epsilon(composed(multipliers), delta)
    accountant = PLDAccountant(value_discretization_interval=GRID * max(1.0, expected))
    events = [SelfComposedDpEvent(GaussianDpEvent(m), times) for m, times in Counter(multipliers).items()]
    accountant.compose(ComposedDpEvent(events))
    return float(accountant.get_epsilon(delta))


def _log_delta(sigma: float, epsilon: float) -> float:
    """The logarithm of :func:`delta`, for δ far below what a difference of two probabilities could tell from zero."""
    upper = scipy.special.log_ndtr(1 / (2 * sigma) - epsilon * sigma)
    lower = epsilon + scipy.special.log_ndtr(-1 / (2 * sigma) - epsilon * sigma)
    return float(upper + math.log(-math.expm1(lower - upper))) if lower < upper else -math.inf


def _excess(log_delta: Callable[[float], float], target: float) -> Callable[[float], float]:
    """``log_delta`` minus the target, kept finite: a root finder cannot use −∞."""
    return lambda value: max(log_delta(value), target - 1e3) - target


def _positive(name: str, value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be > 0 and finite, got {value!r}")
    return value


def _not_negative(name: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be >= 0 and finite, got {value!r}")
    return value


def _share(name: str, value: float) -> float:
    if not 0 < value < 1:
        raise ValueError(f"{name} must be strictly between 0 and 1, got {value!r}")
    return value
