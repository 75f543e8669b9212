"""What a draft says to the person who asked for it: the table, groups and what they can show, and what to decide."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap

from pipeline.drafting import findings, inspection
from pipeline.drafting.reading import Table
from pipeline.drafting.roles import RARE, Roles
from pipeline.drafting.sections import DECIDE
from responsible.fairness.verdicts import POWER
from responsible.modelling.parameters import WIDE, Logistic

SHOWN = 12  # levels of an attribute
LINE = 118  # characters
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def lines(roles: Roles, params: str, *, confidence: float, share: float, model: Logistic | None) -> Iterator[str]:
    """The report, line by line. ``share`` of the rows is what figures are reported on, ``params`` the draft."""
    yield from facts(roles.table, len(roles.columns), roles.table.source.source)
    if roles.target:
        yield _target(roles)
        yield from _groups(roles, confidence, share)
    yield from _columns(roles, model)
    keys = decisions(params)
    yield f"to decide, marked `# {DECIDE}` in params.yaml ({len(keys)} keys):"
    yield from wrap(", ".join(_short(keys)), LINE, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _short(keys: Sequence[str]) -> list[str]:
    """Keys that differ only in the last name but one as one, ``policy.rules.*.minimum``, with their number."""
    parts = [key.split(".") for key in keys]
    alike = [".".join([*part[:-2], "*", part[-1]]) if len(part) > 3 else ".".join(part) for part in parts]
    number = Counter(alike)
    return list(dict.fromkeys(f"{a} ({number[a]})" if number[a] > 1 else k for a, k in zip(alike, keys, strict=True)))


def decisions(params: str) -> list[str]:
    """The dotted keys whose comment asks for a decision."""
    found, place = [], list[tuple[int, str]]()
    for line in params.splitlines():
        if match := re.match(r"( *)([^\s#-][^#]*?):(\s|$)", line):
            place = [(depth, key) for depth, key in place if depth < len(match[1])]
            place.append((len(match[1]), match[2]))
            if f"# {DECIDE}" in line:
                found.append(".".join(key for _, key in place))
    return found


def facts(table: Table, columns: int, name: str) -> Iterator[str]:
    """How the file called ``name`` is read, and what of it is not."""
    given = table.source
    part = f" ({len(table.texts):,} of them examined, chosen by hash)" if len(table.texts) < table.rows else ""
    form = "" if given.source.endswith((".parquet", ".pq")) else f"; {NAMES[given.delimiter]}, {given.encoding.upper()}"
    yield f"{name}: {table.rows:,} rows{part}, {columns} columns{form}"
    if given.decimal != "." or given.thousands:
        thousands = f", {given.thousands!r} between thousands" if given.thousands else ""
        yield f"  numbers: decimal sign {given.decimal!r}{thousands}"
    if given.missing_values:
        yield f"  read as missing: {', '.join(map(repr, given.missing_values))}"
    if given.trim:
        yield "  spaces around names and texts are trimmed"
    if table.rejected:
        yield f"  warning: {table.rejected:,} records have too few or too many fields"
    if table.repeated:
        yield f"  warning: columns with the same name are not used: {', '.join(table.repeated)}"


def _target(roles: Roles) -> str:
    ones, known = int((roles.label == 1).sum()), int((roles.label == roles.label).sum())
    what = " or ".join(map(repr, roles.favourable))
    if roles.threshold is not None:
        what = f"at least {roles.threshold:g}, about the median,"
    lost = f"; {roles.outcome.missing:,} rows have no value" if roles.outcome.missing else ""
    return f"target {roles.outcome.name}: {what} counts as label 1, which {ones:,} of {known:,} rows have{lost}"


def groups(roles: Roles, confidence: float, share: float) -> Iterator[tuple[str, str, list[findings.Level]]]:
    """(attribute, what its levels are compared with, levels), their rows scaled to the whole of a large file."""
    times = roles.table.rows / len(roles.table.texts)  # of a large file only a part was looked at
    for attribute in roles.attributes:
        found = findings.levels(
            attribute.levels.values,
            roles.label,
            attribute.privileged,
            share=share * times,
            confidence=confidence,
            power=POWER,
        )
        against = "the privileged levels" if attribute.privileged else "everybody else"
        yield attribute.name, against, [level._replace(rows=round(level.rows * times)) for level in found]


def _groups(roles: Roles, confidence: float, share: float) -> Iterator[str]:
    where = f"the test rows ({100 * share:.0f} % of all)" if share < 1 else "all rows"
    yield f"groups, and the smallest difference of rates that {where} show with {100 * POWER:.0f} % power:"
    privileged = {attribute.name: attribute.privileged for attribute in roles.attributes}
    for name, against, found in groups(roles, confidence, share):
        yield f"  {name}, each level against {against}"
        for level in found[:SHOWN]:
            shows = "privileged" if level.level in privileged[name] else "too few rows"
            shows = shows if math.isnan(level.shows) else f"{100 * level.shows:.1f} points"
            yield f"    {level.level:<24} {level.rows:>11,} rows  base rate {level.base_rate:.3f}  {shows}"
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN} more levels"


def _columns(roles: Roles, model: Logistic | None) -> Iterator[str]:
    for reason in dict.fromkeys(roles.left_out.values()):
        yield f"left out, {reason}: {', '.join(n for n, why in roles.left_out.items() if why == reason)}"
    for name, value in findings.leaks(roles.features, roles.label).items():
        yield f"warning: {name} alone predicts the target (AUC {value:.3f}); leave it out unless it is known beforehand"
    for column in [*roles.features, *(a.column for a in roles.attributes if a.column not in roles.features)]:
        for alike in column.alike:
            yield f"warning: {column.name} has levels that look the same: {', '.join(map(repr, alike))}"
    many = [c for c in roles.features if c.kind == "categorical" and len(c.counts) >= RARE]
    for column in many:
        yield f"{column.name} has {len(column.counts):,} levels: `min_count: 20` merges levels with fewer rows"
    if roles.asked.line == "budget" and model and not roles.asked.external:
        yield from _size(roles, model)


def _size(roles: Roles, model: Logistic) -> Iterator[str]:
    every = [*roles.features, *(a.levels for a in roles.attributes if a.column not in roles.features)]
    bins = {c.name: inspection.edges(c.numbers) for c in roles.features if c.is_continuous}
    bins = {name: edges for name, edges in bins.items() if edges}
    before = findings.cells(every, roles.label, {})
    if bins:
        after = findings.cells(every, roles.label, bins)
        yield f"cells: {before:,} of {len(roles.label):,} rows; {after:,} with `bins` for continuous features:"
        yield from (f"  {name}: bins {_listed(edges)}" for name, edges in bins.items())
    else:
        yield f"cells: {before:,} of {len(roles.label):,} rows"
    wide = findings.width(roles.features)
    chosen = f"model.solver {model.solver} uses {model.solver_for(wide)}"
    yield f"width: {wide:,} columns after one-hot encoding; {chosen} ({'above' if wide > WIDE else 'up to'} {WIDE})"


def _listed(edges: Sequence[float]) -> str:
    return ", ".join(f"{edge:g}" for edge in edges)
