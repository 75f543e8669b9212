"""Evidence: every figure the stages wrote, by its metric path.

Plain csv and json, because ``make`` ends with the policy's verdict: importing pandas would cost more than judging.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.results.catalogue import SEARCHED, Tables
from pipeline.results.searched import of_this_model
from pipeline.results.units import measured
from pipeline.storage.files import read_json
from pipeline.storage.text import AGAIN, read_rows
from responsible.governance.evidence import WHOLE, Evidence
from responsible.limits import Limits
from responsible.names import ANY_LEVEL, POOLED
from responsible.validation import InputError

PARAMETERS = "params.yaml"


@dataclass(frozen=True)
class FigureTable:
    """How the rows of a long table are named: ``path`` is filled from the row's columns, spaces of its scope as ``_``.

    ``level`` is the column that says of which level a figure is, and ``whole`` what it says for all of them together:
    pooled, or any of them, where ``farthest`` names the one.
    ``value``, ``low`` and ``high`` are columns; a table without the last two has figures without interval.
    ``headline`` rows, those where a column says a value, only bring the interval of a metrics file's figure.
    An ``optional`` table has its ``value`` only where the data have the role that it is about.
    ``undefined`` is the reason of an empty value in a table that gives none.
    """

    path: str
    level: str | None = None
    whole: tuple[str, ...] = ()
    headline: tuple[str, str] | None = None
    value: str = "value"
    low: str = "low"
    high: str = "high"
    undefined: str = "zero_denominator"
    optional: bool = False


WHOLE_ATTRIBUTE = ("comparison", (POOLED, ANY_LEVEL))
SIMULTANEOUS = ("simultaneous_low", "simultaneous_high")
# Every table that rules may be written on. A figure of a metrics file gets its interval here, when its path is there.
TABLES: dict[str, FigureTable | tuple[FigureTable, ...]] = {
    Tables.PERFORMANCE_BASELINE: FigureTable("train_baseline.{figure}"),
    Tables.PERFORMANCE_REWEIGHED: FigureTable("reweigh.{figure}"),
    Tables.PERFORMANCE: FigureTable("performance.{model}.{figure}"),
    Tables.PERFORMANCE_CHANGE: FigureTable("performance_change.{figure}"),
    Tables.FAIRNESS: FigureTable("evaluate_fairness.{attribute}.{model}.{measure}", *WHOLE_ATTRIBUTE),
    Tables.GROUP_RATES: FigureTable("group_rates.{attribute}.{model}.{rate}", "level"),
    Tables.INTERSECTION_RATES: FigureTable("intersection_rates.{attributes}.{model}.{rate}", "group"),
    Tables.FAILING_GROUPS: FigureTable("failing_groups.{model}.{error}", "group", value="difference"),
    Tables.SIMILAR_GROUPS: FigureTable("similar_groups.{attribute}.{comparison}.{model}.{measure}", "stratum", ("",)),
    Tables.FLIP_RATES: (
        FigureTable("flip_rates.{attribute}.{model}.{to}", "level", ("",), undefined="not_measured"),
        FigureTable("model_analyses.{model}.flip_rate.{attribute}", "level", ("",), headline=("to", "any other level")),
    ),
    Tables.PROXIES: FigureTable("proxies.{attribute}.{feature}"),
    Tables.HEALTHCARE_PROXIES: FigureTable("healthcare_proxies.{attribute}.{feature}"),
    Tables.THRESHOLD_INTERVALS: FigureTable("threshold_intervals.{threshold}.{model}.{figure}", "level", ("",)),
    Tables.HEALTHCARE_APPROVALS: (
        FigureTable("healthcare_approvals.{attribute}.{scope}.{measure}", *WHOLE_ATTRIBUTE),
        FigureTable("healthcare_audit.{measure}.{attribute}", *WHOLE_ATTRIBUTE, headline=("scope", "all")),
        FigureTable("healthcare_audit.primary_difference.{attribute}", *WHOLE_ATTRIBUTE, headline=("primary", "True")),
    ),
    Tables.HEALTHCARE_WAITS: (
        FigureTable("healthcare_waits.{attribute}.{scope}.{measure}", *WHOLE_ATTRIBUTE),
        FigureTable("healthcare_audit.{measure}.{attribute}", *WHOLE_ATTRIBUTE, headline=("scope", "all")),
    ),
    Tables.HEALTHCARE_RATES: FigureTable("healthcare_rates.{attribute}.{scope}.{rate}", "level"),
    Tables.HEALTHCARE_ODDS: FigureTable("healthcare_odds.{attribute}.{model}", "level", value="odds_ratio"),
    Tables.HEALTHCARE_INTERSECTIONS: (
        FigureTable("healthcare_intersections.difference", "group", value="difference"),
        FigureTable(
            "healthcare_intersections.wait",
            "group",
            value="wait_difference",
            low="wait_low",
            high="wait_high",
            optional=True,
        ),
    ),
    Tables.SEGMENTS_SHARES: FigureTable("segments_shares.{segment}", "level", value="share"),
    Tables.SEGMENTS_PRIVACY: FigureTable(
        "segments_privacy.{mechanism}.{epsilon}.{measure}", "level", ("",), undefined="not_measured"
    ),
    Tables.SEGMENTS_ATTACK: FigureTable("segments_attack.{mechanism}.{epsilon}.{measure}"),
    Tables.SEGMENTS_SCORECARD: (
        FigureTable("segments_scorecard.{configuration}.{name}"),
        FigureTable("segments_scorecard.{configuration}.{name}.points", value="points"),
    ),
}


def collect(root: str | Path = ".", params: Mapping[str, Any] | None = None) -> dict[str, dict[str, Evidence]]:
    """Metric path → level → figure, of all that lies in ``metrics`` and in the tables above.

    With ``params``, the parameters as they stand in the file, each figure has its unit and its parity.

    A number of ``metrics/NAME.json`` has its keys joined by dots as path, as in ``dvc metrics show``.
    """
    found: dict[str, dict[str, Evidence]] = {}
    for file in sorted(Path(root, "metrics").glob("*.json")):
        tree = read_json(file)
        earlier = file == Path(root, SEARCHED) and not of_this_model(tree, root)
        for path, evidence in _leaves(tree, f"metrics/{file.name}"):
            own = replace(evidence, value=math.nan, reason="of_an_earlier_model") if earlier else evidence
            found.setdefault(path, {})[WHOLE] = own
    if not found:
        raise InputError("metrics: no figures here; run `dvc repro` to build them")
    for name, tables in TABLES.items():
        if (file := Path(root, name)).is_file() and (name != Tables.PERFORMANCE_REWEIGHED or "reweigh.f1" in found):
            for table in tables if isinstance(tables, tuple) else (tables,):
                _add(found, table, list(_rows(file, name, table)))
    if params is None:
        return found
    return {path: {at: measured(path, own, params) for at, own in levels.items()} for path, levels in found.items()}


def _add(found: dict[str, dict[str, Evidence]], table: FigureTable, rows: list[tuple[str, str, Evidence]]) -> None:
    """The rows among the figures. Where only one level is compared there is no pooled row: it is the whole as well."""
    times = Counter(path for path, _, _ in rows)
    for path, level, evidence in rows:
        levels = found.setdefault(path, {}) if not table.headline else found.get(path, {})
        if table.headline and not _same(levels.get(WHOLE), evidence):
            continue
        levels[level] = evidence
        if table.whole and times[path] == 1:
            levels[WHOLE] = evidence


def _same(known: Evidence | None, row: Evidence) -> bool:
    """Whether both are the same figure: a headline may be of another row of the table in another configuration. The
    levels belong to the figure of any level.
    """
    if known is None or known.level:
        return known is not None
    return math.isclose(known.value, row.value, rel_tol=1e-4, abs_tol=1e-6)


def _leaves(tree: Mapping[str, Any], source: str, prefix: str = "") -> Iterator[tuple[str, Evidence]]:
    reasons = tree.get("undefined", {})
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and key != "undefined":
            yield from _leaves(value, source, f"{path}.")
        elif value is None:
            yield path, Evidence(math.nan, reason=reasons.get(key, "undefined"), inferred=False, source=source)
        elif isinstance(value, int | float):
            yield path, Evidence(float(value), inferred=False, source=source)


def _rows(file: Path, name: str, table: FigureTable) -> Iterator[tuple[str, str, Evidence]]:
    needed = [*re.findall(r"\{(\w+)\}", table.path), *([table.level] if table.level else [])]
    for row in read_rows(file, needed if table.optional else [*needed, table.value]):
        if table.optional and table.value not in row:
            return
        if not table.headline or row.get(table.headline[0]) == table.headline[1]:
            level = row[table.level] if table.level else WHOLE
            spaced = {key: row.get(key, "").replace(" ", "_") for key in ("scope", "comparison", "to")}
            path = table.path.format_map(row | spaced)
            yield path, WHOLE if level in table.whole else level, _evidence(row, name, table)


def _evidence(row: Mapping[str, str], source: str, table: FigureTable) -> Evidence:
    value, low, high = (_number(row, key, source) for key in (table.value, table.low, table.high))
    reason = row.get("reason", "") or (table.undefined if math.isnan(value) else "")
    evidence = Evidence(value, low, high, reason, inferred=table.low in row, source=source)
    evidence = replace(evidence, forbidden=_forbidden(row, "verdict", source), level=row.get("farthest", ""))
    if SIMULTANEOUS[0] not in row:
        return evidence
    low, high = (_number(row, end, source) for end in SIMULTANEOUS)
    forbidden = _forbidden(row, "simultaneous_verdict", source)
    return replace(evidence, among=replace(evidence, low=low, high=high, forbidden=forbidden))


def _forbidden(row: Mapping[str, str], verdict: str, source: str) -> Limits | None:
    """The row's limits when it found them out of reach."""
    if row.get(verdict) != "infeasible":
        return None
    return Limits(**{key: _number(row, key, source) if row.get(key) else None for key in ("minimum", "maximum")})


def _number(row: Mapping[str, str], column: str, source: str) -> float:
    text = row.get(column, "")
    try:
        return float(text) if text else math.nan
    except ValueError:
        raise InputError(f"{source}: {column} must be a number, got {text[:60]!r}; {AGAIN}") from None
