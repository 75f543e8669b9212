"""This repository in small: forked as a newcomer would, with few rows and few replicates, and built once for all tests.

What is asked of the whole pipeline seldom depends on how many rows or replicates it has. The build takes most of a
minute, so it is made once in a test run, whatever the number of processes, and every test works on a copy of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.contract import ROOT

DVC = (sys.executable, "-m", "dvc")
ROWS = 3_000
# What a person has configured for git must not decide whether the tests pass.
QUIET_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{
        f"GIT_{who}_{what}": f"{what.lower()}@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}
# Enough for every stage to have all its parts to do; the shipped values cost minutes. Dotted key → value.
QUICK: dict[str, Any] = {
    "inference.replicates": 500,
    "threshold_sweep.grid.minimum": 200,
    "threshold_sweep.grid.maximum": 300,
    "healthcare_audit.similarity.permutations": 100,
    "cluster_privacy.clusters.maximum": 3,
    "cluster_privacy.clusters.starts": 1,
    "cluster_privacy.reference.rows": 300,
    "cluster_privacy.stability.refits": 3,
    "cluster_privacy.stability.starts": 1,
    "cluster_privacy.representation.caps.minimum": 0.75,
    "cluster_privacy.representation.caps.rows": 150,
    "cluster_privacy.privacy.epsilons": [0.6, 1.0],
    "cluster_privacy.privacy.draws": 2,
    "cluster_privacy.privacy.confidence": 0.3,
    "cluster_privacy.privacy.rows": 400,
}


@dataclass(frozen=True)
class Built:
    """The folder of a built repository, not to be written to, and what ``dvc repro`` said when it was built."""

    root: str
    said: str

    def copy(self, to: Path) -> Path:
        """The repository with its results and DVC's cache, for one test's own use."""
        return Path(shutil.copytree(self.root, to, symlinks=True))


def surroundings() -> dict[str, str]:
    """Environment of commands: git without anyone's configuration, this interpreter first on PATH, and bytecode kept.

    Without bytecode every stage of a fork compiles every module again.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, **QUIET_GIT, "PATH": path, "PYTHONDONTWRITEBYTECODE": ""}


def ran(folder: Path, *command: str) -> str:
    """What a command printed in ``folder``; AssertionError with all it said when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def logged(root: Path) -> list[tuple[str, str]]:
    """(label threshold, state) of each run in the repository's audit trail."""
    query = "SELECT value, status FROM params JOIN runs USING (run_uuid) WHERE key = 'threshold'"
    with contextlib.closing(sqlite3.connect(root / "mlflow.db")) as trail:
        return sorted(trail.execute(query))


def logged_names(root: Path) -> list[str]:
    """The names of the runs in the repository's audit trail."""
    with contextlib.closing(sqlite3.connect(root / "mlflow.db")) as trail:
        return [name for (name,) in trail.execute("SELECT name FROM runs")]


def fork(root: Path) -> Path:
    """The files that git tracks or would track, as they are now, without results, and with the quick parameters."""
    for name in filter(None, ran(ROOT, "git", "ls-files", "-co", "--exclude-standard", "-z").split("\0")):
        if (ROOT / name).is_file():  # not one that is being renamed
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    (root / "dvc.lock").unlink(missing_ok=True)
    quicken(root / "params.yaml")
    ran(root, sys.executable, "-m", "commands.sample", "budget", "--rows", str(ROWS), "--out", "data/raw/budget.csv")
    ran(root, "git", "init", "--quiet", "--initial-branch=main")
    return root


def equipped(root: Path) -> Path:
    """The fork with this environment as its ``.venv``, so that make installs nothing and nothing is written there."""
    (root / ".venv").mkdir(exist_ok=True)
    for entry in Path(sys.prefix).iterdir():
        if entry.name in ("bin", "lib", "lib64", "include", "pyvenv.cfg"):
            (root / ".venv" / entry.name).symlink_to(entry)
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy2(root / name, root / ".venv" / name)
        os.utime(root / ".venv" / name)
    return root


def quicken(params: Path) -> None:
    """Set the quick parameters; comments and layout stay."""
    yaml = YAML()
    tree = yaml.load(params.read_text(encoding="utf-8"))
    for dotted, value in QUICK.items():
        *sections, last = dotted.split(".")
        place = tree
        for section in sections:
            place = place[section]
        assert last in place, dotted
        place[last] = value
    with params.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)


def built(shared: Path) -> Built:
    """The repository in ``shared``, built and committed by whichever process comes first; the others wait for it."""
    done = shared / "small.json"
    with (shared / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            root = shared / "small"
            shutil.rmtree(root, ignore_errors=True)  # of a process that was killed
            fork(root)
            said = ran(root, *DVC, "repro")
            ran(root, "git", "add", "--all")
            ran(root, "git", "commit", "--quiet", "--message", "A small repository")
            done.write_text(json.dumps(asdict(Built(str(root), said))))
    return Built(**json.loads(done.read_text()))
