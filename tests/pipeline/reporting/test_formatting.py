import math
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from pipeline.reporting import formatting, tables
from pipeline.reporting.formatting import (
    DataText,
    code,
    data_text,
    escape,
    figure,
    interval,
    limits,
    number,
    p_value,
    percent,
    plain,
    verdict,
)
from responsible.governance.evidence import Evidence

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[x](javascript:y)", r"\[x\](javascript:y)"),
        ("two\nlines", "two lines"),
        ("50 % & more_or_less", "50 % & more_or_less"),
        ("Bachelor’s Degree", "Bachelor’s Degree"),
    ],
)
def test_text_from_data_stays_readable(text, expected):
    """A level or column name is escaped where it has to be, and nowhere else."""
    assert escape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a_b c", "`a_b c`"), ("a|b", r"a\|b"), ("a`b", r"a\`b"), ("", ""), (5, "`5`")]
)
def test_code_falls_back_to_escaped_text(text, expected):
    """Text stands as inline code unless a backtick, a pipe or nothing at all would break it."""
    assert code(text) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (11955.0, None, "11,955"),
        (405.531, None, "406"),
        (69.28, None, "69.280"),
        (2.0, None, "2"),
        (1.0, None, "1.000"),
        (1, None, "1"),
        (0, None, "0"),
        (-0.25, None, "−0.250"),
        (-0.0001, None, "0.000"),
        (0.0, None, "0.000"),
        (1264.62, 1, "1,264.6"),
        (-0.4, 0, "0"),
        (200.0, "g", "200"),
        (-0.5, "g", "−0.5"),
        (1e-05, "g", "1e−05"),
        (1_500_000, "g", "1,500,000"),
        (1_234_567.25, "g", "1,234,567.25"),
        (0.1 + 0.2, "g", "0.3"),
        (10940.3, "g4", "10,940"),
        (55.6812, "g4", "55.68"),
        (None, None, "undefined"),
        (math.nan, 2, "undefined"),
        (math.inf, None, "inf"),
    ],
)
def test_numbers_are_written_one_way(value, digits, expected):
    """Counts without decimals, figures with three, thousands separators, a true minus and no negative zero."""
    assert number(value, digits) == expected


def test_changes_carry_their_sign():
    """With ``sign`` a gain has a plus, a loss the true minus, and what rounds to zero still no minus."""
    assert [number(v, sign="+") for v in (0.5, -0.5, 11549.456, 375.0, -0.0001)] == [
        "+0.500",
        "−0.500",
        "+11,549",
        "+375",
        "+0.000",
    ]


@pytest.mark.parametrize(
    ("p", "alone", "named"),
    [
        (0.0007, "< 0.001", "p < 0.001"),
        (0.001, "0.001", "p = 0.001"),
        (0.25, "0.250", "p = 0.250"),
        (1.0, "1.000", "p = 1.000"),
        (math.nan, "undefined", "p undefined"),
    ],
)
def test_p_values_are_written_one_way(p, alone, named):
    """Three decimals, and below a thousandth only that it is below."""
    assert (p_value(p), p_value(p, "p")) == (alone, named)


def test_shares_in_percent():
    """A share of 1 with one decimal or as many as asked for; without a value it is undefined."""
    assert [percent(0.4312), percent(0.95, 0), percent(math.nan)] == ["43.1 %", "95 %", "undefined"]


def test_intervals_and_limits():
    """Value and interval with the same decimals, the value alone, or the escaped reason; limits in words."""
    nan = math.nan
    assert interval(-0.5, -0.75, -0.25, digits=2) == "−0.50 [−0.75, −0.25]"
    assert interval(43.3, 39.6, 47.2, digits=1, unit=" %") == "43.3 % [39.6, 47.2]"
    assert interval(7.0, nan, nan) == "7"
    assert interval(123.45, 120.1, 126.9) == "123 [120, 127]"
    assert interval(0.5, -0.1, 1.1, sign="+") == "+0.500 [−0.100, +1.100]"
    assert interval(200.0, 150.0, 250.5, digits="g") == "200 [150, 250.5]"
    assert interval(nan, nan, nan, "no_positives") == "undefined (no positives)"
    assert interval(nan, nan, nan, "a|b") == r"undefined (a\|b)"
    assert interval(nan, nan, nan) == "undefined (zero denominator)"
    ends = ((-0.1, 0.1), (0.8, None), (nan, 2.0), (nan, None), (1500.0, 25000.0))
    assert [limits(*pair) for pair in ends] == ["−0.1 to 0.1", "at least 0.8", "at most 2", "", "1,500 to 25,000"]


def test_figures_of_the_policy():
    """A count has no decimals, a share may be in percent, and an interval can be left out."""
    assert figure(Evidence(1.0, inferred=False)) == "1"
    assert figure(Evidence(0.5, 0.4, 0.6), percent=True) == "50.0 % [40.0, 60.0]"
    assert figure(Evidence(0.5, 0.4, 0.6), bare=True) == "0.500"
    assert figure(Evidence(math.nan, reason="no_positives"), percent=True) == "undefined (no positives)"


def test_bad_verdicts_are_bold():
    """What asks for attention is in bold, what asks for more data is not."""
    names = ("pass", "fail", "insufficient_evidence", "infeasible", "")
    assert [verdict(name) for name in names] == ["pass", "**fail**", "insufficient evidence", "**infeasible**", ""]


def test_data_text_marks_every_text_of_a_tree():
    """Keys and texts at any depth are marked as read; truth values stay what they are."""
    tree = data_text({"a": ["x", {"b": 1}], "c": True})
    assert [type(key) for key in tree] == [DataText, DataText]
    assert type(tree["a"][0]) is DataText
    assert tree == {"a": ["x", {"b": 1.0}], "c": True}


def test_formatting_imports_nothing_heavy():
    """The gate and the summary format with it, so no data frame, array or template library is loaded for it."""
    heavy = "{'numpy', 'pandas', 'scipy', 'jinja2', 'pydantic', 'yaml'}"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys, pipeline.reporting.formatting; print({heavy} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(formatting.__file__).parents[2],
    )
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("value", [0.50150049, 0.501499996, 0.0124999987, -0.3335000004])
def test_a_figure_has_the_same_digits_from_memory_and_from_its_table(value):
    """A document made beside its table and one that reads the table's six significant digits print the same value."""
    table = float(f"{value:.6g}")
    assert formatting.number(value) == formatting.number(table)
    assert formatting.number(100 * value, 1) == formatting.number(100 * table, 1)
    assert formatting.interval(value, value, value) == formatting.interval(table, table, table)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-9.94, "9.9 points lower"),
        (1_234.56, "1,234.6 points higher"),
        (-0.049, "less than 0.1 points apart"),
        (0.0, "less than 0.1 points apart"),
        (0.051, "0.1 points higher"),
        (math.nan, "undefined points lower"),
    ],
)
def test_a_difference_that_rounds_to_zero_has_no_direction(value, said):
    """Any other is said without its sign, by what is more or less."""
    assert tables.difference(value, 1, "points", "higher", "lower") == said
