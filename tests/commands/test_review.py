"""commands.review on branches of a real, small repository; and what it says of revisions without running anything."""

import re
import sys

import numpy as np
import pytest

from commands import review
from pipeline.documents import review as said
from pipeline.plots.versions import versions
from pipeline.reporting.engine import fill
from pipeline.results.catalogue import SCORES
from pipeline.review import base_version, comparability
from pipeline.review import changes as _changes
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Judgement, Policy, Rule
from responsible.governance.version_change import Change
from responsible.validation import InputError
from responsible.words import Words
from tests.support.branches import above_the_fold, repro, reviewed
from tests.support.contract import ROOT
from tests.support.small import DVC, ROWS, ran, surroundings

RULE = {"minimum": 0.8, "judged_on": "interval", "severity": "block", "reason": "r", "owner": "o"}
DI = "evaluate_fairness.sex.reweighed.disparate_impact"
POLICY = Policy(
    insufficient_evidence="block", rules={"impact": RULE | {"metric": DI}}, tolerances={"disparate_impact": 0.05}
)


def one(old, new, stops=(), paired=None, path=DI):
    figures = [{path: {"": evidence}} if evidence else {} for evidence in (old, new)]
    policy = POLICY if path == DI else POLICY.model_copy(update={"rules": {}})
    (row,) = _changes.rows(_changes.Versions(*figures, policy, list(stops), paired or {}))
    return row


def test_a_change_is_real_noise_or_small():
    """The interval decides about chance, the tolerance about size, parity about better and worse."""
    old = Evidence(0.9, 0.88, 0.92)
    said = {value: one(old, Evidence(value, value - 0.02, value + 0.02)) for value in (0.5, 0.95, 1.0, 0.91, 0.9)}
    assert {value: (row.word, row.trend) for value, row in said.items()} == {
        0.5: ("real", "worse"),
        0.95: ("real", "small"),
        1.0: ("real", "better"),
        0.91: ("noise", ""),
        0.9: ("same", ""),
    }
    assert [value for value, row in said.items() if row.matters] == [0.5, 1.0]


def test_many_figures_are_judged_together():
    """Sixty figures without any change, each at 95 %: what chance alone makes of them is noise, a large change is not.

    Benjamini-Hochberg over the figures of the review; beside it stands how many would be real each on its own.
    """
    rng, half = np.random.default_rng(4), 0.02
    names = [f"evaluate_fairness.a{i}.reweighed.disparate_impact" for i in range(60)]
    moves = [0.5, *rng.normal(0, half / 1.96, 59)]
    found = {(name, ""): _changes.Change(d, d - half, d + half) for name, d in zip(names, moves, strict=True)}
    old = {name: {"": Evidence(0.9, 0.88, 0.92)} for name in names}
    new = {name: {"": Evidence(0.9 + d, 0.88 + d, 0.92 + d)} for name, d in zip(names, moves, strict=True)}
    rows = _changes.rows(_changes.Versions(old, new, POLICY.model_copy(update={"rules": {}}), [], found))
    alone = sum(change.real for change in found.values())
    assert alone > 1
    assert [row.path for row in rows if row.word == "real"] == names[:1]
    assert _changes.by_chance(rows, 0.95) == {"judged": 60, "expected": pytest.approx(3.0), "alone": alone}


def test_a_paired_change_takes_the_place_of_the_independent_one():
    """What is noise between strangers is real on the same rows."""
    old, new = Evidence(0.5, 0.3, 0.7), Evidence(0.6, 0.4, 0.8)
    assert one(old, new).word == "noise"
    row = one(old, new, paired={(DI, ""): _changes.Change(0.1, 0.08, 0.12)})
    assert (row.word, row.trend, row.pairwise) == ("real", "better", True)


