import numpy as np
import pytest

from responsible.privacy.attacks import NO_NOISE
from responsible.privacy.domain import Privacy
from responsible.privacy.mechanisms import MECHANISMS
from responsible.privacy.tradeoff import tradeoff
from responsible.privacy.utility import MEASURES, WithoutNoise
from responsible.validation import InputError

LOW, HIGH = np.array([-4.0, -4.0]), np.array([4.0, 4.0])
PARAMS = Privacy(
    epsilons=[0.6, 5.0],
    delta=1e-5,
    draws=3,
    rounds=3,
    clip_norm=None,
    rows=100,
    confidence=0.5,
    chosen={"mechanism": "teaching", "epsilon": 0.6},
    release={"mechanism": "central", "epsilon": 5.0},
)


def people(n):
    """Two clusters, three levels of which one has nobody."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    x = np.clip((2.0 * labels - 1)[:, None] + 0.3 * rng.normal(size=(n, 2)), LOW, HIGH)
    return WithoutNoise(x, labels, rng.integers(0, 2, n), ["A", "B", "nobody"])


@pytest.fixture(scope="module")
def found():
    return tradeoff(people(400), LOW, HIGH, PARAMS, np.random.default_rng(1), k=2)


def test_tables_hold_every_mechanism_and_budget(found):
    """Curves, attacks and ledger have a line for each, with the draws they rest on."""
    wanted = {(name, budget) for name in MECHANISMS for budget in PARAMS.epsilons}
    for table in (found.curves, found.ledger, found.attack[found.attack["mechanism"] != NO_NOISE]):
        assert set(zip(table["mechanism"], table["epsilon"], strict=True)) == wanted
    assert set(found.curves["measure"]) == set(MEASURES)
    assert (found.rows, found.of) == (100, 400)


def test_a_level_without_people_is_listed_and_undefined(found):
    """A declared level that nobody has is not left out, and its share is NaN, not 0."""
    nobody = found.curves[found.curves["level"] == "nobody"]
    assert len(nobody) == len(MECHANISMS) * 2
    assert nobody["value"].isna().all()
    assert (nobody["draws"] == 0).all()


def test_intervals_contain_their_medians(found):
    """Every value lies between its low and high, where enough draws have a value for an interval."""
    known = found.curves.dropna(subset=["value", "low"])
    assert (known["low"] - 1e-12 <= known["value"]).all()  # interpolation rounds in the last bit
    assert (known["value"] <= known["high"] + 1e-12).all()


def test_drop_is_scored_on_what_is_published(found):
    """Noisy rows for the teaching mapping and the local mechanism, original rows for the central one."""
    for name, measure in (("teaching", "noisy_silhouette"), ("local", "noisy_silhouette"), ("central", "silhouette")):
        assert found.drop(name, 5.0) == pytest.approx(found.silhouette - found.value(name, 5.0, measure))
    assert np.isnan(found.value("central", 5.0, "noisy_silhouette"))


def test_caps_stand_beside_the_membership_attack(found):
    """The cap of a guarantee is below 1 and the ledger's; where nothing is promised it is 1; linkage has none."""
    membership = found.attack[found.attack["measure"] == "membership"].set_index(["mechanism", "epsilon"])["cap"]
    caps = found.ledger.set_index(["mechanism", "epsilon"])["advantage_cap"]
    assert membership["central", 0.6] == caps["central", 0.6] < 0.07
    assert membership["teaching", 5.0] == 1
    assert found.attack.loc[found.attack["mechanism"] == NO_NOISE, "cap"].dropna().tolist() == [1]
    assert found.attack.loc[found.attack["measure"] == "linkage", "cap"].isna().all()


def test_bounds_that_do_not_contain_the_data_are_refused_by_name():
    """The feature is named, by its name when there is one."""
    whole = people(100)
    with pytest.raises(InputError, match=r"feature 'height' must lie within its declared bounds -0.5 to 4"):
        tradeoff(whole, np.array([-4, -0.5]), HIGH, PARAMS, np.random.default_rng(1), k=2, names=["age", "height"])


def test_order_of_people_does_not_change_what_is_promised(found):
    """The ledger and the silhouette without noise are those of the same people in another order."""
    whole = people(100)
    turned = WithoutNoise(whole.x[::-1], whole.labels[::-1], whole.codes[::-1], whole.levels)
    first, second = (tradeoff(w, LOW, HIGH, PARAMS, np.random.default_rng(1), k=2) for w in (whole, turned))
    assert first.silhouette == pytest.approx(second.silhouette)
    assert first.ledger["epsilon_if_clipped"].tolist() == pytest.approx(second.ledger["epsilon_if_clipped"].tolist())
    central = [t.curves[t.curves["mechanism"] == "central"]["value"].to_numpy() for t in (first, second)]
    assert central[0] == pytest.approx(central[1], nan_ok=True)
