"""Pictures as SVG with real text, colours for light and dark, and the same bytes for the same table.

A picture is drawn twice, for a page and for a phone, in CSS pixels: what is 13 pixels high here is so on the page.
Its finding, unit, alternative text and caption are text outside of it, and stand in the file as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from html import escape as quoted
from textwrap import wrap

from pipeline.reporting.formatting import Said, visible, words
from pipeline.storage import files

escape = partial(quoted, quote=False)
WIDE, NARROW = 720, 350  # CSS pixels; a phone of 390 has 358 between its margins
LETTER = 7.6  # width of a letter of 13 pixels in the widest of the fonts below
LABEL = 24  # letters
LINE = 17  # from one line of text to the next
KINDS = "abcde"  # a colour and a shape each
GHOST = "axis"  # the kind of what was before: hollow, in the grey of the axes
# Okabe & Ito 2008: distinct for all common kinds of colour blindness; in the dark the lighter ones of the same palette.
_LIGHT = (
    "--ground:#fff;--ink:#1a1f26;--muted:#525b66;--line:#d3d8de;--within:#d8ebd8;--beyond:#f6dfd2;"
    "--a:#0072b2;--b:#d55e00;--c:#009e73;--d:#c45f96;--e:#1a1f26"
)
_DARK = (
    "--ground:#14171b;--ink:#e4e7eb;--muted:#a6afba;--line:#3a414a;--within:#22402a;--beyond:#4a2b1a;"
    "--a:#56b4e9;--b:#e69f00;--c:#2fbf93;--d:#cc79a7;--e:#e4e7eb"
)
_STYLE = (
    f":root{{{_LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    'text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--ink)}'
    ".muted{fill:var(--muted)}.bold{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".halo{paint-order:stroke;stroke:var(--ground);stroke-width:4px}"
    ".ground{fill:var(--ground)}.within{fill:var(--within)}.beyond{fill:var(--beyond)}.grid{stroke:var(--line)}"
    ".axis{stroke:var(--muted)}.dashed{stroke-dasharray:5 4}.ink{stroke:var(--ink)}"
    "path{fill:none;stroke-width:2;stroke-linejoin:round}.dots{stroke-width:6;stroke-linecap:round;opacity:.6}"
    ".cross{stroke-width:1.6}.band{opacity:.2;stroke:none}"
    + "".join(f".{k}{{stroke:var(--{k})}}.{k}.full,.{k}.band{{fill:var(--{k})}}" for k in KINDS)
)
_SHAPES = {
    "a": "M{x} {y}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "b": "M{x} {y}m0-6l6 6l-6 6l-6-6z",
    "c": "M{x} {y}m-4.5-4.5h9v9h-9z",
    "d": "M{x} {y}m0-6l6 10h-12z",
    "e": "M{x} {y}m-4-4l8 8m0-8l-8 8",
    GHOST: "M{x} {y}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
}


@dataclass(frozen=True)
class Picture:
    """A picture's words, and its two drawings."""

    said: Said
    wide: bytes
    narrow: bytes

    def write(self, wide: str, narrow: str) -> None:
        """Write both drawings."""
        files.write_bytes(wide, self.wide)
        files.write_bytes(narrow, self.narrow)


def name(text: object) -> str:
    """A name of the data or of the metrics as a reader sees it: no underscores, and no letter that deceives the eye."""
    return visible(words(str(text)))


def label(model: str) -> str:
    """A model in a legend or at a line, where a phone has room for few letters; the finding has its whole name."""
    return name(model) if len(model) <= LABEL else "adopted model"


def share(value: float) -> str:
    """A share of 1 in whole per cent, as ticks and values are written."""
    return f"{value * 100:.0f} %"


def count(number: int, total: int, noun: str) -> str:
    """``none of 6 measures is``, ``1 of 6 measures is``, ``all 6 measures are``."""
    verb = "are" if number > 1 else "is"
    return f"all {total} {noun} {verb}" if number == total > 1 else f"{number or 'none'} of {total} {noun} {verb}"


