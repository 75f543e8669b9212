"""What the search for alternatives last said, from the file that `make alternatives` leaves, and of which model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.results.catalogue import SEARCHED
from pipeline.results.monitored import is_of_this_model
from pipeline.storage.files import read_json
from pipeline.storage.text import AGAIN
from responsible.limits import Verdict
from responsible.validation import InputError

VERDICTS: dict[str, Verdict] = {"yes": "fail", "no": "pass", "cannot_be_told": "insufficient_evidence"}
HEADINGS = {
    "yes": "A less discriminatory model was available",
    "no": "No less discriminatory model was found",
    "cannot_be_told": "Whether there was a less discriminatory model is not known",
}


class Searched(NamedTuple):
    """The ``outcome`` for the model in use, the ``answer`` in words, and whether the search was of this model."""

    outcome: str
    answer: str
    current: bool

    @property
    def heading(self) -> str:
        """The outcome as a heading."""
        return HEADINGS[self.outcome] if self.current else "Not searched for this model"

    @property
    def verdict(self) -> Verdict:
        """The verdict whose colour and shape the outcome has."""
        return VERDICTS[self.outcome] if self.current else "insufficient_evidence"

    @property
    def says(self) -> str:
        """The answer, and that it is of an earlier model where it is."""
        again = "Run `make alternatives` for this one."
        return self.answer if self.current else f"Of an earlier model: {self.answer} {again}"


def of_this_model(tree: Mapping[str, Any], root: str | Path = ".") -> bool:
    """Whether what the file holds was computed beside the model at hand."""
    own = tree.get("alternatives")
    return isinstance(own, Mapping) and is_of_this_model(str((own.get("of") or {}).get("trained")), root)


def searched(root: str | Path = ".") -> Searched:
    """What stands in :data:`~pipeline.results.catalogue.SEARCHED` under ``root``."""
    found = read_json(Path(root, SEARCHED), "alternatives")
    try:
        outcome, answer = str(found["outcome"]), str(found["answer"])
    except KeyError:
        raise InputError(f"{SEARCHED}: is another file; run `make alternatives`, or {AGAIN}") from None
    if outcome not in VERDICTS:
        raise InputError(f"{SEARCHED}: outcome {outcome!r} is not known; run `make alternatives`, or {AGAIN}")
    return Searched(outcome, answer, of_this_model({"alternatives": found}, root))
