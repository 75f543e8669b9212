"""The template engine: Markdown from a template, and the guard that refuses typed numbers and open places in it.

How templates are written stands at the top of pipeline/reporting/document.py.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, Undefined

from pipeline.reporting import formatting, glossary, prose, tables
from pipeline.reporting.formatting import DataText, Markup, escape
from pipeline.reporting.prose import Prose
from pipeline.storage.text import read_text
from responsible.validation import InputError

if TYPE_CHECKING:
    from pipeline.results.answers import Held
    from responsible.governance.answers import Asked

Printer = Callable[[Any], Markup]
FILE = "answers.yaml"


class _RefusedError(InputError):
    """A refusal that names its lines already."""


class _Markdown(Environment):
    """Jinja's parts joined (a macro, a block that is set, a caller's body) are still what the engine made."""

    @staticmethod
    def concat(parts: Iterable[str]) -> Markup:
        return Markup("".join(parts))


def fill(template: str | Path, rows: Mapping[str, Any], answers: Held | None = None, output: str = "") -> str:
    """The Markdown of a template and the rows it shows, by name; a name that is missing is an error.

    ``answers`` are those that people gave in it. ``output`` is where it will lie: links to the glossary go from there.
    """
    path = Path(template)
    place = path.name.partition(".")[0]

    def names() -> dict[str, Any]:
        return {"cite": cite, **rows, **asking}

    def people(name: str, question: str, line: str = "") -> Markup:  # noqa: ARG001 - both are read from the template
        asked = answers.at(place, name) if answers else None
        return answered(asked, filled) if asked else Markup("")

    def filled(source: str, where: str) -> tuple[str, Prose]:
        return rendered(source, where, names, tables.FILTERS, printed_row, literals=True)

    asking: dict[str, Any] = {}
    if answers:
        asking = {"people": people, "asked": answers.of(place), "unanswered": answers.unanswered(place)}
    body, own = filled(read(path), str(path))
    refuse_open(str(path), own)
    text = spaced(f"{body}\n")
    return glossary.linked(text, output) if output else text


def read(path: Path) -> str:
    """The text of a template."""
    return read_text(path, f"restore the template with `git checkout -- {path}`")


def rendered(
    source: str,
    place: str,
    names: Callable[[], dict[str, Any]],
    filters: Mapping[str, Callable[..., Markup]],
    printer: Printer,
    *,
    literals: bool,
) -> tuple[str, Prose]:
    """A template's text, and its own prose; errors name its ``place``, such as its file, and, where known, the line."""
    environment = _environment(filters, printer)
    try:
        own = _guarded(environment, source, place, literals=literals)
        code = environment.compile(source, name=place, filename=place)
        return Template.from_code(environment, code, environment.make_globals(names()), None).render().strip(), own
    except _RefusedError:
        raise
    except (InputError, TemplateError, TypeError, ValueError, KeyError) as error:
        raise _RefusedError(f"{place}{_line(error, place)}: {error}") from error


def _environment(filters: Mapping[str, Callable[..., Markup]], printer: Printer) -> Environment:
    environment = _Markdown(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown, not HTML: `printer` escapes whatever the engine did not make
        finalize=printer,
    )
    del environment.globals["range"]  # loops go over rows, levels and rules, and end
    environment.filters |= {**filters, "join": partial(_join, printer=printer), "words": _words}
    environment.filters["trim"] = lambda text: type(text)(text.strip())  # what the engine made stays what it made
    return environment


def _guarded(environment: Environment, source: str, place: str, *, literals: bool) -> Prose:
    """The template's own prose; one that holds numbers is refused."""
    own = prose.of_template(environment, source, place)
    faults = prose.typed_numbers(environment, source, own, literals=literals)
    if faults:
        raise _RefusedError("\n".join(f"{place}, line {line}: {fault}" for line, fault in faults))
    return own


def printed_row(value: Any) -> Markup:
    """What an expression of a document of rows becomes: text is escaped, and a number written as numbers are."""
    number = isinstance(value, Real)  # numpy's numbers are Real, and not all are float
    if number and not isinstance(value, bool):
        return Markup(formatting.number(int(value) if isinstance(value, Integral) else float(value)))
    return escaped(value)


def escaped(value: Any) -> Markup:
    """Text as Markdown shows it, blanks around it kept; Markdown of the engine as it is; everything else is refused."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, DataText):
        return Markup(escape(value))
    if isinstance(value, str):
        ends = re.fullmatch(r"(\s*)(?s:.*?)(\s*)", value)
        assert ends is not None  # noqa: S101 - blanks, anything, blanks: every text is that
        return Markup(f"{ends[1]}{escape(value)}{ends[2] if value.strip() else ''}")  # blanks of ", " are meant
    if isinstance(value, StrictUndefined):
        str(value)  # raises, with the name that is missing
    if isinstance(value, Undefined):
        return Markup("")  # of {{ "text" if condition }} without else
    kind = type(value).__name__
    raise InputError(f"{value!r} ({kind}) comes from no file; print it with figure(), parameter() or table()")


def cite(text: str) -> Markup:
    """The name of a work, law, standard or version with its numbers, never a measurement."""
    if fault := prose.citation_fault(text):
        raise InputError(f"cite({text!r}) {fault}; a figure is read with figure()")
    return Markup(escape(text))


def _join(values: Iterable[Any], by: str = "", *, printer: Printer) -> Markup:
    return Markup(printer(by).join(printer(value) for value in values))  # a separator with a number is refused


def _words(name: str) -> str:
    return type(name)(formatting.words(name)) if isinstance(name, DataText) else formatting.words(name)


def spaced(text: str) -> str:
    """A text without more than one empty line in a row, and with the summaries of its folds as HTML."""
    return prose.summaries(re.sub(r"\n{3,}", "\n\n", text))


def _line(error: BaseException, place: str) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == place]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    return f", line {line}" if line else ""


def refuse_open(place: str, own: Prose) -> None:
    """Refuse a place left open."""
    if found := prose.placeholder(own[0]):
        line = own[1][found.at]
        raise _RefusedError(f"{place}, line {line}: {found.text!r} is a placeholder; write the text")


def answered(asked: Asked, filled: Callable[[str, str], tuple[str, Prose]]) -> Markup:
    """A question and the answer to it, which ``filled`` makes of its text and place; or that there is none, and why."""
    if asked.why:
        return Markup(f"**Not answered yet: {asked.question}** ({escape(asked.why.partition(':')[0])})\n")
    answer, place = asked.answer, f"{FILE}: {asked.place}.{asked.name}"
    body, own = filled(answer.text, place)
    refuse_open(place, own)
    by = answer.confirmed_by
    told = [
        *([f"Confirmed for this table by {escape(by.name)} on {by.date}."] if by else []),
        *([f"To be reviewed by {answer.review_by}."] if answer.review_by else []),
    ]
    return Markup("\n\n".join([f"**{asked.question}**", body, *([f"*{' '.join(told)}*"] if told else [])]) + "\n")


def refuse_text(text: str, place: str) -> None:
    """Refuse an answer that no document may hold, before any is rendered: numbers, open places, what is no template."""
    try:
        refuse_open(place, _guarded(_environment({}, escaped), text, place, literals=False))
    except TemplateError as error:
        raise InputError(f"{place}{_line(error, place)}: {error}") from None
