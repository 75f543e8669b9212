"""Git tags of what was promoted, as GTO, which comes with DVC, reads them."""

import subprocess

import pytest

from pipeline.repository import RepositoryError
from pipeline.repository.release_tags import write


@pytest.fixture
def edit(toy, sh, monkeypatch):
    """Make another commit of ``toy``, a minute later; the time of a tag decides for GTO."""
    minutes = iter(range(1, 60))

    def made():
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2030-01-01T00:{next(minutes):02}:00Z")
        (toy / "note").write_text(str(next(minutes)))
        sh("git", "add", "note", cwd=toy)
        sh("git", "commit", "--quiet", "--message", "Another", cwd=toy)

    return made


def gto(toy, name, stage="promoted"):
    """The version that GTO finds in a stage, read in a process without its warnings."""
    code = (
        "import sys, gto.api as api;"
        "print([v.version for v in api.find_versions_in_stage(sys.argv[1], sys.argv[2], sys.argv[3]) or []])"
    )
    command = ["python", "-W", "ignore", "-c", code, str(toy), name, stage]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_commit_gets_a_version_and_the_stage(toy, edit, monkeypatch):
    """The next major version and the next number of the stage; a commit that has both already gets none."""
    assert write(toy, ["model"], "promoted") == ["model@v1.0.0", "model#promoted#1"]
    assert write(toy, ["model"], "promoted") == []
    edit()
    assert write(toy, ["model", "other.model"], "promoted") == [
        "model@v2.0.0",
        "model#promoted!#2",
        "model#promoted#3",
        "other.model@v1.0.0",
        "other.model#promoted#1",
    ]
    assert gto(toy, "model") == "['v2.0.0']"


def test_going_back_moves_the_stage_alone(toy, edit, sh, monkeypatch):
    """An earlier commit keeps its version, whoever gave it, and gets the stage again, even after it was taken away."""
    sh("git", "tag", "--annotate", "--message", "by hand", "model@v7.1.0", cwd=toy)
    assert write(toy, ["model"], "promoted") == ["model#promoted#1"]
    edit()
    assert write(toy, ["model"], "promoted") == ["model@v8.0.0", "model#promoted!#2", "model#promoted#3"]
    assert gto(toy, "model") == "['v8.0.0']"
    sh("git", "checkout", "--quiet", "HEAD^", cwd=toy)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-02T00:00:00Z")
    assert write(toy, ["model"], "promoted") == ["model#promoted!#4", "model#promoted#5"]
    assert gto(toy, "model") == "['v7.1.0']"
    sh("git", "tag", "--annotate", "--message", "nobody", "model#promoted!#6", cwd=toy)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-02T00:01:00Z")
    assert write(toy, ["model"], "promoted") == ["model#promoted#7"]


def test_an_artifact_in_a_folder_has_its_name(toy):
    """As GTO spells the artifact of a dvc.yaml that lies below the top of the repository."""
    (toy / "a").mkdir()
    assert write(toy / "a", ["model"], "promoted")[0] == "a=model@v1.0.0"
    assert gto(toy, "a:model") == "['v1.0.0']"


def test_a_refused_tag_is_said(toy, monkeypatch):
    """Without anybody's name git makes no annotated tag; its own words are the message."""
    for name in ("GIT_COMMITTER_NAME", "GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.setenv(name, "")
    with pytest.raises(RepositoryError, match="git tag failed in"):
        write(toy, ["model"], "promoted")