def test_a_figure_that_the_code_computes_otherwise_is_told():
    """The same scores, another figure: that is no change of the model, and it is shown among what matters."""
    row = one(Evidence(0.5, 0.4, 0.6), Evidence(0.6, 0.5, 0.7), paired={(DI, ""): _changes.Change(0.0, 0.0, 0.0)})
    assert row.word == "recomputed"
    assert row.matters


def test_new_and_deleted_figures_are_named_on_their_side():
    """Neither is an empty place: one says new, the other deleted."""
    found = Evidence(0.5, 0.4, 0.6)
    assert (one(None, found).word, one(found, None).word) == ("new", "deleted")
    shown = [said.cells(row, Words(), {})["both"] for row in (one(None, found), one(found, None))]
    assert [text.replace("\u00a0", " ") for text in shown] == ["none: new → 0.500", "0.500 → none: deleted"]


def test_an_undefined_side_is_neither_real_nor_noise():
    """The reason stands in the place of the value."""
    row = one(Evidence(0.5, 0.4, 0.6), Evidence(float("nan"), reason="no_positives"))
    assert row.word == "undefined"
    assert said.cells(row, Words(), {})["both"].replace("\u00a0", " ") == "0.500 → undefined (no positives)"
    undefined = Evidence(float("nan"), reason="no_positives")
    assert one(undefined, undefined).word == "same"


TEMPLATE = ROOT / review.TEMPLATE
PARAMS = {
    "threshold": 300,
    "seed": 1,
    "prepare": {"split": {"train": 0.6}, "on_bad_rows": "error"},
    "sensitive": {"sex": {"privileged": ["A"]}, "age": {"privileged": ["B"]}},
    "model": {"C": 1.0},
    "healthcare": {"source": "a.csv"},
    "healthcare_audit": {"w": {"minimum": -2, "maximum": 2}},
    "cluster_privacy": {"privacy": {"epsilons": [1]}, "data_sheet": {"uses": "x"}},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"model": {"C": 2.0}}, []),
        ({"threshold": 250}, [("the label threshold changed (300 → 250)", "b")]),
        ({"seed": 2}, [("the seed of the split and of every random draw changed (seed 1 → 2)", "bhs")]),
        (
            {"prepare": {"split": {"train": 0.5}, "on_bad_rows": "error"}},
            [("the split changed (prepare.split.train 0.6 → 0.5)", "b")],
        ),
        (
            {"prepare": {"split": {"train": 0.6}, "on_bad_rows": "drop"}},
            [("which rows count changed (prepare.on_bad_rows error → drop)", "bhs")],
        ),
        (
            {"sensitive": {"sex": {"privileged": ["C"]}, "age": {"privileged": ["B"]}}},
            [("the groups of sex changed", "")],
        ),
        ({"sensitive": {"sex": {"privileged": ["A"]}}}, []),
        (
            {"healthcare": {"source": "b.csv"}},
            [("the healthcare data or their roles changed (healthcare.source a.csv → b.csv)", "h")],
        ),
        (
            {"healthcare_audit": {"w": {"minimum": -3, "maximum": 3}}},
            [("the healthcare audit changed (healthcare_audit.w.minimum, healthcare_audit.w.maximum)", "h")],
        ),
        (
            {"cluster_privacy": {"privacy": {"epsilons": [1, 2]}, "data_sheet": {"uses": "x"}}},
            [("how segments are made and judged changed (cluster_privacy.privacy.epsilons)", "s")],
        ),
        ({"cluster_privacy": {"privacy": {"epsilons": [1]}, "data_sheet": {"uses": "y"}}}, []),
    ],
)
def test_what_makes_numbers_incomparable_is_named(change, expected):
    """Each line of work is concerned by its own parameters, groups by theirs alone, and a model's change by none."""
    found = comparability.obstacles(PARAMS, PARAMS | change, ({}, {}))
    assert [(stop.what, concerned(stop)) for stop in found] == expected


