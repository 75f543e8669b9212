"""What the tests of the pipeline's surroundings share: a small repository with git, DVC and a stage or two."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import pipeline  # noqa: F401 - applies determinism.env before numpy is loaded: threads that spin cost tests minutes
from tests.support import small
from tests.support.small import QUIET_GIT

# Nor may a test that runs a pipeline leave runs in the store of whoever tests: those of the audit trail switch it on.
for _name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "DVC_ROOT", "DVC_EXP_NAME", "DVC_STAGE"):
    os.environ.pop(_name, None)
# What `make test ARGS="-k sweep"` was told is not for the makes that tests run.
for _name in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "ARGS", "BASE", "FROM", "PYTHON"):
    os.environ.pop(_name, None)
os.environ |= {"AUDIT_TRAIL": "off", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
# `make test` tries 50 examples of a property, `make test-all` as many as Hypothesis does by itself. No deadline: an
# example takes as long as the rest of the machine lets it.
settings.register_profile("thorough", settings(), deadline=None)
settings.register_profile("bounded", settings(), deadline=None, max_examples=50)
settings.load_profile("bounded")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--seed N``: simulations of coverage and of false alarms draw other tables; their bounds stay."""
    parser.addoption("--seed", type=int, default=12, help="seed of the simulations (default: 12)")


@pytest.fixture(autouse=True)
def no_store_of_another_test() -> Iterator[None]:
    """What recording leaves in the process, where MLFLOW_TRACKING_URI and the registry lie, ends with the test."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)
    if mlflow := sys.modules.get("mlflow"):
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed that simulations start from."""
    return int(request.config.getoption("--seed"))


@pytest.hookimpl(trylast=True)  # once those that are not asked for are gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: what is left to share out at the end is then short, and no process waits for another.

    With xdist every process gets an equal run of the tests to begin with. The first one's has all that need the built
    repository and otherwise the shortest, so that the others start with long tests too, and none waits for the build.
    """
    items.sort(key=_length)
    of_build = sum(_length(item) == 0 for item in items)
    share = len(items) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if of_build < share < len(items):
        rest = items[of_build:]
        items[:] = [*items[:of_build], *rest[of_build - share :], *rest[: of_build - share]]


def pytest_collection_finish() -> None:
    """What collection made lives to the end: later collections of garbage need not walk it.

    statsmodels collects at each correction of a family, which cost a test a minute.
    """
    gc.freeze()


def _length(item: pytest.Item) -> int:
    if "built" in getattr(item, "fixturenames", ()):
        return 0
    return next((i for i, name in enumerate(("heavy", "pipeline", "slow"), 1) if item.get_closest_marker(name)), 4)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git without anyone's configuration, and this interpreter first on PATH, as the Makefile sets it."""
    for name, value in QUIET_GIT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


@pytest.fixture
def sh(tmp_path: Path, environment: None) -> Callable[..., str]:
    """Run a command in ``tmp_path`` and return what it printed; fail with its error output when it fails."""

    def run(*command: str, cwd: Path = tmp_path, code: int = 0) -> str:
        ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert ran.returncode == code, f"{command} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    return run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> small.Built:
    """This repository in small, built and committed once for all processes of the test run; copy it to work in it."""
    own = tmp_path_factory.getbasetemp()
    return small.built(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


STAGE = """
import json, pathlib, sys
number = json.loads(pathlib.Path("source.json").read_text())["number"]
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("cached").mkdir(exist_ok=True)
pathlib.Path("metrics/half.json").write_text(json.dumps({"half": number / 2, "word": "as is"}))
pathlib.Path("cached/half.csv").write_text(f"name,value\\nhalf,{number / 2}\\n")
print("halved")
"""

PIPELINE = """
stages:
  halve:
    cmd: python halve.py
    deps:
    - halve.py
    - source.json
    outs:
    - cached/half.csv
    metrics:
    - metrics/half.json:
        cache: false
"""


@pytest.fixture(scope="session")
def built_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of ``toy``, built once for each process; not to be written to."""
    root = tmp_path_factory.mktemp("built") / "toy"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    (root / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (root / ".gitignore").write_text("/cached/\n")
    (root / "source.json").write_text(json.dumps({"number": 3}))
    (root / "halve.py").write_text(STAGE)
    (root / "dvc.yaml").write_text(PIPELINE)
    small.ran(root, "git", "init", "--quiet", "--initial-branch=main")
    small.ran(root, *small.DVC, "repro", "--quiet")
    small.ran(root, "git", "add", "--all")
    small.ran(root, "git", "commit", "--quiet", "--message", "A toy")
    return root


@pytest.fixture
def toy(built_toy: Path, tmp_path: Path, environment: None) -> Path:
    """A committed repository whose one stage ``halve`` writes a metric into git and a table into DVC's cache."""
    return Path(shutil.copytree(built_toy, tmp_path / "toy", symlinks=True))
