"""The sections of `params.yaml` that follow from a table, each line commented; `# decide:` where only people can."""

from __future__ import annotations

import numpy as np

from pipeline.drafting.inspection import Column
from pipeline.drafting.reading import Table
from pipeline.drafting.roles import Attribute, Roles
from pipeline.drafting.writing import Line

DECIDE = "decide:"
PROXIES = "columns that may tell groups, or that like people share; empty = none"
SHOWN = 10  # levels in a comment
SPELLED = "spelled as in the data"


def counted(column: Column, table: Table) -> str:
    """The most frequent levels with their rows; where only a part was looked at, it says so."""
    items = list(column.counts.items())
    shown = [f"{level} {rows:,}" for level, rows in items[:SHOWN]]
    more = f", and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(shown) + more + (f" (in {len(table.texts):,} rows)" if len(table.texts) < table.rows else "")


def source(roles: Roles) -> list[Line]:
    """Where the table is and how it is written; what is as usual is left out."""
    given = roles.table.source
    lines = [
        Line("source", given.source, "a CSV or Parquet file, or a folder of them"),
        Line("delimiter", given.delimiter, "between the fields of a CSV file"),
    ]
    if given.encoding != "utf-8":
        lines.append(Line("encoding", given.encoding, "the file is not UTF-8"))
    if given.decimal != ".":
        lines.append(Line("decimal", given.decimal, "numbers have a decimal comma"))
    if given.thousands:
        lines.append(Line("thousands", given.thousands, "between groups of three digits"))
    if given.trim:
        lines.append(Line("trim", True, "remove spaces around names and texts"))
    if given.missing_values:
        lines.append(Line("missing_values", list(given.missing_values), f"{DECIDE} do these mean missing here?"))
    return lines


def _time(roles: Roles) -> list[Line]:
    name = roles.asked.time
    lines = [Line("time", name, "column of dates; empty = none")]
    if name and (forms := roles.columns[name].forms):
        doubt = f"{DECIDE} or {' or '.join(forms[1:])}" if forms[1:] else "how dates are written"
        lines.append(Line("time_format", forms[0], doubt))
    return lines


def budget(roles: Roles) -> list[Line]:
    """The section ``budget``: the table and the roles of its columns."""
    return [
        *source(roles),
        Line("key", roles.asked.id, "column that identifies a row; empty = the row's number"),
        *_time(roles),
        Line("split_column", roles.split, "column that says train, valid or test; empty = split by hash"),
        Line("target", *_target(roles)),
        Line("features", _features(roles) or None, PROXIES if roles.asked.external else "what the models see"),
    ]


def _target(roles: Roles) -> tuple[list[Line] | None, str]:
    if roles.target is None:
        return None, f"{DECIDE} the column of what was right, if it is known; empty = rows have no labels"
    target = [Line("column", roles.outcome.name, "what is predicted")]
    if roles.threshold is None:
        levels = counted(roles.outcome, roles.table)
        target.append(Line("favourable", list(roles.favourable), f"{DECIDE} the levels that count as 1, of: {levels}"))
    else:
        target.append(Line("minimum", None, f"{DECIDE} less is a bad row; empty = no limit"))
        target.append(Line("maximum", None, f"{DECIDE} more is a bad row; empty = no limit"))
        target.append(Line("favourable", None, "for a target of texts: the levels that count as 1"))
    return target, ""


def _features(roles: Roles) -> list[Line]:
    protected = {attribute.column.name for attribute in roles.attributes}
    lines = []
    for column in roles.features:
        note = f"{len(column.counts):,} values" if column.kind == "numeric" else f"{len(column.counts):,} levels"
        note += f"; {column.missing:,} missing" if column.missing else ""
        if column.name in protected and roles.asked.line == "budget":
            note = f"{DECIDE} may the models see a protected attribute? {note}"
        lines.append(Line(column.name, [Line("kind", column.kind, note)]))
    return lines


def attributes(roles: Roles) -> list[Line]:
    """The entries of ``sensitive`` or ``healthcare.protected``."""
    return [Line(each.name, _attribute(each, roles.table)) for each in roles.attributes]


