"""Reads with Spark, on one machine or a cluster: only counts, cells and declared samples reach this process."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, cast
from urllib.parse import unquote

import narwhals as nw
import pandas as pd

from pipeline.ingest import spark_tables
from pipeline.ingest.duckdb_reader import INSTANT, NO_DATE, Frame
from pipeline.ingest.engines import asked
from pipeline.ingest.spark_tables import FILE, ISO, NUMBER, Place, escaped, hashed, named, whole
from responsible.tabular.columns import KEY, REASON, VALUE, token
from responsible.validation import InputError

PLACE = "row_place"  # where a row stands, for messages
TEXT, RULE = "row_text", "row_rule"
CSV = {"header": True, "multiLine": True, "mode": "PERMISSIVE", "quote": '"', "escape": '"', "maxColumns": 10**5}
CSV |= {"unescapedQuoteHandling": "RAISE_ERROR", "columnNameOfCorruptRecord": TEXT}
QUOTES, SPACED = "quotes that do not match", "a space before a quote"
SHOWN, LONGEST = 5, 60  # examples of a rule, and the letters of one


class Spark:
    """The reader of a table; a CSV file is read by one task, because a quoted field may go over several lines."""

    def __init__(self, session: Any, place: Place, times: Mapping[str, str | None]) -> None:
        self.table, self.times, self._session, self._place = place.table, times, session, place
        self.not_encoded = f"not {self.table.encoding.upper()}"
        self._key: str | None = None

    def compute(self, make: Callable[[Frame], Frame], key: str | None = None) -> pd.DataFrame:
        """What ``make`` makes of a lazy frame of the fields, by :func:`token` of their names, and ``KEY``."""
        self._key = key or self._key
        return self._collected(make, lambda: self._rows(key))

    def _collected(self, make: Callable[[Frame], Frame], rows: Callable[[], Any]) -> pd.DataFrame:
        def answer() -> Any:
            return make(nw.from_native(rows())).collect("pyarrow").to_native()

        return cast("pd.DataFrame", asked(self.table.source, answer).to_pandas())

    def frame(self, columns: Mapping[str, Any]) -> Frame:
        """Columns from elsewhere as a lazy frame of this engine, to be joined with the table's."""
        import pyarrow as pa

        return nw.from_native(self._session.createDataFrame(pa.table({n: pa.array(v) for n, v in columns.items()})))

    def digest(self) -> str:
        """What changes with the table (:func:`.spark_tables.digest`)."""
        return spark_tables.digest(self._session, self._place)

    def lost(self) -> Counter[str]:
        """How many records could not be read as rows, by the rule they break; InputError if their extent is unknown."""
        for shown in (examples for rule, _, examples in self._lost if rule == QUOTES):
            raise InputError(f"{self.table.source}: {QUOTES}: {', '.join(shown)}; correct them")
        return Counter({rule: number for rule, number, _ in self._lost})

    @cached_property
    def _lost(self) -> list[tuple[str, int, list[str]]]:
        """Each rule that records break, how many do, and the first examples."""
        if self.table.kind != "csv":
            return []
        from pyspark.sql import functions as fn

        text = fn.coalesce(fn.col(TEXT), fn.concat_ws(self.table.delimiter, *map(token, self.table.columns)))
        told = self._scanned().filter(fn.col(RULE).isNotNull())
        told = told.select(RULE, self._said().alias(PLACE), fn.substring(text, 1, LONGEST).alias(TEXT), FILE, NUMBER)
        first = f"row_number() OVER (PARTITION BY {RULE} ORDER BY {FILE}, {NUMBER})"
        least = told.withColumn("rank", fn.expr(first)).filter(f"rank <= {SHOWN}").orderBy(FILE, NUMBER)
        least = asked(self.table.source, least.collect)
        counts = asked(self.table.source, told.groupBy(RULE).count().orderBy(RULE).collect)
        return [(rule, int(n), [f"{x[1]} {x[2]!r}" for x in least if x[0] == rule]) for rule, n in counts]

    def examples(self, worst: Callable[[Frame], Frame]) -> Iterator[tuple[str, int, list[str]]]:
        """Reason, number of rows and the first examples, of what ``worst`` makes of rows with their :data:`PLACE`."""
        yield from self._lost
        bad = self._collected(worst, lambda: self._rows(None, shown=True)).sort_values(KEY)
        for reason, rows in bad.groupby(REASON, sort=False):
            texts = rows[VALUE].str.removeprefix(NO_DATE).str[:LONGEST]
            places = zip(rows[PLACE].fillna("a row without a key"), texts, strict=True)
            yield str(reason), int(rows["number"].iloc[0]), [f"{p} {text.strip(chr(10))!r}" for p, text in places]

    def _rows(self, key: str | None, *, shown: bool = False) -> Any:
        """``KEY`` and the fields, by their tokens; of rows that are ``shown`` the ``PLACE`` too."""
        scanned = self._scanned()
        if self.table.kind == "csv":
            scanned = scanned.filter(f"{RULE} IS NULL")
        fields = [self._field(name).alias(token(name)) for name in self.table.needed]
        if key:
            numbered, row = scanned, hashed(self._column(key).cast("string"))
        else:
            numbered, row = self._numbered(scanned, shown=shown)
        return numbered.select(row.alias(KEY), *([self._said().alias(PLACE)] if shown else []), *fields)

    def _scanned(self) -> Any:
        """The table, with the ``FILE`` of a row and, of CSV, the ``RULE`` that a record breaks and its ``TEXT``."""
        from pyspark.sql import functions as fn

        if self._place.frame is not None:
            return spark_tables.fields(self._place.frame, self.table)
        if self.table.kind == "parquet":
            return spark_tables.parquet(self._session, self._place)
        paths = [escaped(url) for url in self._place.urls]
        names = [token(name) for name in self.table.columns]
        written = names if self.table.files else list(self.table.columns.values())
        schema = ", ".join(f"`{name.replace('`', '``')}` string" for name in [*written, TEXT])
        how = CSV | {"sep": self.table.delimiter, "encoding": spark_tables.charset(self.table.encoding)}
        how |= {"enforceSchema": bool(self.table.files)}  # whose headers were compared before
        rows = self._session.read.schema(schema).options(**how).csv(paths)
        own = [named(as_written).alias(name) for as_written, name in zip(written, names, strict=True)]
        rows = rows.select(*own, TEXT, fn.col("_metadata.file_path").alias(FILE))
        return rows.withColumns({RULE: self._rule(names), NUMBER: fn.monotonically_increasing_id() + 1})

    def _rule(self, names: list[str]) -> Any:
        """What is wrong with a record of a CSV file; null for a row."""
        from pyspark.sql import functions as fn

        unquoted = fn.regexp_replace(TEXT, '"[^"]*"', "")
        others = fn.length(unquoted) - fn.length(fn.replace(unquoted, fn.lit(self.table.delimiter)))
        extent = fn.when(others >= len(names), "too many fields").otherwise("too few fields")
        between = rf"[^\n]*\Q{self.table.delimiter}\E"
        swallowed = fn.coalesce(TEXT, fn.col(names[-1])).rlike(rf"\n({between}){{{len(names) - 1},}}")
        fields = fn.concat_ws("\n", fn.lit(""), *(token(name) for name in self.table.needed))
        broken = fn.when(swallowed, QUOTES).when(fn.col(TEXT).isNotNull(), extent)
        return broken.when(fields.contains("\ufffd"), self.not_encoded).when(fields.rlike('\n +"'), SPACED)

    def _numbered(self, scanned: Any, *, shown: bool) -> tuple[Any, Any]:
        """The table and the number of each row over all its files; InputError where rows have no order.

        The rows of a query, and those that are only ``shown``, have a hash of their contents instead.
        """
        from pyspark.sql import functions as fn

        if self._place.frame is None and self.table.kind == "parquet":
            before = self._session.createDataFrame(self._before, f"{FILE} string, before bigint")
            return scanned.join(fn.broadcast(before), FILE), fn.col(NUMBER) + fn.col("before")
        if len(self._place.urls) == 1:
            return scanned, fn.monotonically_increasing_id() + 1
        if self._place.frame is None and not shown:
            rule = f"rows of {len(self._place.urls)} CSV files have no number, because Spark reads them at once"
            raise InputError(f"{rule}; name a key column, or convert them to Parquet")
        texts = [self._column(name).cast("string") for name in self.table.needed]
        row = fn.concat_ws("\x1f", *(fn.coalesce(text, fn.lit("\x00")) for text in texts))
        return scanned, hashed(row)

    @cached_property
    def _before(self) -> list[tuple[str, int]]:
        """Each Parquet file, as Spark names it, and the number of rows in those before it."""
        found = {str(file): int(rows) for file, rows in self._scanned().groupBy(FILE).count().collect()}
        order = {whole(url): at for at, url in enumerate(self._place.urls)}
        names = sorted(found, key=lambda name: order[unquote(whole(name))])
        return list(zip(names, itertools.accumulate((found[n] for n in names), initial=0), strict=False))

    def _said(self) -> Any:
        """Where a row stands for people: its number in its file, else its key, and the file if it is one of several."""
        from pyspark.sql import functions as fn

        several = len(self._place.urls) > 1
        alone = self._place.frame is not None or self.table.source in (*map(str, self.table.files), *self._place.urls)
        if self._place.frame is None and (self.table.kind == "parquet" or not several):
            row = fn.concat(fn.lit("row "), fn.col(NUMBER).cast("string"))
        else:
            row = fn.concat(fn.lit("key "), self._column(self._key).cast("string")) if self._key else fn.lit("value")
        if alone:
            return row
        folder = os.path.commonpath([whole(url).partition("://")[2].rpartition("/")[0] for url in self._place.urls])
        file = fn.url_decode(
            fn.replace(fn.regexp_replace(FILE, "^(file:/*(?=/)|[^:]+://)", ""), fn.lit("+"), fn.lit("%2B"))
        )
        return fn.concat(fn.replace(file, fn.lit(f"{folder}/"), fn.lit("")), fn.lit(" "), row)

    def _column(self, name: str) -> Any:
        from pyspark.sql import functions as fn

        field = fn.col(token(name))
        return fn.when(field != "", field) if self.table.kind == "csv" else field

    def _field(self, name: str) -> Any:
        """The column; one of the ``times`` as :meth:`.duckdb_reader.DuckDB._field` has it."""
        from pyspark.sql import functions as fn

        if name not in self.times:
            return self._column(name)
        text = self._column(name).cast("string")
        marked = fn.concat(fn.lit(NO_DATE), text)
        if form := self.times[name]:
            iso = spark_tables.iso(fn.trim(text), form)
            return fn.when(fn.trim(text) != "", fn.coalesce(iso, marked))
        local = fn.date_format(fn.trim(fn.replace(text, fn.lit(","), fn.lit("."))).try_cast("timestamp"), ISO)
        return fn.when(text.rlike(INSTANT), fn.coalesce(local, marked)).otherwise(text)
