"""The template engine: Markdown from a template, and the guard that refuses typed numbers and open places in it.

How templates are written stands at the top of pipeline/reporting/document.py.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import accumulate
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, Undefined

from pipeline.reporting import formatting, prose, tables
from pipeline.reporting.formatting import DataText, Markup, escape
from pipeline.storage.text import read_text
from responsible.validation import InputError

Printer = Callable[[Any], Markup]
Prose = tuple[str, list[int]]  # a template's own text, and the line of each of its characters
_COMPARES = ("eq", "ne", "lt", "lteq", "gt", "gteq")


class _RefusedError(InputError):
    """A refusal that names its lines already."""


class _Markdown(Environment):
    """Jinja's parts joined (a macro, a block that is set, a caller's body) are still what the engine made."""

    @staticmethod
    def concat(parts: Iterable[str]) -> Markup:
        return Markup("".join(parts))


def fill(template: str | Path, rows: Mapping[str, Any]) -> str:
    """The Markdown of a template and the rows it shows, by name; a name that is missing is an error."""
    path = Path(template)
    names = {"cite": cite, **rows}
    body, own = rendered(path, lambda: names, tables.FILTERS, printed_row, literals=True)
    refuse_open(path, own, {})
    return spaced(f"{body}\n")


def rendered(
    path: Path,
    names: Callable[[], dict[str, Any]],
    filters: Mapping[str, Callable[..., Markup]],
    printer: Printer,
    *,
    literals: bool,
) -> tuple[str, Prose]:
    """A template's text, and its own prose; errors name the template and, where known, the line."""
    source = read_text(path, f"restore the template with `git checkout -- {path}`")
    environment = _Markdown(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown, not HTML: `printer` escapes whatever the engine did not make
        finalize=printer,
    )
    del environment.globals["range"]  # loops go over rows, levels and rules, and end
    environment.filters |= {**filters, "join": partial(_join, printer=printer), "words": _words}
    try:
        own = _own_prose(environment, source, path)
        _refuse_numbers(environment, source, path, own, literals=literals)
        code = environment.compile(source, name=path.name, filename=str(path))
        return Template.from_code(environment, code, environment.make_globals(names()), None).render().strip(), own
    except _RefusedError:
        raise
    except (InputError, TemplateError, TypeError, ValueError, KeyError) as error:
        raise InputError(f"{path}{_line(error, path)}: {error}") from error


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
    """A text without more than one empty line in a row."""
    return re.sub(r"\n{3,}", "\n\n", text)


def _line(error: BaseException, path: Path) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    return f", line {line}" if line else ""


def _own_prose(environment: Environment, source: str, path: Path) -> Prose:
    """The template's own text with a filler for each expression, and the line of every character."""
    text, lines = "", list[int]()
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


def _refuse_numbers(environment: Environment, source: str, path: Path, own: Prose, *, literals: bool) -> None:
    """Refuse numbers in prose and fractions in expressions; with ``literals`` also integers and texts with digits.

    An integer may be an argument (decimals, an index) or stand beside a comparison; a text with digits is a citation.
    """
    text, lines = own
    faults = [
        (lines[found.at], f"{found.text!r} is a number in prose; read it with figure(), parameter() or cite()")
        for found in prose.numbers(text)
    ]
    faults += [
        (line, f"{value} is a number in an expression; it belongs into the data of the document")
        for line, value in _typed(environment, source, path, literals=literals)
    ]
    if faults:
        raise _RefusedError("\n".join(f"{path}, line {line}: {fault}" for line, fault in sorted(faults)))


def _typed(environment: Environment, source: str, path: Path, *, literals: bool) -> Iterator[tuple[int, str]]:
    """Line and text of the numbers that are written in expressions."""
    depth, before = 0, ["", ""]
    for token in environment.lexer.tokenize(source, path.name):
        depth += (token.type in ("lparen", "lbracket")) - (token.type in ("rparen", "rbracket"))
        argument = token.type == "integer" and (depth > 0 or before[1] in _COMPARES)
        citation = before[0] == "cite" and before[1] == "lparen"
        number = token.type == "integer" or (token.type == "string" and prose.numbers(str(token.value)))
        if token.type == "float" or (literals and number and not argument and not citation):
            yield token.lineno, str(token.value)
        before = [before[1], str(token.value) if token.type == "name" else token.type]


def refuse_open(path: Path, own: Prose, unanswered: Mapping[str, str]) -> None:
    """Refuse questions to people without an answer, and places left open."""
    faults = [
        f"{path}: people({name!r}) is not answered: {question} Only people can say; write it between call and endcall"
        for name, question in unanswered.items()
    ]
    if not faults and (found := prose.placeholder(own[0])):
        faults = [f"{path}, line {own[1][found.at]}: {found.text!r} is a place left open; write what belongs there"]
    if faults:
        raise InputError("\n".join(faults))
