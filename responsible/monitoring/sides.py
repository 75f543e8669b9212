"""Who is compared with whom in every period, and their counts by label and decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, headlines
from responsible.fairness.groups import Groups
from responsible.monitoring.batches import DECISION
from responsible.names import ALL_PRIVILEGED
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.count_tables import tabulate
from responsible.statistics.rates import Counts
from responsible.tabular.cell_counts import UNLABELLED

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
    ``selected`` (periods, side, ŷ) of all rows. ``figures``, by name with whether they need labels, replace those that
    a model is judged by; rows of one ``kind`` are tested apart from those of another.
    """

    sides: Sides
    reference: Counts
    periods: Counts
    selected: Counts
    kind: str = ""
    figures: Mapping[str, tuple[CountFigure, bool]] | None = None

    def selection(self) -> tuple[Counts, Counts]:
        """Reference and periods for figures that need no label: every row counts, under label 0."""
        known, whole = self.reference.sum(axis=-2), self.selected
        return tuple(np.stack([own, np.zeros_like(own)], axis=-2) for own in (known, whole))  # type: ignore[return-value]


def tables(each: Sides, reference: pd.DataFrame, periods: Sequence[pd.DataFrame], cut: int) -> Tables:
    """Counts of cells with ``bin`` (label 1 from ``cut`` on), ``decision`` and ``n``."""
    size = len(each.names)
    selected = [tabulate(each.code(part), size, [part[DECISION]], part["n"]) for part in periods]
    return Tables(
        each,
        by_label(each, reference, cut),
        np.stack([by_label(each, part, cut) for part in periods]),
        np.stack(selected),
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
