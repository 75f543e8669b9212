"""The stage `healthcare_audit`: what it says of the sample, and that documents, figures and functions agree."""

import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.documents import healthcare_figures, playbook
from pipeline.reporting.engine import fill
from pipeline.results.answers import circumstances
from pipeline.storage import files
from pipeline.storage.parameters import keys
from responsible.datasets.healthcare import draw
from responsible.healthcare.audit import HealthcareAudit, audit
from responsible.healthcare.schema import Healthcare, cases
from responsible.statistics.intervals import Inference
from responsible.tabular import sources
from responsible.words import Words
from stages import healthcare_audit, prepare_healthcare
from tests.support.contract import ROOT
from tests.support.tables import tree, write

PLAYBOOK = sorted((ROOT / "docs/playbook").glob("*.md"))
DOCUMENTS = [*PLAYBOOK, ROOT / "docs/healthcare_audit.md"]
METRICS = files.read_json(ROOT / "metrics/healthcare_audit.json")
ROLES = Healthcare.model_validate(tree()["healthcare"])


def drawn(rows, seed, bias=0.10):
    """Cases of a table of the generator, without a file between."""
    raw = pd.concat([pd.DataFrame(c) for c in draw(rows, seed, bias)], ignore_index=True)
    columns = {"row": np.arange(1, rows + 1)}
    for d in ROLES.declared():
        values = raw[d.column]
        columns[d.name] = (
            values.astype(float) if d.kind == "numeric" else values.str[:7] if d.kind == "month" else values.astype(str)
        )
    return cases(pd.DataFrame(columns), ROLES)


def audited(rows, seed, bias=0.10, replicates=500):
    """The audit of such a table."""
    rules = HealthcareAudit.model_validate(tree()["healthcare_audit"])
    inference = Inference(confidence=0.95, replicates=replicates, minimum_denominator=5)
    return audit(drawn(rows, seed, bias), ROLES, rules, inference, np.random.default_rng(seed))


@pytest.mark.slow
def test_the_audit_finds_what_was_planted_and_nothing_else():
    """20,000 requests: requester by 0.10 of approvals and premium by 5.5 minutes, found by every road; no more."""
    found = audited(20_000, 3)
    primary = healthcare_figures.primary(found).set_index("attribute")
    assert primary.loc["requester", "low"] <= -0.10 <= primary.loc["requester", "high"] < 0
    wait = found.waits[found.waits["measure"] == "mean_wait_difference"].drop_duplicates("attribute")
    assert wait.set_index("attribute").loc["premium", "value"] == pytest.approx(5.5, abs=0.15)
    assert {r.attribute for r in found.approvals.itertuples() if r.p_adjusted <= 0.05} == {"requester"}
    lost = found.individual.losses.set_index("level")
    assert lost.loc["GP", "share"] > 0.55
    assert lost.loc["GP", "p_adjusted"] < 0.01
    assert len(healthcare_figures.beyond(found)) == 0


@pytest.mark.slow
def test_without_bias_nothing_is_found():
    """The same table with zero bias: no comparison of approvals, no subgroup, nobody loses among like cases."""
    found = audited(20_000, 5, bias=0.0)
    assert (found.approvals["p_adjusted"] > 0.05).all()
    assert len(healthcare_figures.confirmed(found)) == 0
    assert (found.individual.losses["p_adjusted"] > 0.05).all()
    assert "RED" not in set(found.approvals["finding"])


def test_the_report_says_what_the_sample_holds():
    """Requests of GPs are approved about 10 points less often, shown by the interval; the search adds nothing to it."""
    text = (ROOT / "docs/healthcare_audit.md").read_text(encoding="utf-8")
    sentence = (
        r"Among emergency requests, 392 of 453 necessary requests are approved where requester is GP, 136 of 141 where "
        r"it is Surgeon: ([0-9.]+) percentage points fewer \(95 % interval ([0-9.−]+) to"
    )
    value, low = re.search(sentence, text).groups()
    assert float(value) == pytest.approx(10, abs=3)
    assert float(low) > 0
    assert "The search adds nothing beyond the declared groups themselves." in text
    assert f"comparisons {METRICS['healthcare_audit']['findings']['RED']} are RED" in text


