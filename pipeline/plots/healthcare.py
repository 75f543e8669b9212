"""The picture of the healthcare audit: for each group its widest gap of approvals beside its widest gap of waits."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from pipeline.plots.forest import Cell, Column, Mark, Row, forest, said_width
from pipeline.plots.style import Canvas, Picture, count, name, picture
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import difference, records
from responsible.fairness.comparisons import mirrored
from responsible.names import ANY_LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsible.words import Words

FINDINGS = {"RED": "over the limit", "AMBER": "unclear", "GREEN": "no gap shown"}  # by colour, the worst first
EVENT = {
    "statistical_parity_difference": "{rows} {yes}",
    "equal_opportunity_difference": "{rows} {yes}",
    "predictive_parity_difference": "{yes} {rows} {merit}",
}
LINE: Final = "healthcare"
MOST = 12  # groups drawn; of more, those with the worst findings


class Tongue(NamedTuple):
    """The unit of waits, and what people call things."""

    unit: str
    called: Words


def gaps(approvals: pd.DataFrame, waits: pd.DataFrame, unit: str, confidence: float, called: Words) -> Picture:
    """Approvals in percentage points beside waits in their own ``unit``: each group's worst comparison, with limits.

    ``called`` is what people call things.
    """
    tongue = Tongue(unit, called)
    approved = _worst(approvals[approvals["measure"].isin(EVENT)])
    waited = _worst(waits[waits["measure"] == "mean_wait_difference"]) if len(waits) else {}
    groups = sorted({**approved, **waited}, key=lambda g: _rank(_worse(approved.get(g), waited.get(g))))[:MOST]

    def draw(canvas: Canvas) -> None:
        canvas.legend([("a", "gap and its interval"), ("within", "within the limits")])
        parts = [(approved, "Approvals: percentage points fewer (−) or more (+)")]
        if waited:
            parts.append((waited, f"Waits: {unit} shorter (−) or longer (+)"))
        columns = [_column(title, rows) for rows, title in parts]
        lines = [Row(_group(key, tongue), [_cell(rows.get(key), tongue) for rows, _ in parts]) for key in groups]
        forest(canvas, columns, lines, label=130)

    finding = _finding(approved, waited, tongue)
    caption = (
        f"For each group the comparison with the worst finding; bars are {percent(confidence, 0)} intervals. Over the "
        "limit: shown to exceed it. Not clear: a difference is shown, or there are too few cases to tell. "
        "Source: plots/healthcare_approvals.csv, plots/healthcare_waits.csv."
    )
    unpooled = (approvals["comparison"] == ANY_LEVEL).any()
    other = "the privileged one, or everybody else" if unpooled else "the privileged one"
    of = f"Each group against {other}; recorded {called.many(LINE)}"
    return picture(Said(finding, of, _alt(finding, approved, waited, tongue), caption), draw)


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


def _group(key: tuple[str, str], tongue: Tongue) -> str:
    return f"{name(tongue.called.name(key[0]))}: {name(tongue.called.level(*key))}"


def _ends(row: Any) -> list[float]:
    """Value, interval and limits in the unit that is drawn."""
    scale = 100 if row.measure in EVENT else 1
    return [scale * x for x in (row.value, row.low, row.high, row.minimum, row.maximum)]


def _column(title: str, rows: Mapping[Any, Any]) -> Column:
    reach = 1.1 * max((abs(x) for row in rows.values() for x in _ends(row) if not isnan(x)), default=1.0)
    said = said_width([*FINDINGS.values(), "too few cases"])
    return Column(title, -reach, reach, lambda v: number(v, "g", "+" if v else ""), said, 0.0)


def _cell(row: Any, tongue: Tongue) -> Cell:
    if row is None:
        return Cell()
    value, low, high, *limits = _ends(row)
    said = "too few cases" if isnan(value) else f"{number(value, 1, '+')}\n{FINDINGS.get(row.finding, '')}"
    mark = Mark("a", value, low, high, said, bold=row.finding == "RED")
    return Cell([mark], limits[0], limits[1], note=_note(row, tongue))


def _note(row: Any, tongue: Tongue) -> str:
    if row.measure not in EVENT:
        waits = f"{number(row.unprivileged, 1)} against {number(row.privileged, 1)} {tongue.unit}"
        return f"{_rows(row, tongue)} wait {waits}"
    own, other = f"{row.count_unprivileged:,} of {row.support_unprivileged:,}", f"{row.count_privileged:,} of"
    return f"{_event(row, tongue)}: {own} against {other} {row.support_privileged:,}"


def _rows(row: Any, tongue: Tongue) -> str:
    merit = " merit" if row.measure == "equal_opportunity_difference" else ""
    return tongue.called.scope(row.scope + merit).removeprefix("all ")


def _event(row: Any, tongue: Tongue) -> str:
    yes, merit = tongue.called.answer(LINE), tongue.called.merit
    return EVENT[row.measure].format(rows=_rows(row, tongue), yes=yes, merit=merit)


def _said(row: Any, tongue: Tongue) -> str:
    """A gap in words and units."""
    value = _ends(row)[0]
    if row.measure in EVENT:
        gap = difference(value, 1, "percentage points", "more", "fewer")
        return f"{gap}{' in' if gap.endswith('apart') else ''} {_event(row, tongue)}"
    return difference(value, 1, tongue.unit, "longer", "less")


def _finding(approved: Mapping[Any, Any], waited: Mapping[Any, Any], tongue: Tongue) -> str:
    """How many groups exceed a limit, and the worst gap of waits and of approvals."""
    red = {key for rows in (approved, waited) for key, row in rows.items() if row.finding == "RED"}
    parts = [f"{count(len(red), len({*approved, *waited}), 'groups')} over a limit.".capitalize()]
    for what, rows in (("wait", waited), ("approval gap", approved)):
        known = {key: row for key, row in rows.items() if not isnan(row.value)}
        if known:
            key = min(known, key=lambda k: _rank(known[k]))
            judged = FINDINGS.get(known[key].finding, "not judged")
            parts.append(f"Worst {what}: {_group(key, tongue)}, {_said(known[key], tongue)} ({judged}).")
    return " ".join(parts)


def _alt(finding: str, approved: Mapping[Any, Any], waited: Mapping[Any, Any], tongue: Tongue) -> str:
    pairs = [pair for rows in (waited, approved) for pair in rows.items() if not isnan(pair[1].value)]
    return f"{finding} All: {'; '.join(f'{_group(key, tongue)}, {_said(row, tongue)}' for key, row in pairs[:MOST])}."
