"""pipeline.results.freshness: without a whole dvc.lock nothing says of which parameters results are."""

import os
import shutil

import pytest
import yaml

from commands import gate
from pipeline.results.freshness import locked, refuse_moved
from pipeline.results.policy_verdicts import verdicts
from responsible.validation import InputError
from stages import track
from tests.support.contract import ROOT
from tests.support.small import DVC, ran


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The committed figures, parameters and lock file, and a folder in which no MLflow store is."""
    for name in ("metrics", "plots"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("params.yaml", "dvc.yaml", "dvc.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name, value in {"AUDIT_TRAIL": "on", "DVC_ROOT": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def without(root, *stages):
    tree = yaml.safe_load((root / "dvc.lock").read_text())
    return yaml.safe_dump({"stages": {name: own for name, own in tree["stages"].items() if name not in stages}})


def half_an_entry(root):
    tree = yaml.safe_load((root / "dvc.lock").read_text())
    tree["stages"]["reweigh"]["outs"] = tree["stages"]["reweigh"]["outs"][:1]
    return yaml.safe_dump(tree)


def without_digest(root):
    tree = yaml.safe_load((root / "dvc.lock").read_text())
    del tree["stages"]["reweigh"]["outs"][0]["md5"]
    return yaml.safe_dump(tree)


LOCKS = {
    "missing": (lambda _: None, "no such file; run `dvc repro`"),
    "empty": (lambda _: "", "holds no stages"),
    "no stages": (lambda _: "schema: '2.0'\n", "holds no stages"),
    "no stage in it": (lambda _: "schema: '2.0'\nstages: {}\n", "has no stage check_parameters; run `dvc repro`"),
    "cut between two stages": (lambda root: without(root, "risk_register", "model_card", "track"), "has no stage"),
    "cut in a line": (
        lambda root: (root / "dvc.lock").read_text()[:5003],
        "(not readable|has no|[a-z_]+ has no)",
    ),
    "cut among outputs": (half_an_entry, "reweigh has no output "),
    "an output without digest": (without_digest, "reweigh has no digest of "),
    "a conflict": (lambda root: f"<<<<<<< HEAD\n{(root / 'dvc.lock').read_text()}", "not readable as YAML"),
}


@pytest.mark.parametrize("case", LOCKS)
def test_a_broken_lock_stops_gate_and_record(results, capsys, case):
    """Whatever is missing in dvc.lock, the verdicts are an error that names it, and nothing is recorded by hand."""
    make, text = LOCKS[case]
    content = make(results)
    (results / "dvc.lock").unlink()
    if content is not None:
        (results / "dvc.lock").write_text(content)
    with pytest.raises(InputError, match=rf"^dvc\.lock: {text}"):
        verdicts(results)
    assert "DVC_STAGE" not in os.environ
    with pytest.raises(InputError, match=r"^dvc\.lock: "):
        track.main(root=str(results))
    assert not list(results.glob("mlflow.db*"))
    with pytest.raises(InputError):
        gate.main(str(results))
    assert capsys.readouterr().out == ""


@pytest.mark.pipeline
@pytest.mark.slow
def test_what_changed_is_what_dvc_status_says(built, tmp_path):
    """Code, a template, a table or a command that changed is named, where DVC says it too; keys of parameters and
    answers are compared elsewhere.
    """
    root = built.copy(tmp_path / "fork")
    refuse_moved(root, locked(root))
    assert ran(root, *DVC, "status", "dvc.yaml") == "Data and pipelines are up to date.\n"
    for name, said in (
        ("responsible/fairness/groups.py", "responsible/fairness: changed since "),
        ("stages/prepare.py", "stages/prepare.py: changed since prepare read it; run `dvc repro`"),
        ("docs/templates/model_card.md.j2", "docs/templates: changed since check_parameters read it; run `dvc repro`"),
        ("data/scores/baseline.parquet", "data/scores/baseline.parquet: changed since "),
    ):
        before = (root / name).read_bytes()
        (root / name).write_bytes(before + b"\n")
        with pytest.raises(InputError, match=said):
            refuse_moved(root, locked(root))
        assert name.rpartition("/")[0] in ran(root, *DVC, "status", "dvc.yaml")
        (root / name).write_bytes(before)
        refuse_moved(root, locked(root))
    (root / "responsible/fairness/__pycache__").mkdir(exist_ok=True)
    (root / "responsible/fairness/__pycache__/new.pyc").write_bytes(b"ignored")
    (root / "answers.yaml").write_text((root / "answers.yaml").read_text() + "# a remark\n")
    refuse_moved(root, locked(root))
    (root / "responsible/fairness/new.py").write_text('"""Another module."""\n')
    with pytest.raises(InputError, match="responsible/fairness: changed since "):
        refuse_moved(root, locked(root))
    (root / "responsible/fairness/new.py").unlink()
    declared = (root / "dvc.yaml").read_text()
    (root / "dvc.yaml").write_text(declared.replace("-m stages.prepare_h", "-Xdev -m stages.prepare_h", 1))
    with pytest.raises(InputError, match=r"dvc\.yaml: the command of prepare_healthcare changed since it ran"):
        refuse_moved(root, locked(root))
