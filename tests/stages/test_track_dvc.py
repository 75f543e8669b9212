"""The audit trail under DVC: rebuilds, experiments in the workspace, in temporary folders and in the queue."""

import re
import shutil
import subprocess
import sys
import tempfile
import time

import pytest
import yaml

from commands import rebuild
from tests.support.contract import PACKAGES, PIPELINE, ROOT
from tests.support.trail import make_result, outside, people, runs

# Warnings of MLflow's own code, as in test_track.
pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]
DVC = (sys.executable, "-m", "dvc")

# Stands for all stages but the real `track`: what they wrote once, with the threshold in a figure and in a model.
BUILD = """
import json, pathlib, shutil, yaml
threshold = yaml.safe_load(pathlib.Path("params.yaml").read_text())["threshold"]
shutil.copytree("given", ".", dirs_exist_ok=True)
file = pathlib.Path("metrics/train_baseline.json")
figures = json.loads(file.read_text())
figures["train_baseline"]["accuracy"] = threshold / 1000
file.write_text(json.dumps(figures))
"""

# `make` in a process of its own, of a repository that has the sections of params.yaml and not their stages.
REBUILD = (
    "from pipeline.storage import lines; lines.refuse_parts = print; from commands import rebuild; rebuild.main(())"
)


@pytest.fixture
def fork(tmp_path, environment):
    """A committed repository with the real `track` behind one quick stage, and a way to run commands in it."""
    root = tmp_path / "fork"
    make_result(root / "given")
    (root / "params.yaml").write_text((root / "given/params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (root / "given/params.yaml").unlink()
    shutil.rmtree(root / "given/data/scores")
    for name in (*PACKAGES, ".dvc/config", ".dvc/.gitignore", ".gitignore", "determinism.env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    (root / ".gitignore").write_text(f"{(ROOT / '.gitignore').read_text()}\n!/given/**\n")
    (root / "build.py").write_text(BUILD)
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages(root)}, sort_keys=False))

    def run(*command, code=0, **more):
        # The code of the fork, and in a temporary folder that one's, which is compiled once.
        own = {**outside(**more), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
        # A file, because workers that DVC leaves in the background would keep a pipe open.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
            ran = subprocess.run(
                command, cwd=root, env=own, stdout=lines, stderr=lines, check=False, stdin=subprocess.DEVNULL
            )
            lines.seek(0)
            said = lines.read()
        assert ran.returncode == code, f"{command}:\n{said}"
        return said

    run("git", "init", "--quiet", "--initial-branch=main")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "A fork")
    return root, run


def stages(root):
    """The pipeline: `build` writes whatever stands in `given`, `track` is as in dvc.yaml."""
    written = (path.relative_to(root / "given").as_posix() for path in (root / "given").rglob("*") if path.is_file())
    outs = [path if path.startswith("data/") else {path: {"cache": False}} for path in sorted(written)]
    deps = ["metrics", "plots", "data/models/baseline.skops", "docs/comparison.md"]
    track = {**PIPELINE["stages"]["track"], "deps": deps}
    return {
        "build": {"cmd": "python build.py", "deps": ["build.py", "given"], "params": ["threshold"], "outs": outs},
        "track": track,
    }


def recorded(root):
    """Threshold → status of every run in the main workspace's store."""
    return [(run.data.params["threshold"], run.info.status) for run in runs(root / "mlflow.db")]


def set_threshold(root, value):
    text = (root / "params.yaml").read_text(encoding="utf-8")
    (root / "params.yaml").write_text(re.sub(r"(?m)^threshold: \d+", f"threshold: {value}", text), encoding="utf-8")


def test_every_way_to_a_result_leads_to_one_run(fork):
    """Rebuild, --temp, a queue of two at a time and the workspace: no result is lost and none is there twice."""
    root, run = fork
    assert "audit trail: recorded as 'commit " in run(*DVC, "repro")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "Built")
    assert run(*DVC, "status").strip() == "Data and pipelines are up to date."

    run(*DVC, "exp", "run", "--temp", "--name", "by-hand", "--set-param", "threshold=250")
    assert recorded(root) == [("300", "FINISHED"), ("250", "FINISHED")]
    assert runs(root / "mlflow.db")[1].info.run_name == "threshold 250 · fails 2 rules"
    tags = runs(root / "mlflow.db")[1].data.tags
    assert tags["dvc.exp_name"] == "by-hand"
    assert tags["dvc.exp_baseline_rev"] == run("git", "rev-parse", "HEAD").strip()
    assert tags["git.changed"] == "params.yaml"

    run(*DVC, "exp", "run", "--queue", "--set-param", "threshold=range(150,300,50)")
    run(*DVC, "queue", "start", "--jobs", "2")
    wait_for_the_queue(run)
    expected = [("150", "FINISHED"), ("200", "FINISHED"), ("250", "FINISHED"), ("300", "FINISHED")]
    assert sorted(recorded(root)) == expected
    named = {run.info.run_name for run in runs(root / "mlflow.db")[1:]}
    assert named == {f"threshold {value} · fails 2 rules" for value in (150, 200, 250)}

    run(*DVC, "exp", "run", "--set-param", "threshold=200")  # as in the queue, now in the workspace
    set_threshold(root, 150)
    assert "already recorded as" in run(*DVC, "repro")  # as in the queue, now without an experiment
    set_threshold(root, 300)
    assert "already recorded as 'commit " in run(*DVC, "repro")
    assert sorted(recorded(root)) == expected
    assert run("git", "status", "--porcelain") == ""  # --set-param spells the file as it is committed

    import mlflow
    from mlflow.tracking import MlflowClient

    mlflow.set_tracking_uri(f"sqlite:///{root / 'mlflow.db'}")
    client = MlflowClient()
    found = client.search_model_versions()
    assert len(found) == 2 * len(expected)
    for version in found:  # from rebuild, --temp, queue and workspace alike
        model = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")
        assert len(model.predict(people())) == len(people())
    assert [model.aliases for model in client.search_registered_models()] == [{}, {}]


def wait_for_the_queue(run):
    for _ in range(60):
        said = run(*DVC, "queue", "status")
        if not re.search(r"Queued|Running", said.split("Worker status")[0]):
            assert "Failed" not in said, said
            return
        time.sleep(3)  # asking takes a second of a processor that the queue has use for
    raise AssertionError(run(*DVC, "queue", "status"))


def test_without_the_server_only_this_step_fails(fork, monkeypatch, capfd):
    """Everything is built and in dvc.lock; DVC and make say so and fail; the next try logs it."""
    root, run = fork
    dead = {"MLFLOW_TRACKING_URI": "http://anna:hunter2@127.0.0.1:9"}
    said = run(*DVC, "repro", code=255, **dead)
    assert "error: the audit trail at http://127.0.0.1:9 could not be written; the results are complete" in said
    assert "failed to reproduce 'track'" in said
    assert "hunter2" not in said
    assert (root / "metrics/train_baseline.json").is_file()
    assert list(yaml.safe_load((root / "dvc.lock").read_text())["stages"]) == ["build"]

    for name, value in {**outside(), **dead}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pipeline.storage.lines.refuse_parts", lambda _: None)  # one stage stands for those of all
    assert rebuild.main((), str(root)) == 255
    captured = capfd.readouterr()
    assert "2 stages: 1 up to date (build); 1 ran (track)" in captured.out
    assert "policy: Does not meet the policy" in captured.out
    assert captured.err.endswith("the audit trail was not written, see above; all results are built\n")

    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert rebuild.main((), str(root)) == 0
    assert recorded(root) == [("300", "FINISHED")]
    capfd.readouterr()
    assert rebuild.main((), str(root)) == 0
    assert re.search(r"2 up to date .*\naudit trail: already recorded", capfd.readouterr().out, re.DOTALL)

    (root / "mlflow.db").unlink()  # DVC sees nothing to do, make asks the store
    assert "audit trail: recorded as" in run(sys.executable, "-c", REBUILD)
    assert recorded(root) == [("300", "FINISHED")]
