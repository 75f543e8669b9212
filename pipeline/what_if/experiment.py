"""A question as an experiment: the parameters it changes, the `dvc exp run` line, and its run beside the work tree."""

from __future__ import annotations

import shlex
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.reporting import formatting
from pipeline.workbench import copies, folders
from pipeline.workbench.bounds import from_environment, refuse_read_only
from pipeline.workbench.runs import Progress, Run
from responsible.fairness.evaluation import Parameters
from responsible.validation import InputError
from responsible.what_if import Question

LINE = ("dvc", "exp", "run", "--temp")  # in a copy: parameters and results of the work tree stay as they are


def settings(
    asked: Question, given: Parameters, model: str, fitted: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, Any]:
    """Key of params.yaml → the value that is asked for, where it is another one than ``given``.

    ``fitted``: key of what models are fitted with → the value that is asked for, and that of now. Thresholds of levels
    and shares of the population are no parameters.
    """
    external = given.models.external.get(model)
    key = f"models.{model}.decision_threshold" if external else "model.decision_threshold"
    now = external.decision_threshold if external else given.model.decision_threshold
    pairs: list[tuple[str, Any, Any]] = [
        *((fit, new, old) for fit, (new, old) in (fitted or {}).items()),
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


def line(changed: Mapping[str, Any]) -> str:
    """What to type for the experiment."""
    return shlex.join([*LINE, *_options(changed)])


def swept(rows: Sequence[Mapping[str, str]], threshold: str) -> list[dict[str, str]]:
    """What the sweep has found for a label threshold: a row for each figure, of both models."""
    row = next(own for own in rows if own["threshold"] == threshold)
    names = [name.removeprefix("baseline_") for name in row if name.startswith("baseline_")]
    end = f"_{names[0]}"
    other = next(key.removesuffix(end) for key in row if key.endswith(end) and not key.startswith("baseline_"))
    return [
        {
            "Figure": formatting.words(name),
            "Baseline": formatting.number(float(row[f"baseline_{name}"] or "nan")),
            formatting.words(other).capitalize(): formatting.number(float(row[f"{other}_{name}"] or "nan")),
        }
        for name in names
    ]


class Experiment:
    """The run of a question in a copy of the repository. When it has ended well, the repository has the experiment and
    ``names`` says how it is called; however else it ends, neither work tree nor git differ, and no process is left.
    """

    def __init__(self, changed: Mapping[str, Any], root: str = ".") -> None:
        """Start it.

        Raises:
            InputError: another run is going, or the repository cannot be copied.
        """
        refuse_read_only()
        folders.sweep()
        self.names: list[str] = []
        self._root, self._folder, self._last = Path(root).resolve(), folders.private(), Progress((), 0, True, False)
        weakref.finalize(self, folders.remove, self._folder)
        try:
            copy = copies.as_it_is(self._root, self._folder / "copy")
            self._run = Run(self._root, copy, self._folder, from_environment(), ("exp", "run", *_options(changed)))
        except InputError:
            folders.remove(self._folder)
            raise
        self._copy: Path | None = copy

    @property
    def progress(self) -> Progress:
        """How far it is; once it has ended, its copy is gone."""
        if self._copy is None:
            return self._last
        folders.use(self._folder)
        now = self._last = self._run.progress()
        if now.ended:
            if now.succeeded:
                self._keep(self._copy)
            self._copy = None
            folders.remove(self._folder)
        return self._last

    def _keep(self, copy: Path) -> None:
        try:
            self.names = copies.experiments(self._root, copy)
        except InputError as error:
            self._last = replace(self._last, succeeded=False, refusals=(str(error),))

    def cancel(self) -> None:
        """End it, if it is going."""
        if self._copy is not None:
            self._run.cancel()


def _options(changed: Mapping[str, Any]) -> list[str]:
    return [part for key, value in changed.items() for part in ("-S", f"{key}={value:.12g}")]
