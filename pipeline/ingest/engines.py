"""The reader of a table for prepare.engine: a lazy frame of its fields and an integer row key.

The key is the row's number, or with a key column the first 13 hexadecimal digits (52 bits) of the MD5 of its text,
which every engine can compute; it is only a lot, so MD5's weakness does not matter.
"""

from __future__ import annotations

import os
import re
import socket
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import narwhals as nw
import pandas as pd

from pipeline.ingest import source_files
from pipeline.ingest.duckdb_reader import DuckDB, Frame
from pipeline.ingest.source_files import SourceTable
from responsible.tabular.columns import Declared, months
from responsible.tabular.queries import PLACEHOLDER, Session
from responsible.tabular.sources import Prepare, Source
from responsible.validation import InputError, did_you_mean

ENGINES = ("duckdb", "spark")
DECIDE = ("SPARK_REMOTE", "SPARK_CONF_DIR", "SPARK_HOME", "MASTER", "PYSPARK_SUBMIT_ARGS", "PYSPARK_GATEWAY_PORT")
LOCAL = {  # of a session on this machine alone: nothing listens to others, and no pages are served
    "spark.log.level": "FATAL",  # faults are said in one line, without Java's
    **dict.fromkeys(("spark.driver.host", "spark.driver.bindAddress"), "127.0.0.1"),
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": str(os.cpu_count()),
}
RUN_TIME = {"spark.sql.legacy.javaCharsets": "true", "spark.sql.ansi.enabled": "true"}  # any encoding; errors


class Reader(Protocol):
    """What every engine offers."""

    @property
    def table(self) -> SourceTable:
        """The table it reads."""

    @property
    def times(self) -> Mapping[str, str | None]:
        """Columns of dates, and their form (None: ISO)."""

    @property
    def not_encoded(self) -> str:
        """The rule that a byte of another encoding breaks."""

    def compute(self, make: Callable[[Frame], Frame], key: str | None = None) -> pd.DataFrame:
        """What ``make`` makes of a lazy frame of the fields, by the tokens of their names, and ``KEY``."""

    def frame(self, columns: Mapping[str, Any]) -> nw.LazyFrame[Any]:
        """Columns from elsewhere as a lazy frame of this engine, to be joined with the table's."""

    def lost(self) -> Counter[str]:
        """How many records could not be read as rows, by the rule they break."""

    def digest(self) -> str:
        """What changes with the table."""


def opened(prepare: Prepare, given: Source, declared: Sequence[Declared], section: str) -> Reader:
    """The reader of the table that ``section`` of the parameters declares, with the columns that are ``declared``."""
    needed, times = [d.column for d in declared], months(declared)
    if prepare.engine == "spark":
        from pipeline.ingest import spark_tables
        from pipeline.ingest.spark_reader import Spark

        session = spark_session(prepare.spark, prepare.time_zone)
        return Spark(session, spark_tables.found(session, given, needed, section), times)
    return local(prepare, source_files.table(given, needed, section), declared)


def local(prepare: Prepare, table: SourceTable, declared: Sequence[Declared]) -> Reader:
    """The reader of a ``table`` that is here, as the parameters say it."""
    return reader(prepare.engine, table, times=months(declared), time_zone=prepare.time_zone, spark=prepare.spark)


def reader(
    engine: str,
    table: SourceTable,
    *,
    times: Mapping[str, str | None],
    time_zone: str = "UTC",
    spark: Session | None = None,
) -> Reader:
    """The reader of a ``table`` that is here. ``times`` are columns of dates, instants local to ``time_zone``."""
    if faults := unknown_engine(engine):
        raise InputError(faults[0])
    if engine == "duckdb":
        return DuckDB(table, times, time_zone)
    from pipeline.ingest import spark_tables
    from pipeline.ingest.spark_reader import Spark

    return Spark(spark_session(spark, time_zone), spark_tables.here(table), times)


