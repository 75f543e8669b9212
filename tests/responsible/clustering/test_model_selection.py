"""One rule picks method and K, says how close the runner-up was, and clouds without clusters are called that."""

from types import SimpleNamespace

import numpy as np
import pytest

from responsible.clustering.methods import Fitted
from responsible.clustering.model_selection import Candidate, candidates, choose_clusters, knee
from responsible.clustering.null_reference import CHANCE, SLIVER, UNSTABLE, NullReference, doubts, without_clusters
from responsible.clustering.partition import adjusted_rand
from responsible.clustering.scaling import scaling
from responsible.clustering.silhouette import Silhouette
from responsible.clustering.stability import Refits, Stability, reading, refits
from responsible.validation import InputError
from tests.support.people import DBSCAN, clusters, noise, planted

PLANTED, OF = planted()
REFERENCE = NullReference(draws=19, rows=300)


def made(method, k, silhouette, eligible=True):
    labels = np.arange(len(PLANTED)) % k
    fitted = Fitted(method, np.zeros((k, 3)), float("nan"), lambda _: labels)
    return Candidate(fitted, labels, 1.0, Silhouette(silhouette, silhouette, silhouette, 300), 0.1, eligible)


def chosen(*found, **changes):
    return choose_clusters(PLANTED, found, clusters(**changes), np.random.default_rng(0), 0.95)


def test_the_simplest_of_the_equals_is_chosen():
    """Within the margin of the best, fewer clusters win over a higher silhouette, and kmeans over the mixture."""
    found = chosen(
        made("mixture", 3, 0.500), made("kmeans", 3, 0.495), made("kmeans", 2, 0.48), made("kmeans", 4, 0.505)
    )
    assert found.chosen.name == ("kmeans", 3)
    assert found.runner_up.name == ("kmeans", 4)


def test_a_clear_lead_wins_over_simplicity():
    """Outside the margin the higher silhouette is chosen; the best other K is named beside the runner-up."""
    found = chosen(made("kmeans", 2, 0.30), made("kmeans", 3, 0.50), made("mixture", 3, 0.45), made("kmeans", 4, 0.40))
    assert found.chosen.name == ("kmeans", 3)
    assert found.runner_up.name == ("mixture", 3)
    assert found.other_k.name == ("kmeans", 4)


def test_a_sliver_is_not_chosen():
    """A clustering with too small a cluster loses to any other, but stands when there is no other."""
    sliver, plain = made("kmeans", 2, 0.9, eligible=False), made("kmeans", 3, 0.4)
    assert chosen(sliver, plain).chosen is plain
    assert chosen(sliver).chosen is sliver
    assert chosen(sliver).runner_up is None


def test_the_planted_number_is_chosen_and_the_lead_is_a_difference():
    """K = 3 comes out of the whole grid, and the lead is the difference of the two silhouettes."""
    points = scaling(PLANTED).apply(PLANTED)
    params = clusters(methods=["kmeans", "mixture", "dbscan"])
    found = candidates(points, params, np.random.default_rng(1), 0.95)
    choice = choose_clusters(points, found, params, np.random.default_rng(2), 0.95)
    assert choice.chosen.name == ("kmeans", 3)
    assert adjusted_rand(choice.chosen.labels, OF) > 0.98
    lead = choice.chosen.silhouette.value - choice.other_k.silhouette.value
    assert choice.lead_other_k.value == pytest.approx(lead)
    assert lead > 0.05


def test_no_cluster_anywhere_is_refused():
    """When the only method finds fewer than two clusters the error says which parameters to change."""
    params = clusters(methods=["dbscan"], dbscan={"radius": 1e-6, "neighbours": 5})
    found = candidates(PLANTED, params, np.random.default_rng(0), 0.95)
    with pytest.raises(InputError, match="must find two clusters at least, got none; change cluster_privacy"):
        choose_clusters(PLANTED, found, params, np.random.default_rng(0), 0.95)


def test_knee_by_hand():
    """Farthest below the line from first to last: at 3 of 100, 60, 20, 15, 10; a straight line's first point; None."""
    assert knee({1: 100, 2: 60, 3: 20, 4: 15, 5: 10}) == 3
    assert knee({2: 10, 3: 9}) is None
    assert knee({1: 5, 2: 6, 3: 7}) is None


