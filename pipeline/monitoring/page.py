"""The rows that docs/monitoring.md shows; its prose is docs/templates/monitoring.md.j2."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.monitoring import segments
from pipeline.monitoring.statements import Statement, answer, others, waiting
from pipeline.reporting.tables import records
from responsible.monitoring.drift import VALUES
from responsible.monitoring.expectations import EXPECTED, JUDGED, WAITING
from responsible.monitoring.monitoring import Monitoring
from responsible.monitoring.parameters import TRAINING, Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.monitoring.spending import POWER
from responsible.statistics.intervals import Inference
from responsible.words import Words

SHOWN = 4  # earlier alarms that are listed
MISSES = 2  # estimates that are listed which their truth missed
SHOWN_FIGURES = ("selection_rate", "accuracy", "statistical_parity_difference", "equal_opportunity_difference")


def context(
    found: Monitoring, each: list[Statement], monitor: Monitor, inference: Inference, words: Words, *, rows: int
) -> dict[str, Any]:
    """Everything the template shows; ``rows`` are those of the reference."""
    training = monitor.reference == TRAINING
    since = "the training data" if training else f"{monitor.reference[0]} to {monitor.reference[-1]}"
    late = waiting(found, monitor.complete)
    judged = [p for p, share in zip(found.periods, found.labelled, strict=True) if share >= monitor.complete]
    return {
        "answer": answer(each, found, since, words),
        "since": since,
        "newest": found.periods[-1],
        "first": found.periods[0],
        "periods": len(found.periods),
        "reference_rows": rows,
        "period_name": monitor.period,
        "standing": [s for s in each if s.stands and not segments.is_own(s.key)],
        "over": (over := [s for s in each if not s.stands])[-SHOWN:],
        "more_over": max(0, len(over) - SHOWN),
        "features": records(_features(found)),
        "joint": records(_newest(found.drift[found.drift["question"] == "joint"], found.periods[-1])),
        "judged": judged,
        "figures": records(_figures(found, judged)),
        "waiting": late,
        "expected": records(found.expected[(found.expected["period"] == found.periods[-1])]),
        "kept": _kept(found.expected),
        "missed": records(_missed(found.expected))[-MISSES:],
        "everybody": EVERYBODY,
        "others": others(found, words),
        "spending": found.spending,
        "power": POWER,
        "effects": monitor.effects,
        "monitor": monitor,
        "inference": inference,
        "figure_names": EXPECTED,
    }


def _newest(table: pd.DataFrame, period: str) -> pd.DataFrame:
    return table[table["period"] == period]


def _features(found: Monitoring) -> pd.DataFrame:
    """The newest period's features: effect, the no-drift level of the distance that is the effect, and missing ones."""
    now = _newest(found.drift, found.periods[-1])
    values, gone = (now[now["question"] == kind].set_index("name") for kind in (VALUES, "missing"))
    by_order = values["total_variation"].round(12) != values["effect"].round(12)
    chance = values["total_variation_no_drift"].mask(by_order, values["kolmogorov_smirnov_no_drift"])
    out = values[["effect", "psi", "psi_no_drift", "detectable", "alarm"]].assign(chance=chance)
    return out.assign(missing=gone["now"], missing_before=gone["before"], missing_alarm=gone["alarm"]).reset_index()


def _figures(found: Monitoring, judged: list[str]) -> pd.DataFrame:
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
