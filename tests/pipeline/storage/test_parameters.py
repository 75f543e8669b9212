import shutil
from datetime import date

import pytest
from dvc.utils.hydra import apply_overrides
from pydantic import Field, ValidationError
from ruamel.yaml import YAML

from pipeline.storage import parameters
from responsible.mitigation.threshold_figures import Sweep
from responsible.tabular.cells import Grid
from responsible.validation import InputError, Params
from tests.support.contract import ROOT


class Swept(Params):
    """A section of a section, under its dotted key."""

    grid: Grid = Field(alias="threshold_sweep.grid")


class Several(Params):
    """Fields in another order than the file's sections."""

    grid: Grid = Field(alias="threshold_sweep.grid")
    threshold: float
    seed: int


def params(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text if text.startswith(("-", "version")) else f"version: 2\n{text}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "threshold_sweep:\n  grid:\n    minimum: 1\n    maximum: 5\n    step: 0\n",
            "threshold_sweep.grid.step must be > 0, got 0",
        ),
        (
            "threshold_sweep:\n  grid:\n    minimum: 1\n    maximum: 5\n",
            "threshold_sweep.grid.step is missing; add the key",
        ),
        (
            "threshold_sweep:\n  grid:\n    minimum: 1\n    maximum: 5\n    stop: 1\n    step: 1\n",
            "threshold_sweep.grid.stop is not a known key; did you mean 'step'?",
        ),
        (
            "threshold_sweep:\n  grid:\n    minimum: low\n    maximum: 5\n    step: 1\n",
            "threshold_sweep.grid.minimum must be a number, got 'low'",
        ),
        ("threshold_sweep:\n  grid: 3\n", "threshold_sweep.grid must be a mapping of keys, got 3"),
        ("treshold_sweep: 1\n", "treshold_sweep is not a known key; did you mean 'threshold_sweep'"),
        ("seed: 1\n", "threshold_sweep.grid is missing; add the key"),
        ("- 1\n", "must be a mapping of sections, got list"),
        ("seed: [1\n", "not readable as YAML"),
        ("seed: 1\nseed: 2\n", "found duplicate key"),
    ],
)
def test_bad_parameters_name_file_key_rule_and_value(tmp_path, text, message):
    """Each fault of a parameter file is refused with file, key, rule and value, a misspelling with the nearest key."""
    with pytest.raises(InputError) as refused:
        parameters.load(params(tmp_path, text), Swept)
    assert "params.yaml: " in str(refused.value)
    assert message in str(refused.value)


def test_sections_come_by_name(tmp_path):
    """A whole number is a number, dotted keys reach into a section, and each field has its own section's value."""
    path = params(
        tmp_path, "seed: 3\nthreshold: 300\nthreshold_sweep:\n  grid:\n    minimum: 1\n    maximum: 2\n    step: 1\n"
    )
    given = parameters.load(path, Several)
    assert (given.grid.values(), given.threshold, given.seed) == ([1.0, 2.0], 300.0, 3)
    assert parameters.keys(Several) == ["threshold_sweep.grid", "threshold", "seed"]
    with pytest.raises(ValidationError, match="frozen"):
        given.seed = 4


def test_whole_number_is_not_a_fraction(tmp_path):
    """A seed of 1.5, or true, is refused rather than rounded."""
    for value in ("1.5", "true", "'1'"):
        with pytest.raises(InputError, match="seed must be a whole number"):
            parameters.section(params(tmp_path, f"seed: {value}\n"), "seed", int)


def test_missing_parameter_file_says_where_to_run(tmp_path):
    """Without a parameter file the message says where to start from."""
    with pytest.raises(InputError, match="run from the repository root"):
        parameters.section(tmp_path / "params.yaml", "seed", int)