def concerned(stop):
    figures = {"b": "reweigh.accuracy", "h": "healthcare_waits.x.all.y", "s": "cluster_privacy.k"}
    return "".join(line for line, path in figures.items() if stop.concerns(path))


@pytest.mark.parametrize(
    ("line", "said", "letter"),
    [
        ("budget", "the data changed", "b"),
        ("healthcare", "the healthcare data changed", "h"),
        ("segments", "the people to segment changed", "s"),
    ],
)
def test_another_table_concerns_its_own_line_of_work(line, said, letter):
    """A new healthcare table leaves the model's figures and the segments comparable, and the other way round."""
    digests = {"budget": "1", "healthcare": "2", "segments": "3"}
    (stop,) = comparability.obstacles(PARAMS, PARAMS, (digests, digests | {line: "x"}))
    assert (stop.what, concerned(stop)) == (said, letter)


def test_audits_of_the_same_cases_are_recomputed_never_chance():
    """Recorded decisions do not change by sampling: another figure on them comes from the code."""
    path = "healthcare_audit.primary_difference.requester"
    row = one(Evidence(-0.10, -0.14, -0.05), Evidence(-0.11, -0.15, -0.06), path=path)
    assert (row.word, row.matters) == ("recomputed", True)
    assert one(Evidence(-0.1, -0.14, -0.05), Evidence(-0.1, -0.15, -0.05), path=path).word == "same"
    assert said.name(row, Words(), {}) == "primary difference by requester, healthcare"
    assert said.name(row, Words(names={"requester": "who asks"}), {}) == "primary difference by who asks, healthcare"


def test_a_figure_without_interval_changes_without_a_word_on_chance():
    """A count is neither real nor noise."""
    path = "reweigh.weights.effective_rows"
    policy = POLICY.model_copy(update={"rules": {"rows": POLICY.rules["impact"].model_copy(update={"metric": path})}})
    figures = [{path: {"": Evidence(value, inferred=False)}} for value in (406.0, 781.0)]
    (row,) = _changes.rows(_changes.Versions(*figures, policy, [], {}))
    assert (row.word, row.trend, row.matters) == ("changed", "", True)
    assert said.cells(row, Words(), {})["change"] == "+375"


def test_a_rule_on_a_figure_of_neither_version_has_words_on_both_sides():
    """A misspelt metric is an error of the policy; its line is not empty."""
    (row,) = _changes.rows(_changes.Versions({}, {}, POLICY, [], {}))
    cells = said.cells(row, Words(), {})
    assert (cells["both"].count("none:"), cells["word"]) == (2, "in neither")


@pytest.mark.parametrize(
    ("base", "command"),
    [
        ("main", "origin main:refs/remotes/origin/main"),
        ("origin/main", "origin main:refs/remotes/origin/main"),
        ("0123456789ab", "origin 0123456789ab"),
    ],
)
def test_a_shallow_clone_is_told_the_command_that_makes_the_base_known(base, command):
    """A shallow clone follows its own branch only: the command names where another one is to be kept."""
    assert base_version._fetch(base) == f"git fetch --depth=1 {command}"


def test_other_groups_leave_performance_and_other_attributes_comparable():
    """Only figures of the attribute lose their comparison."""
    stops = comparability.obstacles(PARAMS, PARAMS | {"sensitive": {"sex": {"privileged": ["C"]}}}, ({}, {}))
    figure = Evidence(0.5, 0.4, 0.6)
    assert one(figure, figure, stops).word == "not comparable"
    assert one(figure, figure, stops, path="evaluate_fairness.age.reweighed.disparate_impact").word == "same"
    assert one(figure, figure, stops, path="reweigh.accuracy").word == "same"


def test_parameters_that_came_or_went_are_named_once():
    """A whole new section is a line, not fifty."""
    old, new = {"a": 1, "gone": {"x": [1, 2]}}, {"a": 2, "come": {"x": 1, "y": {"z": 2}}}
    assert list(comparability.parameters(old, new)) == [
        {"key": "a", "old": "1", "new": "2"},
        {"key": "come", "old": "absent", "new": "2 keys"},
        {"key": "gone", "old": "1 keys", "new": "absent"},
    ]


