"""Risk: a register of what the results say may go wrong, likelihood × severity, from verdicts and findings; layer 3.

The register is arithmetic on judgements that are made elsewhere: it orders them, and adds none. Both scales run from 1
to 5 and are written down here, so that a reader can disagree with a number and know where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import pandas as pd

from responsible.fairness.measures import KNOWN
from responsible.governance.policy import Judgement

Harm = Literal["allocation", "quality of service", "representation", "privacy"]
Band = Literal["high", "medium", "low"]

LIKELIHOOD = {
    "pass": 1, "insufficient_evidence": 3, "fail": 5, "infeasible": 5,
    "GREEN": 1, "AMBER": 3, "RED": 5,
    "balanced": 1, "one-sided, justified": 3, "one-sided": 5,
    "guarantee": 1, "weak guarantee": 3, "no guarantee": 5,
}  # fmt: skip
"""How likely the harm is, by what was found: 1 shown to be within limits, 3 not decided by the data, 5 shown to happen.

An exception changes who answers for a rule that is not met and not how likely the harm is, so it does not lower this.
"""

HARMS: dict[Harm, int] = {"allocation": 4, "privacy": 4, "quality of service": 3, "representation": 2}
"""How severe a kind of harm is, before the one point that is added where somebody declared that it must not happen.

