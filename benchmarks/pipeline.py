"""The whole pipeline: ``dvc repro`` against as many stages that only import what ours import.

Imports are what a small pipeline costs whatever it does, so they are its floor. The floor is measured with the same
DVC, stages in the same order, each importing every module that the real stage has loaded when it ends (those it loads
late among them), in the order it loaded them. Both are run in turns and the least time of each is compared, in seconds
and in processor seconds, which other work on the machine disturbs less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks._measure import children_cpu, folder, fork, git, sample, seconds, table

ROWS, TURNS, AIM = 300_000, 2, 1.5
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
DVC = (sys.executable, "-m", "dvc")
# Runs a stage as DVC does and then says which modules are loaded.
LOADED = """
import json, runpy, sys
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
print(json.dumps([name for name in sys.modules if name != "__main__"]))
"""
# Loads the modules a file names; one that cannot be loaded by its own name came with its package.
IMPORT = """
import contextlib, importlib, json, pathlib, sys
import stages
for name in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    with contextlib.suppress(ImportError, ValueError):
        importlib.import_module(name)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall and of the processor."""

    wall: float
    cpu: float


def _run(command: tuple[str, ...], at: Path) -> Cost:
    start, used = time.perf_counter(), children_cpu()
    environment = {**os.environ, "PATH": PATH, "PYTHONPATH": ""}
    subprocess.run(command, cwd=at, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Cost(time.perf_counter() - start, children_cpu() - used)


def _least(costs: list[Cost]) -> Cost:
    return Cost(min(c.wall for c in costs), min(c.cpu for c in costs))


# The stages of the budget line, as dvc.yaml orders them: the other lines do not grow with these rows.
LINE = (
    "check_parameters",
    "prepare",
    "train_baseline",
    "reweigh",
    "model_analyses",
    "evaluate_fairness",
    "threshold_sweep",
)


def _floor(real: Path, at: Path, line: tuple[str, ...]) -> Path:
    """A repository whose stages import what those of ``real`` have loaded at their end, and do nothing else."""
    stages = {}
    at.mkdir()
    for name in line:
        command = [sys.executable, "-c", LOADED, f"stages.{name}"]
        said = subprocess.run(command, cwd=real, check=True, stdout=subprocess.PIPE).stdout.decode()
        (at / f"{name}.json").write_text(json.dumps(json.loads(said.splitlines()[-1])))
        # From the real repository's folder, so that `stages` and `responsible` are found there, as they are by DVC.
        stages[name] = {"cmd": f"python import.py {at / name}.json", "wdir": str(real)}
    (real / "import.py").write_text(IMPORT)
    (at / "dvc.yaml").write_text(json.dumps({"stages": stages}))
    git(at, "init", "--quiet")
    subprocess.run([*DVC, "init", "--quiet"], cwd=at, check=True)
    return at


def run(small: bool) -> None:
    """Print what the whole and each stage cost beside what their imports cost; in small, of the first stages only."""
    rows, turns, line = (2_000, 1, LINE[:3]) if small else (ROWS, TURNS, LINE)
    with folder() as place:
        real = fork(place / "real")
        sample(rows, real / "data/raw/budget.csv")
        whole, floors = [_run((*DVC, "repro", *line), real)], []
        floor = _floor(real, place / "floor", line)
        for _ in range(turns):
            floors.append(_run((*DVC, "repro", "--force"), floor))
            whole.append(_run((*DVC, "repro", "--force", "--no-run-cache", *line), real))
        lines = [_line(f"dvc repro, {rows:,} rows", _least(whole), _least(floors))]
        lines += [_alone(name, real, floor) for name in line]
    table(("what", "seconds", "imports only", "ratio", "processor", "imports only", "ratio"), lines)
    print(f"aim: the whole under {AIM} × its imports")


def _alone(name: str, real: Path, floor: Path) -> tuple[str, ...]:
    commands = ("python", "-m", f"stages.{name}"), ("python", "import.py", f"{floor / name}.json")
    return _line(name, *(_run(command, real) for command in commands))


def _line(name: str, ours: Cost, floor: Cost) -> tuple[str, ...]:
    wall, cpu = (seconds(ours.wall), seconds(floor.wall)), (seconds(ours.cpu), seconds(floor.cpu))
    return (name, *wall, f"{ours.wall / floor.wall:.2f} ×", *cpu, f"{ours.cpu / floor.cpu:.2f} ×")
