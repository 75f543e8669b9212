"""Real branches of the sample with all its rows, and of a real table: the comment, and five answers in a browser."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys

import pytest

from commands import plots_page, review
from pipeline.repository import dvc
from tests.support import answers, browsing
from tests.support.branches import above_the_fold, comment, repro, reviewed
from tests.support.contract import ROOT
from tests.support.real import SHARED, WHY
from tests.support.small import DVC, ran, surroundings

pytestmark = [pytest.mark.heavy, pytest.mark.pipeline, pytest.mark.slow, pytest.mark.browser]
MODULE = (sys.executable, "-m")


@pytest.fixture(scope="module")
def environment_of_git():
    """Git without anyone's configuration, for the whole module."""
    patch = pytest.MonkeyPatch()
    for name, value in surroundings().items():
        patch.setenv(name, value)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def full(tmp_path_factory, environment_of_git):
    """A clone of this repository with its own rows and replicates, and what DVC's cache has of its results."""
    root = tmp_path_factory.mktemp("full") / "clone"
    ran(ROOT, "git", "clone", "--quiet", str(ROOT), str(root))
    for path in ("params.yaml", "dvc.yaml", "dvc.lock", "answers.yaml"):
        shutil.copy(ROOT / path, root / path)
    for folder in ("responsible", "pipeline", "stages", "commands", "docs", "metrics", "plots"):
        shutil.copytree(ROOT / folder, root / folder, dirs_exist_ok=True)
    if dvc.cache_folder(ROOT).is_dir():
        shutil.copytree(dvc.cache_folder(ROOT), root / ".dvc/cache")
        ran(root, *DVC, "checkout", "--quiet", "--allow-missing")
    ran(root, "git", "checkout", "--quiet", "-B", "main")
    repro(root, "As it is")
    return root


def impact(root, commit, attribute):
    """Disparate impact of the reweighed model in a commit, as a table of rules writes it."""
    text = ran(root, "git", "show", f"{commit}:metrics/evaluate_fairness.json")
    return f"{json.loads(text)['evaluate_fairness'][attribute]['reweighed']['disparate_impact']:.3f}"


def changed(root, setting):
    """The branch ``change`` of main with another parameter, built as an experiment."""
    ran(root, "git", "checkout", "--quiet", "--force", "-B", "change", "main")
    ran(root, *DVC, "exp", "run", "--quiet", "--set-param", setting)


def shown_on_one_screen(page):
    """The text of a comment, which ends above 800 pixels."""
    with browsing.opened(page, 1280) as opened:
        ends = opened.page.evaluate(
            "[...document.querySelectorAll('main > *')].map(e => e.getBoundingClientRect().bottom)"
        )
        assert max(ends) <= 800
        return " ".join(opened.page.locator("main").inner_text().split())


def test_comments_on_real_branches_fit_one_screen_and_five_questions_are_answered(full, tmp_path, capsys):
    """With the sample's own rows, the comment names what matters of two branches: the seven changes of fairness and the
    rule that is newly not met under stricter regularisation, and that another label threshold is not comparable.
    """
    changed(full, "model.C=0.001")
    text = reviewed(full, whole="https://example.org/runs/1")
    page = comment(text, tmp_path / "page.html")
    shown = shown_on_one_screen(page)
    for words in ("model.C 1.0 → 0.001", "Newly not met, only reported: Accuracy given up.", "The better-off lost"):
        assert words in shown
    fairness = [each for each in above_the_fold(text).splitlines() if re.match(r"\| .*, (education|gender) \|", each)]
    assert len(fairness) == 7
    assert all("**better**" in each for each in fairness)
    drawn = (full / review.PICTURE).read_bytes()
    assert drawn.count(b'class="axis full"') == drawn.count(b'class="a full"') > 5
    expected = {
        "use": "Does not meet the policy Two blocking rules are not met: ",
        "worst": "people whose education is Bachelor’s Degree or Master’s Degree",
        "who": "Owner fairness board Due ",
        "change": "Accuracy given up pass: −4.1 fail: −7.3 [−8.2, −6.5]",
        "source": "Source plots/fairness.csv: evaluate_fairness.education.reweighed.disparate_impact",
    }
    answered(full, page, expected)

    changed(full, "threshold=200")
    capsys.readouterr()
    text = reviewed(full, whole="https://example.org/runs/1")
    shown = shown_on_one_screen(comment(text, page))
    for words in ("Not comparable: the label threshold changed (300 → 200).", "Newly blocking: Accuracy."):
        assert words in shown
    assert re.search(r"\d+ figures: \d+ same, \d+ not comparable ", text)
    assert "| threshold | 300 | 200 |" in text
    changes = json.loads(ran(full, *DVC, "params", "diff", "--json"))["params.yaml"]
    assert changes == {"threshold": {"old": 300, "new": 200, "diff": -100}}
    assert "train_baseline.accuracy" in ran(full, *DVC, "metrics", "diff", "--md")
    plots_page.main("main", root=str(full))
    assert "not comparable with main: the label threshold changed (300 → 200)" in capsys.readouterr().out


