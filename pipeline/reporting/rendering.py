"""Documents from templates: every number comes from a table written beside the document, and text is escaped."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from jinja2 import Environment, StrictUndefined

from responsible.validation import InputError

if TYPE_CHECKING:
    import pandas as pd

SPECIAL = "\\`*_[]<>|~&$"  # characters with a meaning inside a line of Markdown, HTML or mathematics
VERDICTS = {
    "": "",
    "pass": "pass",
    "fail": "**fail**",
    "insufficient_evidence": "insufficient evidence",
    "infeasible": "**infeasible**",
}


def visible(text: str) -> str:
    """Text with U+FFFD for control characters but line breaks, and for those that turn the direction of writing or are
    not to be seen: they only deceive the eye.
    """
    return "".join("\ufffd" if c != "\n" and category(c) in ("Cc", "Cf", "Cs", "Co") else c for c in text)


def escape(text: object) -> str:
    """Text from data as Markdown shows it, letter by letter, wherever it stands: no markup, link, list or heading."""
    out = "".join(f"\\{c}" if c in SPECIAL else c for c in visible(" ".join(str(text).split())))
    out = re.sub(r"(?i)(https?|ftp):(?=//)", r"\1\\:", out)
    out = re.sub(r"(?<=[^\W_])\\_(?=[^\W_])", "_", re.sub(r"(?i)\bwww\.", r"www\\.", out).replace("@", r"\@"))
    out = re.sub(r"\\&(?=\s|$)", "&", out)
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([#+=-])", r"\\\1", out))


def words(name: str) -> str:
    """A name from a metrics file as a reader says it: underscores become spaces."""
    return {"f1": "F1", "roc_auc": "ROC AUC"}.get(name, name.replace("_", " "))


def number(value: float | None, digits: int = 3) -> str:
    """A rounded number with a true minus sign; "undefined" for NaN."""
    if value is None or math.isnan(value):
        return "undefined"
    return f"{value:.{digits}f}".replace("-", "−") if abs(value) >= 0.5 * 10**-digits else f"{0:.{digits}f}"


def p_value(p: float) -> str:
    """A p-value as text: three decimals, "< 0.001", or "undefined" for NaN."""
    return "undefined" if math.isnan(p) else "< 0.001" if p < 0.0005 else f"{p:.3f}"


def interval(row: Any, digits: int = 3) -> str:
    """``value [low, high]``, or the reason why there is none."""
    if math.isnan(row.value):
        return f"undefined: {getattr(row, 'reason', '') or 'zero denominator'}".replace("_", " ")
    if math.isnan(row.low):
        return f"{number(row.value, digits)} (no interval)"
    return f"{number(row.value, digits)} [{number(row.low, digits)}, {number(row.high, digits)}]"


def limits(row: Any) -> str:
    """The limits of a row with ``minimum`` and ``maximum``, either of which may be undefined."""
    low, high = (None if b is None or math.isnan(b) else b for b in (row.minimum, row.maximum))
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g} to {high:g}".replace("-", "−")


def render(template: str | Path, context: dict[str, Any]) -> str:
    """Fill a template; a name that the context lacks is an error, never an empty place."""
    path = Path(template)
    if not path.is_file():
        raise InputError(f"{path}: no such template; restore it with `git checkout -- {path}`")
    # Markdown, not HTML: text from data goes through the escape filter, which a test holds every template to.
    env = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    del env.globals["range"]  # loops go over rows, levels and rules, and end
    env.filters |= {"md": escape, "num": number, "interval": interval, "limits": limits}
    env.filters["verdict"] = lambda name: VERDICTS[name]
    env.filters["words"] = words
    env.filters["p"] = p_value
    return env.from_string(path.read_text(encoding="utf-8")).render(context).rstrip() + "\n"


def records(table: pd.DataFrame) -> list[Any]:
    """The rows of a table as named tuples."""
    return list(table.itertuples(index=False))
