"""commands.verify and its comparison: a clean rebuild passes, and each way of being different is told apart."""

import io
import json
import math

import pandas as pd
import pyarrow.parquet as pq
import pytest

from commands import verify
from pipeline.repository.dvc import Output
from pipeline.review.numeric_diff import difference
from pipeline.storage.files import write_parquet
from responsible.validation import InputError


def parquet(tmp_path, meta=None, **columns):
    write_parquet(tmp_path / "x.parquet", pd.DataFrame(columns), meta)
    return (tmp_path / "x.parquet").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1.0, "b": [2, None]}, {"a": 1.25, "b": [2, None]}, 0.25),
        ({"a": 1}, {"a": 1.0}, 0.0),
        ({"a": {"b": [1.0, 5.0]}}, {"a": {"b": [1.5, 2.0]}}, 3.0),
        ({"a": None}, {"a": 0.0}, math.inf),
        ({"a": "word"}, {"a": "other"}, math.inf),
        ({"a": 1}, {"b": 1}, math.inf),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, math.inf),
        ({"a": True}, {"a": 1}, math.inf),
        ({"a": "1"}, {"a": "2"}, math.inf),
    ],
)
def test_json_differs_by_its_largest_number_or_without_bound(old, new, expected):
    """Numbers in the same place are subtracted; a key, a text, a length or an undefined value is no number."""
    assert difference("m.json", json.dumps(old).encode(), json.dumps(new).encode()) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name,v\na,1\n", "name,v\na,1.5\n", 0.5),
        ("name,v\na,1\n", "name,v\nb,1\n", math.inf),
        ("name,v\na,1\n", "name,w\na,1\n", math.inf),
        ("name,v\na,1\n", "name,v\na,\n", math.inf),
        ("name,v\na,1\n", "name,v\na,1\na,1\n", math.inf),
        ("name,v\na,1\n", "name,v\na,1.0\n", 0.0),
        ('name,v\n"a\nb",1\n', 'name,v\n"a\nb",2\n', 1.0),
    ],
)
def test_csv_cells_are_compared_as_numbers_where_they_are_numbers(old, new, expected):
    """A changed header, text, row count or an emptied field is more than a numeric difference."""
    assert difference("t.csv", old.encode(), new.encode()) == expected


def test_parquet_is_compared_by_content(tmp_path):
    """Values, types, texts and the project's own metadata count; how the file was written does not."""
    old = parquet(tmp_path, {"cuts": [300]}, n=[1, 2], s=["a", "b"], x=[0.5, math.nan])
    assert (
        difference("p.parquet", old, parquet(tmp_path, {"cuts": [300]}, n=[1, 4], s=["a", "b"], x=[0.5, math.nan])) == 2
    )
    assert (
        difference("p.parquet", old, parquet(tmp_path, {"cuts": [301]}, n=[1, 2], s=["a", "b"], x=[0.5, math.nan])) == 1
    )
    assert (
        difference("p.parquet", old, parquet(tmp_path, {"cuts": [300]}, n=[1, 2], s=["a", "c"], x=[0.5, math.nan]))
        == math.inf
    )
    assert (
        difference("p.parquet", old, parquet(tmp_path, {"cuts": [300]}, n=[1, 2], s=["a", "b"], x=[0.5, 0.5]))
        == math.inf
    )
    assert (
        difference("p.parquet", old, parquet(tmp_path, {"cuts": [300]}, n=[1.0, 2.0], s=["a", "b"], x=[0.5, math.nan]))
        == math.inf
    )
    buffer = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(old)), buffer, compression="zstd")
    assert buffer.getvalue() != old
    assert difference("p.parquet", old, buffer.getvalue()) == 0.0


@pytest.mark.parametrize(
    ("path", "new"), [("a.png", b"\x89PNG"), ("a.json", b"{half"), ("a.parquet", b"PAR1"), ("a.csv", b"\xff")]
)
def test_other_formats_and_unreadable_contents_have_no_numeric_difference(path, new):
    """Bytes that are not JSON, CSV or Parquet, or are broken, are only the same or not."""
    assert difference(path, new, new) == 0.0
    assert difference(path, b"{}", new) == math.inf


@pytest.mark.pipeline
def test_a_deterministic_pipeline_is_verified(toy, capfd):
    """Each output of dvc.lock is listed as the same and the exit code is 0."""
    assert verify.main(str(toy)) == 0
    out = capfd.readouterr().out
    assert [line.split() for line in out.splitlines() if line.startswith("halve ")] == [
        ["halve", "cached/half.csv", "same", "0"],
        ["halve", "metrics/half.json", "same", "0"],
    ]
    assert "2 of 2 outputs have the expected bytes; 0 beyond 1e-06" in out


@pytest.fixture
def changed(toy, sh):
    """The toy after a change that its committed results do not show: the lock is from before."""

    def change(old, new):
        script = toy / "halve.py"
        script.write_text(script.read_text().replace(old, new))
        sh("git", "commit", "--quiet", "--all", "--message", "Results left behind", cwd=toy)

    return change


