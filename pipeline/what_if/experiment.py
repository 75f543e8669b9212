"""A question as an experiment: the parameters it changes, the `dvc exp run` line, and its run beside the work tree."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.reporting import formatting
from pipeline.repository.dvc import DVC, environment
from pipeline.repository.locks import TEMPORARY
from responsible.fairness.evaluation import Parameters
from responsible.what_if import Question

LINE = ("dvc", "exp", "run", "--temp")  # in a copy: parameters and results of the work tree stay as they are
MOST_SECONDS = 3_600


def settings(asked: Question, given: Parameters, model: str, threshold: float | None = None) -> dict[str, Any]:
    """Key of params.yaml → the value that is asked for, where it is another one than ``given``.

    ``threshold`` is another label threshold. Thresholds of levels and shares of the population are no parameters.
    """
    external = given.models.external.get(model)
    key = f"models.{model}.decision_threshold" if external else "model.decision_threshold"
    now = external.decision_threshold if external else given.model.decision_threshold
    pairs: list[tuple[str, Any, Any]] = [
        ("threshold", given.threshold if threshold is None else threshold, given.threshold),
        (key, asked.threshold, now),
        ("inference.confidence", asked.inference.confidence, given.inference.confidence),
        ("inference.minimum_denominator", asked.inference.minimum_denominator, given.inference.minimum_denominator),
    ]
    for name, limits in asked.fairness.limits.items():
        for end in ("minimum", "maximum"):
            was = getattr(given.fairness.limits.get(name), end, None)
            pairs.append((f"fairness.limits.{name}.{end}", getattr(limits, end), was))
    return {key: new for key, new, old in pairs if new != old and new is not None}


def beside(asked: Question) -> str:
    """What of a question no parameter says, in a sentence; empty where everything is one."""
    parts = ["thresholds by group" if asked.by_level else "", "shares of the population" if asked.shares else ""]
    named = " and ".join(filter(None, parts))
    return f"The experiment leaves out {named}: no parameter says them." if named else ""


def line(changed: dict[str, Any]) -> str:
    """What to type for the experiment."""
    return shlex.join([*LINE, *_options(changed)])


def swept(rows: Sequence[Mapping[str, str]], threshold: str) -> list[dict[str, str]]:
    """What the sweep has found for a label threshold: a row for each figure, baseline and reweighed."""
    row = next(own for own in rows if own["threshold"] == threshold)
    names = [name.removeprefix("reweighed_") for name in row if name.startswith("reweighed_")]
    return [
        {
            "Figure": formatting.words(name),
            "Baseline": formatting.number(float(row[f"baseline_{name}"] or "nan")),
            "Reweighed": formatting.number(float(row[f"reweighed_{name}"] or "nan")),
        }
        for name in names
    ]


def run(changed: dict[str, Any], root: str = ".") -> tuple[bool, str]:
    """Run the experiment in a copy that DVC makes, one at a time; whether it succeeded, and what was answered last."""
    from filelock import FileLock, Timeout

    folder = Path(root)
    try:
        with FileLock(folder / TEMPORARY / "experiment.lock", timeout=0):
            return _ran([*DVC, *LINE[1:], *_options(changed)], folder)
    except Timeout:
        return False, "another experiment runs here; try again when it has ended"


def _ran(command: Sequence[str], folder: Path) -> tuple[bool, str]:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False, f"stopped after {MOST_SECONDS} seconds"
    said = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip().splitlines()
    return done.returncode == 0, "\n".join(said[-6:])


def _options(changed: dict[str, Any]) -> list[str]:
    return [part for key, value in changed.items() for part in ("-S", f"{key}={value:.12g}")]
