from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from pipeline.reporting.rendering import escape, interval, limits, number, render
from responsible.validation import InputError


def row(value, low=float("nan"), high=float("nan"), **more):
    return SimpleNamespace(value=value, low=low, high=high, **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[x](javascript:y)", r"\[x\](javascript:y)"),
        ("two\nlines", "two lines"),
        ("50 % & more_or_less", "50 % & more_or_less"),
        ("https://evil.example a@b.example", r"https\://evil.example a\@b.example"),
        ("# heading", r"\# heading"),
        ("a\u202eb\u200bc\x07", "a\ufffdb\ufffdc\ufffd"),
        ("Bachelor’s Degree", "Bachelor’s Degree"),
    ],
)
def test_text_from_data_cannot_inject_markdown(text, expected):
    """A level or column name is shown as it is spelled: no table break, link, tag or entity comes out of it."""
    assert escape(text) == expected


def test_numbers_have_a_true_minus_and_no_negative_zero():
    """Rounded numbers carry a minus sign, a rounded zero none, and NaN is said to be undefined."""
    assert [number(-0.12345), number(-0.0001), number(float("nan")), number(2.0, 1)] == [
        "−0.123",
        "0.000",
        "undefined",
        "2.0",
    ]


def test_interval_or_the_reason_why_not():
    """A value comes with its interval; without one it says so, and an undefined value says why."""
    assert interval(row(-0.5, -0.75, -0.25), 2) == "−0.50 [−0.75, −0.25]"
    assert interval(row(0.5)) == "0.500 (no interval)"
    assert interval(row(float("nan"), reason="no_positives")) == "undefined: no positives"


def test_limits_with_one_or_two_ends():
    """Limits read as a range, or as at least or at most when one end is open."""
    nan = float("nan")
    ends = [(-0.1, 0.1), (0.8, nan), (nan, 2.0)]
    assert [limits(row(0, minimum=a, maximum=b)) for a, b in ends] == ["−0.1 to 0.1", "at least 0.8", "at most 2"]


def test_template_with_an_unknown_name_fails(tmp_path):
    """A place that the stage cannot fill stops the document instead of staying empty."""
    (tmp_path / "t.j2").write_text("{{ figure }}", encoding="utf-8")
    with pytest.raises(UndefinedError):
        render(tmp_path / "t.j2", {})
    with pytest.raises(InputError, match="no such template"):
        render(tmp_path / "none.j2", {})
