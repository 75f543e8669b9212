"""What the audit trail records: the files of one result, and the fingerprint by which it is known again.

Hashes and plain text only: every ``make`` asks whether its result is recorded already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.repository import RepositoryError, dvc
from pipeline.repository.digests import of_value, sha256
from pipeline.results.catalogue import MODEL_FILES, Documents
from pipeline.results.figures import PARAMETERS
from pipeline.storage.parameters import read_yaml
from responsible.names import trained_here
from responsible.validation import InputError

STAGE = "track"  # its own entry in dvc.lock says nothing about the result
FOLDERS = ("metrics", "plots")
RECORDED = (*FOLDERS, *Documents)


@dataclass(frozen=True)
class Result:
    """The result that lies in ``folder``: what is there of the files ``recorded``, and the ``models`` by place."""

    folder: Path
    recorded: Sequence[str] = RECORDED
    models: Mapping[str, str] = field(default_factory=lambda: MODEL_FILES)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file of figures and every document, sorted, as paths in ``folder``."""
        named = [self.folder / name for name in self.recorded]
        found = [path for place in named for path in (place.rglob("*") if place.is_dir() else [place])]
        kept = (path for path in found if path.is_file() and path.suffix != ".part")
        return tuple(sorted(path.relative_to(self.folder).as_posix() for path in kept))

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters, as they stand in the file."""
        return read_yaml(self.folder / PARAMETERS)

    @cached_property
    def named(self) -> dict[str, str]:
        """The files of the models that are trained here, by the models' own names."""
        places = trained_here(self.params)
        return {name: self.models[place] for name, place in places.items() if place in self.models}

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the parameters' values, of ``dvc.lock`` without this stage (if there is one), of all contents."""
        models = [path for path in self.models.values() if (self.folder / path).is_file()]
        contents = {name: sha256((self.folder / name).read_bytes()) for name in (*self.files, *models)}
        return {"params": of_value(_plain(self.params)), "lock": self._lock(), "evidence": of_value(contents)}

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same code, data, parameters and outputs, wherever and whenever they were made."""
        return of_value(self.digests)

    def _lock(self) -> str:
        """The entries of all other stages, without the digest of the parameter file: its values are in ``params``."""
        if not (self.folder / dvc.LOCK).is_file():
            return ""
        try:
            entries = dvc.stages(self.folder)
        except RepositoryError as error:
            raise InputError(str(error)) from None
        deps = {name: [d for d in entry.get("deps", ()) if d["path"] != PARAMETERS] for name, entry in entries.items()}
        return of_value({name: {**entry, "deps": deps[name]} for name, entry in entries.items() if name != STAGE})


def _plain(value: Any) -> Any:
    """Values as DVC compares them, 300.0 being 300, and as JSON can say them."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)
