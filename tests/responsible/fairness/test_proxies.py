"""Proxies: the AUC with which other features guess a group, by hand and by scikit-learn, and its interval."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from responsible.fairness.groups import groups
from responsible.fairness.proxies import ALL, COLUMNS, proxies, strength, together
from responsible.statistics.intervals import Inference
from tests.support.planted import PLAIN

INFERENCE = Inference(confidence=0.95, replicates=100, minimum_denominator=5)
CITY, AGE = {"city": "categorical"}, {"age": "numeric"}


def cells(*rows, feature="x.city"):
    return pd.DataFrame(rows, columns=["split", feature, "a.sex", "n"])


def found(table, kinds, exclude=(), column="Sex", params=PLAIN):
    who = groups("sex", table["a.sex"].unique(), ["M"], exclude)
    return proxies(table, kinds, {column: who}, params=params, inference=INFERENCE)


TRAIN = [("train", "Oslo", "M", 60), ("train", "Oslo", "F", 20), ("train", "Rome", "M", 20), ("train", "Rome", "F", 60)]
TEST = [("test", "Oslo", "M", 30), ("test", "Oslo", "F", 10), ("test", "Rome", "M", 10), ("test", "Rome", "F", 40)]


def test_auc_counted_by_hand():
    """Oslo guesses men: of 40 × 50 test pairs 30 × 40 are ranked rightly, 30 × 10 and 10 × 40 tie: 1550 / 2000."""
    table = found(cells(*TRAIN, *TEST), CITY)
    assert table.columns.tolist() == list(COLUMNS)
    assert table["feature"].tolist() == [ALL, "city"]
    assert table["value"].tolist() == [pytest.approx((30 * 40 + (30 * 10 + 10 * 40) / 2) / (40 * 50))] * 2
    assert table[["privileged", "unprivileged"]].to_numpy().tolist() == [[40, 50]] * 2
    assert (table["low"] < 0.775).all()
    assert (table["high"] > 0.775).all()
    assert table["strength"].tolist() == ["strong"] * 2


def test_interval_counted_by_hand():
    """DeLong: women below a man, ties half, are .9 in Oslo and .4 in Rome; men above a woman are .375 and .875."""
    row = found(cells(*TRAIN, *TEST), CITY).iloc[1]
    men, women = [0.9] * 30 + [0.4] * 10, [0.375] * 10 + [0.875] * 40
    variance = np.var(men, ddof=1) / 40 + np.var(women, ddof=1) / 50
    half = 1.959964 * np.sqrt(variance) / (0.775 * 0.225)
    ends = [1 / (1 + np.exp(-(np.log(0.775 / 0.225) + side * half))) for side in (-1, 1)]
    assert [row["low"], row["high"]] == pytest.approx(ends, abs=1e-6)


def test_rows_of_scikit_learn_give_the_same():
    """Fitted and scored on expanded rows by scikit-learn alone, every feature alone and all together agree to 1e-9."""
    rng = np.random.default_rng(5)
    n = 3000
    rows = pd.DataFrame({"x.age": rng.integers(20, 40, n).astype(float), "x.city": rng.choice(["A", "B", "C"], n)})
    man = rng.random(n) < 1 / (1 + np.exp(-(rows["x.age"] - 30) / 10 - (rows["x.city"] == "B")))
    rows = rows.assign(split=rng.choice(["train", "valid", "test"], n), **{"a.sex": np.where(man, "M", "F")})
    table = found(rows.value_counts().rename("n").reset_index(), AGE | CITY).set_index("feature")["value"]
    learn, ask = rows["split"] == "train", rows["split"] == "test"
    for name, used in {ALL: ["x.age", "x.city"], "age": ["x.age"], "city": ["x.city"]}.items():
        steps = {"x.age": StandardScaler(), "x.city": OneHotEncoder()}
        encode = ColumnTransformer([(c, steps[c], [c]) for c in used])
        model = make_pipeline(encode, LogisticRegression(solver="newton-cholesky", tol=1e-9))
        score = model.fit(rows.loc[learn, used], man[learn]).predict_proba(rows.loc[ask, used])[:, 1]
        assert table[name] == pytest.approx(roc_auc_score(man[ask], score.round(9)), abs=1e-9)


def test_the_attribute_is_not_its_own_proxy():
    """A feature that is the attribute's column, whatever its case, is left out: of it nothing would be learned."""
    table = cells(*TRAIN, *TEST).assign(**{"x.SEX": lambda t: t["a.sex"]})
    assert found(table, CITY | {"SEX": "categorical"}, column="Sex")["feature"].tolist() == [ALL, "city"]


def test_excluded_levels_are_left_out():
    """Rows of an excluded level neither teach nor count; without the exclusion they are unprivileged."""
    strangers = [("train", "Oslo", "X", 500), ("test", "Oslo", "X", 500)]
    table = cells(*TRAIN, *TEST, *strangers)
    pd.testing.assert_frame_equal(found(table, CITY, exclude=["X"]), found(cells(*TRAIN, *TEST), CITY))
    assert found(table, CITY)["unprivileged"].tolist() == [550, 550]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([*TRAIN, ("test", "Oslo", "F", 30)], "group_absent"),
        ([*TRAIN, ("test", "Oslo", "F", 30), ("test", "Rome", "M", 4)], "n_below_minimum"),
        ([("train", "Oslo", "F", 30), *TEST], "group_absent"),
        ([("train", "Missing", "F", 30), ("train", "Missing", "M", 30), *TEST], "no_features"),
    ],
)
def test_what_cannot_be_guessed_says_why(rows, reason):
    """A side without test or training rows, too few of them, or a feature nobody has a value of: undefined, not .5."""
    table = found(cells(*rows), CITY)
    assert table["reason"].tolist() == [reason] * 2
    assert table[["value", "low", "high"]].isna().all(axis=None)
    assert table["strength"].tolist() == [""] * 2


