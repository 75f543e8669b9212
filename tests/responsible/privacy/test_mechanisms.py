import numpy as np
import pytest
from scipy import stats

from responsible.privacy.domain import domain
from responsible.privacy.gaussian_mechanism import sigma
from responsible.privacy.mechanisms import MECHANISMS, Setting
from responsible.privacy.noise import SecretNoise

LOW, HIGH = np.array([-4.0, 0.0]), np.array([4.0, 10.0])
NAMES = sorted(MECHANISMS)


def setting(clip_norm=1.0, **changes):
    given = {"delta": 1e-5, "k": 3, "rounds": 4, "mean": np.array([0.0, 5.0]), "spread": np.array([1.0, 2.0])}
    return Setting(domain(LOW, HIGH, clip_norm), **{**given, **changes})


def people(n, seed=0):
    """Rows inside the declared bounds, in the features' own units."""
    return np.clip(np.random.default_rng(seed).normal([0, 5], [1, 2], (n, 2)), LOW, HIGH)


def test_the_teaching_rule_is_what_is_taught():
    """σ = 0.6/ε standard deviations, on rows that nobody clips."""
    assert MECHANISMS["teaching"].deviation(0.6, setting()) == pytest.approx(1.0)
    x = np.array([[1000.0, -1000.0]])
    noisy = MECHANISMS["teaching"].rows(x, 1e9, setting(), np.random.default_rng(0))
    assert noisy == pytest.approx(x)


def test_teaching_noise_has_the_deviation_it_says():
    """Each feature gets noise of σ times its own standard deviation, unrelated between features."""
    x = people(20_000)
    noise = MECHANISMS["teaching"].rows(x, 0.6, setting(), np.random.default_rng(0)) - x
    assert noise.std(axis=0) == pytest.approx([1.0, 2.0], rel=0.03)
    assert np.corrcoef(noise.T)[0, 1] == pytest.approx(0, abs=0.03)


def test_local_noise_covers_the_ball_at_the_calibrated_multiplier():
    """The local noise is σ(ε, δ) times the diameter of the declared ball, in every direction."""
    x = np.tile([0.0, 5.0], (20_000, 1))
    noise = MECHANISMS["local"].rows(x, 1, setting(), np.random.default_rng(0)) - x
    assert noise.std(axis=0) == pytest.approx(2 * sigma(1, 1e-5) * np.array([4, 5]), rel=0.03)


def test_no_two_rows_are_farther_apart_than_the_local_sensitivity():
    """Without noise the local mechanism's rows lie in a ball of diameter 2, however far apart the people are."""
    x = np.array([[4.0, 10.0], [-4.0, 0.0], [1e6, -1e6], [-1e6, 1e6]])
    declared = setting().domain
    moved = (MECHANISMS["local"].rows(x, 1e12, setting(), np.random.default_rng(0)) - declared.middle) / declared.reach
    gaps = np.linalg.norm(moved[:, None] - moved, axis=2)
    assert gaps.max() == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize("name", ["local", "central"])
def test_mechanisms_with_a_guarantee_scale_by_declared_bounds_only(name):
    """Another mean and spread of the data change nothing of what they publish."""
    x = people(200)
    other = setting(mean=np.array([9.0, 9.0]), spread=np.array([7.0, 0.1]))
    first, second = (MECHANISMS[name].publish(x, 1, s, np.random.default_rng(0)) for s in (setting(), other))
    assert np.array_equal(first.centres, second.centres)
    assert np.array_equal(first.scale, second.scale)


@pytest.mark.parametrize("name", NAMES)
def test_same_generator_same_publication(name):
    """Under a given generator everything published is the same; under another it is not."""
    x = people(300)
    first, again, other = (MECHANISMS[name].publish(x, 1, setting(), np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first.centres, again.centres)
    assert not np.array_equal(first.centres, other.centres)


@pytest.mark.parametrize("name", NAMES)
def test_publications_with_secret_noise_never_repeat(name):
    """Two publications of the same people with the system's entropy differ in every number."""
    x = people(300)
    first, second = (MECHANISMS[name].publish(x, 1, setting(), SecretNoise()).centres for _ in range(2))
    assert (first != second).all()


@pytest.mark.parametrize("name", ["teaching", "local"])
def test_published_rows_do_not_tell_their_place_in_the_table(name):
    """Noisy rows come sorted by what is published: the rank of a person in a sorted table is not published by order."""
    x = people(2000)
    x = x[np.lexsort(x.T[::-1])]
    published = MECHANISMS[name].publish(x, 1, setting(), np.random.default_rng(0)).rows
    assert (np.diff(published[:, 1]) >= 0).all()
    assert abs(stats.spearmanr(np.arange(2000), published[:, 0]).statistic) < 0.1


def test_assignment_measures_distance_in_the_published_scale():
    """A row goes to the centre that is nearest in the scale of the mechanism, counted by hand."""
    published = MECHANISMS["central"].publish(people(50), 1, setting(k=2), np.random.default_rng(0))
    x = people(20, seed=9)
    by_hand = [min(range(2), key=lambda c: sum(((row - published.centres[c]) / published.scale) ** 2)) for row in x]
    assert published.assign(x).tolist() == by_hand


def test_only_the_central_mechanism_keeps_rows_to_itself():
    """Central KMeans publishes noisy counts and no row; the other two publish a noisy row a person."""
    shown = {name: MECHANISMS[name].publish(people(60), 1, setting(), np.random.default_rng(0)) for name in NAMES}
    assert {name: p.rows is None for name, p in shown.items()} == {"teaching": False, "local": False, "central": True}
    assert shown["central"].counts.shape == (3,)
    assert shown["local"].rows.shape == (60, 2)
