"""What people call things: defaults from the columns, display names where given, and what is refused."""

import pandas as pd
import pytest
from pydantic import ValidationError

from responsible.words import Words, read

OURS = Words(
    rows={"healthcare": ["loan application", "loan applications"]},
    yes={"healthcare": "granted"},
    merit="sound",
    names={"sx": "sex", "income_usd": "income"},
    levels={"sx": {"1": "men"}},
    units={"income_usd": "dollars"},
)


def test_without_words_things_are_called_after_their_columns():
    """Underscores become blanks, rows are people or cases, and a yes is selected or approved."""
    plain = read(None)
    assert (plain.name("zip_code"), plain.name("f1"), plain.level("sx", "1")) == ("zip code", "F1", "1")
    assert (plain.many("budget"), plain.many("healthcare"), plain.answer("budget")) == ("people", "cases", "selected")
    assert plain.scope("all") == "all cases"
    assert plain.scope("urgent merit") == "justified urgent cases"
    assert plain.meaning("status", ["good"], 1) == "status is good"
    assert plain.meaning("status", ["good", "fair", "new"], 1) == "status is good, fair or new"
    assert plain.meaning("income_usd", None, 30_000) == "income usd is at least 30,000"


def test_words_that_people_gave():
    """They stand for columns, levels, rows and answers; a number has its unit."""
    assert OURS.meaning("income_usd", None, 30_000) == "income is at least 30,000 dollars"
    assert OURS.scope("merit") == "sound loan applications"
    assert OURS.of_cases() == {
        "request": "loan application", "requests": "loan applications", "merit": "sound", "approved": "granted"
    }  # fmt: skip
    assert OURS.shown("attribute", "sx") == "sex"
    assert (OURS.shown("level", "1", "sx"), OURS.shown("level", "1", "other"), OURS.shown("n", "1")) == (
        "men",
        "1",
        "1",
    )


def test_tables_have_display_names_and_keep_their_figures():
    """Levels are named by their own attribute; tables without attributes, and without words, are the same object."""
    table = pd.DataFrame({"attribute": ["sx", "age"], "level": ["1", "1"], "value": [0.5, 0.25]})
    other = pd.DataFrame({"figure": ["f1"]})
    named = OURS.tables({"a": table, "b": other})
    assert named["a"].to_dict("list") == {"attribute": ["sex", "age"], "level": ["men", "1"], "value": [0.5, 0.25]}
    assert named["b"] is other
    assert Words().tables({"a": table})["a"] is table


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rows": {"healthcare": ["case"]}}, "at least 2 items"),
        ({"rows": {"houses": ["a", "b"]}}, "'budget', 'healthcare' or 'segments'"),
        ({"names": {"a": "x", "b": "x"}}, "names must call no two things the same"),
        ({"levels": {"sex": {"1": "x", "2": "x"}}}, "levels.sex must call no two things the same"),
        ({"merit": " "}, "pattern"),
        ({"nouns": {}}, "Extra inputs"),
    ],
)
def test_what_is_refused(given, message):
    """A noun without its plural, another line, two things of one name, blanks, and unknown keys."""
    with pytest.raises(ValidationError, match=message):
        read(given)
