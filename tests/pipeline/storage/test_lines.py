"""Lines of work that are absent: what belongs to each, how it is taken out, and what is said of a half one."""

import itertools
import json
import shutil

import pytest
import yaml

from pipeline.results import catalogue
from pipeline.storage.line_contents import (
    ALTERNATIVES,
    LINES,
    OF_BUDGET,
    OF_MONITOR,
    PARTS,
    SWEEP,
    TRAINING,
    absent,
    line_of,
    only_of,
    present,
)
from pipeline.storage.lines import keep, refuse_parts
from pipeline.storage.parameters import read_yaml
from pipeline.storage.yaml_blocks import without
from responsible.monitoring.parameters import Monitor
from responsible.validation import InputError
from tests.support import contract
from tests.support.contract import ROOT, STAGES

COMBINATIONS = [lines for n in (1, 2, 3) for lines in itertools.combinations(LINES, n)]
SIDE = ("monitor/dvc.yaml", "monitor/drift.csv", "metrics/monitor.json", "docs/monitoring.md")
BESIDE = ("alternatives/dvc.yaml", "alternatives/candidates.csv", "metrics/alternatives.json", "docs/alternatives.md")
TEXTS = ("params.yaml", "dvc.yaml", "dvc.lock", "answers.yaml", "docs/README.md")

OF = [stage for part in OF_BUDGET for stage in PARTS[part].stages]


@pytest.fixture
def root(tmp_path):
    """The repository's texts, and its results and documents as empty files."""
    for name in TEXTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    outs = [path for name in STAGES for path in contract.entries(name, "outs", "metrics", "plots")]
    for path in (*outs, *SIDE, *BESIDE, "docs/playbook/README.md", "docs/policy.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def test_every_stage_section_and_output_has_its_line_or_belongs_to_all():
    """What the stages of a line write is known as the line's by its name, and what the others write is nobody's."""
    of = {stage: line for line, own in LINES.items() for stage in own.stages} | dict.fromkeys(OF, "budget")
    assert set(of) <= set(contract.ALL)
    for stage in STAGES:
        for path in contract.entries(stage, "outs", "metrics", "plots"):
            of_model = path.startswith("docs/model_card.") and not path.endswith(".md")
            assert line_of(path) == of.get(stage, "budget" if of_model else ""), path
    for files in (catalogue.Metrics, catalogue.Tables):
        assert {line_of(file) for file in files} == {*LINES, ""}


def test_code_of_a_line_is_read_by_its_stages_and_the_check_of_parameters_alone():
    """So a repository without the line may lack the folder."""
    for lines in COMBINATIONS:
        own = {stage for line in lines for stage in LINES[line].stages} | {"check_parameters"}
        own |= set(OF) if "budget" in lines else set()
        for folder in only_of("code", lines):
            users = {stage for stage in STAGES if folder in contract.code(stage)}
            assert users <= own, folder


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        ("reweigh.accuracy", "budget"),
        ("threshold_intervals.300.baseline.f1", "budget"),
        ("group_rates.gender.reweighed.selection_rate", "budget"),
        ("healthcare_waits.premium.merit.mean_wait_difference", "healthcare"),
        ("prepare_healthcare.kept", "healthcare"),
        ("prepare.rows.kept", "budget"),
        ("segments_shares.1", "segments"),
        ("cluster_privacy.k", "segments"),
        ("risk_register.high", ""),
        ("responsible/fairness", ""),
        ("my_own.figure", ""),
        ("monitor.alarms.standing", ""),
        ("monitor.budget.drift.Age", "budget"),
        ("monitor/figures_narrow.svg", "budget"),
        ("monitor/alarms.csv", ""),
        ("docs/monitoring.md", ""),
        ("monitor.healthcare.alarms.standing", "healthcare"),
        ("monitor/healthcare.csv", "healthcare"),
        ("monitor.segments.out_of_reach.everybody", "segments"),
        ("monitor/segments.csv", "segments"),
    ],
)
def test_the_line_of_a_figure(metric, line):
    """By how its path begins, the longest beginning first; what is nobody's has none."""
    assert line_of(metric) == line


