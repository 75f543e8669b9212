"""pipeline.fork.parameter_moves: keys move as text, with their values, lists and comments."""

import pytest

from pipeline.fork.parameter_moves import MOVES, blocks, completed, moved
from pipeline.storage import parameters
from responsible.validation import Params
from tests.support.contract import ROOT

UPSTREAM = """\
# Every parameter.
version: 2                # of the form
seed: 12                  # of every draw

audit:
  days:
    red: 7                # days
    amber: 30             # days
  limits:                 # what is too much
    maximum: 0.1          # of rates
"""
FORK = """\
# Ours.
seed: 3                   # chosen by the committee

audit:
  levels:                 # spelled as in the data
  - 'no'                  # 0
  - B
  days: {red: 2, amber: 5}

  # what the board agreed
  gap: 0.2                # of rates
"""


def test_a_key_moves_with_its_value_its_list_and_its_comments():
    """Renamed in its place, moved to another section that is made, and nothing else changes by a byte."""
    moves = {2: {"audit.levels": "audit.groups", "audit.gap": "bounds.upper.rate", "audit.days": "days"}}
    text, said = moved(FORK, UPSTREAM, moves)
    assert text == (
        "# Ours.\nversion: 2                # of the form\nseed: 3                   # chosen by the committee\n\n"
        "audit:\n  groups:                 # spelled as in the data\n  - 'no'                  # 0\n  - B\n\n"
        "  # what the board agreed\n\n"
        "bounds:\n  upper:\n    rate: 0.2                # of rates\n\ndays: {red: 2, amber: 5}\n"
    )
    assert said == [
        "audit.levels: is audit.groups now",
        "audit.gap: is bounds.upper.rate now",
        "audit.days: is days now",
        "version: is now 2",
    ]
    assert moved(text, UPSTREAM, moves) == (text, [])


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("audit.days.red", "audit.red"),
        ("audit.gap", "seed"),
        ("audit.gap", "seed.rate"),
        ("audit.gap", "audit.days.gap"),
    ],
)
def test_a_key_that_cannot_move_is_named_and_stays(key, new):
    """It lies in a list or mapping on one line, its new place is taken, or the place above it holds a value."""
    text, said = moved(FORK, UPSTREAM, {2: {key: new}})
    assert said == [f"{key}: is {new} now; move it by hand", "version: is now 2"]
    assert text.replace("version: 2                # of the form\n", "") == FORK


def test_keys_move_once_from_the_version_the_file_has():
    """A file of version 2 takes no part in the moves that led to version 2."""
    text = FORK.replace("seed", "version: 2\nseed")
    assert moved(text, UPSTREAM, {2: {"audit.gap": "gap"}}) == (text, [])
    older = FORK.replace("seed", "version: 1\nseed")
    assert moved(older, UPSTREAM, {2: {}})[0] == moved(FORK, UPSTREAM, {2: {}})[0]
    assert moved(older, UPSTREAM, {2: {"nobody.has": "it"}})[1] == ["version: is now 2"]


def test_a_new_key_comes_with_the_value_and_the_comments_of_upstream():
    """A number, a section and a key of a section that has none yet; what upstream does not have either is named."""
    faults = [
        "params.yaml: audit.limits is missing; add the key",
        "params.yaml: threshold.audit is missing; add the key",
        "params.yaml: seed must be >= 0, got -3",
        "params.yaml: audit.rules.ours.owner is missing; add the key",
    ]
    text, said = completed(FORK, f"{UPSTREAM}\nthreshold:\n  audit: 3  # points\n", faults)
    assert text == (
        f"{FORK}  limits:                 # what is too much\n    maximum: 0.1          # of rates\n\n"
        "threshold:\n  audit: 3  # points\n"
    )
    assert said == [
        "audit.limits: is new, with the value of upstream: 1 keys",
        "threshold.audit: is new, with the value of upstream: 3",
        "audit.rules.ours.owner: is new and has no common value; add the key",
    ]


def test_faults_are_understood_as_they_are_written(tmp_path):
    """What the strict reading calls missing, in a section and of a section, is what gets added."""

    class Audit(Params):
        days: int
        gap: float

    class Wanted(Params):
        seed: int
        policy: Audit

    path, upstream = tmp_path / "params.yaml", "version: 2\nseed: 1\npolicy:\n  days: 7\n  gap: 0.1\n"
    for given, new in (("version: 2\nseed: 2\n", 1), ("version: 2\npolicy:\n  days: 9\n", 2)):
        path.write_text(given)
        text, said = completed(given, upstream, parameters.examined(path, Wanted)[1])
        path.write_text(text)
        assert parameters.examined(path, Wanted)[1] == []
        assert len(said) == new


def test_the_blocks_of_the_parameter_file_are_its_lines():
    """Put together, the sections of the repository's own file are the file, comments between them left out."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    sections = [place for key, place in blocks(text).items() if "." not in key]
    joined = [line for place in sections for line in lines[place.start : place.end]]
    assert joined == [line for line in lines if line.strip() and not line.startswith("#")]
    assert max(MOVES) <= parameters.VERSION


def test_words_of_upstream_are_not_taken_over():
    """They are about the table of upstream: a fork without the key gets it empty."""
    text, said = completed("seed: 1\n", "words:\n  merit: necessary\n", ["params.yaml: words is missing; add the key"])
    assert text == "seed: 1\n\nwords:\n"
    assert said == ["words: is new, and empty"]