@pytest.mark.pipeline
def test_numbers_within_the_tolerance_pass_and_beyond_it_fail(toy, changed, capfd):
    """The difference is shown for metrics in git and for tables in DVC's cache; the tolerance decides."""
    changed("number / 2", "number / 2 + 1e-7")
    assert verify.main(str(toy)) == 0
    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("halve ")]
    assert [line.split()[2:] for line in lines] == [["different", "1e-07"], ["different", "1e-07"]]
    assert verify.main(str(toy), tolerance=1e-9) == 1
    assert "2 beyond 1e-09" in capfd.readouterr().out


@pytest.mark.pipeline
def test_a_promised_table_is_found_in_the_cache_when_the_work_tree_has_moved_on(toy, changed, capfd):
    """A changed work tree is warned about and not compared; DVC's cache still has what HEAD promised."""
    changed("number / 2", "number / 2 + 1")
    (toy / "cached" / "half.csv").unlink()
    (toy / "source.json").write_text(json.dumps({"number": 4}))
    assert verify.main(str(toy)) == 1
    captured = capfd.readouterr()
    assert "1 uncommitted change" in captured.err
    assert ["halve", "cached/half.csv", "different", "1"] in [line.split() for line in captured.out.splitlines()]


@pytest.mark.pipeline
def test_what_is_gone_is_said_to_be_gone(toy, changed, sh, capfd):
    """Where the promised content is in no cache the difference cannot be told, which is beyond any tolerance."""
    changed("number / 2", "number / 2 + 1e-7")
    (toy / "cached" / "half.csv").unlink()
    sh("rm", "-rf", ".dvc/cache", cwd=toy)
    assert verify.main(str(toy)) == 1
    assert "different (the expected content is not in a cache here)" in capfd.readouterr().out


@pytest.mark.pipeline
def test_an_output_that_is_promised_and_no_longer_built_is_missing(toy, sh, capfd):
    """A metric that git still brings along does not pass for one that was built, and a new one is not promised."""
    pipeline = toy / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().replace("halve:", "divide:").replace("metrics/half", "metrics/part"))
    script = toy / "halve.py"
    script.write_text(script.read_text().replace("metrics/half", "metrics/part"))
    sh("git", "commit", "--quiet", "--all", "--message", "Renamed", cwd=toy)
    assert verify.main(str(toy)) == 1
    found = [line.split() for line in capfd.readouterr().out.splitlines()]
    assert ["halve", "metrics/half.json", "missing", "-"] in found
    assert ["divide", "metrics/part.json", "not", "in", "dvc.lock", "-"] in found


@pytest.mark.pipeline
def test_a_failing_stage_is_passed_on(toy, changed, capfd):
    """DVC's own exit code comes back with a sentence, and no table pretends to be a comparison."""
    changed('print("halved")', "sys.exit(3)")
    assert verify.main(str(toy)) == 255
    captured = capfd.readouterr()
    assert "the forced run in a clone of HEAD failed with exit code 255" in captured.err
    assert "same / different" not in captured.out


@pytest.mark.pipeline
def test_a_source_tracked_by_dvc_comes_from_the_cache(toy, sh, capfd):
    """Data added with `dvc add` is not in git: the clone gets it from the work tree's cache."""
    sh("git", "rm", "--quiet", "--cached", "source.json", cwd=toy)
    sh("python", "-m", "dvc", "add", "--quiet", "source.json", cwd=toy)
    sh("git", "add", "--all", cwd=toy)
    sh("git", "commit", "--quiet", "--message", "Too big for git", cwd=toy)
    assert verify.main(str(toy)) == 0
    assert "2 of 2 outputs have the expected bytes" in capfd.readouterr().out


@pytest.mark.pipeline
def test_nothing_promised_is_refused(toy, sh):
    """Without dvc.lock in HEAD there is nothing to verify, and the remedy is named."""
    sh("git", "rm", "--quiet", "dvc.lock", cwd=toy)
    sh("git", "commit", "--quiet", "--message", "No lock", cwd=toy)
    with pytest.raises(InputError, match=r"dvc\.lock: HEAD has none.*commit"):
        verify.main(str(toy))


def test_only_what_lies_in_the_clone_is_deleted(tmp_path):
    """An output elsewhere, by its whole path or by way of the parent folder, is refused before anything is deleted."""
    clone = tmp_path / "clone"
    for folder in (clone, tmp_path / "mine"):
        folder.mkdir()
        (folder / "file").write_text("kept")
    for path in (str(tmp_path / "mine"), "../mine", "."):
        with pytest.raises(InputError, match="is outside the repository"):
            verify._delete(clone, [Output("one", "file", ""), Output("two", path, "")])
        assert (clone / "file").read_text() == (tmp_path / "mine/file").read_text() == "kept"
    verify._delete(clone, [Output("one", "file", "")])
    assert not (clone / "file").exists()
