"""The audit trail: what a run says, that a result has one run, and that nothing secret is in it."""

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from pipeline.repository.git import changes, redacted
from pipeline.results.catalogue import MODEL_FILES
from pipeline.results.fingerprint import Result
from pipeline.results.freshness import refuse_mixed
from pipeline.storage import files, models
from pipeline.tracking import changed_parameters, mlflow_runs, run_figures, run_record
from pipeline.tracking.store import locate
from responsible.modelling.logistic_regression import Logistic, encoder
from responsible.tabular.levels import RARE
from responsible.validation import MISSING, InputError
from stages import track
from tests.support import tables
from tests.support.contract import ROOT
from tests.support.trail import change, make_result, outside, people, runs

# MLflow warns, as it is imported and used, of what is deprecated in its own code and its dependencies'.
pytestmark = pytest.mark.filterwarnings("ignore")

# The figures of the sample that have no value, and why.
UNDEFINED = {
    "cluster_privacy.chosen.real_epsilon": "no_finite_epsilon",
    "threshold_sweep.recommended_threshold": "none_can_be_recommended",
}


@pytest.fixture(autouse=True)
def trail_on(monkeypatch):
    """These tests record."""
    monkeypatch.setenv("AUDIT_TRAIL", "on")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A result in a folder whose name has a blank."""
    return make_result(tmp_path_factory.mktemp("a result"))


@pytest.fixture(scope="module")
def logged(made):
    """The result, recorded; its run read back with MLflow's own client."""
    before = dict(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow_runs.record(Result(made), locate(made))
        mlflow_runs.promote(Result(made), locate(made))
        (run,) = runs(made / "mlflow.db")
    os.environ.clear()
    os.environ.update(before)
    return made, run


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """A store without a run, which MLflow takes longer to make than to record in."""
    from mlflow.tracking import MlflowClient

    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def result(tmp_path, empty_store):
    """A result that a test may change, where nothing has been recorded."""
    shutil.copy(empty_store, tmp_path)
    return make_result(tmp_path)


def client_of(root):
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{root / 'mlflow.db'}")


def table(root, name):
    with (root / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_dozen_metrics_lead(logged):
    """Metrics are what the policy's rules judge, of both models where it is of one, and their accuracy; no more."""
    root, run = logged
    rules = Result(root).params["policy"]["rules"].values()
    judged = {".".join(filter(None, (rule["metric"], rule.get("level")))) for rule in rules}
    other = {path.replace(".reweighed.", ".baseline.") for path in judged} | {"train_baseline.accuracy"}
    assert set(run.data.metrics) == judged | other
    assert len(run.data.metrics) == 15
    figures = json.loads((root / "metrics/train_baseline.json").read_text())["train_baseline"]
    assert run.data.metrics["train_baseline.accuracy"] == figures["accuracy"]
    (women,) = [
        row
        for row in table(root, "plots/fairness.csv")
        if (row["comparison"], row["model"], row["measure"]) == ("Female", "reweighed", "disparate_impact")
    ]
    named = run.data.metrics["evaluate_fairness.gender.reweighed.disparate_impact.Female"]
    assert named == pytest.approx(float(women["value"]), abs=1e-6)


def test_figures_belong_to_the_model_that_they_are_of(logged):
    """Each logged model has the metrics that are of it alone, with the values of the run."""
    root, run = logged
    found = {m.name: {x.key: x.value for x in m.metrics} for m in client_of(root).search_logged_models(["1"])}
    stages = {"baseline": "train_baseline.", "reweighed": "reweigh."}
    assert found == {
        model: {
            path: value
            for path, value in run.data.metrics.items()
            if path.startswith(stage) or (path.startswith("evaluate_fairness.") and f".{model}." in path)
        }
        for model, stage in stages.items()
    }
    assert all(len(own) >= 5 for own in found.values())


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("train_baseline.accuracy", "baseline"),
        ("reweigh.weights.effective_rows", "reweighed"),
        ("evaluate_fairness.gender.baseline.disparate_impact", "baseline"),
        ("group_rates.baseline.reweighed.tpr", "reweighed"),  # of an attribute with an unlucky name
        ("evaluate_fairness.gender.proxy_auc", ""),
        ("threshold_sweep.reweighed.accuracy", ""),  # of a model refitted at another threshold
        ("performance_change.accuracy", ""),
        ("healthcare_audit.cases", ""),
    ],
)
def test_the_model_of_a_figure(path, model):
    """A figure is of the model that its path ends with, or whose stage it begins with; refitted models have none."""
    assert run_figures.model_of(path) == model


def test_every_number_of_the_files_is_in_the_table(logged, tmp_path):
    """figures.csv has every number of metrics/*.json under its path, with the value the file has."""
    root, run = logged
    rows = figures_of(root, run, tmp_path)
    for file in (root / "metrics").glob("*.json"):
        for path, value in changed_parameters.flat(json.loads(file.read_text())):
            if isinstance(value, int | float):
                assert float(rows[path]["value"]) == pytest.approx(float(value), rel=1e-5), path
            elif value is not None:
                assert path not in rows
    assert {path: row["reason"] for path, row in rows.items() if row["reason"]} == UNDEFINED
    assert rows["reweigh.f1"]["model"] == "reweighed"


