"""The archive of a run's results: everything that people read, with digests, in the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pytest

from pipeline.workbench.archive import archive

LOCK = """
schema: '2.0'
stages:
  one:
    cmd: x
    outs:
    - {path: plots/rates.csv, md5: a, hash: md5, size: 1}
    - {path: docs/index.html, md5: b, hash: md5, size: 1}
    - {path: data/scores/x.parquet, md5: c, hash: md5, size: 1}
"""


@pytest.fixture
def results(tmp_path):
    """A folder with two results, a table of scores and the parameters."""
    contents = {
        "plots/rates.csv": 'level,value\n"=cmd()",1.5\n',
        "docs/index.html": "<p>",
        "data/scores/x.parquet": "no",
        "params.yaml": "seed: 1\n",
        "dvc.lock": LOCK,
        "secret.txt": "no",
    }
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_it_has_what_people_read_and_the_digest_of_each_file(results):
    """Rows and other files of the folder are not in it; each digest is that of the file's bytes."""
    file = zipfile.ZipFile(io.BytesIO(archive(results)))
    names = ["docs/index.html", "dvc.lock", "params.yaml", "plots/rates.csv", "spreadsheets/rates.csv", "SHA256SUMS"]
    assert file.namelist() == names
    assert file.testzip() is None
    listed = dict(reversed(line.split("  ")) for line in file.read("SHA256SUMS").decode().splitlines())
    assert listed == {name: hashlib.sha256(file.read(name)).hexdigest() for name in names[:-1]}
    assert file.read("plots/rates.csv") == (results / "plots/rates.csv").read_bytes()


def test_in_a_spreadsheet_no_level_is_a_formula(results):
    """The copy for spreadsheets has an apostrophe before it."""
    file = zipfile.ZipFile(io.BytesIO(archive(results)))
    rows = list(csv.reader(io.StringIO(file.read("spreadsheets/rates.csv").decode("utf-8-sig"))))
    assert rows == [["level", "value"], ["'=cmd()", "1.5"]]


def test_the_same_results_give_the_same_bytes(results):
    """Whenever their files were written."""
    first = archive(results)
    (results / "params.yaml").write_text("seed: 1\n")
    assert archive(results) == first