@pytest.mark.parametrize(("changed", "words"), [(3, ""), (4, " and 1 more parameter"), (5, " and 2 more parameters")])
def test_parameters_beyond_the_first_three_are_counted(changed, words):
    """Three are named in the first lines, the others counted."""
    names = re.findall(r"\b[a-z_]+\b", TEMPLATE.read_text(encoding="utf-8"))
    given = dict.fromkeys(names, "") | {"params": [{"key": f"k{i}", "old": 1, "new": 2} for i in range(changed)]}
    given |= {"few": review.FEW, "counts": {"same": 2}, "chance": {"judged": 0}, "documents": [], "pictures": []}
    text = fill(TEMPLATE, given | {"turned": {}, "banner": [], "picture": None})
    assert f"k2 1 → 2{words}. 2 figures: 2 same" in text.replace("`", "").replace("\\", "")


def test_a_picture_of_two_equal_versions_says_so_once():
    """Where no figure changed, the words for a picture end with the finding."""
    assert versions([], "main", "95 %").said.alt == "main and here, of 0 figures drawn: none changed beyond chance."


# Real branches


def row(path, trend, word="real"):
    """The change of a figure, or what stands for none."""
    figure = Evidence(0.5)
    return _changes.FigureChange(path, "", figure, figure, Change(0.1, 0.05, 0.2), True, word, trend)


def judgement(name, severity, verdict, metric="reweigh.recall"):
    rule = Rule(metric=metric, minimum=0.0, judged_on="point", severity=severity, reason="r", owner="o")
    return Judgement(name, rule, Evidence(1.0), verdict, verdict, severity == "block" and verdict == "fail")


def test_fairness_stands_before_performance():
    """Of 30 changes come first what rules judge, then fairness, then three of performance, worse before better."""
    performance = [row(f"reweigh.figure{i}", "worse") for i in range(20)]
    fairness = [row(f"evaluate_fairness.sex.baseline.measure{i}", "better" if i else "worse") for i in range(4)]
    ruled = [row("performance_change.accuracy", "worse"), row("reweigh.accuracy", "", "noise")]
    rules = tuple(judgement(each.path, "warn", "pass", each.path) for each in ruled)
    shown, rest = said.fold([*performance, *fairness, *ruled], rules, [])
    assert [said.name(each, Words(), {}) for each in shown] == [
        "accuracy, change",
        *(f"measure{i}, baseline, sex" for i in range(4)),
        *(f"figure{i}, reweighed" for i in range(3)),
    ]
    names = [said.name(each, Words(), {}) for each in rest]
    assert names == [*(f"figure{i}, reweighed" for i in range(3, 20)), "accuracy, reweighed"]
    # A rule whose verdict turned has its figure beside it.
    assert ruled[0] not in said.fold([*fairness, *ruled], rules, ["performance_change.accuracy"])[0]


def test_rules_that_turned_are_named_whatever_their_severity():
    """Each way a verdict can turn has its words; a rule that stays as it was is in none of them."""
    rules = {"a": "block", "b": "block", "c": "warn", "d": "warn", "e": "warn"}
    before, after = (
        tuple(judgement(name, rules[name], "fail" if name in failing else "pass") for name in rules)
        for failing in ("bde", "ace")
    )
    found = said.policy(after, "", before)
    assert found["turned"] == {
        "Newly blocking": ["A"],
        "No longer blocking": ["B"],
        "Newly not met, only reported": ["C"],
        "Newly met": ["D"],
    }
    assert [(rule["rule"], rule["was"]) for rule in found["changed_rules"]] == [
        ("A", "pass"),
        ("B", "fail"),
        ("C", "pass"),
        ("D", "fail"),
    ]


