import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from responsible.limits import Limits
from responsible.measures.costs import COST, Costs
from responsible.mitigation.reweighing import Reweigh
from responsible.mitigation.swept import Predictions, Swept
from responsible.mitigation.threshold_choice import ThresholdChoice, choose_threshold, misses, replicate_counts, winners
from responsible.mitigation.threshold_figures import Sweep, quantity
from responsible.mitigation.threshold_sweep import sweep_cells, table, wide
from responsible.statistics.intervals import Inference
from responsible.tabular.cells import Grid
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError
from tests.support import reference
from tests.support.planted import PLAIN

REWEIGH = Reweigh(attributes=["team"], groups="privileged", empty_cells="refuse")
SENSITIVE = {"team": Sensitive(column="team", privileged=["a"], exclude=["x"])}
INFERENCE = Inference(confidence=0.95, replicates=400, minimum_denominator=5)
CUTS = [10.0, 20.0, 30.0]


def sweep(**limits):
    return Sweep(grid=Grid(minimum=10, maximum=30, step=10), attribute="team", limits=limits, choose_by="f1")


@pytest.fixture(scope="module")
def people():
    """4,000 people whose target depends on age and team, in three splits."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "split": rng.choice(["train", "valid", "test"], 4000, p=[0.6, 0.2, 0.2]),
            "x.age": rng.integers(18, 40, 4000).astype(float),
            "a.team": rng.choice(["a", "b", "c", "x"], 4000),
        }
    )
    target = 0.6 * frame["x.age"] + 6 * (frame["a.team"] == "a") + rng.normal(0, 5, 4000)
    return frame.assign(**{"x.team": frame["a.team"]}, bin=np.searchsorted(CUTS, target, side="right"))


@pytest.fixture(scope="module")
def swept(people):
    cells = people.groupby(list(people.columns), as_index=False).size().rename(columns={"size": "n"})
    kinds = {"x.age": "numeric", "x.team": "categorical"}
    return sweep_cells(cells, kinds, CUTS, SENSITIVE, model=PLAIN, reweigh=REWEIGH, sweep=sweep())


def by_rows(people, threshold, reweighed):
    """The same model fitted on rows by scikit-learn, its confusion table on test rows [team, y, ŷ] for b+c, a and x."""
    label = (people["bin"] > CUTS.index(threshold)).to_numpy().astype(int)
    group = people["a.team"].map({"a": 1, "b": 0, "c": 0, "x": 2}).to_numpy()
    train = (people["split"] == "train").to_numpy()
    weight = np.ones(len(people))
    if reweighed:
        used = train & (group < 2)
        for g in (0, 1):
            for y in (0, 1):
                n_gy = (used & (group == g) & (label == y)).sum()
                share = (used & (group == g)).sum() * (used & (label == y)).sum() / used.sum() / n_gy
                weight[(group == g) & (label == y)] = share
    scaled = StandardScaler().fit(people.loc[train, ["x.age"]]).transform(people[["x.age"]])
    teams = OneHotEncoder(sparse_output=False).fit(people.loc[train, ["x.team"]]).transform(people[["x.team"]])
    matrix = np.hstack([scaled, teams])
    model = LogisticRegression(solver="newton-cholesky", tol=1e-9, max_iter=1000)
    predicted = model.fit(matrix[train], label[train], sample_weight=weight[train]).predict(matrix)
    test = (people["split"] == "test").to_numpy()
    return np.stack(
        [
            reference.table(list(zip(label[test & (group == g)], predicted[test & (group == g)], strict=True)))
            for g in range(3)
        ]
    )


@pytest.mark.parametrize("threshold", CUTS)
@pytest.mark.parametrize("reweighed", [False, True])
def test_sweep_on_cells_is_the_sweep_on_rows(people, swept, threshold, reweighed):
    """At each threshold the confusion counts of each group equal those of scikit-learn fitted on the rows."""
    joint = swept.joint("test")[CUTS.index(threshold)]
    np.testing.assert_array_equal(joint.sum(-2 if reweighed else -1), by_rows(people, threshold, reweighed))


def test_base_rate_is_of_all_rows_and_measures_of_two_groups(people, swept):
    """The base rate counts the excluded team, the fairness measures do not."""
    counts = swept.joint("test").sum(-1)
    test = people[people["split"] == "test"]
    np.testing.assert_allclose(quantity("base_rate")(counts)[1, 0], (test["bin"] > 1).mean())
    u, p = (reference.rows(counts[1, g]) for g in (0, 1))
    expected = reference.MEASURES["disparate_impact"](u, p)
    np.testing.assert_allclose(quantity("disparate_impact")(counts)[1, 0], expected)


def test_table_holds_every_figure_and_wide_the_same_numbers(swept):
    """The long table has a row for each threshold, model and figure, and the wide one repeats its values."""
    long = table(swept, INFERENCE, np.random.default_rng(0))
    assert len(long) == 3 * (1 + 2 * (5 + 6))
    found = wide(long, np.array([0.1, 0.2, 0.7])).set_index("threshold")
    one = long[(long["threshold"] == 20) & (long["model"] == "reweighed") & (long["figure"] == "f1")]
    assert found.loc[20.0, "reweighed_f1"] == one["value"].iloc[0]
    assert found["selection_frequency"].tolist() == [0.1, 0.2, 0.7]
    known = long.dropna(subset=["value"])
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()


def test_threshold_without_both_labels_is_reported_with_its_reason(people):
    """A threshold at which nobody has label 1 gets no models but keeps its base rate, and the others are unharmed."""
    cells = people.assign(n=1, bin=people["bin"].clip(upper=2))
    kinds = {"x.age": "numeric", "x.team": "categorical"}
    found = sweep_cells(cells, kinds, CUTS, SENSITIVE, model=PLAIN, reweigh=REWEIGH, sweep=sweep())
    assert found.usable.tolist() == [True, True, False]
    long = table(found, INFERENCE, np.random.default_rng(0)).set_index(["threshold", "model", "figure"]).sort_index()
    assert "has no row with label 1" in long.loc[(30.0, "baseline", "f1"), "reason"]
    assert long.loc[(30.0, "data", "base_rate"), "value"] == 0.0
    assert long.loc[(20.0, "baseline", "f1"), "value"] > 0.5


def test_replicates_draw_the_same_people_for_all_thresholds(swept):
    """Each replicate has the split's number of rows at every threshold, and its labels fall as the threshold rises."""
    draws = replicate_counts(swept, "valid", 50, np.random.default_rng(3))
    rows = int(swept.counts[swept.split == "valid"].sum())
    assert (draws.sum(axis=(2, 3, 4)) == rows).all()
    positives = draws[..., 1, :].sum(axis=(2, 3))
    assert (np.diff(positives, axis=1) <= 0).all()
    groups = draws.sum(axis=(3, 4))
    assert (groups == groups[:, :1]).all()


