"""Policy, register of risks, change between two versions. Imports fairness and statistics."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "Change",
    "Evidence",
    "Judgement",
    "Policy",
    "Risk",
    "Rule",
    "better",
    "independent",
    "judge",
    "paired",
    "register",
]

if TYPE_CHECKING:
    from responsible.governance.evidence import Evidence
    from responsible.governance.policy import Judgement, Policy, Rule, judge
    from responsible.governance.risk import Risk
    from responsible.governance.risk_register import register
    from responsible.governance.version_change import Change, better, independent, paired
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "evidence": ("Evidence",),
            "policy": ("Judgement", "Policy", "Rule", "judge"),
            "risk": ("Risk",),
            "risk_register": ("register",),
            "version_change": ("Change", "better", "independent", "paired"),
        },
    )
