"""Uploads: what is stored, under which name, and what is refused in which words."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import stat
import zipfile

import pytest

from pipeline.workbench import uploads
from pipeline.workbench.bounds import MIB, Bounds
from responsible.validation import InputError

TABLE = b"a,b\n1,2\n3,4\n"
SMALL = Bounds(upload=2 * MIB, unpacked=3 * MIB)


def test_a_table_is_stored_as_it_is_under_a_name_of_our_own(tmp_path):
    """Only its owner can read the file, and size and digest are those of the bytes."""
    found = uploads.accept(TABLE, "people.csv", tmp_path, SMALL)
    assert found.file == tmp_path / "table.csv"
    assert found.file.read_bytes() == TABLE
    assert stat.S_IMODE(found.file.stat().st_mode) == 0o600
    assert (found.name, found.size, found.notes) == ("people.csv", len(TABLE), ())
    assert found.sha256 == hashlib.sha256(TABLE).hexdigest()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.csv", "boot.csv"),
        ("/etc/cron.d/x.csv", "x.csv"),
        ("a\nb\x1b[31m.csv", "ab[31m.csv"),
        ("..", "table"),
        ("", "table"),
        ("x" * 200 + ".csv", "x" * 76 + ".csv"),
    ],
)
def test_a_name_never_becomes_a_path(tmp_path, name, shown):
    """The file lies in the folder under our name; a name with folders is shown without them, with a note."""
    found = uploads.accept(TABLE, name, tmp_path, SMALL)
    assert found.name == shown
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert bool(found.notes) == ("/" in name or "\\" in name)


def packed():
    """A ZIP archive with a table in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("people.csv", TABLE)
    return content.getvalue()


REFUSED = {
    "empty": (b"", "x.csv: is empty; it must begin with a header"),
    "blank": (b" \n\n", "x.csv: is empty; it must begin with a header"),
    "zip": (packed(), "x.csv: is a ZIP archive or an Excel workbook not a table; save the table as CSV or Parquet"),
    "pickle": (pickle.dumps([1]), "x.csv: is a Python pickle, which is never loaded, not a table; save the table"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "x.csv: is a picture not a table; save the table"),
    "page": (b"\n<!DOCTYPE html><p>a,b", "x.csv: line 1: is a web page or structured text, not a header"),
    "json": (b'[{"a": 1}]', "x.csv: line 1: is a web page or structured text, not a header"),
    "NUL": (b"a,b\n1,2\n3,\0\n", "x.csv: line 3: has a NUL byte, which no text has; save it as CSV in UTF-8"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), "x.csv: line 1: has a NUL byte, which no text has"),
    "broken UTF-16": (b"\xff\xfea\0,\0b", "x.csv: byte 7: not readable as UTF-16, as its first bytes promise"),
    "huge field": (b"a,b\n1," + b"x" * (MIB + 1) + b"\n", "x.csv: line 2: has more than 1 MiB; is a line end missing"),
    "too large": (b"a,b\n" * MIB, "x.csv: must have at most 2 MiB, got 4.0; upload fewer rows or columns"),
    "bomb": (gzip.compress(b"a,b\n" * MIB), "x.csv: must unpack to at most 3 MiB, and it has more; upload fewer"),
    "bomb in parts": (gzip.compress(b"a,b\n" * 500_000) * 2, "x.csv: must unpack to at most 3 MiB"),
    "packed twice": (gzip.compress(gzip.compress(TABLE)), "x.csv: is packed twice; unpack it and upload the table"),
    "cut gzip": (gzip.compress(TABLE)[:-4], "x.csv: its end is missing; upload the file again"),
    "no gzip": (b"\x1f\x8b and more", "x.csv: not readable as gzip"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused_with_place_and_remedy(tmp_path, content, said):
    """One message, and no file is stored."""
    with pytest.raises(InputError) as refused:
        uploads.accept(content, "x.csv", tmp_path, SMALL)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_it_is_follows_from_its_bytes(tmp_path):
    """Parquet named .csv is stored as Parquet; gzip is unpacked, several members too."""
    assert uploads.accept(b"PAR1\0\0\0PAR1", "x.csv", tmp_path, SMALL).file.name == "table.parquet"
    found = uploads.accept(gzip.compress(TABLE[:4]) + gzip.compress(TABLE[4:]), "x", tmp_path, SMALL)
    assert found.file.read_bytes() == TABLE
    utf_16 = "a,b\n1,ä\n".encode("utf-16")
    assert uploads.accept(utf_16, "x", tmp_path, SMALL).file.read_bytes() == utf_16


@pytest.fixture
def repository(tmp_path, sh):
    """A repository with a committed table, one that was changed since, and one beside it."""
    root = tmp_path / "repository"
    (root / "data").mkdir(parents=True)
    (root / "data/same.csv").write_bytes(TABLE)
    (root / "data/changed.csv").write_bytes(TABLE)
    sh("git", "init", "--quiet", cwd=root)
    sh("git", "add", "--all", cwd=root)
    sh("git", "commit", "--quiet", "--message", "One", cwd=root)
    (root / "data/changed.csv").write_bytes(TABLE + b"5,6\n")
    (tmp_path / "beside.csv").write_bytes(TABLE)
    (root / "data/link.csv").symlink_to(tmp_path / "beside.csv")
    return root


def test_a_path_names_a_file_of_the_repository(repository, tmp_path):
    """A committed table keeps its path in the copy; one with other bytes than the commit is stored like an upload."""
    folder = tmp_path / "folder"
    folder.mkdir()
    same = uploads.named("data/same.csv", repository, folder, SMALL)
    assert (same.inside, same.name, same.file.read_bytes()) == ("data/same.csv", "same.csv", TABLE)
    assert uploads.named("data/changed.csv", repository, folder, SMALL).inside == ""


@pytest.mark.parametrize("path", ["../beside.csv", "/etc/passwd", "data/link.csv", "data/../../beside.csv"])
def test_no_other_file_of_the_server_can_be_named(repository, tmp_path, path):
    """Neither a path that leaves the repository nor a link out of it is followed."""
    with pytest.raises(InputError, match="must lie in the repository; upload the file instead"):
        uploads.named(path, repository, tmp_path, SMALL)


@pytest.mark.parametrize("path", ["data", "data/absent.csv", ".git/config", "", "x\0y"])
def test_a_path_that_is_no_table_is_refused(repository, tmp_path, path):
    """Folders, absent files and the repository's own records are no tables."""
    with pytest.raises(InputError, match=r"no such table in the repository|must lie in the repository"):
        uploads.named(path, repository, tmp_path, SMALL)
