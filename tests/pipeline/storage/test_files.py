import json
import math

import numpy as np
import pandas as pd
import pytest

from pipeline.storage import files
from responsible.validation import InputError, did_you_mean, near


def test_json_is_sorted_rounded_and_never_nan(tmp_path):
    """Keys are sorted, floats have six decimals, NaN and infinity become null, and -0.0 becomes 0.0."""
    value = {"b": np.float64(1 / 3), "a": {"x": math.nan, "y": -1e-9, "z": np.int64(4)}, "c": [math.inf, True, None]}
    files.write_json(tmp_path / "m.json", value)
    text = (tmp_path / "m.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": {"x": None, "y": 0.0, "z": 4}, "b": 0.333333, "c": [None, True, None]}
    assert text.index('"a"') < text.index('"b"')
    assert "-0.0" not in text


def test_csv_keeps_small_p_values_and_drops_rounding_noise(tmp_path):
    """A p of 1.2e-9 stays with six digits, 1e-17 is 0, undefined is empty, and text that looks missing stays text."""
    frame = pd.DataFrame({"p": [1.23456789e-9, 1e-17, math.nan], "level": ["NA", "None", "x"]})
    files.write_csv(tmp_path / "t.csv", frame)
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "p,level\n1.23457e-09,NA\n0,None\n,x\n"
    back = files.read_csv(tmp_path / "t.csv")
    assert back["level"].tolist() == ["NA", "None", "x"]
    assert back["p"].isna().tolist() == [False, False, True]


def test_parquet_carries_its_meta(tmp_path):
    """Frame and meta come back as they were, and the same frame gives the same bytes."""
    frame = pd.DataFrame({"x.a": [1.5, math.nan], "a.g": ["é", "Missing"], "n": [1, 2]})
    for name in ("a", "b"):
        files.write_parquet(tmp_path / name, frame, {"cuts": [1.0]})
    back, meta = files.read_parquet(tmp_path / "a")
    pd.testing.assert_frame_equal(back, frame)
    assert meta == {"cuts": [1.0]}
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    """When the process dies before a file is whole, the file of the earlier run is still there, untouched."""
    files.write_text(tmp_path / "m.json", "old")
    monkeypatch.setattr(files.os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        files.write_text(tmp_path / "m.json", "new")
    assert (tmp_path / "m.json").read_text(encoding="utf-8") == "old"


def test_scores_of_different_runs_are_refused(tmp_path):
    """Score tables of different cells are refused, because their change would not be paired."""
    frame = pd.DataFrame({"split": ["test"], "bin": [0], "n": [3], "score": [0.5]})
    files.write_parquet(tmp_path / "a", frame, {"cuts": [1.0]})
    files.write_parquet(tmp_path / "b", frame.assign(n=[4]), {"cuts": [1.0]})
    with pytest.raises(InputError, match="score different cells"):
        files.read_scores({"baseline": tmp_path / "a", "reweighed": tmp_path / "b"})
    both, _ = files.read_scores({"baseline": tmp_path / "a", "reweighed": tmp_path / "a"})
    assert both[["baseline", "reweighed"]].to_numpy().tolist() == [[0.5, 0.5]]


def test_near_matches_ignore_case_and_rank_by_likeness():
    """The nearest names come first, and with nothing near all known names are listed."""
    assert near("Educaton", ["Gender", "education", "Education_Level"])[0] == "education"
    assert did_you_mean("zzz", ["a", "b"]) == "; known: 'a', 'b'"
