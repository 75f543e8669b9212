"""Sweep the label threshold: both models at every threshold from the cells, a choice on valid, a report on test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from responsible.cells import FEATURE
from responsible.choice import choose
from responsible.encoding import Logistic
from responsible.groups import Inference
from responsible.reweighing import Reweigh
from responsible.roles import Sensitive
from responsible.sweep import sweep_cells, table, wide
from responsible.thresholds import Sweep
from stages import _draw_thresholds, _io, _recommendation, _report

PARAMS: dict[str, Any] = {
    "seed": int,
    "sensitive": dict[str, Sensitive],
    "model": Logistic,
    "reweigh": Reweigh,
    "inference": Inference,
    "threshold_sweep": Sweep,
}


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    template: str = "docs/templates/recommended_threshold.md.j2",
    metrics: str = "metrics/threshold_sweep.json",
    thresholds_csv: str = "plots/threshold_sweep.csv",
    intervals_csv: str = "plots/threshold_intervals.csv",
    impact_png: str = "plots/threshold_disparate_impact.png",
    tradeoff_png: str = "plots/threshold_tradeoff.png",
    document: str = "docs/recommended_threshold.md",
) -> None:
    """Sweep, choose and report; see the names of the outputs."""
    seed, sensitive, logistic, reweigh, inference, sweep = _io.load(params, PARAMS)
    frame, meta = _io.read_parquet(cells)
    choosing, reporting = (np.random.default_rng([seed, 4, part]) for part in (1, 2))

    def watch(steps: Iterable[Any]) -> Iterable[Any]:
        return _io.watch(steps, "thresholds")

    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    swept = sweep_cells(
        frame, kinds, meta["cuts"], sensitive, model=logistic, reweigh=reweigh, sweep=sweep, watch=watch
    )
    choice = choose(swept, sweep, inference, choosing)
    figures = table(swept, inference, reporting)

    _io.write_json(metrics, {"threshold_sweep": choice.summary(figures)})
    _io.write_csv(thresholds_csv, wide(figures, choice.frequency))
    _io.write_csv(intervals_csv, figures)
    _io.write_bytes(impact_png, _draw_thresholds.impact(figures, choice, sweep))
    _io.write_bytes(tradeoff_png, _draw_thresholds.tradeoff(figures, choice, sweep))
    _io.write_text(document, _report.render(template, _recommendation.context(figures, choice, sweep, inference)))


if __name__ == "__main__":
    _io.run(main)
