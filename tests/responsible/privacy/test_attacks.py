import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsible.privacy.accounting import entry
from responsible.privacy.attacks import NO_NOISE, advantages, attacks
from responsible.privacy.domain import domain
from responsible.privacy.mechanisms import MECHANISMS, Setting


def setting():
    return Setting(domain(np.full(3, -3.0), np.full(3, 3.0), 1.0), 1e-5, 2, 3, np.zeros(3), np.ones(3))


def people(n, seed=0):
    return np.clip(np.random.default_rng(seed).normal(size=(n, 3)), -3, 3)


@pytest.fixture(scope="module")
def table():
    """Attacks on 400 people, 8 draws, at a small, a middling and an absurd budget."""
    return attacks(people(400), setting(), [0.5, 10.0, 1000.0], 8, np.random.default_rng(1))


def mean(table, mechanism, budget, measure):
    at = table["epsilon"].isna() if budget is None else table["epsilon"] == budget
    return table[(table["mechanism"] == mechanism) & at & (table["measure"] == measure)]["value"].mean()


def test_advantages_counted_by_hand():
    """Eight people on a line, four published exactly: everyone is recognised, beyond 1 in 4 by guessing."""
    x = np.arange(8.0)[:, None]
    member = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
    assert advantages(x, x[member], member, own_rows=True) == {"membership": 1.0, "linkage": 0.75}


def test_linkage_counts_hits_on_the_own_row():
    """Two of four published rows were swapped: half of the members are linked, minus a quarter by guessing."""
    x = np.array([[0.0], [10], [20], [30], [1], [11], [21], [31]])
    member = np.arange(8) < 4
    published = np.array([[0.1], [10.1], [30.1], [20.1]])
    assert advantages(x, published, member, own_rows=True)["linkage"] == 0.25


@given(st.integers(0, 2**32 - 1))
def test_advantages_lie_between_minus_one_and_one(seed):
    """They are differences of two shares, whatever is published."""
    rng = np.random.default_rng(seed)
    x, member = rng.normal(size=(20, 2)), np.arange(20) % 2 == 0
    found = advantages(x, rng.normal(size=(10, 2)), member, own_rows=True)
    assert all(-1 <= value <= 1 for value in found.values())


def test_an_attack_on_noise_alone_gains_nothing():
    """Published points that have nothing to do with the people: the mean advantage of 200 attacks is 0.

    Choosing the threshold and judging it on the same rows would show a gain of about a tenth.
    """
    rng = np.random.default_rng(3)
    x = people(200)
    gains = []
    for _ in range(200):
        member = rng.permutation(np.arange(200) % 2 == 0)
        gains.append(advantages(x, rng.normal(size=(100, 3)), member, own_rows=False)["membership"])
    assert np.mean(gains) == pytest.approx(0, abs=4 * np.std(gains) / np.sqrt(200))


def test_without_noise_everyone_is_found(table):
    """The true rows give every member away: the attack works, so its failures mean something."""
    assert mean(table, NO_NOISE, None, "membership") == 1
    assert mean(table, NO_NOISE, None, "linkage") == pytest.approx(1 - 1 / 200)


def test_teaching_noise_at_large_epsilon_protects_nobody(table):
    """At a nominal ε of 1000 the teaching mapping is as good as no noise; at .5 the simple attacker is lost."""
    assert mean(table, "teaching", 1000.0, "membership") > 0.98
    assert mean(table, "teaching", 1000.0, "linkage") > 0.99
    assert abs(mean(table, "teaching", 0.5, "membership")) < 0.1


def test_linkage_falls_with_more_noise(table):
    """Less budget, fewer people linked."""
    links = [mean(table, "teaching", budget, "linkage") for budget in (0.5, 10.0, 1000.0)]
    assert links == sorted(links)
    assert links[1] - links[0] > 0.2


@pytest.mark.parametrize("mechanism", ["local", "central"])
@pytest.mark.parametrize("budget", [0.5, 10.0])
def test_no_attack_beats_the_cap_of_a_guarantee(table, mechanism, budget):
    """The mean advantage stays below what the ledger allows every attacker, but for sampling error."""
    values = table[
        (table["mechanism"] == mechanism) & (table["epsilon"] == budget) & (table["measure"] == "membership")
    ]["value"]
    assert values.mean() < entry(mechanism, budget, setting()).advantage_cap + 3 * values.std() / np.sqrt(len(values))


def test_linkage_is_left_out_where_no_rows_are_published(table):
    """Central KMeans publishes no row that could be linked."""
    linked = set(table.loc[table["measure"] == "linkage", "mechanism"])
    assert linked == {"teaching", "local", NO_NOISE}
    assert set(table["mechanism"]) == {*MECHANISMS, NO_NOISE}


def test_attacks_are_determined_by_the_generator():
    """The same seed gives the same table, another one another."""
    first, again, other = (attacks(people(100), setting(), [1.0], 2, np.random.default_rng(s)) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
