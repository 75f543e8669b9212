"""From a file to a draft that runs: ``make start TABLE=my.csv TARGET=y PROTECTED=sex,age``.

Looks at the table, writes the sections of one line of work in params.yaml, and says what the rows can show and what
people have to decide. At a terminal it asks for what it was not told. A repository that is no longer the sample's is
left as it is, and the difference shown, unless ``--force`` is given.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.drafting import reading
from pipeline.drafting.inspection import Column
from pipeline.drafting.proposal import is_sample, proposed, said
from pipeline.drafting.request import LINES, Request, bounds, is_number, listed, pairs
from pipeline.drafting.sections import counted
from pipeline.entry import run
from pipeline.repository import git
from pipeline.storage import parameters
from responsible.validation import InputError

Ask = Callable[[str], str]
PARAMETERS = "params.yaml"
NEXT = "next: dvc repro {}, which checks table and parameters; then dvc repro, and open docs/index.html"
STAGES = {"budget": "prepare", "healthcare": "prepare_healthcare", "segments": "prepare_segments"}
EDGE = 'numbers: a level is one side of an edge, such as "> 25"'
QUESTIONS = {
    "table": "the table, a CSV or Parquet file or a folder of them: ",
    "target": "the column that is predicted, or decided: ",
    "protected": "protected attributes, columns between commas: ",
}


def main(asked: Request, ask: Ask | None = None, *, root: str = ".", force: bool = False) -> None:
    """Write the draft in ``root`` and print what the table says; ``ask`` is for levels that were not named.

    Raises:
        InputError: a table, column or level that is not there; or the repository is no longer the sample's, and
            ``force`` is not given: then nothing changes.
    """
    complete = partial(_named, ask=ask) if ask else None
    found = proposed(asked, Path(root), complete)
    if why := _edited(Path(root), parameters.read_yaml(Path(root) / PARAMETERS), asked.line):
        before, after = found.before.splitlines(), found.after.splitlines()
        print(*difflib.unified_diff(before, after, PARAMETERS, "draft", lineterm=""), sep="\n")
        if not force:
            raise InputError(f"{PARAMETERS}: {why}; the draft above would replace it: repeat with --force")
    found.write(Path(root))
    print(*said(found.roles, Path(root) / PARAMETERS), sep="\n")
    if Path(found.roles.table.source.source).is_absolute():
        print("the table is outside the repository: copy it in, and use `dvc add` if its rows must not be in git")
    if found.gone:
        print(f"removed, because they have no table: {' and '.join(found.gone)}; git has them")
    print(NEXT.format(STAGES[asked.line]))


def _named(asked: Request, table: reading.Table, columns: Mapping[str, Column], ask: Ask) -> Request:
    """The request with the levels that somebody names when asked for them; an empty answer leaves them open."""
    privileged = dict(asked.privileged)
    for name in asked.protected if asked.line != "segments" else ():
        if name not in privileged:
            of = EDGE if columns[name].is_continuous else counted(columns[name], table)
            if answer := listed([ask(f"privileged levels of {name} ({of}), between commas, or none: ")]):
                privileged[name] = answer
    target = columns[asked.target] if asked.target else None
    favourable = asked.favourable
    if target and not favourable and not is_number(target):
        favourable = listed(
            [ask(f"levels of {target.name} that count as 1 ({counted(target, table)}), between commas: ")]
        )
    return replace(asked, privileged=privileged, favourable=favourable)


def _edited(root: Path, tree: Mapping[str, Any], line: str) -> str:
    """Why the parameter file is no longer the sample's, as a clause; "" when it is."""
    if git.found(root, "status", "--porcelain", "--", PARAMETERS):
        return "has changes that are not committed"
    return "" if is_sample(tree, line) else f"{line}.source is no longer the sample"


def request(given: argparse.Namespace, ask: Ask | None) -> Request:
    """What was asked for; ``ask`` gets an answer to a question, None where nobody is there.

    Raises:
        InputError: an option is missing and nobody is there, or the answer is empty.
    """
    external = given.score or given.decision
    needed = ["table", *(["target"] if given.line != "segments" and not external else []), "protected"]
    given_or_asked: Mapping[str, Sequence[str]] = {name: getattr(given, name) or _asked(name, ask) for name in needed}
    return Request(
        table=given_or_asked["table"][0],
        line=given.line,
        target=(given_or_asked.get("target") or given.target or [None])[0],
        protected=listed(given_or_asked["protected"]),
        privileged=pairs(given.privileged),
        favourable=listed(given.favourable),
        bounds=bounds(given.bounds),
        **{name: getattr(given, name) or None for name in ("id", "time", "score", "decision")},
    )


def _asked(name: str, ask: Ask | None) -> list[str]:
    answer = ask(QUESTIONS[name]).strip() if ask else ""
    if not answer:
        raise InputError(f"--{name} is missing: {QUESTIONS[name].removesuffix(': ')} (make start {name.upper()}=...)")
    return [answer]


def answer(question: str) -> str:
    """What somebody types; nothing where the input ends."""
    try:
        return input(question)
    except EOFError:
        return ""


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options; those that a Makefile passes on empty count as not given."""
    parser = argparse.ArgumentParser(
        prog="make start", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("--table", action="append", metavar="FILE", help="a CSV or Parquet file, or a folder of them")
    parser.add_argument("--target", action="append", metavar="COLUMN", help="the column that is predicted, or decided")
    parser.add_argument("--protected", metavar="COLUMN,…", help="groups whose treatment is audited", **many)
    parser.add_argument("--privileged", metavar="COLUMN=LEVEL,…", help="reference groups; none is guessed", **many)
    parser.add_argument("--favourable", metavar="LEVEL,…", help="levels of a target of texts that count as 1", **many)
    parser.add_argument("--bounds", metavar="COLUMN=LOW,HIGH,…", help="what anybody can have, for segments", **many)
    parser.add_argument("--id", metavar="COLUMN", help="the column that names a row, or a case")
    parser.add_argument("--time", metavar="COLUMN", help="the column of dates")
    parser.add_argument("--score", metavar="COLUMN", help="the score of a model of somebody else, from 0 to 1")
    parser.add_argument("--decision", metavar="COLUMN", help="what a model of somebody else decided")
    parser.add_argument("--line", choices=LINES, default="budget", help="the line of work (default: budget)")
    parser.add_argument("--force", action="store_true", help="replace parameters that are no longer the sample's")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parsed()
    at_terminal = sys.stdin.isatty() and os.environ.get("CI", "") == ""
    somebody = answer if at_terminal else None
    run(lambda: main(request(options, somebody), somebody, force=options.force))
