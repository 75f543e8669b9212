"""One line of work on another table, without the code of the others: no word of the sample or of an absent line."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import statsmodels.api as sm

from pipeline.results.catalogue import Documents
from pipeline.storage.line_contents import LINES
from pipeline.storage.parameters import read_yaml
from tests.support.contract import ROOT
from tests.support.small import DVC, logged_names, ran, surroundings
from tests.support.without_lines import assert_whole, delete

# Words of the field, of HTML or of this repository's own sections, which the sample happens to use as well.
COMMON = {"accuracy", "budget", "marketing", "product", "scope", "persistence", "score_weights", "one_sided_segments"}
# The general part of the playbook: chapters that people wrote about audits of decisions in health care.
WRITTEN = ("1_context.md", "2_definitions.md", "5_implementation.md", "README.md", "appendices.md")
TABLES = {
    "budget": ("fair", ["--target=status", "--protected=religious", "--favourable=good"]),
    "healthcare": ("anes96", ["--target=vote", "--protected=educ"]),
    "segments": ("anes96", ["--protected=vote"]),
    "made elsewhere": ("fair", ["--target=status", "--protected=religious", "--favourable=good", "--score=p"]),
    "decisions alone": ("fair", ["--protected=religious", "--decision=yhat"]),
}
ELSEWHERE = ("made elsewhere", "decisions alone")  # tables of the budget line on which nothing is trained


def sample_words() -> set[str]:
    """Columns, levels, attributes, units, rules, reasons, owners and display names of the shipped parameters."""
    params = read_yaml(ROOT / "params.yaml")
    care = params["healthcare"]
    out = {"dollar", "dollars", "degree", "surgeon", "patient", "doctor", "women"}
    for attributes in (params["sensitive"], care["protected"]):
        for name, own in attributes.items():
            out |= {name, own["column"], *own["privileged"]}
    out |= {params["budget"]["target"]["column"], *params["budget"]["features"], *care["features"]}
    out |= {care["id"], care["time"], care["duration"]["unit"], *(care[r]["column"] for r in ("merit", "urgency"))}
    out |= set(params["playbook"]["sources"])
    for name, rule in params["policy"]["rules"].items():
        out |= {name, rule["title"], rule["reason"], rule["owner"], rule.get("level", "")}
    said = params["words"]
    out |= {said["merit"], said["urgency"], *said["names"].values(), *(w for own in said["rows"].values() for w in own)}
    out |= {word for own in said["levels"].values() for word in own.values()}
    return {
        spelt
        for word in out
        if word.lower() not in COMMON and len(word) > 1
        for spelt in (word, word.replace("_", " "))
    }


def outputs(root: Path) -> Iterator[tuple[str, str]]:
    """What the stages, the trail and the review wrote, by name; pictures inside a page as text, no style."""
    books = [path for path in root.glob("docs/playbook/*.md") if path.name not in WRITTEN]
    tables = [*root.glob("plots/*.csv"), *root.glob("plots/*.svg"), *root.glob("metrics/*.json")]
    for path in [*(root / name for name in Documents), *books, *tables, root / "review.md"]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"base64,([\w+/=]+)", lambda found: base64.b64decode(found[1]).decode(), text)
            yield path.name, re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    with contextlib.closing(sqlite3.connect(root / "mlflow.db")) as trail:
        for kind in ("tags", "params", "metrics"):
            rows = trail.execute(f"SELECT key, value FROM {kind}")  # noqa: S608 - one of three names
            yield kind, "\n".join(f"{key} {value}" for key, value in rows)


def columns(line: str) -> tuple[Any, list[str]]:
    """The public table of a line of work, and the options of `make start`."""
    name, options = TABLES[line]
    table = getattr(sm.datasets, name).load_pandas().data.head(3_000)
    if name == "fair":
        table = table.assign(status=(table["affairs"] > 0).map({True: "bad", False: "good"})).drop(columns="affairs")
    if line in ELSEWHERE:
        happy = table["rate_marriage"] / 5 - table["yrs_married"] / 100
        table = table.assign(p=happy.clip(0, 1), yhat=(happy > 0.7).map({True: "yes", False: "no"}))
        table = table.drop(columns=["yhat"] if line == ELSEWHERE[0] else ["p", "status"])
    of = "budget" if line in ELSEWHERE else line
    return table, [f"--line={of}", f"--table=data/raw/{name}.csv", *options]


def bounded(params: str) -> str:
    """The draft of the segments line with bounds, which people have to name."""
    ends = {"minimum": -100, "maximum": 10_000}
    return re.sub(r"(minimum|maximum):(?= +# decide: the values)", lambda end: f"{end[0]} {ends[end[1]]}", params)


def bounds_are_asked_for(root: Path) -> None:
    """`dvc repro` names every bound as missing, and keeps all results."""
    result = root / "metrics/cluster_privacy.json"
    before = result.read_bytes()
    refused = subprocess.run([*DVC, "repro"], cwd=root, env=surroundings(), capture_output=True, text=True, check=False)
    missing = re.findall(r"segments\.features\.(\w+)\.(?:minimum|maximum) must be a number, got None", refused.stderr)
    assert sorted(missing) == sorted(2 * list(read_yaml(root / "params.yaml")["segments"]["features"]))
    assert result.read_bytes() == before


def approvals_are_counted(root: Path, table: pd.DataFrame) -> None:
    """Each level has as many approvals of as many rows as the file; without merit and urgency there is a notice."""
    rates = pd.read_csv(root / "plots/healthcare_rates.csv", dtype={"level": str})
    found = rates[(rates["rate"] == "selection_rate") & (rates["scope"] == "all")].set_index("level")
    positive = read_yaml(root / "params.yaml")["healthcare"]["outcome"]["positive"]
    votes = table["vote"].astype(str).isin(positive).groupby(table["educ"].astype(str))
    assert found["count"].to_dict() == votes.sum().to_dict()
    assert found["of"].to_dict() == votes.size().to_dict()
    assert "switched off" in (root / "docs/healthcare_audit.md").read_text(encoding="utf-8").lower()


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize("line", TABLES)
def test_no_word_of_the_sample_is_left(line, built, tmp_path, monkeypatch):
    """Of public tables, each drafted by `make start`, built, recorded and reviewed with its own line of work, without
    the code of the others.

    The target of the first has two values: there is no sweep, and label 1 is put into words. Where nothing is trained,
    no word of training is left. Approvals are counted as in the file, and what it does not record is switched off.
    Bounds of people's features are asked for before anything is built, and with them everybody is segmented.
    """
    monkeypatch.setenv("AUDIT_TRAIL", "on")
    root, run = built.copy(tmp_path / "fork"), (sys.executable, "-m")
    (root / "mlflow.db").unlink(missing_ok=True)
    table, options = columns(line)
    table.to_csv(root / options[1].removeprefix("--table="), index=False)
    ran(root, *run, "commands.start", *options, "--force")
    kept = options[0].removeprefix("--line=")
    ran(root, *run, "commands.keep", kept)
    delete(root, [each for each in LINES if each != kept])
    params = root / "params.yaml"
    if line == "segments":
        bounds_are_asked_for(root)
    params.write_text(bounded(params.read_text(encoding="utf-8")), encoding="utf-8")
    said = ran(root, *run, "commands.rebuild")
    assert len(logged_names(root)) == 1
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--message", "Our table")
    (root / "review.md").write_text(ran(root, *run, "commands.review", "HEAD"), encoding="utf-8")

    own = json.dumps(read_yaml(params), default=str)
    words = {word for word in sample_words() if word not in own and word.replace(" ", "_") not in own}
    pattern = re.compile(rf"(?<![\w/.-])(?<!pull )(?:{'|'.join(map(re.escape, sorted(words)))})(?!\w)")
    found = [
        (name, text[max(0, m.start() - 40) : m.end() + 20])
        for name, text in outputs(root)
        for m in pattern.finditer(text)
    ]
    assert found == []
    assert_whole(root, [kept], said, (root / "review.md").read_text(encoding="utf-8"))
    if line in ELSEWHERE:
        trained = re.compile(r"baseline|reweigh|train_|logistic regression", re.IGNORECASE)
        assert [(name, m[0]) for name, text in outputs(root) for m in trained.finditer(text)] == []
        assert not {"train_baseline", "reweigh", "threshold_sweep"} & set(read_yaml(root / "dvc.yaml")["stages"])
    if line == "healthcare":
        approvals_are_counted(root, table)
    if line == "segments":
        counted = json.loads((root / "metrics/prepare_segments.json").read_text(encoding="utf-8"))["prepare_segments"]
        assert counted["kept"] == len(table)
        assert "describes nobody" not in (root / "docs/segments_data_sheet.md").read_text(encoding="utf-8")
    if line == "budget":
        assert "threshold_sweep" not in params.read_text(encoding="utf-8")
        assert "threshold_sweep" not in (root / "dvc.yaml").read_text(encoding="utf-8")
        assert list(root.glob("*/*threshold_choice*")) + list(root.glob("docs/recommended*")) == []
        card = (root / Documents.MODEL_CARD).read_text(encoding="utf-8")
        assert "answers yes where it expects that *[status is good]" in card
        assert "label threshold" not in card.lower()
