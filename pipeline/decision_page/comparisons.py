"""What was measured between the groups of one attribute, for readers who choose: by model, by measure, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.reporting import formatting, judgements
from pipeline.reporting.findings import difference_shown
from pipeline.reporting.sources import Sources, TableRow
from pipeline.reporting.tables import exceeds
from pipeline.results.catalogue import Tables
from pipeline.results.units import POINTS, TIMES
from responsible.fairness.measures import KNOWN
from responsible.names import ANY_LEVEL, POOLED, is_change


def choices(sources: Sources) -> Mapping[str, Sequence[str]]:
    """``attribute``, ``model`` and ``measure`` → what the table has, models with the last first."""
    if Tables.FAIRNESS not in sources.files:
        return {}
    rows = sources.rows(Tables.FAIRNESS, {})
    found = {
        name: list(dict.fromkeys(str(row.text(name)) for row in rows)) for name in ("attribute", "model", "measure")
    }
    return found | {"model": [model for model in reversed(found["model"]) if not is_change(model)]}


def compared(sources: Sources, **chosen: str) -> list[dict[str, str]]:
    """Texts of every comparison whose columns have the values of ``chosen``: attribute, model, measure."""
    return [_texts(row, sources) for row in sources.rows(Tables.FAIRNESS, chosen)]


def _texts(row: TableRow, sources: Sources) -> dict[str, str]:
    unit = TIMES if KNOWN[row.measure].ratio else POINTS
    scale = 1 if unit == TIMES else 100
    value, low, high = (row.number(name) for name in ("value", "low", "high"))
    ends = (row.number(name) * scale for name in ("minimum", "maximum"))
    return {
        "Group": _group(row, sources),
        "Verdict": formatting.words(row.verdict) or "not judged",
        "Value and interval": formatting.plain(judgements.written((value, low, high), unit, unit))
        if row.text("value")
        else f"undefined ({formatting.words(row.reason)})",
        "Limits": formatting.limits(*ends),
        "Limit exceeded": exceeds(row.verdict),
        "Difference shown": difference_shown(row.measure, low, high),
    }


def _group(row: TableRow, sources: Sources) -> str:
    called, attribute = sources.words, str(row.attribute)
    if row.comparison == POOLED:
        return f"any other {called.name(attribute)}"
    if row.comparison == ANY_LEVEL:
        return f"{ANY_LEVEL}: {called.level(attribute, row.farthest)}"
    return called.level(attribute, row.comparison)
