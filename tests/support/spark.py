"""A Spark session for tests marked ``heavy``, and a cluster of a test's own: skipped where there is none, not in CI."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

LOCAL = {
    "master": "local[2]",
    "conf": {
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # for short runs
        "spark.sql.shuffle.partitions": 2,
        "spark.ui.showConsoleProgress": False,
    },
}
SMALL = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_NO_DAEMONIZE": "1"}


def required() -> None:
    """PySpark and Java. Without them the test is skipped, except in CI, where nothing may go untested in silence."""
    lacking = "PySpark" if find_spec("pyspark") is None else "" if shutil.which("java") else "Java"
    if lacking:
        reason = f"{lacking} is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The URL of a standalone master on this machine with as many workers of one core; their logs are in ``folder``."""
    import pyspark

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, home = f"spark://127.0.0.1:{port}", Path(pyspark.__file__).parent
    own = ("--host", "127.0.0.1", "--webui-port", "0")
    commands = [("master.Master", *own, "--port", str(port))]
    for number in range(workers):
        place = ("--work-dir", str(folder / f"work{number}"), "--cores", "1", "--memory", "700m")
        commands.append(("worker.Worker", *own, *place, url))
    started = []
    try:
        for name, *arguments in commands:
            command = [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
            with (folder / f"{len(started)}.log").open("w") as log:
                environment = os.environ | SMALL | {"PYSPARK_PYTHON": sys.executable}
                started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        until = time.monotonic() + 120
        while (folder / "0.log").read_text().count("Registering worker") < workers:
            assert time.monotonic() < until, (folder / "0.log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)
