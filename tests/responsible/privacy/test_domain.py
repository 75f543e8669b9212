import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from responsible.privacy.domain import Privacy, domain, refuse_outside
from responsible.validation import InputError, explain

GOOD = {
    "epsilons": [0.5, 1.0],
    "delta": 1e-5,
    "draws": 19,
    "rounds": 4,
    "clip_norm": 1.0,
    "rows": 100,
    "confidence": 0.9,
    "chosen": {"mechanism": "teaching", "epsilon": 0.5},
    "release": {"mechanism": "central", "epsilon": 1.0},
}
LOW, HIGH = np.array([-5.0, 0.0, 10.0]), np.array([7.0, 1.0, 30.0])


def test_good_parameters_are_taken():
    """The section as the sample has it is valid."""
    assert Privacy(**GOOD).chosen.mechanism == "teaching"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["delta"], 0.0, "delta must be > 0.* got 0.0"),
        (["delta"], 1.0, "delta must be < 1.* got 1.0"),
        (["delta"], -1e-5, "delta must be > 0"),
        (["epsilons"], [1.0, 0.0], "epsilons.1 must be > 0.* got 0.0"),
        (["epsilons"], [-1.0], "epsilons.0 must be > 0.* got -1.0"),
        (["epsilons"], [], "epsilons"),
        (["epsilons"], [0.5, 1.0, 1.0], "epsilons must differ from each other"),
        (["chosen", "epsilon"], 0.7, r"chosen.epsilon must be one of epsilons \[0.5, 1.0\], got 0.7"),
        (["chosen", "mechanism"], "magic", "mechanism must be 'teaching', 'local' or 'central', got 'magic'"),
        (["release", "mechanism"], "teaching", "mechanism must be 'local' or 'central', got 'teaching'"),
        (["release", "epsilon"], 0.0, "release.epsilon must be > 0"),
        (["rounds"], 0, "rounds must be >= 1"),
        (["rounds"], 2.5, "rounds must be a whole number"),
        (["clip_norm"], 0.0, "clip_norm must be > 0"),
        (["confidence"], 90.0, "confidence must be < 1"),
        (["draws"], 18, r"draws must be >= 19, .* got 18 for 0.9; raise draws or lower confidence"),
        (["confidence"], 0.95, "draws must be >= 39"),
    ],
)
def test_parameters_without_meaning_are_refused(path, value, said):
    """ε ≤ 0, δ outside (0, 1) and the like are errors that name key, rule and value."""
    tree = copy.deepcopy(GOOD)
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValidationError) as error:
        Privacy(**tree)
    text = explain(error.value, "params.yaml: cluster_privacy.privacy")
    with pytest.raises(ValueError, match=said):
        raise ValueError(text)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 1.5, None]))
def test_unit_rows_lie_in_the_ball_whatever_the_data(seed, clip_norm):
    """However wild a row, it is moved into the unit ball: the sensitivity holds for everybody."""
    declared = domain(LOW, HIGH, clip_norm)
    x = np.random.default_rng(seed).normal(size=(50, 3)) * 10.0 ** np.arange(-1, 2) * 30
    assert np.linalg.norm(declared.unit(x), axis=1).max() <= 1 + 1e-12


def test_rows_inside_the_domain_stay_where_they_are():
    """Clipping changes nothing inside: there and back again gives the row."""
    declared = domain(LOW, HIGH, 1.0)
    x = np.array([[1.0, 0.5, 20.0], [7.0, 0.5, 20.0], [-1.0, 0.7, 25.0]])
    assert declared.undo(declared.unit(x)) == pytest.approx(x)
    assert declared.unit(x)[1] == pytest.approx([1.0, 0, 0])


def test_a_row_outside_is_cut_at_its_bounds_and_then_at_the_norm():
    """Hand-counted: (13, 1, 20) is cut to the corner (7, 1, ·), whose two half-widths are √2 long, then to length 1."""
    declared = domain(LOW, HIGH, 1.0)
    assert declared.unit(np.array([[13.0, 1.0, 20.0]]))[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])
    assert domain(LOW, HIGH, None).unit(np.array([[13.0, 1.0, 20.0]]))[0] == pytest.approx([3**-0.5, 3**-0.5, 0])


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 2.5))
def test_diameter_bounds_all_pairs_and_is_attained(seed, clip_norm):
    """No two rows of the domain are farther apart than the diameter, and the best of many come close to it."""
    rng = np.random.default_rng(seed)
    declared, scale = domain(LOW, HIGH, clip_norm), rng.uniform(0.5, 3, 3)
    x = declared.undo(declared.unit(declared.middle + declared.half * rng.normal(size=(4000, 3)) * 3))
    radius = np.linalg.norm((x - declared.middle) / scale, axis=1).max()
    assert 2 * radius <= declared.diameter(scale) * (1 + 1e-9)
    assert 2 * radius >= declared.diameter(scale) * 0.9


def test_diameter_of_known_shapes():
    """A ball of radius 1 in half-widths 6, ½, 10 is 20 wide; the whole box is as wide as its diagonal."""
    assert domain(LOW, HIGH, 1.0).diameter(np.ones(3)) == pytest.approx(20)
    assert domain(LOW, HIGH, None).diameter(np.ones(3)) == pytest.approx(2 * (36 + 0.25 + 100) ** 0.5)


@pytest.mark.parametrize("high", [[7.0, 0.0, 30.0], [7.0, -1.0, 30.0], [7.0, 1.0, np.inf], [7.0, 1.0, np.nan]])
def test_bounds_without_room_are_refused(high):
    """A minimum that is not below its maximum, or a bound that is not finite, declares nothing."""
    with pytest.raises(InputError, match="bounds must be finite with minimum < maximum"):
        domain(LOW, np.array(high), 1.0)


def test_bounds_that_do_not_contain_the_data_are_refused():
    """The curator is told which feature, which bounds and how many rows; values on the bounds are inside."""
    x = np.array([[-5.0, 1.0, 30.0], [7.0, 0.0, 10.0], [0.0, 1.01, 20.0]])
    refuse_outside(x[:2], LOW, HIGH, ["a", "b", "c"])
    with pytest.raises(InputError, match="'b' must lie within its declared bounds 0 to 1, got 1 of 3 rows outside"):
        refuse_outside(x, LOW, HIGH, ["a", "b", "c"])
    with pytest.raises(InputError, match="1 of 1 rows outside"):
        refuse_outside(np.array([[0.0, np.nan, 20.0]]), LOW, HIGH, ["a", "b", "c"])
