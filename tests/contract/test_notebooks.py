"""The notebooks of ``examples/`` run, print what is committed, and are committed without noise."""

import json
import subprocess
import sys

import pytest

from tests.support import notebooks
from tests.support.contract import ROOT


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_with_outputs_and_without_noise(path):
    """Its bytes hold no count of execution and no metadata of a run; its code prints something and raises nothing."""
    written = path.read_text(encoding="utf-8")
    notebook = json.loads(written)
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert notebooks.text(notebooks.clean(notebook)) == written
    assert len(outputs) > 4
    assert {output["output_type"] for output in outputs} <= {"execute_result", "stream"}


@pytest.mark.heavy
@pytest.mark.slow
@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_is_committed(path, tmp_path):
    """Executed again from its folder, every cell has the outputs that are in the repository."""
    here = tmp_path / "examples"
    here.mkdir()
    for file in (path, ROOT / "examples/randhie.csv"):
        (here / file.name).write_bytes(file.read_bytes())
    (tmp_path / "responsible").symlink_to(ROOT / "responsible")
    command = [sys.executable, "-m", "tests.support.notebooks", str(here / path.name)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (here / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
