"""Subgroups searched and confirmed, against DivExplorer on the same table: what each finds, and in how long.

DivExplorer lists every pattern with support, of any length; the search here names what a second half confirms.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._measure import agree, best, ratio, seconds, table
from responsible.fairness.subgroups import search
from responsible.tabular.conjunctions import Search

SIZES = {"a": 2, "b": 2, "c": 3, "d": 3, "e": 4, "f": 5}
RULES = Search(depth=3, support=30, level=0.05, most=10)
PLANTED = ["a=0 & b=1"]


def run(*, small: bool = False) -> None:
    """Seconds, findings and patterns of both at each size; the planted subgroup must be the one finding."""
    lines = []
    for n in (3_000,) if small else (5_000, 50_000):
        frame, outcome, given = drawn(n)
        ours, found = best(partial(_searched, frame, outcome, given), 1)
        theirs, patterns = best(partial(explored, frame, outcome), 1)
        row = patterns[patterns["itemset"] == frozenset(PLANTED[0].split(" & "))].iloc[0]
        agree(f"rate of {PLANTED[0]} at n = {n:,}", abs(row["approved"] - found["rate"].iloc[0]), 1e-9)
        if found["group"].tolist() != PLANTED or not found["confirmed"].all():
            raise AssertionError(f"planted {PLANTED}, found {found['group'].tolist()}")
        lines.append(
            (f"{n:,}", seconds(ours), str(len(found)), seconds(theirs), f"{len(patterns):,}", ratio(theirs, ours))
        )
    table(("cases", "search", "findings", "DivExplorer", "patterns", "ratio"), lines)


def _searched(frame: pd.DataFrame, outcome: np.ndarray, given: pd.DataFrame) -> pd.DataFrame:
    return search(frame, outcome, given, RULES, np.random.default_rng(1)).findings


def drawn(n: int) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Six columns of which only a=0 & b=1 matters: approved .3 less often; nothing else is given."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({name: rng.integers(0, k, n).astype(str) for name, k in SIZES.items()})
    planted = (frame["a"] == "0") & (frame["b"] == "1")
    return frame, (rng.random(n) < 0.6 - 0.3 * planted).astype(int), pd.DataFrame(index=frame.index)


def explored(frame: pd.DataFrame, outcome: np.ndarray) -> Any:
    """Every pattern DivExplorer lists with the search's support."""
    from divexplorer import DivergenceExplorer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # DivExplorer 0.2.6 on pandas 3.1
        return DivergenceExplorer(frame.assign(approved=outcome)).get_pattern_divergence(
            min_support=2 * RULES.support / len(frame), attributes=list(frame), boolean_outcomes=["approved"]
        )
