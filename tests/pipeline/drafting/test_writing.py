import pytest
from ruamel.yaml import YAML

from pipeline.drafting import writing
from pipeline.drafting.writing import Line


@pytest.mark.parametrize(
    "value", ["yes", "1", "1.0", "null", "~", "- a", "a: b", "#1", "it's", ' "x" ', "", "Zürich", True, 3, 0.25, None]
)
def test_a_scalar_is_read_as_what_was_written(value):
    """Texts that YAML would read as something else are quoted; numbers and truth values are not."""
    assert YAML(typ="safe").load(f"key: {writing.scalar(value)}\n") == {"key": value}


def test_whole_numbers_have_no_decimal_point():
    """An edge of 25.0 is written as people write it."""
    assert writing.scalar(25.0) == "25"


def test_lines_are_in_block_style_with_their_comments():
    """Keys, lists and nested keys, empty for None, comments in one column."""
    lines = [Line("a", [Line("b: c", None, "why"), Line("d", ["1", "x"], "two")]), Line("e", 2)]
    assert writing.text(lines) == (
        "a:\n"
        "  'b: c':                           # why\n"
        "  d:                                # two\n"
        "  - '1'\n"
        "  - x\n"
        "e: 2\n"
    )


def test_sections_are_exchanged():
    """Other lines stay as they are, and so do the blank ones between sections."""
    params = "# head\na: 1  # one\n\nb:\n  c: 2\n\nd: 3\n"
    assert writing.exchanged(params, {}) == params
    assert writing.exchanged(params, {"b": "b: new\n"}) == "# head\na: 1  # one\n\nb: new\n\nd: 3\n"
