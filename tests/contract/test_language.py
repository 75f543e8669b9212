"""What people read is plain English: no phrase that readers stumbled over, short sentences, numbers of one style."""

from __future__ import annotations

import re

import pytest

from pipeline.reporting import glossary
from tests.support import language
from tests.support.contract import ROOT

# What is banned → what to write instead.
UNIT = "row|line|rule|value|experiment|stage|panel|point|threshold|level|group|method|figure|constraint|model"
BANNED = {
    rf"\b(?:one|an?) (?:\w+ )?(?:{UNIT}|second|script) an? (?:{UNIT})\b": "per, or each",
    r"\\`": "a code span in the template's own text, not in a value",
    r"\brows a level\b": "per level",
    r"\banew\b": "again",
    r"\bheed(ed|s|ing)?\b": "need attention",
    r"\bmend(s|ed|ing)?\b": "fix, correct, repair",
    r"\bholds 0\b|\bholds zero\b": "includes 0",
    r"\bdecided unlike\b": "received different decisions",
    r"\blike (cases?|pairs?|requests?)\b": "similar",
    r"\bthe talk is\b": "name the action",
    r"\bnot so:": "are not:",
    r"\bvalid rows\b": "validation rows",
    r"\b(GP|Surgeon|Limited|Full|rural=\d) (is|are|waits?) ": "GP requests are",
    r"\bpoints (less|longer|shorter)\b": "a unit, and fewer",
    r"\bwaits? \d+(\.\d+)? (longer|shorter|less)\b": "a unit",
    r"\bas usually told\b|\btold (apart|twice|from)\b": "measured, distinguished",
    r"\b(is|are|be|was|were|nothing is|no word is) said\b|# said\b": "stated",
    r"\bsaid (of|so)\b": "written about",
    r"\bthe lot\b": "all of it",
    r"\bthe other way round\b": "delete the mirror of a sentence",
    r"\bis no (pass|number|level|attribute|folder|query|remote|file)\b(?! that)": "is not a",
    r"\bfor they\b|\bfor it is\b": "because",
    r"\bbring more\b": "add",
    r"\d%(?![\w\";])": "43 %",
    r"\bstands? beside\b|\bgoes by\b|\bsays so\b": "name the thing",
}
# Proverbs that stood as reasons of rules.
PROVERBS = ("a fair coin is fair", "agreed, not discovered", "that a few rows decide", "is offered by group")


PAGES = language.written()
YAML = [ROOT / "params.yaml", ROOT / "dvc.yaml"]
READ = [path for path in PAGES if path.suffix == ".md"]
FOR_DECIDERS = [ROOT / name for name in language.DECIDERS]


def name_of(path):
    """A file's name from the root, which names its test."""
    return path.relative_to(ROOT).as_posix()


def banned(text):
    """The banned phrases of a text, each with its surroundings and what to write instead."""
    found = [
        f"{text[max(m.start() - 30, 0) : m.end() + 30]!r}: write {instead}"
        for pattern, instead in BANNED.items()
        for m in re.finditer(pattern, text, re.IGNORECASE)
    ]
    return found + [proverb for proverb in PROVERBS if proverb in text]


@pytest.mark.parametrize("path", [*PAGES, *YAML, ROOT / "Makefile", ROOT / "answers.yaml"], ids=name_of)
def test_no_banned_phrase_is_left(path):
    """Documents, templates, parameters, answers and help avoid the phrases that readers did not understand."""
    assert banned(language.prose(path)) == []


def test_messages_avoid_banned_phrases_and_are_short():
    """What the code raises or prints has no banned phrase and no clause of more than 25 words."""
    faults = [(place, banned(text)) for place, text in language.messages() if banned(text)]
    faults += [(place, s) for place, text in language.messages() for s in language.long(text.replace("; ", ". X "))]
    assert faults == []


@pytest.mark.parametrize("path", READ, ids=name_of)
def test_sentences_are_short(path):
    """A sentence of a document or page has 25 words or fewer; brackets, tables and code do not count."""
    assert [s for text in language.paragraphs(path) for s in language.long(text)] == []


@pytest.mark.parametrize("path", YAML, ids=name_of)
def test_comments_and_reasons_are_short(path):
    """So has a comment of the parameters or stages."""
    assert [s for text in language.comments(path) for s in language.long(text)] == []


@pytest.mark.parametrize("path", READ, ids=name_of)
def test_numbers_have_one_style(path):
    """Thousands have separators, percent signs a space, and decimals a leading zero."""
    found = [(n, text[:60]) for text in language.paragraphs(path) for n in language.numbers(text)]
    assert found == []


@pytest.mark.parametrize("path", FOR_DECIDERS, ids=name_of)
def test_people_who_decide_read_no_keys(path):
    """Documents for deciders name people and things: no snake_case, no `rural=1`, no label 1."""
    assert language.keys(language.read_by_deciders(path)) == []


def test_the_glossary_has_the_terms_that_documents_link():
    """Each term has its entry, in order, of one sentence or two, and no entry is without a term."""
    text = (ROOT / glossary.FILE).read_text(encoding="utf-8")
    entries = re.findall(r"^## (.+)\n\n((?:.+\n)+)", text, re.MULTILINE)
    assert [term for term, _ in entries] == sorted(glossary.TERMS, key=str.casefold)
    assert all(len(language.sentences(language.plain(said))) <= 2 for _, said in entries)


@pytest.mark.parametrize(
    "name",
    ["policy", "playbook/1_context", "playbook/2_definitions", "playbook/5_implementation", "playbook/appendices"],
)
def test_pages_for_deciders_link_terms_once(name):
    """A page written by hand links the first mention of each term, as the reporting engine does for documents."""
    text = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert glossary.linked(text, f"docs/{name}.md") == text
    links = re.findall(r"\(\S*glossary\.md#([\w-]+)\)", text)
    assert len(links) == len(set(links))


def test_sentences_are_counted():
    """The splitter knows abbreviations, links, code, brackets and what a colon leads in."""
    words = " ".join(["word"] * 26)
    assert len(language.long(f"{words}.")) == 1
    assert language.long(f"{' '.join(['word'] * 13)}. A{' word' * 13}.") == []
    assert language.long(f"One: {' '.join(['word'] * 25)}; {' '.join(['word'] * 25)}") == []
    assert len(language.long(f"{' '.join(['word'] * 13)}; {' '.join(['word'] * 13)}")) == 1
    assert language.long(f"One ({words}) two [{words}] three.") == []
    assert language.sentences("By Obermeyer et al. 2019. See `a.b` 3.5 times.") == [
        "By Obermeyer et al 2019.",
        "See `a.b` 3.5 times.",
    ]
    assert language.plain("- [the text](page.md#x) of `code here`") == "the text of `code`"


def test_numbers_out_of_style_are_found():
    """Years, versions, addresses and decimals with a leading zero are in style."""
    assert language.numbers("In 2019 11955 rows, 43% and .98; 11,955 rows, 43 %, 0.98 (doi 10.1007/s10115)") == [
        "11955",
        "43%",
        ".98",
    ]
    assert language.keys("label 1 of rural=1 in group_rates, see plots/group_rates.csv") == [
        "label 1: label 1",
        "name=1: rural=1",
        "snake_case: group_rates",
    ]
