"""The answers of the repository: all of the sample's hold, and none speaks for another table."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.reporting.formatting import plain
from pipeline.results import answers
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage import parameters
from responsible.governance.answer import headline
from responsible.governance.answers import NO_TEXT, NOT_YET, OTHER_TABLE, SAMPLE_TEXT, digest
from responsible.governance.policy import Policy
from responsible.validation import InputError
from stages import check_parameters
from tests.support.contract import ROOT

PARAMS = parameters.read_yaml(ROOT / "params.yaml")
FILE = parameters.read_yaml(ROOT / "answers.yaml")
LAST = date(9999, 1, 1)
OURS = {"source": "data/raw/ours.csv", "target": "granted", "columns": ["Age", "sex"]}


def ours(tree):
    """The parameters with another table in the budget line."""
    tree["budget"] |= {"source": OURS["source"], "target": {"column": "granted"}, "features": {"Age": {}}}
    tree["sensitive"] = {"sex": {"column": "sex"}}


@pytest.fixture
def folder(tmp_path):
    """What the gate reads, to be changed."""
    for name in ("metrics", "plots", "docs/templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("params.yaml", "answers.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def edit(file, change):
    tree = parameters.read_yaml(file)
    change(tree)
    with Path(file).open("w", encoding="utf-8") as lines:
        YAML(typ="safe").dump(tree, lines)


def held(folder, today=date.min):
    return answers.of_folder(folder, parameters.read_yaml(folder / "params.yaml"), today)


def whys(folder, place, today=date.min):
    return {a.name: a.why for a in held(folder, today).of(place)}


def test_every_answer_of_the_sample_holds_on_any_day():
    """No question of the sample is open, and each answer of the file is asked for."""
    found = answers.of_folder(ROOT, PARAMS, LAST)
    assert [(a.place, a.name, a.why) for a in found.asked if a.why] == []
    assert {(a.place, a.name) for a in found.asked if a.place in answers.DOCUMENTS} == {
        (place, name) for place in answers.DOCUMENTS for name in FILE[place]
    }
    assert len(found.of(answers.RULES)) == len(PARAMS["policy"]["rules"])


def test_the_questions_counted_are_those_that_the_documents_ask():
    """Each question found in a template stands in its document, and no document has another one in bold."""
    for place, asked in answers.questions({n: ROOT / p for n, p in answers.TEMPLATES.items()}).items():
        text = (ROOT / f"docs/{place}.md").read_text(encoding="utf-8")
        assert asked
        assert [name for name, (question, _) in asked.items() if f"**{question}**" not in text] == []


def test_what_belongs_to_the_sample_is_known():
    """Its tables are those of its answers and parameters, and each text written for it is among the digests."""
    sample, texts = answers._sample()
    assert sample == answers.read(ROOT / "answers.yaml").written_for
    assert sample == answers.circumstances(PARAMS).tables
    own = [
        text if isinstance(text, str) else text["text"] for place in answers.DOCUMENTS for text in FILE[place].values()
    ]
    parts = ("reason", "owner", "treatment")
    own += [rule[part] for rule in PARAMS["policy"]["rules"].values() for part in parts if part in rule]
    own += PARAMS["policy"]["owners"].values()
    own += [source["sign"] for source in PARAMS["playbook"]["sources"].values()]
    lacking = {digest(text): plain(text)[:60] for text in own if digest(text) not in texts}
    assert lacking == {}, "add these digests to pipeline/results/sample.yaml"


def test_another_table_has_no_answers(folder):
    """With the sample's file beside another budget table everything about it is open, and the rest is not."""
    edit(folder / "params.yaml", ours)
    parts = "budget.source, budget.target, budget.columns"
    assert set(whys(folder, "model_card").values()) == {f"{OTHER_TABLE}: {parts}"}
    assert {name for name, why in whys(folder, "data_sheet").items() if why} == {
        name for name in FILE["data_sheet"] if name.startswith("budget")
    }
    assert set(whys(folder, answers.SHEET).values()) == {""}
    assert whys(folder, "risk_assessment")["context"] == f"{OTHER_TABLE}: {parts}"
    assert whys(folder, "risk_assessment")["healthcare_affected"] == ""
    rules = whys(folder, answers.RULES)
    assert (rules["accuracy"], rules["premium_wait"], rules["one_sided_segments"]) == (SAMPLE_TEXT, "", "")


