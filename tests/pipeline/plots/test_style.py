"""Pictures are small SVG files with real text, the same for the same table, and show names as the letters they are."""

from xml.etree import ElementTree as ET

import pytest

from pipeline.plots.forest import ticks
from pipeline.plots.style import count, fold
from tests.support.pictures import pictures

SVG = "{http://www.w3.org/2000/svg}"
NAMES = list(pictures())


def texts(drawing):
    return [element.text for element in ET.fromstring(drawing).iter(f"{SVG}text")]  # noqa: S314 - our own


@pytest.mark.parametrize("name", NAMES)
def test_the_same_table_gives_the_same_bytes(name):
    """Drawn twice, a picture is the same; its file holds its words, no date, and nothing from elsewhere."""
    one, other = pictures()[name], pictures()[name]
    assert (one.wide, one.narrow) == (other.wide, other.narrow)
    for drawing in (one.wide, one.narrow):
        assert len(drawing) < 60_000
        tree = ET.fromstring(drawing)  # noqa: S314 - our own
        assert tree.find(f"{SVG}title").text == one.said.finding
        assert tree.find(f"{SVG}desc").text == one.said.alt
        assert tree.find(f"{SVG}metadata").text == f"{one.said.unit}\n{one.said.caption}"
        assert one.said.alt.startswith(one.said.finding)
        assert b"href" not in drawing
        assert b"url(" not in drawing


@pytest.mark.parametrize("name", ["$a_b$", "$\\frac$", "</text><script>alert(1)</script>", "a\u202eb\x07", "&amp;"])
def test_a_name_in_a_picture_is_text_and_hides_nothing(name):
    """A level that is markup or a formula stands for itself; characters that deceive the eye are replaced."""
    shown = name.replace("\u202e", "\ufffd").replace("\x07", "\ufffd").replace("_", " ")
    drawing = pictures(group_rates={"Male": name, "gender": name})["group_rates"].wide
    lines = texts(drawing)
    assert set(fold(shown, 160)) <= set(lines)
    assert f"By {shown}" in lines
    assert b"<script" not in drawing
    assert "\u202e" not in drawing.decode()


@pytest.mark.parametrize(
    ("ends", "most", "expected"),
    [
        ((0, 1), 3, [0, 0.5, 1]),
        ((-1, 1), 5, [-1, -0.5, 0, 0.5, 1]),
        ((-15.6, 15.6), 4, [-10, 0, 10]),
        ((100, 800), 9, [100, 200, 300, 400, 500, 600, 700, 800]),
        ((0, 1.6), 4, [0, 0.5, 1, 1.5]),
        ((300, 300), 4, [300]),
    ],
)
def test_ticks_are_round_and_few(ends, most, expected):
    """Steps of 1, 2 or 5 and a power of ten, the finest that leaves no more than asked for."""
    assert ticks(*ends, most) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("number", "total", "expected"),
    [(0, 6, "none of 6 rules is"), (1, 6, "1 of 6 rules is"), (5, 6, "5 of 6 rules are"), (6, 6, "all 6 rules are")],
)
def test_counts_are_words_that_agree(number, total, expected):
    """None, one, some and all, with the verb that each of them takes."""
    assert count(number, total, "rules") == expected