@pytest.mark.parametrize("deep", ["[" * 30_000, "- " * 30_000, "{a: " * 30_000, "? " * 30_000])
def test_what_is_nested_without_end_is_refused(tmp_path, deep):
    """Nesting that would crash a parser without bounds, in brackets or in one line of dashes, is one message."""
    with pytest.raises(InputError, match="is nested too deeply; restore it"):
        parameters.read_yaml(params(tmp_path, f"seed:\n  {deep}"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: yes\nb: 010\nc: 1e5\nd: 2026-01-31\n", {"a": "yes", "b": 10, "c": 1e5, "d": date(2026, 1, 31)}),
        ("a: [b:c]\n", {"a": ["b:c"]}),  # which the parser in C refuses
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_the_file_means_what_yaml_1_2_says(tmp_path, text, tree):
    """Whichever parser reads it, `yes` is a text, a number with a leading zero is decimal, and links are followed."""
    assert parameters.read_yaml(params(tmp_path, f"version: 2\n{text}")) == {"version": 2} | tree


def test_both_parsers_read_the_shipped_file_alike():
    """The quick parser gives the tree of the one in Python, types included."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert repr(parameters.read_yaml(ROOT / "params.yaml")) == repr(YAML(typ="safe", pure=True).load(text))


def test_sample_parameters_are_valid():
    """The sweep section that ships is valid as a whole."""
    sweep = parameters.section("params.yaml", "threshold_sweep", Sweep)
    assert sweep.grid.values()[0] == 100.0


def test_the_whole_file_has_every_section_and_no_other(tmp_path):
    """The tree is the file's; a section that is missing, or that no stage reads, is refused by name."""
    tree = parameters.read_yaml("params.yaml")
    assert parameters.whole("params.yaml") == tree
    for change, message in (({"treshold": 1}, "treshold is not a known key"), ({"seed": None}, "seed is missing")):
        path = tmp_path / "params.yaml"
        YAML().dump({k: v for k, v in (tree | change).items() if k not in change or change[k]}, path)
        with pytest.raises(InputError, match=message):
            parameters.whole(path)


def test_a_section_of_another_version_is_read_beside_sections_unknown_here(tmp_path):
    """What an earlier file has besides is no misspelling; the section itself is held to its rules."""
    path = params(tmp_path, "version: 1\nseed: 3\nearlier: 1\n")
    assert parameters.section_of_any(path, "seed", int) == 3
    with pytest.raises(InputError, match="version must be 2, got 1"):
        parameters.section(path, "seed", int)
    with pytest.raises(InputError, match="seed must be text, got 3"):
        parameters.section_of_any(path, "seed", str)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("seed: 3\n", "version is missing; this release wants 2"),
        ("version: 1\nseed: 3\n", "version must be 2, got 1"),
        ("version: '2'\nseed: 3\n", "version must be 2, got '2'"),
        ("version: 2.0\nseed: 3\n", "version must be 2, got 2.0"),
        ("version: 1\nsede: 3\n", "version must be 2, got 1"),
    ],
)
def test_a_file_of_another_form_is_refused_with_what_to_change(tmp_path, text, fault):
    """Without the version of this release a file is refused before anything in it is read, and the remedy is named."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        parameters.section(path, "seed", int)
    assert str(refused.value) == f"{path}: {fault}: see 'Upgrading a fork' in CHANGELOG.md"
    assert "### Upgrading a fork" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("threshold=250", "threshold", 250),
        ("model.solver=lbfgs", "model.solver", "lbfgs"),
        ("cluster_privacy.privacy.epsilons.1=0.3", "cluster_privacy.privacy.epsilons.1", 0.3),
        ("healthcare.id=null", "healthcare.id", None),
        ("budget.key=id", "budget.key", "id"),
    ],
    ids=["number", "text", "list element", "null", "no longer null"],
)
def test_an_experiment_changes_one_line_of_the_parameter_file(tmp_path, override, key, value):
    """DVC's own update, which `dvc exp run -S` makes, leaves every other line of params.yaml as it is committed."""
    path = tmp_path / "params.yaml"
    shutil.copyfile(ROOT / "params.yaml", path)
    apply_overrides(path, [override])
    before, after = ((folder / "params.yaml").read_text(encoding="utf-8").splitlines() for folder in (ROOT, tmp_path))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    tree = parameters.read_yaml(path)
    for part in key.split("."):
        tree = tree[int(part) if part.isdigit() else part]
    assert tree == value
