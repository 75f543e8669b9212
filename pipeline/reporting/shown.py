"""How documents show a figure, a parameter, and a rule of the policy with its verdict."""

from __future__ import annotations

from typing import Any

from pipeline.reporting import formatting, rendering
from pipeline.reporting.formatting import Made, Told, escape
from pipeline.reporting.links import Links
from pipeline.results import policy_verdicts
from responsible.governance.policy import Evidence, Judgement


def shown(found: Evidence, digits: int | str | None = None, *, percent: bool = False, bare: bool = False) -> str:
    """A figure as text: value and interval, in percent or ``bare`` when asked, or why there is no value."""
    value, low, high = (found.value, *((float("nan"),) * 2 if bare else (found.low, found.high)))
    if not percent:
        return formatting.interval(value, low, high, found.reason, digits=digits)
    places = 1 if digits is None else digits
    return formatting.interval(value * 100, low * 100, high * 100, found.reason, digits=places, unit=" %")


def text(value: Any, digits: int | None = None, *, percent: bool = False) -> str:
    """A parameter as text."""
    if not isinstance(value, int | float):
        return escape(str(value))
    if percent:
        return f"{rendering.number(value * 100, digits or 0)} %"
    return (f"{value:g}" if digits is None else f"{value:.{digits}f}").replace("-", "−")


class Judged:
    """A rule and its verdict as templates see it: texts to print or compare, ``figure`` and ``limits`` to print."""

    def __init__(self, judged: Judgement, links: Links) -> None:
        rule, excuse = judged.rule, judged.rule.exception
        self._judged, self._links = judged, links
        self.name, self.verdict, self.found = Told(judged.name), Told(judged.verdict), Told(judged.found)
        self.severity, self.reason, self.owner = Told(rule.severity), Told(rule.reason), Told(rule.owner)
        self.metric, self.level, self.blocks = Told(rule.metric), Told(rule.level or ""), judged.blocks
        self.until = Told(excuse.until.isoformat() if excuse else "")
        self.justification = Told(excuse.justification if excuse else "")
        self.limits = Made(formatting.limits(rule.minimum, rule.maximum))

    @property
    def figure(self) -> Made:
        """The figure that was judged, as a link."""
        found = self._judged.evidence
        return self._links.figure(shown(found), found.source, self._judged.rule.label)

    @property
    def said(self) -> Made:
        """The verdict in words, with the end of the exception when there is one."""
        said = escape(policy_verdicts.words(self._judged))
        return Made(f"**{said}**" if self._judged.blocks else said)

    def line(self) -> str:
        """The rule's line in ``policy_table``."""
        severity = "blocks" if self.blocks else escape(self.severity)
        why = f"{escape(self.reason)}{f' (exception: {escape(self.justification)})' if self.until else ''}"
        cells = (escape(self.name), self.said, severity, self.figure, self.limits, why, escape(self.owner))
        return f"| {' | '.join(cells)} |"
