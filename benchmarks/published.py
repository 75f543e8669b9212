"""Published figures beside ours: ``python -m benchmarks.published`` writes ``docs/published_figures.md``.

The published method (numbers unscaled and imputed with the median, texts with the mode, a fifth of the rows for test,
threshold 300, C = 1) by parameters alone: once with ``dvc exp run -S`` in a copy of this repository on 300,000
generated rows, and on redraws of the size the published counts have, which show what differs by chance alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import NOBODY, ROOT, folder, fork, git, parameters, sample, within
from benchmarks.loop import DVC, PATH
from pipeline.reporting.formatting import Markup
from responsible.fairness.measures import MEASURES
from responsible.mitigation.swept import Swept
from responsible.mitigation.threshold_choice import winners
from responsible.mitigation.threshold_figures import Sweep
from responsible.mitigation.threshold_sweep import sweep_cells
from responsible.modelling.logistic_regression import train
from responsible.names import FEATURE
from responsible.statistics.count_figures import interval, performance_figure
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference, Interval
from responsible.statistics.probability_metrics import roc_auc
from responsible.statistics.rates import PERFORMANCE
from responsible.tabular.cells import labels

ROWS, REDRAWS, REDRAWN, SEED = 300_000, 20, 50_000, 12
METHOD = {
    "model.scale": "false",
    "model.numeric_missing": "median",
    "model.categorical_missing": "mode",
    "prepare.split.train": "0.8",
    "prepare.split.valid": "0.0",
    "prepare.split.test": "0.2",
    "threshold": "300",
}
SOURCE = "data/raw/generated.csv"

# What a published system reports for the public teaching table whose structure the sample imitates. Its confusion
# counts [group, y, ŷ], unprivileged first, give its rates and measures; the rest it states.
COUNTS = {
    "baseline": np.array([[[5661, 80], [40, 17]], [[15, 17], [119, 4051]]]),
    "reweighed": np.array([[[5537, 204], [4, 53]], [[31, 1], [301, 3869]]]),
}
STATED = {
    ("baseline", "roc_auc"): 0.9933,
    ("sweep", "recommended_threshold"): 200.0,
    ("sweep", "base_rate"): 0.6168,
    ("sweep", "disparate_impact"): 0.8052,
    ("sweep", "f1"): 0.7558,
}
FOUR_FIFTHS = 0.8  # the lower limit of disparate impact in the published system
AT = 200.0  # the published recommendation, where the sweep's figures are compared
RATES = ("accuracy", "f1")
FAIRNESS = (
    "statistical_parity_difference",
    "disparate_impact",
    "equal_opportunity_difference",
    "average_odds_difference",
)
Figures = dict[tuple[str, str], float]


def of_counts(counts: np.ndarray) -> dict[str, float]:
    """The compared rates and measures of counts [group, y, ŷ], unprivileged first."""
    rates = {name: float(PERFORMANCE[name](counts.sum(0))) for name in RATES}
    return rates | {name: float(MEASURES[name].compute(*counts)) for name in FAIRNESS}


def published() -> Figures:
    """Every published figure by model (or ``sweep``) and name."""
    own = {(model, name): value for model, counts in COUNTS.items() for name, value in of_counts(counts).items()}
    order = {part: place for place, part in enumerate((*COUNTS, "sweep"))}
    return dict(sorted((own | STATED).items(), key=lambda item: order[item[0][0]]))


def published_intervals() -> dict[tuple[str, str], Interval]:
    """The 95 % intervals that the published counts carry, by our method."""
    inference = Inference(confidence=0.95, replicates=10_000, minimum_denominator=1)
    out: dict[tuple[str, str], Interval] = {}
    for model, counts in COUNTS.items():
        rng, everybody = np.random.default_rng(SEED), counts.sum(axis=0, keepdims=True)
        whole, pair = (drawn(table, inference, rng) for table in (everybody, counts))
        out |= {(model, name): interval(performance_figure(name), everybody, whole, 0.95) for name in RATES}
        out |= {(model, name): interval(MEASURES[name].figure, counts, pair, 0.95) for name in FAIRNESS}
    return out


def command() -> list[str]:
    """The experiment, as a person types it."""
    settings = {"budget.source": SOURCE, **METHOD}
    return ["dvc", "exp", "run", *(part for key, value in settings.items() for part in ("-S", f"{key}={value}"))]


def experiment(copy: Path, rows: int) -> None:
    """Draw the rows and run the experiment in a copy of the repository."""
    fork(copy)
    sample(rows, copy / SOURCE, SEED)
    git(copy, "add", "--all", "--", ".", f":!{SOURCE}")
    git(copy, "commit", "--quiet", "--message", "A copy")
    environment = {**os.environ, **NOBODY, "PATH": PATH}
    ran = subprocess.run(
        [*DVC, *command()[1:]],
        cwd=copy,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if ran.returncode:
        sys.exit(ran.stdout)


def ours(copy: Path) -> dict[tuple[str, str], Any]:
    """Figures of the experiment with ``value``, ``low`` and ``high``, from the tables its stages wrote."""
    from pipeline.storage import files

    out: dict[tuple[str, str], Any] = {}
    for model in COUNTS:
        table = files.read_csv(copy / f"plots/performance_{model}.csv").set_index("figure")
        out |= {(model, name): table.loc[name] for name in (*RATES, "roc_auc")}
    measures = files.read_csv(copy / "plots/fairness.csv").query("attribute == 'education'")
    for row in measures[measures["comparison"] == "all unprivileged"].itertuples():
        out[str(row.model), str(row.measure)] = row
    swept = files.read_csv(copy / "plots/threshold_intervals.csv").query("threshold == @AT and model != 'baseline'")
    return out | {("sweep", str(row.figure)): row for row in swept.itertuples()}


def redraw(place: Path, seed: int, rows: int) -> Figures:
    """The method on a table of its own: drawn, split, fitted and swept with ``seed``."""
    from ruamel.yaml import YAML

    from pipeline.storage import files
    from pipeline.storage.parameters import load
    from stages import prepare, threshold_sweep

    source = sample(rows, place / "redraw.csv", seed)
    changes = {key.replace(".", "__"): YAML(typ="safe").load(value) for key, value in METHOD.items()}
    params = parameters(place / "params.yaml", seed=seed, budget__source=str(source), **changes)
    prepare.main(**within(place, prepare.main, params=str(params), cells=str(place / "cells.parquet")))
    given = load(params, threshold_sweep.Parameters)
    sweep, model = given.threshold_sweep, given.model
    frame, meta = files.read_parquet(place / "cells.parquet")
    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    swept = sweep_cells(frame, kinds, meta["cuts"], given.sensitive, model=model, reweigh=given.reweigh, sweep=sweep)
    label, n = labels(frame, meta["cuts"], 300.0), np.where(frame["split"] == "test", frame["n"], 0)
    score = train(frame, kinds, label, model).score
    return of_sweep(swept, sweep) | {("baseline", "roc_auc"): roc_auc(score, n * label, n * (1 - label))}


def of_sweep(swept: Swept, sweep: Sweep) -> Figures:
    """All but the area under the curve, from the predictions at every threshold."""
    test, chosen = swept.joint("test")[:, :2], winners(swept.joint("train").sum(-2), swept.usable, sweep)
    tables = {"baseline": test.sum(-1), "reweighed": test.sum(-2)}
    at, there = swept.thresholds.index(300.0), swept.thresholds.index(AT)
    out = {(m, name): value for m, counts in tables.items() for name, value in of_counts(counts[at]).items()}
    own = of_counts(tables["reweighed"][there])
    return out | {
        ("sweep", "recommended_threshold"): swept.thresholds[int(chosen)] if chosen >= 0 else float("nan"),
        ("sweep", "base_rate"): float(tables["baseline"][there][:, 1].sum() / tables["baseline"][there].sum()),
        ("sweep", "disparate_impact"): own["disparate_impact"],
        ("sweep", "f1"): own["f1"],
    }


def rows(found: Mapping[tuple[str, str], Any], redrawn: list[Figures]) -> list[dict[str, Any]]:
    """The table of the document: a published figure a row, with the redraws' mean and sd and the experiment's."""
    said, out = published_intervals(), []
    for key, value in published().items():
        if key[1] == "recommended_threshold":
            continue
        values = np.array([figures[key] for figures in redrawn])
        spread = float(values.std(ddof=1))
        away = (value - float(values.mean())) / spread
        row = {"model": key[0], "figure": key[1], "published": value, "interval": said.get(key), "ours": found[key]}
        out.append(row | {"mean": float(values.mean()), "sd": spread, "away": away})
    return out


def context(copy: Path, number: int, rows_drawn: int, redrawn: list[Figures]) -> dict[str, Any]:
    """What the document's template is filled with."""
    sweep = json.loads((copy / "metrics/threshold_sweep.json").read_text())["threshold_sweep"]
    counts = {key: json.loads((copy / "metrics" / f"{key}.json").read_text())[key] for key in ("prepare", "reweigh")}
    recommended = [figures["sweep", "recommended_threshold"] for figures in redrawn]
    lines = rows(ours(copy), redrawn)
    drawing = f"python -m commands.sample budget --rows {number} --seed {SEED} --out {SOURCE}"
    return {
        "rows": number,
        "command": Markup(f"{drawing}\n" + " \\\n  ".join(_pairs(command()))),
        "lines": lines,
        "redraws": len(redrawn),
        "redrawn": rows_drawn,
        "test_rows": {"published": int(COUNTS["baseline"].sum()), "ours": counts["prepare"]["rows"]["test"]},
        "near": sum(abs(line["away"]) <= 2 for line in lines),
        "far": [line for line in lines if abs(line["away"]) > 2],
        "weights": counts["reweigh"]["weights"],
        "few": [int(COUNTS["baseline"][0, 1].sum()), int(COUNTS["baseline"][1, 0].sum())],
        "sweep": sweep,
        "at": AT,
        "limit": FOUR_FIFTHS,
        "stated": STATED["sweep", "recommended_threshold"],
        "same": sum(value == STATED["sweep", "recommended_threshold"] for value in recommended),
        "impact": [figures["sweep", "disparate_impact"] for figures in redrawn],
    }


def _pairs(words: list[str]) -> list[str]:
    """The command in lines of one setting each."""
    return [" ".join(words[:3]), *(f"{a} {b}" for a, b in zip(words[3::2], words[4::2], strict=True))]


def main(
    *,
    rows: int = ROWS,
    redraws: int = REDRAWS,
    redrawn: int = REDRAWN,
    template: str = "docs/templates/published_figures.md.j2",
    document: str = "docs/published_figures.md",
) -> None:
    """Run the experiment and the redraws, and write the document."""
    from tqdm import tqdm

    from pipeline.reporting.engine import fill
    from pipeline.storage import files

    with folder() as place:
        experiment(place / "copy", rows)
        drawn = [redraw(place, seed, redrawn) for seed in tqdm(range(1, redraws + 1), unit=" redraws", disable=None)]
        text = fill(ROOT / template, context(place / "copy", rows, redrawn, drawn))
    files.write_text(document, text)
    print(f"{document} written")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.published", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the experiment (300,000)")
    parser.add_argument("--redraws", type=int, default=REDRAWS, help="tables drawn to see what differs by chance (20)")
    main(**vars(parser.parse_args()))
