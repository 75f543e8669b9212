"""Bootstrap: 10,000 replicates of all measures from counts, against resampled rows and fairlearn's MetricFrame.

Rivals are timed on a few replicates and scaled to 10,000, which the heading says. They resample rows, which is what
the multinomial draw of the counts replaces.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np

from benchmarks._measure import agree, best, ratio, seconds, table
from responsible.fairness.measures import MEASURES as EVERY
from responsible.fairness.measures import standard
from responsible.statistics.count_figures import interval
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference

MEASURES = {name: EVERY[name] for name in standard() if name in EVERY}
REPLICATES, CONFIDENCE = 10_000, 0.95
# [group, y, ŷ], unprivileged first: ProPublica's COMPAS counts by race, decile 5 and up, as shares of any n.
SHARES = np.array([[[990, 805], [532, 1369]], [[1139, 349], [461, 505]]]) / 6150
FRAMES = {1_000: 10, 100_000: 2}  # rows → MetricFrame replicates that are timed; at more rows one takes minutes
ROW_DRAWS = {1_000: 1_000, 100_000: 20, 10_000_000: 1}


def counts_of(n: int) -> np.ndarray:
    """A table [group, y, ŷ] of exactly ``n`` rows in the shares above."""
    counts = np.floor(SHARES * n).astype(np.int64)
    counts[0, 1, 1] += n - counts.sum()
    return counts


def found(draws: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The interval of each measure from replicates ``(number, group, y, ŷ)``: (measures, 2)."""
    ends = (interval(measure.figure, counts, Draws(draws), CONFIDENCE) for measure in MEASURES.values())
    return np.array([[end.low, end.high] for end in ends])


def by_counts(counts: np.ndarray, number: int) -> np.ndarray:
    """All intervals as the audit finds them: multinomial draws of the counts."""
    inference = Inference(confidence=CONFIDENCE, replicates=number, minimum_denominator=1)
    return found(drawn(counts, inference, np.random.default_rng(1)).tables, counts)


def by_rows(rows: np.ndarray, number: int) -> np.ndarray:
    """Replicates the long way, as fast as numpy can: resample coded rows and count them."""
    rng = np.random.default_rng(2)
    drawn = [np.bincount(rows[rng.integers(len(rows), size=len(rows))], minlength=8) for _ in range(number)]
    return np.stack(drawn).reshape(number, 2, 2, 2)


def frames(rows: np.ndarray, number: int) -> tuple[float, float]:
    """Seconds a replicate of MetricFrame on resampled rows, and the largest difference to our measures of them."""
    rng, spent, apart = np.random.default_rng(3), 0.0, 0.0
    _frame(*np.indices((2, 2, 2)).reshape(3, 8))  # imports are not what is timed
    for _ in range(number):
        start = time.perf_counter()
        drawn = rows[rng.integers(len(rows), size=len(rows))]
        theirs = _frame(drawn // 4, drawn // 2 % 2, drawn % 2)
        spent += time.perf_counter() - start
        u, p = np.bincount(drawn, minlength=8).reshape(2, 2, 2)
        ours = [measure.compute(u, p) for measure in MEASURES.values()]
        apart = max(apart, float(np.abs(np.array(ours) - theirs).max()))
    return spent / number, apart


def _frame(group: np.ndarray, label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """All measures from fairlearn's rates by group, in the order of ours."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import precision_score

    rates = {"sr": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate, "ppv": precision_score}
    by = MetricFrame(metrics=rates, y_true=label, y_pred=predicted, sensitive_features=group).by_group
    gap, share = by.loc[0] - by.loc[1], by.loc[0, "sr"] / by.loc[1, "sr"]
    odds = (gap["tpr"] + gap["fpr"]) / 2, (abs(gap["tpr"]) + abs(gap["fpr"])) / 2
    return np.array([gap["sr"], share, gap["tpr"], *odds, gap["ppv"]])


def run(small: bool) -> None:
    """Print seconds and ratios by n, then how well the intervals of both ways agree."""
    print(f"{REPLICATES:,} replicates of {len(MEASURES)} measures with intervals; rivals timed on a few and scaled")
    sizes = (1_000,) if small else tuple(ROW_DRAWS)
    lines, apart = zip(*(_line(n, 2 if small else FRAMES.get(n, 0)) for n in sizes), strict=True)
    table(("rows", "from counts", "rows resampled", "ratio", "MetricFrame", "ratio"), lines)
    for n in sizes:
        if n not in FRAMES:
            print(f"MetricFrame at {n:,} rows: not run; its time a replicate grows with the rows")
    agree("measures of fairlearn and ours on the same resampled rows, largest difference", max(apart), 1e-9)
    _intervals(1_000)


def _line(n: int, number: int) -> tuple[tuple[str, ...], float]:
    """The line of ``n`` rows, with ``number`` replicates of MetricFrame, and by how much its measures differ."""
    counts = counts_of(n)
    rows = np.repeat(np.arange(8), counts.ravel())
    ours = best(partial(by_counts, counts, REPLICATES))[0]
    draws = ROW_DRAWS[n]
    resampled = best(partial(by_rows, rows, draws), 2)[0] * REPLICATES / draws
    frame, apart = frames(rows, number) if number else (0.0, 0.0)
    theirs = (seconds(frame * REPLICATES), ratio(frame * REPLICATES, ours)) if number else ("not run", "")
    return (f"{n:,}", seconds(ours), seconds(resampled), ratio(resampled, ours), *theirs), apart


def _intervals(n: int) -> None:
    """Intervals by counts and by rows at ``n`` rows, and their largest difference as a share of the width."""
    counts = counts_of(n)
    ours, theirs = by_counts(counts, REPLICATES), by_rows(np.repeat(np.arange(8), counts.ravel()), REPLICATES)
    theirs = found(theirs, counts)
    print(f"\n{CONFIDENCE:.0%} intervals at {n:,} rows, {REPLICATES:,} replicates each")
    texts = [[f"[{low:.4f}, {high:.4f}]" for low, high in ends] for ends in (ours, theirs)]
    table(("measure", "from counts", "rows resampled"), list(zip(MEASURES, *texts, strict=True)))
    width = theirs[:, 1] - theirs[:, 0]
    apart = float((np.abs(ours - theirs) / width[:, None]).max())
    agree("interval ends, largest difference as a share of the interval's width", apart, 0.04)