def spark_session(given: Session | None, time_zone: str) -> Any:
    """The session of the process, else a new one; dates are local to ``time_zone``. InputError when PySpark or Java is
    not here, or the cluster does not answer.
    """
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        remedy = "run .venv/bin/python -m pip install --require-hashes -r requirements-spark.txt"
        raise InputError(f"prepare.engine spark: PySpark is not installed; {remedy}") from None
    given = given or Session()
    conf = {key: _filled(str(v).lower() if isinstance(v, bool) else str(v)) for key, v in given.conf.items()}
    builder, url = SparkSession.builder.appName("responsible-ml-pipeline"), _filled(given.remote or given.master or "")
    _refuse_silent(url)
    if url:
        builder = builder.remote(url) if given.remote else builder.master(url)
    master = given.master or ("" if any(name in os.environ for name in DECIDE) else "local[*]")
    local = not given.remote and master.startswith("local")
    try:
        for key, value in ({**LOCAL, **conf} if local else conf).items():
            builder = builder.config(key, value)
        out = builder.getOrCreate()
        for key, value in (RUN_TIME | {"spark.sql.session.timeZone": time_zone}).items():
            out.conf.set(key, value)
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        remedy = "Spark needs a Java runtime of version 17 or later; check JAVA_HOME, prepare.spark and the cluster"
        raise InputError(f"prepare.engine spark: no session: {_telling(str(error))}; {remedy}") from None
    return out


def _refuse_silent(url: str) -> None:
    """InputError when nothing listens where a server is said to be; Spark itself would try for minutes."""
    for host, port in (places := re.findall(r"(\[[^]]+\]|[^/,;:]+):([0-9]+)", url.partition("://")[2])):
        with suppress(OSError, OverflowError):
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
            return
    if places:
        raise InputError(
            f"prepare.engine spark: nothing answers at {', '.join(map(':'.join, places))}; check prepare.spark"
        )


def _filled(text: str) -> str:
    for name in PLACEHOLDER.findall(text):
        if name not in os.environ:
            raise InputError(f"prepare.spark: the environment has no variable {name}; set it, for example in the shell")
    return PLACEHOLDER.sub(lambda found: os.environ[found[1]], text)


def unknown_engine(engine: str) -> list[str]:
    """What is wrong with prepare.engine when no reader of that name is here, in a line; none otherwise."""
    return [] if engine in ENGINES else [f"prepare.engine {engine!r} is not known{did_you_mean(engine, ENGINES)}"]


FAULTS = {  # what is in Spark's message: what a person is told, after the file where Spark names one
    "maxResultSize": "the answer is larger than spark.driver.maxResultSize, the most that may reach this process; "
    "give numbers bins, set prepare.sample_rows, or raise it in prepare.spark.conf",
    "Unescaped quote": "quotes that do not match; correct them",
    "does not conform to the schema": "must have the columns of the first file; make them equal",
    "FileNotFound|PATH_NOT_FOUND": "no such file, or not one that every executor can read; put it where all can",
    "COLUMN_DATA_TYPE_MISMATCH": "a column has another type than in the first file ({}); write all files with one type",
    "NANOS": "has times in nanoseconds, which Spark does not read; write them in microseconds",
    "Class org.apache.hadoop.fs|No FileSystem": "no connector for it; name it in conf, in spark.jars.packages",
    "VALUE.CHARSET": "its encoding has no name that Spark knows; save it as UTF-8",
}


def asked(source: object, question: Callable[[], Any]) -> Any:
    """The answer of ``question()`` to Spark; InputError with the first telling line of what it says instead."""
    from narwhals.exceptions import NarwhalsError
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return question()
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    except (PySparkException, Py4JError, NarwhalsError) as error:
        raise InputError(f"{source}: {_fault(str(error))}") from None


def _fault(said: str) -> str:
    """Why Spark gave up, and what helps."""
    file = re.search(r"(?:reading file|[Ff]ile|exist:|CSV file:) ((?:[a-z0-9]+):/\S+)", said)
    column = re.search(r"Parquet column \[(.*?)\]", said)
    if known := [text for mark, text in FAULTS.items() if re.search(mark, said)]:
        return (f"{file[1].rstrip('.')}: " if file else "") + known[0].format(column and column[1])
    return f"cannot be read: {_telling(said)}; check the files and the session"


def _telling(said: str) -> str:
    """The line of Spark's message that says why."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip() and "awaitResult" not in line]
    telling = [line for line in lines if "Exception: " in line or line.startswith("[")] or lines or ["no reason given"]
    return re.sub(r"^.*?(?=\[[A-Z_.]+\] )|^: ", "", telling[0])[:300]