@pytest.mark.parametrize("lines", COMBINATIONS, ids="-".join)
def test_only_what_is_kept_is_left(root, lines):
    """Sections, stages, rules, results and documents of the others are gone, every dependency has its file or stage."""
    before = {name: (root / name).read_text(encoding="utf-8").splitlines() for name in TEXTS}
    deleted = keep(lines, root)
    params, pipeline = read_yaml(root / "params.yaml"), read_yaml(root / "dvc.yaml")
    gone = [line for line in LINES if line not in lines]
    lacking = absent(params)
    parts = [] if "budget" in lines else [TRAINING, SWEEP, ALTERNATIVES]
    beside = [part for part, (line, _) in OF_MONITOR.items() if line not in lines]
    assert lacking == (*gone, *parts, *beside)
    assert present(params) == lines
    assert not params.keys() & only_of("sections", lacking)
    assert {line_of(rule["metric"]) for rule in params["policy"]["rules"].values()} <= {*lines, ""}
    assert list(pipeline["stages"]) == [stage for stage in STAGES if stage not in only_of("stages", lacking)]
    assert set(yaml.safe_load((root / "dvc.lock").read_text())["stages"]) == set(pipeline["stages"])
    for stage in pipeline["stages"].values():
        assert {k.partition(".")[0] for k in stage.get("params", ()) if isinstance(k, str)} <= params.keys()
        listed = [dep for dep in stage["deps"] if not dep.startswith("${")]
        assert [dep for dep in listed if dep.split("/")[0] in ("metrics", "plots") and not (root / dep).exists()] == []
        assert not set(listed) & only_of("code", gone)
    plotted = (
        [file for plot in pipeline["plots"] for own in plot.values() for file in own["y"]]
        if "plots" in pipeline
        else []
    )
    assert {line_of(file) for file in plotted} <= set(lines)
    assert ("artifacts" in pipeline) == ("budget" in lines)
    answers = (root / "answers.yaml").read_text(encoding="utf-8")
    assert [line for line in LINES if f"  {line}:" in answers or f"  {line}_" in answers] == [*lines]
    assert ("model_card:" in answers, "segments_data_sheet:" in answers) == ("budget" in lines, "segments" in lines)
    assert {line_of(path.relative_to(root).as_posix()) for path in deleted} == set(gone)
    assert (root / "docs/playbook/README.md").is_file() == ("healthcare" in lines)
    assert (root / "docs/policy.md").is_file()
    for name, text in before.items():  # only lines are taken out, none is changed or moved
        left = iter(text)
        assert all(row in left for row in (root / name).read_text(encoding="utf-8").splitlines()), name


@pytest.mark.parametrize("lines", [["budget"], ["healthcare", "segments"]])
def test_a_second_time_changes_nothing(root, lines):
    """Nor does keeping all that is there."""
    texts = {name: (root / name).read_bytes() for name in TEXTS}
    assert keep(LINES, root) == []
    assert {name: (root / name).read_bytes() for name in TEXTS} == texts
    assert keep(lines, root)
    texts = {name: (root / name).read_bytes() for name in TEXTS}
    assert keep(lines, root) == []
    assert {name: (root / name).read_bytes() for name in TEXTS} == texts


def test_a_repository_without_later_batches_has_no_monitor(root):
    """Without its section the pipeline beside the daily one goes, with its results and what stages read of them."""
    params = root / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(without(text, lambda path: path[0] == "monitor"), encoding="utf-8")
    with pytest.raises(InputError, match=r"monitor/dvc\.yaml: monitor without sections in params\.yaml: .*`make keep"):
        refuse_parts(params)
    assert keep(LINES, root) == sorted(root / name for name in SIDE)
    refuse_parts(params)
    stages = read_yaml(root / "dvc.yaml")["stages"]
    assert [name for name, own in stages.items() if "metrics/monitor.json" in own["deps"]] == []
    assert "monitoring.md" not in (root / "docs/README.md").read_text(encoding="utf-8")
    params.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"params\.yaml: monitor without stages in monitor/dvc\.yaml"):
        refuse_parts(params)


