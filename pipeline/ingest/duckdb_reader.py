"""Reads row tables with DuckDB: a lazy frame of the fields and an integer row key (:mod:`pipeline.ingest.engines`), of
a query's answer, whose rows have no order, a hash of the row.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import narwhals as nw
import pandas as pd

from pipeline.entry import memory
from pipeline.ingest import headers, source_files, text_files
from pipeline.ingest.source_files import SourceTable
from responsible.tabular.columns import KEY, token
from responsible.validation import InputError

RULES = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "quotes that do not match",
    "LINE SIZE OVER MAXIMUM": "a line of more than 2 MB",
}


class Rejected(NamedTuple):
    """A record that is not a row: its file, its number in the file with the header as 1, the rule and the text."""

    path: Path
    number: int
    rule: str
    text: str


Frame = nw.LazyFrame[Any]
NO_DATE = "?"  # before the text of a field that is no date
INSTANT = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+([zZ]|[+-][0-9:]+)\s*$"  # a date and a time with an offset
NO_OFFSET = r"[+-](19|[2-9][0-9])[0-9:]*\s*$"  # of more than 18 hours, which Java knows no place for


class DuckDB:
    """Reads with DuckDB, embedded: streams, uses every core and half of the memory, spills to the temporary folder."""

    def __init__(self, table: SourceTable, times: Mapping[str, str | None], time_zone: str = "UTC") -> None:
        self.table, self.times = table, times
        self.not_encoded = f"not {table.encoding.upper()}"  # the rule that a byte of another encoding breaks
        self._copies: dict[Path, Path] = {}  # of files that are not as the engine reads them
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory() // 2} B",
                "temp_directory": str(Path(tempfile.gettempdir(), f"rows-{os.getpid()}")),  # made and removed on need
                "autoinstall_known_extensions": "false",  # the table is all it may read: no download
            }
        )
        self._connection.execute(f"SET TimeZone = {_quoted(time_zone)}")  # not the machine's
        self._connection.execute(f"SET enable_progress_bar = {'true' if sys.stdout.isatty() else 'false'}")

    def compute(
        self, make: Callable[[Frame], Frame], key: str | None = None, files: Sequence[Path] | None = None
    ) -> pd.DataFrame:
        """What ``make`` makes of a lazy frame of the fields, by :func:`token` of their names, and ``KEY``.

        The rows are those of ``files`` (the table's for None), in their order.
        """
        query = self._query(key, files)
        try:
            rows = nw.from_native(self._connection.sql(query))
            answer = make(rows).collect("pyarrow").to_native()
        except InputError as error:
            raise InputError(f"{self.table.source}: {error}") from None
        except (duckdb.Error, nw.exceptions.NarwhalsError) as error:
            raise InputError(f"{self.table.source}: {_fault(error, self.table.kind)}") from None
        return cast("pd.DataFrame", answer.to_pandas())

    def compute_texts(self, make: Callable[[Frame], Frame], texts: Mapping[str, Sequence[str | None]]) -> pd.DataFrame:
        """As :meth:`compute`, of rows that the engine has not read: texts by the names of their columns."""
        rows = self.frame({token(c): pd.array(v, "string[pyarrow]") for c, v in texts.items()})
        return cast("pd.DataFrame", make(rows).collect("pyarrow").to_native().to_pandas())

    def frame(self, columns: Mapping[str, Any]) -> Frame:
        """Columns from elsewhere as a lazy frame of this engine, to be joined with the table's."""
        import pyarrow as pa

        return nw.from_native(self._connection.from_arrow(pa.table({name: pa.array(v) for name, v in columns.items()})))

    def _query(self, key: str | None, files: Sequence[Path] | None) -> str:
        fields = ", ".join(f"{self._field(name)} AS {token(name)}" for name in self.table.needed)
        lot = self._column(key) if key else f"[{', '.join(map(self._column, self.table.needed))}]"
        hashed = f"('0x' || substr(md5({lot}::VARCHAR), 1, 13))::BIGINT"
        files, numbered = files or self.table.files, not key and (files or not self.table.answer)
        number = self._number(files) if numbered else hashed
        return f"SELECT {number} AS {KEY}, {fields} FROM {self._scan(files)}"  # noqa: S608 - names and paths are quoted

    def _field(self, name: str) -> str:
        """The column; one of the ``times`` as text, in which an instant, told by its offset, is local to the time zone.

        A date of a declared form becomes ISO. What is no date of that form, and an offset behind what is no time of a
        day, get a mark in front (:data:`NO_DATE`), so that the text is one that is no date either.
        """
        if name not in self.times:
            return self._column(name)
        text = f"{self._column(name)}::VARCHAR"
        if form := self.times[name]:
            iso = f"strftime(try_strptime(trim({text}), {_quoted(form)}), '%Y-%m-%dT%H:%M:%S')"
            return f"CASE WHEN trim({text}) = '' THEN NULL ELSE coalesce({iso}, '{NO_DATE}' || {text}) END"
        local = f"strftime(TRY_CAST(trim(replace({text}, ',', '.')) AS TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%S')"
        local = f"CASE WHEN NOT regexp_matches({text}, {_quoted(NO_OFFSET)}) THEN {local} END"
        instant = f"regexp_matches({text}, {_quoted(INSTANT)})"
        return f"CASE WHEN {instant} THEN coalesce({local}, '{NO_DATE}' || {text}) ELSE {text} END"

    def _column(self, name: str) -> str:
        return token(name) if self.table.kind == "csv" else '"' + self.table.columns[name].replace('"', '""') + '"'

    def _number(self, files: Sequence[Path]) -> str:
        """The row's number over all files; Parquet knows it without reading in order, so all cores can work."""
        named_alike = {"file_row_number", "file_index"} & {name.lower() for name in self.table.columns}
        if self.table.kind == "csv" or named_alike:
            return "row_number() OVER ()"
        before = [0, *itertools.accumulate(source_files.parquet_rows(path) for path in files[:-1])]
        return "file_row_number + 1" + (f" + {before}[file_index::BIGINT + 1]" if len(files) > 1 else "")

    def _scan(self, files: Sequence[Path]) -> str:
        named = ", ".join(_quoted(_literal(str(self._as_utf8(path)))) for path in files)
        paths = f"[{named}], hive_partitioning = false"
        if self.table.kind == "parquet":
            mixed = len(set(headers.types(self.table._replace(files=files)))) > 1
            return f"read_parquet({paths}{', union_by_name = true' * mixed})"
        types = ", ".join(f"{token(name)}: 'VARCHAR'" for name in self.table.columns)
        dialect = f"delim = {_quoted(self.table.delimiter)}, quote = '\"', escape = '\"', header = true"
        return f"read_csv({paths}, {dialect}, auto_detect = false, store_rejects = true, columns = {{{types}}})"

    def _as_utf8(self, path: Path) -> Path:
        """The file, or a copy of its text that the engine can read, which goes with this reader."""
        if self.table.kind == "csv" and path not in self._copies:
            self._copies[path] = path
            if text_files.needs_copy(path, self.table.encoding):
                folder = Path(tempfile.mkdtemp(prefix="rows-"))
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                text_files.copy(path, self.table.encoding, folder / "table.csv")
                self._copies[path] = folder / "table.csv"
        return self._copies.get(path, path)

    def digest(self) -> str:
        """The digest of the table's files or answer."""
        return source_files.digest(self.table)

    def lost(self) -> Counter[str]:
        """How many records could not be read as rows, by the rule they break; InputError if their extent is unknown."""
        rejected = self.rejected()
        for path in {r.path for r in rejected if r.rule == "quotes that do not match"}:
            for _ in text_files.records(path, self.table):
                pass
        return Counter(r.rule for r in rejected)

    def rejected(self) -> list[Rejected]:
        """The records that the queries so far could not read as rows, in file order, each once."""
        if self.table.kind == "parquet":
            return []
        found = self._connection.execute(
            "SELECT file_path, line, min_by(error_type, field)::VARCHAR, coalesce(min_by(csv_line, field), '') "
            "FROM (SELECT *, coalesce(column_idx, 0) AS field FROM reject_errors)"  # a line too long has no column
            "JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        )
        rules = RULES | {"INVALID ENCODING": self.not_encoded}
        files = {str(copy): path for path, copy in self._copies.items()}
        return [Rejected(files[p], n, rules.get(rule, rule.lower()), text) for p, n, rule, text in found.fetchall()]


def _fault(error: Exception, kind: str) -> str:
    """Why the engine gave up, its first line, and what helps."""
    first = " ".join(str(error).splitlines()[:1])
    if isinstance(error, duckdb.OutOfMemoryException) or "max_temp_directory_size" in str(error):
        spilled = f"close other programs, or free some space in {tempfile.gettempdir()}, where it spills"
        return f"too large for the memory here: {first}; {spilled}, or set prepare.sample_rows"
    if isinstance(error, duckdb.IOException):
        return f"cannot be read: {first}; check the file, and the space in {tempfile.gettempdir()}"
    remedies = {"csv": "check that quotes and line ends are the same throughout"}
    remedy = "correct time_format" if "format specifier" in first else remedies.get(kind, "write the file again")
    return f"cannot be read: {first}; {remedy}"


def _literal(path: str) -> str:
    """The path as a glob that matches only itself."""
    return re.sub(r"([*?[])", r"[\1]", path)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
