"""The dashboard on the small repository that is built once in a test run: pages by themselves, and in a browser."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.contract import ROOT
from tests.support.outgoing import Watch
from tests.support.small import Built, surroundings


@pytest.fixture
def page(built: Built, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open a page by the name of its script, with results of ``root`` (default: the small repository)."""

    def opened(name: str = "decision.py", root: Path | None = None) -> AppTest:
        monkeypatch.chdir(root or built.root)
        app = AppTest.from_file(str(ROOT / "dashboard/app.py"), default_timeout=60).run()
        return app if name == "decision.py" else app.switch_page(name).run()

    return opened


@contextlib.contextmanager
def served(root: Path, **settings: str) -> Iterator[str]:
    """The dashboard as ``make dashboard`` starts it, in ``root``, on a free port: its address, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/server.py", "--server.port", str(port)]
    with (
        open(root / ".dvc/tmp/dashboard.log", "wb") as log,  # noqa: PTH123 - a file object for the process
        subprocess.Popen(command, cwd=root, env=surroundings() | settings, stdout=log, stderr=log) as server,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server, root)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(address: str, server: subprocess.Popen[bytes], root: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, (root / ".dvc/tmp/dashboard.log").read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - this machine
            return
        time.sleep(0.1)
    raise AssertionError((root / ".dvc/tmp/dashboard.log").read_text())


@pytest.fixture(scope="session")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """What the server of :func:`dashboard` asks other machines."""
    return Watch(tmp_path_factory.mktemp("watch") / "watch")


@pytest.fixture(scope="session")
def dashboard(built: Built, watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on a copy of the small repository."""
    root = built.copy(tmp_path_factory.mktemp("dashboard") / "repository")
    with served(root, **watch.environment) as address:
        yield address
