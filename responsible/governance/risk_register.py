"""The register of what the results say may go wrong, by likelihood × severity, from verdicts and findings.

It is arithmetic on judgements that are made elsewhere: it orders them, and adds none. What a rule and a finding say of
the same figure is one risk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import get_args

import pandas as pd

from responsible.governance.policy import Band, Judgement
from responsible.governance.risk import HARMS, LIKELIHOOD, TREATMENTS, WEAK, Risk, harm_of
from responsible.limits import Verdict
from responsible.names import spoken

COLOURS = ("RED", "AMBER", "GREEN")
# Verdict on a search for alternatives → what is to be done; nothing where it found none.
SEARCHED = {
    "fail": "Adopt it (`models.adopted`), or write down why not.",
    "insufficient_evidence": "Run `make alternatives` again, for this model or with more rows.",
}


def from_policy(judgements: Iterable[Judgement], line_of: Callable[[str], str]) -> list[Risk]:
    """A risk for every rule of the policy; one that blocks is one that must not fail. ``line_of`` a metric path."""
    return [
        Risk(
            line_of(j.rule.metric), _subject(j.rule.metric, j.rule.level or ""), j.title, j.rule.label,
            harm_of(j.rule.metric), j.found, j.verdict,
            must=j.rule.severity == "block", owner=j.rule.owner, about=j.rule.reason, treatment=j.rule.treatment,
            due=str(j.rule.due or (j.rule.exception.until if j.rule.exception else "")), residual=j.rule.residual or "",
        )
        for j in judgements
    ]  # fmt: skip


def _subject(metric: str, level: str = "") -> str:
    """What a figure is about: of recorded decisions attribute and measure, whatever the scope or level; otherwise the
    figure itself.
    """
    section, *parts = metric.split(".")
    if section in ("healthcare_approvals", "healthcare_waits"):
        return f"healthcare.{parts[0]}.{parts[-1]}"
    return f"{metric} [{level}]" if level else metric


def from_findings(
    table: pd.DataFrame, figure: str, days: Mapping[str, int], called: Callable[[str], str] = spoken
) -> list[Risk]:
    """A risk for every attribute and measure of a table of coloured comparisons, with the worst colour of its levels
    and scopes.

    Columns ``attribute, measure, finding`` (a colour; rows without one are descriptions) and, where the table has one,
    ``primary``: the definition of fairness that the audit goes by, which must not fail. ``figure`` is the table's file,
    ``days`` are those that a RED and an AMBER finding has, ``called`` display names. No risks from a table without
    ``finding``, of an analysis that is switched off.
    """
    if "finding" not in table:
        return []
    judged = table[table["finding"].isin(COLOURS)]
    out = []
    for (attribute, measure), own in judged.groupby(["attribute", "measure"], sort=False):
        colours = own["finding"].tolist()
        worst = min(colours, key=COLOURS.index)
        number = colours.count(worst)
        about = f"{number} of {len(colours)} comparisons {'is' if number == 1 else 'are'} {worst}"
        subject, name = f"healthcare.{attribute}.{measure}", f"{called(str(attribute))}: {called(str(measure))}"
        due = f"{days[worst.lower()]} days after the audit" if worst.lower() in days else ""
        must = "primary" in own and bool(own["primary"].any())
        harm = harm_of(f".{measure}")
        out.append(Risk("healthcare", subject, name, figure, harm, worst, worst, must=must, about=about, due=due))
    return out


def from_segments(shares: pd.DataFrame, figure: str, called: Callable[[str], str] = str) -> list[Risk]:
    """The risk of segments that consist of one level too much (``segment, level, flagged, reason``), which passes when
    there is none; justified when each of them is. ``called`` what people call a level.
    """
    flagged = shares[shares["flagged"]]
    unjustified = int(flagged["reason"].isna().sum()) if "reason" in flagged else 0
    finding = "balanced" if flagged.empty else "one-sided" if unjustified else "one-sided, justified"
    each = [
        f"segment {s} is mostly {called(level)}" for s, level in zip(flagged["segment"], flagged["level"], strict=True)
    ]
    about = "; ".join([*each, f"{unjustified} without a written justification"] if each else [])
    subject = "cluster_privacy.one_sided_segments"
    named = "One-sided segments"
    return [Risk("segments", subject, named, figure, "representation", finding, finding, must=False, about=about)]


def from_guarantees(ledger: pd.DataFrame, settings: Mapping[str, tuple[str, float]], figure: str) -> list[Risk]:
    """A risk for every setting, by name, of a mechanism at an ε: does it promise anything, and is that worth much?

    The ledger has ``mechanism, title, epsilon, guarantee, advantage_cap``. The setting named ``release`` is what is
    published, so it must not fail.
    """
    out = []
    for name, (mechanism, epsilon) in settings.items():
        line = ledger[(ledger["mechanism"] == mechanism) & (ledger["epsilon"] == epsilon)].iloc[0]
        promised = "guarantee" if line["advantage_cap"] <= WEAK else "weak guarantee"
        word = promised if line["guarantee"] else "no guarantee"
        named, about = f"Privacy of segments, {name}: {mechanism} noise, ε = {epsilon:g}", str(line["title"])
        subject = f"cluster_privacy.{'guaranteed' if name == 'release' else name}.real_epsilon"
        out.append(Risk("segments", subject, named, figure, "privacy", word, word, must=name == "release", about=about))
    return out


def from_search(verdict: Verdict, answer: str, figure: str) -> Risk:
    """The risk that a less discriminatory model of like quality is to be had, by the ``verdict`` on a search and its
    ``answer`` in words.
    """
    place = ("budget", "alternatives.available", "A less discriminatory model", figure)
    return Risk(*place, "allocation", verdict, verdict, must=False, about=answer, treatment=SEARCHED.get(verdict, ""))


def once(risks: Sequence[Risk]) -> list[Risk]:
    """Each subject once: what rules and findings say of it, with the worst finding and the gravest harm of them all.

    The first one gives the name, the place of the number and, of equally likely findings, the verdict.
    """
    found: dict[str, Risk] = {}
    for risk in risks:
        found[risk.subject] = _both(found[risk.subject], risk) if risk.subject in found else risk
    return list(found.values())


def _both(one: Risk, other: Risk) -> Risk:
    worst = max(one, other, key=lambda r: r.likelihood)
    return replace(
        one,
        name=one.name if one.name == other.name or not other.owner else f"{one.name}; {other.name}",
        harm=max(one.harm, other.harm, key=lambda harm: HARMS[harm]),
        finding=worst.finding,
        verdict=worst.verdict,
        must=one.must or other.must,
        owner=_joined(one.owner, other.owner),
        about=_joined(one.about, other.about),
        treatment=_joined(one.treatment, other.treatment, " "),
        due=one.due or other.due,
        residual=min(one.residual or other.residual, other.residual or one.residual, key=_rank),
    )


def _joined(one: str, other: str, by: str = "; ") -> str:
    return by.join(dict.fromkeys(filter(None, (one, other))))


def _rank(residual: str) -> int:
    return (*get_args(Band), "").index(residual)


def register(risks: Sequence[Risk], owners: Mapping[str, str] | None = None) -> pd.DataFrame:
    """All risks once, the highest score first, then the most severe, then in the order given.

    ``owners`` answer, by line of work, for what no rule names an owner for. A risk without a recorded treatment has the
    one of :data:`TREATMENTS`, and what passes leaves what it is. Columns: those of :class:`Risk` and ``likelihood,
    severity, score, band``.
    """
    rows = [
        asdict(r)
        | {"owner": r.owner or (owners or {}).get(r.line, "")}
        | {"treatment": r.treatment or TREATMENTS[r.verdict]}
        | {"residual": r.residual or (r.band if r.likelihood == min(LIKELIHOOD.values()) else "")}
        | {"likelihood": r.likelihood, "severity": r.severity, "score": r.score, "band": r.band}
        for r in sorted(once(risks), key=lambda r: (-r.score, -r.severity))
    ]
    return pd.DataFrame(rows)


def bands(table: pd.DataFrame) -> dict[str, int]:
    """The number of risks of the register in each band, the worst first."""
    return {band: int((table["band"] == band).sum()) for band in get_args(Band)}
