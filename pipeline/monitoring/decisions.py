"""Later decisions: how their batches are read, what they are compared with, and what the monitor needs of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from pipeline.monitoring.handover import handed_on
from pipeline.monitoring.reading import Batches, read_rows
from responsible.healthcare.schema import Healthcare, by_role
from responsible.later_decisions.decisions import LaterDecisions
from responsible.monitoring.batches import period_of
from responsible.monitoring.parameters import Decisions, Period
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, did_you_mean

SECTION = "monitor.healthcare"


def read(prepare: Prepare, roles: Healthcare, given: Decisions, period: Period) -> Batches:
    """The cases of ``monitor.healthcare.source`` with their ``period``; findings and errors as of :func:`read_rows`."""
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    declared = [replace(d, kind="day") if d.kind == "month" and period != "month" else d for d in roles.declared()]

    def dated(rows: pd.DataFrame) -> pd.DataFrame:
        cases = by_role(rows, roles)
        return cases.assign(period=period_of(cases["month"], period))

    remedy = "correct the files or the roles"
    return read_rows(prepare, roles, declared, dated, period=period, section=SECTION, remedy=remedy)


def written(found: LaterDecisions, unit: str, digest: str) -> dict[str, Any]:
    """What :func:`~.decisions_said.read` makes the same of again, together with the table of figures."""
    return {
        "healthcare": {
            "cases": found.cases,
            "unit": unit,
            **handed_on(found, digest),
        }
    }


def compared(
    given: Decisions, audited: pd.DataFrame, later: Batches
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """The reference, and the cases and periods that are compared with it: all, or those that are no part of it.

    Raises:
        InputError: a period of ``monitor.healthcare.reference`` is not there, has no cases, or none is left.
    """
    if given.reference == "audited":
        return audited, later.cells, later.periods
    key, there = f"{SECTION}.reference", set(later.cells["period"])
    for name in given.reference:
        if name not in there:
            raise InputError(f"{key}: there is no period {name!r} with cases{did_you_mean(name, later.periods)}")
    part = later.cells["period"].isin(given.reference)
    left = tuple(period for period in later.periods if period not in given.reference)
    if not left:
        raise InputError(f"{key}: names every period; leave one to be compared")
    return later.cells[part], later.cells[~part], left
