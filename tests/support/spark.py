"""A Spark session for tests marked ``heavy``, and servers on this machine: skipped where there is none, not in CI."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

SHORT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"  # of processes that live for seconds

LOCAL = {
    "master": "local[2]",
    "conf": {
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": SHORT,
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.codegen.wholeStage": False,  # no time to compile for few rows
        "spark.ui.showConsoleProgress": False,
    },
}


def required() -> None:
    """PySpark and Java. Without them the test is skipped, except in CI, where nothing may go untested in silence."""
    lacking = "PySpark" if find_spec("pyspark") is None else "" if shutil.which("java") else "Java"
    if lacking:
        reason = f"{lacking} is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


class Server(NamedTuple):
    """A Java process of Spark, and its log."""

    process: subprocess.Popen[bytes]
    log: Path


def wait(until: Callable[[], bool], log: Path, seconds: float = 120) -> None:
    """Sleep until something is true; an AssertionError with the ``log`` when it does not come about."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.05)


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _started(folder: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts a class of Spark on loopback, with its log in ``folder``; all end with the block."""
    import pyspark

    home, started = Path(pyspark.__file__).parent, list[Server]()
    environment = os.environ | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home),
    }
    environment |= {"SPARK_DAEMON_MEMORY": "1g", "SPARK_DAEMON_JAVA_OPTS": SHORT}

    def start(name: str, *arguments: str) -> Server:
        path = folder / f"{len(started)}.log"
        command = [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
        with path.open("w") as log:
            started.append(Server(subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder), path))
        return started[-1]

    try:
        yield start
    finally:
        for server in reversed(started):
            server.process.terminate()
        for server in started:
            server.process.wait(30)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[Path]]]:
    """The URL of a standalone master with workers of one core, and the folders in which these keep their executors."""
    port, places = _port(), [folder / f"worker{number}" for number in range(workers)]
    url, own = f"spark://127.0.0.1:{port}", ("--host", "127.0.0.1", "--webui-port", "0")
    with _started(folder) as start:
        master = start("master.Master", *own, "--port", str(port))
        for place in places:
            start("worker.Worker", *own, "--work-dir", str(place), "--cores", "1", "--memory", "1g", url)
        wait(lambda: master.log.read_text().count("Registering worker") == workers, master.log)
        yield url, places


@contextmanager
def connect(folder: Path) -> Iterator[str]:
    """The URL of a Spark Connect server on this machine."""
    port = _port()
    conf = LOCAL["conf"] | {"spark.connect.grpc.binding.port": port, "spark.ui.enabled": "false"}
    conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    given = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    name = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer")
    with _started(folder) as start:
        server = start("SparkSubmit", "--master", "local[2]", *given, *name, "spark-internal")
        wait(lambda: "Spark Connect server started" in server.log.read_text(), server.log)
        yield f"sc://127.0.0.1:{port}"
