"""The stage `risk_register`, and data sheet and risk assessment: what they say of the sample and of other tables."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.reporting import document
from pipeline.reporting import sources as _sources
from pipeline.results import answers
from pipeline.storage import files, parameters
from responsible.governance.policy import Policy
from stages import model_card, risk_register
from tests.support.contract import ROOT

ARTICLES = range(9, 16)
FUNCTIONS = ("GOVERN", "MAP", "MEASURE", "MANAGE")
SECTIONS = ("Motivation", "Composition", "Collection", "Preprocessing", "Uses", "Distribution", "Maintenance")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The committed results and parameters, to be changed."""
    for name in {
        *model_card.READS,
        *risk_register.READS,
        "plots/healthcare_approvals.csv",
        "plots/segments.csv",
        "params.yaml",
    }:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("waits", "approvals"):
        shutil.copy(ROOT / f"plots/healthcare_{name}.csv", tmp_path / "plots")
    for name in ("shares", "ledger"):
        shutil.copy(ROOT / f"plots/segments_{name}.csv", tmp_path / "plots")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(file, edit):
    """Edit a CSV, or a YAML or JSON file's tree, in place."""
    if file.endswith(".csv"):
        files.write_csv(file, edit(files.read_csv(file)))
    elif file.endswith(".json"):
        files.write_json(file, edit(files.read_json(file)))
    else:
        tree = parameters.read_yaml(file)
        edit(tree)
        with Path(file).open("w", encoding="utf-8") as lines:
            YAML(typ="safe").dump(tree, lines)


def written(name):
    """The text of a document on the results in the working folder, its links' addresses left out."""
    policy = Policy.model_validate(parameters.read_yaml("params.yaml")["policy"], strict=True)
    templates = {own: ROOT / path for own, path in answers.TEMPLATES.items()}
    held = answers.held(parameters.read_yaml("params.yaml"), ROOT / "answers.yaml", templates)
    sources = _sources.gather("params.yaml", parameters.keys(model_card.Parameters), model_card.READS, policy, held)
    found = document.write(ROOT / f"docs/templates/{name}.md.j2", f"docs/{name}.md", sources, model_card.DATA)
    return re.sub(r"^\[f\d+\]:.*\n?", "", found.text, flags=re.MULTILINE)


