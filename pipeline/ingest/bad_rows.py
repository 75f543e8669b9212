"""Bad rows: counted by reason on the way, and looked at again only when they have to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import narwhals as nw

from pipeline.ingest import row_places
from pipeline.ingest.engines import NO_DATE, DuckDB, Frame
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


def count(reader: DuckDB, reasons: dict[str, int]) -> dict[str, int]:
    """``reasons`` with the records that could not be read as rows; InputError when their extent is unknown."""
    rejected = reader.rejected()
    for path in {r.path for r in rejected if r.rule == "quotes that do not match"}:
        for _ in row_places.records(path, reader.table):
            pass
    return dict((Counter(reasons) + Counter(r.rule for r in rejected)).most_common())


def refuse(reader: DuckDB, reasons: Iterable[str], declared: Sequence[Declared], spelling: Spelling) -> None:
    """InputError that lists ``reasons`` with their numbers of rows and the first examples: row, line and value.

    Only the columns that a reason names are read again.
    """
    number: Counter[str] = Counter()
    shown: dict[str, list[str]] = {}
    suspects = [d for d in declared if any(reason.startswith(f"{d.column}: ") for reason in reasons)]
    for path in reader.table.files:
        for reason, rows, examples in _of_file(reader, path, suspects, spelling):
            number[reason] += rows
            alone = reader.table.answer or path == Path(reader.table.source)
            place = "" if alone else f"{path.relative_to(reader.table.source)} "
            shown.setdefault(reason, []).extend(place + example for example in examples)
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


def _remedy(reader: DuckDB, reason: str, declared: Sequence[Declared]) -> str:
    if remedy := lasting(reason, declared):
        return remedy
    if reason.endswith(NOT_WHOLE):
        return SURVEY
    return ENCODING + REMEDY if reason == reader.not_encoded else REMEDY


def _of_file(
    reader: DuckDB, path: Path, declared: Sequence[Declared], spelling: Spelling
) -> Iterator[tuple[str, int, list[str]]]:
    """Reason, number of rows and the first examples of one file."""

    def first(rows: Frame) -> Frame:
        bad = typed(rows, declared, spelling, keep=[KEY]).filter(~nw.col(REASON).is_null())
        rank, number = nw.col(KEY).rank("ordinal").over(REASON), nw.len().over(REASON)
        return bad.select(KEY, REASON, VALUE, rank=rank, number=number).filter(nw.col("rank") <= SHOWN)

    bad = reader.compute(first, files=[path]).sort_values(KEY)
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
) -> tuple[dict[int, row_places.Place], dict[int, row_places.Place]]:
    if reader.table.kind == "parquet":
        return {row: row_places.Place(row, None) for row in rows}, {}
    return row_places.places(path, reader.table, rows, rejected)


def _example(place: row_places.Place, value: str) -> str:
    return f"{place} {value[:LONGEST].strip(chr(10))!r}"
