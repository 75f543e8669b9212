"""Performance and fairness by period: values with intervals, control limits from the reference, change and trend.

A figure can only change when a rate that it is made of changes on one of its sides. So each distinct rate of each side
is one question, tested exactly against the reference (:func:`~.exact_tests.two_sided`), and a figure raises an alarm
when it lies beyond its control limits and one of its rates is beyond chance. Whatever measure the registry holds, its
rates say how it is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot, nan, sqrt
from typing import Any

import numpy as np

from responsible.fairness.measures import MEASURES
from responsible.measures import exact_tests
from responsible.monitoring.sides import EVERYBODY, Tables
from responsible.monitoring.spending import HIDDEN, WAITS_FOR_LABELS, Spending, judged, trend
from responsible.statistics.count_figures import CountFigure, Estimate, estimate, performance_figure
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import PERFORMANCE, RATES, Counts, Rate, parts, rate
from responsible.statistics.streams import stream
from responsible.tabular.levels import Disclosure

SELECTION = "selection_rate"
Row = dict[str, Any]


def figures(tables: Tables, measures: Sequence[str]) -> dict[str, tuple[CountFigure, bool]]:
    """The figures of a comparison by name, and whether they need labels; of ``measures`` those of counts. Without a
    label in the reference nothing is asked that needs one.
    """
    if tables.figures is not None:
        return dict(tables.figures)
    if tables.sides.attribute != EVERYBODY:
        own = {name: (own.figure, own.needs_labels) for name, own in MEASURES.items() if name in measures}
    else:
        selection = CountFigure(lambda table: rate(table.sum(axis=-3), SELECTION), (RATES[SELECTION],))
        own = {SELECTION: (selection, False)} | {name: (performance_figure(name), True) for name in PERFORMANCE}
    return own if tables.reference.any() else {name: pair for name, pair in own.items() if not pair[1]}


def asked(tables: Sequence[Tables], measures: Sequence[str] = ()) -> int:
    """How many questions the figures are in a period: distinct rates of distinct sides."""
    own = [(each, figure) for each in tables for figure, _ in figures(each, measures).values()]
    return len({key for each, figure in own for key, _ in _rates(each, figure)})


def _rates(tables: Tables, figure: CountFigure) -> list[tuple[tuple[str, str, bytes], tuple[int, Rate]]]:
    """The questions of a figure: kind and attribute, name of a side and cells of a rate; with the side and the rate."""
    own = [(side, name, r) for side, name in enumerate(tables.sides.names) for r in figure.rates]
    where = f"{tables.kind}/{tables.sides.attribute}"
    return [((where, name, r.numerator.tobytes() + r.denominator.tobytes()), (side, r)) for side, name, r in own]


@dataclass
class Judge:
    """What the figures of every comparison are judged with; ``complete`` says of which periods the labels are."""

    periods: Sequence[str]
    labelled: Sequence[float]
    complete: Sequence[bool]
    measures: Sequence[str]
    spending: Spending
    least: float
    inference: Inference
    seed: int
    disclosure: Disclosure
    _tests: dict[Any, float] = field(default_factory=dict)

    def rows(self, tables: Tables) -> list[Row]:
        """A row for each figure and period: ``attribute, comparison, figure, period, rows, labelled, status``; value
        with ``low, high, reason``; ``reference`` and the ``change`` from it with ``change_low, change_high``
        (square-and-add of both intervals, Zou & Donner 2008); ``limit_low, limit_high``, about where an alarm begins;
        ``effect, p, alarm, detectable``; ``slope`` of a period over all judged ones with ``slope_low, slope_high``.

        Periods whose labels are not complete are ``waiting``, and nothing of them is judged that needs labels.
        """
        found: list[Row] = []
        both = {True: (tables.reference, tables.periods), False: tables.selection()}
        draws = {needs: self._draws(tables, own, labels=needs) for needs, own in both.items()}
        for name, (figure, needs) in figures(tables, self.measures).items():
            base = estimate(figure, both[needs][0], draws[needs][0], self.inference)
            spreads = [_spread(figure, each) for each in draws[needs]]
            own = []
            for at, period in enumerate(self.periods):
                pair = both[needs][0], both[needs][1][at]
                now = estimate(figure, pair[1], draws[needs][1 + at], self.inference)
                p, spread = self._p(tables, figure, pair, at, labels=needs), (spreads[0], spreads[1 + at])
                row = self._judged(figure, pair, (base, now), spread, p)
                rows, share = int(tables.selected[at].sum()), self.labelled[at]
                place = {"figure": name, "period": period, "rows": rows, "labelled": share}
                waits = needs and not self.complete[at]
                hidden = {} if self.disclosure.safe(pair[1]) else HIDDEN | {"reason": self.disclosure.reason}
                own.append(self._place(tables) | place | row | (WAITS_FOR_LABELS if waits else hidden))
            slope = trend(own, self.inference.confidence)
            found += [row | slope for row in own]
        return found

    def _place(self, tables: Tables) -> Row:
        kind: Row = {"kind": tables.kind} if tables.kind else {}
        return kind | {"attribute": tables.sides.attribute, "comparison": tables.sides.comparison}

    def _draws(self, tables: Tables, pair: tuple[Counts, Counts], *, labels: bool) -> list[Draws]:
        """Replicates of the reference and of each period, each from a stream of its own."""
        who = f"{tables.kind and f'{tables.kind}/'}{tables.sides.attribute}/{tables.sides.comparison}"
        place = f"monitor/figures/{who}/{'labels' if labels else 'all'}"
        named = zip(("", *self.periods), (pair[0], *pair[1]), strict=True)
        return [drawn(table, self.inference, stream(self.seed, f"{place}/{name}")) for name, table in named]

    def _judged(
        self,
        figure: CountFigure,
        pair: tuple[Counts, Counts],
        both: tuple[Estimate, Estimate],
        spread: tuple[float, float],
        p: float,
    ) -> Row:
        """The period's standard error is its own or, where that is less, the reference's at the period's rows."""
        rows = [own.sum() for own in pair]
        error = hypot(spread[0], np.fmax(spread[0] * sqrt(rows[0] / rows[1]), spread[1])) if rows[1] else nan
        errors = error, self.spending.z() * error
        return judged(both, errors, p, spending=self.spending, least=self.least, bounds=figure.bounds)

    def _p(self, tables: Tables, figure: CountFigure, pair: tuple[Counts, Counts], at: int, *, labels: bool) -> float:
        """The least p of the rates behind a figure; 1 where a rate rests on too few rows to be reported."""
        found = []
        for key, (side, own) in _rates(tables, figure):
            if (key, at, labels) not in self._tests:
                (k0, n0), (k1, n1) = (tuple(map(int, parts(table[side], own))) for table in pair)
                few = min(n0, n1) < self.inference.minimum_denominator
                self._tests[key, at, labels] = 1.0 if few else exact_tests.two_sided(k0, n0, k1, n1)
            found.append(self._tests[key, at, labels])
        return min(found)


def _spread(figure: CountFigure, draws: Draws) -> float:
    values = figure.compute(draws.tables)
    return float(np.std(values[~np.isnan(values)])) if not np.isnan(values).all() else nan