def plain(text):
    """Links of figures as their texts."""
    return re.sub(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\[f\d+\]", r"\1", text)


def test_the_stage_writes_what_is_committed(results):
    """On the committed results the register and its headline are the committed ones, byte for byte."""
    risk_register.main()
    for name in ("plots/risk_register.csv", "metrics/risk_register.json"):
        assert (results / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_register_of_the_sample():
    """Every rule of the policy has its line; what is infeasible and blocks leads; the headline counts the bands."""
    table = files.read_csv(ROOT / "plots/risk_register.csv")
    rules = parameters.read_yaml(ROOT / "params.yaml")["policy"]["rules"]
    assert {rule["title"] for rule in rules.values()} <= set(table["name"])
    assert not table["subject"].duplicated().any()
    about = table.set_index("name").loc["Wait on the limited plan"]
    assert about["about"].endswith("whatever their plan; 3 of 3 comparisons are RED")
    first = table.iloc[0]
    assert (first["name"], first["score"], first["owner"]) == ("Selection by education", 25, "fairness board")
    assert table["owner"].notna().all()
    assert table["score"].is_monotonic_decreasing
    counted = table["band"].value_counts().to_dict()
    assert files.read_json(ROOT / "metrics/risk_register.json")["risk_register"] == counted


@pytest.mark.parametrize("name", ["data_sheet", "risk_assessment"])
def test_the_committed_page_is_that_of_the_committed_results(results, name):
    """Rendering again gives the committed page: no figure in it is older than its file."""
    page = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert re.sub(r"^\[f\d+\]:.*\n?", "", page, flags=re.MULTILINE) == written(name)


def test_the_risk_assessment_covers_what_it_must(results):
    """Harms, articles, functions of the framework, monitoring, and that it is no legal advice."""
    text = written("risk_assessment")
    assert "not legal advice" in text
    assert all(f"| Art. {number} " in text for number in ARTICLES)
    assert all(f"| {name} |" in text for name in FUNCTIONS)
    assert all(f"| {harm} |" in text for harm in ("allocation", "quality of service", "representation", "privacy"))
    assert all(word in text for word in ("watch.yml", "make review", "make gate", "releases/ledger.json"))
    lines = re.findall(r"^\| ([^|]+) \| [^|]* \| [^|]+ \| (\d+) \|(?: [^|]*\|){4}$", text, re.MULTILINE)
    shown = files.read_csv("plots/risk_register.csv").query("band != 'low'")
    assert [(name, int(score)) for name, score in lines] == list(zip(shown["name"], shown["score"], strict=True))
    assert len({name for name, _ in lines}) == len(lines) >= 10


def test_the_answer_comes_first(results):
    """The first paragraph counts the risks, names every high one, and says what is done first, by whom and when."""
    first = plain(written("risk_assessment")).split("\n\n")[1]
    table = files.read_csv("plots/risk_register.csv")
    counted = table["band"].value_counts()
    assert first.startswith(
        f"**{counted['high']} risks are high and {counted['medium']} medium; {counted['low']} are low.**"
    )
    assert all(name in first for name in table.loc[table["band"] == "high", "name"])
    assert f"Do first (owner: fairness board; by: 2027-03-31): {table['treatment'][0]}." in first


def test_the_data_sheet_has_the_sections_of_the_paper(results):
    """Gebru's seven sections in their order, each table with its rows, and missing values as counted."""
    text = plain(written("data_sheet"))
    assert re.findall(r"^## \d\. (\w+)", text, re.MULTILINE)[:7] == list(SECTIONS)
    held = "The tables hold 20,000 rows for the models, 5,000 requests and 1,500 people to segment"
    assert text.startswith(f"# Data sheet\n\n**{held}; every question about them is answered.**")
    assert "| `Gender` | feature | 3,304 | 16.5 % |" in text
    assert "| Master’s Degree | privileged | 4,271 | 99.4 % |" in text
    assert "| requester | Surgeon | 76.7 % | 60.9 % |" in text
    assert "so one such row would have ended the run" in text


def test_a_strong_proxy_is_called_one_and_a_weak_one_is_not(results):
    """The sentences follow the table: what gives an attribute away, what was not shown to, what is not known."""
    text = plain(written("risk_assessment"))
    assert "**education: leaving the column out would not help.**" in text
    assert "- Age reveals education: 0.977 [0.971, 0.982], strong" in text
    assert "historical" not in text

    change("plots/proxies.csv", lambda t: t.assign(strength="none shown"))
    text = plain(written("risk_assessment"))
    assert "**education:** the other features were not shown to give it away." in text
    assert "leaving the column out" not in text
    assert "Single features" not in text

    nothing = {"value": None, "low": None, "high": None, "strength": None, "reason": "group_absent"}
    change("plots/proxies.csv", lambda t: t.assign(**nothing))
    text = plain(written("risk_assessment"))
    assert "**gender:** could not be measured (group absent)." in text
    assert "| education | all others | undefined (group absent) |" in text


def test_the_label_that_the_sweep_recommends(results):
    """The mitigation names the recommended threshold, says when it is in use, and when there is none."""
    none = "No threshold of [the sweep](recommended_threshold.md) can be recommended."
    assert none in written("risk_assessment")

    def recommended(tree):
        tree["threshold_sweep"] |= {"recommended": True, "recommended_threshold": 200}
        return tree

    change("metrics/threshold_sweep.json", recommended)
    assert "Cut at 200 instead of 300" in plain(written("risk_assessment"))
    change("params.yaml", lambda tree: tree.update(threshold=200))
    assert "already cut where" in written("risk_assessment")


def test_tables_without_some_roles(results):
    """Requests without recorded need, dropped rows, a text target and the median of segments are told as they are."""

    def edit(tree):
        tree["healthcare"]["merit"] = None
        tree["prepare"] |= {"on_bad_rows": "drop", "missing_values": []}
        tree["budget"]["target"] |= {"favourable": ["yes", "maybe"]}
        tree["budget"]["split_column"] = "split"
        tree["model"] |= {"numeric_missing": "median", "categorical_missing": "mode"}
        tree["segments"]["missing"] = "median"
        tree["cluster_privacy"]["privacy"]["chosen"]["mechanism"] = "central"

    change("params.yaml", edit)
    change("plots/healthcare_rates.csv", lambda t: t[t["rate"] == "selection_rate"])
    text = plain(written("data_sheet"))
    assert "whether they were necessary is not recorded" in text
    assert "dropped rows are counted in" in text
    assert "is yes or maybe" in text.split("The label is positive where ")[1].split(".")[0]
    assert "the table brings its own" in text
    assert "becomes the training median." in text
    assert "becomes the most frequent level" in text
    assert "it gets the feature's median" in text
    assert "if rows were clipped" not in text


def test_answers_for_another_table_are_open(results):
    """When a table is another one, what was written for it gives way to its questions; other tables' answers stay."""
    change("params.yaml", lambda tree: tree["budget"].update(source="data/raw/people.csv"))
    risk_register.main()
    owners = files.read_csv("plots/risk_register.csv").set_index("name")["owner"]
    assert owners["Selection by education"] == "not answered yet"
    assert owners["Wait on the limited plan"] == "medical director"
    sheet, assessment = written("data_sheet"), written("risk_assessment")
    assert sheet.count("**Not answered yet: ") == 6
    assert "teaching table" not in sheet
    assert "two biases built in on purpose" in sheet
    assert "[Made" not in sheet
    assert "To try this pipeline. It describes no real person." in sheet
    # Only what is about the requests or the segments alone was written for a table that is still there.
    assert assessment.count("**Not answered yet: ") == 8
    assert "people without a degree" not in assessment
    assert "patients whose request comes from a GP" in assessment
    assert "decision_log" not in assessment


def test_text_from_data_is_harmless(results):
    """A level, a feature and an owner that look like Markdown or HTML stay text."""
    evil = "<script>x</script> [a](javascript:b) | `c`"
    change("plots/prepare_base_rates.csv", lambda t: t.assign(level=evil))
    change("plots/proxies.csv", lambda t: t.assign(feature=t["feature"].where(t["feature"] == "all others", evil)))
    change("plots/risk_register.csv", lambda t: t.assign(owner=evil, about=evil))
    for name in ("data_sheet", "risk_assessment"):
        text = written(name)
        assert "<script>" not in text
        assert not re.search(r"(?<!\\)\]\(javascript:", text)
        widths = [re.split(r"(?<!\\)\|", line) for line in text.splitlines() if r"\<script" in line and line[0] == "|"]
        assert widths
        assert len({len(width) for width in widths}) <= 2


def test_nothing_left_is_said_to_be_nothing(results):
    """Without high or medium risks the tables say that there are none."""
    change("plots/risk_register.csv", lambda t: t[t["band"] == "low"])
    text = written("risk_assessment")
    assert text.count("*No rows in") == 2
    assert "High:" not in text


def test_an_empty_table_of_findings_is_no_risk(results):
    """An audit whose waits are switched off gives a register without them."""
    change("plots/healthcare_waits.csv", lambda _: pd.DataFrame(columns=["switched_off"]))
    change("params.yaml", lambda tree: tree["policy"]["rules"].pop("premium_wait"))
    risk_register.main()
    assert "waits" not in " ".join(files.read_csv("plots/risk_register.csv")["figure"])