*Allocation*: a group is offered less of something. *Representation*: a group is shown, or addressed, as something it is
not (both Barocas, Crawford, Shapiro & Wallach 2017; Crawford 2017). *Quality of service*: the system works less well
for a group (Bird et al. 2020, of fairlearn). *Privacy*: something about a person leaks (Shelby et al. 2023).
"""
MEDIUM, HIGH = 6, 15  # scores from which a risk is medium, and high
WEAK = 0.5  # a guarantee is weak when it leaves an attacker more than this advantage over guessing
COLOURS = ("RED", "AMBER", "GREEN")

ALLOCATION = ("selection_rate", "base_rate", "proxy_auc")  # besides the measures of selection rates alone
REPRESENTATION = ("one_sided_segments", "cramers_v", "silhouette_lost_to_cap")
PROXIES = ("proxies", "healthcare_proxies")  # sections of metric paths: who can be told apart can be offered less


@dataclass(frozen=True)
class Risk:
    """One line of the register.

    ``source`` is the line of work that found it, ``name`` its short name, ``about`` a sentence from whoever declared
    it, ``figure`` where its number is, ``finding`` a word of :data:`LIKELIHOOD`, ``verdict`` what was made of it
    (``excepted``, otherwise the finding), ``must`` whether somebody declared that it must not happen.
    """

    source: str
    name: str
    figure: str
    harm: Harm
    finding: str
    verdict: str
    must: bool
    owner: str = ""
    about: str = ""

    @property
    def likelihood(self) -> int:
        """1, 3 or 5, by the finding."""
        return LIKELIHOOD[self.finding]

    @property
    def severity(self) -> int:
        """2 to 5: that of the kind of harm, and one more where it must not happen."""
        return HARMS[self.harm] + self.must

    @property
    def score(self) -> int:
        """Likelihood × severity, 2 to 25."""
        return self.likelihood * self.severity

    @property
    def band(self) -> Band:
        """``high`` from 15, ``medium`` from 6: what passes is low, what fails is at least medium and what must not
        fail high, and what the data cannot decide is never low.
        """
        return "high" if self.score >= HIGH else "medium" if self.score >= MEDIUM else "low"


def harm_of(metric: str) -> Harm:
    """The kind of harm that a figure (a metric path) is about: allocation for how much a group is offered, otherwise
    quality of service, of which errors by group and performance as a whole are a part.
    """
    section, _, name = metric.partition(".")
    last = name.rpartition(".")[2]
    selection = last in KNOWN and not KNOWN[last].needs_labels
    if selection or section in PROXIES or last in ALLOCATION:
        return "allocation"
    if last in REPRESENTATION:
        return "representation"
    return "privacy" if last == "real_epsilon" else "quality of service"


def from_policy(judgements: Iterable[Judgement]) -> list[Risk]:
    """A risk for every rule of the policy; one that blocks is one that must not fail."""
    return [
        Risk(
            "policy", j.name, j.rule.label, harm_of(j.rule.metric), j.found, j.verdict,
            must=j.rule.severity == "block", owner=j.rule.owner, about=j.rule.reason,
        )
        for j in judgements
    ]  # fmt: skip


def from_findings(table: pd.DataFrame, figure: str) -> list[Risk]:
    """A risk for every attribute and measure of a table of coloured comparisons, with the worst colour of its levels
    and scopes.

    Columns ``attribute, measure, finding`` (a colour; rows without one are descriptions) and, where the table has one,
    ``primary``: the definition of fairness that the audit goes by, which must not fail. ``figure`` is the table's file.
    No risks from a table without ``finding``, of an analysis that is switched off.
    """
    if "finding" not in table:
        return []
    judged = table[table["finding"].isin(COLOURS)]
    out = []
    for (attribute, measure), own in judged.groupby(["attribute", "measure"], sort=False):
        colours = own["finding"].tolist()
        worst = min(colours, key=COLOURS.index)
        about = f"{colours.count(worst)} of {len(colours)} comparisons {worst}"
        must = "primary" in own and bool(own["primary"].any())
        named = f"{attribute}: {measure}"
        out.append(Risk("healthcare", named, figure, harm_of(f".{measure}"), worst, worst, must=must, about=about))
    return out


def from_segments(shares: pd.DataFrame, figure: str) -> list[Risk]:
    """A risk for every level that a segment consists of too much (``segment, level, flagged, reason``), or one that
    passes when there is none.
    """
    flagged = shares[shares["flagged"]]
    if flagged.empty:
        return [Risk("segments", "one-sided segments", figure, "representation", "balanced", "balanced", must=False)]
    reasons = ["" if pd.isna(reason) else str(reason) for reason in flagged["reason"]]
    words = ["one-sided, justified" if reason else "one-sided" for reason in reasons]
    return [
        Risk(
            "segments", f"segment {s} is mostly {level}", figure, "representation", w, w,
            must=False, about=reason or "no justification in writing",
        )
        for s, level, w, reason in zip(flagged["segment"], flagged["level"], words, reasons, strict=True)
    ]  # fmt: skip


def from_guarantees(ledger: pd.DataFrame, settings: Mapping[str, tuple[str, float]], figure: str) -> list[Risk]:
    """A risk for every setting, by name, of a mechanism at an ε: does it promise anything, and is that worth much?

    The ledger has ``mechanism, title, epsilon, guarantee, advantage_cap``. The setting named ``release`` is what leaves
    the house, so it must not fail.
    """
    out = []
    for name, (mechanism, epsilon) in settings.items():
        line = ledger[(ledger["mechanism"] == mechanism) & (ledger["epsilon"] == epsilon)].iloc[0]
        promised = "guarantee" if line["advantage_cap"] <= WEAK else "weak guarantee"
        word = promised if line["guarantee"] else "no guarantee"
        named, about = f"privacy of segments, {name}: {mechanism}, ε = {epsilon:g}", str(line["title"])
        out.append(Risk("segments", named, figure, "privacy", word, word, must=name == "release", about=about))
    return out


def register(risks: Sequence[Risk]) -> pd.DataFrame:
    """All risks, the highest score first, then the most severe, then in the order given.

    Columns: those of :class:`Risk` and ``likelihood, severity, score, band``.
    """
    rows = [
        asdict(r) | {"likelihood": r.likelihood, "severity": r.severity, "score": r.score, "band": r.band}
        for r in sorted(risks, key=lambda r: (-r.score, -r.severity))
    ]
    return pd.DataFrame(rows)


def bands(table: pd.DataFrame) -> dict[str, int]:
    """The number of risks of the register in each band, the worst first."""
    return {band: int((table["band"] == band).sum()) for band in get_args(Band)}
