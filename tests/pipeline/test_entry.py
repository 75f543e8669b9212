"""pipeline.entry: how stages and commands start and end."""

import gc
import os
import re
import resource
import subprocess
import sys
import weakref

import pytest

from pipeline import entry
from responsible.validation import InputError
from tests.support import contract
from tests.support.contract import ROOT
from tests.support.small import surroundings


def test_refusal_is_one_message_and_exit_code_1(capsys):
    """A refused input ends a stage with its message, without a traceback; a bug still shows its traceback."""

    def refuse():
        raise InputError("data.csv: no such file")

    def bug():
        raise KeyError("x")

    for code in (1, 2):
        with pytest.raises(SystemExit) as ended:
            entry.run(refuse, refused=code)
        assert ended.value.code == code
        assert capsys.readouterr() == ("", "error: data.csv: no such file\n")
    with pytest.raises(KeyError):
        entry.run(bug)


@pytest.mark.parametrize("command", [["commands.gate"], ["commands.plan"], ["commands.review", "HEAD"]])
def test_a_reader_that_has_gone_ends_a_command_in_silence(command):
    """Into `| head` a command ends with the code of a closed pipe, neither with a traceback nor with a message."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", *command]
    ran = subprocess.run(command, cwd=ROOT, env=surroundings(), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (entry.CLOSED, b"")


def test_garbage_is_looked_for_among_what_a_stage_made_alone():
    """What is imported is left alone by the collector, and a ring of objects that the stage dropped is collected."""

    class Ring:
        pass

    def stage():
        ring = Ring()
        ring.own, dropped = ring, weakref.ref(ring)
        del ring
        before, found = gc.get_freeze_count(), gc.collect()
        assert (before > 10_000, found > 0, dropped()) == (True, True, None)

    entry.run(stage)


def test_every_command_and_stage_starts_in_one_place():
    """Whatever ends one of them (a refusal, Ctrl-C, a closed pipe) is met by the same code."""
    for path in [*contract.modules("commands"), *contract.modules("stages")]:
        _, started, block = path.read_text(encoding="utf-8").partition('if __name__ == "__main__":\n')
        assert re.search(r"^    (entry\.)?run\(", block, re.MULTILINE) if started else path.name == "__init__.py", path
        assert "sys.exit" not in block, path


def test_ctrl_c_and_exit_codes():
    """Ctrl-C ends without traceback, and what a command returns is its exit code."""

    def interrupt():
        raise KeyboardInterrupt

    for main, code in ((interrupt, entry.INTERRUPTED), (lambda: 3, 3)):
        with pytest.raises(SystemExit) as ended:
            entry.run(main)
        assert ended.value.code == code
    entry.run(lambda: 0)


def test_a_bar_hands_on_what_it_counts(capsys):
    """Every step comes through in its order, and nothing is printed where no terminal watches."""
    assert list(entry.watch([3, 1, 2], "numbers")) == [3, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_memory_is_that_of_the_machine_or_of_the_container(tmp_path, monkeypatch):
    """A container's bound holds where it is smaller; the word "max" is none, and neither is an absent file. Of bounded
    addresses there are only those that this process has not taken yet.
    """
    bound = tmp_path / "memory.max"
    monkeypatch.setattr(entry, "BOUNDS", [tmp_path / "other", bound])
    whole = entry.memory()
    assert whole == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for text, expected in (("1048576\n", 1_048_576), ("max\n", whole), (f"{10 * whole}\n", whole)):
        bound.write_text(text)
        assert entry.memory() == expected
    (tmp_path / "statm").write_text("1000 500 1\n")
    monkeypatch.setattr(entry, "MAPPED", tmp_path / "statm")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (10**8, 10**8))
    assert entry.memory() == 10**8 - 1000 * os.sysconf("SC_PAGE_SIZE")
