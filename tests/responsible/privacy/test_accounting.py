import numpy as np
import pytest

from responsible.privacy.accounting import entry, ledger
from responsible.privacy.domain import domain
from responsible.privacy.gaussian_mechanism import accounted_epsilon, epsilon
from responsible.privacy.mechanisms import Setting


def setting(half=(3.0, 3.0, 3.0, 3.0), clip_norm=1.0):
    half = np.array(half)
    return Setting(domain(-half, half, clip_norm), 1e-5, 3, 4, np.zeros(4), np.ones(4))


def test_the_teaching_noise_on_rows_of_norm_three_is_epsilon_43():
    """Noise of 1 (ε "= 0.6") on rows clipped to norm 3 keeps ε ≈ 42.8; unclipped, no ε holds and none is given."""
    line = entry("teaching", 0.6, setting())
    assert (line.sigma, line.sensitivity) == pytest.approx((1, 6))
    assert line.epsilon_if_clipped == pytest.approx(42.836, rel=1e-3)
    assert np.isnan(line.real_epsilon)
    assert not line.guarantee
    assert "no guarantee" in line.title
    assert "no finite ε" in line.not_protected


@pytest.mark.parametrize("mechanism", ["local", "central"])
@pytest.mark.parametrize("budget", [0.1, 1, 10])
def test_a_guarantee_keeps_what_it_was_asked_for(mechanism, budget):
    """The ε of all rounds is the ε asked for, not below it."""
    line = entry(mechanism, budget, setting())
    assert line.guarantee
    assert budget * (1 - 1e-9) <= line.real_epsilon <= budget * 1.0002


@pytest.mark.parametrize("mechanism", ["teaching", "local", "central"])
@pytest.mark.parametrize("budget", [0.1, 0.6, 1, 10])
def test_the_ledgers_epsilon_is_dp_accountings(mechanism, budget):
    """Google's accountant composes the rounds on its grid and gives the ledger's ε, to a part in 5,000."""
    line = entry(mechanism, budget, setting())
    accounted = accounted_epsilon([line.multiplier] * line.rounds, 1e-5)
    assert line.epsilon_if_clipped == pytest.approx(accounted, rel=2e-4)


def test_rounds_of_the_central_mechanism_are_all_counted():
    """Four rounds: each with twice the noise that one round would need, and the composition says so."""
    central, local = entry("central", 1, setting()), entry("local", 1, setting())
    assert (central.rounds, local.rounds) == (4, 1)
    assert central.sigma == pytest.approx(2 * local.sigma)
    assert epsilon(central.multiplier / 2, 1e-5) == pytest.approx(1)
    assert central.composition == "4 rounds of counts and sums, all published"


def test_the_cap_on_an_attackers_advantage():
    """At ε = 1 and δ = 1e-5 no attacker gains more than 10.7 points over guessing, at ε = 10 no more than 68."""
    assert entry("central", 1, setting()).advantage_cap == pytest.approx(0.1066, abs=1e-4)
    assert entry("local", 10, setting()).advantage_cap == pytest.approx(0.6828, abs=1e-4)


def test_wider_bounds_cost_the_teaching_mapping_its_epsilon_and_the_others_nothing():
    """Sensitivity comes from the declared bounds: twice as wide doubles it where noise is not scaled by them."""
    narrow, wide = setting(), setting(half=(6.0, 3.0, 3.0, 3.0))
    assert entry("teaching", 1, wide).sensitivity == 2 * entry("teaching", 1, narrow).sensitivity
    assert entry("local", 1, wide) == entry("local", 1, narrow)


def test_the_ledger_has_a_line_for_each_mechanism_and_budget():
    """Every line says adjacency and what is not protected, the choice of K among it."""
    table = ledger([0.5, 1.0], setting())
    assert list(zip(table["mechanism"], table["epsilon"], strict=True)) == [
        (name, budget) for name in ("teaching", "local", "central") for budget in (0.5, 1.0)
    ]
    assert (table["adjacency"] == "one person's row replaced, number of rows public").all()
    assert table["not_protected"].str.contains("the choice of K and method, which used the data").all()
    assert table.loc[table["mechanism"] == "teaching", "not_protected"].str.contains("mean and standard dev").all()
