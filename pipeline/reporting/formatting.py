"""Words for documents: text from data, Markdown made here, and numbers that know where they come from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.reporting import rendering
from pipeline.reporting.rendering import escape


class Told(str):
    """Text that data or parameters tell: printed escaped, and never checked for numbers, because nobody wrote it."""

    __slots__ = ()


class Made(str):
    """Markdown that the engine made: printed as it is."""

    __slots__ = ()


class Number(float):
    """A number read from a file, for conditions in a template; to print it, ask for the figure."""


def told(value: Any) -> Any:
    """A tree of parameters or rows with every text and key :class:`Told` and every number a :class:`Number`."""
    if isinstance(value, Mapping):
        return {told(k): told(v) for k, v in value.items()}
    if isinstance(value, str):
        return Told(value)
    if isinstance(value, Sequence):
        return [told(v) for v in value]
    return Number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def plain(markdown: str) -> str:
    """Markdown made here as plain text: without escapes, emphasis, and the addresses of links."""
    text = re.sub(r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\](?:\[[^\]]*\]|\([^)]*\))", r"\1", markdown)
    text = re.sub(r"(?<![\\\w])(\*\*|\*|`)(?=\S)((?:[^\\]|\\.)*?)(?<![\\\s])\1(?!\w)", r"\2", text)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", " ".join(text.split()))


def number(value: float, digits: int | str | None = None) -> str:
    """Three decimals with a true minus; none for whole numbers of 2 or more, as counts are, and from a hundred on.

    ``digits`` "g": as many as it takes, for what is not measured but chosen, such as a threshold.
    """
    if digits == "g":
        return f"{value:g}".replace("-", "−")
    if math.isfinite(value) and digits is None and (abs(value) >= 100 or (value == int(value) and abs(value) >= 2)):
        return f"{value:,.0f}".replace("-", "−")
    return rendering.number(value, 3 if digits is None else digits)


def interval(
    value: float, low: float, high: float, reason: str = "", *, digits: int | str | None = None, unit: str = ""
) -> str:
    """``value [low, high]``, the value alone when there is no interval, or the reason why there is no value."""
    if math.isnan(value):
        return f"undefined ({escape(reason.replace('_', ' ') or 'zero denominator')})"
    if math.isnan(low):
        return f"{number(value, digits)}{unit}"
    shown = 3 if digits is None else digits
    return f"{number(value, shown)}{unit} [{number(low, shown)}, {number(high, shown)}]"


def limits(minimum: float | None, maximum: float | None) -> str:
    """The limits in words: ``0.8 to 1.25``, ``at least 0.8``, ``at most 0.1``; empty when there are none."""
    if minimum is None and maximum is None:
        return ""
    if minimum is None or maximum is None:
        said = f"at most {maximum:g}" if minimum is None else f"at least {minimum:g}"
    else:
        said = f"{minimum:g} to {maximum:g}"
    return said.replace("-", "−")


def verdict(name: str) -> str:
    """A verdict in words, in bold where it is bad news."""
    said = escape(name.replace("_", " "))
    return f"**{said}**" if name in ("fail", "infeasible") else said


def columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of texts as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