def test_replicates_agree_with_a_row_bootstrap(swept):
    """Mean and spread of the reweighed disparate impact agree with resampling the valid rows one by one."""
    draws = replicate_counts(swept, "valid", 2000, np.random.default_rng(4))
    ours = quantity("disparate_impact")(draws[:, 1])[..., 0]
    mine = np.flatnonzero(np.repeat(swept.split, swept.counts) == "valid")
    group = np.repeat(swept.group, swept.counts)[mine]
    selected = np.repeat(swept.found.mitigated[1], swept.counts)[mine]
    rng, rows = np.random.default_rng(5), []
    for _ in range(2000):
        pick = rng.integers(0, len(mine), len(mine))
        g, s = group[pick], selected[pick]
        rows.append(s[g == 0].mean() / s[g == 1].mean())
    assert np.mean(ours) == pytest.approx(np.mean(rows), rel=0.01)
    assert np.std(ours) == pytest.approx(np.std(rows), rel=0.08)


def counts_of(*cells):
    """Counts ``[threshold, group, y, ŷ]`` from (u, p) confusion tables."""
    return np.stack([np.stack([u, p, np.zeros((2, 2), dtype=int)]) for u, p in cells])


# Disparate impact .5, 1.0 and .9; base rate .5, .5 and .8; F1 .9, .6 and .7-ish
POINT = counts_of(
    (reference.confusion(tp=25, fp=0, tn=50, fn=25), reference.confusion(tp=50, fp=0, tn=50, fn=0)),
    (reference.confusion(tp=30, fp=20, tn=30, fn=20), reference.confusion(tp=30, fp=20, tn=30, fn=20)),
    (reference.confusion(tp=45, fp=0, tn=20, fn=35), reference.confusion(tp=50, fp=0, tn=20, fn=30)),
)
DI = {"disparate_impact": Limits(minimum=0.8, maximum=1.25)}
BASE = {"base_rate": Limits(minimum=0.3, maximum=0.7)}
ALL = np.array([True, True, True])


def test_choice_by_hand():
    """Of three thresholds the best F1 fails the impact and the next best the base rate, so the worst wins."""
    assert winners(POINT, ALL, sweep(**DI, **BASE)) == 1
    assert winners(POINT, ALL, sweep(**DI)) == 2
    assert winners(POINT, ALL, sweep()) == 0
    assert winners(POINT, np.array([True, False, True]), sweep(**DI, **BASE)) == -1


