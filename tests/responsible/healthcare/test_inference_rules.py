"""The interval rules hold in every analysis of decisions: rates, folds, months, replay, intersections."""

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.groups import groups
from responsible.fairness.measures import standard
from responsible.healthcare import approval_rates, intersections, replay, robustness
from responsible.healthcare.intersections import Intersections
from responsible.healthcare.robustness import Steadiness
from responsible.limits import Limits
from responsible.statistics.intervals import Inference

SPD, DI, EOD, AOD, AAOD, PPV = standard()
LIMITS = dict.fromkeys(standard(), Limits(minimum=-0.1, maximum=0.1)) | {DI: Limits(minimum=0.8, maximum=1.25)}
INFERENCE = Inference(confidence=0.95, replicates=2_000, minimum_denominator=1)
PLACE = ["comparison", "scope", "measure"]


def cases(*rows):
    """Make n cases of each (level, merit, outcome, n); urgency, month, priority and a second attribute by turns."""
    table = pd.DataFrame(rows, columns=["a.who", "merit", "outcome", "n"])
    out = table.loc[table.index.repeat(table["n"])].drop(columns="n").reset_index(drop=True)
    turn = np.arange(len(out))
    return out.assign(
        urgency=turn % 2, month=np.where(turn % 4 < 2, "2024-01", "2024-02"), priority=turn % 7 / 7.0
    ).assign(**{"a.other": np.where(turn % 3, "x", "y")})


def who(table, attribute="who", privileged="p"):
    return groups(attribute, table[f"a.{attribute}"].unique().tolist(), [privileged])


def compared(table, limits=LIMITS, seed=0):
    found = approval_rates.approval_rates(table, who(table), limits, INFERENCE, np.random.default_rng(seed))
    return found.set_index(PLACE).sort_index()


NOBODY = cases(("p", 1, 1, 80), ("p", 0, 0, 720), ("a", 1, 0, 60), ("a", 0, 0, 60), ("b", 1, 0, 60), ("b", 0, 0, 60))


def test_nobody_approved_is_inside_its_interval():
    """0 of 240 in two levels against 10 % of 800: a disparate impact of 0 whose interval begins at 0."""
    row = compared(NOBODY).loc[("all unprivileged", "all", DI)]
    assert row["value"] == 0
    assert row["low"] == 0
    assert 0.05 < row["high"] < 0.3


def test_many_levels_and_strata_do_not_move_the_pooled_interval():
    """Twenty levels of 30 of 30 against 400 of 408: the pooled EOD's interval is that of one level of 600."""
    p = (("p", 1, 1, 400), ("p", 1, 0, 8), ("p", 0, 1, 8), ("p", 0, 0, 400))
    many = [row for i in range(20) for row in ((f"u{i:02}", 1, 1, 30), (f"u{i:02}", 0, 0, 100))]
    row = compared(cases(*p, *many)).loc[("all unprivileged", "all", EOD)]
    one = compared(cases(*p, ("u", 1, 1, 600), ("u", 0, 0, 2_000))).loc[("u", "all", EOD)]
    assert [row["low"], row["high"]] == pytest.approx([0.006, 0.033], abs=0.003)
    assert [row["low"], row["high"]] == pytest.approx([one["low"], one["high"]], abs=0.003)


def test_absolute_odds_have_their_own_interval():
    """Equal groups: absolute odds reach 0, are never narrower than average odds, and pass only when these do."""
    table = cases(*[(g, y, d, n) for g in ("p", "u") for y, d, n in ((1, 1, 50), (1, 0, 20), (0, 1, 20), (0, 0, 60))])
    found = compared(table, LIMITS | {AAOD: Limits(maximum=0.1)})
    for scope in ("all", "urgent"):
        plain, absolute = (found.loc[("u", scope, name)] for name in (AOD, AAOD))
        assert absolute["low"] == 0
        assert absolute["high"] >= max(abs(plain["low"]), abs(plain["high"]))
        assert absolute["verdict"] != "pass" or plain["verdict"] == "pass"


@pytest.mark.parametrize("n", [12, 30])
def test_no_approval_measure_is_certain_from_few_cases(n):
    """Groups decided without an error: each measure of each scope has an interval of positive width."""
    found = compared(cases(*[(g, y, y, n) for g in ("p", "u") for y in (0, 1)]))
    assert (found["high"] - found["low"] > 0.02).all()


def test_estimates_lie_in_their_intervals_in_folds_months_and_replay(seed):
    """Folds, months, held-out months, replay and intersections: no estimate outside its interval, none of width 0."""
    rng = np.random.default_rng(seed)
    table, names, rules = (
        NOBODY.sample(frac=1, random_state=3, ignore_index=True),
        standard(),
        Steadiness(folds=4, last_months=1),
    )
    folds = robustness.folds(table, who(table), names, rules, inference=INFERENCE, rng=rng)
    months = robustness.months(table, who(table), names, inference=INFERENCE, rng=rng)
    after = replay.justified_first(table)
    replayed = replay.replayed(table, after, who(table), names, inference=INFERENCE, rng=rng)
    crossed = intersections.table(
        table, [who(table), who(table, "other", "x")], Intersections(depth=2, minimum=5), INFERENCE, rng
    )
    triples = [
        (folds, ("value", "low", "high")),
        (months, ("value", "low", "high")),
        (crossed, ("difference", "low", "high")),
    ]
    triples += [(replayed, (key, f"{key}_low", f"{key}_high")) for key in ("before", "after", "change")]
    for found, (value, low, high) in triples:
        some = found.dropna(subset=[value, low])
        assert len(some)
        assert ((some[low] <= some[value]) & (some[value] <= some[high])).all(), (value, some)
        assert (some[high] > some[low]).all(), (value, some)


def test_replay_that_changes_nothing_is_not_certain():
    """Every necessary case was approved already, so the rule changes no decision: the change is 0, not [0, 0]."""
    table = cases(("p", 1, 1, 150), ("p", 0, 0, 150), ("u", 1, 1, 150), ("u", 0, 0, 150))
    after = replay.justified_first(table)
    assert (after["outcome"] == table["outcome"]).all()
    found = replay.replayed(table, after, who(table), [SPD, EOD], inference=INFERENCE, rng=np.random.default_rng(0))
    assert (found["change"] == 0).all()
    assert ((found["change_low"] < -0.005) & (found["change_high"] > 0.005)).all()


def test_a_month_without_variation_has_a_width():
    """A month of 12 necessary cases a group, all approved: EOD 0 with an interval that says 12."""
    table = cases(*[(g, y, y, 24) for g in ("p", "u") for y in (0, 1)]).assign(urgency=0)
    found = robustness.months(table, who(table), [EOD], inference=INFERENCE, rng=np.random.default_rng(0))
    own = found[found["scope"] == "all"]
    assert [*own["low"], *own["high"]] == pytest.approx([-0.24, -0.24, 0.24, 0.24], abs=0.04)
