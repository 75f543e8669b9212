"""commands.rebuild: DVC's output passes through, its exit code comes back, and a summary says what came out."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import rebuild
from pipeline.documents.build_summary import summary

SAID = """Running stage 'prepare':
> python -m stages.prepare
Generating lock file 'dvc.lock'

Stage 'reweigh' is cached - skipping run, checking out outputs
Stage 'report@adult' didn't change, skipping
Use `dvc push` to send your updates to remote storage.
"""


def test_what_dvc_says_becomes_one_outcome_a_stage():
    """Running, restored and unchanged stages are told apart, in the order DVC came to them."""
    assert list(rebuild.outcomes(SAID).items()) == [
        ("prepare", "ran"),
        ("reweigh", "restored from the run-cache"),
        ("report@adult", "up to date"),
    ]


def test_a_stage_that_quotes_dvc_changes_nothing():
    """Only a whole line in DVC's words counts, not a sentence that contains them."""
    assert rebuild.outcomes("note: Running stage 'x': failed before\n") == {}


@pytest.mark.pipeline
def test_each_outcome_is_told_by_a_real_run(toy, sh, capfd):
    """A first run ran; nothing to do is up to date; an old state comes back from the run-cache; force runs again."""

    def outcome(*arguments):
        assert rebuild.main(arguments, str(toy)) == 0
        return [line for line in capfd.readouterr().out.splitlines() if line.startswith("1 stage")]

    assert outcome() == ["1 stage: 1 up to date (halve)"]
    (toy / "source.json").write_text(json.dumps({"number": 4}))
    assert outcome() == ["1 stage: 1 ran (halve)"]
    (toy / "source.json").write_text(json.dumps({"number": 3}))
    assert outcome() == ["1 stage: 1 restored from the run-cache (halve)"]
    assert outcome("--force") == ["1 stage: 1 ran (halve)"]


