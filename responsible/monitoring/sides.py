"""Who is compared with whom in every period, reference and periods, and their counts by label and decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, headlines
from responsible.fairness.groups import Groups
from responsible.monitoring.batches import DECISION
from responsible.monitoring.parameters import TRAINING, Monitor
from responsible.names import ALL_PRIVILEGED
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.count_tables import tabulate
from responsible.statistics.rates import Counts
from responsible.tabular.cell_counts import UNLABELLED
from responsible.validation import InputError, did_you_mean

EVERYBODY = "everybody"  # in place of an attribute: figures of all rows
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sides:
    """The sides of a comparison: one for everybody, else the unprivileged and the privileged one, by ``names``."""

    attribute: str
    comparison: str
    names: tuple[str, ...]
    who: Groups | None = None
    versus: Comparison | None = None

    def code(self, cells: pd.DataFrame) -> Codes:
        """The side of each cell, -1 for those on neither."""
        if self.who is None or self.versus is None:
            return np.zeros(len(cells), dtype=np.int64)
        return self.versus.sides(self.who.codes(cells))

    def of(self, cells: pd.DataFrame, side: int) -> pd.DataFrame:
        """The cells of one side."""
        return cells[self.code(cells) == side]

    def own(self) -> list[tuple[int, str]]:
        """The sides that are nobody else's: without privileged levels the other one is everybody but the level."""
        named = list(enumerate(self.names))
        return named if self.who is None or self.who.reference else named[:1]


def sides(groups: Sequence[Groups]) -> list[Sides]:
    """Everybody, then the headline comparisons of each attribute: all unprivileged levels against all privileged ones;
    without privileged levels, each level against everybody else.
    """
    out = [Sides(EVERYBODY, "", ("all",))]
    for who in groups:
        for versus in headlines(who):
            other = ALL_PRIVILEGED if who.reference else f"all but {versus.name}"
            out.append(Sides(who.attribute, versus.name, (versus.name, other), who, versus))
    return out


@dataclass(frozen=True, eq=False)
class Tables:
    """Counts of one comparison: ``reference`` (side, y, ŷ), ``periods`` (periods, side, y, ŷ) of rows with a label, and
    of all rows ``start`` (side, ŷ) of the reference and ``selected`` (periods, side, ŷ). ``figures``, by name with
    whether they need labels, replace those that a model is judged by; rows of one ``kind`` are tested apart from those
    of another.
    """

    sides: Sides
    reference: Counts
    periods: Counts
    start: Counts
    selected: Counts
    kind: str = ""
    figures: Mapping[str, tuple[CountFigure, bool]] | None = None

    def selection(self) -> tuple[Counts, Counts]:
        """Reference and periods for figures that need no label: every row counts, under label 0."""
        whole = self.start, self.selected
        return tuple(np.stack([own, np.zeros_like(own)], axis=-2) for own in whole)  # type: ignore[return-value]


def tables(each: Sides, reference: pd.DataFrame, periods: Sequence[pd.DataFrame], cut: int) -> Tables:
    """Counts of cells with ``bin`` (label 1 from ``cut`` on), ``decision`` and ``n``."""
    size = len(each.names)
    whole = [tabulate(each.code(part), size, [part[DECISION]], part["n"]) for part in (reference, *periods)]
    return Tables(
        each,
        by_label(each, reference, cut),
        np.stack([by_label(each, part, cut) for part in periods]),
        whole[0],
        np.stack(whole[1:]),
    )


def by_label(each: Sides, cells: pd.DataFrame, cut: int) -> Counts:
    """Rows with a label by side, label and decision: (sides, 2, 2)."""
    there = labelled(cells)
    return tabulate(each.code(there), len(each.names), [label(there, cut), there[DECISION]], there["n"])


def labelled(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells whose target is known."""
    return cells[cells["bin"] != UNLABELLED]


def label(cells: pd.DataFrame, cut: int) -> Codes:
    """The 0/1 label of each cell."""
    return (cells["bin"].to_numpy() >= cut).astype(np.int64)


def shares_labelled(counted: pd.DataFrame, periods: Iterable[str]) -> list[float]:
    """The share of rows of each period that have a label; NaN of a period without rows."""
    n, known = counted["n"], counted["n"].where(counted["bin"] != UNLABELLED, 0)
    rows, ones = (own.groupby(counted["period"]).sum() for own in (n, known))
    return [float(ones[p] / rows[p]) if rows.get(p, 0) else float("nan") for p in periods]


@dataclass(frozen=True, eq=False)
class Reference:
    """What periods are compared with: ``rows``, cells with features; ``scored``, cells with ``score`` and ``decision``
    that the model was not fitted to; ``calibrating``, more such cells, from which scores are recalibrated.
    """

    rows: pd.DataFrame
    scored: pd.DataFrame
    calibrating: pd.DataFrame

    def unlabelled(self) -> Reference:
        """The same of a table that has no labels."""
        return Reference(*(own.assign(bin=UNLABELLED) for own in (self.rows, self.scored, self.calibrating)))


def earlier(
    named: Sequence[str], key: str, rows: pd.DataFrame, periods: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """The ``rows`` of the periods that the parameter ``key`` names as a reference, the other rows, and their periods.

    Raises:
        InputError: a named period is not there or has no rows, or none is left to be compared.
    """
    there = set(rows["period"])
    for name in named:
        if name not in there:
            raise InputError(f"{key}: there is no period {name!r} with rows{did_you_mean(name, periods)}")
    left = tuple(period for period in periods if period not in named)
    if not left:
        raise InputError(f"{key}: names every period; leave one to be compared")
    part = rows["period"].isin(named)
    return rows[part], rows[~part], left


def referred(
    monitor: Monitor, training: Reference, batches: pd.DataFrame, periods: Sequence[str]
) -> tuple[Reference, pd.DataFrame, tuple[str, ...]]:
    """The reference, and the batches and periods that are compared with it: all, or those that are not part of it.

    Earlier periods have their labels, or none at all: figures that need labels then have nothing to be compared with,
    and scores are calibrated on ``training``.

    Raises:
        InputError: as of :func:`earlier`, or the labels of a period of ``monitor.reference`` are there in part.
    """
    if monitor.reference == TRAINING:
        return training, batches, tuple(periods)
    own, others, left = earlier(monitor.reference, "monitor.reference", batches, periods)
    shares = shares_labelled(batches, monitor.reference)
    for name, share in zip(monitor.reference, shares, strict=True):
        if any(shares) and not share >= monitor.complete:
            rule = f"must have {monitor.complete:.0%} of its labels (monitor.complete), or no period any"
            raise InputError(f"monitor.reference: {name} {rule}, got {share:.0%}; name earlier periods")
    return Reference(own, own, own if any(shares) else training.calibrating), others, left
