"""What the search left in alternatives/, read again for readers who choose, or refused where it is of another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.alternatives.explorer import Explorer
from pipeline.alternatives.sentences import Speaker
from pipeline.repository import RepositoryError, dvc
from pipeline.repository.digests import md5
from pipeline.results.catalogue import SEARCHED
from pipeline.results.figures import PARAMETERS
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import ALTERNATIVES
from responsible.alternatives.parameters import Alternatives
from responsible.fairness.verdicts import Fairness
from responsible.mitigation.reweighing import Reweigh
from responsible.statistics.intervals import Inference
from responsible.validation import InputError
from responsible.words import read as read_words

AGAIN = "run `make alternatives`"
CANDIDATES, BY_MEASURE, BOUNDS, HEADLINE = (
    f"{ALTERNATIVES}/{name}" for name in ("candidates.csv", "measures.csv", "bounds.csv", "metrics.json")
)
FILES = (SEARCHED, HEADLINE, CANDIDATES, BY_MEASURE, BOUNDS, f"{ALTERNATIVES}/{dvc.LOCK}")


def read(root: str | Path = ".") -> Explorer:
    """The tables of the search in ``root``.

    Raises:
        InputError: they are not what the search wrote, or it was asked something else; with the command that mends it.
    """
    folder = Path(root)
    params = folder / PARAMETERS
    tree = parameters.read_yaml(params)
    _refuse_other(folder, tree)
    found = files.read_json(folder / HEADLINE, ALTERNATIVES)
    fairness = parameters.section(params, "fairness", Fairness)
    confidence = parameters.section(params, "inference", Inference).confidence
    given, words = parameters.section(params, ALTERNATIVES, Alternatives), read_words(tree.get("words"))
    speaker = Speaker(given, words, fairness.costs, confidence, rows=0)  # no answer is worded here, which counts them
    parts = {
        found["best"]["alternative"]: "alternative to the best",
        found["in_use"]["alternative"]: "alternative",
        found["best"]["instead"]: "best",
        found["in_use"]["instead"]: "in use",
    }
    table, measures, bounds = (files.read_csv(folder / name) for name in (CANDIDATES, BY_MEASURE, BOUNDS))
    named = {name: part for name, part in parts.items() if name}
    return Explorer(table, measures, bounds, named, speaker, parameters.section(params, "reweigh", Reweigh))


def _refuse_other(folder: Path, tree: Mapping[str, Any]) -> None:
    """InputError unless the files are those of the last search, and it was asked what ``params.yaml`` asks."""
    try:
        entry = dvc.stages(folder / ALTERNATIVES)[ALTERNATIVES]
    except (RepositoryError, KeyError):
        raise InputError(f"{ALTERNATIVES}/{dvc.LOCK}: has no such stage; {AGAIN}") from None
    if entry.get("params", {}).get(PARAMETERS, {}).get(ALTERNATIVES) != tree.get(ALTERNATIVES):
        raise InputError(f"{PARAMETERS}: {ALTERNATIVES} changed since the search; {AGAIN}")
    wrote = {out["path"]: out.get("md5") for out in entry.get("outs", ())}
    for name in (HEADLINE, CANDIDATES, BY_MEASURE, BOUNDS):
        if not (folder / name).is_file() or md5(folder / name) != wrote.get(name):
            raise InputError(f"{name}: is not what the search wrote; {AGAIN}")
    if (folder / HEADLINE).read_bytes() != (folder / SEARCHED).read_bytes():
        raise InputError(f"{SEARCHED}: is of another search than {HEADLINE}; {AGAIN}")
