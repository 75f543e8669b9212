"""The picture of the healthcare audit: for each group its widest gap of approvals beside its widest gap of waits."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.plots.forest import Cell, Column, Mark, Row, forest, said_width
from pipeline.plots.style import Canvas, Picture, count, name, picture
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import records
from responsible.fairness.comparisons import mirrored
from responsible.names import ANY_LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping

FINDINGS = {"RED": "over the limit", "AMBER": "not clear", "GREEN": "no gap shown"}  # by colour, the worst first
SCOPE = {"all": "", "merit": "necessary ", "urgent": "emergency ", "urgent merit": "necessary emergency "}
EVENT = {
    "statistical_parity_difference": "requests approved",
    "equal_opportunity_difference": "necessary requests approved",
    "predictive_parity_difference": "approved requests necessary",
}
MOST = 12  # groups drawn; of more, those with the worst findings


def gaps(approvals: pd.DataFrame, waits: pd.DataFrame, unit: str, confidence: float) -> Picture:
    """Approvals in percentage points beside waits in their own ``unit``: each group's worst comparison, with limits."""
    approved = _worst(approvals[approvals["measure"].isin(EVENT)])
    waited = _worst(waits[waits["measure"] == "mean_wait_difference"]) if len(waits) else {}
    groups = sorted({**approved, **waited}, key=lambda g: _rank(_worse(approved.get(g), waited.get(g))))[:MOST]

    def draw(canvas: Canvas) -> None:
        canvas.legend([("a", "gap and its interval"), ("within", "within the limits")])
        parts = [(approved, "Approvals: percentage points fewer (−) or more (+)")]
        if waited:
            parts.append((waited, f"Waits: {unit} shorter (−) or longer (+)"))
        columns = [_column(title, rows) for rows, title in parts]
        lines = [Row(_group(key), [_cell(rows.get(key), unit) for rows, _ in parts]) for key in groups]
        forest(canvas, columns, lines, label=130)

    finding = _finding(approved, waited, unit)
    caption = (
        f"For each group the comparison with the worst finding; bars are {percent(confidence, 0)} intervals. Over the "
        "limit: shown to exceed it. Not clear: a difference is shown, or there are too few cases to tell. "
        "Source: plots/healthcare_approvals.csv, plots/healthcare_waits.csv."
    )
    unpooled = (approvals["comparison"] == ANY_LEVEL).any()
    of = f"Each group against the privileged one{', or everybody else' if unpooled else ''}; recorded requests"
    return picture(Said(finding, of, _alt(finding, approved, waited, unit), caption), draw)


def _rank(row: Any) -> tuple[int, bool, float]:
    """The order of findings: the worst first, then the declared definition, then the widest."""
    place = [*FINDINGS, ""].index(row.finding) if row.finding in FINDINGS else len(FINDINGS)
    return place, not getattr(row, "primary", row.scope == "all"), 0.0 if isnan(row.value) else -abs(row.value)


def _worse(*rows: Any) -> Any:
    return min((row for row in rows if row is not None), key=_rank)


def _worst(table: pd.DataFrame) -> dict[tuple[str, str], Any]:
    """(Attribute, comparison) → its row with the worst finding."""
    found: dict[tuple[str, str], Any] = {}
    for row in records(table[table["comparison"].ne(ANY_LEVEL) & ~mirrored(table)]):
        key = row.attribute, row.comparison
        found[key] = _worse(found.get(key), row)
    return found


def _group(key: tuple[str, str]) -> str:
    return f"{name(key[0])}: {name(key[1])}"


def _ends(row: Any) -> list[float]:
    """Value, interval and limits in the unit that is drawn."""
    scale = 100 if row.measure in EVENT else 1
    return [scale * x for x in (row.value, row.low, row.high, row.minimum, row.maximum)]


def _column(title: str, rows: Mapping[Any, Any]) -> Column:
    reach = 1.1 * max((abs(x) for row in rows.values() for x in _ends(row) if not isnan(x)), default=1.0)
    said = said_width([*FINDINGS.values(), "too few cases"])
    return Column(title, -reach, reach, lambda v: number(v, "g", "+" if v else ""), said, 0.0)


def _cell(row: Any, unit: str) -> Cell:
    if row is None:
        return Cell()
    value, low, high, *limits = _ends(row)
    said = "too few cases" if isnan(value) else f"{number(value, 1, '+')}\n{FINDINGS.get(row.finding, '')}"
    mark = Mark("a", value, low, high, said, bold=row.finding == "RED")
    return Cell([mark], limits[0], limits[1], note=_note(row, unit))


def _note(row: Any, unit: str) -> str:
    if row.measure not in EVENT:
        waits = f"{number(row.unprivileged, 1)} against {number(row.privileged, 1)} {unit}"
        return f"{SCOPE[row.scope]}requests wait {waits}"
    own, other = f"{row.count_unprivileged:,} of {row.support_unprivileged:,}", f"{row.count_privileged:,} of"
    return f"{_event(row)}: {own} against {other} {row.support_privileged:,}"


def _event(row: Any) -> str:
    return EVENT[row.measure].replace("requests", f"{SCOPE[row.scope]}requests")


def _said(row: Any, unit: str) -> str:
    """A gap in words and units."""
    value = number(abs(_ends(row)[0]), 1)
    if row.measure in EVENT:
        return f"{value} percentage points {'fewer' if row.value < 0 else 'more'} {_event(row)}"
    return f"{value} {unit} {'longer' if row.value > 0 else 'less'}"


def _finding(approved: Mapping[Any, Any], waited: Mapping[Any, Any], unit: str) -> str:
    """How many groups exceed a limit, and the worst gap of waits and of approvals."""
    red = {key for rows in (approved, waited) for key, row in rows.items() if row.finding == "RED"}
    parts = [f"{count(len(red), len({*approved, *waited}), 'groups')} over a limit.".capitalize()]
    for what, rows in (("wait", waited), ("approval gap", approved)):
        known = {key: row for key, row in rows.items() if not isnan(row.value)}
        if known:
            key = min(known, key=lambda k: _rank(known[k]))
            judged = FINDINGS.get(known[key].finding, "not judged")
            parts.append(f"Worst {what}: {_group(key)}, {_said(known[key], unit)} ({judged}).")
    return " ".join(parts)


def _alt(finding: str, approved: Mapping[Any, Any], waited: Mapping[Any, Any], unit: str) -> str:
    pairs = [pair for rows in (waited, approved) for pair in rows.items() if not isnan(pair[1].value)]
    return f"{finding} All: {'; '.join(f'{_group(key)}, {_said(row, unit)}' for key, row in pairs[:MOST])}."
