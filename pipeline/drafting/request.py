"""What a draft is asked for: the table, the roles of its columns and the line of work; held to the columns there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.drafting.inspection import Column
from responsible.tabular.schema import RESERVED
from responsible.validation import InputError, did_you_mean

SIDE = re.compile(r"(<=|>)\s*([+-]?\d+\.?\d*)")  # of an edge, as a level of numbers that are cut
LINES = ("budget", "healthcare", "segments")
# Words for what is wished for; a level of this name, the first in this order, is proposed as favourable.
WISHED = (
    "1",
    "1.0",
    "yes",
    "y",
    "true",
    "t",
    "approve",
    "approved",
    "grant",
    "granted",
    "accept",
    "accepted",
    "good",
    "paid",
    "admitted",
    "hired",
)


@dataclass(frozen=True)
class Request:
    """The options of ``make start``. ``privileged``: levels by column of ``protected``.

    ``bounds``: lowest and highest value of anybody, by feature of segments; the columns that have none take no part.
    Without any, all numeric columns are features and their bounds are left open.
    """

    table: str
    line: str = "budget"
    target: str | None = None
    protected: Sequence[str] = ()
    privileged: Mapping[str, Sequence[str]] = field(default_factory=dict)
    favourable: Sequence[str] = ()
    id: str | None = None
    time: str | None = None
    score: str | None = None
    decision: str | None = None
    bounds: Mapping[str, Sequence[float | None]] = field(default_factory=dict)

    @property
    def external(self) -> bool:
        """Whether a model of somebody else is audited, and none is trained."""
        return bool(self.score or self.decision)

    def named(self) -> list[tuple[str, str]]:
        """(option, column) of every column that is named."""
        single = [(name, getattr(self, name)) for name in ("target", "id", "time", "score", "decision")]
        several = [("protected", self.protected), ("bounds", self.bounds)]
        return [(o, c) for o, c in single if c] + [(option, column) for option, of in several for column in of]


def refuse_absent(asked: Request, columns: Sequence[str]) -> None:
    """InputError, a line for each, when a column is not in the table or has two roles, or the line does not exist."""
    faults, seen = [], dict[str, str]()
    for option, column in asked.named():
        if column not in columns:
            faults.append(f"--{option}: {asked.table} has no column {column!r}{did_you_mean(column, columns)}")
        elif (other := seen.setdefault(column, option)) != option:
            faults.append(f"--{option}: {column!r} is --{other} already; name another column")
    if len(set(asked.protected)) < len(asked.protected):
        faults.append("--protected: names a column twice; leave one out")
    if asked.external and asked.line != "budget":
        faults.append(f"--score and --decision are of the budget line, got --line={asked.line}; leave them out")
    if asked.line == "segments" and len(asked.protected) > 1:
        faults.append("--protected: segments take one attribute; name one")
    if asked.bounds and asked.line != "segments":
        faults.append(f"--bounds: are of the segments line, got --line={asked.line}; leave them out")
    faults += [
        f"--bounds: {column!r} must have a lowest value below its highest; correct or empty both"
        for column, ends in asked.bounds.items()
        if len(ends) != 2 or None in ends or not -math.inf < float(ends[0] or 0) < float(ends[1] or 0) < math.inf
    ]
    faults += [
        f"--privileged: {column!r} is not among --protected{did_you_mean(column, asked.protected)}"
        for column in asked.privileged
        if column not in asked.protected
    ]
    if faults:
        raise InputError("\n".join(faults))


def refuse_levels(asked: Request, found: Mapping[str, Column]) -> None:
    """InputError, a line for each, when a level that is named does not occur in its column; numbers may be cut."""
    levels = [("privileged", column, level) for column, of in asked.privileged.items() for level in of]
    levels += [("favourable", asked.target or "", level) for level in asked.favourable]
    faults = [
        f"--{option}: {level!r} is not a level of {column}{did_you_mean(level, list(found[column].counts.index))}"
        for option, column, level in levels
        if level not in found[column].counts.index and not (option == "privileged" and _may_cut(found[column], level))
    ]
    if faults:
        raise InputError("\n".join(faults))


def _may_cut(column: Column, level: str) -> bool:
    """Whether the level may be a side of an edge; what else a continuous column is refused for, its attribute says."""
    return column.is_continuous or (column.kind == "numeric" and SIDE.fullmatch(level) is not None)


def bounds(given: Sequence[str]) -> dict[str, list[float]]:
    """``["age=0,120,income=0,1e7"]`` → lowest and highest value by column."""
    try:
        return {column: [float(end) for end in ends] for column, ends in pairs(given).items()}
    except ValueError:
        raise InputError(f"--bounds: must be COLUMN=LOWEST,HIGHEST, got {','.join(given)!r}") from None


def pairs(given: Sequence[str]) -> dict[str, list[str]]:
    """``["sex=male,race=White,Black"]`` → levels by column; a piece without "=" is one more level of the last one."""
    out: dict[str, list[str]] = {}
    for text in given:
        column = ""
        for piece in text.split(","):
            name, sign, level = piece.partition("=")
            if not (sign or column):
                raise InputError(f"--privileged must be COLUMN=LEVEL, got {text!r}")
            column = name.strip() if sign else column
            out.setdefault(column, []).append((level if sign else piece).strip())
    return out


def listed(given: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """Options that are repeated or hold several names between commas; a ``known`` name may have a comma in it."""
    out: list[str] = []
    for text in given:
        out += [text] if text in known else [piece.strip() for piece in text.split(",") if piece.strip()]
    return out


def names(protected: Sequence[str]) -> dict[str, str]:
    """Name of an attribute in params.yaml, letters, digits and underscores, each another → its column."""
    out: dict[str, str] = {}
    for column in protected:
        plain = re.sub(r"\W+", "_", column.lower()).strip("_") or "attribute"
        plain = f"{plain}_level" if plain in RESERVED else plain
        while plain in out:
            plain += "_"
        out[plain] = column
    return out


def favourable(asked: Request, target: Column) -> list[str]:
    """The levels that count as 1: those asked for, else :func:`wished`."""
    return list(asked.favourable) or wished(target)


def wished(target: Column) -> list[str]:
    """The levels that count as 1: one by its name, else the last in the alphabet.

    Other spellings of the same level ("1" and "1.0") go with it.
    """
    levels = sorted(target.counts.index)
    named = [level for word in WISHED for level in levels if level.strip().casefold() == word]
    chosen = (named or levels[-1:])[0]
    return next((same for same in target.alike if chosen in same), [chosen])


def is_number(target: Column) -> bool:
    """Whether a threshold cuts the target: numbers of more than two values."""
    return target.kind == "numeric" and len(np.unique(target.numbers[~np.isnan(target.numbers)])) > 2