def test_intervals_and_changes_are_in_the_table(logged, tmp_path):
    """Ends of intervals stand beside their figure; reweighed minus baseline comes with its own, or without."""
    root, run = logged
    found = figures_of(root, run, tmp_path)
    for model, stage in (("baseline", "train_baseline"), ("reweighed", "reweigh"), ("change", "performance_change")):
        for row in table(root, f"plots/performance_{model}.csv"):
            assert ends(found[f"{stage}.{row['figure']}"]) == ends(row)
    rows = [row for row in table(root, "plots/fairness.csv") if row["comparison"] == "all unprivileged" and row["low"]]
    assert len(rows) > 20
    for row in rows:
        assert ends(found[f"evaluate_fairness.{row['attribute']}.{row['model']}.{row['measure']}"]) == ends(row)
    value = {path: float(row["value"] or "nan") for path, row in found.items()}
    expected = value["reweigh.roc_auc"] - value["train_baseline.roc_auc"]
    assert value["performance_change.roc_auc"] == pytest.approx(expected, abs=1e-6)
    assert found["performance_change.roc_auc"]["low"] == ""
    expected = value["threshold_sweep.reweighed.f1"] - value["threshold_sweep.baseline.f1"]
    assert value["threshold_sweep.change.f1"] == pytest.approx(expected, abs=1e-6)


def figures_of(root, run, folder):
    client_of(root).download_artifacts(run.info.run_id, "figures.csv", str(folder))
    return {row["figure"]: row for row in table(folder, "figures.csv")}


def ends(row):
    return [float(row[end] or "nan") for end in ("low", "high")]


def test_params_are_those_of_the_file(logged):
    """Every leaf of params.yaml is a parameter; a name that MLflow would refuse is spelled with code points."""
    root, run = logged
    leaves = dict(changed_parameters.flat(Result(root).params))
    assert len(run.data.params) == len(leaves) > 200
    assert run.data.params["threshold"] == str(leaves["threshold"])
    assert run.data.params["budget.features.With children_x3f_.kind"] == "numeric"
    assert json.loads(run.data.params["sensitive.education.privileged"]) == ["Bachelor’s Degree", "Master’s Degree"]
    assert run.data.params["budget.key"] == "null"


def test_tags_say_where_it_comes_from_and_what_the_policy_says(logged):
    """Digests, commit and verdicts are tags; the tables of people are datasets by the digests of prepare."""
    root, run = logged
    tags, digests = run.data.tags, Result(root).digests
    assert tags["fingerprint"] == Result(root).fingerprint
    assert (tags["digest.params"], tags["digest.evidence"]) == (digests["params"], digests["evidence"])
    assert tags["digest.lock"] == "none"
    assert tags["policy"].startswith("Does not meet the policy. ")
    assert tags["policy.education_disparate_impact"] == "infeasible"
    assert tags["git.commit"] == "none"
    assert tags["verdict"] == "Does not meet the policy"
    page = f"#/experiments/1/runs/{run.info.run_id}/artifactPath/docs/index.html"
    assert tags["mlflow.note.content"] == f"{tags['policy']}\n\n[Open the decision page]({page})"
    assert "changed" not in tags
    prepared = json.loads((root / "metrics/prepare.json").read_text())["prepare"]
    of_rows = {
        line: json.loads((root / f"metrics/prepare_{line}.json").read_text())[f"prepare_{line}"]
        for line in ("healthcare", "segments")
    }
    assert tags["prepare.digest"] == prepared["digest"]
    inputs = {i.dataset.name: i.dataset.digest for i in run.inputs.dataset_inputs}
    assert inputs == {
        "budget": prepared["digest"][:32],
        "healthcare": of_rows["healthcare"]["digest"][:32],
        "segments": of_rows["segments"]["digest"][:32],
    }
    assert run.info.run_name == "no commit · fails 2 rules"


def test_verdict_and_changes_are_columns(logged):
    """The experiment carries a view of MLflow's table of runs that shows both, by the key that `make mlflow` uses."""
    from commands.trail import PAGE

    (key,) = re.findall(r"viewStateShareKey=(\w+)", PAGE)
    tags = client_of(logged[0]).get_experiment("1").tags
    assert json.loads(tags[f"mlflow.sharedViewState.{key}"])["selectedColumns"] == ["tags.`verdict`", "tags.`changed`"]


def test_artifacts_are_the_files(logged, tmp_path):
    """Everything people read is an artifact under its path with the same bytes, and so are the parameters."""
    root, run = logged
    found = Path(client_of(root).download_artifacts(run.info.run_id, "", str(tmp_path)))
    expected = [*Result(root).files, "params.yaml"]
    assert {"plots/group_rates.svg", "plots/fairness.csv", "docs/comparison.md", "plots/threshold_sweep.csv"} < {
        *expected
    }
    assert [name for name in expected if (found / name).read_bytes() != (root / name).read_bytes()] == []
    reports = {
        f"classification/{m}_{kind}" for m in MODEL_FILES for kind in ("confusion.csv", "report.csv", "report.txt")
    }
    stored = {path.relative_to(found).as_posix() for path in found.rglob("*") if path.is_file()}
    assert stored == {*expected, *reports, "figures.csv"}
    confusion = json.loads((root / "metrics/reweigh.json").read_text())["reweigh"]["confusion"]
    report = {row["class"]: row for row in table(found, "classification/reweighed_report.csv")}
    assert float(report["1"]["precision"]) == pytest.approx(confusion["tp"] / (confusion["tp"] + confusion["fp"]), 1e-5)
    assert int(report["0"]["support"]) == confusion["tn"] + confusion["fp"]
    assert "weighted average" in (found / "classification/baseline_report.txt").read_text()


