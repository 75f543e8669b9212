"""docs/dvc_remote.md: its commands are run as they stand, with a folder as the remote."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/dvc_remote.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.mark.pipeline
def test_a_colleague_pulls_what_was_pushed(toy):
    """Push, clone, pull: the colleague skips every stage, gets one file without a clone, and a branch's results."""
    repository = toy.rename(toy.parent / "responsible-ml-pipeline")
    push, pull, get = (block.replace("data/models/reweighed.skops", "cached/half.csv") for block in BLOCKS)

    def shell(commands, folder):
        command = ["bash", "-euo", "pipefail", "-c", commands]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    shell(push, repository)
    said = shell(pull, repository.parent)
    assert "Data and pipelines are up to date." in said
    assert "Stage 'halve' didn't change, skipping" in said
    assert "Running stage" not in said
    colleague = repository.parent / "colleague"
    assert (colleague / "cached/half.csv").read_text() == "name,value\nhalf,1.5\n"
    assert shell("git status --porcelain", colleague) == ""
    shell(get, repository.parent)
    assert (repository.parent / "model.skops").read_text() == "name,value\nhalf,1.5\n"

    # An experiment on a branch is taken over the same way.
    (repository / "source.json").write_text('{"number": 8}')
    shell("git switch --quiet --create eight && dvc repro && git commit --quiet --all -m Eight && dvc push", repository)
    shell("git fetch --quiet && git switch --quiet eight && dvc pull && dvc status --quiet", colleague)
    assert (colleague / "cached/half.csv").read_text() == "name,value\nhalf,4.0\n"
