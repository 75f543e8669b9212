"""The library's page lists every public name, and the examples of page and docstrings run."""

import doctest
import importlib
import re

import pytest

from tests.support import contract
from tests.support.contract import ROOT

PAGE = ROOT / "docs/library.md"
WITH_EXAMPLES = [path for path in contract.modules("responsible") if ">>> " in path.read_text(encoding="utf-8")]


def test_the_page_lists_the_public_names():
    """Each folder's table has exactly the names that the folder offers, a line each."""
    folders = re.split(r"^### `responsible\.(\w+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    tables = zip(folders[::2], folders[1::2], strict=True)
    listed = {folder: re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) for folder, text in tables}
    faces = [path.parent.name for path in (ROOT / "responsible").glob("*/__init__.py")]
    assert {folder: sorted(names) for folder, names in listed.items()} == {
        folder: sorted(importlib.import_module(f"responsible.{folder}").__all__) for folder in faces
    }


def test_the_examples_of_the_page_run():
    """What the page shows is what the code prints."""
    ran = doctest.testfile(str(PAGE), module_relative=False)
    assert (ran.failed, ran.attempted > 5) == (0, True)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_examples_of_docstrings_run(path):
    """What a docstring shows is what the function returns."""
    ran = doctest.testmod(importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)))
    assert (ran.failed, ran.attempted > 0) == (0, True)
