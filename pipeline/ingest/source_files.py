"""The files of a table: which they are, what their header says, and their digest."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from responsible.tabular.sources import Source
from responsible.validation import InputError, did_you_mean

LFS = "version https://git-lfs.github.com/spec/"  # how a pointer of Git LFS begins
KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}


class SourceTable(NamedTuple):
    """The files of a table, their kind (csv or parquet) and the names of their columns."""

    source: str
    files: Sequence[Path]
    kind: str
    columns: Sequence[str]
    delimiter: str


def table(given: Source, needed: Iterable[str], section: str = "budget") -> SourceTable:
    """Find the files and read their headers; InputError when they are no table or lack a ``needed`` column.

    ``section`` is the part of params.yaml that declares the table, for the remedies.
    """
    source, delimiter = given.source, given.delimiter
    files = _find(source, given.pattern, section)
    for path in files:
        _refuse_pointer(path)
    kind, columns = _kind(files, section), _header(files, delimiter)
    absent = [name for name in dict.fromkeys(needed) if name not in columns]
    if absent and len(columns) == 1:
        raise InputError(f"{files[0]}: must have several columns, got one; is {section}.delimiter {delimiter!r} right?")
    if absent:
        lines = (f"{source}: column {name!r} is missing{did_you_mean(name, columns)}" for name in absent)
        raise InputError("\n".join(lines))
    return SourceTable(source, files, kind, columns, delimiter)


def _find(source: str, pattern: str | None, section: str) -> list[Path]:
    """The files of ``source`` in sorted order: itself, or in a folder those that match ``pattern`` (None: all).

    Names that begin with a dot or an underscore are left out, as engines do with their own notes.
    """
    root = Path(source)
    if not root.exists():
        siblings = [p.name for p in root.parent.iterdir()] if root.parent.is_dir() else []
        glob = f" (a glob belongs into {section}.pattern)" if set(source) & set("*?[") else ""
        near = did_you_mean(root.name, sorted(siblings))
        raise InputError(f"{source}: no such file or folder{near}{glob}; {_absent(source, f'set {section}.source')}")
    if root.is_file():
        return [root]
    if not root.is_dir():
        rule = "is neither a file nor a folder but a pipe, socket or device, and is read more than once"
        raise InputError(f"{source}: {rule}; write the rows into a file")
    if pattern and (Path(pattern).is_absolute() or ".." in Path(pattern).parts):
        raise InputError(f"{section}.pattern must stay in the folder {source}, got {pattern!r}")
    found = sorted(p for p in root.glob(pattern or "*") if p.is_file() and p.name[0] not in "._")
    found = [p for p in found if pattern or p.suffix.lower() in KINDS]
    if not found:
        remedy = _absent(source, f"set {section}.pattern")
        raise InputError(f"{source}: holds no file that matches {pattern or '*.csv or *.parquet'!r}; {remedy}")
    return found


def _absent(source: str, remedy: str) -> str:
    """The remedy for a source that is not here: its own where DVC runs an experiment in a copy of its workspace."""
    workspace = Path(os.environ.get("DVC_ROOT") or ".").resolve()
    if workspace == Path.cwd() or not (workspace / source).exists():
        return remedy
    return (
        f"it is in {workspace} and not in this copy of it: track it with `dvc add {source}`, "
        "or run the experiment without --temp and --queue"
    )


def _refuse_pointer(path: Path) -> None:
    """A clone without Git LFS has a short text in the place of the file."""
    with opened(path) as file:
        if file.read(len(LFS)) == LFS:
            raise InputError(f"{path}: is a pointer of Git LFS and not the table itself; get it with `git lfs pull`")


def _kind(files: Sequence[Path], section: str) -> str:
    """Either csv or parquet, by suffix, the same for all files."""
    kinds: dict[str, Path] = {}
    for path in files:
        if path.suffix.lower() not in KINDS:
            raise InputError(f"{path}: must be a CSV or Parquet file, got suffix {path.suffix!r}; rename or convert it")
        kinds.setdefault(KINDS[path.suffix.lower()], path)
    if len(kinds) > 1:
        both = " and ".join(str(p) for p in kinds.values())
        raise InputError(f"{both}: a table must be all CSV or all Parquet; set {section}.pattern to choose")
    return next(iter(kinds))


def _header(files: Sequence[Path], delimiter: str) -> list[str]:
    """The column names, the same in every file and each of them once; engines do not tell names apart by case."""
    first, *others = ((path, _names(path, delimiter)) for path in files)
    for path, names in others:
        if names != first[1]:
            raise InputError(f"{path}: must have the columns of {first[0]} ({first[1]}), got {names}; make them equal")
    seen: dict[str, str] = {}
    for name in first[1]:
        if (other := seen.setdefault(name.lower(), name)) is not name:
            rule = "occurs twice" if other == name else f"differs from column {other!r} only in case"
            raise InputError(f"{first[0]}: column {name!r} {rule}; rename one of them")
    return first[1]


def _names(path: Path, delimiter: str) -> list[str]:
    if KINDS[path.suffix.lower()] == "parquet":
        return _parquet_names(path)
    with opened(path) as file:
        try:
            names = next(csv.reader(file, delimiter=delimiter), None)
        except csv.Error as error:
            raise InputError(f"{path}: line 1: not readable as a header ({error}); check its quotes") from None
    if not names:
        raise InputError(f"{path}: {'is empty' if names is None else 'line 1 is empty'}; it must begin with a header")
    if any("\udc80" <= character <= "\udcff" for character in "".join(names)):
        raise InputError(f"{path}: line 1: not UTF-8; save the file as UTF-8")
    return [name or f"unnamed {i}" for i, name in enumerate(names, start=1)]


def _parquet_names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not readable as Parquet: {' '.join(str(error).split())}; write it again") from None


def parquet_rows(path: Path) -> int:
    """The number of rows of a Parquet file, from its footer, which :func:`table` has read before."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def opened(path: Path) -> TextIO:
    """The text of a file; bytes that are no UTF-8 come as surrogates, so that a message can say where they are."""
    try:
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}; check its permissions") from None


def digest(table: SourceTable) -> str:
    """SHA-256 of a file's bytes; of several, that of their ``sha256sum`` listing with names relative to the folder."""
    sums = [(_sha256(path), path) for path in table.files]
    if list(table.files) == [Path(table.source)]:
        return sums[0][0]
    listing = "".join(f"{of_file}  {path.relative_to(table.source).as_posix()}\n" for of_file, path in sums)
    return hashlib.sha256(listing.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
