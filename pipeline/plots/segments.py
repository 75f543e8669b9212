"""Pictures of the segments: where they lie and whom they hold, and what privacy costs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.plots.curves import Axis, Curve, curves
from pipeline.plots.forest import Cell, Column, Mark, Row, forest
from pipeline.plots.style import KINDS, LETTER, Canvas, Picture, count, name, picture, share
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import records
from responsible.clustering.null_reference import ONE_FEATURE

if TYPE_CHECKING:
    from collections.abc import Callable

    Called = tuple[str, Callable[[str], str]]

    from responsible.segmentation.report import Report

# A dot, a cross, an upright cross and a ring for protected levels, as steps of a path from the point.
MARKS = ("h0", "m-3-3l6 6m0-6l-6 6", "m-4 0h8m-4-4v8", "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0")
ROWS = 24  # shares drawn; of more, each segment's most frequent level


def kind(segment: int) -> str:
    """Colour and shape of a segment from 1; beyond five they repeat and the numbers tell them apart."""
    return KINDS[(segment - 1) % len(KINDS)]


def segments(
    shown: pd.DataFrame, shares: pd.DataFrame, report: Report, confidence: float, called: Called = ("people", str)
) -> Picture:
    """People in the first two principal components, and every level's share of every segment.

    ``called`` is what people call the rows, and a level.
    """
    persons, level = called
    shares = shares.assign(level=[level(own) for own in shares["level"]])
    finding = _finding(shares, report)
    table = shares if len(shares) <= ROWS else shares.loc[shares.groupby("segment")["share"].idxmax()]

    def draw(canvas: Canvas) -> None:
        _map(canvas, shown, [level(own) for own in report.levels])
        _shares(canvas, table, report.params.representation.flag, persons)

    caption = (
        f"{len(report.found.labels):,} {persons}, {len(shown):,} of them drawn. Bars are {percent(confidence, 0)} "
        "Wilson intervals, upright lines the share of everybody; shaded: shares from which a segment can be one-sided. "
        "Source: plots/segments_shares.csv."
    )
    unit = f"Segments of {persons}, and the levels of the protected attribute in each"
    return picture(Said(finding, unit, finding, caption), draw)


def _finding(shares: pd.DataFrame, report: Report) -> str:
    """How many segments there are, and which are one-sided."""
    found = report.found
    total = shares["segment"].nunique()
    lead = f"{total} segments" if found.found else f"No segments: {total} clusters shown for information"
    if ONE_FEATURE in found.doubts:
        lead = f"One feature cannot show whether there are segments: {total} clusters shown"
    flagged = records(shares[shares["flagged"]])
    each = "; ".join(
        f"segment {r.segment} is {percent(r.share, 0)} {name(r.level)} ({r.count:,} of {r.n:,})" for r in flagged[:3]
    )
    number_of = count(len({r.segment for r in flagged}), total, "segments")
    return f"{lead}; {number_of} one-sided{f': {each}' if each else ''}."


def _map(canvas: Canvas, shown: pd.DataFrame, levels: list[str]) -> None:
    width, height = min(canvas.width, 560), 300
    canvas.paragraph("Each point is a person; near points are alike (first two principal components)", "muted")
    low, high = shown[["first", "second"]].min(), shown[["first", "second"]].max()
    span, top = (high - low).replace(0, 1), canvas.y + 6

    def place(first: float, second: float) -> tuple[float, float]:
        across, up = (first - low["first"]) / span["first"], (second - low["second"]) / span["second"]
        return 8 + (width - 16) * across, top + height * (1 - up)

    key: Any
    for key, part in shown.groupby(["segment", "code"]):
        segment, code = map(int, key)
        points = (place(x, y) for x, y in zip(part["first"], part["second"], strict=True))
        steps = "".join(f"M{x:.0f} {y:.0f}{MARKS[code % len(MARKS)]}" for x, y in points)
        canvas.shape(steps, f"{kind(segment) if segment else 'axis'} {_shape(code)}")
    for key, part in shown[shown["segment"] > 0].groupby("segment"):
        x, y = place(part["first"].mean(), part["second"].mean())
        canvas.text(x, y, f"segment {key}", "bold halo middle")
    canvas.y, x = top + height + 14, 0.0
    for code, level in enumerate(map(name, levels)):
        if x and x + 40 + LETTER * len(level) > canvas.width:
            x, canvas.y = 0.0, canvas.y + 20
        canvas.shape(f"M{x + 8:.0f} {canvas.y + 9:.0f}{MARKS[code % len(MARKS)]}", f"e {_shape(code)}")
        canvas.text(x + 20, canvas.y + 13, level)
        x += 40 + LETTER * len(level)
    canvas.y += 34


def _shape(code: int) -> str:
    return "cross" if code % len(MARKS) else "dots"


def _shares(canvas: Canvas, table: pd.DataFrame, flag: float, persons: str) -> None:
    lines = []
    for row in records(table):
        said = f"{percent(row.share, 0)}{', one-sided' if row.flagged else ''}"
        mark = Mark(kind(row.segment), row.share, row.low, row.high, said, bold=row.flagged)
        note = f"{row.count:,} of {row.n:,} {persons}"
        cell = Cell([mark], minimum=flag, shade="beyond", note=note, whole=row.population)
        lines.append(Row(f"Segment {row.segment}: {name(row.level)}", [cell]))
    forest(canvas, [Column("Share of the segment; upright line: share of everybody", 0, 1, share, 130)], lines)


def privacy(report: Report) -> Picture:
    """What is lost against what is promised: people who change segment, by the ε that is promised."""
    table = report.compared.curves
    moved = table[(table["measure"] == "changed") & (table["level"] == "")].sort_values("epsilon")
    promised = [*dict.fromkeys(report.compared.ledger.loc[report.compared.ledger["guarantee"], "mechanism"])]
    mechanisms = promised + [name for name in dict.fromkeys(moved["mechanism"]) if name not in promised]

    def draw(canvas: Canvas) -> None:
        epsilons = sorted(set(moved["epsilon"]))
        title = "ε that is asked for; to the left more is promised (logarithmic)"
        across = Axis(title, epsilons[0], epsilons[-1], lambda v: number(v, "g"), _apart(epsilons), log=True)
        up = Axis("People whose segment changes", 0, _top(moved), share)
        lines = []
        for mechanism, mark in zip(mechanisms, "abc", strict=False):
            own = moved[moved["mechanism"] == mechanism].reset_index(drop=True)
            label = mechanism if mechanism in promised else f"{mechanism}: promises nothing"
            lines.append(Curve(label, mark, own["epsilon"], own))
        curves(canvas, lines, (across, up), height=260)

    finding, params = _cost(moved, report), report.params.privacy
    caption = (
        f"Medians of {params.draws} draws of the noise among {report.compared.rows:,} people; one more draw falls into "
        f"the band with a chance of {percent(params.confidence, 0)}. Source: plots/segments_privacy.csv."
    )
    unit = "Share of people in another segment than without noise, by mechanism"
    return picture(Said(finding, unit, finding, caption), draw)


def _top(moved: pd.DataFrame) -> float:
    return min(1.0, max(0.1, float(moved[["value", "high"]].max().max()) * 1.05))


def _apart(epsilons: list[float]) -> list[float]:
    """The values of ε whose labels do not run into each other."""
    shown: list[float] = []
    for epsilon in epsilons:
        if not shown or epsilon / shown[-1] > 1.5:
            shown.append(epsilon)
    return shown


def _cost(moved: pd.DataFrame, report: Report) -> str:
    """Whom the released mechanism moves at its ε, and at the strictest ε tried."""
    sure = report.settings["guaranteed"]
    own: Any = moved[moved["mechanism"] == sure.mechanism]
    at, strict = (records(own[own["epsilon"] == e])[0] for e in (sure.epsilon, own["epsilon"].min()))
    moves = f"moves {percent(at.value)} of people to another segment ({sure.mechanism} noise)"
    lead = f"A promise of ε = {number(sure.epsilon, 'g')} {moves}."
    if strict.epsilon == sure.epsilon:
        return lead
    return f"{lead} ε = {number(strict.epsilon, 'g')} would move {percent(strict.value)}."
