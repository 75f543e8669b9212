"""What the code says of itself, read without running it: imports, parameters, paths and lengths, for test_pipeline."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.storage.parameters import keys

ROOT = Path(__file__).parents[2]
PACKAGES = ("responsible", "pipeline", "stages", "commands", "dashboard")
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES: dict[str, dict[str, Any]] = PIPELINE["stages"]
SIDE: dict[str, dict[str, Any]] = {  # of the pipelines beside the daily one, as far as a fork has them
    name: own
    for file in ("monitor/dvc.yaml", "alternatives/dvc.yaml")
    if (ROOT / file).is_file()
    for name, own in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"].items()
}
CHECKS = "check_parameters"
ALL = STAGES | SIDE  # the daily pipeline, and what runs beside it


def modules(package: str) -> list[Path]:
    """The source files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(source: Path) -> set[str]:
    """Every module a file imports when it runs, dotted; ``from a import b`` gives both ``a`` and ``a.b``."""
    return set(_imported(source.read_text(encoding="utf-8")))


@cache
def _imported(text: str) -> frozenset[str]:
    found: set[str] = set()
    for node in _running(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield child
            yield from _running(child)


def closure(source: Path) -> set[str]:
    """The repository's files that Python reads to run one of them: itself, what it imports, and their packages."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        file = waiting.pop()
        found.add(file)
        waiting += [new for name in imported(file) for new in _files(name) if new not in found]
        waiting += [new for new in (file.parent / "__init__.py",) if new not in found]
    return {file.relative_to(ROOT).as_posix() for file in found}


def _files(name: str) -> list[Path]:
    if name.split(".", maxsplit=1)[0] not in PACKAGES:
        return []
    path = ROOT.joinpath(*name.split("."))
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


def imports(source: Path) -> set[str]:
    """The repository's files that a file imports itself."""
    return {file.relative_to(ROOT).as_posix() for name in imported(source) for file in _files(name)}


def room(file: str) -> str:
    """The folder a file lies in, for example ``responsible/fairness``; a module that lies in none is its own."""
    path = Path(file)
    alone = path.parent.as_posix() in ("responsible", "pipeline") and path.name != "__init__.py"
    return path.with_suffix("").as_posix() if alone else path.parent.as_posix()


def rooms(files: Iterable[str]) -> list[str]:
    """What a stage that runs ``files`` lists as deps: folders, and modules that lie in none.

    Without the faces of the three packages: what they do is in ``determinism.env``, which is a dep of its own.
    """
    found = {Path(file).parent.as_posix() if Path(file).parent.name not in PACKAGES else file for file in files}
    return sorted(entry for entry in found if not entry.endswith("__init__.py"))


def wanted(stage: str) -> list[str]:
    """The code that a stage has to list: what its imports reach, without what all stages share.

    The stage that checks the parameters lists both packages whole. It runs a second, its output stays the same, and it
    has the digests of what all stages share.
    """
    from stages.check_parameters import SHARED  # a copy of the library alone has no stages

    reached = rooms(closure(ROOT / "stages" / f"{stage}.py"))
    if stage == CHECKS:
        return [*sorted({entry.split("/")[0] for entry in reached} - {"stages"}), f"stages/{stage}.py"]
    return [entry for entry in reached if entry not in SHARED]


def code(stage: str) -> list[str]:
    """The code among a stage's deps, sorted."""
    return sorted(dep for dep in entries(stage, "deps") if dep.split("/")[0] in PACKAGES)


def entries(stage: str, *kinds: str) -> dict[str, dict[str, Any]]:
    """Path → options of a stage's deps, outs, metrics or plots, whichever form they are written in."""
    listed = [entry for kind in kinds for entry in ALL[stage].get(kind, ())]
    return {k: v or {} for e in listed for k, v in (e.items() if isinstance(e, dict) else [(e, {})])}


def module(stage: str) -> Any:
    """The stage's module: its command is ``python -m stages.NAME``."""
    return importlib.import_module(ALL[stage]["cmd"].removeprefix("python -m ").split()[0])


def loaded(stage: str) -> list[str]:
    """The dotted keys of the parameter file that the stage loads, sorted; none when it reads the file as it stands."""
    wanted = getattr(module(stage), "Parameters", None)
    return sorted(keys(wanted)) if wanted else []


def default_paths(stage: str) -> set[str]:
    """The path defaults of the stage's ``main``, but for the files that DVC tracks by key and the root."""
    defaults = [p.default for p in inspect.signature(module(stage).main).parameters.values()]
    groups = [d.values() if isinstance(d, dict) else d if isinstance(d, tuple) else [d] for d in defaults]
    others = ("params.yaml", ".", *by_key(stage))
    return {d for group in groups for d in group if isinstance(d, str) and d not in others}


def by_key(stage: str) -> list[str]:
    """The files besides params.yaml of which DVC tracks some keys for a stage."""
    return [name for entry in ALL[stage].get("params", ()) if isinstance(entry, dict) for name in entry]


def texts(source: Path) -> set[str]:
    """The literal texts of a file."""
    nodes = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def functions(source: Path) -> Iterator[tuple[str, int]]:
    """Name and body length in lines, its docstring apart, of every function of a file."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0
