"""When an answer holds: its text, its table, the parameters it depends on, whose text it is, and its day."""

from datetime import date

import pytest
from pydantic import ValidationError

from responsible.governance import answers as _answers
from responsible.governance.answer import headline
from responsible.governance.answers import Answer, Asked, Circumstances, Table, digest, is_empty
from responsible.validation import explain

SAMPLE = Table(source="sample.csv", target="y", columns=["a", "b"])
OURS = Table(source="ours.csv", target="granted", columns=["age"])
THEIRS = "It describes\n  nobody."
TODAY = date(2026, 5, 1)
YES = {"name": "Ada", "date": "2026-04-01"}


def now(table=OURS, written_for=OURS, today=TODAY, **parameters):
    told = {"budget": written_for} if written_for else {}
    texts = frozenset({digest(THEIRS)})
    return Circumstances({"budget": table}, parameters, told, {"budget": SAMPLE}, texts, today)


def why(circumstances, lines=("budget",), **answer):
    return circumstances.why(Answer.model_validate(answer), lines)


def test_a_text_of_ones_own_for_the_table_at_hand_is_an_answer():
    """Nothing else is needed; where the columns stand in another order it is the same table."""
    assert why(now(), text="They are customers.") == ""
    two = Table(source="t.csv", columns=["b", "a"])
    assert why(now(two, Table(source="t.csv", columns=["a", "b"])), text="They are customers.") == ""


@pytest.mark.parametrize(
    ("other", "parts"),
    [
        (None, "budget.source, budget.target, budget.columns"),
        (Table(source="other.csv", target="granted", columns=["age"]), "budget.source"),
        (Table(source="ours.csv", target="refused", columns=["age"]), "budget.target"),
        (Table(source="ours.csv", target="granted", columns=["age", "sex"]), "budget.columns"),
        (Table(source={"database": "d", "query": "q"}, target="granted", columns=["age"]), "budget.source"),
    ],
)
def test_another_source_target_or_column_is_another_table(other, parts):
    """The text may be true of the table it was written for and says nothing of this one; what differs is named."""
    assert why(now(written_for=other), text="They are customers.") == f"{_answers.OTHER_TABLE}: {parts}"
    own = {"budget": {"source": "ours.csv", "target": "granted", "columns": ["age"]}}
    assert why(now(written_for=other), text="They are customers.", written_for=own) == ""


def test_a_question_about_several_tables_wants_all_of_them():
    """One line of work with another table opens it; one that the question is not about does not."""
    both = Circumstances({"budget": OURS, "segments": OURS}, {}, {"budget": OURS}, {}, frozenset(), TODAY)
    assert why(both, ("budget", "segments"), text="x y").startswith(f"{_answers.OTHER_TABLE}: segments.source")
    assert why(both, ("budget",), text="x y") == ""


@pytest.mark.parametrize("text", [THEIRS, THEIRS.upper(), " It describes: nobody!\n"])
def test_the_samples_text_is_nobodys_answer_until_somebody_confirms_it(text):
    """However its lines, letters and points stand; a new name of the table does not change whose text it is."""
    renamed = Table(source="renamed.csv", target="y", columns=["a", "b"])
    assert why(now(renamed, renamed), text=text) == _answers.SAMPLE_TEXT
    assert why(now(renamed, renamed), text=text, confirmed_by=YES) == ""
    assert why(now(SAMPLE, SAMPLE), text=text) == ""
    assert why(now(renamed, renamed), text=f"{text} We asked.") == ""


def test_a_confirmation_is_for_the_text_and_not_for_another_table():
    """Whoever confirms a text has still to say which table it is about."""
    assert why(now(written_for=SAMPLE), text=THEIRS, confirmed_by=YES).startswith(_answers.OTHER_TABLE)


def test_an_answer_holds_while_what_it_depends_on_stays():
    """Another value, and a parameter that is gone, open the question and are named."""
    own = {"text": "At this threshold.", "depends_on": {"threshold": 300, "model.C": 1.0}}
    assert why(now(threshold=300, model={"C": 1.0}), **own) == ""
    assert why(now(threshold=250, model={"C": 1.0}), **own).endswith("another value of threshold")
    assert why(now(threshold=250), **own).endswith("another value of threshold, model.C")


