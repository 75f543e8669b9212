"""Alternatives: refits on cells and thresholds from counts, against fairlearn's ExponentiatedGradient, GridSearch and
ThresholdOptimizer on the same training rows, under the same constraints and within the same tolerances.

Both start from a table in memory, cells here and rows there, and end with what is said of everybody; the pass that
counts rows into cells serves all candidates and has a line of its own. Processor seconds are of that work alone, after
a run on few rows that loads what it needs. Each run is a process of its own.
"""

from __future__ import annotations

import itertools
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._measure import Child, agree, child, folder, sample, table
from benchmarks.scale import HEADER, line

SIZES, AIM = {20_000: 5, 300_000: 3}, 50  # rows → runs; times as fast at the most rows
ASKED = ([0.1], [0.0, 0.1, 0.2, 0.4])  # tolerances: one, and those of params.yaml
ATTRIBUTE, GRID, FEW, WORSE = "education", 71, 2_000, 0.005  # GRID: as fairlearn's example on the census has it
FREE = "equalized_odds"  # whose tolerance fairlearn's ThresholdOptimizer cannot widen
Reached = dict[str, tuple[float, float]]  # constraint and tolerance → accuracy, largest gap


def _read(cells: str) -> tuple[Any, Any]:
    """The counted table, and what is searched."""
    from pipeline.storage import files, parameters
    from responsible.alternatives.material import Material
    from responsible.tabular.cells import labels
    from stages.alternatives import Parameters

    given = parameters.load("params.yaml", Parameters)
    frame, meta = files.read_cells(cells)
    label = labels(frame, meta["cuts"], given.threshold)
    own = Material(frame, label, meta["features"], given.sensitive, given.model, given.reweigh)
    return own, given.alternatives


def _reached(said: Any, label: Any, side: Any, n: Any, constraint: Any) -> tuple[float, float]:
    from responsible.alternatives.reductions import gaps

    right = float(n @ np.where(label == 1, said, 1 - said) / n.sum())
    return right, float(np.abs(gaps(constraint, side, label, n) @ said).max())


def _timed(work: Callable[[], Any], **more: Any) -> dict[str, Any]:
    start = time.process_time(), time.perf_counter()
    found = work()
    return {"cpu": time.process_time() - start[0], "wall": time.perf_counter() - start[1], "found": found, **more}


def count(cells: str) -> dict[str, Any]:
    """One pass over the rows of all splits, in memory as a table, that counts them into cells."""
    own, _ = _read(cells)
    keys = [name for name in own.cells if name != "n"]
    rows = own.cells.loc[np.repeat(np.arange(len(own.cells)), own.cells["n"]), keys].reset_index(drop=True)
    return _timed(lambda: len(rows.groupby(keys, dropna=False, observed=True, sort=False).size()))


def ours(cells: str, recipe: str, tolerances: list[float]) -> dict[str, Any]:
    """Candidates of a recipe under every constraint and tolerance, and what they reach on the training rows."""
    from responsible.alternatives.candidates import Workshop
    from responsible.alternatives.recipes import CONSTRAINTS, Candidate

    own, _ = _read(cells)

    def work() -> dict[str, Any]:
        shop, free = Workshop(own, ATTRIBUTE), recipe == "group_thresholds"
        each = [(c, t) for c, t in itertools.product(CONSTRAINTS, tolerances) if not (free and c == FREE and t)]
        given: Any = {"recipe": recipe, "random": True}
        return {f"{c} {t:g}": shop.said(Candidate(constraint=c, setting=t, **given)) for c, t in each}

    work()
    ran, side, n = _timed(work), own.sides[ATTRIBUTE], own.rows("train")
    found = {name: _reached(said, own.label, side, n, name.split()[0]) for name, said in ran.pop("found").items()}
    return ran | {"found": found, "rows": len(own.cells)}


