"""The answer of a query, fetched in parts through SQLAlchemy into a temporary Parquet file that an engine reads.

Every value is a text, as in a CSV file: numbers in their shortest form, dates and times in ISO form, booleans 1 and 0.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsible.tabular.queries import PLACEHOLDER, Query, parsed
from responsible.validation import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy.engine import URL, CursorResult, Engine

PART = 20_000  # rows that are in memory at a time
REQUIREMENTS = "requirements-sql.txt"


class Answer:
    """The rows of a query in a Parquet ``file`` that is removed with this object, and at the end of the process.

    ``columns`` are the names of columns → as the file has them. ``digest`` is the sum, modulo 2²⁵⁶, of the SHA-256 of
    every row's texts in the order of ``needed``: databases give rows in any order.
    """

    def __init__(self, query: Query, needed: Sequence[str], named: Callable[[list[str]], Mapping[str, str]]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="rows-"))  # which nobody else may read
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.file, self.digest = folder / "answer.parquet", ""
        self.columns: Mapping[str, str] = {}
        self._fetch(query, needed, named)

    def _fetch(self, query: Query, needed: Sequence[str], named: Callable[[list[str]], Mapping[str, str]]) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        engine, secrets = _engine(query)
        try:
            with engine.connect() as opened:  # nothing is committed, and these two databases refuse to write
                connection = opened.execution_options(postgresql_readonly=True, yield_per=PART, no_parameters=True)
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                result = connection.exec_driver_sql(query.query)
                if not result.returns_rows:
                    raise InputError(f"{query}: the query returns no rows; write a SELECT")
                self.columns = named(list(result.keys()))
                self._write(query, result, [name for name in needed if name in self.columns])
        except SQLAlchemyError as error:
            first = " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())
            raise InputError(f"{query}: {_without(first, secrets)}; check database and query") from None
        except OSError as error:
            remedy = f"free some space in {tempfile.gettempdir()}, or set TMPDIR to a folder with more"
            raise InputError(f"{query}: its result cannot be stored: {error.strerror or error}; {remedy}") from None
        finally:
            engine.dispose()

    def _write(self, query: Query, result: CursorResult[Any], needed: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        total, places = 0, [list(self.columns).index(name) for name in needed]
        schema = pa.schema([(self.columns[name], pa.string()) for name in needed])
        with pq.ParquetWriter(self.file, schema) as writer:
            for part in result.partitions(PART):
                texts = [_texts(query, name, (row[i] for row in part)) for name, i in zip(needed, places, strict=True)]
                writer.write_table(_table(query, texts, schema))
                for row in zip(*texts, strict=True):
                    total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
        self.digest = f"{total % (1 << 256):064x}"


def _table(query: Query, texts: Sequence[list[str | None]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.table([pa.array(column, pa.string()) for column in texts], schema=schema)
    except UnicodeEncodeError:
        raise InputError(f"{query}: a text is not valid Unicode; convert it in the query") from None


def _engine(query: Query) -> tuple[Engine, list[str]]:
    """An engine for the database with the variables of its URL filled in, and their values, which nobody may see."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    secrets: list[str] = []
    url = _filled(parsed(query.database or ""), query, secrets)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database.removeprefix("file:")).exists():
        raise InputError(f"{query}: no such file; set database")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        return create_engine(url, poolclass=NullPool), secrets
    except ModuleNotFoundError as error:
        wanted = f"--require-hashes -r {REQUIREMENTS}" if error.name == "psycopg" else error.name
        remedy = f"run .venv/bin/python -m pip install {wanted}"
        raise InputError(f"{query}: the driver {error.name} is not installed; {remedy}") from None
    except NoSuchModuleError:
        raise InputError(f"{query}: SQLAlchemy has no dialect {url.drivername!r}; correct database") from None


def _filled(url: URL, query: Query, secrets: list[str]) -> URL:
    def fill(text: str) -> str:
        for name in PLACEHOLDER.findall(text):
            if name not in os.environ:
                raise InputError(f"{query}: the environment has no variable {name}; set it, for example in the shell")
            secrets.append(os.environ[name])
        return PLACEHOLDER.sub(lambda found: os.environ[found[1]], text)

    names = ("username", "password", "host", "database")
    parts: dict[str, Any] = {part: fill(str(value)) for part in names if (value := getattr(url, part))}
    return url.set(**parts, query={key: tuple(map(fill, values)) for key, values in url.normalized_query.items()})


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text


def _texts(query: Query, name: str, values: Iterable[Any]) -> list[str | None]:
    texts = [_text(value) for value in values]
    for value in texts:
        if isinstance(value, _Unreadable):
            rule = f"cannot be read: a value of type {value}"
            raise InputError(f"{query}: column {name!r} {rule}; cast it to text or a number in the query")
    return texts


class _Unreadable(str):
    __slots__ = ()


UNREADABLE = (bytes, bytearray, memoryview, list, tuple, dict, set)
WRITTEN: tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...] = (
    ((bool,), lambda value: str(int(value))),
    ((int, float), str),
    ((Decimal,), lambda value: format(value, "f")),
    ((date, time), lambda value: value.isoformat()),
    (UNREADABLE, lambda value: _Unreadable(type(value).__name__)),
)


def _text(value: Any) -> str | None:
    """A value as a CSV file would have it; :class:`_Unreadable` when it has no such text (bytes, lists, documents)."""
    if value is None or type(value) is str:
        return value
    for kinds, text in WRITTEN:
        if isinstance(value, kinds):
            return text(value)
    return str(value)