def test_a_new_name_makes_nothing_yours(folder):
    """Where file and parameters name another table, the sample's texts wait for a person; one of one's own does not."""
    edit(folder / "params.yaml", ours)

    def claim(tree):
        tree["written_for"]["budget"] = OURS
        tree["model_card"]["users"] = "Loan officers of the branch."
        tree["model_card"]["contact"] = {
            "text": tree["model_card"]["contact"],
            "confirmed_by": {"name": "Ada Lovelace", "date": date(2026, 5, 1)},
        }

    edit(folder / "answers.yaml", claim)
    found = whys(folder, "model_card")
    assert (found.pop("users"), found.pop("contact")) == ("", "")
    assert set(found.values()) == {SAMPLE_TEXT}


def test_the_same_table_under_another_name_is_no_exception(folder):
    """A copy of the sample's own rows beside a renamed source leaves its texts open as well."""
    edit(folder / "params.yaml", lambda tree: tree["budget"].update(source="mine.csv"))
    edit(folder / "answers.yaml", lambda tree: tree["written_for"]["budget"].update(source="mine.csv"))
    assert set(whys(folder, "model_card").values()) == {SAMPLE_TEXT}


def test_new_rows_void_nothing(folder):
    """The table is known by its source, target and columns: other rows, digests and figures change no answer."""
    edit_json = folder / "metrics/prepare.json"
    edit_json.write_text(edit_json.read_text(encoding="utf-8").replace('"kept": 20000', '"kept": 20001'))
    assert [a for a in held(folder).asked if a.why] == []


def test_an_answer_follows_the_parameters_it_depends_on(folder):
    """Another label threshold opens the one answer that was written for the old one."""
    own = {"text": FILE["model_card"]["trade_off"]["text"], "depends_on": {"threshold": 300}}
    edit(folder / "answers.yaml", lambda tree: tree["model_card"].update(trade_off=own))
    assert not any(whys(folder, "model_card").values())
    edit(folder / "params.yaml", lambda tree: tree.update(threshold=250))
    assert [name for name, why in whys(folder, "model_card").items() if why] == ["trade_off"]


def test_the_gate_knows_the_day_and_documents_do_not(folder):
    """An answer whose review is due is open where decisions are made, from the day after."""
    own = {"text": FILE["model_card"]["users"], "review_by": date(2026, 12, 31)}
    edit(folder / "answers.yaml", lambda tree: tree["model_card"].update(users=own))
    assert not any(whys(folder, "model_card").values())
    assert verdicts(folder, date(2026, 12, 31))[-1].verdict == "pass"
    last = verdicts(folder, date(2027, 1, 1))[-1]
    assert (last.name, last.blocks, last.evidence.value) == ("unanswered_questions", True, 1.0)
    assert "model_card: users (the text was to be reviewed by 2026-12-31)" in last.rule.reason


@pytest.mark.parametrize("severity", ["block", "warn"])
def test_the_policy_says_what_open_questions_mean(folder, severity):
    """They are counted in the verdict that all readers share, and block when the policy says so."""
    edit(folder / "answers.yaml", lambda tree: tree["model_card"].update(users=None, contact=" "))
    edit(folder / "params.yaml", lambda tree: tree["policy"].update(unanswered=severity))
    judged = verdicts(folder, date(2026, 5, 1))
    number = len(held(folder).asked)
    assert headline(judged).endswith(f" 2 of {number} questions are not answered yet.")
    assert judged[-1].blocks is (severity == "block")


def test_rules_and_sources_without_their_texts_are_questions(folder):
    """A rule without a reason or an owner can be judged; what is missing is shown as not answered, and counted."""

    def change(tree):
        del tree["policy"]["rules"]["accuracy"]["owner"]
        tree["policy"]["rules"]["accuracy_cost"]["reason"] = None
        tree["playbook"]["sources"]["score_weights"]["sign"] = ""

    edit(folder / "params.yaml", change)
    assert {a.name: a.why for a in held(folder).asked if a.why} == dict.fromkeys(
        ("accuracy", "accuracy_cost", "score_weights"), NO_TEXT
    )
    rules = {j.name: j.rule for j in verdicts(folder, date(2026, 5, 1))}
    assert (rules["accuracy"].owner, rules["accuracy_cost"].reason) == (NOT_YET, NOT_YET)
    assert rules["accuracy"].reason == PARAMS["policy"]["rules"]["accuracy"]["reason"]


