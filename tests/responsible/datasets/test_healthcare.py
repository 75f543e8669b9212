"""The healthcare sample: its bytes, its truth, and that a longer table begins with the shorter one."""

import numpy as np
import pandas as pd
import pytest

from commands import sample
from responsible.datasets import healthcare as sh
from tests.support.contract import ROOT


def table(rows, seed=1, **how):
    """The whole table as a frame."""
    return pd.concat([pd.DataFrame(chunk) for chunk in sh.draw(rows, seed, **how)], ignore_index=True)


def test_the_committed_table_is_reproduced(tmp_path):
    """5,000 rows with seed 12 give data/raw/healthcare.csv, byte for byte."""
    sample.main(table="healthcare", rows=5_000, seed=12, out=str(tmp_path / "t.csv"))
    assert (tmp_path / "t.csv").read_bytes() == (ROOT / "data/raw/healthcare.csv").read_bytes()


def test_a_longer_table_begins_with_the_shorter_one():
    """The first rows do not depend on how many are drawn, across the border of a chunk too; ids never repeat."""
    short, long = table(100), table(sh.CHUNK + 100)
    pd.testing.assert_frame_equal(short, long.head(100))
    assert long["request_id"].is_unique
    assert list(long) == list(sh.COLUMNS)


def test_shares_ranges_and_the_planted_differences():
    """100,000 requests: every declared share within 0.01, every range kept, approval by need and requester as said."""
    drawn = table(100_000)
    yes = {"requester_type": "Surgeon", "premium_level": "Full", "location_rural": 1, "emergency": 1}
    shares = {"requester_type": 0.25, "premium_level": 0.6, "location_rural": 0.3, "emergency": 0.2}
    for column, level in yes.items():
        assert (drawn[column] == level).mean() == pytest.approx(shares[column], abs=0.01)
    for column, low, high in (("symptom_severity", 1, 10), ("persistence", 1, 10), ("scope", 1, 5)):
        assert (drawn[column].min(), drawn[column].max()) == (low, high)
    minutes = drawn.groupby("premium_level")["processing_minutes"].agg(["min", "max"])
    assert minutes.to_numpy().tolist() == [[8, 11], [13, 17]]
    assert drawn["requested_on"].str[:7].nunique() == 12
    rates = drawn.groupby(["clinical_necessity", "requester_type"])["approved"].mean().to_numpy()
    np.testing.assert_allclose(rates, [0.40, 0.50, 0.85, 0.95], atol=0.015)


def test_zero_bias_has_none():
    """Without bias surgeons are approved as often as others."""
    rates = table(100_000, bias=0.0).groupby("requester_type")["approved"].mean()
    assert rates["Surgeon"] == pytest.approx(rates["GP"], abs=0.015)
