import pytest

from pipeline import entry
from responsible.validation import InputError


def test_refusal_is_one_message_and_exit_code_1(capsys):
    """A refused input ends a stage with its message, without a traceback; a bug still shows its traceback."""

    def refuse():
        raise InputError("data.csv: no such file")

    def bug():
        raise KeyError("x")

    with pytest.raises(SystemExit) as ended:
        entry.run(refuse)
    assert ended.value.code == "error: data.csv: no such file"
    with pytest.raises(KeyError):
        entry.run(bug)


def test_a_bar_hands_on_what_it_counts(capsys):
    """Every step comes through in its order, and nothing is printed where no terminal watches."""
    assert list(entry.watch([3, 1, 2], "numbers")) == [3, 1, 2]
    assert capsys.readouterr() == ("", "")
