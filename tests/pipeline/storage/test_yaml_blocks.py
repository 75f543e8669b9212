"""Keys taken out of a YAML text, whose rest stays letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.storage.yaml_blocks import without
from tests.support.contract import ROOT

TEXT = """# of the whole file
version: 2

# the first
first:                  # a comment
  list:
  - one
  - "two: 2"            # quoted
  empty:

second:
  # above an item
  list:
    - a.csv: {cache: false}
    # about what follows
    - b.csv:
        x: 1
    - c.csv
  only:
  - gone
third:
  text: |
    in lines: and
    - more

    # a heading of the text
fourth: 1
# at the end
"""


def cut(*paths):
    """The text without these paths, keys joined by slashes."""
    return without(TEXT, lambda path: "/".join(path) in paths)


def test_nothing_to_drop_changes_nothing():
    """Every file of the repository in block style comes back as it was."""
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", "answers.yaml", ".github/workflows/ci.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert without(text, lambda _: False) == text, name
    assert cut() == TEXT


def test_a_key_goes_with_what_hangs_on_it_its_comment_and_the_blank_line_after():
    """The other keys stay as they were, comments included."""
    assert cut("first") == TEXT.replace(TEXT[TEXT.index("# the first") : TEXT.index("second:")], "")
    assert cut("second") == TEXT[: TEXT.index("second:")] + TEXT[TEXT.index("third:") :]
    assert cut("fourth") == TEXT.replace("fourth: 1\n", "")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("first/list/one", "  - one\n"),
        ("first/list/two: 2", '  - "two: 2"            # quoted\n'),
        ("second/list/a.csv", "    - a.csv: {cache: false}\n"),
        ("second/list/b.csv", "    - b.csv:\n        x: 1\n"),
        ("second/list/c.csv", "    - c.csv\n"),
    ],
)
def test_an_item_goes_alone(path, line):
    """Whatever its form; a comment above it stays, because it may be about the next ones."""
    assert cut(path) == TEXT.replace(line, "")


def test_a_key_that_holds_nothing_any_more_goes_and_an_empty_one_stays():
    """`only:` would be null where a list is wanted; `empty:` was null before."""
    assert cut("second/only/gone") == TEXT.replace("  only:\n  - gone\n", "")
    assert "  empty:\n" in cut("first/list")


NAMES = st.text("abc_", min_size=1, max_size=4)
TREES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(NAMES, inner, min_size=1) | st.lists(st.integers(), min_size=1)
)


@given(st.dictionaries(NAMES, TREES, min_size=1), st.data())
def test_what_is_left_is_the_tree_without_the_keys(tmp_path_factory, tree, data):
    """As YAML's own parser reads both."""
    file = tmp_path_factory.mktemp("yaml") / "t.yaml"
    with file.open("w") as stream:
        YAML().dump(tree, stream)
    gone = data.draw(st.sets(st.sampled_from(sorted(tree))))
    left = without(file.read_text(), lambda path: path[0] in gone)
    assert (YAML(typ="safe").load(left) or {}) == {key: value for key, value in tree.items() if key not in gone}
