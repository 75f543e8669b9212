"""Policy: declared rules, judged on the figures that the stages wrote; the one place where pass or fail is decided.

A rule names a figure by its metric path, says what it may be, and who wants it so and why. The verdict is the one of
:meth:`responsible.limits.Limits.judge`; where it is not ``pass``, a dated exception turns it into ``excepted``. What
decides whether a change may go on is :attr:`Judgement.blocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from responsible.governance.evidence import WHOLE, Evidence, Figures, Levels, each_level, judged
from responsible.governance.statements import Confirmation, Day, Excuse, Recorded, Text, Told
from responsible.limits import EXCEEDED, Limits, Verdict, decisive
from responsible.validation import InputError, Params, did_you_mean

Outcome = Literal["pass", "fail", "insufficient_evidence", "infeasible", "excepted"]
Band = Literal["high", "medium", "low"]
Line = Literal["budget", "healthcare", "segments"]
PLACE = "params.yaml: policy"


class Rule(Limits):
    """Limits on one figure. ``metric`` is its path, ``level`` one level of its attribute (none: all, pooled) or
    ``any``: each level must meet the limits, by intervals that hold for all levels at once.

    ``judged_on`` the whole ``interval`` or only the ``point``; ``severity`` is what happens when the rule is not met.
    ``source`` is where the limits come from (none: they are set in params.yaml).
    ``title`` is how people call the rule (none: its name in words), ``due`` the day by which its owner acts,
    ``treatment`` what the owner does about it, and ``residual`` how high the risk is that they expect to be left then.
    An empty ``reason`` or ``owner`` is a question that is not answered yet.
    """

    metric: Text
    level: Text | None = None
    judged_on: Literal["interval", "point"]
    severity: Literal["block", "warn"]
    reason: Told = ""
    owner: Told = ""
    title: Text | None = None
    source: Text | None = None
    due: Day | None = None
    treatment: Told = ""
    residual: Band | None = None
    confirmed_by: Confirmation | None = None
    exception: Excuse | None = None

    @model_validator(mode="after")
    def _treated(self) -> Self:
        if self.residual and not self.treatment:
            raise ValueError("residual is what a treatment leaves; add treatment, or leave residual out")
        return self

    @property
    def label(self) -> str:
        """The metric path, with the level in brackets when there is one."""
        return f"{self.metric} [{self.level}]" if self.level else self.metric


Tolerance = Annotated[float, Field(ge=0)]


class Policy(Params):
    """The rules by name; whether a blocking rule that the data cannot decide blocks; and what change matters.

    ``unanswered`` is whether questions that nobody answered block (:mod:`responsible.governance.answers`).
    ``tolerances`` are the changes, by name of the figure (the last part of its path), that a review of a change calls
    small even when they are beyond chance; ``default`` is for the figures that are not named. ``owners`` answer, by
    line of work, for risks that no rule is about.
    """

    insufficient_evidence: Literal["block", "warn"]
    unanswered: Literal["block", "warn"] = "block"
    rules: Annotated[dict[Text, Rule], Field(min_length=1)]
    tolerances: dict[str, Tolerance]
    owners: dict[Line, Text] = Field(default_factory=dict)
    decision: Recorded | None = None

    def tolerance(self, metric: str) -> float:
        """The tolerance of the figure at this path, 0 when neither it nor a default is declared."""
        return self.tolerances.get(metric.rpartition(".")[2], self.tolerances.get("default", 0.0))


@dataclass(frozen=True)
class Judgement:
    """A rule and what became of it. ``found`` is the verdict without the exception, ``verdict`` the one with it.

    ``said`` is what the headline says of it where its name would not be enough; ``levelled`` a sentence on a gap that
    closed because the better-off group lost.
    """

    name: str
    rule: Rule
    evidence: Evidence
    found: Verdict
    verdict: Outcome
    blocks: bool
    said: str = ""
    levelled: str = ""

    @property
    def exceeds(self) -> bool | None:
        """Whether the limits are exceeded, with or without exception. None where the evidence does not decide."""
        return EXCEEDED[self.found]

    @property
    def title(self) -> str:
        """How people call the rule: its title, or its name in words with a capital."""
        plain = self.name.replace("_", " ")
        return self.rule.title or plain[:1].upper() + plain[1:]


def judge(policy: Policy, figures: Figures, today: date) -> tuple[Judgement, ...]:
    """The verdict on every rule, in the order of the policy.

    ``infeasible`` where the rule asks no less than limits that the figure's own table found out of reach. A document
    that must not depend on the day it is built passes ``date.min`` as ``today``: then no exception has expired.

    Raises:
        InputError: every fault of the policy, one a line: a metric path, a level or a name of a tolerance that does
            not exist, a figure without interval that is to be judged on one, an exception that has expired.
    """
    faults = [fault for name, rule in policy.rules.items() if (fault := _fault(rule, figures, today, name))]
    known = sorted({path.rpartition(".")[2] for path in figures} | {"default"})
    faults += [
        f"{PLACE}.tolerances.{n} is not a figure{did_you_mean(n, known)}" for n in policy.tolerances if n not in known
    ]
    if faults:
        raise InputError("\n".join(faults))
    return tuple(_judgement(name, rule, figures, policy) for name, rule in policy.rules.items())


def _fault(rule: Rule, figures: Figures, today: date, name: str) -> str | None:
    place = f"{PLACE}.rules.{name}"
    if rule.metric not in figures:
        return f"{place}.metric: there is no figure {rule.metric!r}{_instead(rule.metric, figures)}"
    if fault := _level_fault(rule, figures[rule.metric]):
        return f"{place}.{fault}"
    if rule.exception and today > rule.exception.until:
        return (
            f"{place}.exception expired on {rule.exception.until}, today is {today}; "
            "meet the rule, or let its owner justify a new date"
        )
    return None


def _level_fault(rule: Rule, levels: Levels) -> str | None:
    known = [level for level in levels if level != WHOLE]
    by_level, wanted = each_level(rule.level, levels), rule.level or WHOLE
    if by_level and known:
        if rule.judged_on == "interval" and not all(levels[level].among for level in known):
            remedy = "name one level, or set judged_on: point"
            return f"level: {rule.metric} has no intervals that hold for all levels at once; {remedy}"
    elif wanted not in levels:
        if rule.level is None:
            return f"level is missing: {rule.metric} has one value per level{did_you_mean('', known)}, or any"
        hint = did_you_mean(rule.level, known) if known else "; leave the level out"
        return f"level: {rule.metric} has no level {rule.level!r}{hint}"
    elif rule.judged_on == "interval" and not levels[wanted].inferred:
        return f"judged_on must be point: {rule.metric} has no interval"
    return None


def _instead(metric: str, figures: Figures) -> str:
    """The nearest figures; or, when a whole table is absent, that it is and what helps."""
    section = metric.partition(".")[0]
    if any(path.startswith(f"{section}.") for path in figures):
        return did_you_mean(metric, figures)
    known = sorted({path.partition(".")[0] for path in figures})
    return f", nor any of {section}{did_you_mean(section, known)}; build it with `dvc repro`, or drop the rule"


def _judgement(name: str, rule: Rule, figures: Figures, policy: Policy) -> Judgement:
    each = [(_found(rule, evidence), evidence) for evidence in judged(rule.level, figures[rule.metric])]
    found, evidence = each[decisive([(verdict, rule.beyond(evidence.value)) for verdict, evidence in each])]
    verdict: Outcome = "excepted" if rule.exception and found != "pass" else found
    stops = {"fail", "infeasible", *(["insufficient_evidence"] if policy.insufficient_evidence == "block" else [])}
    return Judgement(name, rule, evidence, found, verdict, rule.severity == "block" and verdict in stops)


def _found(rule: Rule, evidence: Evidence) -> Verdict:
    ends = (evidence.value, evidence.value) if rule.judged_on == "point" else (evidence.low, evidence.high)
    return rule.judge(*ends, unreachable=_as_strict(rule, evidence.forbidden))


def _as_strict(rule: Limits, forbidden: Limits | None) -> bool:
    """Whether the rule allows nothing beyond the limits that are out of reach; then it is out of reach as well."""
    return forbidden is not None and forbidden.low <= rule.low and rule.high <= forbidden.high