@pytest.mark.skipif(not SHARED.exists(), reason=WHY)
def test_five_questions_are_answered_of_a_real_table(built, tmp_path, environment_of_git):
    """Of arrests in Broward County, drafted by `make start` without any decision of people: who answers for it is not
    known yet, and the page says so.
    """
    root = built.copy(tmp_path / "fork")
    shutil.copy(SHARED / "compas.csv", root / "data/raw/compas.csv")
    table = ("--line=budget", "--table=data/raw/compas.csv", "--target=outcome", "--protected=race")
    ran(root, *MODULE, "commands.start", *table, "--privileged=race=Caucasian", "--force")
    ran(root, *MODULE, "commands.keep", "budget")
    repro(root, "Our table", "model_card")
    ran(root, "git", "checkout", "--quiet", "-B", "change")
    params = (root / "params.yaml").read_text(encoding="utf-8")
    (root / "params.yaml").write_text(re.sub(r"(?m)^(  C: )1\.0", r"\g<1>0.001", params), encoding="utf-8")
    repro(root, "Regularise more", "model_card")
    expected = {
        "use": "Cannot be decided yet Two blocking rules lack evidence: Race disparate impact, Race equal opportunity.",
        "worst": "people whose race is Caucasian",
        "who": "Owner not answered yet Due no date set",
        "change": f"Race disparate impact pass: {impact(root, 'main', 'race')} "
        f"insufficient evidence, blocks: {impact(root, 'change', 'race')} [",
        "source": "Source plots/fairness.csv: evaluate_fairness.race.reweighed.disparate_impact",
    }
    answered(root, comment(reviewed(root), tmp_path / "page.html"), expected)


def answered(root, page, expected):
    """Five answers have their text within a click, a table and a page of words.

    The figure shown is that of the named file and key, and the counts of the worst finding are those of the levels.
    ``make test-all ARGS="-k five_questions -rP"`` prints what the answers cost.
    """
    found = answers.five(root / "docs/index.html", page)
    sys.stdout.write("\n".join([answers.HEAD, *map(str, found.values()), ""]))
    assert {name: found[name].text for name, text in expected.items() if text not in found[name].text} == {}
    assert {name: answer.clicks for name, answer in found.items()} == dict.fromkeys(found, 0) | {"source": 1}
    assert max(answer.words for name, answer in found.items() if name != "source") <= 120
    assert found["source"].words <= 700  # at most 600 before the click
    assert max(answer.tables for answer in found.values()) <= 1
    file, key = re.search(r"Source (\S+): (\S+)", found["source"].text).groups()
    _, attribute, model, measure = key.split(".")
    of = {"attribute": attribute, "model": model}
    (row,) = rows(root / file, **of, measure=measure, comparison="all unprivileged")
    assert f"{float(row['value']):.3f} times" in found["source"].text
    for pool in ("True", "False"):
        own = rows(root / "plots/group_rates.csv", **of, rate="selection_rate", privileged=pool)
        selected, people = (sum(int(level[column]) for level in own) for column in ("count", "of"))
        assert f"{selected:,} of {people:,} people" in found["worst"].text


def rows(file, **where):
    """The rows of a table with these values."""
    with file.open(encoding="utf-8", newline="") as table:
        return [row for row in csv.DictReader(table) if where.items() <= row.items()]
