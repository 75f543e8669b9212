"""A Spark session, and the tables that it reads: files here or elsewhere, tables of its catalogue, queries."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from pipeline.ingest import headers, source_files, text_files
from pipeline.ingest.engines import asked
from pipeline.ingest.source_files import SourceTable
from responsible.tabular.columns import token
from responsible.tabular.queries import Elsewhere, Query
from responsible.tabular.sources import Source
from responsible.validation import InputError

FILE, NUMBER = "row_file", "row_number"  # of the file that a row is in, and of the row in it
STRPTIME = {"d": "d", "m": "M", "Y": "yyyy", "y": "yy", "b": "MMM", "B": "MMMM"}  # letters of a form → Java's
ISO, LAST_OF_TWO_DIGITS = "yyyy-MM-dd'T'HH:mm:ss", 2068
STRPTIME |= {"H": "H", "I": "h", "M": "m", "S": "s", "p": "a"}


class Place(NamedTuple):
    """A table, the URLs of its files in the order of their rows (none of a query), and its ``frame`` if it has none."""

    table: SourceTable
    urls: Sequence[str]
    frame: Any = None


def here(table: SourceTable) -> Place:
    """The place of a table whose files are on this machine; InputError where lines end in several ways."""
    for path in table.files if (table.kind, table.encoding) == ("csv", "utf-8") else ():
        if text_files.needs_copy(path, table.encoding):
            raise InputError(f"{path}: has line ends of several systems, which Spark does not read; write it again")
    return Place(table, [_url(path) for path in table.files])


def found(spark: Any, given: Source, needed: Iterable[str], section: str) -> Place:
    """The table of ``given``; InputError when there is none, or it lacks a ``needed`` column."""
    needed, source = list(dict.fromkeys(needed)), given.source
    if isinstance(source, Query) and not source.database:
        frame = asked(source, lambda: spark.sql(source.query))
        columns = headers.columns(source, frame.columns, given, needed)
        headers.refuse_absent(source, columns, needed)
        return Place(SourceTable(source, [], "parquet", columns, needed, given.delimiter, given.encoding), [], frame)
    if not isinstance(source, Elsewhere):
        return here(source_files.table(given, needed, section))
    listed = f"{source.rstrip('/')}/{given.pattern}" if given.pattern else source
    urls = sorted(url for url, *_ in asked(source, lambda: _listing(spark, [listed])))
    urls = [url for url in urls if given.pattern or source_files.suffix(Path(url)) in source_files.KINDS]
    if not urls:
        raise InputError(f"{source}: contains no CSV or Parquet file; set {section}.source or {section}.pattern")
    kind = source_files.kind_of([Path(url) for url in urls], section)
    names = asked(source, lambda: _names(spark, urls, kind, given))
    columns = headers.columns(source, names, given, needed)
    headers.refuse_absent(source, columns, needed)
    return Place(SourceTable(source, [], kind, columns, needed, given.delimiter, given.encoding), urls)


def _names(spark: Any, urls: Sequence[str], kind: str, given: Source) -> list[str]:
    """The columns of the first file; the reader holds the others to them."""
    if kind == "parquet":
        return list(spark.read.parquet(escaped(urls[0])).columns)
    first = spark.read.option("encoding", charset(given.encoding)).text(escaped(urls[0])).first()
    names = next(csv.reader([first[0].lstrip("\ufeff")] if first else [], delimiter=given.delimiter), [])
    return [name or f"unnamed {i}" for i, name in enumerate(names, start=1)]


def digest(spark: Any, place: Place) -> str:
    """SHA-256 of the files here; of those elsewhere that of their names, sizes and times of change, so that they are
    not read twice; of a query without files that of its rows in any order.
    """
    if place.table.files:
        return source_files.digest(place.table)
    urls = place.urls or [unquote(url) for url in place.frame.inputFiles()]
    if urls:
        listing = sorted(asked(place.table.source, lambda: _listing(spark, [escaped(url) for url in urls])))
        text = "".join(f"{url} {size} {changed}\n" for url, size, changed in listing)
    else:
        text = str(asked(place.table.source, lambda: _sums(place)))
    asks = place.table.source.query if isinstance(place.table.source, Query) else ""
    return hashlib.sha256(f"{asks}\n{text}".encode()).hexdigest()


def _listing(spark: Any, paths: Sequence[str]) -> list[tuple[str, int, int]]:
    """URL, bytes and microsecond of the last change of every file; nothing of their contents is read."""
    from pyspark.sql import functions as fn

    files = spark.read.format("binaryFile").load(list(paths))
    rows = files.select("path", "length", fn.unix_micros("modificationTime")).collect()
    return [(str(path), int(size), int(changed)) for path, size, changed in rows]


def _sums(place: Place) -> tuple[int, ...]:
    """The number of rows, and the sums over rows of the four quarters of their SHA-256."""
    from pyspark.sql import functions as fn

    row = fn.sha2(fn.to_json(fn.struct(*(named(place.table.columns[c]) for c in place.table.needed))), 256)
    parts = [fn.conv(fn.substring(row, at, 15), 16, 10).cast("decimal(38,0)") for at in (1, 16, 31, 46)]
    return tuple(int(x or 0) for x in place.frame.agg(fn.count("*"), *map(fn.sum, parts)).first())


def fields(rows: Any, table: SourceTable, more: Iterable[Any] = (), mixed: Collection[str] = ()) -> Any:
    """The needed columns by their tokens, those of ``mixed`` types as text, and ``more``. An instant is text with its
    offset, as DuckDB writes it: what a key or a level is must not depend on the engine.
    """
    from pyspark.sql import functions as fn

    kinds, out = dict(rows.dtypes), []
    for name in table.needed:
        own = named(table.columns[name])
        if kinds[table.columns[name]] == "timestamp":
            offset = fn.regexp_replace(fn.date_format(own, "xxx"), ":00$", "")
            own = fn.concat(own.cast("string"), offset)
        out.append((own.cast("string") if name in mixed else own).alias(token(name)))
    return rows.select(*out, *more)


def parquet(spark: Any, place: Place) -> Any:
    """:func:`fields` of Parquet files, and the ``FILE`` and ``NUMBER`` of each row; files are read apart where a column
    has not the same type in all of them.
    """
    types = headers.types(place.table) or [()] * len(place.urls)  # of files elsewhere Spark says it
    mixed = {n for i, n in enumerate(place.table.needed) if any("string" in own[i : i + 1] for own in types)}
    parts = []
    for own in dict.fromkeys(types):
        rows = spark.read.parquet(*(escaped(url) for url, each in zip(place.urls, types, strict=True) if each == own))
        origin = rows.metadataColumn("_metadata")
        own_place = origin["file_path"].alias(FILE), (origin["row_index"] + 1).alias(NUMBER)
        parts.append(fields(rows, place.table, own_place, mixed))
    return reduce(lambda some, others: some.union(others), parts)


def named(column: str) -> Any:
    """The column of a name, whatever is in it."""
    from pyspark.sql import functions as fn

    return fn.col("`" + column.replace("`", "``") + "`")


def hashed(text: Any) -> Any:
    """The key of a row (:mod:`.engines`) from the text of its key column."""
    from pyspark.sql import functions as fn

    return fn.conv(fn.substring(fn.md5(text), 1, 13), 16, 10).cast("bigint")


def _url(path: Path) -> str:
    return f"file://{path.resolve()}"


def whole(url: str) -> str:
    """A URL with as many slashes as there are in those of :func:`here`."""
    return re.sub(r"^file:/+", "file:///", url)


def escaped(url: str) -> str:
    """The URL as a glob that matches only itself."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", url)


