"""Later people, to be placed in segments: how their batches are read, and what the monitor needs of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.monitoring.handover import handed_on
from pipeline.monitoring.reading import Batches, read_rows
from responsible.later_people.segments import LaterPeople
from responsible.monitoring.batches import period_of
from responsible.monitoring.parameters import Newcomers, Period
from responsible.segmentation.schema import Segments
from responsible.tabular.columns import Declared, Kind
from responsible.tabular.sources import Prepare

SECTION = "monitor.segments"


def read(prepare: Prepare, roles: Segments, given: Newcomers, period: Period) -> Batches:
    """The people of ``monitor.segments.source``, with the columns of the segments table and a ``period``; findings and
    errors as of :func:`read_rows`.
    """
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    kind: Kind = "month" if period == "month" else "day"
    declared = [*roles.declared(), Declared("period", given.time, kind, required=True, form=given.time_format)]

    def dated(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.drop(columns="row").assign(period=period_of(rows["period"], period))

    remedy = f"correct the files, or {SECTION}'s columns"
    return read_rows(prepare, roles, declared, dated, period=period, section=SECTION, remedy=remedy)


def written(found: LaterPeople, beyond: float, digest: str) -> dict[str, Any]:
    """What :func:`~.segments_said.read` makes the same of again, together with the table of shares."""
    return {
        "segments": {
            "rows": [_named(row) for row in found.rows.to_dict("records")],
            "segmented": found.segmented,
            "people": found.people,
            "beyond": beyond,
            **handed_on(found, digest),
        }
    }


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    kept = ("question", "name", "period", "rows", "moved", "before", "now", "effect", "p", "detectable")
    return {name: row[name] for name in kept} | {"alarm": bool(row["alarm"])}
