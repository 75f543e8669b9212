"""Files of predictions: read and held to the table whose rows they are about, before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import narwhals as nw
import pandas as pd

from pipeline.ingest import bad_rows, engines, source_files
from pipeline.ingest.duckdb_reader import Frame
from pipeline.ingest.engines import Reader
from responsible.models import External, Models
from responsible.tabular.cell_counts import reasons
from responsible.tabular.cells import Plan
from responsible.tabular.columns import REASON, Declared, made, token
from responsible.tabular.predictions import KEY, declared, key_text
from responsible.tabular.sources import Prepare, Source
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError, did_you_mean

SHOWN = 3  # keys in a message


def read(models: Models, plan: Plan, folder: str) -> dict[str, pd.DataFrame]:
    """Model → its :data:`~responsible.tabular.predictions.KEY` and typed predictions, of the models that have a file in
    ``folder``.

    Raises:
        InputError: budget.key is not declared; the file is not there, lacks a column, repeats a key, or has a
            prediction that is missing or no prediction.
    """
    found = {}
    for name, own in models.external.items():
        if own.file:
            if not plan.budget.key:
                raise InputError(f"models.{name}.file is joined by budget.key, which is empty; name the key's column")
            found[name] = _read(name, own, f"{folder}/{own.file}", plan.prepare)
    return found


def _read(name: str, own: External, file: str, prepare: Prepare) -> pd.DataFrame:
    if not Path(file).is_file():
        siblings = sorted(path.name for path in Path(file).parent.glob("*")) if Path(file).parent.is_dir() else []
        near = did_you_mean(Path(file).name, siblings)
        raise InputError(f"{file}: no such file{near}; set models.{name}.file")
    source = Source(source=file, delimiter=own.delimiter)
    wanted = [Declared("key", own.key or "", "categorical", required=True), *declared(name, own)]
    table = source_files.table(source, [d.column for d in wanted], f"models.{name}")
    reader = engines.reader("duckdb", table, times={})  # a file here, whatever reads the table
    spelling = source.spelling(prepare)
    rows = reader.compute(lambda frame: typed(frame, wanted, spelling).with_columns(n=nw.lit(1)))
    if faults := bad_rows.count(reader, reasons(rows)):
        bad_rows.refuse(reader, faults, wanted, spelling)
    rows = rows.rename(columns={made("key"): KEY}).drop(columns=["n", REASON, "value"])
    if (again := rows[KEY][rows[KEY].duplicated()]).size:
        shown = ", ".join(map(repr, again.drop_duplicates().head(SHOWN)))
        rule = f"column {own.key} must have each key once, got {shown} again ({len(again)} rows)"
        raise InputError(f"{file}: {rule}; leave one prediction of each")
    return rows


def frames(reader: Reader, found: Mapping[str, pd.DataFrame], models: Models, plan: Plan) -> dict[str, Frame]:
    """The predictions for the engine, each row of the table having one of each model.

    Raises:
        InputError: a row of the table has a key without a prediction, or that another row has too.
    """
    out = {name: reader.frame({str(c): rows[c] for c in rows}) for name, rows in found.items()}
    key, trim = plan.budget.key or "", plan.budget.trim
    for name, frame in out.items():
        own = models.external[name]
        lacking = reader.compute(lambda rows, frame=frame: _lacking(rows, frame, key, trim=trim))  # type: ignore[misc]
        if len(lacking):
            shown = ", ".join(map(repr, lacking[KEY].head(SHOWN)))
            rule = f"must have a prediction of each row of {plan.budget.source}, lacks {len(lacking)}"
            remedy = f"is {own.key} what {key} is there? Add them, or leave these rows out of the table"
            raise InputError(f"models.{name}.file {own.file}: {rule} (of {key}: {shown}); {remedy}")
    return out


def _lacking(rows: Frame, frame: Frame, key: str, *, trim: bool) -> Frame:
    known = frame.select(nw.col(KEY))
    asked = rows.filter(~nw.col(token(key)).is_null()).select(key_text(key, trim=trim)).unique()
    return asked.join(known, on=KEY, how="anti").sort(KEY)


def refuse_repeats(repeats: int, models: Models, plan: Plan) -> None:
    """InputError when rows of the table share a key by which predictions are joined."""
    joined = [name for name, own in models.external.items() if own.file]
    if joined and repeats:
        rule = f"column {plan.budget.key} must have each key once, because models.{joined[0]}.file is joined by it"
        raise InputError(f"{plan.budget.source}: {rule}, got {repeats} repeated; name a column that is unique")


def refuse_levels(reader: Reader, plan: Plan) -> None:
    """InputError when a level that is a yes does not occur in the table's column of decisions."""
    for name, own in plan.external.items():
        if own.positive and not own.file:
            column = token(own.decision or "")
            levels = reader.compute(lambda rows, c=column: rows.select(nw.col(c).cast(nw.String)).unique())[column]  # type: ignore[misc]
            _refuse_absent(name, own, set(levels.dropna()), str(plan.budget.source))


def _refuse_absent(name: str, own: External, present: set[str], place: str) -> None:
    for level in own.positive or ():
        if level not in present:
            raise InputError(
                f"models.{name}.positive: level {level!r} does not occur in column {own.decision} of {place}"
                f"{did_you_mean(level, sorted(present))}"
            )
