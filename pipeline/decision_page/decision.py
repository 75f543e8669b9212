"""The decision page's first screen and its rules: the policy's answer, a card for each line of work, the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting import findings, formatting, judgements, tables
from pipeline.reporting.sources import Sources, digest
from pipeline.results.catalogue import MONITORED, SEARCHED, Pictures, Tables
from pipeline.results.monitored import Monitored, monitored
from pipeline.results.searched import Searched, searched
from pipeline.storage.line_contents import line_of
from responsible.governance.answer import Answer
from responsible.governance.answers import Asked
from responsible.governance.policy import Judgement
from responsible.governance.risk import TREATMENTS
from responsible.names import MODELS, POOLED, enumerated, judged_of

SYMBOLS = {"pass": "✓", "fail": "✕", "infeasible": "⊘", "insufficient_evidence": "?", "excepted": "…", "none": "–"}
BUDGET = "budget"
LINES = {
    BUDGET: ("Budget model", Pictures.DISPARITIES_NARROW),
    "healthcare": ("Recorded decisions", Pictures.HEALTHCARE_GAPS_NARROW),
    "segments": ("Segments", Pictures.SEGMENTS_NARROW),
}
RECORDED = (Tables.HEALTHCARE_APPROVALS, Tables.HEALTHCARE_WAITS)


@dataclass(frozen=True)
class Rule:
    """A rule as the page shows it: verdict first, then the evidence behind it."""

    judgement: Judgement
    said: str
    asked: str
    figure: str
    shown: str
    test: str

    @property
    def line(self) -> str:
        """The line of work that the rule's figure is of."""
        return line_of(self.judgement.rule.metric)

    @property
    def symbol(self) -> str:
        """The verdict's shape, beside its word and colour."""
        return SYMBOLS[self.judgement.verdict]

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return formatting.judgement_verdict(self.judgement)

    @property
    def exceeds(self) -> str:
        """Whether the limit is exceeded, which is not the same as whether a difference is shown."""
        return tables.exceeds(self.judgement.found)

    @property
    def to_do(self) -> str:
        """What its owner does about the verdict."""
        planned = self.judgement.rule.treatment if self.judgement.verdict != "pass" else ""
        return planned or TREATMENTS[self.judgement.verdict]

    @property
    def due(self) -> str:
        """By when: the rule's day, or the end of its exception."""
        rule = self.judgement.rule
        day = rule.due or (rule.exception.until if rule.exception else None)
        return day.isoformat() if day else "no date set"


@dataclass(frozen=True)
class Card:
    """One line of work: its own answer, its worst finding, what to do about it, and one picture."""

    line: str
    title: str
    answer: Answer
    worst: Rule | None
    picture: str

    @property
    def state(self) -> str:
        """The verdict that colours the card: that of its worst rule, blocking or not."""
        return self.worst.judgement.verdict if self.worst else "none"

    @property
    def symbol(self) -> str:
        """The shape of that verdict."""
        return SYMBOLS[self.state]

    @property
    def says(self) -> str:
        """The line's answer, never milder than its worst rule."""
        if not self.worst:
            return "No rule judges it"
        if self.answer.blocking or not self.answer.attention:
            return self.answer.says
        unmet = {j.found for j in self.answer.attention} != {"insufficient_evidence"}
        return "A limit is exceeded" if unmet else "More evidence is needed"


@dataclass(frozen=True)
class Decision:
    """Everything on the first screen and in the list of rules."""

    answer: Answer
    cards: tuple[Card, ...]
    rules: tuple[Rule, ...]
    questions: tuple[Asked, ...]
    recorded: str
    data: tuple[str, ...]
    fingerprint: str
    monitored: Monitored | None = None
    searched: Searched | None = None
    sample: str = ""

    @property
    def shapes(self) -> dict[str, str]:
        """Verdict → its shape."""
        return SYMBOLS


def _title(line: str, title: str, sources: Sources) -> str:
    """What the card of a line is called; by their names where models were made elsewhere, and none is trained."""
    names = judged_of(sources.params).names
    return title if line != BUDGET or {*names} & {*MODELS} else enumerated(names)


def decision(sources: Sources) -> Decision:
    """The decision on everything that was judged."""
    rules = tuple(_rule(judgement, sources) for judgement in sources.judgements if not judgement.said)
    cards = tuple(
        _card(line, _title(line, title, sources), [rule for rule in rules if rule.line == line], own)
        for line, (title, picture) in LINES.items()
        if line in sources.params
        for own in (picture if picture in sources.files else "",)
    )
    made = sources.params["policy"].get("decision") if "policy" in sources.params else None
    recorded = f"{made['who']}, {made['when']}: {made['what']}" if made else "not recorded yet"
    data = tuple(f"{sources.params[line]['source']}, SHA-256 {own[:16]}…" for line, own in sources.digests.items())
    open_ = tuple(asked for asked in sources.answers.asked if asked.why) if sources.answers else ()
    later = monitored(sources.root) if MONITORED in sources.files else None
    own = digest(sources.params)[:16]
    other = searched(sources.root) if SEARCHED in sources.files else None
    return Decision(
        Answer(sources.judgements), cards, rules, open_, recorded, data, own, later, other, _sample(sources)
    )


def _sample(sources: Sources) -> str:
    """That not all rows were used; empty where they were."""
    if most := sources.params["prepare"]["sample_rows"]:
        return f"at most {most:,} rows of each table were counted, chosen by a hash"
    drawn = [f"{used.value:,.0f} of {whole.value:,.0f} {many}" for _, used, whole, many in sources.sampled]
    return f"{enumerated(drawn)} were used, chosen by a hash" if drawn else ""


def _card(line: str, title: str, rules: Sequence[Rule], picture: str) -> Card:
    answer = Answer(tuple(rule.judgement for rule in rules))
    worst = next((rule for rule in rules if rule.judgement is answer.worst), None)
    return Card(line, title, answer, worst, picture)


def _rule(judgement: Judgement, sources: Sources) -> Rule:
    return Rule(
        judgement,
        findings.sentence(judgement, sources),
        judgements.limits_and_origin(judgement),
        judgements.measured(judgement.evidence),
        judgements.differs(judgement),
        _test(judgement, sources),
    )


def _test(judgement: Judgement, sources: Sources) -> str:
    """The test of no difference behind a rule, adjusted for its family; empty where its table has none."""
    rule, evidence = judgement.rule, judgement.evidence
    parts = rule.metric.split(".")
    if evidence.source not in (Tables.FAIRNESS, *RECORDED) or len(parts) != 4:
        return ""
    third = "model" if evidence.source == Tables.FAIRNESS else "scope"
    where = {"attribute": parts[1], "measure": parts[3], "comparison": findings.level(judgement) or POOLED}
    for row in sources.rows(evidence.source, where):
        if row.text(third).replace(" ", "_") == parts[2] and row.p_adjusted:
            return f"{row.method}, {formatting.p_value(row.number('p_adjusted'), 'adjusted p')}"
    return ""
