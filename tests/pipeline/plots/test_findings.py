"""What each picture's heading claims is counted from its table: how many of how many, the lowest, none, all."""

import math

import numpy as np
import pandas as pd
import pytest

from pipeline.plots import fairness, healthcare, segments
from pipeline.plots.group_rates import group_rates
from responsible.words import Words
from tests.support.pictures import LEVEL, decision_threshold, points, report, table, threshold_choice

WORDS = Words(rows={"healthcare": ["request", "requests"]}, merit="necessary", urgency="emergency")

MEASURES = ("statistical_parity_difference", "equal_opportunity_difference", "disparate_impact")


def judged(**verdicts):
    """A fairness table: for each attribute the verdicts of three measures, the same before and after reweighing."""
    rows = []
    for attribute, given in verdicts.items():
        comparison, own = given if isinstance(given, tuple) else ("all unprivileged", given)
        for measure, verdict in zip(MEASURES, own, strict=True):
            value = {"p": 0.0, "f": -0.5, "i": -0.1}[verdict] + (measure == "disparate_impact")
            word = {"p": "pass", "f": "fail", "i": "insufficient_evidence"}[verdict]
            rows += [(attribute, comparison, measure, model, value, word) for model in ("baseline", "reweighed")]
    found = pd.DataFrame(rows, columns=["attribute", "comparison", "measure", "model", "value", "verdict"])
    found["method"] = "chi-square"
    edges = {"low": found["value"] - 0.05, "high": found["value"] + 0.05, "minimum": -0.1, "maximum": 0.1, "reason": ""}
    return found.assign(**edges, support_unprivileged=40, support_privileged=60)


@pytest.mark.parametrize(
    ("table_", "finding"),
    [
        (judged(sex="fff"), "By sex, none of 3 measures is within the limits after reweighing (none before)."),
        (judged(sex="pif"), "By sex, 1 of 3 measures is within the limits after reweighing (1 before)."),
        (judged(sex="ppp"), "By sex, all 3 measures are within the limits after reweighing (3 before)."),
        (
            judged(a="ppp", b="ppf", c="ppp", d="iii"),
            "After reweighing, 2 of 4 attributes are within all limits; by d, none of 3 measures is.",
        ),
    ],
)
def test_measures_within_their_limits_are_counted(table_, finding):
    """A measure counts when its verdict is pass; one that is undecided does not; many attributes are summed up."""
    assert fairness.disparities(table_, LEVEL).said.finding == finding


def test_the_alt_text_names_the_worst_measure():
    """A failure comes before what is undecided, and the farthest from parity before the nearer."""
    said = fairness.disparities(judged(sex="ifp"), LEVEL).said.alt
    assert "Worst after reweighing: equal opportunity difference by sex, −0.50 (−0.55 to −0.45)" in said
    assert said.endswith("limits −0.1 to 0.1: fail.")


def test_counts_limits_and_verdicts_stand_in_the_picture():
    """A row carries the people on both sides, a band for its limits, and the verdict of both models."""
    made = fairness.disparities(judged(sex="pif"), LEVEL)
    for drawing in (made.wide.decode(), made.narrow.decode()):
        assert drawing.count(">40 against 60 people<") == 2
        assert drawing.count(">40 against 60 people who qualify<") == 1
        assert drawing.count('class="within"/>') == 4
        assert [drawing.count(f">{word}<") for word in ("pass", "insufficient evidence", "fail")] == [2, 2, 2]


def test_an_attribute_without_privileged_levels_names_the_level_farthest_away():
    """Where each level stands against everybody else, the row of any level is drawn, with the level it comes from."""
    rows = judged(age=("any level", "pfp")).assign(farthest="GP")
    made = fairness.disparities(rows, LEVEL)
    assert made.said.finding.startswith("By age, 2 of 3 measures are within")
    assert made.narrow.decode().count("difference, GP<") + made.narrow.decode().count("impact, GP<") == 3
    assert "farthest from everybody else" in made.said.unit


