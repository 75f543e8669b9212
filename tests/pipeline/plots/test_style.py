"""pipeline.plots.style: names from the data are drawn as the letters they are."""

from pathlib import Path

import pytest
from matplotlib.text import Text

from pipeline.plots import fairness, style
from pipeline.storage.files import read_csv

ROOT = Path(__file__).parents[3]


def drawn(monkeypatch, draw):
    """The texts of a picture in the moment it is saved."""
    saved = []
    monkeypatch.setattr(style.Figure, "savefig", lambda figure, *_, **__: saved.extend(figure.findobj(Text)))
    draw()
    return saved


@pytest.mark.parametrize("name", ["$a_b$", "$\\frac$", "a\u202eb\x07"])
def test_a_name_in_a_picture_is_no_formula_and_hides_nothing(monkeypatch, name):
    """Dollars stand for themselves, also where they are no formula; characters that deceive the eye are replaced."""
    table = read_csv(ROOT / "plots/group_rates.csv").replace({"Male": name, "gender": name})
    texts = drawn(monkeypatch, lambda: fairness.group_rates(table))
    shown = name.replace("\u202e", "\ufffd").replace("\x07", "\ufffd")
    assert {shown, f"{shown}: selected"} <= {text.get_text() for text in texts}
    assert {text.get_parse_math() for text in texts} == {False}
    assert "\u202e" not in "".join(text.get_text() for text in texts)
