"""Readers of row tables, the one place that differs by engine: a lazy frame of the fields and an integer row key.

A reader of another engine is a class like :class:`DuckDB` beside it in ``ENGINES``. The key is the row's number, or
with a key column the first 13 hexadecimal digits (52 bits) of the MD5 of its text, which every engine can compute; it
is only a lot, so MD5's weakness does not matter.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import narwhals as nw

from responsible.checks import InputError, did_you_mean
from responsible.columns import KEY, token
from stages import _files

RULES = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "INVALID ENCODING": "not UTF-8",
    "UNQUOTED VALUE": "quotes that do not match",
    "LINE SIZE OVER MAXIMUM": "a line of more than 2 MB",
}


class Rejected(NamedTuple):
    """A record that is not a row: its file, its number in the file with the header as 1, the rule and the text."""

    path: Path
    number: int
    rule: str
    text: str


class DuckDB:
    """Reads with DuckDB, embedded: streams, uses every core and half of the memory, spills to the temporary folder."""

    def __init__(self, files: Sequence[Path], columns: Sequence[str], kind: str, delimiter: str) -> None:
        self.files, self.columns, self.kind, self.delimiter = files, columns, kind, delimiter
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2} B",
                "temp_directory": str(Path(tempfile.gettempdir(), f"rows-{os.getpid()}")),  # made and removed on need
                "autoinstall_known_extensions": "false",  # the table is all it may read: no download
            }
        )
        self._connection.execute(f"SET enable_progress_bar = {'true' if sys.stdout.isatty() else 'false'}")

    def rows(self, key: str | None = None, files: Sequence[Path] | None = None) -> nw.LazyFrame[Any]:
        """``KEY`` and the fields of ``files`` (all of the table for None) in their order, by the tokens of their names."""
        paths = f"[{', '.join(_quoted(str(path)) for path in files or self.files)}]"
        number = f"('0x' || substr(md5({token(key)}::VARCHAR), 1, 13))::BIGINT" if key else "row_number() OVER ()"
        fields = ", ".join(f"{column} AS {token(name)}" for name, column in self._columns())
        sql = f"SELECT {number} AS {KEY}, * FROM (SELECT {fields} FROM {self._scan(paths)})"  # noqa: S608 - all quoted
        return nw.from_native(self._connection.sql(sql))

    def _columns(self) -> list[tuple[str, str]]:
        if self.kind == "parquet":
            return [(name, '"' + name.replace('"', '""') + '"') for name in self.columns]
        return [(name, token(name)) for name in self.columns]

    def _scan(self, paths: str) -> str:
        if self.kind == "parquet":
            return f"read_parquet({paths})"
        types = ", ".join(f"{token(name)}: 'VARCHAR'" for name in self.columns)
        dialect = f"delim = {_quoted(self.delimiter)}, quote = '\"', escape = '\"', header = true, auto_detect = false"
        return f"read_csv({paths}, {dialect}, store_rejects = true, columns = {{{types}}})"

    def rejected(self) -> list[Rejected]:
        """The records that the queries so far could not read as rows, in file order, each once."""
        if self.kind == "parquet":
            return []
        found = self._connection.execute(
            "SELECT file_path, line, min_by(error_type, column_idx)::VARCHAR, min_by(csv_line, column_idx) "
            "FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        )
        return [Rejected(Path(p), n, RULES.get(rule, rule.lower()), text) for p, n, rule, text in found.fetchall()]


ENGINES = {"duckdb": DuckDB}


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
