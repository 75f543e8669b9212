"""Levels of columns: rare ones as one, and refusals of attributes whose levels bear no comparison."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from responsible.validation import MISSING, InputError, did_you_mean

RARE = "Rare"  # the level that rare ones are merged into
MOST_LEVELS = 100  # of an attribute; a group for every value has too few rows to be compared


def merged(levels: pd.Series[Any], n: pd.Series[Any], least: int) -> pd.Series[Any]:
    """``levels`` with those of fewer than ``least`` rows (sums of ``n``) as the level :data:`RARE`; never Missing."""
    rows = n.groupby(levels).transform("sum")
    return levels.mask((rows < least) & (levels != MISSING), RARE)


def refuse_many(key: str, levels: Iterable[str], where: str) -> None:
    """InputError when an attribute has more than :data:`MOST_LEVELS` levels."""
    if len(found := sorted(levels)) > MOST_LEVELS:
        got = f"got {len(found)} in {where}: {', '.join(map(repr, found[:5]))}, ..."
        bins = "" if key == "segments.protected" else f"cut numbers into intervals with {key}.bins, or "
        remedy = f"{bins}merge levels in the table"
        raise InputError(f"{key}: must have at most {MOST_LEVELS} levels, {got}; {remedy}")


def refuse_absent(key: str, levels: Iterable[str], present: Iterable[str], where: str) -> None:
    """InputError when a declared level is not among those ``present``, with the nearest ones."""
    present = sorted(present)
    for level in levels:
        if level not in present:
            raise InputError(f"{key}: level {level!r} does not occur in {where}{did_you_mean(level, present)}")