def test_the_registered_model_scores_people_as_the_pipeline_did(logged):
    """Loaded by alias, a model takes people's own columns and gives the probabilities of its scores table."""
    import mlflow

    root, run = logged
    mlflow.set_tracking_uri(f"sqlite:///{root / 'mlflow.db'}")
    for alias in MODEL_FILES:
        uri = f"models:/responsible-ml-pipeline-{alias}@promoted"
        model = mlflow.pyfunc.load_model(uri)
        assert model.metadata.run_id == run.info.run_id
        assert [column.name for column in model.metadata.signature.inputs] == list(people().columns)
        said = model.predict(people())
        scores, _ = files.read_parquet(root / f"data/scores/{alias}.parquet")
        np.testing.assert_allclose(said["probability"], scores["score"], atol=1e-9)
        assert said["prediction"].tolist() == (scores["score"] >= 0.5).astype(int).tolist()
        stored = Path(mlflow.artifacts.download_artifacts(uri))
        assert (stored / "artifacts" / f"{alias}.skops").read_bytes() == (root / MODEL_FILES[alias]).read_bytes()
        requirements = (stored / "requirements.txt").read_text().split()
        assert {line.split("==")[0] for line in requirements} >= {"scikit-learn", "skops"}


def test_the_page_on_tracking_works_as_written(logged, monkeypatch):
    """The search, the Python and the call of a model on docs/tracking.md do what the page says."""
    root, run = logged
    monkeypatch.chdir(root)
    page = (ROOT / "docs/tracking.md").read_text(encoding="utf-8")
    (searching, using) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {"people": people()}
    exec(searching + using, names)  # noqa: S102 - the page is ours
    assert names["runs"]["params.threshold"].tolist() == ["300"]
    search = re.search(r"`(metrics\..*? and tags.*?)`", page)[1]
    wanted = {"Meets the policy": 0, "Does not meet the policy": 1}
    for verdict, found in wanted.items():
        search_for = search.replace("> 0.8", "< 0.8").replace("Meets the policy", verdict)
        assert len(client_of(root).search_runs([run.info.experiment_id], search_for)) == found


def test_a_served_model_trusts_what_the_pipeline_trusts():
    """The allow-list that travels with the models is the one they are read with here."""
    from pipeline.tracking import pyfunc  # as whatever imports MLflow: in the function that needs it

    assert pyfunc.TRUSTED == models.TRUSTED


def test_a_served_model_cuts_numbers_as_prepare_does():
    """A number becomes the text of its half-open interval, the last one closed; missing texts become the level."""
    from pipeline.tracking import pyfunc

    served = pyfunc.Served()
    served.config = {"missing_values": ["NA"], "trim": False}
    names = ["[0, 18)", "[18, 65)", "[65, 120]"]
    ages = served._typed(pd.Series([0, 17.9, 18, 64, 65, 120, None]), "numeric", [18.0, 65.0], names)
    assert ages.tolist() == [names[0], names[0], names[1], names[1], names[2], names[2], "Missing"]
    texts = served._typed(pd.Series(["Oslo", " NA ", "", None, "Rome"]), "categorical", None, [])
    assert texts.tolist() == ["Oslo", "Missing", "Missing", "Missing", "Rome"]
    served.config["trim"] = True
    texts = served._typed(pd.Series([" Oslo\t", " NA ", None]), "categorical", None, [])
    assert texts.tolist() == ["Oslo", "Missing", "Missing"]


def test_a_served_model_knows_rare_levels_as_prepare_does():
    """A level that the encoder has not seen was merged; missing stays missing."""
    from pipeline.tracking import pyfunc

    x = pd.DataFrame({"x.town": ["Oslo", "Rare", "Rome"]}, dtype=object)
    kinds, params = {"x.town": "categorical"}, Logistic.model_validate(tables.tree()["model"])
    served = pyfunc.Served()
    served.pipeline = Pipeline([("encode", encoder(x, [1, 1, 1], kinds, params))])
    found = served._merged(np.array(["Oslo", "Moss", "Missing", "Rome"], dtype=object), "x.town")
    assert found.tolist() == ["Oslo", "Rare", "Missing", "Rome"]
    assert (pyfunc.RARE, pyfunc.MISSING) == (RARE, MISSING)


