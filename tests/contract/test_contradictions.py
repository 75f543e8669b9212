"""No document contradicts itself, another document, or the tables it was made from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from csv import DictReader
from itertools import groupby
from pathlib import Path

import pytest

from pipeline.reporting.formatting import plain
from pipeline.storage import parameters
from tests.support.contract import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COLOURS = ("RED", "AMBER", "GREEN")  # the worst first
FINDING = re.compile(r"^\| (?:\*\*)?(RED|AMBER|GREEN)(?:\*\*)? \| ([^:|]+): ", re.MULTILINE)
QUOTED = re.compile(r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])+)\]\[(f\d+)\]")
DEFINED = re.compile(r'^\[(f\d+)\]: (\S+) "(.+)"$', re.MULTILINE)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / name).open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def tables(text: str) -> list[list[str]]:
    """The Markdown tables outside of code blocks: runs of lines that begin with ``|``."""
    lines = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    bare = [line.removeprefix("> ").strip() for line in lines]
    return [list(own) for table, own in groupby(bare, lambda line: line.startswith("|")) if table]


def cells(line: str) -> int:
    """The number of cells of a table's row, as GitHub counts: a ``|`` splits, in code too, unless it is escaped."""
    return len(re.split(r"(?<!\\)\|", line.strip("|")))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_table_has_rows_of_equal_length(path):
    """A ``|`` that was not escaped would shift the cells behind it, and GitHub would drop the last."""
    for table in tables(read(path)):
        assert {cells(line) for line in table} == {cells(table[0])}, [t for t in table if cells(t) != cells(table[0])]


def sections(text: str) -> dict[str, str]:
    """Heading → what stands below it, the title's part under ``""``."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def coloured() -> list[Path]:
    return [path for path in DOCUMENTS if FINDING.search(read(path))]


def test_some_document_has_colours():
    """The tests below would pass on nothing."""
    assert [path.name for path in coloured()] == ["healthcare_audit.md"]


@pytest.mark.parametrize("path", coloured(), ids=lambda p: p.name)
def test_a_summary_is_as_bad_as_its_worst_row(path):
    """Title, alert, compliance summary and every group's sentence have the colour of their worst finding."""
    text = read(path)
    found = FINDING.findall(text)
    worst = min((colour for colour, _ in found), key=COLOURS.index)
    own = {name: min((c for c, n in found if n == name), key=COLOURS.index) for _, name in found}
    parts = sections(text)
    said = [re.search(r"^# .*?\*\*(\w+)\*\*", text, re.MULTILINE)[1]]
    said += re.findall(r"\*\*Status: (\w+)\.\*\*", parts["Audit alert, ready to send"])
    said += re.findall(r"\*\*Result: (\w+)\.\*\*", parts["Compliance summary, ready to send"])
    assert said == [worst] * 3
    named = re.findall(r"^(?:> )?- \*\*([^*]+)\*\* \((\w+)\)", text, re.MULTILINE)
    assert {name for name, _ in named} == set(own)
    assert [pair for pair in named if own[pair[0]] != pair[1]] == []


@pytest.mark.parametrize("path", coloured(), ids=lambda p: p.name)
def test_the_worst_finding_is_named_at_the_beginning(path):
    """Whoever reads the first paragraph, the plain words, the alert or the summary alone learns of every RED group."""
    text = read(path)
    red = {name for colour, name in FINDING.findall(text) if colour == "RED"}
    parts = sections(text)
    first = parts[""].strip().split("\n\n")[1]
    for part in (
        first,
        parts["In plain words"],
        *(parts[f"{n}, ready to send"] for n in ("Audit alert", "Compliance summary")),
    ):
        assert [name for name in red if name not in part] == []
    measures = {"wait": r"waits?", "difference": r"approved|refused"}
    of_red = [line for line in text.splitlines() if line.startswith("| **RED**")]
    for line in of_red:
        kind = "wait" if "mean wait" in line else "difference"
        assert re.search(measures[kind], first), f"{line} is not told of in: {first}"


def quoted() -> dict[tuple[str, str], dict[str, list[str]]]:
    """(File, key) of a figure → how it is written, without interval and in percent or not → documents."""
    found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in DOCUMENTS:
        text = read(path)
        named = {label: (file, key) for label, file, key in DEFINED.findall(text)}
        for shown, label in QUOTED.findall(text):
            if re.match(r"[−\d]", shown) and named[label][0] != "../params.yaml":
                found[named[label]][shown].append(path.name)
    return found


