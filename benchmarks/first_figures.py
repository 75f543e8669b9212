"""From `git clone` to first figures on tables that nobody has prepared, each step timed, with empty caches.

The rival is the aim: five minutes with installing, and ten keys or fewer edited by hand. The tables are the public one
of the repository and two that statsmodels brings; rows, and rows with label 1, of each group are held to the file's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks._measure import ROOT, agree, folder, seconds, table
from pipeline.drafting.report import decisions

AIM_SECONDS, AIM_KEYS = 300, 10


class Start(NamedTuple):
    """A table, what `make start` is told of it, and the target from which a row has label 1."""

    source: str
    options: str
    target: str
    least: float
    attribute: str


TABLES = {
    "randhie": Start(
        "examples/randhie.csv",
        "TARGET=outcome PROTECTED=black,female PRIVILEGED=black=0.0,female=0",
        "outcome",
        1,
        "black",
    ),
    "anes96": Start("data/raw/anes96.csv", "TARGET=vote PROTECTED=educ PRIVILEGED=educ=6.0,7.0", "vote", 1, "educ"),
    "fair": Start(
        "data/raw/fair.csv", "TARGET=affairs PROTECTED=religious PRIVILEGED=religious=4.0", "affairs", 0, "religious"
    ),
}


def run(small: bool) -> None:
    """Print seconds of each step and the keys that are open; in small, one table in the environment that is there."""
    with folder() as place:
        home = {} if small else {"PIP_CACHE_DIR": str(place / "pip"), "XDG_CACHE_HOME": str(place / "cache")}
        first, lines = place / "first", []
        cloned = _timed(ROOT, home, "git", "clone", "--quiet", str(ROOT), str(first))
        installed = _borrowed(first) if small else _timed(first, home, "make", "install")
        for name, start in list(TABLES.items())[: 1 if small else None]:
            root = place / name
            _timed(ROOT, home, "git", "clone", "--quiet", str(ROOT), str(root))
            (root / ".venv").symlink_to(first / ".venv")
            lines.append(_line(name, start, root, home, cloned + installed))
    table(("table", "rows", "clone, install", "make start", "dvc repro", "in all", "keys by hand", "open"), lines)
    print(f"aim: {AIM_SECONDS} s in all, {AIM_KEYS} keys edited by hand; open keys run as drafted")


def _line(name: str, start: Start, root: Path, home: dict[str, str], before: float) -> tuple[str, ...]:
    if not (root / start.source).exists():
        import statsmodels.api as sm

        getattr(sm.datasets, name).load_pandas().data.to_csv(root / start.source, index=False)
    drafted = _timed(root, home, "make", "start", f"TABLE={start.source}", *start.options.split())
    built = _timed(root, home, ".venv/bin/python", "-m", "dvc", "repro")
    rows = _hold(name, start, root)
    keys = decisions((root / "params.yaml").read_text(encoding="utf-8"))
    times = (before, drafted, built, before + drafted + built)
    return (name, f"{rows:,}", *map(seconds, times), "0", str(len(keys)))


def _hold(name: str, start: Start, root: Path) -> int:
    """The rows of the file; ArithmeticError when a group's rows, or those with label 1, are not the file's."""
    given = pd.read_csv(root / start.source, dtype={start.attribute: str})
    threshold = start.least or float(given[start.target].quantile(0.5, interpolation="higher"))
    threshold = threshold or float(given.loc[given[start.target] > 0, start.target].min())
    ones = (given[start.target] >= threshold).groupby(given[start.attribute]).agg(["size", "sum"])
    rates = pd.read_csv(root / "plots/prepare_base_rates.csv", dtype={"level": str})
    found = rates[(rates["attribute"] == start.attribute) & (rates["split"] == "all")].set_index("level")
    differ = found.loc[list(ones.index), ["n", "positives"]].to_numpy() - ones.to_numpy()
    agree(f"rows and labels of {name}", float(abs(differ).max()), 0)
    return len(given)


def _timed(at: Path, home: dict[str, str], *command: str) -> float:
    start = time.perf_counter()
    outer = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "ARGS")}
    environment = {**outer, "AUDIT_TRAIL": "off", **home}  # what `make bench` was told is not for the makes below
    subprocess.run(command, cwd=at, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _borrowed(root: Path) -> float:
    """No time: this environment as the fork's, in which make installs nothing."""
    (root / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (root / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (root / ".venv" / name).write_bytes((root / name).read_bytes())
    return 0.0
