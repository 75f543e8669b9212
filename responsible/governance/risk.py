"""One risk: how likely a finding makes it, how severe the kind of harm is, and what is done about it.

Both scales run from 1 to 5 and are written down here, so that a reader can disagree with a number and know where it
comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from responsible.fairness.measures import KNOWN
from responsible.fairness.verdicts import TO_DO
from responsible.governance.policy import Band

Harm = Literal["allocation", "quality of service", "representation", "privacy"]

LIKELIHOOD = {
    "pass": 1, "insufficient_evidence": 3, "fail": 5, "infeasible": 5,
    "GREEN": 1, "AMBER": 3, "RED": 5,
    "balanced": 1, "one-sided, justified": 3, "one-sided": 5,
    "guarantee": 1, "weak guarantee": 3, "no guarantee": 5,
}  # fmt: skip
"""How likely the harm is, by what was found: 1 shown to be within limits, 3 not decided by the data, 5 shown to happen.

An exception changes who answers for a rule that is not met and not how likely the harm is, so it does not lower this.
"""

TREATMENTS = TO_DO | {
    "excepted": "Meet the rule before its exception ends.",
    "RED": "Find the root cause, and decide what changes.",
    "AMBER": "Explain the difference, or collect enough cases to judge it.",
    "GREEN": "Nothing now. Keep watching.",
    "one-sided": "Justify each segment in writing, or do not act on it.",
    "one-sided, justified": "Review the written justification.",
    "balanced": "Nothing now. Keep watching.",
    "no guarantee": "Publish none of it. Release with a mechanism that guarantees something.",
    "weak guarantee": "Release with a smaller ε.",
    "guarantee": "Nothing now. Every further release adds to what is spent.",
}
"""What is to be done about a finding or verdict where people have recorded no treatment of their own."""

HARMS: dict[Harm, int] = {"allocation": 4, "privacy": 4, "quality of service": 3, "representation": 2}
"""How severe a kind of harm is, before the one point that is added where somebody declared that it must not happen.

*Allocation*: a group is offered less of something. *Representation*: a group is shown, or addressed, as something it is
not (both Barocas, Crawford, Shapiro & Wallach 2017; Crawford 2017). *Quality of service*: the system works less well
for a group (Bird et al. 2020, of fairlearn). *Privacy*: something about a person leaks (Shelby et al. 2023).
"""
MEDIUM, HIGH = 6, 15  # scores from which a risk is medium, and high
WEAK = 0.5  # a guarantee is weak when it leaves an attacker more than this advantage over guessing

ALLOCATION = ("selection_rate", "base_rate", "proxy_auc")  # besides the measures of selection rates alone
REPRESENTATION = ("one_sided_segments", "cramers_v", "silhouette_lost_to_cap")
PROXIES = ("proxies", "healthcare_proxies")  # sections of metric paths: who can be told apart can be offered less


@dataclass(frozen=True)
class Risk:
    """One line of the register.

    ``line`` is the line of work, ``subject`` what tells one risk from another, ``name`` what people call it, ``figure``
    where its number is, ``finding`` a word of :data:`LIKELIHOOD`, ``verdict`` what was made of it (``excepted``,
    otherwise the finding), ``must`` whether somebody declared that it must not happen, ``about`` a sentence from
    whoever declared it. ``treatment`` is what is done about it, ``due`` by when, ``residual`` what its owner expects to
    be left after that; each is empty until somebody says so.
    """

    line: str
    subject: str
    name: str
    figure: str
    harm: Harm
    finding: str
    verdict: str
    must: bool
    owner: str = ""
    about: str = ""
    treatment: str = ""
    due: str = ""
    residual: str = ""

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