@pytest.fixture(scope="module")
def repository(built, tmp_path_factory):
    """The built repository in small, for this module."""
    patch = pytest.MonkeyPatch()
    for name, value in surroundings().items():
        patch.setenv(name, value)
    yield built.copy(tmp_path_factory.mktemp("review") / "repository")
    patch.undo()


def edit(root, *changes):
    params = (root / "params.yaml").read_text(encoding="utf-8")
    for pattern, text in changes:
        params, times = re.subn(pattern, text, params)
        assert times, pattern
    (root / "params.yaml").write_text(params, encoding="utf-8")


@pytest.fixture
def branch(repository):
    """Start a branch of main in the built repository; afterwards main is checked out with its results again."""
    ran(repository, "git", "checkout", "--quiet", "-B", "change", "main")
    yield repository
    ran(repository, "git", "checkout", "--quiet", "--force", "main")
    ran(repository, "git", "clean", "-qfd")
    ran(repository, *DVC, "checkout", "--quiet")


def line(text, start):
    (found,) = [each for each in text.splitlines() if each.startswith(f"| {start}")]
    return [cell.strip() for cell in found.replace("\u00a0", " ").strip("|").split("|")]


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_a_fairness_regression_is_real_and_comes_first(branch):
    """Reweighing by gender instead of education gives up equal opportunity by education: paired, real, worse."""
    edit(branch, (r"(  attributes: .*\n)  - education", r"\1  - gender"))
    repro(branch, "Reweigh by gender")
    text = reviewed(branch)
    assert text.startswith("**Policy: Does not meet the policy. ")
    cells = line(text, "disparate impact, reweighed, education")
    assert cells[3] == "**worse**"
    assert "are not paired" not in text
    assert re.search(r"\d+ figures: .*\d+ worse", text)
    assert "> **Not comparable" not in text
    assert "| reweigh.attributes | education | gender |" in text
    assert "[docs/comparison.md](docs/comparison.md)" in text
    assert "changed: [plots/disparities.svg](plots/disparities.svg)" in text
    assert len(above_the_fold(text).splitlines()) <= 30
    drawn = (branch / review.PICTURE).read_bytes()

    # Without the base's scores in the cache they are built again, and say and draw the same.
    for out in SCORES.values():
        md5 = base_version.promised(_extracted(branch, "main"))[out]
        (branch / ".dvc/cache/files/md5" / md5[:2] / md5[2:]).unlink(missing_ok=True)
    assert "not in a cache here, and rebuilding was switched off" in reviewed(branch, rebuild=False)
    assert reviewed(branch) == text
    assert (branch / review.PICTURE).read_bytes() == drawn