def test_miss_is_the_distance_to_the_limits():
    """Each threshold's miss sums how far its constraints lie outside, and is infinite where there is no model."""
    np.testing.assert_allclose(misses(POINT, ALL, sweep(**DI, **BASE)), [0.3, 0.0, 0.1])
    assert misses(POINT, np.array([False, True, True]), sweep(**DI))[0] == np.inf


def test_undefined_constraint_is_not_met():
    """Where the privileged group has nobody selected the impact is undefined, which is not a pass."""
    none = counts_of((reference.confusion(0, 0, 5, 5), reference.confusion(0, 0, 5, 5)))
    assert winners(none, np.array([True]), sweep(**DI)) == -1
    assert misses(none, np.array([True]), sweep(**DI))[0] == np.inf


def swept_of(label, reweighed, group, split):
    label, reweighed = np.array(label, dtype=bool), np.array(reweighed, dtype=bool)
    found = Predictions(label, reweighed, reweighed, ("",) * len(label))
    counts = np.full(len(group), 40)
    return Swept((10.0, 20.0, 30.0)[: len(label)], found, np.array(group), np.array(split, dtype=object), counts)


def test_choice_looks_at_valid_only():
    """Test rows on which another threshold would win do not sway the choice; without valid rows train decides."""
    label = [[1, 1, 0, 0] * 3] * 2
    good, bad = [1, 1, 0, 0], [1, 0, 0, 0]
    predicted = [[*bad, *bad, *good], [*good, *good, *bad]]  # train, valid, test
    splits = ["train"] * 4 + ["valid"] * 4 + ["test"] * 4
    group = [0, 1, 0, 1] * 3
    found = choose_threshold(swept_of(label, predicted, group, splits), sweep(), INFERENCE, np.random.default_rng(0))
    assert (found.reported, found.chosen_on, found.feasible) == (20.0, "valid", True)
    splits = ["train"] * 8 + ["test"] * 4
    found = choose_threshold(swept_of(label, predicted, group, splits), sweep(), INFERENCE, np.random.default_rng(0))
    assert (found.reported, found.chosen_on) == (20.0, "train")


def test_no_feasible_threshold_is_an_explicit_answer(swept):
    """Constraints nobody can meet give no recommendation but the nearest miss, its distance, and how often so."""
    strict = sweep(disparate_impact=Limits(minimum=5.0), base_rate=Limits(minimum=0.3, maximum=0.7))
    found = choose_threshold(swept, strict, INFERENCE, np.random.default_rng(0))
    values = quantity("disparate_impact")(swept.joint("valid").sum(-2))[..., 0]
    assert isinstance(found, ThresholdChoice)
    assert not found.feasible
    assert found.none == 1.0
    headline = found.summary(table(swept, INFERENCE, np.random.default_rng(1)))
    assert headline["recommended_threshold"] is None
    assert headline["feasible"] is False
    assert headline["reported_threshold"] == found.reported
    share = headline["positive_rate"]
    assert headline["trivial_accuracy"] == max(share, 1 - share)  # always-no where most labels are 0
    base = quantity("base_rate")(swept.joint("valid").sum(-2))[..., 0]
    expected = 5.0 - values + np.maximum(0, np.maximum(0.3 - base, base - 0.7))
    assert found.distance == pytest.approx(np.nanmin(expected))


def test_frequency_says_how_firm_the_choice_is(swept):
    """Winning shares and the share without a feasible threshold add up to one, and the verdict judges the interval."""
    found = choose_threshold(swept, sweep(**DI), INFERENCE, np.random.default_rng(0))
    assert found.frequency.sum() + found.none == pytest.approx(1.0)
    row = found.constraints.iloc[0]
    inside = row["low"] >= 0.8 and row["high"] <= 1.25
    assert (row["verdict"] == "pass") == inside


def test_no_models_at_all_is_refused():
    """When no threshold of the grid has models the sweep is refused with the first reason."""
    found = Predictions(np.zeros((1, 2), bool), np.zeros((1, 2), bool), np.zeros((1, 2), bool), ("one label only",))
    swept = Swept((10.0,), found, np.array([0, 1]), np.array(["valid", "valid"], dtype=object), np.array([1, 1]))
    with pytest.raises(InputError, match=r"no threshold has models; at 10: one label only"):
        choose_threshold(swept, sweep(), INFERENCE, np.random.default_rng(0))


def test_unknown_constraint_is_refused():
    """A constraint on a quantity that does not exist is refused with the nearest name."""
    with pytest.raises(ValueError, match=r"limits\.base_rates is not a constraint; did you mean 'base_rate'"):
        sweep(base_rates=Limits(minimum=0.3))


ALONE = {"team": Sensitive(column="team", exclude=["x"])}


