"""A vendor's model, version 1 against 2: the gate before and after, and the review in both forms that docs describe."""

import re
import sys

import numpy as np
import pytest
from ruamel.yaml import YAML

from commands import gate, review
from tests.support.contract import ROOT
from tests.support.predictions import people
from tests.support.small import DVC, ran, surroundings

pytestmark = [pytest.mark.heavy, pytest.mark.pipeline, pytest.mark.slow]
V1, V2 = ({"file": f"vendor_{v}.csv", "key": "id", "score": "p", "decision": "yhat"} for v in (1, 2))
RULE = {"judged_on": "interval", "severity": "block", "reason": "agreed with the board", "owner": "head of credit"}
GATE = re.compile(r"^(\w[\w ]*?)  +(pass|fail|insufficient evidence)  ", re.MULTILINE)


def predictions():
    """3,000 people, and what both versions say of them: the second treats groups alike and knows less."""
    table = people(3000)
    noise = np.random.default_rng(6).random(len(table))
    second = (0.5 * table["p"] + 0.5 * noise).round(6)
    return table, table[["id", "p", "yhat"]], table[["id"]].assign(p=second, yhat=(second >= 0.5).astype(int))


def build(root, message, models):
    """The parameters with these models and both rules, built and committed."""
    yaml, params = YAML(), root / "params.yaml"
    tree = yaml.load(params.read_text(encoding="utf-8"))
    tree["models"] = models
    impact = RULE | {"metric": "evaluate_fairness.sex.vendor.disparate_impact", "minimum": 0.8, "maximum": 1.25}
    accuracy = RULE | {"metric": "performance.vendor.accuracy", "minimum": 0.7}
    tree["policy"]["rules"] = {"impact": impact | {"title": "Impact"}, "accuracy": accuracy | {"title": "Accuracy"}}
    with params.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
    ran(root, *DVC, "repro", "--quiet")
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def fork(built, tmp_path_factory):
    """A fork that `make start` drafted for a table with a vendor's columns, on main with version 1 as a file; branches
    `replaced`, with version 2 in its place, and `beside`, with version 2 in its place and version 1 as reference.
    """
    root = built.copy(tmp_path_factory.mktemp("vendor") / "fork")
    patch = pytest.MonkeyPatch()
    for name, value in surroundings().items():
        patch.setenv(name, value)
    table, *versions = predictions()
    table.drop(columns="said").to_csv(root / "applications.csv", index=False)
    options = "TARGET=y PROTECTED=sex PRIVILEGED=sex=m ID=id SCORE=p DECISION=yhat"
    arguments = [f"--{o.partition('=')[0].lower()}={o.partition('=')[2]}" for o in options.split()]
    ran(root, sys.executable, "-m", "commands.start", "--table=applications.csv", *arguments, "--force")
    for v, own in enumerate(versions, 1):
        own.to_csv(root / f"data/predictions/vendor_{v}.csv", index=False)
    build(root, "Version 1", {"vendor": V1})
    for branch, models in (("replaced", {"vendor": V2}), ("beside", {"reference": "v1", "v1": V1, "vendor": V2})):
        ran(root, "git", "checkout", "--quiet", "-b", branch, "main")
        build(root, branch, models)
    yield root
    patch.undo()


@pytest.fixture
def on(fork, capsys):
    """What the gate and the review say on a branch."""

    def on(branch):
        ran(fork, "git", "checkout", "--quiet", "--force", branch)
        gate.main(str(fork))
        verdicts = dict(GATE.findall(capsys.readouterr().out))
        review.main("main", root=str(fork))
        return verdicts, capsys.readouterr().out.replace("\u00a0", " ")

    return on


def changes(text):
    """(value before, value after, change, low, high, whether row by row, reading) by figure."""
    number = r"[−+]?[\d.]+"
    shape = rf"\| ([^|]+) \| ({number}) → ({number})[ %]* \| ({number}) \[({number}), ({number})\]( \\\*)? \| \W*(\w+)"
    found = {}
    for name, *numbers, star, word in re.findall(shape, text):
        found[name] = [*(float(n.replace("−", "-")) for n in numbers), not star, word]
    return found


def test_the_gate_and_the_review_say_what_version_2_changes(on):
    """Impact is newly met and accuracy newly not; figures are those of the rows, compared as independent samples."""
    table, first, second = predictions()
    before, _ = on("main")
    after, text = on("replaced")
    assert (before["Impact"], before["Accuracy"]) == ("fail", "pass")
    assert (after["Impact"], after["Accuracy"]) == ("pass", "fail")
    assert "Newly blocking: Accuracy. No longer blocking: Impact." in text
    assert "`models.vendor.file` vendor_1.csv → vendor_2.csv." in text
    assert "list the earlier one as the reference here" in text
    assert re.search(r"baseline|reweigh|train|model\.C|\bC\b|logistic", text, re.IGNORECASE) is None
    found = changes(text)
    for name, of in (("accuracy, vendor", accuracy), ("statistical parity difference, vendor, sex", parity)):
        old, new = (100 * of(table, version["yhat"]) for version in (first, second))
        assert found[name][:3] == pytest.approx([old, new, new - old], abs=0.11)
        assert not found[name][5]


def accuracy(table, yes):
    return (table["y"] == yes).mean()


def parity(table, yes):
    rates = yes.groupby(table["sex"]).mean()
    return rates["f"] - rates["m"]


def test_beside_version_1_the_change_is_counted_row_by_row(on):
    """The interval of the change is that of the rows' differences, and narrower than between independent samples."""
    table, first, second = predictions()
    after, text = on("beside")
    alone = changes(on("replaced")[1])
    assert (after["Impact"], after["Accuracy"]) == ("pass", "fail")
    assert "`vendor` is compared row by row with `vendor` of main, here `v1`." in text
    assert "not paired" not in text
    found = changes(text)
    right, gained = (table["y"] == second["yhat"]) * 1 - (table["y"] == first["yhat"]), second["yhat"] - first["yhat"]
    groups = gained.groupby(table["sex"])
    gap, spread = groups.mean()["f"] - groups.mean()["m"], (groups.var() / groups.size()).sum()
    normal = {
        "accuracy, vendor": (right.mean(), right.var() / len(right)),
        "statistical parity difference, vendor, sex": (gap, spread),
    }
    for name, (mean, variance) in normal.items():
        ends = 100 * (mean + 1.96 * np.sqrt(variance) * np.array([0, -1, 1]))
        assert found[name][2:5] == pytest.approx(ends, abs=0.6)
    paired = [name for name, row in found.items() if row[5]]
    assert {*found} - {*paired} == {"ROC AUC, vendor", "log loss, vendor", "brier, vendor"}
    wider = [name for name in paired if found[name][4] - found[name][3] >= alone[name][4] - alone[name][3]]
    assert wider == ["average absolute odds difference, vendor, sex"]  # near its end 0 no interval is narrow
    assert len(re.findall(r"\| [^|]+, v1(?:, sex)? \| .* \| none \| same \|", text)) == 14


def test_the_page_on_data_of_ones_own_shows_this_review(on):
    """The lines that docs/your_own_data.md quotes are in the review."""
    shown = (ROOT / "docs/your_own_data.md").read_text(encoding="utf-8").partition("## A new version of their model")[2]
    (quoted,) = re.findall(r"\n\n```\n(.*?)\n```", shown, re.DOTALL)
    plain = [re.sub(r"[*`]", "", line) for line in on("beside")[1].splitlines()]
    missing = [line for line in quoted.splitlines() if line.strip() and not any(line in own for own in plain)]
    assert missing == []
