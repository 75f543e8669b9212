"""The README is run as a newcomer would: every command, in order, on a fork of their own."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.contract import ROOT
from tests.support.small import equipped, surroundings

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
# Not run from within the tests, with the reason. What make would run in their place is compared below.
ELSEWHERE = {
    "make test": "runs this test",
    'make start TABLE=examples/randhie.csv TARGET=outcome PROTECTED=black,female PRIVILEGED="black=0.0,female=0"': (
        "changes the parameters; test_your_own_data.py runs it with what follows"
    ),
}
# What a reader should see.
SEEN = {
    "make": r"14 stages: .*\n(.*\n)*policy: Does not meet the policy\. .*\n(.*\n)*audit trail: ",
    "dvc params diff --md": r"\| threshold +\| 300 +\| 250 +\|",
    "dvc metrics diff --md": r"reweigh\.accuracy +\| \S+ +\| \S+ +\| \S+ +\|",
    "dvc exp show --only-changed --md": r"(strict|loose).*\n(.*\n)*.*(strict|loose)",
    "make review BASE=main": r"\*\*Policy: Does not meet the policy\. .*\*\*",
    "make plots BASE=main": r"file://",
    "make gate": r"Selection by education +infeasible +BLOCKS",
}
BLOCKED = 2  # what make says when the policy fails


def bare(line: str) -> str:
    """A command without the comment behind it."""
    return line.split("  #", maxsplit=1)[0].strip()


@pytest.fixture
def newcomer(built, tmp_path):
    """A built fork whose ``.venv`` is this environment, so that nothing is installed and nothing is written there."""
    return equipped(built.copy(tmp_path / "fork"))


def run(root: Path, command: str) -> tuple[int, str]:
    """Exit code and output of a command in a shell."""
    trail = "on" if command == "make" else "off"  # each recording takes as long as a stage
    environment = surroundings() | {"AUDIT_TRAIL": trail}
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.heavy
def test_every_command_of_the_readme_does_what_it_says(newcomer):
    """Each command ends well, but for the gate, which fails as announced, and shows what the README says one sees."""
    said: dict[str, str] = {}
    for command in map(bare, COMMANDS):
        if command in ELSEWHERE:
            continue
        code, output = run(newcomer, command)
        assert code == (BLOCKED if command == "make gate" else 0), f"{command}:\n{output}"
        said.setdefault(command, output)
    for command, pattern in SEEN.items():
        assert re.search(pattern, said[command]), f"{command}:\n{said[command]}"
    assert run(newcomer, "git status --porcelain")[1] == "", "the what-if was not put back"


def test_what_is_not_run_is_what_make_runs():
    """The install lines are those of the Makefile, and make knows every target that the README names."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(PYTHON) -m venv $(VENV)" in makefile
    assert "pip install --require-hashes" in makefile
    assert set(ELSEWHERE) <= set(map(bare, COMMANDS))
    targets = re.findall(r"^(\w+):", makefile, re.MULTILINE)
    assert {shlex.split(c)[1] for c in map(bare, COMMANDS) if c.startswith("make ")} <= set(targets)


def test_the_gate_s_lines_are_the_present_ones(capsys):
    """Each line of the gate in the README is what `make gate` prints on the committed results."""
    from commands import gate

    gate.main(str(ROOT))
    printed = " ".join(capsys.readouterr().out.split())
    quoted = re.search(r"```\n(rule .*?)```", README, re.DOTALL)[1].splitlines()
    assert len(quoted) > 4
    assert [line for line in quoted if " ".join(line.strip("… ").split()) not in printed] == []


def test_figures_quoted_are_the_present_ones():
    """The lines quoted from the summary stand in it, however they were abridged."""
    from pipeline.documents.build_summary import summary

    quoted = re.search(r"prints a summary:\n\n```\n(.*?)```", README, re.DOTALL)[1]
    shown = " ".join(" ".join(summary({}, str(ROOT))).split())
    numbers = re.findall(r"−?\d\.\d{3} \[−?\d\.\d{3}, −?\d\.\d{3}\](?: [a-z]+)?", quoted)
    assert len(numbers) == 6
    assert all(number in shown for number in numbers)