def test_the_same_result_is_not_logged_again(logged, capsys):
    """The second time the run is found, in the database itself and through MLflow alike; nothing is written."""
    root, run = logged
    digest = hashlib.sha256((root / "mlflow.db").read_bytes()).hexdigest()
    track.main(root=str(root))
    assert (
        capsys.readouterr().out == f"audit trail: already recorded as {run.info.run_name!r} in {root / 'mlflow.db'}\n"
    )
    assert mlflow_runs.record(Result(root), locate(root)) == (run.info.run_name, False)
    assert hashlib.sha256((root / "mlflow.db").read_bytes()).hexdigest() == digest


def test_finding_a_run_needs_no_mlflow(logged):
    """A rebuild with nothing to do asks SQLite: importing MLflow takes longer than the rebuild."""
    root, _ = logged
    code = "import sys; import stages.track as t; t.main(root=sys.argv[1]); print({'mlflow', 'numpy'} & {*sys.modules})"
    command = [sys.executable, "-c", code, root]
    ran = subprocess.run(command, env=outside(), capture_output=True, text=True, check=True)
    assert "already recorded" in ran.stdout
    assert ran.stdout.endswith("set()\n")


def test_back_to_an_earlier_result(result):
    """A, B, A are two runs; aliases name nothing until somebody promotes a result, and builds do not move them."""
    db, store = result / "mlflow.db", locate(result)
    original = (result / "metrics/train_baseline.json").read_bytes()
    assert mlflow_runs.record(Result(result), store).new
    assert aliases(result) == {}
    assert mlflow_runs.promote(Result(result), store) == "no commit · fails 2 rules"
    change(result, 0.5)
    assert mlflow_runs.record(Result(result), store).new
    assert aliases(result) == {"baseline": "1", "reweighed": "1"}
    assert mlflow_runs.promote(Result(result), store)
    assert aliases(result) == {"baseline": "2", "reweighed": "2"}
    (result / "metrics/train_baseline.json").write_bytes(original)
    assert store.recorded(Result(result).fingerprint)
    assert not mlflow_runs.record(Result(result), store).new
    assert [run.info.status for run in runs(db)] == ["FINISHED", "FINISHED"]
    assert aliases(result) == {"baseline": "2", "reweighed": "2"}

    os.environ |= {"DVC_EXP_NAME": "dozen-blimp", "DVC_EXP_BASELINE_REV": "0" * 40}
    change(result, 0.6)
    assert mlflow_runs.record(Result(result), store) == ("dozen-blimp · fails 2 rules", True)
    tags = runs(db)[-1].data.tags
    assert (tags["dvc.exp_name"], tags["dvc.exp_baseline_rev"]) == ("dozen-blimp", "0" * 40)


def test_what_has_no_run_or_no_models_is_not_promoted(result):
    """The command that makes the run is named; models that somebody deleted are not brought back."""
    with pytest.raises(InputError, match="has no run of this result; run `make`, then `make promote`"):
        mlflow_runs.promote(Result(result), locate(result))
    mlflow_runs.record(Result(result), locate(result))
    for model in MODEL_FILES:
        client_of(result).delete_registered_model(f"responsible-ml-pipeline-{model}")
    with pytest.raises(InputError, match="no registered model of 'no commit"):
        mlflow_runs.promote(Result(result), locate(result))


def test_a_result_of_an_earlier_form_is_found_and_promoted(result):
    """A run whose models are versions of one registered model counts as logged; promoted, they get their own names."""
    import mlflow

    mlflow_runs.record(Result(result), locate(result))
    client = client_of(result)
    (run,) = runs(result / "mlflow.db")
    old = "responsible-ml-pipeline"
    client.create_registered_model(old)
    for model in ("reweighed", "baseline"):
        (version,) = client.search_model_versions(f"name = '{old}-{model}'")
        client.create_model_version(old, version.source, run.info.run_id, {"model": model})
        client.delete_registered_model(f"{old}-{model}")
    for key in ("verdict", "changed"):
        if key in run.data.tags:
            client.delete_tag(run.info.run_id, key)
    assert not mlflow_runs.record(Result(result), locate(result)).new
    for _ in "ab":
        mlflow_runs.promote(Result(result), locate(result))
        assert aliases(result) == {"baseline": "1", "reweighed": "1"}
    assert client.get_registered_model(old).aliases == {}
    mlflow.set_tracking_uri(f"sqlite:///{result / 'mlflow.db'}")
    for model in MODEL_FILES:
        stored = Path(mlflow.artifacts.download_artifacts(f"models:/{old}-{model}@promoted"))
        assert (stored / "artifacts" / f"{model}.skops").read_bytes() == (result / MODEL_FILES[model]).read_bytes()
        version = client.get_model_version_by_alias(f"{old}-{model}", "promoted")
        assert (version.tags["policy"], version.description) == ("Does not meet the policy", run.data.tags["policy"])


