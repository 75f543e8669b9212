"""The library's faces: what a folder offers in ``__all__``, that it comes only when asked for, and that all is used."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import contract
from tests.support.contract import ROOT

FOLDERS = sorted(path.parent.name for path in (ROOT / "responsible").glob("*/__init__.py"))
FACES = {folder: importlib.import_module(f"responsible.{folder}") for folder in FOLDERS}
HEAVY = ("sklearn", "scipy.stats", "scipy", "pandas", "numpy")


@pytest.mark.parametrize(("folder", "name"), [(f, name) for f, face in FACES.items() for name in face.__all__])
def test_every_name_of_a_face_comes_from_its_folder(folder, name):
    """The name can be imported from the folder, and what it names is the folder's own."""
    found = getattr(FACES[folder], name)
    home = found.__name__ if inspect.ismodule(found) else getattr(found, "__module__", f"responsible.{folder}.")
    assert home.startswith(f"responsible.{folder}.")


def test_no_name_of_a_face_is_a_module_too():
    """Importing a module sets its name on the folder: a function of the same name would be one thing or the other."""
    modules = {(path.parent.name, path.stem) for path in (ROOT / "responsible").glob("*/*.py")}
    offered = {(folder, name) for folder, face in FACES.items() if folder != "datasets" for name in face.__all__}
    assert offered & modules == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_face_says_what_it_has_and_what_it_lacks(folder):
    """Each name stands once and ``dir`` shows just these; another name is refused with the nearest one."""
    face = FACES[folder]
    assert sorted(face.__all__) == dir(face) == sorted(set(face.__all__)) != []
    with pytest.raises(AttributeError, match=f"responsible.{folder} has no .*'{face.__all__[0]}x'; did you mean"):
        getattr(face, f"{face.__all__[0]}x")


@pytest.mark.parametrize("folder", FOLDERS)
def test_importing_a_face_loads_nothing_heavy(folder):
    """A stage that uses one module of a folder does not pay for the others: a face loads its modules when asked."""
    code = f"import sys, responsible.{folder}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_notebook_can_start_from_the_face():
    """Measures and disparities come from the folder by name, and are the ones that the stages use."""
    from responsible.fairness import MEASURES, disparities
    from responsible.fairness.disparity import disparities as used
    from responsible.fairness.measures import MEASURES as MEASURES_USED

    assert MEASURES is MEASURES_USED
    assert disparities is used


def test_every_public_function_is_used_by_code_that_is_no_test():
    """A function or class of the library that only tests call is dead: it is called, or a face offers it."""
    offered = {(f"responsible.{folder}", name) for folder, face in FACES.items() for name in face.__all__}
    used = {use for package in contract.PACKAGES for path in contract.modules(package) for use in _uses(path)}
    assert {
        f"{module}.{name}"
        for path in contract.modules("responsible")
        for module, name in _defined(path)
        if (module, name) not in used and (module.rpartition(".")[0], name) not in offered
    } == set()


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _defined(path: Path) -> set[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {(_module(path), n.name) for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")}


def _uses(path: Path) -> set[tuple[str, str]]:
    """(module, name) of every name of another module that a file reads, and of every name of its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes, modules = list(ast.walk(tree)), {}
    found = {(_module(path), node.id) for node in nodes if isinstance(node, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found |= {(str(node.module), alias.name) for alias in node.names}
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add((modules[node.value.id], node.attr))
    return found
