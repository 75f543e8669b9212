"""The rules every interval and verdict keeps, whatever the counts; each by an example counted here."""

import numpy as np
import pandas as pd
import pytest

from responsible.fairness import disparity
from responsible.fairness.comparisons import adjust
from responsible.fairness.groups import groups
from responsible.fairness.measures import standard
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.modelling.performance import paired_change, performance
from responsible.names import POOLED
from responsible.statistics.intervals import Inference

SPD, DI, EOD, AOD, AAOD, PPV = standard()
TENTH = Limits(minimum=-0.1, maximum=0.1)
LIMITS = dict.fromkeys(standard(), TENTH) | {DI: Limits(minimum=0.8, maximum=1.25)}
INFERENCE = Inference(confidence=0.95, replicates=10_000, minimum_denominator=1)


def table(tp, fn, fp, tn):
    """Counts ``[y, ŷ]``."""
    return np.array([[tn, fp], [fn, tp]])


def alike(*tables):
    """Joint counts ``[level, y, ŷ, ŷ]`` of two models that predict every row alike."""
    joint = np.zeros((len(tables), 2, 2, 2), dtype=np.int64)
    for h in (0, 1):
        joint[:, :, h, h] = np.stack(tables)[:, :, h]
    return joint


def compared(joint, limits=LIMITS, floor=0.5, seed=0, measures=None, **changes):
    """The audit of level ``p`` against levels ``u00``, ``u01``, …, by comparison, model and measure."""
    names = ["p", *(f"u{i:02}" for i in range(len(joint) - 1))]
    rules, rng = Fairness(accuracy_floor=floor, limits=limits, measures=measures), np.random.default_rng(seed)
    found = disparity.disparities(joint, groups("g", names, ["p"]), rules, INFERENCE.model_copy(update=changes), rng)
    return found.set_index(["comparison", "model", "measure"]).sort_index()


def ends(row):
    return [row["low"], row["high"]]


def test_pooled_interval_of_many_levels_is_that_of_the_two_group_table():
    """Twenty levels of TP 30, TN 100 against TP 400, FN 8, FP 8, TN 400: EOD about [.006, .033]."""
    level = table(30, 0, 0, 100)
    many = compared(alike(table(400, 8, 8, 400), *[level] * 20)).loc[(POOLED, "baseline", EOD)]
    two = compared(alike(table(400, 8, 8, 400), 20 * level)).loc[(POOLED, "baseline", EOD)]
    assert many["value"] == pytest.approx(8 / 408)
    assert ends(many) == pytest.approx([0.006, 0.033], abs=0.002)
    assert ends(many) == pytest.approx(ends(two), abs=0.002)


@pytest.mark.heavy
def test_a_difference_at_its_limit_seldom_passes(seed):
    """20 levels that share 400 positives, true EOD exactly at the limit of −.1: about 2.5 % of samples pass."""
    rng, passed = np.random.default_rng(seed), 0
    for _ in range(40):
        positives = rng.multinomial(400, np.full(20, 1 / 20))
        hits = rng.binomial(positives, 0.02)
        levels = [table(k, n - k, 10, 40) for k, n in zip(hits, positives, strict=True)]
        k = rng.binomial(4_000, 0.12)
        found = compared(
            alike(table(k, 4_000 - k, 500, 2_000), *levels), {EOD: TENTH}, measures=[], replicates=400, seed=rng
        )
        passed += found.loc[(POOLED, "baseline", EOD), "verdict"] == "pass"
    assert passed <= 4  # a share of .025 exceeds that in 0.3 % of seeds


@pytest.mark.parametrize("models", ["alike", "unlike"])
def test_absolute_odds_bound_average_odds_in_every_interval(models, seed):
    """0 ≤ |AOD| ≤ AAOD ≤ 1 holds for intervals, AAOD passes only where AOD does, and no change leaves [−1, 1]."""
    rng = np.random.default_rng(seed)
    limits = LIMITS | {AAOD: Limits(maximum=0.1)}
    for _ in range(25):
        shape = (2, 2, 2, 2)
        joint = rng.multinomial(rng.integers(60, 600), rng.dirichlet(np.full(16, 0.4))).reshape(shape)
        if models == "alike":
            joint = alike(*joint.sum(-1))
        found = compared(joint, limits, replicates=400, minimum_denominator=1)
        for model in ("baseline", "reweighed"):
            plain, absolute = (found.loc[("u00", model, name)] for name in (AOD, AAOD))
            if plain["reason"] or np.isnan(plain["low"]):
                continue
            assert absolute["high"] >= max(abs(plain["low"]), abs(plain["high"])) - 1e-12
            assert 0 <= absolute["low"] <= absolute["value"] <= absolute["high"] <= 1
            assert absolute["verdict"] != "pass" or plain["verdict"] == "pass"
        change = found.loc[("u00", "change", AAOD)]
        assert np.isnan(change["low"]) or -1 <= change["low"] <= change["value"] <= change["high"] <= 1


