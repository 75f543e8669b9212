"""Run the notebooks of ``examples/``, and keep their outputs without noise.

``python -m tests.support.notebooks`` renews those of all, or of the notebooks named.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.contract import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def executed(path: Path) -> dict[str, Any]:
    """The notebook with the outputs of this run, as it is committed: without counts of execution and metadata of it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()
    return clean(json.loads(nbformat.writes(notebook)))


def clean(notebook: dict[str, Any]) -> dict[str, Any]:
    """Without what changes from run to run; cells are named by their place."""
    for place, cell in enumerate(notebook["cells"]):
        cell |= {"id": f"cell-{place + 1}", "metadata": {}}
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = None
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return notebook | {"metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}}


def text(notebook: dict[str, Any]) -> str:
    """The bytes of a notebook's file."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in sys.argv[1:] or map(str, NOTEBOOKS):
        Path(name).write_text(text(executed(Path(name))), encoding="utf-8")
