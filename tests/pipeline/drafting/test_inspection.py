import numpy as np
import pandas as pd
import pytest

from pipeline.drafting import findings, inspection, reading
from pipeline.drafting.inspection import columns
from responsible.tabular.columns import Spelling


def inspected(tmp_path, **texts):
    """The columns of a table with these texts."""
    pd.DataFrame(texts).to_csv(tmp_path / "t.csv", index=False)
    return columns(reading.read(str(tmp_path / "t.csv"), "duckdb"))


def column(values, name="c", kind="categorical"):
    """A column of texts."""
    return inspection.Column(name, pd.Series(values, dtype=object), kind, Spelling())


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        (["2024-01-31", "2023-12-01"], ()),
        (["2024-01-31T10:00:00Z"], ()),
        (["31.01.2024", "01.12.2023"], ("%d.%m.%Y",)),
        (["01/31/2024"], ("%m/%d/%Y",)),
        (["01/02/2024"], ("%m/%d/%Y", "%d/%m/%Y")),
        (["20240131", "20231201"], ("%Y%m%d",)),
    ],
)
def test_dates_are_told_from_numbers_and_texts(tmp_path, values, forms):
    """A form counts when every value is a date of it; where two fit, both are named."""
    found = inspected(tmp_path, d=values, x=["a"] * len(values))["d"]
    assert (found.kind, tuple(found.forms)) == ("date", forms)


@pytest.mark.parametrize("values", [["12.5", "-3"], ["1e3", "4"], ["20249999", "17"]])
def test_numbers_are_no_dates(tmp_path, values):
    """Eight digits that no calendar has, exponents and fractions are numbers."""
    assert inspected(tmp_path, d=values, x=["a", "b"])["d"].kind == "numeric"


def test_constants_identifiers_and_splits_are_found(tmp_path):
    """One value in all rows, a value per row, and train and test; a measurement with a fraction names nobody."""
    n = 40
    found = inspected(
        tmp_path,
        one=["x"] * n,
        nothing=[None] * n,
        id=[str(1000 + i) for i in range(n)],
        name=[f"p{i}" for i in range(n)],
        weight=[f"{50 + i / 7:.3f}" for i in range(n)],
        split=["train", "test"] * (n // 2),
        half=["x", None] * (n // 2),
    )
    assert [name for name, c in found.items() if c.is_constant] == ["one", "nothing"]
    assert [name for name, c in found.items() if c.is_identifier] == ["id", "name"]
    assert [name for name, c in found.items() if c.is_split] == ["split"]
    assert [name for name, c in found.items() if c.is_continuous] == ["id", "weight"]


def test_levels_that_look_like_one_are_found():
    """Spellings of a number, case and blanks; distinct levels are not."""
    assert column(["1", "1.0", "0", "male", "Male ", "female", None]).alike == [["1", "1.0"], ["Male ", "male"]]
    assert column(["a", "b", "10", "1"]).alike == []


def test_flags_that_repeat_an_attribute_are_found():
    """A column of two values that each level decides repeats it; one that varies within a level does not."""
    found = {
        "race": column(["a", "b", "c", "a"], "race"),
        "is_a": column(["1", "0", "0", "1"], "is_a"),
        "other": column(["1", "0", "1", "0"], "other"),
        "three": column(["x", "y", "z", "x"], "three"),
    }
    assert inspection.repeats(found, "race") == ["is_a"]


def test_edges_lie_inside_the_range_and_rise():
    """Quartiles to two digits; a value that most rows have is one edge, and no numbers give none."""
    assert inspection.edges(np.arange(101.0)) == [25, 50, 75]
    assert inspection.edges(np.array([0.0, 0, 0, 0, 9])) == []
    assert inspection.edges(np.array([np.nan])) == []


def test_base_rates_and_shown_differences_of_a_hand_counted_table():
    """Rows and shares of each level; the privileged one is compared with nobody; rows without a label do not count."""
    level = pd.Series(["m"] * 60 + ["f"] * 30 + [None] * 10 + ["m"])
    label = np.array([1.0] * 30 + [0.0] * 30 + [1.0] * 6 + [0.0] * 24 + [0.0] * 10 + [np.nan])
    found = findings.levels(level, label, ["m"], share=0.5, confidence=0.95, power=0.8)
    assert [(f.level, f.rows, f.base_rate) for f in found] == [("m", 60, 0.5), ("f", 30, 0.2), ("Missing", 10, 0.0)]
    assert np.isnan(found[0].shows)
    assert found[1].shows == pytest.approx(findings.shown(15, 30, 0.5, 0.95, 0.8))
    others = findings.levels(level, label, [], share=1, confidence=0.95, power=0.8)
    assert others[0].shows == pytest.approx(findings.shown(60, 40, 6 / 40, 0.95, 0.8))


def test_a_column_that_tells_the_target_is_found_and_one_level_per_row_is_not():
    """Numbers in either direction and levels count; names tell nothing, because each level's own row is left out."""
    rng = np.random.default_rng(5)
    y = (rng.random(400) < 0.4).astype(float)
    low = column([f"{v}" for v in 3 - y], "low", "numeric")
    word = column(np.where(y > 0, "granted", "refused"), "word")
    names = column([f"p{i}" for i in range(400)], "names")
    noise = column([f"{v:.6f}" for v in rng.random(400)], "noise", "numeric")
    assert findings.leaks([low, word, names, noise], y) == {"low": 1.0, "word": 1.0}
    assert findings.auc(names, y) == 0.5
    assert findings.auc(noise, y) == pytest.approx(0.5, abs=0.1)


def test_cells_before_and_after_bins():
    """Distinct combinations of label and values, counted by hand; a missing number is an interval of its own."""
    x = column(["1", "2", "3", "4", None], "x", "numeric")
    y = np.array([0.0, 0, 1, 1, 1])
    assert findings.cells([x], y, {}) == 5
    assert findings.cells([x], y, {"x": [2.5]}) == 3
    assert list(findings.cut(x, [2], "right")) == ["<= 2", "<= 2", "> 2", "> 2", "Missing"]
    assert list(findings.cut(x, [2])) == ["< 2", ">= 2", ">= 2", ">= 2", "Missing"]


def test_the_width_is_that_of_the_encoder():
    """One column for each number, one more for its gaps, one for each level: as the encoder makes them."""
    from responsible.modelling.logistic_regression import encoder
    from tests.support.planted import PLAIN

    found = [
        column(["1", "2", None, "1"], "x", "numeric"),
        column(["a", "b", None, "a"], "g"),
        column(list("pqrs"), "h"),
    ]
    x = pd.DataFrame({"x.x": found[0].numbers, "x.g": ["a", "b", "Missing", "a"], "x.h": list("pqrs")})
    kinds = {"x.x": "numeric", "x.g": "categorical", "x.h": "categorical"}
    assert findings.width(found) == encoder(x, np.ones(4, dtype=int), kinds, PLAIN).transform(x).shape[1] == 9