def rated(*levels):
    """A table of level rates: (level, selected, of)."""
    rows = []
    for level, count, of in levels:
        for model in ("baseline", "reweighed"):
            for rate in ("selection_rate", "true_positive_rate", "false_positive_rate", "base_rate"):
                value = count / of if of >= 5 else math.nan
                rows.append(("sex", level, model, rate, count, of, value, value - 0.01, value + 0.01))
    columns = ["attribute", "level", "model", "rate", "count", "of", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(reason="")


def test_the_lowest_and_the_highest_level_are_named():
    """Of the levels with a rate the least and the most selected stand in the heading, with their counts."""
    found = group_rates(rated(("x", 30, 100), ("y", 5, 1000), ("z", 0, 3), ("w", 90, 100)), LEVEL).said.finding
    assert found == "The reweighed model selects by sex from 0 % (y, 5 of 1,000) to 90 % (w, 90 of 100)."
    few = group_rates(rated(("z", 0, 3)), LEVEL)
    assert few.said.finding == "No level has a rate."
    assert few.wide.count(b">none<") == 6


def test_of_many_levels_those_at_the_ends_are_drawn():
    """Of thirty levels the six that are selected least and the six most stand in the picture, which says so."""
    levels = [(f"level {i}", (7 * i) % 30 + 10, 100) for i in range(30)]
    drawn = group_rates(rated(*levels), LEVEL).narrow.decode()
    assert "the 12 of 30 levels that" in drawn
    shares = sorted(count for _, count, _ in levels)
    kept = {*shares[:6], *shares[-6:]}
    assert {name for name, count, _ in levels if f">{name}<" in drawn} == {n for n, count, _ in levels if count in kept}


@pytest.mark.parametrize(
    ("choice", "finding"),
    [
        ({"no_better": True}, "No threshold can be recommended: at 200, the reweighed model is right for 61.6 %, "),
        (
            {"no_better": False, "missed": ("Accuracy", "Recognition by gender")},
            "No threshold can be recommended: 200 misses Accuracy, Recognition by gender.",
        ),
        ({"no_better": False, "feasible": False}, "No threshold can be recommended: 200 misses a constraint."),
        ({"no_better": False}, "Threshold 200 can be recommended: the reweighed model is right for 61.6 %, "),
    ],
)
def test_a_threshold_is_recommended_only_when_nothing_speaks_against_it(choice, finding):
    """No better than the trivial answer, a missed rule, a missed constraint: none can be recommended, and why."""
    figures = table("threshold_intervals")
    at = figures[(figures["threshold"] == 200) & (figures["model"] == "reweighed") & (figures["figure"] == "accuracy")]
    figures.loc[at.index, "value"] = 0.616
    made = threshold_choice(figures, **choice)
    assert made.said.finding.startswith(finding)
    for words in (b"accuracy floor, 80 %", b"answering everyone", b">parity<"):
        assert words in made.wide
        assert words.split()[0] in made.narrow


def cuts(model, levels=("all unprivileged",)):
    """Every figure at every second cut of a model's score, by hand: accuracy is highest at .3."""
    figures = [("", "", f) for f in ("accuracy", "net_benefit", "net_benefit_of_selecting_all")]
    figures += [("sex", level, "statistical_parity_difference") for level in levels]
    rows = [
        (model, t, attribute, level, figure, value := 0.9 - abs(t - 0.3), value - 0.05, value + 0.05, "")
        for attribute, level, figure in figures
        for t in np.arange(1, 100) / 100
    ]
    names = ["model", "threshold", "attribute", "comparison", "figure", "value", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ((0.02, 0.01, 0.03), "For the vendor model, threshold 0.3 has higher accuracy than 0.5: 0.900, 0.920."),
        ((0.02, -0.01, 0.05), "For the vendor model, no threshold is shown to have higher accuracy than 0.5."),
    ],
)
def test_a_cut_is_better_only_where_other_people_show_it(change, finding):
    """The best cut is named where the interval of its change on the test rows excludes none, with both figures."""
    made = decision_threshold(cuts("vendor"), change)
    assert made.said.finding == finding
    for words in (b"Net benefit", b"selecting", b"now, 0.5", b"parity"):
        assert words in made.wide
        assert words in made.narrow


def test_every_comparison_of_an_attribute_without_a_reference_is_drawn_up_to_four():
    """Of five levels the first four have a panel each, so that the drawing keeps its length."""
    wide = decision_threshold(cuts("vendor", levels="abcde")).wide
    assert [f"by sex, {level}".encode() in wide for level in "abcde"] == [True, True, True, True, False]


def test_the_picture_of_thresholds_calls_things_as_people_do():
    """Attribute and rows have the names that the parameters give them, in the drawing and in the alternative text."""
    named = Words(names={"education": "schooling"}, rows={"budget": ["applicant", "applicants"]})
    made = threshold_choice(table("threshold_intervals"), words=named)
    assert b"Disparate impact by schooling" in made.wide
    assert "% of applicants reach the threshold" in made.said.alt


