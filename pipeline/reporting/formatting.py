"""How numbers, intervals, limits, p-values, verdicts and text from data are written, each in one place.

Plain Python only, because `make gate` and the summary after every `make` import this.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unicodedata import category

from responsible.names import FEW, spoken

if TYPE_CHECKING:
    from responsible.governance.evidence import Evidence
    from responsible.governance.policy import Judgement

SPECIAL = "\\`*_[]<>|~&$"  # characters with a meaning inside a line of Markdown, HTML or mathematics
Digits = int | str | None  # decimals; "g", "g4": significant ones, all for what was chosen, not measured; None: by size


class DataText(str):
    """Text from data or parameters: printed escaped, and never checked for numbers, because nobody wrote it."""

    __slots__ = ()


class Markup(str):
    """Markdown that the engine made: printed as it is."""

    __slots__ = ()


class ReadNumber(float):
    """A number read from a file, for conditions in a template; to print it, ask for the figure."""


@dataclass(frozen=True)
class Said:
    """The words of a picture: its ``finding`` as a heading, ``unit`` and population, ``alt`` text, ``caption``."""

    finding: str
    unit: str
    alt: str
    caption: str


def data_text(value: Any) -> Any:
    """A tree of parameters or rows with every text and key :class:`DataText`, every number a :class:`ReadNumber`."""
    if isinstance(value, Mapping):
        return {data_text(k): data_text(v) for k, v in value.items()}
    if isinstance(value, str):
        return DataText(value)
    if isinstance(value, Sequence):
        return [data_text(v) for v in value]
    return ReadNumber(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def visible(text: str) -> str:
    """Text with U+FFFD for control characters but line breaks, and for those that turn the direction of writing or are
    not to be seen: they only deceive the eye.
    """
    return "".join("\ufffd" if c != "\n" and category(c) in ("Cc", "Cf", "Cs", "Co") else c for c in text)


def escape(text: object) -> str:
    """Text from data as Markdown shows it, letter by letter, wherever it stands: no markup, link, list or heading."""
    seen = visible(" ".join(str(text).split()))
    out = re.sub(r"(?i)(https?|ftp):(?=//)", r"\1\\:", "".join(f"\\{c}" if c in SPECIAL else c for c in seen))
    out = re.sub(r"(?<=[^\W_])\\_(?=[^\W_])", "_", re.sub(r"(?i)\bwww\.", r"www\\.", out).replace("@", r"\@"))
    out = re.sub(r"\\&(?=\s|$)", "&", out)
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([#+=-])", r"\\\1", out))


def drawn(said: Said, file: str, *, heading: bool = True) -> Markup:
    """A picture and its words: finding and unit before it, the alternative text in its place, the caption after it."""
    finding = f"**{escape(said.finding)}**\n\n" if heading else ""
    return Markup(f"{finding}{escape(said.unit)}.\n\n![{escape(said.alt)}]({file})\n\n*{escape(said.caption)}*")


def code(text: object) -> str:
    """Text as inline code; escaped instead where it holds a character that code cannot show in every place."""
    plainly = str(text)
    return escape(plainly) if re.search(r"[`|\s]{2}|[`|\n]|^\s|\s$|^$", plainly) else f"`{visible(plainly)}`"


def plain(markdown: str) -> str:
    """Markdown made here as plain text: without escapes, emphasis, and the addresses of links."""
    text = re.sub(r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\](?:\[[^\]]*\]|\([^)]*\))", r"\1", markdown)
    text = re.sub(r"(?<![\\\w])(\*\*|\*|`)(?=\S)((?:[^\\]|\\.)*?)(?<![\\\s])\1(?!\w)", r"\2", text)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", " ".join(text.split()))


def words(name: str) -> str:
    """A name from a metrics file as a reader says it: underscores become spaces."""
    return spoken(name)


def number(value: float | None, digits: Digits = None, sign: str = "") -> str:
    """A number with a true minus, thousands separators and no negative zero; "undefined" for None and NaN.

    Without ``digits`` an integer and a whole number of 2 or more are counts, from a hundred on there are no decimals,
    and everything else has three. ``sign`` "+" shows a plus on gains.
    """
    if value is None or math.isnan(value):
        return "undefined"
    if isinstance(digits, str):
        text = f"{float(value):{sign},.{digits.removeprefix('g') or 12}g}"
        return (f"{float(text):{sign},.0f}" if "e+" in text else text).replace("-", "−")
    if digits is None:
        whole = isinstance(value, int) or (abs(value) >= 2 and float(value).is_integer())
        digits = 0 if whole else _decimals(value)
    if (
        digits and abs(value) < 1_000
    ):  # as tables carry it, so that a document made beside a table prints what one that reads it prints
        value = float(f"{value:.6g}")
    return f"{round(value, int(digits)) + 0.0:{sign},.{digits}f}".replace("-", "−")


def _decimals(value: float) -> int:
    return 0 if abs(value) >= 100 else 3


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in percent, ``43.1 %``; "undefined" for NaN."""
    return "undefined" if math.isnan(share) else f"{number(share * 100, digits)} %"


