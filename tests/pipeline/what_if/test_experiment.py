"""A question as an experiment: DVC runs it in a copy with the parameters that differ."""

import pytest
from filelock import FileLock

from pipeline.what_if import experiment
from tests.support.small import ran


@pytest.mark.pipeline
@pytest.mark.slow
def test_it_runs_beside_the_work_tree(toy):
    """The experiment has the value that was asked for, the work tree stays as it is, and a fault is shown."""
    (toy / "params.yaml").write_text("number: 3\n")
    (toy / "halve.py").write_text("open('half.txt', 'w').write(open('params.yaml').read())\n")
    (toy / "dvc.yaml").write_text(
        "stages:\n  halve:\n    cmd: python halve.py\n    deps:\n    - halve.py\n    params:\n    - number\n"
        "    outs:\n    - half.txt:\n        cache: false\n"
    )
    ran(toy, *experiment.DVC, "repro", "--quiet")
    ran(toy, "git", "add", "--all")
    ran(toy, "git", "commit", "--quiet", "--message", "With a parameter")
    done, said = experiment.run({"number": 7.5}, str(toy))
    assert done, said
    assert (toy / "half.txt").read_text() == "number: 3\n"
    assert ran(toy, "git", "status", "--porcelain") == ""
    assert "7.5" in ran(toy, *experiment.DVC, "exp", "show", "--csv")
    done, said = experiment.run({"absent.key": 1}, str(toy))
    assert not done
    assert "absent" in said


def test_a_second_one_is_told_so(tmp_path, monkeypatch):
    """While an experiment runs, another one is not started."""
    monkeypatch.setattr(experiment, "_ran", lambda *_: (True, "ran"))
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    with FileLock(tmp_path / ".dvc/tmp/experiment.lock"):
        assert experiment.run({"a": 1}, str(tmp_path)) == (
            False,
            "another experiment runs here; try again when it has ended",
        )
    assert experiment.run({"a": 1}, str(tmp_path)) == (True, "ran")


def test_names_are_quoted_for_the_shell():
    """A model's name that a shell would read otherwise stays one word of the line."""
    line = experiment.line({"models.a b.decision_threshold": 0.5})
    assert line == "dvc exp run --temp -S 'models.a b.decision_threshold=0.5'"