def test_promoting_tags_the_commit(result, sh, monkeypatch, capsys):
    """`make promote` names in git, as in MLflow, what was promoted, and says how to share the tags; once."""
    from commands import trail

    (result / ".gitignore").write_text("/mlflow*\n/mlartifacts\n/data\n")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "A result")):
        sh("git", *command, cwd=result)
    mlflow_runs.record(Result(result), locate(result))
    monkeypatch.setattr(trail, "locked", lambda _: {})  # no DVC here
    trail.promote(str(result))
    tags = ["baseline@v1.0.0", "baseline#promoted#1", "reweighed@v1.0.0", "reweighed#promoted#1"]
    said = capsys.readouterr().out
    assert said.endswith(f"git tags: {', '.join(tags)}; to share them: git push --tags\n")
    assert sorted(sh("git", "tag", "--points-at", "HEAD", cwd=result).split()) == sorted(tags)
    trail.promote(str(result))
    assert "git tags" not in capsys.readouterr().out


def test_only_a_committed_result_is_promoted(toy, monkeypatch):
    """`make promote` refuses edits that no commit has, naming one, and a folder without git."""
    from commands.trail import promote

    (toy / "halve.py").write_text("")
    with pytest.raises(InputError, match=r"halve\.py: differs from the commit; commit it, run `make`, then promote"):
        promote(str(toy))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="not a commit of git"):
        promote(str(toy))


def test_models_lie_beside_the_store_wherever_they_were_logged(result, tmp_path, monkeypatch):
    """Logged first from a temporary copy that is then deleted, as DVC does it, both models load back."""
    import mlflow

    copy, home = tmp_path / "a copy", tmp_path / "home"
    home.mkdir()
    for name in ("metrics", "plots", "docs", "data"):
        shutil.copytree(result / name, copy / name)
    shutil.copyfile(result / "params.yaml", copy / "params.yaml")
    monkeypatch.setenv("DVC_ROOT", str(home))
    monkeypatch.chdir(copy)
    mlflow_runs.record(Result(copy), locate(copy))
    monkeypatch.chdir(home)
    shutil.rmtree(copy)
    assert_models_load(home, 2)
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    assert client_of(home).search_logged_models(["0"]) == []


def test_a_copied_repository_keeps_to_itself(result, tmp_path):
    """A copy loads what was logged before from its own files and adds none to the original, which may go."""
    mlflow_runs.record(Result(result), locate(result))
    copy = tmp_path / "the copy"
    copy.mkdir()
    for name in ("metrics", "plots", "docs", "data", "mlartifacts"):
        shutil.copytree(result / name, copy / name)
    for name in ("params.yaml", "mlflow.db"):
        shutil.copyfile(result / name, copy / name)
    before = sorted((result / "mlartifacts").rglob("*"))
    change(copy, 0.5)
    del os.environ["MLFLOW_TRACKING_URI"]  # which recording has set to the original's database
    assert mlflow_runs.record(Result(copy), locate(copy)).new
    assert sorted((result / "mlartifacts").rglob("*")) == before
    shutil.rmtree(result / "mlartifacts")
    assert_models_load(copy, 4)


def assert_models_load(root, number):
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{root / 'mlflow.db'}")
    found = client_of(root).search_model_versions()
    assert len(found) == number
    for version in found:
        model = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")
        assert model.predict(people())["probability"].between(0, 1).all()
        location = client_of(root).get_logged_model(version.source.removeprefix("models:/")).artifact_location
        assert location.startswith((root / "mlartifacts").as_uri())


