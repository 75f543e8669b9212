"""The rows that docs/monitoring.md shows; its prose is docs/templates/monitoring.md.j2."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import pandas as pd

from pipeline.monitoring import decisions_said, model_said, segments_said
from pipeline.monitoring.decisions_said import about, least, rows_of, value, whose
from pipeline.monitoring.headline import Found
from pipeline.monitoring.statements import Statement, answer, sampled
from pipeline.reporting.formatting import Markup, number
from pipeline.reporting.tables import records
from responsible.measures.scores import SCORE_MEASURES
from responsible.monitoring.drift import VALUES
from responsible.monitoring.expectations import EXPECTED, JUDGED, WAITING
from responsible.monitoring.parameters import TRAINING, Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.monitoring.spending import POWER
from responsible.statistics.intervals import Inference
from responsible.statistics.probability_metrics import SCORES
from responsible.words import Words

OF_LINE = {"budget": "the model's rows", "healthcare": "recorded decisions", "segments": "segments"}
SHOWN = 5  # earlier alarms that are listed
MISSES = 2  # estimates that are listed which their truth missed
SHOWN_FIGURES = ("selection_rate", "accuracy", *SCORES, *SCORE_MEASURES, "statistical_parity_difference",
                 "equal_opportunity_difference")  # fmt: skip


def context(
    found: Found, each: Sequence[Statement], monitor: Monitor, inference: Inference, words: Words
) -> dict[str, Any]:
    """Everything the template shows; ``each`` are the alarms of all lines of work."""
    answers = _answers(found, each, monitor, words)
    over = [s for s in each if not s.stands]
    return {
        "answer": " ".join(answers.values()),
        "answers": answers,
        "model": model(found.model, monitor, words) if found.model else None,
        "decisions": decisions(found.decisions, monitor, words) if found.decisions else None,
        "segments": segments_said.context(found.people, words) if found.people else None,
        "lines": {own.line: OF_LINE[own.line] for own in found.lines},
        "newest_of": {own.line: own.periods[-1] for own in found.lines},
        "spendings": [(OF_LINE[own.line], own.spending) for own in found.lines],
        "period_name": monitor.period,
        "standing": [s for s in each if s.stands],
        "over": sorted(over, key=lambda s: s.until)[-SHOWN:],
        "more_over": max(0, len(over) - SHOWN),
        "everybody": EVERYBODY,
        "power": POWER,
        "monitor": monitor,
        "effects": monitor.effects,
        "inference": inference,
    }


def model(found: model_said.Told, monitor: Monitor, words: Words) -> dict[str, Any]:
    """What the sections on the model's rows show: of the newest period features, figures and estimates."""
    judged = [p for p, share in zip(found.periods, found.labelled, strict=True) if share >= monitor.complete]
    joint = found.drift[found.drift["question"] == "joint"]
    return {
        "since": _trained(monitor),
        "first": found.periods[0],
        "newest": found.periods[-1],
        "periods": len(found.periods),
        "rows": found.rows,
        "cluster": found.cluster,
        "labels": not all(map(isnan, found.labelled)),
        "features": records(_features(found)),
        "joint": records(_newest(joint, found.periods[-1])),
        "judged": judged,
        "figures": records(_figures(found, judged)),
        "waiting": model_said.waiting(found, monitor.complete),
        "expected": records(_newest(found.expected, found.periods[-1])),
        "kept": _kept(found.expected),
        "missed": records(_missed(found.expected))[-MISSES:],
        "others": model_said.others(found, words),
        "figure_names": EXPECTED,
    }


def _answers(found: Found, each: Sequence[Statement], monitor: Monitor, words: Words) -> dict[str, str]:
    """The answer of each line of work that is watched."""
    of = {
        "budget": (_trained(monitor), words.many("budget")),
        "healthcare": (_audited(monitor), words.many("healthcare")),
        "segments": ("those who were segmented", f"{words.many('segments')} in segments"),
    }
    return {
        own.line: answer([s for s in each if s.line == own.line], own.periods[-1], *of[own.line]) for own in found.lines
    }


def _trained(monitor: Monitor) -> str:
    """What batches of the model's rows are compared with."""
    given = monitor.reference
    return "the training data" if given == TRAINING else f"{given[0]} to {given[-1]}"


def _audited(monitor: Monitor) -> str:
    """What later decisions are compared with."""
    given = monitor.healthcare.reference if monitor.healthcare else TRAINING
    return f"those of {given[0]} to {given[-1]}" if isinstance(given, list) else "those that were audited"


def decisions(told: decisions_said.Told, monitor: Monitor, words: Words) -> dict[str, Any]:
    """What the section on recorded decisions shows: of the newest period each figure, that of everybody first."""
    rows = [
        row
        | {
            "about": about(row["kind"], row["figure"], words),
            "whose": whose(row["attribute"], row["comparison"], words),
            "now": value(row, "value", told.unit),
            "before": value(row, "reference", told.unit),
            "found": least(row, told.unit),
        }
        for row in rows_of(told.figures[told.figures["period"] == told.periods[-1]])
    ]
    return {
        "since": _audited(monitor),
        "first": told.periods[0],
        "newest": told.periods[-1],
        "periods": len(told.periods),
        "cases": told.cases,
        "many": words.many("healthcare"),
        "sampled": Markup(sampled(told, words.many("healthcare"))),
        "rows": [row for row in rows if row["value"] == row["value"]],
        "undefined": sum(row["value"] != row["value"] for row in rows),
        "spending": told.spending,
        "least": f"{number(monitor.healthcare.wait, 1)} {told.unit}" if monitor.healthcare and told.unit else "",
    }


def _newest(table: pd.DataFrame, period: str) -> pd.DataFrame:
    return table[table["period"] == period]


def _features(found: model_said.Told) -> pd.DataFrame:
    """The newest period's features: effect, the no-drift level of the distance that is the effect, and missing ones."""
    now = _newest(found.drift, found.periods[-1])
    values, gone = (now[now["question"] == kind].set_index("name") for kind in (VALUES, "missing"))
    by_order = values["total_variation"].round(12) != values["effect"].round(12)
    chance = values["total_variation_no_drift"].mask(by_order, values["kolmogorov_smirnov_no_drift"])
    out = values[["effect", "psi", "psi_no_drift", "detectable", "alarm"]].assign(chance=chance)
    return out.assign(missing=gone["now"], missing_before=gone["before"], missing_alarm=gone["alarm"]).reset_index()


def _figures(found: model_said.Told, judged: list[str]) -> pd.DataFrame:
    """Each figure of the newest period that is judged, defined or not."""
    table = found.figures[found.figures["status"] != WAITING]
    last = table["period"].eq(judged[-1]) if judged else table["period"].eq(found.periods[-1])
    free = (table["figure"] == "selection_rate") & table["period"].eq(found.periods[-1])
    shown = table["figure"].isin(SHOWN_FIGURES) | table["alarm"].astype(bool)
    return table[((last & (table["figure"] != "selection_rate")) | free) & shown]


def _kept(expected: pd.DataFrame) -> tuple[int, int]:
    """How many of the estimates whose truth is known held it, and of how many."""
    known = expected[expected["inside"] != ""]
    return int((known["inside"] == "True").sum()), len(known)


def _missed(expected: pd.DataFrame) -> pd.DataFrame:
    """Those of everybody that did not."""
    whole = (expected["attribute"] == EVERYBODY) & (expected["status"] == JUDGED)
    return expected[whole & (expected["inside"] == "False")]
