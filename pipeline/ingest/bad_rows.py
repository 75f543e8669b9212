"""Bad rows: counted by reason on the way, and looked at again only when they have to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import narwhals as nw

from pipeline.ingest import text_files
from pipeline.ingest.duckdb_reader import NO_DATE, DuckDB, Frame
from pipeline.ingest.engines import Reader
from pipeline.ingest.spark_reader import PLACE, Spark
from responsible.tabular.columns import KEY, NOT_WHOLE, REASON, VALUE, Declared, Spelling
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError

SHOWN = 5  # examples of each reason
AGAIN = ", which is the header again: delete the line"
LONGEST = 60  # characters of a value that are shown
SURVEY = (
    "a weight is the number of equal rows that a row stands for; survey weights (inverse chances of being drawn) are "
    "not such numbers, and intervals and tests that counted them so would be wrong: leave budget.weight out"
)
ENCODING = "name the encoding of the file (encoding: cp1252), "
REMEDY = "correct the rows or set prepare.on_bad_rows: drop"


def count(reader: Reader, reasons: dict[str, int]) -> dict[str, int]:
    """``reasons`` with the records that could not be read as rows; InputError when their extent is unknown."""
    return dict((Counter(reasons) + reader.lost()).most_common())


def refuse(reader: Reader, reasons: Iterable[str], declared: Sequence[Declared], spelling: Spelling) -> None:
    """InputError that lists ``reasons`` with their numbers of rows and the first examples: row, line and value.

    Only the columns that a reason names are read again.
    """
    number: Counter[str] = Counter()
    shown: dict[str, list[str]] = {}
    suspects = [d for d in declared if any(reason.startswith(f"{d.column}: ") for reason in reasons)]
    for reason, rows, examples in _examples(reader, suspects, spelling):
        number[reason] += rows
        shown.setdefault(reason, []).extend(examples)
    found = (
        f"{reader.table.source}: {reason} in {number[reason]} row{'s' * (number[reason] > 1)}: "
        f"{', '.join(examples[:SHOWN])}; {_remedy(reader, reason, suspects)}"
        for reason, examples in shown.items()
    )
    raise InputError("\n".join(found))


def lasting(reason: str, declared: Iterable[Declared]) -> str:
    """What helps against a reason that is no slip of a row but a column of another kind; "" for any other."""
    own = [d.remedy for d in declared if d.remedy and reason.startswith(f"{d.column}: ")]
    return own[0] if own and not reason.endswith(": missing") else ""


def _remedy(reader: Reader, reason: str, declared: Sequence[Declared]) -> str:
    if remedy := lasting(reason, declared):
        return remedy
    if reason.endswith(NOT_WHOLE):
        return SURVEY
    return ENCODING + REMEDY if reason == reader.not_encoded else REMEDY


def _examples(reader: Reader, declared: Sequence[Declared], spelling: Spelling) -> Iterator[tuple[str, int, list[str]]]:
    """Reason, number of rows and the first examples, of each file or of all."""
    if isinstance(reader, Spark):
        yield from reader.examples(lambda rows: _worst(rows, declared, spelling, PLACE))
    elif isinstance(reader, DuckDB):
        for path in reader.table.files:
            alone = reader.table.answer or path == Path(reader.table.source)
            place = "" if alone else f"{path.relative_to(reader.table.source)} "
            for reason, rows, examples in _of_file(reader, path, declared, spelling):
                yield reason, rows, [place + example for example in examples]


def _worst(rows: Frame, declared: Sequence[Declared], spelling: Spelling, *keep: str) -> Frame:
    """The first rows of each reason, and how many there are."""
    bad = typed(rows, declared, spelling, keep=[KEY, *keep]).filter(~nw.col(REASON).is_null())
    rank, number = nw.col(KEY).rank("ordinal").over(REASON), nw.len().over(REASON)
    return bad.select(KEY, *keep, REASON, VALUE, rank=rank, number=number).filter(nw.col("rank") <= SHOWN)


def _of_file(
    reader: DuckDB, path: Path, declared: Sequence[Declared], spelling: Spelling
) -> Iterator[tuple[str, int, list[str]]]:
    """Reason, number of rows and the first examples of one file."""
    bad = reader.compute(lambda rows: _worst(rows, declared, spelling), files=[path]).sort_values(KEY)
    rejected = [r for r in reader.rejected() if r.path == path]
    read, lost = _places(reader, path, set(bad[KEY]), {r.number for r in rejected})
    for rule, count in Counter(r.rule for r in rejected).items():
        yield rule, count, [_example(lost[r.number], r.text) for r in rejected if r.rule == rule][:SHOWN]
    for reason, rows in bad.groupby(REASON, sort=False):
        dated = any(str(reason).startswith(f"{column}: ") for column in reader.times)
        values = rows[VALUE].str.removeprefix(NO_DATE) if dated else rows[VALUE]
        examples = [
            _example(read[row], value) + (AGAIN if str(reason).startswith(f"{value}: ") else "")
            for row, value in zip(rows[KEY], values, strict=True)
        ]
        yield str(reason), int(rows["number"].iloc[0]), examples


def _places(
    reader: DuckDB, path: Path, rows: Collection[int], rejected: Collection[int]
) -> tuple[dict[int, text_files.Place], dict[int, text_files.Place]]:
    if reader.table.kind == "parquet":
        return {row: text_files.Place(row, None) for row in rows}, {}
    return text_files.places(path, reader.table, rows, rejected)


def _example(place: text_files.Place, value: str) -> str:
    return f"{place} {value[:LONGEST].strip(chr(10))!r}"