def analysed(values, seed=0):
    points, params = scaling(values).apply(values), clusters()
    streams = np.random.default_rng(seed).spawn(4)
    found = candidates(points, params, streams[0], 0.95)
    choice = choose_clusters(points, found, params, streams[1], 0.95)
    again = refits(
        points, {choice.chosen.name: choice.chosen.labels}, Stability(refits=15, starts=2), DBSCAN, streams[2]
    )
    null = without_clusters(points, choice.chosen.fitted.method, params, REFERENCE, streams[3])
    return choice, again[choice.chosen.name], null


def test_planted_segments_are_beyond_doubt():
    """They are found again by every refit, every segment stable, and no table without clusters comes near."""
    choice, again, null = analysed(PLANTED)
    assert again.quartiles()[0] > 0.95
    assert [word for _, word in again.clusters()] == ["stable"] * 3
    assert doubts(choice, again.quartiles()[1], 0.4, null) == []


def test_pure_noise_is_no_segments():
    """One round cloud: refits disagree, and clouds like it score as high."""
    choice, again, null = analysed(noise(400, 4))
    assert again.quartiles()[1] < 0.6
    found = doubts(choice, again.quartiles()[1], 0.6, null)
    assert UNSTABLE in found
    assert CHANCE in found


def test_a_stable_cut_of_an_even_square_is_no_segment():
    """Quartering a uniform square is stable, yet a matter of the square's edges: the reference box scores as high."""
    choice, again, null = analysed(np.random.default_rng(3).uniform(size=(600, 2)))
    assert CHANCE in doubts(choice, again.quartiles()[1], 0.4, null)


@pytest.mark.heavy
@pytest.mark.slow
def test_false_alarms_are_as_rare_as_stated():
    """Of 20 clouds of one normal distribution, hardly any beats all of the tables without clusters."""
    params, alarms = clusters(methods=["kmeans"]), 0
    for seed in range(20):
        points, streams = scaling(noise(150, 3, seed=100 + seed)), np.random.default_rng(seed).spawn(3)
        points = points.apply(noise(150, 3, seed=100 + seed))
        choice = choose_clusters(points, candidates(points, params, streams[0], 0.95), params, streams[1], 0.95)
        alarms += CHANCE not in doubts(
            choice, 1.0, 0.4, without_clusters(points, "kmeans", params, REFERENCE, streams[2])
        )
    assert alarms <= 3


def test_doubts_are_named():
    """Each of the three reasons appears when it holds, and none when none does."""
    good = SimpleNamespace(chosen=made("kmeans", 3, 0.5))
    sliver = SimpleNamespace(chosen=made("kmeans", 3, 0.5, eligible=False))
    low, high = {"normal": np.array([0.3])}, {"normal": np.array([0.3]), "uniform": np.array([0.5])}
    assert doubts(good, 0.9, 0.4, low) == []
    assert doubts(good, 0.3, 0.4, low) == [UNSTABLE]
    assert doubts(good, 0.9, 0.4, high) == [CHANCE]
    assert doubts(sliver, 0.9, 0.4, low) == [SLIVER]


def test_readings_are_hennigs():
    """From .75 stable, below .5 dissolved, doubtful between; the mean over refits is what is read."""
    assert [reading(x) for x in (0.75, 0.74, 0.5, 0.49)] == ["stable", "doubtful", "doubtful", "dissolved"]
    again = Refits(np.array([1.0, 0.5, 0.0, 0.5]), np.array([[1.0, 0.2], [0.6, 0.4], [0.8, 0.3], [0.8, 0.3]]))
    assert again.quartiles() == (0.375, 0.5, 0.625)
    assert again.clusters() == [(pytest.approx(0.8), "stable"), (pytest.approx(0.3), "dissolved")]


def test_refits_share_their_samples_and_repeat():
    """The same stream gives the same refits, and another candidate beside it changes none of the first one's ARI."""
    kmeans = np.argmax(PLANTED, axis=1)
    alone = refits(PLANTED, {("kmeans", 3): kmeans}, Stability(refits=4, starts=1), DBSCAN, np.random.default_rng(5))
    both = refits(
        PLANTED,
        {("kmeans", 3): kmeans, ("mixture", 3): kmeans},
        Stability(refits=4, starts=1),
        DBSCAN,
        np.random.default_rng(5),
    )
    np.testing.assert_array_equal(alone["kmeans", 3].ari, both["kmeans", 3].ari)
