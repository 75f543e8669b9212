"""What the search wrote, for readers who choose: candidates by attribute and measure as rows and points, the bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.alternatives.picture import NAMES, kind, shown
from pipeline.alternatives.sentences import Speaker
from pipeline.reporting import formatting, judgements
from pipeline.reporting.tables import records
from pipeline.results.units import POINTS, TIMES
from responsible.alternatives.recipes import Candidate
from responsible.fairness.measures import MEASURES
from responsible.mitigation.reweighing import Reweigh

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Explorer:
    """The tables of the search, in shares of 1, and its words. ``named``: candidate → its part in the answer."""

    candidates: pd.DataFrame
    measures: pd.DataFrame
    bounds: pd.DataFrame
    named: Mapping[str, str]
    speaker: Speaker
    reweigh: Reweigh

    @property
    def _high(self) -> float:
        return 1.0 if self.speaker.costs else 100.0

    @property
    def attributes(self) -> list[str]:
        """The attributes that candidates were judged by, that of the search first."""
        own = self.speaker.given.attribute
        return [own, *(name for name in dict.fromkeys(self.candidates["attribute"]) if name != own)]

    @property
    def known(self) -> list[str]:
        """The measures of candidates, that of the search first where it is among them."""
        own = self.speaker.given.measure
        return sorted(dict.fromkeys(self.measures["measure"]), key=lambda name: name != own)

    def points(self, attribute: str, measure: str, *, everything: bool) -> pd.DataFrame:
        """A row for each candidate that has the measure: ``Candidate, Kind, Part``; ``x, x_low, x_high`` in points or
        times; ``y, y_low, y_high`` in percent or mean cost. Not ``everything``: none that loses far more than the
        stated loss.
        """
        own = self._joined(attribute, measure).dropna(subset=["value", "performance"])
        if not everything:
            own = shown(own, self.named, self.speaker)
        wide, high = _scale(measure), self._high
        across = {name: own[end] * wide for name, end in (("x", "value"), ("x_low", "low"), ("x_high", "high"))}
        up = {f"y{end}": own[f"performance{end}"] * high for end in ("", "_low", "_high")}
        names = {"Candidate": own["candidate"], "Part": [self.named.get(name, "") for name in own["candidate"]]}
        return pd.DataFrame({**names, "Kind": [NAMES[kind(row)] for row in records(own)], **across, **up})

    def bound(self, attribute: str, measure: str) -> pd.DataFrame:
        """``Scorer, x, y``: the best that any rule with thresholds for each group reaches, at each limit on either side
        of parity; no row for a measure that has no bound.
        """
        own = self.bounds[(self.bounds["attribute"] == attribute) & (self.bounds["measure"] == measure)]
        drawn = [
            {"Scorer": row.scorer, "x": end * _scale(measure), "y": row.bound * self._high}
            for row in records(own.dropna())
            for end in _ends(measure, row.tolerance)
        ]
        return pd.DataFrame(drawn, columns=["Scorer", "x", "y"]).sort_values(["Scorer", "x"], ignore_index=True)

    def axes(self, attribute: str, measure: str) -> tuple[str, str]:
        """What both axes say."""
        words, unit = self.speaker.words, "" if self.speaker.costs else ", %"
        across = f"{words.name(measure)} by {words.name(attribute)}, {_unit(measure)}"
        return f"{across[:1].upper()}{across[1:]}", f"{self.speaker.quality.capitalize()}{unit}"

    @staticmethod
    def parity(measure: str) -> str:
        """Where groups are treated alike."""
        return f"Parity is {MEASURES[measure].fair:g}."

    def rows(self, attribute: str, measure: str) -> Rows:
        """A row of texts for each candidate, the best performance first."""
        better = bool(self.speaker.costs)
        table = self._joined(attribute, measure).sort_values("performance", ascending=better, kind="stable")
        return [
            {
                "Candidate": row.candidate,
                "Part": self.named.get(row.candidate, "" if row.eligible else "a bound only"),
                self.speaker.quality.capitalize(): self._quality(row),
                self.speaker.words.name(measure).capitalize(): _written(row, measure),
                "Dominated by": row.dominated_by if isinstance(row.dominated_by, str) else "",
            }
            for row in records(table)
        ]

    def strengths(self) -> list[float]:
        """The strengths λ of reweighing that were searched, by the attributes that are reweighed now."""
        there = set(self.candidates["candidate"])
        return sorted(own for own in {*self.speaker.given.strengths, self.reweigh.strength} if self._at(own) in there)

    def at_strength(self, strength: float, attribute: str) -> Rows:
        """A row of texts for each figure, as it is on the test rows and at another strength, with intervals."""
        now, then = (self._figures(attribute, own) for own in (self.reweigh.strength, strength))
        return [
            {"Figure": name, f"Strength {self.reweigh.strength:g}": now[name], f"Strength {strength:g}": own}
            for name, own in then.items()
        ]

    def _figures(self, attribute: str, strength: float) -> dict[str, str]:
        name, words = self._at(strength), self.speaker.words
        own = self.candidates[(self.candidates["candidate"] == name) & (self.candidates["attribute"] == attribute)]
        each = self.measures[(self.measures["candidate"] == name) & (self.measures["attribute"] == attribute)]
        return {self.speaker.quality: self._quality(records(own)[0])} | {
            words.name(row.measure): _written(row, row.measure) for row in records(each)
        }

    def _at(self, strength: float) -> str:
        return Candidate("reweighing", setting=strength, attributes=tuple(self.reweigh.attributes)).name

    def _joined(self, attribute: str, measure: str) -> pd.DataFrame:
        own = self.candidates[self.candidates["attribute"] == attribute].drop(columns="reason")
        each = self.measures[(self.measures["attribute"] == attribute) & (self.measures["measure"] == measure)]
        return own.merge(each.drop(columns=["attribute", "measure"]), on="candidate")

    def _quality(self, row: Any) -> str:
        ends = (end * self._high for end in (row.performance, row.performance_low, row.performance_high))
        return formatting.interval(*ends) if self.speaker.costs else formatting.interval(*ends, digits=1, unit=" %")


def _unit(measure: str) -> str:
    return TIMES if MEASURES[measure].ratio else POINTS


def _scale(measure: str) -> float:
    return 1.0 if MEASURES[measure].ratio else 100.0


def _ends(measure: str, tolerance: float) -> Sequence[float]:
    """Where limits of this tolerance lie: as :func:`responsible.alternatives.attainable.frontiers` takes them."""
    if MEASURES[measure].ratio:
        return (1 - tolerance, 1 / (1 - tolerance)) if tolerance < 1 else (0.0,)
    return (tolerance,) if MEASURES[measure].figure.gaps else (-tolerance, tolerance)


def _written(row: Any, measure: str) -> str:
    if row.value != row.value:  # NaN
        return f"undefined ({formatting.words(row.reason)})"
    return formatting.plain(judgements.written((row.value, row.low, row.high), _unit(measure), _unit(measure)))
