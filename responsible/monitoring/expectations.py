"""Performance that is expected before labels are in, from scores that the reference's rows have calibrated.

Confidence-based performance estimation (NannyML 2022; Garg et al. 2022 for its limits): if among reference rows of one
score and decision the share q has label 1, then of as many rows of a period q are expected to. **It assumes that
calibration survives**: that rows of one score still have label 1 as often as they did. A changed relation of features
and label (concept drift) is invisible to it, and a change of features alone may break calibration as well. So each
estimate stands beside the truth as soon as labels come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from responsible.monitoring.batches import DECISION, SCORE
from responsible.monitoring.calibration import Calibration, calibration
from responsible.monitoring.sides import EVERYBODY, Sides, by_label, label, labelled
from responsible.statistics.count_figures import Compute, performance_figure
from responsible.statistics.intervals import Inference, percentile
from responsible.statistics.rates import Counts
from responsible.statistics.streams import stream

EXPECTED = ("accuracy", "precision", "recall")
PLACE = ("attribute", "group", "figure", "period", "rows")
COLUMNS = [*PLACE, "value", "low", "high", "calibration", "status", "truth", "inside"]
OWN, WAITING, JUDGED = "own", "waiting", "judged"


def expectations(
    each: Sequence[Sides],
    calibrating: pd.DataFrame,
    periods: Sequence[tuple[str, pd.DataFrame, bool]],
    *,
    cut: int,
    inference: Inference,
    seed: int,
) -> pd.DataFrame:
    """A row of :data:`COLUMNS` for each group, figure and period; ``periods`` are name, cells, and whether labels are
    complete.

    ``calibration`` is ``own`` where the group's reference rows suffice for one, else that of ``everybody``. ``truth``
    is what the labels say, and ``inside`` whether it lies in the interval; both empty while they are waited for.
    """
    rows: list[dict[str, Any]] = []
    whole = _calibrated(calibrating, cut)
    for sides in each:
        for side, group in sides.own():
            own = whole if sides.attribute == EVERYBODY else _calibrated(sides.of(calibrating, side), cut)
            if (used := own or whole) is None:
                continue
            place = {"attribute": sides.attribute, "group": group, "calibration": OWN if own else EVERYBODY}
            for period, cells, complete in periods:
                part = sides.of(cells, side)
                known = by_label(Sides("", "", ("",)), part, cut) if complete else None
                rng = stream(seed, f"monitor/expected/{sides.attribute}/{group}/{period}")
                at = {"period": period, "rows": int(part["n"].sum()), "status": JUDGED if complete else WAITING}
                rows += [place | at | row for row in _of_period(used, part, known, inference, rng)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _calibrated(cells: pd.DataFrame, cut: int) -> Calibration | None:
    there = labelled(cells)
    columns = there[SCORE].to_numpy(), there[DECISION].to_numpy(), label(there, cut), there["n"].to_numpy()
    return calibration(*columns)


def _of_period(
    used: Calibration, part: pd.DataFrame, known: Counts | None, inference: Inference, rng: np.random.Generator
) -> list[dict[str, Any]]:
    counts = used.counts(part[SCORE].to_numpy(), part[DECISION].to_numpy(), part["n"].to_numpy())
    table, draws, out = used.expected(counts), used.draws(counts, inference.replicates, rng), []
    for figure in EXPECTED:
        compute = performance_figure(figure).compute
        value, low, high = expected(compute, table, draws, inference.confidence)
        truth = float("nan") if known is None else float(compute(known))
        inside = "" if np.isnan(truth) or np.isnan(low) else str(low <= truth <= high)
        out.append({"figure": figure, "value": value, "low": low, "high": high, "truth": truth, "inside": inside})
    return out


def expected(compute: Compute, table: Counts, draws: Counts, confidence: float) -> tuple[float, float, float]:
    """A figure of the expected ``table`` (y, ŷ), with the interval, over ``draws`` (number, y, ŷ), that its truth
    should fall into. ``compute`` takes tables (…, side, y, ŷ).

    NaN where undefined, as precision without a selected row; the interval where more than 5 % of the draws are.
    """
    value = float(compute(table[None]))
    found = percentile(compute(draws[:, None]), confidence)
    return value, float(np.minimum(found.low, value)), float(np.maximum(found.high, value))