def interval(
    value: float, low: float, high: float, reason: str = "", *, digits: Digits = None, unit: str = "", sign: str = ""
) -> str:
    """``value [low, high]``, the value alone when there is no interval, or (escaped) the reason for no value."""
    if math.isnan(value):
        return (
            f"{'not shown' if reason.startswith(FEW) else 'undefined'} ({escape(words(reason)) or 'zero denominator'})"
        )
    if math.isnan(low):
        return f"{number(value, digits, sign)}{unit}"
    places = _decimals(value) if digits is None else digits
    return f"{number(value, places, sign)}{unit} [{number(low, places, sign)}, {number(high, places, sign)}]"


def limits(minimum: float | None, maximum: float | None) -> str:
    """The limits in words: ``0.8 to 1.25``, ``at least 0.8``, ``at most 0.1``; empty without any (None or NaN)."""
    low, high = ("" if end is None or math.isnan(end) else number(end, "g") for end in (minimum, maximum))
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""


def p_value(p: float, name: str = "") -> str:
    """A p-value: ``0.012``, ``< 0.001``, or "undefined"; with a ``name`` as a statement, ``p = 0.012``."""
    said = "undefined" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"
    return said if not name else f"{name} {'= ' if said[0].isdigit() else ''}{said}"


def verdict(name: str) -> str:
    """A verdict in words as Markdown, in bold where it is bad news."""
    said = escape(words(name))
    return f"**{said}**" if name in ("fail", "infeasible") else said


def figure(found: Evidence, digits: Digits = None, *, percent: bool = False, bare: bool = False) -> str:
    """A figure as text: value and interval, in percent or ``bare`` when asked, or why there is no value; with the level
    (escaped) that stands for any.
    """
    if found.level:
        return f"{figure(replace(found, level=''), digits, percent=percent, bare=bare)} ({escape(found.level)})"
    value, low, high = (found.value, *((math.nan,) * 2 if bare else (found.low, found.high)))
    if percent:
        places = 1 if digits is None else digits
        return interval(value * 100, low * 100, high * 100, found.reason, digits=places, unit=" %")
    if digits is None and not found.inferred and value.is_integer():
        digits = 0
    return interval(value, low, high, found.reason, digits=digits)


def judgement_verdict(judgement: Judgement) -> str:
    """The verdict of a rule in words, with the end of the exception when there is one."""
    if judgement.verdict != "excepted" or judgement.rule.exception is None:
        return words(judgement.verdict)
    return f"excepted until {judgement.rule.exception.until} ({words(judgement.found)})"


def columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of texts as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def parameter(value: Any, digits: int | None = None, *, shared: bool = False) -> str:
    """A parameter as text."""
    if not isinstance(value, int | float):
        return escape(value)
    if shared:
        return percent(value, digits or 0)
    return number(value, "g" if digits is None else digits)
