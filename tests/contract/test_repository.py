"""What a clone looks like before anything runs."""

import pytest

from tests.support.contract import ROOT


@pytest.mark.slow
def test_a_clone_on_windows_shows_nothing_modified(sh, tmp_path):
    """With `core.autocrlf=true` every file keeps its Unix line ends, so that digests hold and git sees no change."""
    sh("git", "clone", "--quiet", "--config", "core.autocrlf=true", str(ROOT), "clone")
    assert sh("git", "status", "--porcelain", cwd=tmp_path / "clone") == ""
    assert b"\r\n" not in (tmp_path / "clone/params.yaml").read_bytes()


def test_hooks_before_a_commit_are_those_of_make_lint():
    """The optional hooks run ruff, its formatter and mypy as `make lint` does."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("ruff check", "ruff format --check", "mypy"):
        assert f".venv/bin/{command}" in hooks
        assert f"$(RUN) {command}" in makefile
