"""Documents that cannot lie: Markdown from a template in which every number comes from a file and says from which.

How to write a template (docs/templates/NAME.md.j2, Jinja2). A number in its prose, a number or a text with digits that
it prints from an expression, an open place (TODO, […], …) and an unanswered question are errors that name template and
line. What it prints is escaped, unless a function below made it. Metric paths are those of the policy (docs/policy.md).

In a sentence, each with a link to file and key (collected at the end of the document):
    {{ figure("evaluate_fairness.education.reweighed.disparate_impact") }}    0.041 [0.033, 0.050], or why undefined
    {{ figure("group_rates.gender.reweighed.selection_rate", level="Female", digits=2) }}   of one level
    {{ figure("prepare.base_rate.test", percent=true, bare=true) }}          in percent; without the interval
    {{ parameter("threshold") }}      {{ parameter("fairness.accuracy_floor", percent=true) }}

Tables, which end with a line that names their file:
    {{ table("plots/group_rates.csv", where={"attribute": name, "rate": "selection_rate"}, by="level",
             columns={"group": text("level"), "rows": number("of", model="baseline"),
                      "baseline": interval(model="baseline"), "reweighed": interval(model="reweighed")}) }}
    A column shows ``text``, ``words``, ``number``, ``percent``, ``interval``, ``limits`` or ``verdict`` of a row; with
    ``by`` the rows of one value share a line, and keyword arguments pick the row of the cell. ``counted`` adds the
    counts behind a rate; ``most=40`` cuts a long table and says so.

What only people can say; the text between is theirs, and an empty one fails with the question:
    {% call people("intended_use", "What decisions may the model support, and for whom?") %}…{% endcall %}
    {{ written_for({"budget.source": "data/raw/budget.csv"}) }}   warns when the answers are of other parameters

Besides: ``cite("Mitchell et al. 2019")`` for works, laws and versions; ``picture("plots/roc.png", "what it shows")``;
``source("plots/fairness.csv")``, a link to a file; ``policy_line()`` and ``policy_table()``.

For loops and conditions, never printable as numbers: ``has(path, level)``, ``value(path, level)``, ``setting(key)`` (a
parameter or tree of them), ``rows(file, column=…)``, ``distinct(file, column, column=…)``, ``judgements`` (name,
verdict, said, found, severity, blocks, reason, owner, metric, level, limits, figure, until, justification).
``{{ row | interval }}`` prints of a row what a column of a table would, as a link; ``x | words`` and ``x | join(", ")``
keep texts escaped. Macros work. Floats in expressions are refused: a limit belongs into params.yaml.

A document of a stage: ``_sources.gather`` once, then :func:`write` for each template. The stage's deps are the files.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from pipeline.reporting import prose, rendering, template_functions
from pipeline.reporting.formatting import Made, Number, Told, escape
from pipeline.reporting.sources import Sources
from responsible.validation import InputError

Prose = tuple[str, list[int]]  # a template's own text, and the line of each of its characters


@dataclass(frozen=True)
class Document:
    """A finished document: its Markdown, and the answers that people gave in it, by their name."""

    name: str
    text: str
    answers: Mapping[str, str] = field(default_factory=dict)


class _RefusedError(InputError):
    """A refusal that names its lines already."""


class _Markdown(Environment):
    """Jinja's parts joined (a macro, a block that is set, a caller's body) are still what the engine made."""

    @staticmethod
    def concat(parts: Iterable[str]) -> Made:  # type: ignore[override]
        return Made("".join(parts))


def write(
    template: str | Path, output: str | Path, sources: Sources, data: Mapping[str, Iterable[str]] | None = None
) -> Document:
    """The document of a template as it will lie at ``output``; links in it are relative to there.

    ``data``: by name of the document the sections whose tables it is about; their digests stand in its footer.
    """
    path, name = Path(template), Path(output).stem
    if not path.is_file():
        raise InputError(f"{path}: no such template; restore it with `git checkout -- {path}`")
    functions = template_functions.Functions(sources, Path(output))
    try:
        compiled, own = _compile(path, functions)
        body = compiled.render()
    except _RefusedError:
        raise
    except (InputError, TemplateError, TypeError, ValueError, KeyError) as error:
        raise InputError(f"{path}{_line(error, path)}: {error}") from error
    _refuse_open(path, own, functions.unanswered)
    text = re.sub(r"\n{3,}", "\n\n", f"{body.strip()}\n\n{functions.links.footer((data or {}).get(name, ()))}")
    return Document(name, text, functions.answers)


def _compile(path: Path, functions: template_functions.Functions) -> tuple[Template, Prose]:
    environment = _Markdown(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown, not HTML: `printed` escapes whatever the engine did not make
        finalize=printed,
    )
    del environment.globals["range"]  # as in rendering
    environment.filters |= functions.filters() | {"join": _join, "words": _said}
    source = path.read_text(encoding="utf-8")
    own = _prose(environment, source, path)
    _refuse_numbers(environment, source, path, own)
    code = environment.compile(source, name=path.name, filename=str(path))
    return Template.from_code(environment, code, environment.make_globals(functions.names()), None), own


def printed(value: Any) -> Made:
    """What an expression of a template becomes: text is escaped, and a number that no function read is refused."""
    if isinstance(value, Made):
        return value
    if isinstance(value, Number):
        raise InputError("a number for conditions cannot be printed; print it with figure(), parameter() or table()")
    if isinstance(value, Told):
        return Made(escape(value))
    if isinstance(value, str):
        if found := prose.numbers(value):
            raise InputError(f"{found[0].text!r} comes from no file; print it with figure(), parameter() or cite()")
        ends = re.fullmatch(r"(\s*)(?s:.*?)(\s*)", value)
        return Made(f"{ends[1]}{escape(value)}{ends[2] if value.strip() else ''}")  # blanks of ", " are meant
    if isinstance(value, StrictUndefined):
        str(value)  # raises, with the name that is missing
    kind = type(value).__name__
    raise InputError(f"{value!r} ({kind}) comes from no file; print it with figure(), parameter() or table()")


def _join(values: Iterable[Any], by: str = "") -> Made:
    printed(by)  # refuses a separator with a number; its blanks are kept
    return Made(by.join(printed(value) for value in values))


def _said(name: str) -> str:
    return type(name)(rendering.words(name)) if isinstance(name, Told) else rendering.words(name)


def _refuse_numbers(environment: Environment, source: str, path: Path, own: Prose) -> None:
    text, lines = own
    faults = [
        (lines[found.at], f"{found.text!r} is a number in prose; read it with figure(), parameter() or cite()")
        for found in prose.numbers(text)
    ]
    faults += [
        (token.lineno, f"{token.value} is a number in an expression; read it with value() or setting()")
        for token in environment.lexer.tokenize(source, path.name)
        if token.type == "float"
    ]
    if faults:
        raise _RefusedError("\n".join(f"{path}, line {line}: {fault}" for line, fault in sorted(faults)))


def _refuse_open(path: Path, own: Prose, unanswered: Mapping[str, str]) -> None:
    faults = [
        f"{path}: people({name!r}) is not answered: {question} Only people can say; write it between call and endcall"
        for name, question in unanswered.items()
    ]
    if not faults and (found := prose.placeholder(own[0])):
        faults = [f"{path}, line {own[1][found.at]}: {found.text!r} is a place left open; write what belongs there"]
    if faults:
        raise InputError("\n".join(faults))


def _prose(environment: Environment, source: str, path: Path) -> Prose:
    """The template's own text with a filler for each expression, and the line of every character."""
    text, lines = "", []
    for token in environment.lexer.tokenize(source, path.name):
        if token.type == "data":
            part = str(token.value)
            lines += accumulate((int(character == "\n") for character in part[:-1]), initial=token.lineno)
        elif token.type == "variable_begin":
            part = prose.FILLER
            lines += [token.lineno]
        else:
            continue
        text += part
    return text, [*lines, lines[-1] if lines else 1]


def _line(error: BaseException, path: Path) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    return f", line {line}" if line else ""
