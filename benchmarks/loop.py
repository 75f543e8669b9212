"""The daily loop: stages, ``dvc repro``, an experiment and the commands, in seconds of the processor and peak memory.

Three rivals are measured in the same run. The floor of ``dvc repro`` is the same DVC with stages in the same order,
which only import every module that ours have loaded when they end. The floor of ``make`` is a ``dvc repro`` with
nothing to do. And a plain script trains, reweighs, audits and sweeps the same rows, without intervals, tests or
documents (:mod:`._plain`). Everything runs in a copy of the repository without a run-cache; medians of ``BENCH_TURNS``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._measure import ROOT, child, folder, fork, git, ratio, sample, seconds, table

ROWS, SMALL, TURNS = (20_000, 300_000), 2_000, int(os.environ.get("BENCH_TURNS", "5"))
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
DVC = (sys.executable, "-m", "dvc")
# The stages of the budget line, as dvc.yaml orders them: the other lines do not grow with these rows.
LINE = (
    *("check_parameters", "prepare", "train_baseline", "reweigh"),
    *("model_analyses", "evaluate_fairness", "threshold_sweep"),
)
FIVE = tuple(name for name in LINE if name not in ("check_parameters", "model_analyses"))  # which the script does too
TRIED = (250, 200, 350, 150, 400)  # label thresholds on the grid of the sweep, which then stays as it is
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
    """Seconds of the processor and on the wall, and peak MiB: of a process and all that it waits for."""

    cpu: float
    wall: float
    peak: float


def _run(command: Sequence[str], at: Path, *, fails: bool = False) -> Cost:
    """What a command costs; `make gate` ``fails`` where the policy is not met."""
    own = {"PATH": PATH, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}  # modules are compiled once, as a user's are
    # Without what `make bench ARGS=…` hands on to every make below it.
    kept = {name: value for name, value in os.environ.items() if name != "ARGS" and not name.startswith("MAKE")}
    start, environment = time.perf_counter(), kept | own
    process = subprocess.Popen(command, cwd=at, env=environment, stdout=subprocess.DEVNULL)
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not fails:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(spent.ru_utime + spent.ru_stime, time.perf_counter() - start, spent.ru_maxrss / 1024)


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


def _grid() -> list[float]:
    from pipeline.storage.parameters import read_yaml

    grid = read_yaml(ROOT / "params.yaml")["threshold_sweep"]["grid"]
    return [float(t) for t in range(int(grid["minimum"]), int(grid["maximum"]) + 1, int(grid["step"]))]


def _line(what: str, costs: Sequence[Cost], rival: float = 0) -> tuple[str, ...]:
    """What, processor seconds with spread, seconds on the wall, peak memory, and times the ``rival``'s processor."""
    spent = [cost.cpu for cost in costs]
    middle, wall = statistics.median(spent), statistics.median(cost.wall for cost in costs)
    times = ratio(middle, rival) if rival else ""
    peak = max(cost.peak for cost in costs)
    return (what, seconds(middle), f"{min(spent):.2f} to {max(spent):.2f}", seconds(wall), f"{peak:,.0f}", times)


HEADER = ("what", "processor", "spread", "wall", "peak MiB", "ratio")


def _rows(place: Path, rows: int, line: tuple[str, ...], turns: int, thresholds: Sequence[float]) -> Path:
    """Print what the budget line needs on so many rows; the copy of the repository that it ran in."""
    real = fork(place / "real")
    sample(rows, real / "data/raw/budget.csv")
    whole, floors, alone = [], [], dict[str, list[Cost]]()
    first, floor = _run((*DVC, "repro", *line), real), _floor(real, place / "floor", line)
    five, plain, times = list[Cost](), list[Cost](), dict[str, list[Cost]]()
    for turn in range(turns):
        floors.append(_run((*DVC, "repro", "--force"), floor))
        whole.append(_run((*DVC, "repro", "--force", "--no-run-cache", *line), real))
        own = [name for name in FIVE if name in line]
        five.append(_run((*DVC, "repro", "--force", "--no-run-cache", "--single-item", *own), real))
        store = place / f"store{turn}"
        store.mkdir()
        source = str(real / "data/raw/budget.csv")
        found = child("benchmarks._plain:script", source=source, store=str(store), thresholds=thresholds)
        plain.append(Cost(found.value["cpu"], found.seconds, found.peak))
        for name in line:
            alone.setdefault(name, []).append(_run(("python", "-m", f"stages.{name}"), real))
            times.setdefault(name, []).append(_run(("python", "import.py", f"{floor / name}.json"), real))
    imports = {name: statistics.median(cost.cpu for cost in costs) for name, costs in times.items()}
    rival = statistics.median(cost.cpu for cost in plain)
    lines = [_line("a plain script", plain), _line("the same five stages by dvc repro", five, rival)]
    lines += [_line("dvc repro of imports alone", floors), _line("dvc repro, the first", [first])]
    lines += [_line("dvc repro, forced", whole, statistics.median(cost.cpu for cost in floors))]
    lines += [_line(f"stages.{name} beside its imports", costs, imports[name]) for name, costs in alone.items()]
    print(f"{rows:,} rows")
    table(HEADER, lines)
    return real


def _commands(real: Path, turns: int) -> None:
    """Print what the commands of a day need where everything is built."""
    (real / ".venv").symlink_to(sys.prefix)
    make = ("make", "--silent", "--old-file", ".venv/requirements.txt")  # installs nothing
    _run(make, real)
    git(real, "add", "--all")
    git(real, "commit", "--quiet", "--message", "Results")
    idle = [_run((*DVC, "repro"), real) for _ in range(turns)]
    lines = [_line("dvc repro with nothing to do", idle)]
    nothing = statistics.median(cost.cpu for cost in idle)
    lines += [_line("make with nothing to do", [_run(make, real) for _ in range(turns)], nothing)]
    for command in ("gate", "status"):
        asked = (*DVC, "status", "--quiet", "dvc.yaml") if command == "status" else (*make, command)
        lines += [_line(f"{command}", [_run(asked, real, fails=True) for _ in range(turns)])]
    for beside, target, what in ((0, (), ""), (10, ("evaluate_fairness",), ", without documents")):
        tried = []
        for threshold in TRIED[:turns]:  # others the second time, or DVC would find what the first has cached
            question = (*DVC, "exp", "run", "--set-param", f"threshold={threshold + beside}", *target)
            tried.append(_run(question, real))
            git(real, "restore", ".")
            _run((*DVC, "checkout", "--quiet"), real)
        lines.append(_line(f"dvc exp run of one threshold{what}", tried))
    table(HEADER, lines)


def run(small: bool) -> None:
    """Print all of it; in small, the first stages and two thresholds."""
    for rows in (SMALL,) if small else ROWS:
        with folder() as place:
            line, thresholds = (LINE[:2], [200.0]) if small else (LINE, _grid())
            real = _rows(place, rows, line, 1 if small else TURNS, thresholds)
            if rows == ROWS[0]:
                _commands(real, TURNS)
    print("aims: five stages 12 s (20 s with 300,000 rows), dvc repro 1.5 × its imports, an experiment 15 s, 500 MiB")