def test_a_rule_with_the_samples_words_is_confirmed_like_an_answer(folder):
    """A reason that holds for the other table as well is kept by whoever puts their name to it."""
    edit(folder / "params.yaml", ours)
    said = {"name": "Ada Lovelace", "date": date(2026, 5, 1)}
    edit(folder / "params.yaml", lambda tree: tree["policy"]["rules"]["accuracy"].update(confirmed_by=said))
    assert whys(folder, answers.RULES)["accuracy"] == ""
    now = held(folder).circumstances
    policy = parameters.section(folder / "params.yaml", "policy", Policy)
    spoken = answers.spoken(policy, now).rules
    assert spoken["accuracy"].owner == "product"
    assert spoken["accuracy_cost"].owner == NOT_YET


def test_a_line_of_work_that_is_absent_asks_nothing(folder):
    """Its questions are neither counted nor open, and what is about all tables is about those that are there."""
    edit(folder / "params.yaml", lambda tree: [tree.pop(line) for line in ("healthcare", "segments")])
    (folder / answers.TEMPLATES[answers.SHEET]).unlink()
    assert held(folder).at(answers.SHEET, "uses") is None
    names = whys(folder, "data_sheet") | whys(folder, "risk_assessment")
    assert not [name for name in names if name.startswith(("healthcare", "segments"))]
    assert held(folder).of(answers.SOURCES) == ()
    assert names["context"] == ""


def test_without_the_file_every_question_is_open(tmp_path, folder):
    """A repository that lost its answers has none."""
    (folder / "answers.yaml").unlink()
    assert set(whys(folder, "model_card").values()) == {NO_TEXT}


def refused(folder):
    with pytest.raises(InputError) as error:
        check_parameters.main(
            params=str(folder / "params.yaml"),
            answers=str(folder / "answers.yaml"),
            templates=str(folder / "docs/templates"),
            valid=str(folder / "valid"),
        )
    return str(error.value).replace(f"{folder}/", "").splitlines()


def test_faults_of_the_file_are_shown_before_any_stage_runs(folder):
    """Unknown questions and parameters, typed numbers and open places: a line each, with what helps."""

    def change(tree):
        tree["model_card"] |= {
            "contct": "Us.",
            "users": {"text": "All of 7 teams.", "depends_on": {"treshold": 300, "model.c": 1}},
            "harms": "TODO",
        }
        tree[answers.SHEET]["uses"] = {"text": "Messages.", "depends_on": {"threshold": 300}}

    edit(folder / "answers.yaml", change)
    found = sorted(refused(folder))
    assert [line.split(";")[0].split(" is a ")[0].removeprefix("answers.yaml: ") for line in found] == [
        "model_card.contct is not a question of docs/templates/model_card.md.j2",
        "model_card.harms, line 1: 'TODO'",
        "model_card.users, line 1: '7'",
        "model_card.users.depends_on: model.c is not a parameter",
        "model_card.users.depends_on: treshold is not a parameter",
        "segments_data_sheet.uses.depends_on: threshold must be of one of seed, inference, segments, cluster_privacy",
    ]
    hints = [line.partition("; did you mean ")[2] for line in found if "; did" in line]
    assert [re.split(" or |[?]", hint)[0] for hint in hints] == ["'contact'", "'model.C'", "'threshold'"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"model_crd": {}}, "answers.yaml: model_crd is not a known key; did you mean 'model_card'?"),
        ({"model_card": "Ours."}, "answers.yaml: model_card must be a mapping of keys, got 'Ours.'"),
        ({"model_card": {"users": 3}}, "answers.yaml: model_card.users must be a mapping of keys, got 3"),
        (
            {"written_for": {"budget": {"source": "x"}}},
            "answers.yaml: written_for.budget.columns is missing; add the key",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(folder, change, line):
    """Sections and answers of other types are named by key, rule and value."""
    edit(folder / "answers.yaml", lambda tree: tree.update(change))
    assert line in refused(folder)
