"""The policy's verdicts on the results in a folder, which gate, summary, review and documents share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.results import figures
from pipeline.results.freshness import locked, refuse_stale
from pipeline.storage import parameters
from responsible.governance.policy import Judgement, Policy, judge


def verdicts(root: str | Path = ".", today: date | None = None) -> tuple[Judgement, ...]:
    """Judge the results in ``root`` by its ``params.yaml``; stale results are refused. ``today``: by default the day
    in UTC, so that an exception expires everywhere at once.
    """
    params = Path(root, figures.PARAMETERS)
    policy = parameters.section(params, "policy", Policy)
    # A rule may be tried on the figures as they are; documents follow with the next `dvc repro`.
    refuse_stale(root, parameters.read_yaml(params), locked(root), but=("policy",))
    return judge(policy, figures.collect(root), today or datetime.now(UTC).date())
