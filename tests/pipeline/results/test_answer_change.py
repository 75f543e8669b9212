"""An answer as a difference: it applies, answers the question, and changes nothing else of the file."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.results import answers
from pipeline.results.answer_change import difference
from pipeline.storage.parameters import read_yaml
from responsible.governance.answers import tables
from responsible.validation import InputError
from tests.support.contract import ROOT

TEXT = "People who ask for it: with {braces}, # and\n  a second line\n"


@pytest.fixture
def place(tmp_path):
    """A repository's parameters, answers and templates, in which one question lost its answer."""
    shutil.copytree(ROOT / "docs/templates", tmp_path / "docs/templates")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    text = (ROOT / "answers.yaml").read_text(encoding="utf-8")
    begin = text.index("  users: |\n")
    end = text.index("  out_of_scope: |\n")
    (tmp_path / "answers.yaml").write_text(text[:begin] + text[end:], encoding="utf-8")
    return tmp_path


def held(root: Path):
    return answers.of_folder(root, read_yaml(root / "params.yaml"), answers.date.min)


def open_questions(root: Path):
    return {asked.name: asked for asked in held(root).asked if asked.why}


def applied(root: Path, changed: str):
    subprocess.run(["git", "apply", "-"], cwd=root, input=changed.encode(), check=True)


def test_the_difference_applies_and_answers(place):
    """Git applies it, the question is closed with the text as it was typed, and one line is all that is added."""
    before = (place / "answers.yaml").read_text(encoding="utf-8")
    asked = open_questions(place)["users"]
    changed = difference(asked, TEXT, tables(read_yaml(place / "params.yaml")), str(place))
    assert (place / "answers.yaml").read_text(encoding="utf-8") == before
    assert [line for line in changed.splitlines() if line.startswith(("+ ", "- "))] == [
        "+  users: |",
        "+    People who ask for it: with {braces}, # and",
        "+    a second line",
    ]
    applied(place, changed)
    assert open_questions(place) == {}
    assert (
        held(place).at("model_card", "users").answer.text
        == "People who ask for it: with {braces}, # and\na second line"
    )


def test_an_answer_for_another_table_names_it(place):
    """Where the other answers were written for another table, this one says which it is for, and holds."""
    params = place / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("data/raw/budget.csv", "data/raw/mine.csv"))
    asked = open_questions(place)["users"]
    applied(place, difference(asked, "Ours", tables(read_yaml(params)), str(place)))
    found = open_questions(place)
    assert "users" not in found
    assert "contact" in found


def test_without_a_file_it_is_a_new_one(place):
    """The first answer makes answers.yaml."""
    (place / "answers.yaml").unlink()
    asked = open_questions(place)["users"]
    applied(place, difference(asked, "Ours", tables(read_yaml(place / "params.yaml")), str(place)))
    assert "users" not in open_questions(place)


def test_what_is_no_answer_is_refused(place):
    """An empty text, and a question whose text stands in params.yaml, say so."""
    asked = open_questions(place)["users"]
    with pytest.raises(InputError, match=r"^model_card\.users: an answer needs words$"):
        difference(asked, " \n", {}, str(place))
    rule = next(each for each in held(place).asked if each.place == answers.RULES)
    with pytest.raises(InputError, match=r"is answered in params\.yaml"):
        difference(rule, "x", {}, str(place))