def test_change_of_absolute_odds_keeps_within_its_range():
    """From the worst odds there are to none: the change is −1 and no end of its interval lies below."""
    joint = np.zeros((2, 2, 2, 2), dtype=np.int64)
    joint[0, 1, 1, 1] = joint[0, 0, 0, 0] = 12  # privileged: right under both models
    joint[1, 1, 0, 1] = joint[1, 0, 1, 0] = 12  # unprivileged: always wrong before, right after
    row = compared(joint).loc[("u00", "change", AAOD)]
    assert row["value"] == -1
    assert row["low"] == -1
    assert -1 < row["high"] < -0.5


@pytest.mark.parametrize("negatives", [3, 0])
def test_precision_of_one_on_twelve_rows_is_no_certainty(negatives):
    """PPV 12/12 against 12/12 is 0 with an interval of about ± .24: no pass, whether label 0 has rows or none."""
    row = compared(alike(*[table(12, 0, 0, negatives)] * 2)).loc[("u00", "baseline", PPV)]
    assert row["value"] == 0
    assert ends(row) == pytest.approx([-0.24, 0.24], abs=0.03)
    assert row["verdict"] == "insufficient_evidence"


@pytest.mark.parametrize("name", [SPD, EOD, AOD, AAOD, PPV, DI])
@pytest.mark.parametrize("n", [12, 40])
def test_no_measure_of_extreme_rates_is_certain(name, n):
    """Two groups that are decided without an error, or all selected: every interval is at least half a row wide."""
    for one in (table(n, 0, 0, n), table(n, 0, n, 0), table(n, 0, 1, n - 1)):
        row = compared(alike(one, one)).loc[("u00", "baseline", name)]
        assert row["reason"] or row["high"] - row["low"] > 0.5 / (2 * n)


@pytest.mark.parametrize("name", [SPD, EOD, AOD, AAOD, PPV])
def test_models_that_disagree_on_no_row_may_disagree_on_the_next(name):
    """TP 147, TN 147, FN 3, FP 3 in both groups under both models: a change of 0 is not [0, 0]."""
    row = compared(alike(*[table(147, 3, 3, 147)] * 2)).loc[("u00", "change", name)]
    assert row["value"] == 0
    assert -0.045 < row["low"] < -0.004
    assert 0.004 < row["high"] < 0.045


@pytest.mark.parametrize("figure", ["accuracy", "balanced_accuracy", "precision", "recall", "f1"])
def test_performance_never_is_certain(figure):
    """Twelve rows of each label without an error: 1, but down to .76 for precision; no change is not [0, 0]."""
    cells = pd.DataFrame({"split": "test", "n": [12, 12]})
    label, score, rng = np.array([0, 1]), np.array([0.1, 0.9]), np.random.default_rng(0)
    found = performance(cells, label, score, 0.5, inference=INFERENCE, rng=rng).table.set_index("figure")
    assert found.loc[figure, "high"] == 1
    assert found.loc[figure, "low"] < 0.9
    assert found.loc["precision", "low"] == pytest.approx(0.7575, abs=0.03)
    joint = alike(table(147, 3, 3, 147))[0]
    row = paired_change(joint, INFERENCE, rng).set_index("figure").loc[figure]
    assert -0.045 < row["low"] < -0.004
    assert 0.004 < row["high"] < 0.045


