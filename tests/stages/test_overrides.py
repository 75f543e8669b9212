"""A table with human overrides, from prepare to the report: its section, its rules' figures and its texts to send."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.results import figures
from pipeline.storage import files
from pipeline.storage.parameters import keys
from responsible.datasets.healthcare import draw
from stages import healthcare_audit, prepare_healthcare
from tests.support.contract import ROOT
from tests.support.tables import tree, write

ROWS = 2_000


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of an audit of decisions of which people overruled 30 % for GPs and 10 % for surgeons."""
    root = tmp_path_factory.mktemp("overrides")
    raw = pd.concat([pd.DataFrame(chunk) for chunk in draw(ROWS, 5)], ignore_index=True)
    chance = np.where(raw["requester_type"] == "GP", 0.3, 0.1)
    raw.assign(overruled=np.where(np.random.default_rng(1).random(ROWS) < chance, "yes", "no")).to_csv(root / "t.csv")
    limits = tree()["healthcare_audit"]["limits"] | {"override_rate_difference": {"minimum": -0.05, "maximum": 0.05}}
    given = tree(
        healthcare__source="t.csv",
        healthcare__override={"column": "overruled", "positive": ["yes"], "negative": ["no"]},
        healthcare_audit__limits=limits,
        healthcare_audit__similarity__permutations=100,
        inference__replicates=300,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write(Path("params.yaml"), given, [*keys(prepare_healthcare.Parameters), *keys(healthcare_audit.Parameters)])
        prepare_healthcare.main()
        healthcare_audit.main(templates=str(ROOT / "docs/templates/healthcare"))
    return root


def test_the_report_counts_overrides_and_names_the_finding(built):
    """The section says how many decisions were overruled, the finding is RED, and the texts to send name it."""
    text = (built / "docs/healthcare_audit.md").read_text(encoding="utf-8")
    table = files.read_csv(built / "t.csv")
    number = int((table["overruled"] == "yes").sum())
    section = text.split("## When people overrule the proposal")[1].split("\n## ")[0]
    assert f"{number:,} of 2,000 requests were overruled by a person. A limit on the difference" in section
    gp, surgeon = (table[table["requester_type"] == who]["overruled"].eq("yes") for who in ("GP", "Surgeon"))
    counts = f"{gp.sum():,} of {len(gp):,} against {surgeon.sum():,} of {len(surgeon):,}"
    assert f"| RED | requester: GP | all requests | {counts} |" in section
    assert "requests proposed for a no" in section
    for name in ("Audit alert", "Compliance summary"):
        sent = text.split(f"## {name}, ready to send")[1].split("\n## ")[0]
        assert re.search(r"\*\*RED\*\*, requester: GP, share overruled by a person: ", sent)


def test_its_figures_have_paths_for_rules(built):
    """A rule may name the difference of override rates, and each level's rate; the headline counts both."""
    found = figures.collect(built)
    assert "GP" in found["healthcare_approvals.requester.all.override_rate_difference"]
    assert found["healthcare_rates.requester.proposed_no.override_rate"]["GP"].value > 0
    headline = files.read_json(built / "metrics/healthcare_audit.json")["healthcare_audit"]["overrides"]
    assert headline["of"] == ROWS


def test_a_table_without_the_role_has_no_word_of_it():
    """The sample has no such column: no section, no figure, no row."""
    assert "overrule the proposal" not in (ROOT / "docs/healthcare_audit.md").read_text(encoding="utf-8")
    assert "overrides" not in files.read_json(ROOT / "metrics/healthcare_audit.json")["healthcare_audit"]
    assert "override_rate" not in set(files.read_csv(ROOT / "plots/healthcare_rates.csv")["rate"])
