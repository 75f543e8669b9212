"""What a table says before a model is fitted: rows and base rates by level, columns that give the target away, size."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.drafting.inspection import Column
from responsible.statistics.probability_metrics import roc_auc
from responsible.statistics.sample_size import shown
from responsible.tabular.columns import Closed, intervals
from responsible.validation import MISSING

LEAK = 0.99  # AUC of one column alone from which it gives the target away
Labels = npt.NDArray[np.bool_]


class Level(NamedTuple):
    """A level of an attribute: its rows, the share of them with label 1, and the smallest difference from everybody
    else (from the privileged levels, where there are any) that its reported rows show; NaN where none.
    """

    level: str
    rows: int
    base_rate: float
    shows: float


def labels(target: Column, favourable: Collection[str], threshold: float | None) -> npt.NDArray[np.float64]:
    """1 or 0 of each row, NaN where the target is missing."""
    if threshold is not None:
        return np.where(np.isnan(target.numbers), np.nan, target.numbers >= threshold)
    return np.where(target.values.isna(), np.nan, target.values.isin(list(favourable))).astype(float)


def levels(
    texts: pd.Series[Any],
    label: npt.NDArray[np.float64],
    privileged: Collection[str],
    *,
    share: float,
    confidence: float,
    power: float,
) -> list[Level]:
    """One entry a level, the largest first. ``share`` of the rows is what figures are reported on."""
    known = ~np.isnan(label)
    level = texts.fillna(MISSING)[known].to_numpy()
    counts = pd.DataFrame({"level": level, "y": label[known]}).groupby("level")["y"].agg(["size", "sum"])
    out = []
    for name, row in counts.sort_values(["size"], ascending=False, kind="stable").iterrows():
        others = counts.loc[[n for n in counts.index if (n in privileged if privileged else n != name)]].sum()
        rate = others["sum"] / others["size"] if others["size"] else math.nan
        least = math.nan
        if name not in privileged and not math.isnan(rate):
            least = shown(row["size"] * share, others["size"] * share, float(rate), confidence, power)
        out.append(Level(str(name), int(row["size"]), float(row["sum"] / row["size"]), least))
    return out


def auc(column: Column, label: npt.NDArray[np.float64]) -> float:
    """How well the column alone tells the labels apart, in [0.5, 1]: by its numbers either way, or by its levels.

    A level counts by the base rate among the other rows that have it, so that a level of one row tells nothing.
    """
    known = ~np.isnan(label)
    y = label[known]
    if column.kind == "numeric":
        score = column.numbers[known]
        score = np.where(np.isnan(score), np.nanmin(score, initial=0.0) - 1, score)
    else:
        level = column.values.fillna(MISSING)[known].to_numpy()
        grouped = pd.Series(y).groupby(level)
        rows, ones = grouped.transform("size").to_numpy(), grouped.transform("sum").to_numpy()
        score = np.where(rows > 1, (ones - y) / np.maximum(rows - 1, 1), y.mean())
        rest = np.where(rows > 1, rows - 1, 0)
        score = (score * rest + y.mean()) / (rest + 1)  # a few rows say little
    found = roc_auc(score, y, 1 - y)
    return float(max(found, 1 - found)) if column.kind == "numeric" else float(found)


def leaks(columns: Sequence[Column], label: npt.NDArray[np.float64]) -> dict[str, float]:
    """Columns whose AUC alone is at least ``LEAK``."""
    if len(set(label[~np.isnan(label)])) < 2:
        return {}
    found = {column.name: auc(column, label) for column in columns}
    return {name: value for name, value in found.items() if value >= LEAK}


def cells(columns: Sequence[Column], label: npt.NDArray[np.float64], bins: Mapping[str, Sequence[float]]) -> int:
    """Distinct combinations of label and columns, those of ``bins`` counted by interval: what every stage works on."""
    frame = pd.DataFrame({"": label})
    for column in columns:
        frame[f"c.{column.name}"] = (
            cut(column, bins[column.name]) if column.name in bins else column.values.fillna(MISSING).to_numpy()
        )
    return len(frame.drop_duplicates())


def cut(column: Column, bins: Sequence[float], closed: Closed = "left") -> npt.NDArray[np.object_]:
    """The interval of each number, "Missing" where there is none."""
    side: Closed = "right" if closed == "left" else "left"
    place = np.searchsorted(np.asarray(bins, dtype=float), column.numbers, side=side)
    names = np.array(intervals(bins, closed=closed), dtype=object)
    return np.where(np.isnan(column.numbers), MISSING, names[np.minimum(place, len(bins))])


def width(columns: Sequence[Column]) -> int:
    """Columns after one-hot encoding: a level each, and one for each of numbers and one more where some are missing."""
    return sum(1 + bool(c.missing) if c.kind == "numeric" else len(c.counts) + bool(c.missing) for c in columns)