def gap(attribute, measure, value, finding, *, scope="all", primary=False):
    limit = 2 if measure == "mean_wait_difference" else 0.1
    return {
        "attribute": attribute, "comparison": "x", "scope": scope, "measure": measure, "primary": primary,
        "value": value, "low": value - 0.01, "high": value + 0.01, "minimum": -limit, "maximum": limit,
        "finding": finding, "unprivileged": 9.0, "privileged": 5.0, "reason": "", "farthest": "",
        "count_unprivileged": 1, "support_unprivileged": 10, "count_privileged": 2, "support_privileged": 20,
    }  # fmt: skip


def test_the_worst_gap_of_each_group_is_drawn_and_the_worst_of_all_named():
    """RED comes before a wider AMBER; a group counts once, whether its approvals or its waits exceed a limit."""
    approvals = pd.DataFrame([
        gap("a", "statistical_parity_difference", -0.09, "AMBER"),
        gap("a", "equal_opportunity_difference", -0.04, "RED", scope="urgent", primary=True),
        gap("b", "statistical_parity_difference", 0.01, "GREEN"),
    ])  # fmt: skip
    waits = pd.DataFrame(
        [gap("a", "mean_wait_difference", 4.0, "RED"), gap("b", "mean_wait_difference", -0.5, "GREEN")]
    )
    made = healthcare.gaps(approvals, waits, "days", LEVEL, WORDS)
    assert made.said.finding == (
        "1 of 2 groups is over a limit. Worst wait: a: x, 4.0 days longer (over the limit). Worst approval gap: a: x, "
        "4.0 percentage points fewer necessary emergency requests approved (over the limit)."
    )
    assert "b: x, 0.5 days less" in made.said.alt
    assert "−4.0" in made.wide.decode()
    assert "−9.0" not in made.wide.decode()


def test_without_waits_the_approvals_stand_alone():
    """A table without a duration has one column, and nothing is claimed of waits; none over a limit is said."""
    approvals = pd.DataFrame([gap("a", "statistical_parity_difference", 0.02, "GREEN")])
    made = healthcare.gaps(approvals, pd.DataFrame(), "", LEVEL, WORDS)
    assert made.said.finding == (
        "None of 1 groups is over a limit. Worst approval gap: a: x, 2.0 percentage points more requests approved "
        "(no gap shown)."
    )
    assert b"Waits" not in made.wide
    empty = pd.DataFrame([gap("a", "statistical_parity_difference", math.nan, "AMBER")])
    assert b"too few cases" in healthcare.gaps(empty, pd.DataFrame(), "", LEVEL, WORDS).wide


def test_one_sided_segments_are_counted_and_named():
    """All, some and none; where there are no segments, the heading says so first."""
    shares = table("segments_shares")
    shares["flagged"] = shares["share"] > 0.7

    def finding(held, **more):
        return segments.segments(points(), held, report(**more), LEVEL).said.finding

    assert finding(shares).startswith("3 segments; all 3 segments are one-sided: segment 1 is 100 % A (")
    one = shares.assign(flagged=(shares["segment"] == 3) & (shares["share"] > 0.7))
    assert "; 1 of 3 segments is one-sided: segment 3 is 9" in finding(one)
    none = finding(shares.assign(flagged=False), found=False)
    assert none == "No segments: 3 clusters shown for information; none of 3 segments is one-sided."
    doubt = finding(shares, found=False, doubts=("one_feature",))
    assert doubt.startswith("One feature cannot show whether there are segments: 3 clusters shown; all 3")


def test_privacy_says_what_the_promise_moves():
    """The released mechanism at its ε, and at the strictest that was tried; what promises nothing is named so."""
    made = segments.privacy(report())
    curves = table("segments_privacy")
    own = curves[(curves["mechanism"] == "central") & (curves["measure"] == "changed") & (curves["level"] == "")]
    moved = own.set_index("epsilon")["value"] * 100
    assert made.said.finding == (
        f"A promise of ε = 1 moves {moved[1.0]:.1f} % of people to another segment (central noise). "
        f"ε = 0.1 would move {moved[0.1]:.1f} %."
    )
    assert b"promises nothing" in made.narrow.replace(b"\n", b" ") or b"nothing" in made.narrow
