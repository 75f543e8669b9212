"""Intersections: every combination of levels of the protected attributes against everyone else.

A combination names levels of one, two or three attributes; *everyone else* is all other cases, so a difference
is that group minus the rest: negative when the group is approved less, positive when it waits longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from responsible.fairness.groups import Groups
from responsible.fairness.measures import MEASURES
from responsible.healthcare.cases import DURATION, OUTCOME, binary
from responsible.names import ATTRIBUTE
from responsible.statistics import intervals, means, significance
from responsible.statistics.count_figures import interval
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import divide
from responsible.validation import Params

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]
AT_ONCE = 64  # combinations whose replicates are held in memory together


class Intersections(Params):
    """The most attributes that are combined, and the fewest cases that are evidence about a combination."""

    depth: Annotated[int, Field(ge=1, le=3)]
    minimum: Annotated[int, Field(ge=2, le=1_000_000)]


def table(
    cases: pd.DataFrame,
    attributes: Sequence[Groups],
    rules: Intersections,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Every combination of present or declared levels, by depth and then by difference, the least approved first.

    Columns: ``depth, group, n, approved, rate, rate_low, rate_high`` (Wilson), ``rest`` (cases of everyone else),
    ``difference, low, high`` (multinomial percentile interval of the approval difference), ``method, p, cramers_v,
    p_adjusted``; with durations ``mean_wait, wait_difference, wait_low, wait_high, wait_p, wait_p_adjusted`` (Welch);
    ``evidence``: empty, or ``insufficient_evidence`` where the group or the rest has fewer than ``minimum`` cases;
    such a combination stays in the table without a difference and is not tested. p is adjusted by Holm over all tested
    combinations, separately for approval and waits. Excluded levels name no combination but count among the rest.
    """
    names, members, cell = _members(cases, attributes, rules.depth)
    tables = _tables(members, cell, binary(cases, OUTCOME))
    (n, rest), approved = tables.sum(axis=-1).T, tables[:, 0, 1]
    enough = (n >= rules.minimum) & (rest >= rules.minimum)
    wilson = intervals.wilson(approved, n, inference.confidence)
    out = pd.DataFrame(names, columns=["depth", "group"])
    out = out.assign(n=n, approved=approved, rate=divide(approved, n), rate_low=wilson.low, rate_high=wilson.high)
    found = {"rest": rest, **_approval(tables, enough, inference, rng)}
    found |= _waits(cases, cell, members, enough, inference.confidence)
    out = pd.concat([out, pd.DataFrame(found)], axis=1)
    out["evidence"] = np.where(enough, "", "insufficient_evidence")
    return out.sort_values(["depth", "difference", "group"], kind="stable", ignore_index=True)


def _members(
    cases: pd.DataFrame, attributes: Sequence[Groups], depth: int
) -> tuple[list[tuple[int, str]], Bools, Ints]:
    """Depth and name of each combination, its cells (combinations, cells) bool, and the cell of each case (n,).

    A cell is a distinct combination of the levels of all attributes, so the work below does not grow with the cases.
    """
    by = cases.groupby([ATTRIBUTE + who.attribute for who in attributes], observed=True, sort=True)
    cells = pd.DataFrame(by.size().index.to_list(), columns=[who.attribute for who in attributes])
    names, members = [], []
    for combination in _combinations(attributes, depth):
        names.append((len(combination), " & ".join(f"{a}={v}" for a, v in combination)))
        members.append(np.logical_and.reduce([(cells[a] == v).to_numpy() for a, v in combination]))
    return names, np.array(members), np.asarray(by.ngroup(), dtype=np.int64)


def _combinations(attributes: Sequence[Groups], depth: int) -> Iterator[tuple[tuple[str, str], ...]]:
    for size in range(1, min(depth, len(attributes)) + 1):
        for chosen in combinations(attributes, size):
            yield from product(*([(who.attribute, level) for level in who.levels] for who in chosen))


def _tables(members: Bools, cell: Ints, outcome: Ints) -> Ints:
    """``[combination, side, outcome]``: cases of each combination and of everyone else, refused and approved."""
    counts = np.bincount(2 * cell + outcome, minlength=2 * members.shape[1]).reshape(-1, 2)
    return np.stack([members @ counts, ~members @ counts], axis=1)


def _approval(tables: Ints, enough: Bools, inference: Inference, rng: np.random.Generator) -> Columns:
    """Difference, interval, test of each combination; NaN where there is not enough evidence."""
    found = {name: np.full(len(tables), np.nan) for name in ("difference", "low", "high", "p", "cramers_v")}
    rates = divide(tables[..., 1], tables.sum(axis=-1))
    found["difference"] = np.where(enough, rates[:, 0] - rates[:, 1], np.nan)
    tested = np.flatnonzero(enough)
    for start in range(0, len(tested), AT_ONCE):
        some = tested[start : start + AT_ONCE]
        interval = _interval(tables[some], inference, rng)
        found["low"][some], found["high"][some] = interval.low, interval.high
    methods = np.full(len(tables), "", dtype=object)
    for i in tested:
        test = significance.independence(tables[i])
        found["p"][i], found["cramers_v"][i], methods[i] = test.p, test.effect, test.method
    return {**found, "method": methods, "p_adjusted": significance.holm(found["p"])}


_APPROVAL = MEASURES["statistical_parity_difference"].figure


def _interval(tables: Ints, inference: Inference, rng: np.random.Generator) -> intervals.Interval:
    """Of the approval difference of tables ``[combination, side, outcome]``, taken as cases of one label."""
    labelled = np.stack([tables, 0 * tables], axis=-2)
    return interval(_APPROVAL, labelled, drawn(labelled, inference, rng), inference.confidence)


def _waits(cases: pd.DataFrame, cell: Ints, members: Bools, enough: Bools, confidence: float) -> Columns:
    if DURATION not in cases:
        return {}
    known = cases[DURATION].notna().to_numpy()
    minutes = cases[DURATION].to_numpy(dtype=float)[known]
    own, rest = (means.Moments.of(minutes, cell[known], side) for side in (members, ~members))
    tested = means.welch(own, rest, confidence)
    difference, low, high, p = (np.where(enough & ~np.isnan(tested[1]), x, np.nan) for x in tested)
    found = {"mean_wait": own.mean, "wait_difference": difference, "wait_low": low, "wait_high": high}
    return {**found, "wait_p": p, "wait_p_adjusted": significance.holm(p)}