@pytest.mark.pipeline
def test_data_that_experiments_in_copies_would_lack_are_named(toy, sh, capfd):
    """A source that git ignores and DVC does not track is absent in a copy: `make` says so, once and with the cure."""
    (toy / "params.yaml").write_text("a:\n  source: mine.csv\nb:\n  source: added/x.csv\nc:\n  source: source.json\n")
    (toy / ".gitignore").write_text("/cached/\n/mine.csv\n/added\n")
    for name in ("mine.csv", "added/x.csv", "added.dvc"):
        (toy / name).parent.mkdir(exist_ok=True)
        (toy / name).write_text("")
    rebuild.main(["--dry"], root=str(toy))
    warnings = [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert warnings == [
        "warning: mine.csv is ignored by git: `dvc exp run` with --temp or --queue lacks it; `dvc add mine.csv` helps"
    ]


@pytest.mark.pipeline
def test_a_query_that_dvc_would_take_for_a_file_is_named(toy, capfd):
    """DVC cannot track a database, and says only that it cannot interpolate: `make` names the line to remove."""
    query = '{database: "sqlite:///a.db", query: select 1}'
    (toy / "params.yaml").write_text(f"a:\n  source: {query}\nb:\n  source: {query}\nc:\n  source: source.json\n")
    stages = (toy / "dvc.yaml").read_text()
    (toy / "dvc.yaml").write_text(stages.replace("source.json", "${a.source}"))
    assert rebuild.main((), str(toy)) == 1
    said = "error: dvc.yaml: a.source is a query, not a file; remove `- ${a.source}` (docs/tables.md)\n"
    assert capfd.readouterr().err == said
    (toy / "dvc.yaml").write_text(stages.replace("source.json", "${c.source}"))
    assert rebuild.main((), str(toy)) == 0


def test_a_failure_is_passed_on_without_a_summary(toy, capfd):
    """DVC's exit code and its error come back, what the stage wrote before is shown, and no summary follows."""
    (toy / "halve.py").write_text("print('so far', end=''); raise SystemExit('error: data: broken')")
    assert rebuild.main((), str(toy)) == 255
    captured = capfd.readouterr()
    assert "so far" in captured.out
    assert "error: data: broken" in captured.err
    assert "failed to reproduce 'halve'" in captured.err
    assert "1 stage" not in captured.out


@pytest.mark.pipeline
def test_a_dry_run_claims_nothing(toy, capfd):
    """`--dry` prints the commands DVC would run; no stage ran, so no summary follows."""
    (toy / "source.json").write_text(json.dumps({"number": 4}))
    assert rebuild.main(["--dry"], str(toy)) == 0
    out = capfd.readouterr().out
    assert "> python halve.py" in out
    assert "1 stage" not in out


@pytest.mark.pipeline
def test_output_appears_while_the_stage_runs(toy, tmp_path):
    """A line a stage has printed is on the screen before the stage ends; Ctrl-C then ends DVC and the stage."""
    alive = tmp_path / "alive"
    lives = f"    pathlib.Path({str(alive)!r}).touch()\n    time.sleep(0.05)\n"
    (toy / "halve.py").write_text(f"import pathlib, time\nprint('first line')\nwhile True:\n{lives}")
    path = {"PYTHONPATH": str(Path(rebuild.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-m", "commands.rebuild"],
        cwd=toy,
        env={**os.environ, **path},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        try:
            while run.stdout.readline() != b"first line\n":
                assert run.poll() is None
        finally:
            os.killpg(run.pid, signal.SIGINT)
        assert run.wait(timeout=30) != 0
    alive.unlink(missing_ok=True)
    time.sleep(0.3)
    assert not alive.exists()


PERFORMANCE = """figure,value,low,high,method
accuracy,0.9744,0.97,0.978,multinomial
f1,0.9695,0.96,0.98,multinomial
roc_auc,,,,DeLong
"""
FAIRNESS = """attribute,comparison,model,measure,value,low,high,verdict,p_adjusted,reason
education,all unprivileged,baseline,disparate_impact,0.0173,0.012,0.023,fail,0.0,
education,all unprivileged,reweighed,disparate_impact,0.9,0.7,1.1,insufficient_evidence,0.0,
education,all unprivileged,change,disparate_impact,0.8827,0.7,0.99,,,
education,all unprivileged,baseline,equal_opportunity_difference,,,,insufficient_evidence,,no_positives
education,all unprivileged,reweighed,equal_opportunity_difference,-0.01,-0.02,0.0,pass,1.0,
education,Other,baseline,disparate_impact,0.5,0.4,0.6,fail,0.0,
education,Other,reweighed,disparate_impact,0.5,0.4,0.6,fail,0.0,
"""
SWEEP = {
    "feasible": True,
    "recommended": True,
    "missed_rules": 0,
    "missed_rule_names": "",
    "beats_trivial_answer": True,
    "reported_threshold": 200,
    "recommended_threshold": 200,
    "selection_frequency": 0.934,
    "nearest_miss_distance": 0,
    "chosen_on": "valid",
}


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def built(tmp_path):
    """A folder with the files that a summary reads."""
    for model in ("baseline", "reweighed"):
        write(tmp_path, f"plots/performance_{model}.csv", PERFORMANCE)
    write(tmp_path, "plots/fairness.csv", FAIRNESS)
    write(tmp_path, "metrics/threshold_sweep.json", json.dumps({"threshold_sweep": SWEEP}))
    write(tmp_path, "docs/comparison.md", "# Comparison")
    return tmp_path


def lines(root, outcomes=None):
    return [" ".join(line.split()) for line in summary(outcomes or {"prepare": "ran"}, str(root))]


def test_the_summary_has_numbers_with_intervals_verdicts_and_what_to_open(built):
    """Both models stand beside each other, pooled comparisons only, undefined values with their reason."""
    assert lines(built) == [
        "",
        "1 stage: 1 ran (prepare)",
        "",
        "on the test rows baseline reweighed",
        "accuracy 0.974 [0.970, 0.978] 0.974 [0.970, 0.978]",
        "f1 0.970 [0.960, 0.980] 0.970 [0.960, 0.980]",
        "roc_auc undefined (no rows) undefined (no rows)",
        "",
        "education, all unprivileged baseline reweighed",
        "disparate_impact 0.017 [0.012, 0.023] fail 0.900 [0.700, 1.100] insufficient evidence",
        "equal_opportunity_difference undefined (no positives) −0.010 [−0.020, 0.000] pass",
        "",
        "recommended label threshold: 200, the best in 93 % of resamples",
        "to read: docs/comparison.md",
    ]


def test_no_feasible_threshold_is_said_in_words(built):
    """Without a threshold to recommend, the nearest miss and everything it misses stand there."""
    sweep = SWEEP | {"feasible": False, "recommended": False, "nearest_miss_distance": 0.0421}
    sweep |= {"missed_rules": 1, "missed_rule_names": "accuracy_floor", "beats_trivial_answer": False}
    write(built, "metrics/threshold_sweep.json", json.dumps({"threshold_sweep": sweep}))
    said = " ".join(lines(built))
    assert "no label threshold can be recommended" in said
    assert "200: it misses a constraint by 0.0421 and misses the blocking rule accuracy floor and is not" in said


def test_files_that_are_not_built_yet_are_named(tmp_path):
    """A pipeline without the later stages still gets its summary, which says what is absent."""
    write(tmp_path, "plots/fairness.csv", FAIRNESS)
    found = lines(tmp_path)
    assert found[-1] == (
        "not built yet: plots/performance_baseline.csv, plots/performance_reweighed.csv, metrics/threshold_sweep.json"
    )
    assert found[3].startswith("education,")


def test_the_summary_stays_short_with_many_attributes(built):
    """Two attributes are shown in full and the others by name, in about thirty lines."""
    many = [FAIRNESS.replace("education", name).split("\n", 1)[1] for name in ("age", "gender", "origin", "faith")]
    write(built, "plots/fairness.csv", "".join([FAIRNESS, *many]))
    found = lines(built)
    assert "and gender, origin, faith: see plots/fairness.csv" in found
    assert len(found) <= 30


def test_the_summary_imports_nothing_heavy():
    """It follows every make, so neither pandas nor numpy nor pydantic is loaded for it."""
    code = "import sys, commands.rebuild, pipeline.documents.build_summary; "
    code += "print({'numpy', 'pandas', 'pydantic', 'yaml'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(rebuild.__file__).parents[1]
    )
    assert run.stdout.strip() == "set()"
