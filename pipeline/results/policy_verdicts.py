"""The policy's verdicts on the results in a folder, which gate, summary, review and documents share."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.results import figures
from pipeline.results.freshness import locked, refuse_stale
from pipeline.storage import parameters
from responsible.governance.policy import Evidence, Judgement, Policy, judge

HEADER = ("rule", "verdict", "severity", "value", "limits", "figure")


def verdicts(root: str | Path = ".", today: date | None = None) -> tuple[Judgement, ...]:
    """Judge the results in ``root`` by its ``params.yaml``; stale results are refused. ``today``: by default the day
    in UTC, so that an exception expires everywhere at once.
    """
    params = Path(root, figures.PARAMETERS)
    policy = parameters.section(params, "policy", Policy)
    # A rule may be tried on the figures as they are; documents follow with the next `dvc repro`.
    refuse_stale(root, parameters.read_yaml(params), locked(root), but=("policy",))
    return judge(policy, figures.collect(root), today or datetime.now(UTC).date())


def cells(judgement: Judgement) -> tuple[str, ...]:
    """The texts of a judgement's line in a table, in the order of ``HEADER``."""
    rule = judgement.rule
    severity = "BLOCKS" if judgement.blocks else rule.severity
    return judgement.name, words(judgement), severity, figure(judgement.evidence), limits(rule), rule.label


def words(judgement: Judgement) -> str:
    """The verdict in words, with the end of the exception when there is one."""
    if judgement.verdict != "excepted" or judgement.rule.exception is None:
        return judgement.verdict.replace("_", " ")
    return f"excepted until {judgement.rule.exception.until} ({judgement.found.replace('_', ' ')})"


def figure(evidence: Evidence) -> str:
    """``value [low, high]``, without brackets when there is no interval, or the reason why there is no value."""
    if math.isnan(evidence.value):
        return f"undefined ({evidence.reason.replace('_', ' ')})"
    value = f"{evidence.value:,.0f}" if _is_count(evidence) else short(evidence.value)
    return value if math.isnan(evidence.low) else f"{value} [{short(evidence.low)}, {short(evidence.high)}]"


def _is_count(evidence: Evidence) -> bool:
    return not evidence.inferred and evidence.value.is_integer()


def short(value: float, sign: str = "") -> str:
    """Three decimals below a hundred, none from there on; ``sign`` "+" shows it on gains too. Never "-0.000"."""
    digits = 3 if abs(value) < 100 else 0
    return f"{round(value, digits) + 0.0:{sign},.{digits}f}"


def limits(rule: Any) -> str:
    """The limits in words: ``0.8 to 1.25``, ``at least 0.8``, ``at most 0.1``."""
    if rule.minimum is None or rule.maximum is None:
        return f"at most {rule.maximum:g}" if rule.minimum is None else f"at least {rule.minimum:g}"
    return f"{rule.minimum:g} to {rule.maximum:g}"