def charset(encoding: str) -> str:
    """Java's name of one of Python's encodings."""
    java = re.sub(r"^cp(125\d)$", r"windows-\1", encoding).replace("iso8859", "iso-8859").removesuffix("-sig")
    return re.sub(r"^(utf-\d+)-([lb]e)$", r"\1\2", java)


def java_form(form: str) -> str:
    """The pattern in Java of a date's form in strptime's letters; InputError for a letter that Java has not."""
    out, parts = "", re.findall(r"%-?([A-Za-z])|((?:%%|[^%])+)", form)
    for at, (letter, text) in enumerate(parts):
        if letter and letter not in STRPTIME:
            raise InputError(f"time_format {form!r}: Spark does not read %{letter}; write the dates in ISO form")
        beside = any(own for own, _ in (*parts[max(at - 1, 0) : at], *parts[at + 1 : at + 2]))
        java = STRPTIME.get(letter, "")
        quoted = "'" + text.replace("%%", "%").replace("'", "''") + "'"
        out += (java * 2 if beside and java in "dMHhms" else java) if letter else quoted
    return out


def iso(text: Any, form: str) -> Any:
    """The text of a date of a ``form`` as ISO; null for any other text."""
    from pyspark.sql import functions as fn

    date = fn.try_to_timestamp(text, fn.lit(java_form(form)))
    if "%y" in form:  # 69 is 1969, as strptime has it; Java's is 2069
        date = fn.when(fn.year(date) > LAST_OF_TWO_DIGITS, date - fn.make_interval(fn.lit(100))).otherwise(date)
    return fn.date_format(date, ISO)