def test_a_figure_has_the_same_digits_everywhere():
    """A figure that two documents link to has the same decimals, and the same interval where it has one."""
    by_key = quoted()
    assert sum(len({d for docs in own.values() for d in docs}) > 1 for own in by_key.values()) >= 3
    for key, own in by_key.items():
        values = {re.sub(r" ?\[.*", "", shown).replace(" %", "") for shown in own if "%" not in shown}
        intervals = {re.search(r"\[.*\]", shown)[0] for shown in own if "[" in shown and "%" not in shown}
        assert max(len(values), len(intervals)) <= 1, f"{key}: {dict(own)}"


MEASURE = re.compile(r"^\| ([a-z ]+(?:difference|impact)) \|(.*)\|$", re.MULTILINE)
LINKED = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\[f\d+\]")


def by_attribute(text: str, heading: str) -> dict[tuple[str, str], list[str]]:
    """(Attribute, measure) → the intervals of its rows."""
    out: dict[tuple[str, str], list[str]] = defaultdict(list)
    for part in re.split(heading, text, flags=re.MULTILINE)[1:]:
        name, body = part.split("\n", 1)
        for measure, rest in MEASURE.findall(body.split("\n## ")[0]):
            out[name.strip(), measure] += re.findall(r"−?[\d.]+ \[[^\[\]]+\]", LINKED.sub(r"\1", rest))
    return out


def test_comparison_and_card_give_the_same_intervals():
    """Every fairness measure has one value and one interval in both documents: one draw, one rounding."""
    card = by_attribute(read(ROOT / "docs/model_card.md"), r"^<details><summary>Reweighed model, by ")
    card = {(name.removesuffix("</summary>"), measure): own for (name, measure), own in card.items()}
    comparison = by_attribute(read(ROOT / "docs/comparison.md"), r"^## By ")
    shared = card.keys() & comparison.keys()
    assert len(shared) >= 10
    assert all(len(card[key]) == 1 for key in shared)
    assert [(key, card[key], comparison[key]) for key in shared if not {*card[key]} <= {*comparison[key]}] == []


def test_what_the_readme_s_picture_shows_is_true():
    """The alt text is the finding with its numbers that the picture's own file states, computed from the table."""
    alt = re.search(r"!\[([^\]]+)\]\(plots/disparities\.svg\)", read(ROOT / "README.md"))[1]
    assert f"<desc>{alt}</desc>" in read(ROOT / "plots/disparities.svg")


def test_the_data_sheet_names_every_planted_bias():
    """The generator plants two differences in the healthcare table: approval by requester and waits by plan."""
    answer = " ".join(read(ROOT / "docs/data_sheet.md").split())
    assert "two biases built in on purpose" in answer
    assert "limited plan wait longer" in answer


def test_the_playbook_asks_for_reasons_of_refusals():
    """A refusal beside a similar approval needs a reason; an approval does not."""
    text = read(ROOT / "docs/playbook/5_implementation.md")
    assert "Record a reason whenever a request is refused although a similar one was approved." in text


def sweep() -> dict[str, object]:
    return json.loads(read(ROOT / "metrics/threshold_sweep.json"))["threshold_sweep"]


def test_a_recommended_threshold_meets_the_policy_and_beats_the_trivial_answer():
    """The card, the document and the metrics recommend a threshold only if its own figures bear it out."""
    found = sweep()
    own = {
        (r["model"], r["figure"]): r
        for r in rows("plots/threshold_intervals.csv")
        if float(r["threshold"]) == found["reported_threshold"]
    }
    low = float(own["reweighed", "accuracy"]["low"])
    base = float(own["data", "base_rate"]["value"])
    rule = parameters.read_yaml(ROOT / "params.yaml")["policy"]["rules"]["accuracy"]
    assert (rule["metric"], rule["severity"]) == ("reweigh.accuracy", "block")
    borne_out = low >= rule["minimum"] and low > max(base, 1 - base)
    assert found["beats_trivial_answer"] is (low > max(base, 1 - base))
    assert not found["recommended"] or borne_out
    assert (found["recommended_threshold"] is not None) is found["recommended"]
    says = {name: plain(read(ROOT / f"docs/{name}.md")) for name in ("recommended_threshold", "model_card")}
    assert ("No threshold can be recommended: " in says["recommended_threshold"]) is not found["recommended"]
    assert ("No label threshold can be recommended" in says["model_card"]) is not found["recommended"]
