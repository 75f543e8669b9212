"""Months of timestamps with an offset: instants, whose month is that of one declared time zone in every format."""

import datetime as dt

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.ingest import engines, source_files
from responsible.tabular.columns import REASON, Declared, Spelling, made
from responsible.tabular.sources import Source
from responsible.tabular.typed_fields import typed

STAMPS = ["2024-01-31T23:30:00-02:00", "2024-02-01 00:30:00Z", "2024-03-01T01:00:00+05:30", "2024-05-06"]
STAMPS += ["2024-05-06T99:00Z"]  # no time of a day
MONTHS = {
    "UTC": ["2024-02", "2024-02", "2024-02", "2024-05"],
    "America/New_York": ["2024-01", "2024-01", "2024-02", "2024-05"],
    "Asia/Tokyo": ["2024-02", "2024-02", "2024-03", "2024-05"],
}


def months(path, zone):
    """Months and reasons of the column ``t``, as a table of rows is read."""
    table = source_files.table(Source(source=str(path), delimiter=","), ["t"])
    reader = engines.reader("duckdb", table, times={"t": None}, time_zone=zone)
    return reader.compute(lambda rows: typed(rows, [Declared("m", "t", "month")], Spelling()))


@pytest.mark.parametrize("zone", MONTHS)
def test_csv_and_parquet_agree_in_every_zone(tmp_path, zone, monkeypatch):
    """The same instants as text and as native timestamps have the same months, wherever the machine stands."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    (tmp_path / "t.csv").write_text("\n".join(["t", *STAMPS, ""]))
    found = months(tmp_path / "t.csv", zone)
    assert found[made("m")].tolist()[:4] == MONTHS[zone]
    assert found[REASON].notna().tolist() == [False] * 4 + [True]
    stamps = [dt.datetime.fromisoformat(stamp).astimezone(dt.UTC) for stamp in STAMPS[:3]]
    parquet.write_table(pa.table({"t": pa.array(stamps, pa.timestamp("us", "UTC"))}), tmp_path / "t.parquet")
    assert months(tmp_path / "t.parquet", zone)[made("m")].tolist() == MONTHS[zone][:3]
