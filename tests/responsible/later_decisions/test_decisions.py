"""Later decisions: values by hand, which questions are asked, planted months, false alarms of quiet ones."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from responsible.datasets import healthcare, healthcare_batches
from responsible.later_decisions.decisions import APPROVED, DIFFERENTLY, REFUSED_GAP
from responsible.measures import exact_tests
from responsible.measures.exact_tests import two_sided
from responsible.monitoring.alarms import APPROVALS, OVERRIDES, SIMILAR, URGENT, WAITS
from responsible.monitoring.spending import Spending
from tests.support.later import LATER, REFERENCE, by_role, cases, judged

PLACE = ["kind", "attribute", "figure", "period"]


@pytest.fixture(scope="module")
def by_hand():
    """Figures of one month counted by hand, without similar cases."""
    return judged(cases(REFERENCE), cases(LATER, period="2026-01"), ["2026-01"], similar=False)


@pytest.fixture(scope="module")
def planted():
    """The sample's months of one seed."""
    return drawn(12)


def drawn(seed):
    audited = by_role(healthcare.draw(5_000, seed))
    months = [by_role(healthcare_batches.draw(900, seed, month)) for month in healthcare_batches.MONTHS]
    later = pd.concat(months, ignore_index=True)
    return judged(audited, later.assign(period=later["month"]), healthcare_batches.MONTHS, seed=seed)


def test_values_changes_and_tests_by_hand(by_hand):
    """Necessary requests of GPs: 800 of 1,000 approved, then 50 of 100; surgeons' 90 % stay: -.1 becomes -.4."""
    found = by_hand.figures.set_index(PLACE)
    row = found.loc[(APPROVALS, "requester", "equal_opportunity_difference", "2026-01")]
    assert (row["reference"], row["value"], row["change"]) == pytest.approx((-0.1, -0.4, -0.3))
    assert row["p"] == two_sided(800, 1_000, 50, 100)
    assert row["p"] == pytest.approx(proportions_ztest([800, 50], [1_000, 100])[1], rel=0, abs=1e-8)
    assert row["alarm"]
    assert row["rows"] == 300
    whole = found.loc[(APPROVALS, "everybody", APPROVED, "2026-01")]
    assert (whole["reference"], whole["value"]) == pytest.approx((1_850 / 3_000, 155 / 300))
    urgent = found.loc[(URGENT, "requester", "equal_opportunity_difference", "2026-01")]
    assert urgent["value"] == row["value"]
    unmoved = found.loc[(APPROVALS, "premium", "equal_opportunity_difference", "2026-01")]
    assert not unmoved["alarm"]


