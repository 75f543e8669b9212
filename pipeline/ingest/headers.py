"""The columns of a table: what its header says, and which of them are needed."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.ingest.text_files import opened, unreadable
from responsible.tabular.sources import Source
from responsible.validation import InputError, did_you_mean

if TYPE_CHECKING:
    from pipeline.ingest.source_files import SourceTable


def of_files(files: Sequence[Path], given: Source, needed: Collection[str]) -> dict[str, str]:
    """The columns, the same in every file, as :func:`columns` names them."""
    first, *others = ((path, _names(path, given)) for path in files)
    for path, names in others:
        if names != first[1]:
            raise InputError(f"{path}: must have the columns of {first[0]} ({first[1]}), got {names}; make them equal")
    return columns(str(first[0]), first[1], given, needed)


def columns(place: str, names: Iterable[str], given: Source, needed: Collection[str]) -> dict[str, str]:
    """The name each column goes by → as the table has it. Each ``needed`` is there at most once.

    Engines do not tell names apart by case. Others that occur again go by their number too, and nobody asks for them.
    """
    wanted, seen = {name.lower() for name in needed}, dict[str, str]()  # lower case → name
    out: dict[str, str] = {}
    for number, as_read in enumerate(names, start=1):
        name = as_read.strip() if given.trim else as_read
        other = seen.get(name.lower())
        if other is not None and name.lower() in wanted:
            rule = "occurs twice" if other == name else f"differs from column {other!r} only in case"
            raise InputError(f"{place}: column {name!r} {rule}; rename one of them")
        out[name if other is None else f"{name} (column {number})"] = as_read
        seen.setdefault(name.lower(), name)
    return out


def _names(path: Path, given: Source) -> list[str]:
    if path.suffix.lower() in (".parquet", ".pq"):
        return _parquet_names(path)
    try:
        with opened(path, given.encoding) as file:
            names = next(csv.reader(file, delimiter=given.delimiter), None)
    except csv.Error as error:
        raise InputError(f"{path}: line 1: not readable as a header ({error}); check its quotes") from None
    except (UnicodeError, OSError, EOFError) as error:
        raise unreadable(path, given.encoding, error) from None
    if not names:
        raise InputError(f"{path}: {'is empty' if names is None else 'line 1 is empty'}; it must begin with a header")
    if any("\udc80" <= character <= "\udcff" for character in "".join(names)):
        remedy = "name the encoding of the file (encoding: cp1252), or save it as UTF-8"
        raise InputError(f"{path}: line 1: not {given.encoding.upper()}; {remedy}")
    return [name or f"unnamed {i}" for i, name in enumerate(names, start=1)]


def _parquet_names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not readable as Parquet: {' '.join(str(error).split())}; write it again") from None


def refuse_absent(place: str, known: Collection[str], needed: Iterable[str]) -> None:
    """InputError, a line for each column that is needed and not known."""
    lines = [f"{place}: column {n!r} is missing{did_you_mean(n, known)}" for n in needed if n not in known]
    if lines:
        raise InputError("\n".join(lines))


def types(table: SourceTable) -> list[tuple[str, ...]]:
    """The types of the needed columns in each Parquet file here, whose schema has been read before; none of CSV.

    Engines take the types of the first file for those of all: DuckDB then rounds, and Spark refuses.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(of: pa.DataType) -> str:
        return str(of.value_type if pa.types.is_dictionary(of) else of).removeprefix("large_")

    if table.kind == "csv" or len(table.files) < 2:
        return [()] * len(table.files)
    schemas = ({own.name: own.type for own in pq.read_schema(path)} for path in table.files)
    return [tuple(kind(schema[table.columns[name]]) for name in table.needed) for schema in schemas]
