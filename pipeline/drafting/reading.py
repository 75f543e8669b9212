"""A file as it is: encoding, delimiter, the signs of its numbers, what means missing; and its rows as texts."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from pipeline.ingest import engines, source_files, text_files
from responsible.tabular.cell_counts import sampled
from responsible.tabular.columns import Spelling, token
from responsible.tabular.sources import Source
from responsible.validation import InputError

MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DELIMITERS = (",", ";", "\t", "|")
RECORDS = 100  # looked at for the delimiter
LARGE, SAMPLE, SEED = 1 << 25, 200_000, 0  # bytes above which so many rows, chosen by hash, are looked at
# Texts that people and programs write for "missing"; the empty field always is.
MISSING = ("NA", "N/A", "n/a", "#N/A", "nan", "NaN", "NAN", "None", "none", "NONE", "null", "Null", "NULL", "-", "?")
SIGNS = ((".", None), (",", None), (",", "."), (".", ","), (".", "'"), (".", " "), (",", " "))


@dataclass(frozen=True, eq=False)
class Table:
    """What was read: ``source`` says how, ``texts`` are the fields (None: empty), without columns of one name.

    ``rows`` are those of the file, of which ``texts`` has ``SAMPLE`` where the file is large. ``rejected`` records have
    too few or too many fields; ``repeated`` names occur more than once in the header.
    """

    source: Source
    texts: pd.DataFrame
    rows: int
    rejected: int
    repeated: Sequence[str]

    @property
    def spelling(self) -> Spelling:
        """How its fields are spelled, what means missing included."""
        given = self.source
        return Spelling(given.missing_values, given.decimal, given.thousands, given.trim)

    @property
    def known(self) -> pd.DataFrame:
        """The texts as the pipeline reads them: trimmed if so declared, None where missing."""
        texts = self.texts.apply(lambda column: column.str.strip()) if self.source.trim else self.texts
        return texts.apply(lambda column: column.mask(column.str.strip().isin(["", *self.source.missing_values]), None))


def read(path: str, engine: str, target: str | None = None) -> Table:
    """Look at the file, or the folder of files. The texts of ``target`` are never taken for "missing".

    Raises:
        InputError: there is no such table, or it has no rows.
    """
    found = source_files.table(Source(source=path, delimiter=",", encoding="latin-1"), [])
    encoding = _encoding(found.files) if found.kind == "csv" else "utf-8"
    delimiter = _delimiter(found.files[0], encoding) if found.kind == "csv" else ","
    source = Source(source=path, delimiter=delimiter, encoding=encoding)
    source = source.model_copy(update={"trim": _has_blanks(source_files.table(source, []).columns)})
    columns = list(source_files.table(source, []).columns)
    again = {name.rsplit(" (column ", 1)[0] for name in columns if re.search(r" \(column \d+\)$", name)}
    wanted = [name for name in columns if name.rsplit(" (column ", 1)[0].lower() not in {n.lower() for n in again}]
    if not wanted:
        raise InputError(
            f"{path}: columns must have different names, got {', '.join(sorted(again))} twice; rename them"
        )
    texts, rows, rejected = _texts(source, engine, wanted)
    if not rows:
        raise InputError(f"{path}: must have rows, got none below its header; name another table")
    decimal, thousands = _signs(texts, delimiter) if found.kind == "csv" else (".", None)
    others = texts.drop(columns=target, errors="ignore") if target else texts
    missing = _missing(others, Spelling((), decimal, thousands).number())
    blanks = source.trim or any(_has_blanks(texts[name].dropna().unique()) for name in texts)
    update = {"missing_values": missing, "decimal": decimal, "thousands": thousands, "trim": blanks}
    return Table(source.model_copy(update=update), texts, rows, rejected, sorted(again))


def _encoding(files: Sequence[Path]) -> str:
    """UTF-8 where every byte is; else UTF-16 by its mark, else cp1252, or latin-1 where a byte has no sign in that."""
    for path in files:
        with text_files.raw(path) as file:
            start = file.read(2)
        if start in MARKS:
            return "utf-16"
        if not _decodes(path, "utf-8"):
            return "cp1252" if _decodes(path, "cp1252") else "latin-1"
    return "utf-8"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with text_files.raw(path) as file:
            while block := file.read(text_files.BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The sign that splits the first records into the most fields, the same number in nearly all of them."""
    best, most = ",", 1.0
    for sign in DELIMITERS:
        with text_files.opened(path, encoding) as file:
            reader = csv.reader(file, delimiter=sign)
            try:
                fields = [len(record) for record in itertools.islice(reader, RECORDS) if record]
            except csv.Error as error:
                place = f"{path}: line {reader.line_num}"
                raise InputError(f"{place}: not readable as a record ({error}); is a quote not closed?") from None
        width, times = Counter(fields).most_common(1)[0] if fields else (1, 1)
        if width > 1 and fields[0] == width and width * times / len(fields) > most:
            best, most = sign, width * times / len(fields)
    return best


def _texts(source: Source, engine: str, columns: Sequence[str]) -> tuple[pd.DataFrame, int, int]:
    table = source_files.table(source, columns)
    reader = engines.reader(engine, table, times={})
    rows = int(reader.compute(lambda frame: frame.select(n=nw.len()))["n"][0])
    keep = SAMPLE if sum(path.stat().st_size for path in table.files) > LARGE else 0
    fields = [nw.col(token(name)).cast(nw.String) for name in columns]
    texts = reader.compute(lambda frame: sampled(frame, keep, SEED, [token(n) for n in columns]).select(*fields))
    texts = texts.set_axis(list(columns), axis=1).astype(object)
    return texts.where(texts.notna(), None), rows, reader.lost().total()


def _has_blanks(texts: object) -> bool:
    return any(text != text.strip() for text in texts)  # type: ignore[attr-defined]


def _levels(texts: pd.DataFrame) -> list[pd.Series[Any]]:
    """The distinct texts of each column but those that mean "missing" by themselves."""
    levels = [texts[name].dropna().str.strip().drop_duplicates() for name in texts]
    return [level[~level.isin(["", *MISSING])] for level in levels]


def _odd(levels: pd.Series[Any], number: str) -> list[str] | None:
    """The word that alone keeps a column from being one of numbers, if any; None for a column of texts."""
    odd = levels[~levels.str.fullmatch(number)].tolist()
    is_word = len(odd) == 1 and len(levels) > 3 and not any(sign.isdigit() for sign in odd[0])
    return odd if len(levels) and (is_word or not odd) else None


def _missing(texts: pd.DataFrame, number: str) -> list[str]:
    """The spellings of "missing" that occur, and each word among numbers."""
    found: dict[str, None] = {}
    for name, levels in zip(texts, _levels(texts), strict=True):
        values = texts[name].dropna().str.strip().drop_duplicates()
        found |= dict.fromkeys([*values[values.isin(MISSING)], *(_odd(levels, number) or [])])
    return [text for text in found if text != "NA"]  # which prepare.missing_values has


def _signs(texts: pd.DataFrame, delimiter: str) -> tuple[str, str | None]:
    """Decimal sign and sign between thousands with which the most columns are numbers; "." and none when equal."""
    order = list(SIGNS)
    if delimiter == ",":  # then "1,234" is rather a thousand than one and a bit
        order.insert(1, order.pop(3))
    levels = _levels(texts)
    score = {signs: sum(_odd(level, Spelling((), *signs).number()) is not None for level in levels) for signs in order}
    return max(order, key=lambda signs: score[signs])