def test_few_rows_give_no_performance_and_no_change():
    """Below the minimum denominator performance, AUC and paired changes are undefined and say so."""
    cells = pd.DataFrame({"split": "test", "n": [40, 2]})
    label, score = np.array([0, 1]), np.array([0.1, 0.9])
    few = INFERENCE.model_copy(update={"minimum_denominator": 5})
    found = performance(cells, label, score, 0.5, inference=few, rng=np.random.default_rng(0)).table
    found = found.set_index("figure")
    for figure in ("balanced_accuracy", "precision", "recall", "f1", "roc_auc"):
        assert np.isnan(found.loc[figure, "value"])
        assert found.loc[figure, "reason"] == "n_below_minimum"
    assert (found.loc["accuracy", "value"], found.loc["accuracy", "reason"]) == (1, "")
    change = paired_change(alike(table(2, 0, 0, 40))[0], few, np.random.default_rng(0)).set_index("figure")
    assert change.loc["recall", "reason"] == "n_below_minimum"
    assert np.isnan(change.loc["recall", ["value", "low", "high"]].astype(float)).all()


def test_every_estimate_lies_in_its_interval(seed):
    """Whatever the table, with empty cells more often than not, value, change and their intervals agree."""
    rng = np.random.default_rng(seed)
    for _ in range(30):
        joint = rng.multinomial(rng.integers(20, 300), rng.dirichlet(np.full(24 * 2, 0.15))).reshape(6, 2, 2, 2)
        found = compared(joint, replicates=200).dropna(subset=["value", "low"])
        assert ((found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()


def test_infeasible_of_a_level_counts_everybody():
    """Privileged 500 rows (base rate .9), A 500 (.1), B 9,000 (.5): within ± .1 .965 of all can be right."""
    joint = alike(table(450, 0, 0, 50), table(50, 0, 0, 450), table(4_500, 0, 0, 4_500))
    found = compared(joint, floor=0.8).loc[("u00", "baseline", SPD)]
    assert found["best_accuracy"] == pytest.approx(1 - 0.35 * 1_000 / 10_000)
    assert found["verdict"] == "fail"
    assert compared(joint, floor=0.98).loc[("u00", "baseline", SPD), "verdict"] == "infeasible"


def test_one_unprivileged_level_is_one_family_member():
    """With a single unprivileged level the pool is that level: equal in every digit, counted once by Holm."""
    joint = alike(table(300, 20, 30, 150), table(100, 40, 20, 140))
    found = compared(joint)
    pd.testing.assert_frame_equal(found.loc[POOLED], found.loc["u00"])
    adjusted = adjust([found.reset_index().assign(attribute="g")], "model")[0]
    family = adjusted.dropna(subset=["p"]).drop_duplicates(["model", "hypothesis"])
    assert len(family) == 8
    least = family["p"].min()
    assert family["p_adjusted"].min() == pytest.approx(min(1, 8 * least))


def test_a_level_named_like_the_pool_is_refused():
    """A level called as the pooled comparison would take its place in every table: refused, with the remedy."""
    with pytest.raises(Exception, match=f"'{POOLED}'.*rename"):
        groups("g", ["p", POOLED, "u"], ["p"])


def test_insufficient_evidence_says_how_many_rows_would_decide():
    """EOD −.05 on 40 against 240 positives: both groups' positives are to grow alike; at the limit nothing is said."""
    found = compared(alike(table(28, 12, 20, 60), table(180, 60, 80, 200)))
    row = found.loc[("u00", "baseline", EOD)]
    assert row["verdict"] == "insufficient_evidence"
    now, more = row[["support_unprivileged", "support_privileged"]], row[["needed_unprivileged", "needed_privileged"]]
    assert now.tolist() == [240, 40]
    assert more.iloc[0] / now.iloc[0] == pytest.approx(more.iloc[1] / now.iloc[1], rel=0.02)
    assert more.iloc[1] > 100
    at_limit = compared(alike(table(60, 40, 20, 60), table(50, 50, 80, 200))).loc[("u00", "baseline", EOD)]
    assert at_limit["value"] == pytest.approx(-0.1)
    assert at_limit[["needed_unprivileged", "needed_privileged"]].isna().all()
    judged = found.dropna(subset=["verdict"])
    assert judged.loc[judged["verdict"] != "insufficient_evidence", "needed_privileged"].isna().all()
    few = compared(alike(table(3, 0, 20, 60), table(50, 50, 80, 200)), minimum_denominator=5)
    assert few.loc[("u00", "baseline", EOD), ["needed_unprivileged", "needed_privileged"]].tolist() == [100, 5]