@pytest.fixture(scope="module")
def unpooled(people):
    cells = people.groupby(list(people.columns), as_index=False).size().rename(columns={"size": "n"})
    kinds = {"x.age": "numeric", "x.team": "categorical"}
    weigh = REWEIGH.model_copy(update={"groups": "levels"})
    return sweep_cells(cells, kinds, CUTS, ALONE, model=PLAIN, reweigh=weigh, sweep=sweep())


def test_each_level_is_compared_where_none_is_privileged(unpooled):
    """Every level's ratio is of its own to all other levels' selection; without a level stands the farthest one."""
    found = table(unpooled, INFERENCE, np.random.default_rng(1))
    counts = unpooled.joint("test").sum(-2)[1, :3].sum(axis=1)
    own = found[
        (found["threshold"] == 20.0) & (found["model"] == "reweighed") & (found["figure"] == "disparate_impact")
    ]
    values = own.set_index("level")["value"]
    for i, level in enumerate(("a", "b", "c")):
        others = np.delete(counts, i, axis=0).sum(axis=0)
        assert values[level] == pytest.approx((counts[i, 1] / counts[i].sum()) / (others[1] / others.sum()))
    whole = own[own["level"] == ""].iloc[0]
    assert abs(np.log(whole["value"])) == pytest.approx(np.abs(np.log(values[["a", "b", "c"]])).max())
    assert whole["low"] == own.set_index("level").loc[whole["farthest"], "simultaneous_low"]
    assert not found[["threshold", "model", "figure", "level"]].duplicated().any()


def test_every_level_must_meet_a_constraint(unpooled):
    """A threshold is chosen only where all levels' ratios lie within, and the constraint shows the farthest level."""
    point = unpooled.joint("valid").sum(-2)
    farthest = np.nan_to_num(np.abs(np.log(quantity("disparate_impact", each=True)(point))).max(axis=-1), nan=np.inf)
    middle = float(np.exp(farthest.min())) + 1e-6
    limits = sweep(disparate_impact=Limits(minimum=1 / middle, maximum=middle))
    assert int(winners(point, unpooled.usable, limits, each=True)) == int(farthest.argmin())
    strict = sweep(disparate_impact=Limits(minimum=5.0))
    found = choose_threshold(unpooled, strict, INFERENCE, np.random.default_rng(0))
    assert not found.feasible
    assert found.constraints.iloc[0]["farthest"] in ("a", "b", "c")
    assert replicate_counts(unpooled, "valid", 20, np.random.default_rng(3)).shape[1:] == (3, 4, 2, 2)


COSTS = Costs(false_positive=1, false_negative=5)


def test_costs_decide_in_place_of_the_figure():
    """By hand wrong answers cost 125, 240 and 325; where a wrong yes is dear, the last is cheaper than the second."""
    cost = quantity(COST, costs=COSTS)(POINT)[..., 0]
    np.testing.assert_allclose(cost, [5 * 25 / 200, (40 + 5 * 40) / 200, 5 * 65 / 200])
    assert winners(POINT, ALL, sweep(), costs=COSTS) == 0
    assert winners(POINT, ALL, sweep(**DI), costs=COSTS) == 1
    assert winners(POINT, ALL, sweep(**DI), costs=Costs(false_positive=5, false_negative=1)) == 2
    assert winners(POINT, np.array([False, False, False]), sweep(), costs=COSTS) == -1


@pytest.mark.parametrize("prices", [(1, 5), (5, 1), (1, 100)])
def test_the_threshold_of_least_cost_is_that_of_the_rows(swept, prices):
    """Of every validation row priced one by one the cheapest threshold is chosen, and the table says what it costs."""
    costs = Costs(false_positive=prices[0], false_negative=prices[1])
    label, said = swept.found.label, swept.found.mitigated
    price = np.where(said & ~label, prices[0], 0) + np.where(~said & label, prices[1], 0)
    by_split = {
        split: [np.repeat(own, swept.counts)[np.repeat(swept.split, swept.counts) == split].mean() for own in price]
        for split in ("valid", "test")
    }
    found = choose_threshold(swept, sweep(), INFERENCE, np.random.default_rng(0), costs)
    assert (found.index, found.chosen_by) == (int(np.argmin(by_split["valid"])), "cost")
    figures = table(swept, INFERENCE, np.random.default_rng(1), costs=costs)
    own = figures[(figures["model"] == "reweighed") & (figures["figure"] == "cost")]
    np.testing.assert_allclose(own["value"], by_split["test"])
    assert ((own["low"] < own["value"]) & (own["value"] < own["high"])).all()
    assert found.summary(figures)["reweighed"]["cost"] == pytest.approx(by_split["test"][found.index])
    assert choose_threshold(swept, sweep(), INFERENCE, np.random.default_rng(0)).chosen_by == "f1"