def picture(said: Said, draw: Callable[[Canvas], None]) -> Picture:
    """Both drawings of what ``draw`` puts on a canvas."""
    canvases = Canvas(WIDE), Canvas(NARROW)
    for canvas in canvases:
        draw(canvas)
    wide, narrow = (canvas.svg(said) for canvas in canvases)
    return Picture(said, wide, narrow)


def unavailable(what: str, reason: str) -> Picture:
    """In place of a picture that may not be shown: a line that says why."""
    finding = f"{what}: not shown ({words(reason)})."
    return picture(Said(finding, "", finding, ""), lambda canvas: canvas.paragraph(finding, "muted"))


def fold(text: str, width: float, letter: float = LETTER) -> list[str]:
    """The lines of a text that is at most ``width`` pixels wide."""
    return [part for line in text.split("\n") for part in wrap(line, max(int(width / letter), 6)) or [""]]


class Canvas:
    """What is drawn so far, and the height ``y`` down to which it reaches."""

    def __init__(self, width: int) -> None:
        self.width, self.y = width, 2.0
        self._parts: list[str] = []

    @property
    def narrow(self) -> bool:
        """Whether this is the drawing for a phone."""
        return self.width < WIDE

    def text(self, x: float, y: float, said: str, classes: str = "") -> None:
        """One line of text whose letters stand on ``y``."""
        self._parts.append(f"<text{_place(x=x, y=y)}{_class(classes)}>{escape(visible(said))}</text>")

    def lines(self, x: float, y: float, said: Iterable[str], classes: str = "") -> float:
        """Lines below each other, the first at ``y`` as its top; gives the height below the last."""
        for line in said:
            self.text(x, y + 13, line, classes)
            y += LINE
        return y

    def paragraph(self, said: str, classes: str = "") -> None:
        """Text over the whole width below what is there."""
        letter = LETTER * (1.1 if "bold" in classes else 1)
        self.y = self.lines(0, self.y, fold(said, self.width, letter), classes) + 4

    def line(self, ends: tuple[float, float, float, float], classes: str) -> None:
        """A straight line from x, y to x, y."""
        place = _place(**dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True)))
        self._parts.append(f"<line{place}{_class(classes)}/>")

    def box(self, x: float, y: float, width: float, height: float, classes: str) -> None:
        """A filled rectangle."""
        self._parts.append(f"<rect{_place(x=x, y=y, width=width, height=height)}{_class(classes)}/>")

    def path(self, points: Iterable[tuple[float, float]], classes: str, close: str = "") -> None:
        """A line through points."""
        self.shape("M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points) + close, classes)

    def shape(self, steps: str, classes: str) -> None:
        """A path as SVG writes it."""
        self._parts.append(f'<path d="{steps}"{_class(classes)}/>')

    def mark(self, x: float, y: float, kind: str) -> None:
        """A point, its shape and colour by kind."""
        self.shape(_SHAPES[kind].format(x=_short(x), y=_short(y)), f"{kind} full")

    def legend(self, entries: Iterable[tuple[str, str]]) -> None:
        """Marks and their names in one or more lines; the kind ``within`` is the shade of the limits."""
        x = 0.0
        for kind, said in entries:
            wide = 22 + LETTER * len(said) + 14
            if x and x + wide > self.width:
                x, self.y = 0.0, self.y + LINE + 3
            if kind in _SHAPES:
                self.mark(x + 8, self.y + 9, kind)
            else:
                self.box(x, self.y + 2, 16, 14, kind)
            self.text(x + 22, self.y + 13, said)
            x += wide
        self.y += LINE + 12

    def svg(self, said: Said) -> bytes:
        """The file: the words of the picture, then the drawing."""
        height = _short(self.y + 4)
        size = f'width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
            f"<title>{escape(said.finding)}</title><desc>{escape(said.alt)}</desc>"
            f"<metadata>{escape(said.unit)}\n{escape(said.caption)}</metadata><style>{escape(_STYLE)}</style>"
            f'<rect width="100%" height="100%" class="ground"/>\n{chr(10).join(self._parts)}\n</svg>\n'
        ).encode()


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _place(**numbers: float) -> str:
    return "".join(f' {key}="{_short(value)}"' for key, value in numbers.items())


def _class(classes: str) -> str:
    return f' class="{classes}"' if classes else ""
