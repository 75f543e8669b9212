import math

import pytest
from markdown_it import MarkdownIt

from pipeline.reporting.formatting import Told, escape, interval, limits, number, plain, told

HOSTILE = [
    "a|b",
    "<script>alert(1)</script>",
    "](javascript:alert(1))",
    "two\nlines\n\n# heading",
    "`code`",
    "# heading",
    "1. list",
    "- list",
    "+ list",
    "===",
    "> quote",
    "***",
    "&lt;b&gt;",
    "![x](y.png)",
    "[x][f1]",
    "https://evil.example www.evil.example a@b.example",
    "_a_ b_c",
    "\\",
    "~~~",
    "$x$",
    "<!-- x",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["{}", "- {}", "x {} y", "| h |\n|---|\n| {} |\n", "## {}", "*{}*", "[{}][f1]"])
def test_hostile_text_reads_letter_by_letter(text, place):
    """Wherever it stands, text from data comes out as the letters it is: in HTML nothing but escaped text."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page, harmless = (markdown.render(place.format(said) + "\n\n[f1]: x.csv\n") for said in (escape(text), "WORD"))
    shown = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert page == harmless.replace("WORD", shown.replace('"', "&quot;"))


def test_numbers_at_the_start_are_escaped_only_where_they_would_begin_a_list():
    """A level such as 0.0 stays readable; "1. list" does not become a list."""
    assert [escape(text) for text in ("0.0", "1.", "2) b", "1.b")] == ["0.0", "1\\.", "2\\) b", "1.b"]


def test_hidden_characters_are_shown():
    """Characters that turn the direction of writing, or are not to be seen, are replaced by one that is."""
    assert escape("a\u202eb\u200bc\x07") == "a\ufffdb\ufffdc\ufffd"


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_undoes_escape(text):
    """Made Markdown as plain text is the text it was made from."""
    assert plain(escape(text)) == " ".join(text.split())


def test_plain_drops_links_and_emphasis():
    """A link leaves its text, emphasis its words, code its letters."""
    assert plain("See [0.041 [0.033, 0.050]][f1], **all** of [it](x.md) and `a_b`.") == (
        "See 0.041 [0.033, 0.050], all of it and a_b."
    )


def test_numbers_read_as_counts_or_with_three_decimals():
    """Whole numbers are counts, from a hundred on there are no decimals, and the minus is a true one."""
    assert [number(200.0, "g"), number(1.0, "g"), number(-0.5, "g")] == ["200", "1", "−0.5"]
    values = (11955.0, 405.531, 69.28, 2.0, 1.0, -0.25, 0.0)
    assert [number(v) for v in values] == ["11,955", "406", "69.280", "2", "1.000", "−0.250", "0.000"]


def test_intervals_and_limits():
    """Value and interval, the value alone, or the reason; limits in words."""
    nan = math.nan
    assert interval(-0.5, -0.75, -0.25, digits=2) == "−0.50 [−0.75, −0.25]"
    assert interval(43.3, 39.6, 47.2, digits=1, unit=" %") == "43.3 % [39.6, 47.2]"
    assert interval(7.0, nan, nan) == "7"
    assert interval(200.0, 150.0, 250.5, digits="g") == "200 [150, 250.5]"
    assert interval(nan, nan, nan, "no_positives") == "undefined (no positives)"
    assert [limits(-0.1, 0.1), limits(0.8, None), limits(None, 2.0), limits(None, None)] == [
        "−0.1 to 0.1",
        "at least 0.8",
        "at most 2",
        "",
    ]


def test_told_marks_every_text_of_a_tree():
    """Keys and texts at any depth are marked as read; truth values stay what they are."""
    tree = told({"a": ["x", {"b": 1}], "c": True})
    assert [type(key) for key in tree] == [Told, Told]
    assert type(tree["a"][0]) is Told
    assert tree == {"a": ["x", {"b": 1.0}], "c": True}
