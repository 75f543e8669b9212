"""What the parts share: clocks, child processes with their peak memory, sample tables, and lines to print."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[1]
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "duckdb", "narwhals", "dvc", "fairlearn")
MIB = 2**20
T = TypeVar("T")


def machine() -> str:
    """Processor, cores, memory, load and versions: what the figures below hold for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"load {os.getloadavg()[0]:.1f} (1 minute, before this run; above the cores in use it spoils seconds)"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {load}\n"
        f"Python {platform.python_version()}, {versions}"
    )


def best(function: Callable[[], T], repeats: int = 3) -> tuple[float, T]:
    """The least seconds of some repeats, which other work on the machine disturbs least, and the last value."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function()
        found.append(time.perf_counter() - start)
    return min(found), value


@dataclass(frozen=True)
class Child:
    """A finished child process: its ``seconds`` from start to end, ``peak`` MiB of memory, and the ``value``."""

    seconds: float
    peak: float
    value: Any


def child(target: str, **arguments: Any) -> Child:
    """``module:function(**arguments)`` in an interpreter of its own; arguments and value are JSON."""
    command = [sys.executable, "-m", "benchmarks._measure", target, json.dumps(arguments)]
    start = time.perf_counter()
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return Child(time.perf_counter() - start, **json.loads(said.splitlines()[-1]))


def _answer(target: str, arguments: str) -> str:
    module, function = target.split(":")
    value = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    return json.dumps({"value": value, "peak": _peak()})


def _peak() -> float:
    """Peak memory in MiB. Linux hands ``ru_maxrss`` of a parent down to its children, so VmHWM is read where it is."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) * 1024 / MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB


def children_cpu() -> float:
    """Processor seconds of all child processes that have ended, their children included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def sample(rows: int, path: Path, seed: int = 12) -> Path:
    """The sample table with ``rows`` rows at ``path``."""
    command = [sys.executable, "-m", "commands.sample", "budget", "--rows", str(rows), "--seed", str(seed)]
    subprocess.run([*command, "--out", str(path)], cwd=ROOT, check=True)
    return path


def parameters(path: Path, **changes: Any) -> Path:
    """The repository's parameters with ``changes`` (sections dotted with double underscores), written to ``path``."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    tree = yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        *sections, last = dotted.split("__")
        place = tree
        for section in sections:
            place = place[section]
        place[last] = value
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
    return path


def within(place: Path, main: Callable[..., None], **own: str) -> dict[str, str]:
    """Every path that a stage's ``main`` has by default, by its name in ``place`` unless it is among ``own``: what is
    measured writes nothing into this repository.
    """
    defaults = {name: p.default for name, p in inspect.signature(main).parameters.items()}
    return {name: str(place / Path(path).name) for name, path in defaults.items()} | own


def fork(path: Path) -> Path:
    """The files of this repository that git tracks, as they are now, in a repository of its own without results."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and name != "dvc.lock":
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    git(path, "init", "--quiet", "--initial-branch=main")
    subprocess.run([sys.executable, "-m", "compileall", "-q", "responsible", "stages"], cwd=path, check=True)
    return path


def git(path: Path, *arguments: str) -> None:
    """Run git as nobody in particular, without anyone's configuration."""
    subprocess.run(["git", *arguments], cwd=path, check=True, env={**os.environ, **NOBODY})


NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "bench@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for line in (header, *rows):
        first, *others = zip(line, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]), flush=True)


def agree(what: str, difference: float, most: float) -> None:
    """Print by how much two answers differ; ArithmeticError when by more than ``most``."""
    print(f"agreement: {what}: {difference:.2g} (at most {most:g})", flush=True)
    if not difference <= most:
        raise ArithmeticError(f"{what} differs by {difference:g}, more than {most:g}: the figures mean nothing")


def ratio(rival: float, ours: float) -> str:
    """How many times as long the rival takes, to two digits."""
    times = rival / ours
    return f"{times:.2g} ×" if times < 10 else f"{float(f'{times:.2g}'):,.0f} ×"


def seconds(value: float) -> str:
    """Seconds to three digits, in milliseconds below a tenth."""
    return f"{value * 1000:.3g} ms" if value < 0.1 else f"{float(f'{value:.3g}'):,g} s"


if __name__ == "__main__":
    print(_answer(*sys.argv[1:]))