def test_a_feature_without_values_does_not_spoil_the_others():
    """A number that no training row has is undefined alone and left out of all others."""
    table = found(cells(*TRAIN, *TEST).assign(**{"x.age": np.nan}), CITY | AGE).set_index("feature")
    assert table.loc["age", "reason"] == "no_features"
    assert table.loc[ALL, "value"] == table.loc["city", "value"] == pytest.approx(0.775)


def test_without_another_feature_nothing_is_guessed():
    """A model whose one feature is the attribute has no proxies to speak of."""
    table = cells(*TRAIN, *TEST).drop(columns="x.city").assign(**{"x.sex": lambda t: t["a.sex"]})
    assert found(table, {"sex": "categorical"})[["feature", "reason"]].to_numpy().tolist() == [[ALL, "no_features"]]


def test_order_and_division_of_cells_do_not_matter():
    """Cells shuffled, or cut in two, give the same table."""
    table = cells(*TRAIN, *TEST)
    cut = pd.concat([table.assign(n=1), table.assign(n=table["n"] - 1)]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(found(cut, CITY), found(table, CITY))


@pytest.mark.parametrize(
    ("value", "low", "word"),
    [
        (0.5, 0.45, "none shown"), (0.9, 0.45, "none shown"), (0.3, 0.2, "none shown"), (0.55, 0.5, "none shown"),
        (0.55, 0.51, "weak"), (0.6, 0.55, "moderate"), (0.7, 0.6, "strong"), (1.0, 0.9, "strong"),
        (np.nan, np.nan, ""), (0.8, np.nan, ""),
    ],
)  # fmt: skip
def test_strength_in_a_word(value, low, word):
    """The word follows the value once the interval lies above 0.5, and says "none shown" before."""
    assert strength(value, low) == word


def test_among_many_features_none_is_a_proxy_by_chance():
    """Of 40 features of pure chance some have an interval above 0.5, and none is called a proxy; a real one is."""
    rng = np.random.default_rng(3)
    man = rng.random(800) < 0.5
    table = pd.DataFrame({"split": np.repeat(["train", "test"], 400), "a.sex": np.where(man, "M", "F"), "n": 1})
    chance = pd.DataFrame({f"x.f{i:02d}": rng.normal(size=800) for i in range(40)})
    kinds = dict.fromkeys([*(c[2:] for c in chance), "height"], "numeric")
    alone = found(pd.concat([table, chance], axis=1).assign(**{"x.height": man + rng.normal(size=800)}), kinds)[1:]
    assert (alone["low"] > 0.5).sum() > 1
    assert alone.loc[alone["strength"] != "none shown", "feature"].tolist() == ["height"]


def test_every_attribute_has_its_part():
    """Attributes stand one after another, each guessed from what is not its own column."""
    table = cells(*TRAIN, *TEST).assign(**{"a.town": lambda t: t["x.city"]})
    both = {"Sex": groups("sex", ["F", "M"], ["M"]), "city": groups("town", ["Oslo", "Rome"], ["Oslo"])}
    whole = proxies(table, CITY, both, params=PLAIN, inference=INFERENCE)
    assert whole[["attribute", "feature", "reason"]].to_numpy().tolist() == [
        ["sex", ALL, ""], ["sex", "city", ""], ["town", ALL, "no_features"]
    ]  # fmt: skip
    known = together(whole)
    assert known["sex"] == {"proxy_auc": pytest.approx(0.775)}
    assert known["town"]["undefined"] == {"proxy_auc": "no_features"}


@pytest.mark.slow
@pytest.mark.heavy
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_intervals_hold_the_truth(shift):
    """Of 300 samples of 300 test rows, 92 to 98 % of the 95 % intervals hold the AUC of the same guess on everyone.

    With a normal feature moved by ``shift`` standard deviations the AUC is Φ(shift / √2), whatever slope is learned as
    long as its sign is right; without a shift it is 0.5.
    """
    from scipy.special import ndtr

    rng, inside = np.random.default_rng(7), 0
    for _ in range(300):
        man = rng.random(600) < 0.4
        rows = {"split": np.repeat(["train", "test"], 300), "a.sex": np.where(man, "M", "F"), "n": 1}
        table = pd.DataFrame(rows | {"x.age": rng.normal(size=600) + shift * man})
        row = found(table, AGE).iloc[1]
        inside += row["low"] <= ndtr(shift / np.sqrt(2)) <= row["high"]
    assert 0.92 * 300 <= inside <= 0.98 * 300


def test_without_a_reference_group_the_level_told_best_is_named():
    """Rome is where c lives and nobody else: of three levels c is told with certainty, a and b are not."""
    rows = [("Oslo", "a", 40), ("Oslo", "b", 40), ("Rome", "c", 40)]
    table = cells(*[(split, *row) for split in ("train", "test") for row in rows])
    who = groups("sex", ["a", "b", "c"], [])
    row = proxies(table, CITY, {"Sex": who}, params=PLAIN, inference=INFERENCE).iloc[0]
    assert row[["level", "value", "privileged", "unprivileged"]].tolist() == ["c", 1.0, 80, 40]
    two = groups("sex", ["F", "M"], [])
    alone = proxies(cells(*TRAIN, *TEST), CITY, {"Sex": two}, params=PLAIN, inference=INFERENCE).iloc[0]
    assert alone[["level", "value"]].tolist() == ["F", pytest.approx(0.775)]
