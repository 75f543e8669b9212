"""A Spark session, and the tables that it reads: files here or elsewhere, tables of its catalogue, queries."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from pipeline.ingest import headers, source_files
from pipeline.ingest.source_files import SourceTable
from responsible.tabular.queries import Elsewhere, Query
from responsible.tabular.sources import Source
from responsible.validation import InputError

STRPTIME = {"d": "d", "m": "M", "Y": "yyyy", "y": "yy", "b": "MMM", "B": "MMMM"}  # letters of a form → Java's
STRPTIME |= {"H": "H", "I": "h", "M": "m", "S": "s", "p": "a"}


class Place(NamedTuple):
    """A table, the URLs of its files in the order of their rows (none of a query), and its ``frame`` if it has none."""

    table: SourceTable
    urls: Sequence[str]
    frame: Any = None


def here(table: SourceTable) -> Place:
    """The place of a table whose files are on this machine."""
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


def named(column: str) -> Any:
    """The column of a name, whatever is in it."""
    from pyspark.sql import functions as fn

    return fn.col("`" + column.replace("`", "``") + "`")


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
    return re.sub(r"^cp(125\d)$", r"windows-\1", encoding).replace("iso8859", "iso-8859")


def asked(source: object, question: Any) -> Any:
    """The answer of ``question()``; InputError with the first line of what Spark says instead."""
    from narwhals.exceptions import NarwhalsError
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return question()
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    except (PySparkException, Py4JError, NarwhalsError) as error:
        raise InputError(f"{source}: {fault(str(error))}") from None


def fault(said: str) -> str:
    """Why Spark gave up, its first telling line, and what helps."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    if "maxResultSize" in said:
        bound = "the answer is larger than spark.driver.maxResultSize, the most that may reach this process"
        return f"{bound}; give numbers bins, set prepare.sample_rows, or raise it in prepare.spark.conf"
    if "Unescaped quote" in said:
        return f"{_file(said)}quotes that do not match; correct them"
    if "does not conform to the schema" in said:
        return f"{_file(said)}must have the columns of the first file; make them equal"
    if "FileNotFoundException" in said or "PATH_NOT_FOUND" in said:
        return f"{_file(said)}no such file, or not one that every executor can read; put it where all of them see it"
    telling = [line for line in lines if "Exception: " in line or line.startswith("[")] or lines
    return f"cannot be read: {telling[0][:300]}; check the files and the session"


def _file(said: str) -> str:
    file = re.search(r"(?:reading file|[Ff]ile|exist:|CSV file:) ((?:[a-z0-9]+):/\S+)", said)
    return f"{file[1].rstrip('.')}: " if file else ""


def java_form(form: str) -> str:
    """The pattern in Java of a date's form in strptime's letters; InputError for a letter that Java has not."""
    out = ""
    for letter, other in re.findall(r"%-?([A-Za-z])|(.)", form):
        if letter and letter not in STRPTIME:
            raise InputError(f"time_format {form!r}: Spark does not read %{letter}; write the dates in ISO form")
        out += STRPTIME[letter] if letter else f"'{other}'" if other != "'" else "''"
    return out
