"""A Spark session for tests marked ``heavy``: skipped where there is none, not in CI."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

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


def required() -> None:
    """PySpark and Java. Without them the test is skipped, except in CI, where nothing may go untested in silence."""
    lacking = "PySpark" if find_spec("pyspark") is None else "" if shutil.which("java") else "Java"
    if lacking:
        reason = f"{lacking} is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
