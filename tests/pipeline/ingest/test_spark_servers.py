"""The stage on servers of Spark: a standalone master with two workers, of which one dies, and Spark Connect."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipeline.storage.parameters import keys
from stages import prepare
from tests.support import spark, tables
from tests.support.contract import ROOT

pytestmark = pytest.mark.heavy
WRITTEN = [path for name, path in prepare.main.__kwdefaults__.items() if name not in ("params", "folder")]
CONF = {
    "spark.cores.max": 2,
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": spark.SHORT,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": spark.SHORT,
    "spark.sql.shuffle.partitions": 2,
    "spark.sql.files.maxPartitionBytes": "1m",  # a task for each file
    "spark.sql.files.openCostInBytes": "1m",
    "spark.sql.codegen.wholeStage": False,
    "spark.ui.enabled": False,
}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A folder with the sample table in twelve files, and what the stage writes about it with DuckDB."""
    spark.required()
    folder = tmp_path_factory.mktemp("servers")
    (folder / "people").mkdir()
    for number in range(12):
        part = tables.sample(2400)[number * 200 : number * 200 + 200]
        part.to_parquet(folder / f"people/{number:02}.parquet", index=False)
    return folder, outputs(folder / "duckdb", stage(folder / "duckdb"))


def stage(folder, **changes):
    """The stage as DVC runs it, in a process of its own that has started."""
    folder.mkdir(exist_ok=True)
    tree = tables.tree(budget__source=str(folder.parent / "people"), **changes)
    tables.write(folder / "params.yaml", tree, keys(prepare.Parameters))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "stages.prepare"]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def outputs(folder, process):
    """The bytes of what the stage has written."""
    assert process.wait(120) == 0, (folder / "log").read_text()[-3000:]
    return {path: (folder / path).read_bytes() for path in WRITTEN}


def executor(place):
    """The process of a worker's executor, which works in a folder of the worker's."""
    own = (p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] and place in Path(p.info["cwd"]).parents)
    return next(own)


def test_an_executor_is_lost(people):
    """Two workers count; an executor is killed after its first task, as the log says, and every output is the same."""
    folder, expected = people
    log = folder / "cluster/log"
    with spark.cluster(folder) as (url, (place, _)):
        session = {"master": url, "conf": CONF}
        process = stage(log.parent, prepare__engine="spark", prepare__spark=session)
        spark.wait(lambda: any("Finished task" in own.read_text() for own in place.glob("app-*/*/stderr")), log)
        executor(place).kill()
        assert outputs(log.parent, process) == expected
    assert "Lost executor" in log.read_text()


def test_spark_connect(people):
    """The stage writes through a Connect server what it writes here."""
    folder, expected = people
    with spark.connect(folder) as url:
        process = stage(folder / "connect", prepare__engine="spark", prepare__spark={"remote": url})
        assert outputs(folder / "connect", process) == expected