def _attribute(each: Attribute, table: Table) -> list[Line]:
    levels = counted(each.levels, table)
    named = "all others, missing included, are unprivileged"
    privileged = f"{SPELLED}; {named}" if each.privileged else f"{DECIDE} a reference group, or none, of: {levels}"
    lines = [
        Line("privileged", list(each.privileged) or None, privileged),
        Line("column", each.column.name, "whose levels are the groups"),
    ]
    if each.bins:
        edges = (
            "edges of intervals; an edge belongs to the interval below"
            if each.privileged
            else f"{DECIDE} edges; here quartiles"
        )
        lines.append(Line("bins", list(each.bins), edges))
    return lines


def grid(roles: Roles) -> list[Line]:
    """The thresholds of the sweep: nine between the first and the last decile."""
    known = roles.outcome.numbers[~np.isnan(roles.outcome.numbers)]
    low, high = (float(f"{q:.2g}") for q in np.quantile(known, [0.1, 0.9]))
    low, high = (low, high) if known.min() < low < high <= known.max() else (roles.threshold or 0.0,) * 2
    step = float(f"{(high - low) / 8:.1g}") or 1.0
    return [
        Line("minimum", low, "first threshold"),
        Line("maximum", high, "last threshold"),
        Line("step", step, "between thresholds"),
    ]


def sweep(roles: Roles) -> list[Line]:
    """The section ``threshold_sweep``."""
    limits = [
        Line("minimum", 0.8, f"{DECIDE} ratio of selection rates; 0.8 is the four-fifths rule"),
        Line("maximum", 1.25, "its reciprocal"),
    ]
    return [
        Line("grid", grid(roles)),
        Line("attribute", roles.attributes[0].name, "sensitive attribute of the fairness measures"),
        Line("limits", [Line("disparate_impact", limits)], "what a threshold must meet"),
        Line(
            "choose_by",
            "f1",
            "highest on validation rows within the limits; with fairness.costs their mean is least",
        ),
    ]


def healthcare(roles: Roles) -> list[Line]:
    """The section ``healthcare``: decisions on cases and the roles of their columns."""
    return [
        *source(roles),
        Line("id", roles.asked.id, "column that identifies a case; empty = the row's number"),
        *_time(roles),
        Line("outcome", _outcome(roles), "what was decided"),
        Line("merit", None, f"{DECIDE} column, positive, negative: was the case justified? empty = not recorded"),
        Line("urgency", None, f"{DECIDE} column, positive, negative: was it urgent? empty = not recorded"),
        Line("duration", None, f"{DECIDE} column and unit: how long did it take? empty = not recorded"),
        Line("protected", attributes(roles), "groups whose treatment is audited"),
        Line("features", _features(roles), "what cases are compared by"),
    ]


def _outcome(roles: Roles) -> list[Line]:
    column = Line("column", roles.outcome.name, "the decision")
    if roles.threshold is not None:
        return [
            column,
            Line("at_least", roles.threshold, f"{DECIDE} about the median; from here the decision is a yes"),
        ]
    levels = counted(roles.outcome, roles.table)
    negative = [level for level in roles.outcome.counts.index if level not in roles.favourable]
    return [
        column,
        Line("positive", list(roles.favourable), f"{DECIDE} the levels that are a yes, of: {levels}"),
        Line("negative", negative, "the levels that are a no; anything else is a bad row"),
    ]


def segments(roles: Roles) -> list[Line]:
    """The section ``segments``; bounds that nobody declared stay empty, because noise is measured by them."""
    gaps = sum(column.missing > 0 for column in roles.features)
    missing = f"{DECIDE} {gaps} features lack values: drop the rows, or median" if gaps else "refuse, drop or median"
    counts = counted(roles.attributes[0].column, roles.table)
    return [
        *source(roles),
        Line(
            "protected",
            roles.attributes[0].column.name,
            f"attribute whose levels are counted in every segment: {counts}",
        ),
        Line("missing", "refuse", f"a row without a value of a feature; {missing}"),
        Line("features", [Line(column.name, _bounds(column.name, roles)) for column in roles.features], "numeric"),
    ]


def _bounds(name: str, roles: Roles) -> list[Line]:
    low, high = roles.asked.bounds.get(name, (None, None))
    note = "" if roles.asked.bounds else f"{DECIDE} the values it can have for anybody, never those of these rows; "
    return [Line("minimum", low, f"{note}lowest"), Line("maximum", high, f"{note}highest")]
