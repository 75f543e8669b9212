"""The sample's later requests: their bytes, what is planted in which month, and that a longer batch begins the same."""

import pandas as pd
import pytest

from commands import sample
from responsible.datasets import healthcare_batches as own
from tests.support.contract import ROOT


def months(rows=4_000, seed=1):
    """Every month as a frame."""
    return {m: pd.concat([pd.DataFrame(chunk) for chunk in own.draw(rows, seed, m)]) for m in own.MONTHS}


@pytest.fixture(scope="module")
def drawn():
    """All months of one seed."""
    return months()


def test_the_committed_batches_are_reproduced(tmp_path):
    """The default size with seed 12 gives data/raw/healthcare_batches, byte for byte."""
    sample.main(table="healthcare_batches", out=str(tmp_path))
    for month in own.MONTHS:
        name = f"{month}.csv"
        assert (tmp_path / name).read_bytes() == (ROOT / "data/raw/healthcare_batches" / name).read_bytes()


def test_a_longer_batch_begins_with_the_shorter_one(drawn):
    """Ids name month and request, dates lie in the month."""
    short = months(rows=50)
    for month, table in drawn.items():
        pd.testing.assert_frame_equal(short[month], table.head(50))
        assert table["requested_on"].str.startswith(month).all()
    assert pd.concat(drawn.values())["request_id"].is_unique


def rate(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    return table["approved"].mean()


def test_need_is_read_the_wrong_way_round_in_march_alone(drawn):
    """Necessary requests are approved as often as others were, and others as necessary ones were."""
    for month, need, usual in (("2026-02", 1, 0.875), ("2026-03", 1, 0.425), ("2026-03", 0, 0.875)):
        assert rate(drawn[month], clinical_necessity=need) == pytest.approx(usual, abs=0.03), month


def test_a_quarter_of_what_general_practitioners_got_is_refused_from_april_on(drawn):
    """Surgeons' requests are approved as before."""
    for month in ("2026-04", "2026-05", "2026-06"):
        assert rate(drawn[month], requester_type="GP", clinical_necessity=1) == pytest.approx(0.64, abs=0.03)
        assert rate(drawn[month], requester_type="Surgeon", clinical_necessity=1) == pytest.approx(0.95, abs=0.03)


def test_rural_requests_wait_longer_from_may_on(drawn):
    """By four minutes, whatever the plan."""
    gap = {m: t.groupby("location_rural")["processing_minutes"].mean().diff().iloc[-1] for m, t in drawn.items()}
    assert all(abs(gap[m] - (4 if m >= "2026-05" else 0)) < 0.5 for m in gap)
