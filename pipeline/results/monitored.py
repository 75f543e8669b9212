"""What monitoring last said, from the file that `make monitor` leaves, and whether that was of the results at hand."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pipeline.results.catalogue import MONITORED, Metrics, Tables
from pipeline.storage.files import read_json
from pipeline.storage.text import AGAIN, read_text
from responsible.validation import InputError

KNOWN_BY = {
    "budget": ("trained", "an earlier model"),
    "healthcare": ("audited", "an earlier audit"),
    "segments": ("centres", "earlier segments"),
}
"""Of each line of work which digest says what later rows were compared with, and what it is where it is another."""
_KEPT = {"healthcare": Metrics.PREPARE_HEALTHCARE, "segments": Tables.SEGMENTS}


class Monitored(NamedTuple):
    """The ``answer`` on the newest periods, how many alarms stand, ``earlier``: what it was compared with that has
    changed since, and what is ``said`` of each alarm.
    """

    answer: str
    standing: int
    earlier: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """Whether all that it was compared with is still the same."""
        return not self.earlier

    @property
    def says(self) -> str:
        """The answer, and of which earlier result it is, where it is of one."""
        whose = " and ".join(self.earlier)
        return f"Of {whose}: {self.answer} Run `make monitor` to compare again." if whose else self.answer


def monitored(root: str | Path = ".") -> Monitored:
    """What stands in :data:`~pipeline.results.catalogue.MONITORED` under ``root``.

    Each line of work is known by a result of its own, of which the file has the digest: a model by its headline
    figures, or where none is trained here by those of the table with its predictions; an audit by the figures of its
    table; segments by their centres.
    """
    found = read_json(Path(root, MONITORED), "monitor")
    try:
        answer, standing = str(found["answer"]), int(found["alarms"]["standing"])
        of = {line: str(own.get(name)) for line, own in found["of"].items() for name in [KNOWN_BY[line][0]]}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{MONITORED}: is another file; run `make monitor`, or {AGAIN}") from None
    said = tuple(f"{own['said']} Since {own['since']}." for own in found.get("standing", ()))
    earlier = tuple(KNOWN_BY[line][1] for line, digest in of.items() if not _is_current(line, digest, root))
    return Monitored(answer, standing, earlier, said)


def _is_current(line: str, digest: str, root: str | Path) -> bool:
    path = _KEPT.get(line)
    return _has(digest, Path(root, path)) if path else is_of_this_model(digest, root)


def is_of_this_model(digest: str, root: str | Path = ".") -> bool:
    """Whether ``digest`` is that of the headline figures of the model at hand."""
    known = Metrics.REWEIGH if Path(root, Metrics.REWEIGH).is_file() else Metrics.PREPARE
    return _has(digest, Path(root, known))


def _has(digest: str, path: Path) -> bool:
    """A line that left the table with its results is no longer what was monitored."""
    return path.is_file() and digest == sha256(read_text(path, AGAIN).encode()).hexdigest()
