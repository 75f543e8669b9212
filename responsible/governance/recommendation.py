"""Whether a label threshold can be recommended: it meets the blocking rules and beats the trivial answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from responsible.governance.policy import WHOLE, Evidence, Judgement, Policy, Rule, judge
from responsible.names import BASELINE, DATA, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd

MODEL_OF = {"train_baseline": BASELINE, "reweigh": REWEIGHED}  # section of a metric path → model
Own = Mapping[tuple[str, str], Evidence]
"""(Model, figure) → figure, of one threshold."""


@dataclass(frozen=True)
class Objections:
    """What speaks against a threshold: the blocking rules ``missed``, and whether it is ``no_better`` than the trivial
    answer, that is, whether the lower end of the reweighed model's accuracy is at most ``trivial``, the accuracy of the
    better of always-yes and always-no.
    """

    missed: tuple[Judgement, ...]
    no_better: bool
    trivial: float

    @property
    def none(self) -> bool:
        """Whether nothing speaks against the threshold."""
        return not self.missed and not self.no_better

    def summary(self) -> dict[str, object]:
        """For the metrics file: how many rules are missed, which ones, and whether the trivial answer is beaten."""
        names = ", ".join(judgement.name for judgement in self.missed)
        return {
            "missed_rules": len(self.missed),
            "missed_rule_names": names,
            "beats_trivial_answer": not self.no_better,
        }


def objections(figures: pd.DataFrame, policy: Policy, attribute: str) -> dict[float, Objections]:
    """What speaks against every threshold of ``figures`` (``threshold, model, figure, value, low, high, reason``).

    Judged are the blocking rules on figures that the table has: performance of both models, and pooled fairness
    measures by ``attribute``. A rule on anything else cannot be judged before the threshold is tried. An exception
    counts as in :func:`~responsible.governance.policy.judge`, whatever the day.
    """
    found: dict[float, dict[tuple[str, str], Evidence]] = {}
    for row in figures.itertuples(index=False):
        record: Any = row
        evidence = Evidence(record.value, record.low, record.high, record.reason)
        found.setdefault(float(record.threshold), {})[record.model, record.figure] = evidence
    return {threshold: _objections(own, policy, attribute) for threshold, own in found.items()}


def _objections(own: Own, policy: Policy, attribute: str) -> Objections:
    base, accuracy = own[DATA, "base_rate"].value, own[REWEIGHED, "accuracy"]
    trivial = max(base, 1 - base)
    rules = {name: rule for name, rule in policy.rules.items() if _judged(rule, attribute) in own}
    missed: tuple[Judgement, ...] = ()
    if rules:
        figures = {rule.metric: {WHOLE: own[_judged(rule, attribute)]} for rule in rules.values()}
        judged = judge(policy.model_copy(update={"rules": rules, "tolerances": {}}), figures, date.min)
        missed = tuple(judgement for judgement in judged if judgement.blocks)
    return Objections(missed, not accuracy.low > trivial, trivial)


def _judged(rule: Rule, attribute: str) -> tuple[str, str]:
    """The model and figure that a blocking rule is about; ``("", "")`` for one that a sweep does not compute."""
    section, *rest = rule.metric.split(".")
    if rule.severity == "block" and rule.level is None:
        if section in MODEL_OF and len(rest) == 1:
            return MODEL_OF[section], rest[0]
        if section == "evaluate_fairness" and len(rest) == 3 and rest[0] == attribute:
            return rest[1], rest[2]
    return "", ""