def test_the_monitor_forgets_a_line_that_goes(root):
    """Its stage and results go, the figures are those of the line that stays, and the page says that it is short."""
    shutil.copy(ROOT / "monitor/dvc.yaml", root / "monitor/dvc.yaml")
    (root / "monitor/healthcare.csv").touch()
    said = {
        "answer": "People differ. Requests differ.",
        "answers": {"budget": "People differ.", "healthcare": "Requests differ."},
        "standing": [{"line": "budget", "said": "a"}, {"line": "healthcare", "said": "b"}],
        "alarms": {"standing": 2, "raised": 3, "questions": 74},
        "healthcare": {"alarms": {"standing": 1, "raised": 1, "questions": 39}},
        "of": {"budget": {"batches": "x"}, "healthcare": {"batches": "y"}},
    }
    (root / "metrics/monitor.json").write_text(json.dumps({"monitor": said}))
    (root / "monitor/alarms.csv").write_text("line,kind\nbudget,gap\nhealthcare,waits\n")
    (root / "monitor/calendar.svg").touch()
    gone = keep(["budget", "segments"], root)
    assert {root / "monitor/healthcare.csv", root / "monitor/calendar.svg"} <= {*gone}
    assert (root / "monitor/alarms.csv").read_text() == "line,kind\nbudget,gap\n"
    assert (root / "monitor/metrics.json").read_bytes() == (root / "metrics/monitor.json").read_bytes()
    assert read_yaml(root / "params.yaml")["monitor"].keys() & {"healthcare", "source"} == {"source"}
    stages = read_yaml(root / "monitor/dvc.yaml")["stages"]
    assert list(stages) == ["monitor_segments", "monitor_budget", "monitor"]
    assert "healthcare" not in (root / "monitor/dvc.yaml").read_text(encoding="utf-8")
    assert json.loads((root / "metrics/monitor.json").read_text())["monitor"] == {
        "answer": "People differ.",
        "answers": {"budget": "People differ."},
        "standing": [{"line": "budget", "said": "a"}],
        "alarms": {"standing": 1, "raised": 2, "questions": 35},
        "of": {"budget": {"batches": "x"}},
    }
    assert (root / "docs/monitoring.md").read_text(encoding="utf-8").startswith("# Monitoring\n\n**People differ.**")
    assert keep(["budget", "segments"], root) == []


def test_without_its_section_no_alternatives_are_searched(root):
    """The pipeline of the search goes, with its results and what stages read of them; models are trained as before."""
    params = root / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(without(text, lambda path: path[0] == "alternatives"), encoding="utf-8")
    with pytest.raises(InputError, match=r"alternatives/dvc\.yaml: alternatives without sections in params\.yaml"):
        refuse_parts(params)
    assert keep(LINES, root) == sorted(root / name for name in BESIDE)
    refuse_parts(params)
    stages = read_yaml(root / "dvc.yaml")["stages"]
    assert [name for name, own in stages.items() if "metrics/alternatives.json" in own["deps"]] == []
    assert "alternatives.md" not in (root / "docs/README.md").read_text(encoding="utf-8")
    assert "train_baseline" in stages


@pytest.mark.parametrize("line", ["healthcare", "segments"])
def test_a_monitor_without_the_models_rows_is_left_with_the_others(root, line):
    """Keys of batches, their stage and what it wrote go; the section, the stage and the page of the kept line stay."""
    shutil.copy(ROOT / "monitor/dvc.yaml", root / "monitor/dvc.yaml")
    gone = keep([line], root)
    assert root / "monitor/drift.csv" in gone
    kept = read_yaml(root / "params.yaml")["monitor"]
    assert Monitor(**kept).lines == (line,)
    assert list(kept) == ["period", "overdue", "horizon", "error", "effects", line]
    side = read_yaml(root / "monitor/dvc.yaml")["stages"]
    assert list(side) == [f"monitor_{line}", "monitor"]
    assert [dep for dep in side["monitor"]["deps"] if dep.startswith("monitor/")] == [
        f"monitor/{line}.csv",
        f"monitor/{line}.json",
    ]
    assert [name for name in side["monitor"]["outs"] if "drift" in str(name)] == []
    assert "metrics/monitor.json" in read_yaml(root / "dvc.yaml")["stages"]["risk_register"]["deps"]
    assert "monitoring.md" in (root / "docs/README.md").read_text(encoding="utf-8")
    refuse_parts(root / "params.yaml")


def test_a_monitor_without_recorded_decisions_loses_their_stage(root):
    """Without monitor.healthcare, keeping every line takes the stage out and leaves the rest of the monitor."""
    shutil.copy(ROOT / "monitor/dvc.yaml", root / "monitor/dvc.yaml")
    params = root / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(without(text, lambda path: path == ("monitor", "healthcare")), encoding="utf-8")
    assert keep(LINES, root) == []
    assert list(read_yaml(root / "monitor/dvc.yaml")["stages"]) == ["monitor_segments", "monitor_budget", "monitor"]