def theirs(cells: str, peer: str, tolerances: list[float]) -> dict[str, Any]:
    """The same by fairlearn, from the training rows."""
    from responsible.alternatives.recipes import CONSTRAINTS

    own, _ = _read(cells)
    place = np.repeat(np.arange(len(own.label)), own.rows("train"))
    np.random.default_rng(1).shuffle(place)
    one, side, label = np.ones(len(place), dtype=np.int64), own.sides[ATTRIBUTE][place], own.label[place]
    x = own.cells[[name for name in own.cells if name.startswith("x.")]].iloc[place].reset_index(drop=True)

    def work(rows: slice) -> dict[str, Any]:
        encoded = _encoded(x[rows], own)
        out: dict[str, Any] = {}
        for c in CONSTRAINTS:
            found = PEERS[peer](encoded, label[rows], side[rows], c, tolerances)
            out |= {f"{c} {t:g}": each for t, each in zip(tolerances, found, strict=True) if each is not None}
        return out

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work(slice(None, None, -(-len(place) // FEW)))
        ran = _timed(lambda: work(slice(None)))
    said = ran.pop("found").items()
    best = {name: [_reached(each, label, side, one, name.split()[0]) for each in many] for name, many in said}
    return ran | {"found": {name: _within(many, float(name.split()[1])) for name, many in best.items()}}


def _within(many: list[tuple[float, float]], tolerance: float) -> tuple[float, float] | None:
    """The most accurate within a tolerance; the only one, where there is no choice; None where none is."""
    if len(many) == 1:
        return many[0]
    return max((own for own in many if own[1] <= tolerance + 1e-9), default=None)


def _encoded(x: Any, own: Any) -> Any:
    from benchmarks.fitting import _pipeline
    from responsible.names import FEATURE

    return _pipeline({FEATURE + name: kind for name, kind in own.kinds.items()}, own.model, wide=False)[
        0
    ].fit_transform(x)


def _moment(constraint: str, **bound: float) -> Any:
    from fairlearn.reductions import DemographicParity, EqualizedOdds, TruePositiveRateParity

    each = {"demographic_parity": DemographicParity, "equal_opportunity": TruePositiveRateParity, FREE: EqualizedOdds}
    return each[constraint](**bound)


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _gradient(x: Any, label: Any, side: Any, constraint: str, tolerances: list[float]) -> list[Any]:
    """A run for each tolerance. Theirs bounds what a group differs from everybody by, which is the larger group's share
    of what two groups differ by, among those whom the constraint compares.
    """
    from fairlearn.reductions import ExponentiatedGradient

    compared = {"demographic_parity": [label >= 0], "equal_opportunity": [label == 1], FREE: [label == 1, label == 0]}
    share = min(np.bincount(side[who]).max() / who.sum() for who in compared[constraint])
    out = []
    for tolerance in tolerances:
        moment = _moment(constraint, difference_bound=tolerance * share)
        fitted = ExponentiatedGradient(_regression(), moment).fit(x, label, sensitive_features=side)
        out.append([fitted._pmf_predict(x)[:, 1]])
    return out


def _grid(x: Any, label: Any, side: Any, constraint: str, tolerances: list[float]) -> list[Any]:
    """One grid for all tolerances, none of whose models decides at random."""
    from fairlearn.reductions import GridSearch

    fitted = GridSearch(_regression(), _moment(constraint), grid_size=GRID).fit(x, label, sensitive_features=side)
    return [[each.predict(x) for each in fitted.predictors_]] * len(tolerances)


def _thresholds(x: Any, label: Any, side: Any, constraint: str, tolerances: list[float]) -> list[Any]:
    """A run for each tolerance that it can have."""
    from fairlearn.postprocessing import ThresholdOptimizer

    name = {"equal_opportunity": "true_positive_rate_parity"}.get(constraint, constraint)
    given = {"estimator": _regression().fit(x, label), "prefit": True, "predict_method": "predict_proba"}
    out: list[Any] = []
    for tolerance in tolerances:
        if constraint == FREE and tolerance:
            out.append(None)
            continue
        peer = ThresholdOptimizer(constraints=name, tol=tolerance or None, **given).fit(
            x, label, sensitive_features=side
        )
        out.append([peer._pmf_predict(x, sensitive_features=side)[:, 1]])
    return out


PEERS = {"ExponentiatedGradient": _gradient, "GridSearch": _grid, "ThresholdOptimizer": _thresholds}
RECIPES = {"ExponentiatedGradient": "reductions", "GridSearch": "reductions", "ThresholdOptimizer": "group_thresholds"}


def _runs(target: str, times: int, **given: Any) -> tuple[list[Child], dict[str, Any]]:
    """Runs with the processor seconds of the work for their value, and what the last one found."""
    ran = [child(f"benchmarks.alternatives:{target}", **given) for _ in range(times)]
    return [Child(each.value["wall"], each.peak, each.value["cpu"]) for each in ran], ran[-1].value


def _compared(cells: str, rows: int, times: int, asked: Any) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Lines of time, and lines of what was reached."""
    counted, _ = _runs("count", times, cells=cells)
    lines, reached, worse, beyond = [line(rows, "counting rows into cells", counted)], [], 0.0, 0.0
    for peer, tolerances in itertools.product(PEERS, asked):
        many = "1 tolerance" if len(tolerances) == 1 else f"{len(tolerances)} tolerances"
        own, found = _runs("ours", times, cells=cells, recipe=RECIPES[peer], tolerances=tolerances)
        rival, known = _runs("theirs", times, cells=cells, peer=peer, tolerances=tolerances)
        what = "refits on cells" if RECIPES[peer] == "reductions" else "thresholds from counts"
        lines.append(line(rows, f"{what}, {many}", own))
        lines.append(line(rows, f"{peer}, {many}", rival, statistics.median(run.value for run in own)))
        for name, figures in known["found"].items() if len(tolerances) > 1 else ():
            a, tolerance = found["found"][name], float(name.split()[1])
            beyond = max(beyond, a[1] - tolerance)
            if figures:
                four = (a[0], figures[0], a[0] - figures[0], a[1], figures[1])
                reached.append((f"{peer}, {name}", *(f"{own:.4f}" for own in four)))
                worse = max(worse, figures[0] - a[0])
            else:
                reached.append((f"{peer}, {name}", f"{a[0]:.4f}", "none", "", f"{a[1]:.4f}", ""))
    agree(f"accuracy below fairlearn's within the same tolerance, at most, {rows:,} rows", worse, WORSE)
    agree(f"gap beyond the tolerance, at most, {rows:,} rows", beyond, 1e-6)
    return lines, reached


def run(small: bool) -> None:
    """Print what both reach and need at every size."""
    from benchmarks.fitting import prepare

    lines: list[tuple[str, ...]] = []
    for rows, times in ({3_000: 1} if small else SIZES).items():
        with folder() as place:
            prepare(str(sample(rows, place / "rows.parquet")), str(place))
            own, reached = _compared(str(place / "cells.parquet"), rows, times, ASKED[1:] if small else ASKED)
        table(("on the training rows", "accuracy", "fairlearn's", "difference", "largest gap", "fairlearn's"), reached)
        lines += own
    print()
    table(HEADER, lines)
    print(f"aim: {AIM} × at {max(SIZES):,} rows")
