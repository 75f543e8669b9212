"""The table of people: its sample, its roles, what is done about missing values, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from responsible.datasets.segments import CENTRES, CHUNK, SPREADS, draw
from responsible.segmentation.schema import Segments, people
from responsible.segmentation.scorecard import Scorecard, one_sided, scorecard, total
from responsible.validation import InputError

LIMITS = Scorecard(silhouette=0.35, stability=0.4, drop=0.15)


def roles(missing="refuse", **changes):
    features = {"f1": {"minimum": -5, "maximum": 5}, "f2": {"minimum": 0, "maximum": 9.5}}
    given = {"source": "t.csv", "delimiter": ",", "protected": "group", "missing": missing, "features": features}
    return Segments.model_validate(given | changes)


def rows(f1=(3.0, 1.0, 2.0, 1.0), f2=(4.0, 4.0, 5.0, 3.0), group=("A", "B", "Missing", "A")):
    return pd.DataFrame({"row": range(1, len(f1) + 1), "x.f1": f1, "x.f2": f2, "a.group": group})


def test_the_sample_repeats_and_a_longer_one_begins_with_it():
    """The same seed gives the same rows, and more rows only add to them, over the edge of a chunk too."""
    short, long = (pd.concat(map(pd.DataFrame, draw(n, 12))) for n in (300, CHUNK + 10))
    pd.testing.assert_frame_equal(long.iloc[:300], short)
    assert len(long) == CHUNK + 10
    assert next(draw(5, 13))["f1"].tolist() != next(draw(5, 12))["f1"].tolist()


def test_the_sample_is_what_its_documentation_says():
    """Three clusters of equal weight, f3 and f4 noisy copies, and B exactly where f1 + f2 / 2 > 4."""
    table = pd.DataFrame(next(draw(CHUNK, 1)))
    assert (table["group"] == np.where(table["f1"] + table["f2"] / 2 > 4, "B", "A")).all()
    plane = table[["f1", "f2"]].to_numpy()
    of = ((plane[:, None] - np.array(CENTRES)) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(of) / CHUNK, 1 / 3, atol=0.01)
    np.testing.assert_allclose([plane[of == k].std(axis=0).mean() for k in range(3)], SPREADS, atol=0.02)
    np.testing.assert_allclose(
        [(table["f3"] - 0.8 * table["f1"]).std(), (table["f4"] - 0.5 * table["f2"]).std()], 1, atol=0.02
    )


def test_the_table_is_sorted_so_that_order_says_nothing():
    """Rows in any order give the same table."""
    one, _ = people(rows(), roles())
    other, _ = people(rows().iloc[::-1], roles())
    pd.testing.assert_frame_equal(one, other)
    assert one["x.f1"].tolist() == [1.0, 1.0, 2.0, 3.0]
    assert list(one) == ["x.f1", "x.f2", "a.group"]


@pytest.mark.parametrize(("missing", "values"), [("drop", [1.0, 2.0, 3.0]), ("median", [1.0, 2.0, 2.0, 3.0])])
def test_a_missing_feature_is_dropped_or_filled(missing, values):
    """`drop` leaves the row out, `median` puts the median of the others; the profile says whom it happened to."""
    table, profile = people(rows(f1=(3.0, None, 2.0, 1.0)), roles(missing))
    assert table["x.f1"].tolist() == values
    assert profile.set_index("level").loc["B", "missing"] == 1
    assert profile.set_index("column").loc["f1", ["n", "missing", "mean"]].tolist() == [3, 1, 2.0]


def test_refuse_makes_a_missing_feature_a_bad_row():
    """Under `refuse` features are required of every row; otherwise they are not, and the attribute never is."""
    assert [d.required for d in roles("refuse").declared()] == [True, True, False]
    assert [d.required for d in roles("drop").declared()] == [False, False, False]


def test_bounds_are_those_declared():
    """In the order of the features, whatever the data are."""
    low, high = roles().bounds()
    assert (low.tolist(), high.tolist()) == ([-5.0, 0.0], [5.0, 9.5])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"f1": (1.0,) * 4}, "t.csv: feature 'f1' must vary, got 1 in all 4 rows; remove it from segments.features"),
        ({"group": ("A",) * 4}, "'group' must have at least two levels, got only 'A' in t.csv; name another"),
        ({"f1": (None,) * 4}, "must leave rows to segment, but all 4 good rows lack a value of a feature"),
    ],
)
def test_a_table_without_anything_to_segment_is_refused(given, message):
    """A constant feature, one protected level and no complete row are named with their remedy."""
    with pytest.raises(InputError, match=message):
        people(rows(**given), roles("drop"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protected": "F1"}, "protected must not be a feature, got 'F1' for both"),
        ({"features": {"f1": {"minimum": 2, "maximum": 2}}}, "minimum must be < maximum, got 2.0 and 2.0"),
        ({"features": {"f1": {"minimum": 2}}}, "Field required"),
        ({"features": {}}, "at least 1 item"),
        ({"missing": "mean"}, "'refuse', 'drop' or 'median'"),
    ],
)
def test_roles_that_make_no_sense_are_refused(change, message):
    """A protected feature, bounds without room or missing, no feature and an unknown policy are errors."""
    with pytest.raises(ValueError, match=message):
        roles(**change)


def scored(silhouette=0.5, stability=0.9, drop=0.1, shares=(), unanswered=()):
    return scorecard(
        silhouette=silhouette, stability=stability, drop=drop, shares=shares, unanswered=unanswered, limits=LIMITS
    )


def flagged(reason, different=True):
    from responsible.segmentation.representation import Share

    empty = dict.fromkeys(("low", "high", "population", "difference", "difference_low", "difference_high", "p"), 0.0)
    return Share(
        segment=1,
        level="A",
        n=10,
        count=9,
        share=0.9,
        p_adjusted=0.0,
        method="",
        above_flag=True,
        flagged=different,
        reason=reason,
        **empty,
    )


def test_five_criteria_of_twenty_points():
    """All met is 100; each that is missed costs 20, at its limit it is met, and undefined is missed."""
    assert total(scored()) == 100
    assert total(scored(silhouette=0.35, stability=0.4, drop=0.15)) == 100
    for missed in (
        {"silhouette": 0.349},
        {"stability": 0.39},
        {"drop": 0.151},
        {"drop": float("nan")},
        {"unanswered": ["consent"]},
    ):
        assert total(scored(**missed)) == 80


def test_a_flag_costs_the_criterion_unless_justified():
    """A one-sided segment without a reason is named and costs 20 points; with one it does not."""
    bad, good = scored(shares=[flagged("")]), scored(shares=[flagged("A reason.")])
    assert (total(bad), total(good)) == (80, 100)
    assert bad[3].remark == "segment 1: 90 % A"
    assert [len(part) for part in one_sided([flagged(""), flagged("x"), flagged("y")])] == [1, 2]


def test_a_share_like_everybodys_costs_nothing_but_is_shown():
    """A segment above the plain share that is like everybody meets the criterion and is named beside it."""
    met = scored(shares=[flagged("", different=False)])
    assert total(met) == 100
    assert met[3].remark == "no segment is one-sided; above the share, but like everybody: segment 1: 90 % A"