def test_a_gap_that_stays_is_no_alarm_although_both_sides_move():
    """Every group is approved half as often: the share approved is an alarm, no difference by place or premium is."""
    halved = {(who, need, yes): (n // 20 if yes else n // 10 + REFERENCE[who, need, 1] // 20)
              for (who, need, yes), n in REFERENCE.items()}  # fmt: skip
    found = judged(cases(REFERENCE), cases(halved, period="m"), ["m"], similar=False).figures
    raised = found[found["alarm"]]
    assert APPROVED in set(raised["figure"])
    sure = found[(found["attribute"] == "rural") & (found["figure"] == "equal_opportunity_difference")]
    assert (sure["p"] < 1e-6).all()
    assert set(raised["attribute"]) <= {"everybody", "requester"}


def test_questions_are_distinct_rates_and_waits_of_distinct_sides(planted, by_hand):
    """Everybody: approval, similar cases, wait; each of six sides: selection, TPR, PPV, urgent TPR, FNR, wait."""
    assert planted.spending == Spending(0.05 / 3, 24, 3 + 6 * 6)  # of three lines of work
    assert by_hand.spending.questions == 2 + 6 * 5
    asked = planted.asked
    assert len(asked) == len(planted.figures) == 6 * (3 + 3 * 6)
    assert set(asked["kind"]) == {APPROVALS, URGENT, SIMILAR, WAITS}


def test_overrides_are_watched_where_the_table_has_them():
    """A share of a tenth that becomes a half is an alarm of its own kind."""
    both = [cases(table, period="m").assign(override=own) for table, own in ((REFERENCE, 0), (LATER, 0))]
    for own, every in zip(both, (10, 2), strict=True):
        own["override"] = (np.arange(len(own)) % every == 0).astype(int)
    from tests.support import later

    limits = {**later.RULES.limits, "override_rate_difference": later.RULES.limits["statistical_parity_difference"]}
    rules = later.RULES.model_copy(update={"limits": limits})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(later, "RULES", rules)
        found = judged(*both, ["m"], similar=False).figures
    own = found[found["kind"] == OVERRIDES].set_index(["attribute", "figure"])
    row = own.loc[("everybody", "override_rate")]
    assert (row["reference"], row["value"], row["alarm"]) == (0.1, 0.5, True)
    assert ("requester", "override_rate_difference") in own.index


def test_small_counts_are_not_shown():
    """Where no figure is about fewer than 60 people, differences of months with groups of 50 have a reason."""
    found = judged(cases(REFERENCE), cases(LATER, period="m"), ["m"], similar=False, minimum=60).figures
    row = found[(found["figure"] == "equal_opportunity_difference") & (found["attribute"] == "requester")].iloc[0]
    assert np.isnan(row["value"])
    assert (row["reason"], row["alarm"]) == ("fewer_than_60_people", False)


PLANTED = [
    (SIMILAR, "everybody", DIFFERENTLY, ["2026-03"]),
    (APPROVALS, "everybody", APPROVED, ["2026-03", "2026-04", "2026-05", "2026-06"]),
    (APPROVALS, "requester", "equal_opportunity_difference", ["2026-04", "2026-05", "2026-06"]),
    (WAITS, "rural", "mean_wait_difference", ["2026-05", "2026-06"]),
]


@pytest.mark.parametrize(("kind", "attribute", "figure", "months"), PLANTED)
def test_each_planted_change_is_an_alarm_in_its_months(planted, kind, attribute, figure, months):
    """Need read the wrong way round, GPs refused, rural requests waiting: in these months and in no other."""
    own = planted.figures.set_index(["kind", "attribute", "figure"]).loc[(kind, attribute, figure)]
    assert list(own.loc[own["alarm"], "period"]) == months


def test_what_was_not_planted_is_quiet(planted):
    """No alarm by premium, of predictive parity, or in a month before the first change."""
    raised = planted.figures[planted.figures["alarm"]]
    assert raised["period"].min() == "2026-03"
    assert not set(raised["attribute"]) & {"premium"}
    assert not set(raised["figure"]) & {"predictive_parity_difference"}
    assert set(raised.loc[raised["attribute"] == "rural", "kind"]) == {WAITS}


def test_the_order_of_rows_decides_nothing_and_a_second_run_gives_the_same():
    """Shuffled later cases give the same figures."""
    later = cases(LATER, period="m").assign(**{"f.scope": np.arange(300) % 5 + 1.0})
    both = [judged(cases(REFERENCE), own, ["m"]).figures for own in (later, later.sample(frac=1, random_state=1))]
    pd.testing.assert_frame_equal(*both)


@pytest.mark.slow
@pytest.mark.heavy
def test_planted_changes_are_found_over_twenty_seeds_and_nothing_else_is():
    """Each is larger than the printed change, so it is found as often as printed; others alarm within the budget."""
    found, wrong = dict.fromkeys([(*own, month) for *own, months in PLANTED for month in months], 0), 0
    for seed in range(20):
        figures = drawn(1_000 + seed).figures
        raised = set(figures.loc[figures["alarm"], PLACE].itertuples(index=False, name=None))
        for key in found:
            found[key] += key in raised
        wrong += any(
            month < "2026-03" or attribute == "premium" or (attribute == "rural" and kind != WAITS)
            for kind, attribute, _, month in raised
        )
    for key, times in found.items():
        assert stats.binomtest(times, 20, 0.8, alternative="less").pvalue > 0.001, key
    assert stats.binomtest(wrong, 20, 0.05, alternative="greater").pvalue > 0.001


QUESTIONS, MONTHS, ROWS, BASE, LONGEST = 15, 24, 400, 5_000, 400  # no wait of 10 on average is as long


def quiet(runs, rng):
    """How many of ``runs`` of 24 quiet months had any alarm: for each of two groups and all cases the shares approved,
    approved of necessary, decided as a similar case, and the skewed waits. Every month is compared with one reference.
    The control limits, which only take alarms away, are left out.
    """
    spending, found = Spending(0.05, MONTHS, QUESTIONS), 0
    for _ in range(runs):
        reference, months = _counted(*_cases(rng, BASE)), [_cases(rng, ROWS) for _ in range(MONTHS)]
        found += any(_alarm(reference, _counted(*month), spending) for month in months)
    return found


def _cases(rng, n):
    group, merit = rng.random(n) < 0.25, rng.random(n) < 0.6
    outcome = rng.random(n) < np.where(merit, 0.85, 0.4) + 0.1 * group
    alike = rng.random(n) < np.where(outcome, 0.7, 0.3)
    return group, merit, outcome, alike, rng.exponential(10, n).round().astype(int)


def _counted(group, merit, outcome, alike, wait):
    """(what counts, of how many) of each share, and how many waits had each length: of all and of both groups."""
    out = []
    for own in (np.ones(len(group), bool), ~group, group):
        pairs = [(outcome, own), (outcome, own & merit), (alike, own), (outcome, own & ~merit)]
        shares = [(int(np.count_nonzero(what & of)), int(np.count_nonzero(of))) for what, of in pairs]
        out.append((shares, np.bincount(wait[own], minlength=LONGEST)))
    return out


def _alarm(reference, month, spending):
    tests = []
    for (then, before), (now, after) in zip(reference, month, strict=True):
        tests += [two_sided(*a, *b) for a, b in zip(then, now, strict=True)]
        tests.append(exact_tests.of_counted(np.arange(LONGEST), before, after))
    assert len(tests) == QUESTIONS
    return min(tests) <= spending.level


@pytest.mark.slow
def test_quiet_months_raise_hardly_any_alarm(seed):
    """Of 30 runs of 24 months without any change, no more have an alarm than the budget of one in twenty allows."""
    assert stats.binomtest(quiet(30, np.random.default_rng(seed)), 30, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.slow
@pytest.mark.heavy
def test_the_chance_of_a_false_alarm_stays_below_the_budget(seed):
    """Over 1,000 runs of 24 quiet months the upper 95 % confidence bound of the chance of any alarm is below 5 %."""
    alarms = quiet(1_000, np.random.default_rng(seed))
    assert stats.binomtest(alarms, 1_000).proportion_ci(0.90, method="exact").high < 0.05


def test_refusals_beside_a_similar_approval_are_compared_by_group(planted):
    """Once GPs' requests are refused, theirs are refused more often than surgeons' beside a similar approval."""
    own = planted.figures[(planted.figures["figure"] == REFUSED_GAP) & (planted.figures["attribute"] == "requester")]
    assert own["value"].iloc[3:].mean() > own["reference"].iloc[0] + 0.1
