"""Joint drift: whether a classifier can tell rows of a period from rows of the reference, by all features at once.

Two features may each keep their distribution while what goes with what changes. A logistic regression, the same as of
the decisions, is fitted to one half of the rows and judged on the other (Lopez-Paz & Oquab 2017): an AUC of one half is
no drift that it can see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from responsible.measures import exact_tests
from responsible.modelling.newton import scores
from responsible.modelling.parameters import Logistic
from responsible.monitoring.spending import Spending
from responsible.statistics.probability_metrics import auc_interval, roc_auc
from responsible.statistics.streams import stream
from responsible.validation import MISSING

MOST_ROWS = 20_000  # of either side: beyond that an AUC is known to a hundredth, and a fit only costs time
LEAST_ROWS = 50  # of a period; fewer cannot be halved into a fit and a judgement


def joint_drift(
    pair: tuple[pd.DataFrame, pd.DataFrame],
    kinds: Mapping[str, str],
    params: Logistic,
    spending: Spending,
    least: float,
    *,
    confidence: float,
    seed: int,
    name: str,
) -> dict[str, Any]:
    """``value, low, high`` of the AUC on the held-out half, ``effect`` = AUC − ½, one-sided ``p``, ``alarm``,
    ``detectable`` and ``rows``; NaN where a side has fewer than :data:`LEAST_ROWS`.

    ``pair`` are cells of reference and period with ``n`` and the ``x.`` columns of ``kinds``. Halves, and at most
    :data:`MOST_ROWS` of either side, are drawn without replacement from the stream of ``name``. A level that occurs in
    one half only is not learned.
    """
    reference, period = pair
    rng = stream(seed, f"monitor/joint/{name}")
    sides = [_halved(cells[[*kinds, "n"]], rng, label) for label, cells in ((0, reference), (1, period))]
    held = pd.concat([half for side in sides for half in side], ignore_index=True)
    rows = int(period["n"].sum())
    told = {c: k for c, k in kinds.items() if _told(held, c)}
    if min(rows, int(reference["n"].sum())) < LEAST_ROWS or not told:
        return {"rows": rows, "value": np.nan, "low": np.nan, "high": np.nan} | _nothing()
    grouped = held.groupby([*told, "split", "label"], dropna=False, sort=True)["n"].sum().reset_index()
    label = grouped["label"].to_numpy(dtype=np.int64)
    score = scores(grouped[["split", "n", *told]], told, label, params).round(9)
    n = np.where(grouped["split"] == "test", grouped["n"], 0)
    tallies = score, n * label, n * (1 - label)
    value, interval = roc_auc(*tallies), auc_interval(*tallies, confidence)
    variance = _variance(*tallies)
    p = exact_tests.of_ranks(value, variance)
    found = {"rows": rows, "value": value, "low": float(interval.low), "high": float(interval.high)}
    judged = {"effect": value - 0.5, "p": p, "alarm": spending.alarm(value - 0.5, p, least)}
    return found | judged | {"detectable": spending.auc_detected(variance, least)}


def _nothing() -> dict[str, Any]:
    return {"effect": np.nan, "p": np.nan, "alarm": False, "detectable": np.nan}


def _variance(score: np.ndarray, ones: np.ndarray, zeros: np.ndarray) -> float:
    _, place = np.unique(score, return_inverse=True)
    return exact_tests.rank_variance(np.bincount(place, ones), np.bincount(place, zeros))


def _told(rows: pd.DataFrame, feature: str) -> bool:
    """Whether some row that is learned from has a value of the feature, for both sides alike."""
    values = rows.loc[rows["split"] == "train", feature]
    return bool((values.notna() & (values != MISSING)).any())


def _halved(cells: pd.DataFrame, rng: np.random.Generator, label: int) -> list[pd.DataFrame]:
    """Two halves of the rows, drawn without replacement; the order and the splitting of cells do not matter."""
    columns = [column for column in cells if column != "n"]
    cells = cells.groupby(columns, dropna=False, sort=True)["n"].sum().reset_index()
    n = cells["n"].to_numpy(dtype=np.int64)
    rows = min(int(n.sum()), MOST_ROWS)
    kept = n if rows == n.sum() else rng.multivariate_hypergeometric(n, rows, method="marginals")
    first = rng.multivariate_hypergeometric(kept, rows // 2, method="marginals") if rows else kept
    halves = (("train", first), ("test", kept - first))
    return [cells.assign(n=part, split=split, label=label)[part > 0] for split, part in halves]
