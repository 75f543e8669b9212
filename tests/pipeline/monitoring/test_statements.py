"""What is stated about alarms: shares before and now, since when, which still stand, and what a delivery lacks."""

from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline.monitoring.headline import next_end
from pipeline.monitoring.model_said import others, statements, waiting
from pipeline.monitoring.statements import answer
from responsible.monitoring import alarms
from responsible.monitoring.alarms import Finding, questions
from responsible.monitoring.spending import Spending
from responsible.words import Words

PERIODS = ("2025-01", "2025-02", "2025-03")
LACKS = "The column age is missing in {}; it counts as missing values."
WORDS = Words(names={"x": "school"}, levels={"x": {"M": "a Master's degree"}})


def found(drift, figures=(), findings=()):
    """A result with rows of (question, name, period, alarm, moved, before, now) and of figures."""
    columns = ("question", "name", "period", "alarm", "moved", "before", "now")
    moved = pd.DataFrame([dict(zip(columns, row, strict=True)) for row in drift])
    moved = moved.assign(effect=[None if row[3] is None else 0.1 for row in drift], p=1e-9, detectable=0.06, rows=1_000)
    moved["alarm"] = moved["alarm"].fillna(False).astype(bool)
    names = ("attribute", "comparison", "figure", "period", "alarm", "reference", "value")
    measured = pd.DataFrame([dict(zip(names, row, strict=True)) for row in figures], columns=names)
    measured = measured.assign(effect=0.1, p=1e-9, detectable=0.06)
    return SimpleNamespace(
        line="budget", periods=PERIODS, labelled=(1.0, 0.62, float("nan")), drift=moved, figures=measured,
        asked=questions(moved, measured, findings), findings=findings, spending=Spending(0.05, 24, 10),
    )  # fmt: skip


def values(period, alarm, before=0.21, now=0.14, moved="M"):
    return ("values", "x", period, alarm, moved, before, now)


def test_an_alarm_that_lasts_is_one_statement_since_its_first_period():
    """With the shares of its last period, in the words of the table."""
    told = statements(
        found([values("2025-01", False), values("2025-02", True), values("2025-03", True, now=0.12)]), WORDS
    )
    assert [(s.question, s.since, s.until, s.periods, s.stands) for s in told] == [
        ("school", "2025-02", "2025-03", 2, True)
    ]
    assert told[0].said == "school: a Master's degree fell from 21 % to 12 %."


def test_an_alarm_that_is_over_does_not_stand():
    """A quiet period ends it; one that could not be judged does not."""
    over = statements(found([values("2025-01", True), values("2025-02", False), values("2025-03", False)]), WORDS)
    assert [(s.since, s.until, s.stands) for s in over] == [("2025-01", "2025-01", False)]
    again = statements(found([values("2025-01", True), values("2025-02", False), values("2025-03", True)]), WORDS)
    assert [(s.since, s.stands) for s in again] == [("2025-01", False), ("2025-03", True)]
    unjudged = statements(found([values("2025-01", True), values("2025-02", None), values("2025-03", None)]), WORDS)
    assert [(s.since, s.until, s.stands) for s in unjudged] == [("2025-01", "2025-01", True)]


def test_each_kind_has_its_sentence():
    """Missing values, intervals of numbers, new levels, figures as shares and as differences."""
    new = Finding(alarms.UNSEEN, "2025-03", "x", "Online", 85)
    result = found(
        [("missing", "x", "2025-03", True, "", 0.28, 0.84), values("2025-03", True),
         ("target", "y", "2025-03", True, "[250, 300)", 0.095, 0.048)],
        [("everybody", "", "accuracy", "2025-03", True, 0.95, 0.80),
         ("x", "all unprivileged", "statistical_parity_difference", "2025-03", True, -0.05, -0.2)],
        [new],
    )  # fmt: skip
    assert [s.said for s in statements(result, WORDS)] == [
        "school has “Online” (8.5 % of rows), which the reference does not have.",
        "school is missing in 84 % of rows, against 28 % in the reference.",
        "y: from 250 to under 300 fell from 9.5 % to 4.8 %.",
        "Accuracy fell from 95 % to 80 %.",
        "Statistical parity difference by school fell from −0.05 to −0.20.",
    ]


@pytest.mark.parametrize(
    ("finding", "said", "stands"),
    [
        (Finding(alarms.GAP, "2025-02", "2025-02"), "There are no rows of 2025-02.", True),
        (Finding(alarms.GAP, "2025-01", "2025-01"), "There are no rows of 2025-01.", False),
        (Finding(alarms.LACKING, "2025-03", "age", "or Age"), LACKS.format("2025-03 (or Age)"), True),
        (Finding(alarms.LACKING, "2025-02", "age"), LACKS.format("2025-02"), False),
        (Finding(alarms.REPEATED, "", "b", "a"), "The file b has the same content as a and was left out.", True),
        (Finding(alarms.UNREADABLE, "", "b", "bad"), "The file b could not be read and was left out: bad", True),
    ],
)  # fmt: skip
def test_a_delivery_that_lacks_something_is_an_alarm_while_it_is_recent(finding, said, stands):
    """A gap in the period before the newest, a column in the newest, a file whenever it lies there."""
    told = statements(found([values("2025-03", False)], findings=[finding]), WORDS)
    assert [(s.said, s.stands) for s in told] == [(said, stands)]


def test_bad_rows_and_a_rare_new_level_are_told_without_alarm():
    """How many rows, of which file or period."""
    rare = Finding(alarms.UNSEEN, "2025-03", "x", "Online", 1)
    result = found([values("2025-03", False)], findings=[Finding(alarms.BAD, "", "b.csv", "Age: above 120", 7), rare])
    assert statements(result, WORDS) == []
    assert others(result, WORDS) == [
        "b.csv: 7 rows left out (Age: above 120).", "2025-03: 1 row with school “Online”, not in the reference.",
    ]  # fmt: skip


def test_the_answer_counts_what_stands_and_waiting_periods_have_their_share():
    """No alarm is an answer too; periods without rows do not wait."""
    quiet, loud = (found([values("2025-03", alarm)]) for alarm in (False, True))
    since = ("2025-03", "the training data", "people")
    assert answer(statements(quiet, WORDS), *since).startswith("No alarm: nothing about the people of 2025-03 differs")
    assert answer(statements(loud, WORDS), *since) == (
        "The people of 2025-03 differ from the training data in one way that matters."
    )
    assert waiting(quiet, 0.95) == [("2025-02", "62 %")]


def test_the_end_of_the_next_period():
    """By which the watch may ask where the batch is."""
    assert [next_end(p) for p in ("2025-12", "2025-02-28", "2025-W52")] == ["2026-01-31", "2025-03-01", "2026-01-04"]