def _extracted(root, commit):
    folder = root.parent / f"extracted-{commit}"
    base_version.extract(root, commit, folder)
    return folder


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_a_harmless_refactor_changes_nothing(branch):
    """Code that computes the same gives the same figures; the report says so in its first lines."""
    path = branch / "stages/evaluate_fairness.py"
    path.write_text(path.read_text() + "\n# said otherwise, meant alike\n")
    repro(branch, "Say it otherwise")
    text = reviewed(branch)
    assert re.search(r"(\d+) figures: \1 same ", text)
    assert "Parameters: none changed" in text
    assert "Documents: none changed; pictures: none" in text
    assert "are not paired" not in text
    assert "**worse" not in above_the_fold(text)


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_a_change_of_the_healthcare_audit_leaves_the_model_comparable(branch):
    """Other limits on waits are announced for the healthcare figures; those of the model are paired as ever."""
    edit(branch, (r"maximum: 2\.0  ", "maximum: 3.0  "))
    repro(branch, "Longer waits are acceptable")
    text = reviewed(branch)
    key = "healthcare_audit.limits.mean_wait_difference.maximum"
    assert f"> **Not comparable:** the healthcare audit changed ({key} 2.0 → 3.0)." in text
    assert line(text, "mean wait difference by premium, healthcare")[3] == "not comparable"
    assert line(text, "accuracy, reweighed")[3] == "same"
    assert line(text, "silhouette, segments")[3] == "same"
    assert "changed: [docs/healthcare_audit.md](docs/healthcare_audit.md)" in text
    assert len(above_the_fold(text).splitlines()) <= 30


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.heavy
def test_another_dataset_is_announced_instead_of_compared(branch):
    """The same parameters on other people: the banner names the data."""
    more = ("budget", "--rows", str(ROWS + 100), "--out", "data/raw/budget.csv")
    ran(branch, sys.executable, "-m", "commands.sample", *more)
    repro(branch, "More people", "evaluate_fairness")  # the stages behind it say nothing more of this
    text = reviewed(branch)
    assert "> **Not comparable:** the data changed." in text
    assert line(text, "disparate impact, reweighed, education")[3] == "not comparable"
    assert "Parameters: none changed" in text


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_changed_policy_is_announced_and_judged(branch):
    """Only the verdicts lose their comparison; a rule that no longer blocks is named."""
    edit(branch, (r"severity: block( +# block: `make gate` fails; warn: reported only)", r"severity: warn\1"))
    ran(branch, "git", "commit", "--quiet", "--all", "--message", "Only warn")
    text = reviewed(branch)
    assert "No longer blocking: Selection by education." in text
    assert "> **Mind the policy:** the policy changed" in text
    assert "| policy.rules.education_disparate_impact.severity | block | warn |" in text
    assert re.search(r"(\d+) figures: \1 same ", text)


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_shallow_clone_says_what_to_fetch_and_then_works_without_data(repository, tmp_path):
    """One commit deep the base is unknown; fetched, the report is there, unpaired for want of scores."""
    ran(repository, "git", "checkout", "--quiet", "-B", "change", "main")
    (repository / "README.md").write_text("# Another\n")
    ran(repository, "git", "commit", "--quiet", "--all", "--message", "Another readme")
    shallow = tmp_path / "shallow"
    ran(tmp_path, "git", "clone", "--quiet", "--depth=1", "--branch=change", f"file://{repository}", str(shallow))
    ran(repository, "git", "checkout", "--quiet", "main")
    with pytest.raises(InputError, match="get it with: git fetch") as refused:
        reviewed(shallow)
    ran(shallow, *str(refused.value).rpartition("get it with: ")[2].split())
    text = reviewed(shallow, links="https://example.org/blob/")
    assert "is not here; \\`dvc repro\\` builds it" in text
    assert re.search(r"(\d+) figures: \1 same ", text)
    assert "changed: [README.md](https://example.org/blob/README.md)" in text


@pytest.mark.pipeline
@pytest.mark.slow
def test_an_unknown_base_is_refused_with_near_matches(repository):
    """A misspelt branch is an error that knows the branches."""
    with pytest.raises(InputError, match="mian is not a commit here; did you mean 'main'"):
        reviewed(repository, "mian")


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_figure_that_came_or_went_is_named(branch):
    """An attribute that is no longer audited leaves deleted figures, and they stand above the fold."""
    text = (branch / "plots/fairness.csv").read_text()
    kept = [each for each in text.splitlines(keepends=True) if not each.startswith("gender,all unprivileged,disparate")]
    (branch / "plots/fairness.csv").write_text("".join(kept))
    metrics = branch / "metrics/evaluate_fairness.json"
    metrics.write_text(
        re.sub(r'(?s)("gender".*)', lambda m: m[1].replace('"disparate_impact"', '"impact"'), metrics.read_text())
    )
    found = reviewed(branch)
    cells = line(found, "disparate impact, reweighed, gender ")
    assert (cells[1].endswith("none: deleted"), cells[3]) == (True, "deleted")
    assert found.startswith("**The policy cannot be judged:**")
