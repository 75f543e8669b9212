"""Whether a label threshold can be recommended: it meets the blocking rules and beats the trivial answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from responsible.governance.evidence import WHOLE, Evidence, places
from responsible.governance.policy import Judgement, Policy, Rule, judge
from responsible.names import BASELINE, DATA, REWEIGHED, mitigated

if TYPE_CHECKING:
    import pandas as pd

MODEL_OF = {"train_baseline": BASELINE, "reweigh": REWEIGHED}  # section of a metric path → model
Own = Mapping[tuple[str, str], dict[str, Evidence]]
"""(Model, figure) → level → figure, of one threshold."""


@dataclass(frozen=True)
class Objections:
    """What speaks against a threshold: the blocking rules ``missed``, and whether it is ``no_better`` than the trivial
    answer, that is, whether the lower end of the mitigated model's accuracy is at most ``trivial``, the accuracy of the
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
    """What speaks against every threshold of ``figures`` (:func:`responsible.mitigation.threshold_sweep.table`).

    Judged are the blocking rules on figures that the table has: performance of both models, and fairness measures by
    ``attribute``, pooled or, where no level is privileged, of each level. A rule on anything else cannot be judged
    before the threshold is tried. An exception counts as in :func:`~responsible.governance.policy.judge`, whatever the
    day.
    """
    found: dict[float, dict[tuple[str, str], dict[str, Evidence]]] = {}
    for row in figures.itertuples(index=False):
        record: Any = row
        evidence = Evidence(record.value, record.low, record.high, record.reason, level=record.farthest)
        among = replace(evidence, low=record.simultaneous_low, high=record.simultaneous_high)
        own = found.setdefault(float(record.threshold), {}).setdefault((record.model, record.figure), {})
        own[record.level] = replace(evidence, among=among)
    return {threshold: _objections(own, policy, attribute) for threshold, own in found.items()}


def _objections(own: Own, policy: Policy, attribute: str) -> Objections:
    base, accuracy = own[DATA, "base_rate"][WHOLE].value, own[mitigated(m for m, _ in own), "accuracy"][WHOLE]
    trivial = max(base, 1 - base)
    levels = {name: own.get(_judged(rule, attribute), {}) for name, rule in policy.rules.items()}
    asked = {name: places(rule.level, levels[name]) for name, rule in policy.rules.items()}
    rules = {n: rule for n, rule in policy.rules.items() if asked[n] and set(asked[n]) <= set(levels[n])}
    missed: tuple[Judgement, ...] = ()
    if rules:
        figures = {rule.metric: levels[name] for name, rule in rules.items()}
        judged = judge(policy.model_copy(update={"rules": rules, "tolerances": {}}), figures, date.min)
        missed = tuple(judgement for judgement in judged if judgement.blocks)
    return Objections(missed, not accuracy.low > trivial, trivial)


def _judged(rule: Rule, attribute: str) -> tuple[str, str]:
    """The model and figure that a blocking rule is about; ``("", "")`` for one that a sweep does not compute."""
    section, *rest = rule.metric.split(".")
    if rule.severity == "block":
        if section in MODEL_OF and len(rest) == 1:
            return MODEL_OF[section], rest[0]
        if section == "performance" and len(rest) == 2:
            return rest[0], rest[1]
        if section == "evaluate_fairness" and len(rest) == 3 and rest[0] == attribute:
            return rest[1], rest[2]
    return "", ""
