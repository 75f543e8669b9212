"""Spark on this machine: ``prepare`` against Spark SQL's own GROUP BY of the same columns, with two tasks at a time.

Both read the Parquet that ``scale`` draws, in processes with a session of their own, and must count the same people by
label and features. Processor seconds and peak memory are those of Python and Java together; without PySpark and Java
the part says so and ends.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from benchmarks._measure import MIB, agree, child, folder, parameters, table, within
from benchmarks.scale import HEADER, line, used

SIZES, TURNS = (10**4, 10**6, 10**7), 3
SESSION = {"master": "local[2]", "conf": {"spark.driver.memory": "2g", "spark.ui.showConsoleProgress": False}}


def _with_java(work: Callable[[], None]) -> dict[str, float]:
    """Processor seconds and peak MiB of this process and of the Java process that ``work`` starts."""
    import psutil

    work()
    java = psutil.Process().children(recursive=True)
    texts = "".join(Path(f"/proc/{own.pid}/status").read_text() for own in java)
    peak = sum(int(found) * 1024 / MIB for found in re.findall(r"VmHWM:\s+(\d+)", texts))
    spent = sum(own.cpu_times().user + own.cpu_times().system for own in java)
    return {"cpu": used() + spent, "java": peak}


def stage(source: str, out: str) -> dict[str, float]:
    """What the stage needs."""
    from stages import prepare

    place = Path(out)
    changes = {"budget__source": source, "prepare__engine": "spark", "prepare__spark": SESSION}
    params = parameters(place / "params.yaml", **changes)
    paths = within(place, prepare.main, params=str(params), cells=str(place / "cells.parquet"))
    return _with_java(lambda: prepare.main(**paths))


def bare(source: str, out: str) -> dict[str, float]:
    """What the query alone needs; its counts are in the folder ``out``."""
    from pipeline.ingest.engines import spark_session
    from pipeline.storage.parameters import section
    from responsible.tabular.queries import Session

    def count() -> None:
        session = spark_session(Session.model_validate(SESSION), "UTC")
        names = session.read.parquet(source).columns
        label = f"`{names[0]}` >= {section('params.yaml', 'threshold', float)}"
        features = ", ".join(f"`{name}`" for name in names[1:])
        query = f"SELECT {label} AS label, {features}, count(*) AS n FROM parquet.`{source}` GROUP BY ALL"  # noqa: S608
        session.sql(query).toPandas().to_parquet(Path(out, "bare.parquet"))

    return _with_java(count)


def run(small: bool) -> None:
    """Print what both need at every size, and that they count the same."""
    if not (find_spec("pyspark") and which("java")):
        print("not run: PySpark or Java is not installed (docs/scale.md)")
        return
    lines, different = [], 0
    for rows in (3_000,) if small else SIZES:
        with folder() as place:
            given = {"source": str(place / "rows.parquet"), "out": str(place)}
            child("benchmarks.scale:draw", rows=rows, out=given["source"])
            runs = {}
            for name in ("bare", "stage"):
                found = [child(f"benchmarks.spark:{name}", **given) for _ in range(1 if small else TURNS)]
                runs[name] = [type(run)(run.seconds, run.peak + run.value["java"], run.value["cpu"]) for run in found]
            rival = statistics.median(run.value for run in runs["bare"])
            lines += [line(rows, "GROUP BY of Spark SQL", runs["bare"]), line(rows, "prepare", runs["stage"], rival)]
            different += child("benchmarks.scale:apart", out=str(place), name="bare").value
    table(HEADER, lines)
    agree("people counted into different groups by prepare and by Spark SQL", different, 0)
