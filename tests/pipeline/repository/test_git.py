"""pipeline.repository.git: what commands print, with or without a repository; digests beside it."""

import hashlib

import pytest

from pipeline.repository import RepositoryError, digests, git


def test_output_is_bytes_lines_or_text(toy):
    """The same command as bytes, as lines and as text; a path outside of ASCII is not quoted."""
    (toy / "Übersicht 1.csv").write_text("a")
    command = ("ls-files", "--others", "--exclude-standard")
    assert git.output(toy, *command) == "Übersicht 1.csv\n".encode()
    assert git.lines(toy, *command) == ["Übersicht 1.csv"]
    assert git.found(toy, *command) == "Übersicht 1.csv"
    assert len(git.commit(toy)) == 40


def test_a_failure_is_an_error_or_nothing(tmp_path, monkeypatch):
    """Outside of a repository, and without git, a command that must succeed says why and the other gives nothing."""
    with pytest.raises(RepositoryError, match=r"git rev-parse failed in .*not a git repository"):
        git.output(tmp_path, "rev-parse", "HEAD")
    assert git.found(tmp_path, "rev-parse", "HEAD") == git.commit(tmp_path) == ""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RepositoryError, match="git is not installed"):
        git.output(tmp_path, "status")
    assert git.changes(tmp_path) == []


def test_an_error_repeats_no_password(toy):
    """The address of a remote stands in git's message, its login does not."""
    with pytest.raises(RepositoryError) as refused:
        git.output(toy, "ls-remote", "file://anna:hunter2@localhost/nowhere")
    assert "hunter2" not in str(refused.value)


def test_digests_of_bytes_files_and_values(tmp_path):
    """Known digests of the empty content and of `abc`; a value's digest does not depend on the order of keys."""
    (tmp_path / "file").write_bytes(b"abc")
    assert digests.md5(b"") == "d41d8cd98f00b204e9800998ecf8427e"
    assert digests.md5(tmp_path / "file") == digests.md5(b"abc") == "900150983cd24fb0d6963f7d28e17f72"
    assert digests.sha256("abc") == digests.sha256(b"abc") == hashlib.sha256(b"abc").hexdigest()
    assert digests.of_value({"a": 1, "b": [2]}) == digests.of_value({"b": [2], "a": 1}) != digests.of_value({"a": 1})