def test_an_old_schema_names_the_command(result):
    """A database of an earlier MLflow is not "check the disk": the message has the command that upgrades it."""
    with mlflow_runs.opened(locate(result)):
        pass
    store = sqlite3.connect(result / "mlflow.db")
    store.execute("UPDATE alembic_version SET version_num = '0584bdc529eb'")
    store.commit()
    store.close()
    command = [sys.executable, "-m", "stages.track"]  # in this process MLflow has seen the tables already
    ran = subprocess.run(command, cwd=result, env=outside(), capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"copy {result}/mlflow.db, then run `mlflow db upgrade sqlite:///{result}/mlflow.db`" in ran.stderr


def test_deleted_models_stay_deleted(result):
    """Whoever deletes the registered model does so for good: the run is found, and nothing is logged again."""
    mlflow_runs.record(Result(result), locate(result))
    for model in MODEL_FILES:
        client_of(result).delete_registered_model(f"responsible-ml-pipeline-{model}")
    assert not mlflow_runs.record(Result(result), locate(result)).new
    assert client_of(result).search_registered_models() == []


def aliases(root):
    found = {m: client_of(root).get_registered_model(f"responsible-ml-pipeline-{m}").aliases for m in MODEL_FILES}
    return {model: str(named["promoted"]) for model, named in found.items() if named}


def test_what_was_killed_does_not_count(result, monkeypatch):
    """A run that ended half-way is marked as killed by the next try, which logs a whole one."""
    with monkeypatch.context() as patched:
        patched.setattr(mlflow_runs, "_gather", lambda *_: sys.exit("killed"))
        with pytest.raises(SystemExit):
            mlflow_runs.record(Result(result), locate(result))
    assert [run.info.status for run in runs(result / "mlflow.db")] == ["RUNNING"]
    assert locate(result).recorded(Result(result).fingerprint) is None
    assert mlflow_runs.record(Result(result), locate(result)).new
    assert [run.info.status for run in runs(result / "mlflow.db")] == ["KILLED", "FINISHED"]


def test_what_is_undefined_is_said_and_not_logged(result):
    """A null figure is no metric; in the table of figures it has no value and a reason."""
    file = result / "metrics/train_baseline.json"
    figures = json.loads(file.read_text())
    nulls = {"accuracy": None, "f1": None, "undefined": {"f1": "no_positives"}, "new": None}
    figures["train_baseline"] |= nulls
    file.write_text(json.dumps(figures))
    rows = (result / "plots/performance_baseline.csv").read_text()
    (result / "plots/performance_baseline.csv").write_text(re.sub(r"(?m)^f1,.*$", "f1,,,,multinomial,", rows))
    said = run_record.Record(Result(result))
    assert "train_baseline.accuracy" not in said.metrics
    lacking = {path: reason for path, _, value, _, _, reason in said.figures.rows() if np.isnan(value)}
    assert lacking == {
        **UNDEFINED,
        "train_baseline.accuracy": "undefined",
        "train_baseline.f1": "zero_denominator",  # the table comes first, and has no reason of its own
        "train_baseline.new": "undefined",
    }


def test_a_policy_that_cannot_be_judged_is_recorded_as_that(result):
    """An exception that has expired stops the gate, not the record."""
    text = (result / "params.yaml").read_text(encoding="utf-8")
    (result / "params.yaml").write_text(text.replace("metric: reweigh.accuracy", "metric: reweigh.acuracy"))
    said = run_record.Record(Result(result))
    assert said.tags["policy"].startswith("cannot be judged: ")
    assert (said.tags["verdict"], said.title) == ("Cannot be judged", "no commit · policy cannot be judged")
    assert set(said.metrics) == {"train_baseline.accuracy", "reweigh.accuracy"}


def test_a_run_is_named_by_what_differs(result, sh, monkeypatch):
    """Edits since the commit, or else what the commit changed; then the experiment, then the commit; `*` for code."""

    def title():
        return run_record.Record(Result(result)).title

    def edit(old, new):
        text = (result / "params.yaml").read_text(encoding="utf-8")
        assert text.count(old) == 1
        (result / "params.yaml").write_text(text.replace(old, new), encoding="utf-8")

    def commit():
        sh("git", "add", "--all", cwd=result)
        sh("git", "commit", "--quiet", "--message", "A step", cwd=result)
        return sh("git", "rev-parse", "--short=7", "HEAD", cwd=result).strip()

    assert title() == "no commit · fails 2 rules"
    sh("git", "init", "--quiet", cwd=result)
    first = commit()
    assert title() == f"commit {first} · fails 2 rules"
    (result / "halve.py").write_text("")
    assert title() == f"commit {first}* · fails 2 rules"
    edit("threshold: 300 ", "threshold: 250 ")
    edit("C: 1.0 ", "C: 0.001 ")
    assert title() == "threshold 250, C 0.001* · fails 2 rules"
    commit()
    assert title() == "threshold 250, C 0.001 · fails 2 rules"  # what this commit changed
    assert run_record.Record(Result(result)).tags["changed"] == "threshold 300 → 250, model.C 1.0 → 0.001"
    edit("  source: data/raw/budget.csv ", "  source: http://u:hunter2@h/b ")
    assert title() == "budget.source http://***@h/b · fails 2 rules"
    (result / "params.yaml").write_text("- not parameters\n")
    commit()
    sh("git", "checkout", "--quiet", "HEAD^", "--", "params.yaml", cwd=result)
    monkeypatch.setenv("DVC_EXP_NAME", "dozen-blimp")
    assert title() == "dozen-blimp · fails 2 rules"  # with a version that cannot be read nothing is compared


def test_names_of_parameters_are_short_and_clear():
    """The end of a key that no other has; long values and lists by the word changed; the first three, then how many."""
    before = {"a": {"minimum": 1, "on": True}, "b": {"minimum": 2}, "rules": [{"x": "y" * 40}], "gone": 1, "note": "n"}
    now = {"a": {"minimum": 3, "on": False}, "b": {"minimum": 2}, "rules": [], "note": None}
    leaves = dict(changed_parameters.flat(now))
    old = dict(changed_parameters.flat(before))
    absent = changed_parameters.ABSENT
    found = {key: (old.get(key, absent), leaves.get(key, absent)) for key in {**leaves, **old}}
    moved = {key: pair for key, pair in found.items() if pair[0] != pair[1]}
    assert changed_parameters.named(moved, leaves) == "a.minimum 3, on false, rules [], 2 more"
    assert changed_parameters.named({"gone": (1, absent)}, leaves) == "gone removed"
    assert changed_parameters.named({"note": ("n", None)}, leaves) == "note empty"
    assert changed_parameters.named({"rules": ([], before["rules"])}, leaves) == "rules changed"
    assert (
        changed_parameters.listed({"gone": (1, absent), "a.on": (absent, True)})
        == "gone 1 → nothing, a.on nothing → true"
    )
    assert changed_parameters.named({}, leaves) == ""


@given(st.text(max_size=300))
def test_names_are_accepted_and_distinct(text):
    """Every text becomes a name that MLflow accepts; the text comes back from it unless it was too long."""
    from mlflow.utils.validation import _validate_metric_name, _validate_param

    name = "a." + run_record.name(text)[:200]
    _validate_metric_name(name)
    _validate_param(name, "")
    spelled = run_record.name(text)
    assert len(spelled) <= 250
    if len(spelled) < 200:
        assert re.sub(r"_x([0-9a-f]+)_", lambda found: chr(int(found[1], 16)), spelled) == text


def test_long_names_and_values_stay_distinct():
    """What differs only at its end is still told apart after shortening; nothing exceeds MLflow's limits."""
    assert run_record.name("a" * 300 + "b") != run_record.name("a" * 300 + "c")
    assert run_record.short("v" * 6000, 6000) == "v" * 6000
    long = [run_record.short("v" * 7000 + end, 6000) for end in "xy"]
    assert long[0] != long[1]
    assert {len(text) for text in long} == {6000}


def test_the_fingerprint_is_of_values_not_of_spelling(result):
    """Comments, flow style and 300.0 for 300 change nothing; a value, a figure, a model or a lock entry does."""
    before = Result(result).fingerprint
    text = (result / "params.yaml").read_text(encoding="utf-8")
    (result / "params.yaml").write_text("# another comment\n" + text.replace("threshold: 300 ", "threshold: 300.0 "))
    assert Result(result).fingerprint == before
    (result / "metrics/half.json.part").write_text("{")
    assert Result(result).fingerprint == before
    lock = (
        "schema: '2.0'\nstages:\n  b:\n    cmd: b\n    outs:\n    - path: x\n  track:\n    cmd: {}\n  a:\n    cmd: a\n"
    )
    (result / "dvc.lock").write_text(lock.format("one"))
    locked = Result(result).fingerprint
    (result / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  a:\n    cmd: a\n    deps:\n    - path: params.yaml\n      md5: of its comments too\n"
        "  b:\n    cmd: b\n    outs:\n    - path: x\n"
    )
    assert Result(result).fingerprint == locked != before
    seen = {before, locked}
    for file, old, new in (
        ("dvc.lock", "cmd: b", "cmd: c"),
        ("params.yaml", "300.0", "250"),
        ("docs/comparison.md", "a", "b"),
    ):
        (result / file).write_text((result / file).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        assert Result(result).fingerprint not in seen
        seen.add(Result(result).fingerprint)
    (result / MODEL_FILES["baseline"]).write_bytes(b"another")
    assert Result(result).fingerprint not in seen


def test_results_of_different_runs_are_refused(result):
    """Started by hand between two rebuilds, the stage records nothing: the figures would not be of one run."""
    md5 = hashlib.md5((result / "docs/comparison.md").read_bytes(), usedforsecurity=False).hexdigest()
    made = {"outs": [{"path": "docs/comparison.md", "md5": md5}], "params": {"params.yaml": {"threshold": 300}}}
    read = {"deps": [{"path": "docs/comparison.md", "md5": md5}], "outs": []}
    refuse_mixed(Result(result), {"one": made, "two": read})
    earlier = {"deps": [{"path": "docs/comparison.md", "md5": "0"}], "outs": []}
    with pytest.raises(InputError, match=r"docs/comparison\.md: changed since two read it .* run `dvc repro`"):
        refuse_mixed(Result(result), {"one": made, "two": earlier})
    with pytest.raises(InputError, match="threshold changed since one ran"):
        refuse_mixed(Result(result), {"one": {**made, "params": {"params.yaml": {"threshold": 200}}}})
    (result / "docs/comparison.md").write_text("edited")
    with pytest.raises(InputError, match=r"docs/comparison\.md: is not what its stage wrote"):
        refuse_mixed(Result(result), {"one": made})


def test_edits_are_those_that_change_a_result(toy, sh):
    """Code, parameters and data that no commit has make a result dirty; what the run itself wrote does not."""
    assert changes(toy) == []
    (toy / "metrics/half.json").write_text("{}")
    (toy / "dvc.lock").write_text("")
    assert changes(toy) == []
    (toy / "halve.py").write_text("")
    (toy / "new file.csv").write_text("")
    assert changes(toy) == ["halve.py", "new file.csv"]
    assert changes(toy.parent) == []  # no repository


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("", "sqlite:///{root}/mlflow.db"),
        ("sqlite:///own/runs.db", "sqlite:///{root}/own/runs.db"),
        ("sqlite:////srv/runs.db", "sqlite:////srv/runs.db"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("https://mlflow.example.org/team", "https://mlflow.example.org/team"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_the_store_is_of_the_main_workspace(tmp_path, monkeypatch, uri, expected):
    """A relative file lies in the workspace DVC names, wherever the stage runs; a server is taken as it is."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert locate("elsewhere").uri == expected.format(root=tmp_path)
    monkeypatch.delenv("DVC_ROOT")
    assert locate(tmp_path).uri == expected.format(root=tmp_path)


def test_credentials_part_from_the_address(monkeypatch):
    """User and password become MLflow's own variables, percent signs undone; the address and the repr have neither."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://anna:p%40ss@mlflow.example.org:8443/x/")
    store = locate()
    assert (store.uri, store.user, store.password) == ("https://mlflow.example.org:8443/x", "anna", "p@ss")
    assert store.environment().items() >= {("MLFLOW_TRACKING_USERNAME", "anna"), ("MLFLOW_TRACKING_PASSWORD", "p@ss")}
    assert store.environment()["MLFLOW_TRACKING_URI"] == store.address == store.uri
    assert "p@ss" not in repr(store)
    assert store.environment()["MLFLOW_DISABLE_TELEMETRY"] == store.environment()["DO_NOT_TRACK"] == "true"


@pytest.mark.parametrize(
    "uri",
    [
        "hunter2@mlflow.example.org",
        "https://hunter2@mlflow.example.org",
        "https://mlflow.example.org/?token=hunter2",
        "https://anna:hunter2@mlflow.example.org:port",
        "https://anna:hunter2@",
        "postgresql://anna:hunter2@db/mlflow",
        "sqlite:///runs.db?hunter2",
        "file:./hunter2",
        "hunter2",
    ],
)
def test_an_address_that_is_no_store_is_refused_unrepeated(monkeypatch, uri):
    """A refusal says what an address must be and not what it was, because that may hold a password."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI") as refused:
        locate()
    assert "hunter2" not in str(refused.value)


def test_credentials_in_any_address_are_masked():
    """In whatever is logged of parameters, lock file and messages, user and password of an address become ***."""
    assert (
        redacted("from s3://key:secret@bucket/x and http://u:p@ss@h:1/") == "from s3://***@bucket/x and http://***@h:1/"
    )
    assert (
        redacted("anna@example.org, https://example.org/@x, 3 @ 4") == "anna@example.org, https://example.org/@x, 3 @ 4"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_server_of_this_machine_needs_no_proxy(monkeypatch, host):
    """A proxy that is set for the network is not asked for an address of this machine; other exceptions stay."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{host}:5000")
    monkeypatch.setenv("NO_PROXY", "intra.example")
    monkeypatch.delenv("no_proxy", raising=False)
    own = host.strip("[]")
    given = locate().environment()
    assert given["NO_PROXY"] == given["no_proxy"] == f"intra.example,{own}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    assert "NO_PROXY" not in locate().environment()


def test_a_dead_proxy_is_named(result, monkeypatch):
    """Where the proxy is what does not answer, the remedy is the proxy and not the server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.invalid:5000")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="the proxy of HTTP_PROXY or HTTPS_PROXY does not answer; set another, or add"):
        mlflow_runs.record(result, locate())


def test_the_trail_can_be_switched_off(result, monkeypatch, capsys):
    """`AUDIT_TRAIL=off` leaves no store behind; another word than on and off is refused."""
    monkeypatch.setenv("AUDIT_TRAIL", "off")
    (result / "mlflow.db").unlink()
    track.main(root=str(result))
    assert capsys.readouterr().out == "audit trail: off (AUDIT_TRAIL=off), nothing is recorded\n"
    assert not (result / "mlflow.db").exists()
    monkeypatch.setenv("AUDIT_TRAIL", "of")
    with pytest.raises(InputError, match="must be on or off, got 'of'"):
        track.main(root=str(result))


def test_a_store_that_is_none_is_a_message(result, monkeypatch):
    """A file that is no database, and a folder that is none, end in one sentence with a remedy; results stay."""
    (result / "mlflow.db").write_text("not a database, for certain")
    before = Result(result).fingerprint
    with pytest.raises(InputError, match=r"mlflow\.db could not be written; the results are complete and in place"):
        mlflow_runs.record(Result(result), locate(result))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{result / 'params.yaml'}/mlflow.db")
    with pytest.raises(InputError, match="could not be written"):
        mlflow_runs.record(Result(result), locate(result))
    assert Result(result).fingerprint == before


def test_a_deleted_experiment_is_not_made_again(result):
    """Whoever deleted the experiment is told how to get it back or go elsewhere."""
    mlflow_runs.record(Result(result), locate(result))
    client_of(result).delete_experiment("1")
    change(result, 0.4)
    with pytest.raises(InputError, match=r"mlflow experiments restore -x 1.*MLFLOW_EXPERIMENT_NAME"):
        mlflow_runs.record(Result(result), locate(result))


@pytest.mark.slow
@pytest.mark.heavy
def test_two_processes_may_open_a_new_store_at_once(result, tmp_path_factory):
    """Of four processes with two results, started together without a store, each result has one run afterwards."""
    other = make_result(tmp_path_factory.mktemp("other"))
    change(other, 0.5)
    (result / "mlflow.db").unlink()
    environment = outside(DVC_ROOT=str(result))
    command = [sys.executable, "-m", "stages.track"]
    started = [
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for root in (result, other, result, other)
    ]
    said = [(*process.communicate(timeout=240), process.returncode) for process in started]
    assert [code for *_, code in said] == [0, 0, 0, 0], said
    assert {error for _, error, _ in said} == {""}
    found = runs(result / "mlflow.db")
    assert {run.info.status for run in found} == {"FINISHED"}
    assert sorted(run.data.tags["fingerprint"] for run in found) == sorted(
        Result(r).fingerprint for r in (result, other)
    )
    assert not (other / "mlflow.db").exists()
