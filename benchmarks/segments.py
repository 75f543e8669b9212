"""Segments: the whole stage at three sizes, and silhouettes of many partitions at once against scikit-learn's.

The stage fits a declared number of rows (cluster_privacy.clusters.fit_rows) and labels all of them, so beyond that
number only what has to see every person grows. Seconds are those on the clock, with up to 8 cores; peak memory is that
of the stage's own process, beside which each further one has about 200 MiB.

Silhouettes need all pairs of points: the stage computes each distance once for all the partitions it compares,
scikit-learn once for each.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

from benchmarks._measure import ROOT, agree, best, child, folder, parameters, ratio, seconds, table, within

SIZES = (1_500, 100_000, 1_000_000)
POINTS, PARTITIONS = 5_000, 10
MOST_MIB = 2048  # for a million rows
QUICK = {
    "cluster_privacy__stability": {"refits": 2, "starts": 1},
    "cluster_privacy__clusters__starts": 1,
    "cluster_privacy__privacy__draws": 3,
    "cluster_privacy__privacy__confidence": 0.5,
}


def prepared(out: str, params: str) -> int:
    """Write the prepared table of people that ``params`` names; the number of rows."""
    from pipeline.storage import files
    from stages import prepare_segments

    outputs = within(Path(out), prepare_segments.main, params=params)
    prepare_segments.main(**outputs)
    return int(files.read_json(outputs["metrics"])["prepare_segments"]["kept"])


def stage(out: str, params: str) -> dict[str, float]:
    """Run the stage on all cores with every output in ``out``; its headline."""
    from pipeline.cores import use_cores
    from pipeline.storage import files
    from stages import cluster_privacy

    use_cores()
    main = cluster_privacy.main
    given = {n: p.default for n, p in inspect.signature(main).parameters.items() if "template" in n}
    given |= {
        "params": params,
        "prepared": str(Path(out, "segments.parquet")),
        "profile": str(Path(out, "prepare_segments.csv")),
    }
    outputs = within(Path(out), main, **given)
    main(**outputs)
    found = files.read_json(outputs["metrics"])["cluster_privacy"]
    return {"k": found["k"], "silhouette": found["silhouette"]}


def run(small: bool) -> None:
    """Print seconds and peak memory of the stage at each size, then of silhouettes against scikit-learn's."""
    lines, peak = [], 0.0
    for rows in (300,) if small else SIZES:
        with folder() as place:
            source = place / "people.csv"
            command = [sys.executable, "-m", "commands.sample", "segments", "--rows", str(rows), "--out", str(source)]
            subprocess.run(command, cwd=ROOT, check=True)
            # a bound is a few standard deviations wide: of a million rows one or two lie outside
            changes = {"segments__source": str(source), "prepare__on_bad_rows": "drop"} | (QUICK if small else {})
            params = str(parameters(place / "params.yaml", **changes))
            first = child("benchmarks.segments:prepared", out=str(place), params=params)
            ours = child("benchmarks.segments:stage", out=str(place), params=params)
        figures = (f"{ours.value['k']:g}", f"{ours.value['silhouette']:.3f}")
        lines += [
            (f"{rows:,}", "prepare", seconds(first.seconds), f"{first.peak:,.0f}", "", ""),
            (f"{rows:,}", "cluster_privacy", seconds(ours.seconds), f"{ours.peak:,.0f}", *figures),
        ]
        peak = ours.peak
    table(("rows", "stage", "seconds", "peak MiB", "K", "silhouette"), lines)
    if not small:
        print(f"target for {SIZES[-1]:,} rows, under {MOST_MIB:,} MiB: {'met' if peak < MOST_MIB else 'missed'}")
    _silhouettes(300 if small else POINTS)


def _silhouettes(rows: int) -> None:
    import numpy as np
    from sklearn.metrics import silhouette_score

    from responsible.clustering.partition import silhouettes

    rng = np.random.default_rng(1)
    points, labelings = rng.normal(size=(rows, 4)), rng.integers(0, 5, (PARTITIONS, rows))
    ours, values = best(lambda: silhouettes(points, labelings).mean(axis=0))
    rival, expected = best(lambda: [silhouette_score(points, labels) for labels in labelings], 1)
    print(f"silhouettes of {PARTITIONS} partitions of {rows:,} points: {seconds(ours)}, scikit-learn {seconds(rival)}")
    print(f"that is {ratio(rival, ours)} faster")
    agree("mean silhouette", float(np.abs(values - expected).max()), 1e-9)
