"""The audit trail on a real MLflow server of this machine: logged, stopped half-way, tried again."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.results.fingerprint import Result
from pipeline.tracking import mlflow_runs
from pipeline.tracking.store import locate
from responsible.validation import InputError
from tests.support.trail import change, make_result, outside, runs

# Warnings of MLflow's own code, as in test_track.
pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SECRET = "hunter2"  # noqa: S105 - the word that must be found nowhere


@pytest.fixture(autouse=True)
def trail_on(monkeypatch):
    """These tests record."""
    monkeypatch.setenv("AUDIT_TRAIL", "on")


@contextmanager
def served(folder, port):
    """An MLflow server that keeps everything in ``folder``; ends with the block."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/server.db",
        "--artifacts-destination",
        f"{folder}/artifacts",
    ]
    light = outside(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_TRACKING_URI="")
    with (
        open(folder / "server.log", "ab") as log,  # noqa: PTH123 - a file object for the process
        subprocess.Popen(command, env=light, stdout=log, stderr=log, cwd=folder) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, folder / "server.log")
            yield server
        finally:
            server.terminate()
            server.wait(timeout=60)


def wait_for(address, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - an http address of this machine
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.heavy
def test_a_server_that_stops_half_way(tmp_path, monkeypatch):
    """Within seconds there is a message that names the address and the remedy; the next try logs a whole run."""
    root, folder, port = make_result(tmp_path / "repository"), tmp_path / "server", free_port()
    folder.mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://anna:{SECRET}@127.0.0.1:{port}")
    store, before = locate(root), Result(root).fingerprint
    gather = mlflow_runs._gather
    with served(folder, port) as server, monkeypatch.context() as patched:

        def stop(*arguments):
            gather(*arguments)
            server.terminate()
            server.wait(timeout=60)
            stopped.append(time.monotonic())

        stopped = []
        patched.setattr(mlflow_runs, "_gather", stop)
        with pytest.raises(InputError) as refused:
            mlflow_runs.record(Result(root), store)
        assert time.monotonic() - stopped[0] < 30
    said = str(refused.value)
    assert f"http://127.0.0.1:{port} could not be written; the results are complete and in place" in said
    assert "unset MLFLOW_TRACKING_URI" in said
    assert SECRET not in said
    assert Result(root).fingerprint == before

    with served(folder, port):
        address = f"http://anna:{SECRET}@127.0.0.1:{port}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)  # recording has set it to what is without the login
        command, environment = [sys.executable, "-m", "stages.track"], outside(MLFLOW_TRACKING_URI=address)
        first, again = (
            subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True) for _ in "ab"
        )
        assert first.stdout == f"audit trail: recorded as 'no commit · fails 2 rules' in http://127.0.0.1:{port}\n"
        assert again.stdout.startswith("audit trail: already recorded")
        assert first.stderr == again.stderr == ""
        change(root, 0.5)
        assert mlflow_runs.record(Result(root), locate(root)).new
    found = runs(folder / "server.db")
    assert [run.info.status for run in found] == ["KILLED", "FINISHED", "FINISHED"]
    assert found[1].data.metrics["reweigh.accuracy"] > 0.5
    stored = {path.name for path in (folder / "artifacts").rglob("*")}
    assert {"comparison.md", "fairness.csv", "group_rates.svg", "MLmodel", "reweighed_report.txt"} <= stored
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [str(path) for path in written if SECRET.encode() in path.read_bytes()] == []
    assert not list(root.glob("mlflow.db*"))


def test_no_server_at_all(tmp_path):
    """The step alone fails, in seconds and in one line, and says neither user nor password."""
    root = make_result(tmp_path)
    environment = outside(MLFLOW_TRACKING_URI=f"http://anna:{SECRET}@127.0.0.1:{free_port()}")
    begun = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-m", "stages.track"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert time.monotonic() - begun < 40
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: the audit trail at http://127.0.0.1:")
    assert len(ran.stderr.splitlines()) == 1
    assert SECRET not in ran.stderr
    assert "anna" not in ran.stderr


@pytest.mark.heavy
def test_the_browser_shows_the_trail(tmp_path):
    """`make mlflow` serves the default store on this machine, even one that is new, and ends on Ctrl-C."""
    port = free_port()
    command = [sys.executable, "-m", "commands.trail", "browse", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=outside(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ui:
        try:
            wait_for(f"http://127.0.0.1:{port}/health", ui, Path(os.devnull))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
                assert b"<title>MLflow</title>" in page.read()
        finally:
            ui.terminate()
        out, _ = ui.communicate(timeout=60)
    page = f"http://127.0.0.1:{port}/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=trail"
    assert out.startswith(f"audit trail: {page} shows {tmp_path / 'mlflow.db'}")
    environment = outside(MLFLOW_TRACKING_URI=f"https://anna:{SECRET}@mlflow.example.org")
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "the audit trail is at https://mlflow.example.org: open that in a browser\n"


@pytest.mark.heavy
def test_a_server_that_sends_a_byte_a_second(tmp_path):
    """The whole call is bounded, not each read: the step ends in time with one line that says so."""
    root = make_result(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening, asked := []), daemon=True).start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        begun = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "stages.track"],
            cwd=root,
            env=outside(MLFLOW_TRACKING_URI=address, AUDIT_TRAIL_SECONDS="8"),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
    assert 8 <= time.monotonic() - begun < 60
    assert asked, "the time was over before anything was asked"
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: the audit trail at {address} took longer than 8 s")
    assert len(ran.stderr.splitlines()) == 1


def drip(listening, asked):
    with suppress(OSError):
        while True:
            asked.append(listening.accept()[0])
            threading.Thread(target=one_byte_a_second, args=asked[-1:], daemon=True).start()


def one_byte_a_second(connection):
    with suppress(OSError), connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(1)


def test_a_busy_port_is_refused(tmp_path):
    """Another server's page is not the trail: the port is named, and how to take another one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "commands.trail", "browse", "--port", str(port)]
        ran = subprocess.run(command, cwd=tmp_path, env=outside(), capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == f'error: port {port} is in use; take another: make mlflow ARGS="--port {port + 1}"\n'
    assert not list(tmp_path.glob("mlflow.db*"))