def test_a_target_of_two_values_has_no_sweep(root):
    """Its section, stage, results, document and row of the index go, and nothing else; no dependency is left open."""
    params = root / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("    favourable:  ", "    favourable: [good]  "), encoding="utf-8")
    before = read_yaml(params)
    gone = {path.relative_to(root).as_posix() for path in keep(LINES, root)}
    after, pipeline = read_yaml(params), read_yaml(root / "dvc.yaml")
    assert before.keys() - after.keys() == {"threshold_sweep"}
    assert before["policy"] == after["policy"]
    assert list(pipeline["stages"]) == [stage for stage in STAGES if stage != "threshold_sweep"]
    assert gone == set(contract.entries("threshold_sweep", "outs", "metrics", "plots"))
    listed = [dep for stage in pipeline["stages"].values() for dep in stage["deps"] if isinstance(dep, str)]
    assert gone & set(listed) == set()
    assert "threshold_sweep.grid" not in pipeline["stages"]["prepare"]["params"]
    assert "recommended_threshold" not in (root / "docs/README.md").read_text(encoding="utf-8")
    assert keep(LINES, root) == []


def test_the_budget_line_alone_is_short(root):
    """Its parameters are less than half of all."""
    keep(["budget"], root)
    rows = (root / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert len(rows) < len((ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()) / 2
    index = (root / "docs/README.md").read_text(encoding="utf-8")
    assert "comparison.md" in index
    assert "healthcare_audit.md" not in index
    assert "segments.md" not in index


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "params.yaml: keep at least one of budget, healthcare, segments"),
        (["helthcare"], "params.yaml: has no line 'helthcare' to keep; did you mean 'healthcare'?"),
    ],
)
def test_what_cannot_be_kept(root, lines, message):
    """Is refused with the lines that are there, and nothing is changed."""
    texts = {name: (root / name).read_bytes() for name in TEXTS}
    with pytest.raises(InputError) as refused:
        keep(lines, root)
    assert str(refused.value) == message
    assert {name: (root / name).read_bytes() for name in TEXTS} == texts


def test_a_line_that_went_cannot_be_kept_and_a_policy_without_rules_is_not_left(root):
    """Git has the line; a rule about what stays has to be written first."""
    file = root / "params.yaml"
    rules = "gp_equal_opportunity", "premium_wait"
    text = file.read_text(encoding="utf-8")
    file.write_text(without(text, lambda path: path[:2] == ("policy", "rules") and path[2:] and path[2] in rules))
    with pytest.raises(InputError, match=r"policy\.rules: none is about what stays"):
        keep(["healthcare"], root)
    keep(["budget", "segments"], root)
    with pytest.raises(InputError, match="has no line 'healthcare' to keep"):
        keep(["budget", "healthcare"], root)


def written(folder, params, stages):
    """A parameter file with these sections beside a dvc.yaml with these stages."""
    (folder / "params.yaml").write_text("version: 2\n" + "".join(f"{name}: 1\n" for name in params))
    (folder / "dvc.yaml").write_text("stages:\n" + "".join(f"  {name}: {{cmd: x}}\n" for name in stages))
    return folder / "params.yaml"


def test_sections_without_stages_and_stages_without_sections(tmp_path):
    """One line for each line of work, with what is there, what is not, and the remedy."""
    file = written(tmp_path, ["threshold", "budget", "segments"], ["prepare", "prepare_healthcare", "healthcare_audit"])
    with pytest.raises(InputError) as refused:
        refuse_parts(file)
    remedy = 'restore the {} line from git, or take out the rest of it with `make keep LINES="{}"`'
    staged = "dvc.yaml: prepare_healthcare and healthcare_audit without sections in params.yaml: "
    declared = "params.yaml: segments without stages in dvc.yaml: "
    assert str(refused.value).splitlines() == [
        staged + remedy.format("healthcare", "budget segments"),
        declared + remedy.format("segments", "budget"),
    ]
    refuse_parts(written(tmp_path, ["budget"], ["prepare"]))
    (tmp_path / "dvc.yaml").unlink()
    refuse_parts(written(tmp_path, ["budget"], ["prepare"]))


def test_no_line_at_all(tmp_path):
    """There must be something to do."""
    with pytest.raises(InputError, match="has the sections of no line of work"):
        refuse_parts(written(tmp_path, ["seed"], ["check_parameters"]))