def test_an_answer_is_due_after_its_day():
    """The last day is included, and a document, which does not know the day, shows it always."""
    own = {"text": "Until then.", "review_by": "2026-05-01"}
    assert why(now(), **own) == ""
    assert why(now(today=date(2026, 5, 2)), **own) == "the text was to be reviewed by 2026-05-01"
    assert why(now(today=date.min), **own) == ""


def test_empty_answers():
    """No word at all, or only the word that there is none, is no answer."""
    assert [is_empty(t) for t in ("", " \n", "—", "n/a", "**None.**", "Unknown", "None of these uses.")] == [
        *[True] * 6,
        False,
    ]
    assert {why(now(), **({"text": text} if text is not None else {})) for text in (None, "", "n/a")} == {
        _answers.NO_TEXT
    }


def test_a_text_alone_is_an_answer():
    """The short form of the file: nothing, or the text without a mapping."""
    assert [Answer.model_validate(x).text for x in (None, " Ours. ", {"text": None})] == ["", "Ours.", ""]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "f: must be a mapping of keys, got 3"),
        ({"txt": "x"}, "f:.txt is not a known key; did you mean 'text'?"),
        ({"text": 3}, "f:.text must be text, got 3"),
        ({"review_by": "1.1.2027"}, "must be a date such as 2026-12-31, got '1.1.2027'"),
        ({"depends_on": ["threshold"]}, "f:.depends_on must be a mapping of keys, got ['threshold']"),
        ({"confirmed_by": "Ada"}, "f:.confirmed_by must be a mapping of keys, got 'Ada'"),
        ({"confirmed_by": {"name": "Ada"}}, "f:.confirmed_by.date is missing"),
        ({"written_for": {"tables": {}}}, "must be 'budget', 'healthcare' or 'segments'"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_key(given, message):
    """Misspelt keys, other types and half a confirmation are named by key, rule and value."""
    with pytest.raises(ValidationError) as caught:
        Answer.model_validate(given)
    assert message in explain(caught.value, "f:", Answer.model_fields).replace("f: must", "f: must")


def test_tables_have_the_columns_in_use():
    """Features and attributes of each line of work that the parameters have, and what it predicts or decides."""
    found = _answers.tables(
        {
            "budget": {"source": "b", "target": {"column": "y"}, "features": {"x": 1, "s": 1}},
            "sensitive": {"sex": {"column": "s"}, "race": {"column": "r"}},
            "healthcare": {
                "source": "h",
                "outcome": {"column": "ok"},
                "merit": {"column": "need"},
                "urgency": None,
                "protected": {"who": {"column": "asks"}},
            },
            "segments": {"source": "p", "protected": "g", "features": {"f": 1}},
        }
    )
    assert found == {
        "budget": Table(source="b", target="y", columns=["r", "s", "x"]),
        "healthcare": Table(source="h", target="ok", columns=["asks", "need"]),
        "segments": Table(source="p", columns=["f", "g"]),
    }
    assert _answers.tables({"segments": None}) == {}


def asked(place, name, why=""):
    return Asked(place, name, "What?", ("budget",), Answer(), why)


def test_open_questions_are_counted_named_and_judged():
    """They are one more rule of the policy, whose sentence has the numbers; the policy says whether it blocks."""
    questions = [asked("card", "a", "there is no text"), asked("card", "b"), *(asked("sheet", n, "due") for n in "xy")]
    found = _answers.judged(questions, "block")
    assert (found.verdict, found.blocks, found.evidence.value) == ("fail", True, 3.0)
    assert found.rule.reason == "card: a (there is no text); sheet: all 2 (due)"
    assert headline([found]) == "Cannot be decided yet. 3 of 4 questions are not answered yet."
    warned = _answers.judged(questions, "warn")
    assert headline([warned]) == "Meets the policy. Every blocking rule is met. 3 of 4 questions are not answered yet."
    met = _answers.judged([asked("card", "b")], "block")
    said = "Meets the policy. Every blocking rule is met."
    assert (met.verdict, met.blocks, headline([met])) == ("pass", False, said)
    assert _answers.count([asked("card", "a", "due")]) == "1 of 1 questions is not answered yet"
