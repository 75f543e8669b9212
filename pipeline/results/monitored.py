"""What monitoring last said, from the file that `make monitor` leaves, and whether that was of the model at hand."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pipeline.results.catalogue import MONITORED, Metrics
from pipeline.storage.files import read_json
from pipeline.storage.text import AGAIN, read_text
from responsible.validation import InputError


class Monitored(NamedTuple):
    """The ``answer`` on the ``newest`` period, how many alarms stand, whether it was computed with this model, and
    what is ``said`` of each alarm.
    """

    answer: str
    newest: str
    standing: int
    current: bool
    said: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The answer, and that it is of an earlier model where it is."""
        return self.answer if self.current else f"Of an earlier model: {self.answer} Run `make monitor` for this one."


def monitored(root: str | Path = ".") -> Monitored:
    """What stands in :data:`~pipeline.results.catalogue.MONITORED` under ``root``.

    The model is known by its headline figures, of which the file has the digest: another model has others. Where none
    is trained here, it is known by those of the table with its predictions.
    """
    found = read_json(Path(root, MONITORED), "monitor")
    try:
        answer, newest = str(found["answer"]), str(found["periods"]["newest"])
        standing, trained = int(found["alarms"]["standing"]), found["of"]["trained"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{MONITORED}: is another file; run `make monitor`, or {AGAIN}") from None
    said = tuple(f"{own['said']} Since {own['since']}." for own in found.get("standing", ()))
    known = Metrics.REWEIGH if Path(root, Metrics.REWEIGH).is_file() else Metrics.PREPARE
    figures = read_text(Path(root, known), AGAIN).encode()
    return Monitored(answer, newest, standing, trained == sha256(figures).hexdigest(), said)