def test_the_audit_of_a_sample_says_of_how_many_requests(tmp_path, monkeypatch):
    """Where the table has too many rows, the report names both numbers before any figure."""
    small = {"inference__replicates": 100, "healthcare_audit__similarity__permutations": 100}
    given = tree(healthcare__source=str(ROOT / "data/raw/healthcare.csv"), **small)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "MOST_ROWS", 1_200)
    write(Path("params.yaml"), given, [*keys(prepare_healthcare.Parameters), *keys(healthcare_audit.Parameters)])
    prepare_healthcare.main()
    healthcare_audit.main(templates=str(ROOT / "docs/templates/healthcare"))
    text = Path("docs/healthcare_audit.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert "They rest on 1,200 requests of" in text
    assert "**On a sample.** The table has 5,000 requests; those used were chosen by a hash." in text


def sendable(text):
    """The texts that the report calls ready to send, by their heading, without the marks of a quotation."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return {name: re.sub(r"^> ?", "", part, flags=re.MULTILINE) for name, part in named if "ready to send" in name}


def test_texts_to_send_name_every_finding_and_no_key():
    """Alert and summary stand alone: each RED and AMBER comparison by colour, group and cases, no key, no link."""
    words = Words.model_validate(tree()["words"])
    found = [files.read_csv(ROOT / f"plots/healthcare_{name}.csv") for name in ("approvals", "waits")]
    open_ones = [row for table in found for row in table.itertuples() if row.finding in ("RED", "AMBER")]
    texts = sendable((ROOT / "docs/healthcare_audit.md").read_text(encoding="utf-8"))
    assert len(texts) == 2
    assert len(open_ones) >= 8
    for text in texts.values():
        assert not re.search(r"[a-z0-9]_[a-z0-9]|=|\]\(|`|\bu\b", text.replace("p = ", ""))
        assert METRICS["healthcare_audit"]["findings"]["RED"] == 3
        assert "3 RED" in text
        for row in open_ones:
            group = f"{words.name(row.attribute)}: {words.level(row.attribute, row.comparison)}"
            own = [x for x in text.splitlines() if x.startswith(f"- **{row.finding}**, {group}, ")]
            assert any(words.scope(row.scope) in line.lower() for line in own), (group, row.scope)


def test_a_summary_is_never_milder_than_its_worst_line():
    """The title, the first paragraph and the texts to send have the colour of the worst comparison."""
    text = (ROOT / "docs/healthcare_audit.md").read_text(encoding="utf-8")
    assert text.startswith("# Audit of decisions: **RED**")
    first = text.split("\n\n")[1]
    assert first.startswith(
        "**Limits are exceeded.** Necessary requests wait 5.5 minutes longer where premium is Limited"
    )
    assert "1,191 requests" in first
    assert "root cause within 7 days" in first
    assert all("RED" in part for part in sendable(text).values())


def test_what_cannot_be_decided_names_the_requests_that_would_decide_it():
    """Every interval that crosses a limit has the requests of the table beside it, and no other comparison has."""
    text = (ROOT / "docs/healthcare_audit.md").read_text(encoding="utf-8")
    found = re.findall(r": ([\d,]+) [a-z ]+ where [^(]+\(([\d,]+) now\) and ([\d,]+) where", text)
    approvals = files.read_csv(ROOT / "plots/healthcare_approvals.csv")
    open_ones = approvals[approvals["verdict"] == "insufficient_evidence"]
    columns = ["needed_unprivileged", "support_unprivileged", "needed_privileged"]
    expected = [tuple(f"{int(value):,}" for value in row) for row in open_ones[columns].to_numpy()]
    assert sorted(found) == sorted(expected)
    assert ("626", "269", "1,026") in found


def test_headline_values_are_those_of_the_long_tables():
    """Each headline difference stands in the table it comes from, and the colours are counted there."""
    own = METRICS["healthcare_audit"]
    approvals = files.read_csv(ROOT / "plots/healthcare_approvals.csv")
    parity = approvals[(approvals["measure"] == "statistical_parity_difference") & (approvals["scope"] == "all")]
    found = dict(zip(parity["attribute"], parity["value"], strict=True))
    assert own["statistical_parity_difference"] == pytest.approx(found, abs=1e-6)
    waits = files.read_csv(ROOT / "plots/healthcare_waits.csv")
    colours = pd.concat([approvals["finding"], waits["finding"]]).value_counts()
    assert own["findings"] == {c: int(colours.get(c, 0)) for c in ("RED", "AMBER", "GREEN")}
    leaves = re.findall(r": [-0-9.]+", json.dumps(own))
    assert len(leaves) <= 20


def test_the_playbook_shows_the_metrics_file():
    """Every key of the metrics file stands in part 4 with the value it has there, and no other key does."""
    text = (ROOT / "docs/playbook/4_metrics.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `(healthcare_audit[^`]*)` \|.*\| `([^|]+)` \|$", text, re.MULTILINE))
    rows = playbook.metrics(METRICS["healthcare_audit"])
    assert shown == {row["key"]: str(row["value"]) for row in rows}


def test_the_matrix_is_made_of_the_parameters():
    """Part 3 lists each source with severity × likelihood × relevance, 1 to 27, the most urgent first."""
    text = (ROOT / "docs/playbook/3_bias_sources.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([^|]+) \| (?:data|algorithm|deployment) .*\| (\d) \| (\d) \| (\d) \| \*\*(\d+)\*\*", text, re.MULTILINE
    )
    assert len(rows) == len(tree()["playbook"]["sources"])
    priorities = [int(row[4]) for row in rows]
    assert priorities == [int(a) * int(b) * int(c) for _, a, b, c, _ in rows]
    assert priorities == sorted(priorities, reverse=True)


def test_the_success_metrics_are_those_of_the_held_out_months():
    """Part 6: baseline and current value of each line stand in plots/healthcare_held_out.csv."""
    text = (ROOT / "docs/playbook/6_validation.md").read_text(encoding="utf-8").replace("−", "-")
    table = files.read_csv(ROOT / "plots/healthcare_held_out.csv")
    for row in table[(table["scope"] == "all") & (table["part"] != "last minus earlier")].itertuples():
        called = Words.model_validate(tree()["words"]).name(row.attribute)
        line = next(x for x in text.splitlines() if f"| {called}: " in x and row.measure.replace("_", " ") in x)
        assert f"{row.value + 0.0:.3f} [".replace("-0.000", "0.000") in line


STORY = re.compile("surgeon|general practitioner|CT scan|premium|rural|specialist|requester", re.IGNORECASE)


def test_the_playbook_of_another_table_keeps_the_method_and_leaves_out_the_story():
    """Without the sample's table there is the rule to try, and no scenario and no grade that somebody gave the sample;
    a source that people graded themselves, or confirmed, is in the matrix.
    """
    given = tree()
    roles = given["healthcare"] | {"source": "ours.csv", "protected": {"sex": {"column": "sex", "privileged": ["m"]}}}
    sources = given["playbook"]["sources"]
    sources["ours"] = sources["drift_after_launch"] | {"sign": "nights are staffed by others"}
    kept = {"confirmed_by": {"name": "Ada", "date": "2026-05-01"}}
    sources["groups_too_small_to_see"] |= kept
    declared = playbook.Playbook.model_validate(given["playbook"])
    now = circumstances(given | {"healthcare": roles})
    found = SimpleNamespace(held_out=pd.DataFrame(), replay=pd.DataFrame())
    context = playbook.context(found, declared, {}, now)
    assert (context["sample"], context["ungraded"]) == (False, len(sources) - 2)
    assert [row["name"] for row in context["matrix"]] == ["groups too small to see", "ours"]
    context |= {"attributes": ["sex"], "cases": 9, "minimum_cell": 0} | Words().of_cases() | Words().of_tables()
    texts = [fill(ROOT / f"docs/templates/healthcare/{n}.md.j2", context) for n in ("3_bias_sources", "7_case_study")]
    assert "**Not answered yet:** 7 of the sources" in texts[0]
    assert "*Justification first*" in texts[1]
    assert "The rule sees none of the protected attributes (sex)." in texts[1]
    assert [STORY.findall(text) for text in texts] == [[], []]


def test_the_case_study_is_the_replay():
    """Part 7: the differences that changed beyond chance are those of plots/healthcare_replay.csv, and no others."""
    text = (ROOT / "docs/playbook/7_case_study.md").read_text(encoding="utf-8").replace("−", "-")
    numbers = re.findall(
        r"^\| [^|]+ \| [^|]+ \| (-?[0-9.]+) \[.*\| (-?[0-9.]+) \[.*\| (-?[0-9.]+) \[", text, re.MULTILINE
    )
    table = files.read_csv(ROOT / "plots/healthcare_replay.csv").query("change_low > 0 or change_high < 0")
    np.testing.assert_allclose(np.array(numbers, float), table[["before", "after", "change"]], atol=6e-4)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    """Every link to a file or heading of this repository exists."""
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", path.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{path.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{path.name} links to {target}#{anchor}"


@pytest.mark.parametrize("path", PLAYBOOK, ids=lambda path: path.stem)
def test_named_functions_exist(path):
    """Every function of the library that the playbook names can be imported."""
    for name in re.findall(r"`(responsible\.[a-z_.A-Z]+)`", path.read_text(encoding="utf-8")):
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function)), name


def test_hand_written_parts_hold_no_figures_of_the_audit():
    """What a hand wrote does not repeat a result, so it cannot be out of date."""
    for name in ("README", "1_context", "2_definitions", "5_implementation", "appendices"):
        text = (ROOT / f"docs/playbook/{name}.md").read_text(encoding="utf-8")
        assert not re.findall(r"\d+\.\d{3}", text), name
