"""The files of a table, or the answer of its query: which they are, and their digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.ingest import headers, text_files
from pipeline.ingest.query_answers import Answer
from pipeline.ingest.text_files import raw, unreadable
from responsible.tabular.queries import Elsewhere, Query
from responsible.tabular.sources import Source
from responsible.validation import InputError, did_you_mean

LFS = b"version https://git-lfs.github.com/spec/"  # how a pointer of Git LFS begins
KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}
KINDS |= {suffix + ".gz": "csv" for suffix, kind in KINDS.items() if kind == "csv"}


class SourceTable(NamedTuple):
    """The files of a table and their kind (csv or parquet); the names of its columns → as the files have them, and
    which are ``needed``; how a text file separates fields and encodes texts; the ``answer`` if it is that of a query.
    """

    source: str
    files: Sequence[Path]
    kind: str
    columns: Mapping[str, str]
    needed: Sequence[str]
    delimiter: str
    encoding: str
    answer: Answer | None = None


def table(given: Source, needed: Iterable[str], section: str = "budget") -> SourceTable:
    """Find the files and read their headers; InputError when they are no table or lack a ``needed`` column.

    ``section`` is the part of params.yaml that declares the table, for the remedies.
    """
    source, delimiter = given.source, given.delimiter
    needed = list(dict.fromkeys(needed))
    if isinstance(source, Elsewhere) or (isinstance(source, Query) and not source.database):
        raise InputError(f"{source}: only a Spark session reads it; set prepare.engine: spark (docs/scale.md)")
    if isinstance(source, Query):
        answer = Answer(source, needed, lambda names: headers.columns(source, names, given, needed))
        headers.refuse_absent(source, answer.columns, needed)
        return SourceTable(source, [answer.file], "parquet", answer.columns, needed, delimiter, given.encoding, answer)
    files = find(source, given.pattern, section)
    for path in files:
        _refuse_pointer(path)
    kind, columns = kind_of(files, section), headers.of_files(files, given, needed)
    if len(columns) == 1 and not columns.keys() >= set(needed):
        raise InputError(f"{files[0]}: must have several columns, got one; is {section}.delimiter {delimiter!r} right?")
    headers.refuse_absent(source, columns, needed)
    return SourceTable(source, files, kind, columns, needed, delimiter, given.encoding)


def find(source: str, pattern: str | None, section: str) -> list[Path]:
    """The files of ``source`` in sorted order: itself, or in a folder those that match ``pattern`` (None: all).

    Names that begin with a dot or an underscore are left out, as engines do with their own notes.
    """
    root = Path(source)
    if not root.exists():
        siblings = [p.name for p in root.parent.iterdir()] if root.parent.is_dir() else []
        glob = f" (put a glob into {section}.pattern)" if set(source) & set("*?[") else ""
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
    found = [p for p in found if pattern or suffix(p) in KINDS]
    if not found:
        remedy = _absent(source, f"set {section}.pattern")
        raise InputError(f"{source}: contains no file that matches {pattern or '*.csv or *.parquet'!r}; {remedy}")
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
    try:
        with raw(path) as file:
            start = file.read(len(LFS))
    except (OSError, EOFError) as error:
        raise unreadable(path, "gzip", error) from None
    if start == LFS:
        raise InputError(f"{path}: is a Git LFS pointer, not the table; get it with `git lfs pull`")


def kind_of(files: Sequence[Path], section: str) -> str:
    """Either csv or parquet, by suffix, the same for all files."""
    kinds: dict[str, Path] = {}
    for path in files:
        if suffix(path) not in KINDS:
            rule = f"must be a CSV or Parquet file, got suffix {suffix(path)!r}"
            raise InputError(f"{path}: {rule}; rename or convert it")
        kinds.setdefault(KINDS[suffix(path)], path)
    if len(kinds) > 1:
        both = " and ".join(str(p) for p in kinds.values())
        raise InputError(f"{both}: a table must be all CSV or all Parquet; set {section}.pattern to choose")
    return next(iter(kinds))


def suffix(path: Path) -> str:
    """The suffix, with that of what is compressed."""
    compressed = path.suffix.lower() == ".gz"
    return (Path(path.stem).suffix + path.suffix if compressed else path.suffix).lower()


def parquet_rows(path: Path) -> int:
    """The number of rows of a Parquet file, from its footer, which :func:`table` has read before."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def at_most(table: SourceTable) -> int:
    """No fewer than the rows of the files: of Parquet their number, of CSV that of lines, which is little work."""
    count = parquet_rows if table.kind == "parquet" else text_files.lines
    return sum(map(count, table.files))


def digest(table: SourceTable) -> str:
    """SHA-256 of a file's bytes; of several, that of their ``sha256sum`` listing with names relative to the folder.

    Of a query's answer the digest of its rows in any order.
    """
    if table.answer:
        return table.answer.digest
    sums = [(_sha256(path), path) for path in table.files]
    if list(table.files) == [Path(table.source)]:
        return sums[0][0]
    listing = "".join(f"{of_file}  {path.relative_to(table.source).as_posix()}\n" for of_file, path in sums)
    return hashlib.sha256(listing.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
