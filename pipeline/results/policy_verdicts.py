"""The policy's verdicts on the results in a folder, which gate, summary, review and documents share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.results import answers, figures, levelling
from pipeline.results.freshness import locked, refuse_stale
from pipeline.storage import parameters
from responsible.governance.policy import Judgement, Policy, judge


def verdicts(root: str | Path = ".", today: date | None = None) -> tuple[Judgement, ...]:
    """Judge the results in ``root`` by its ``params.yaml``; stale results are refused. Last comes the verdict on the
    questions that only people can answer. ``today``: by default the day in UTC, so that an exception expires, and an
    answer is to be reviewed, everywhere at once.
    """
    params = Path(root, figures.PARAMETERS)
    policy = parameters.section(params, "policy", Policy)
    tree, today = parameters.read_yaml(params), today or datetime.now(UTC).date()
    # A rule may be tried on the figures as they are; documents follow with the next `dvc repro`.
    refuse_stale(root, tree, locked(root), but=("policy",))
    held = answers.of_folder(root, tree, today)
    found = figures.collect(root, tree)
    judged = judge(answers.spoken(policy, held.circumstances), found, today)
    judged = levelling.by_mitigation(judged, levelling.group_rates(root), found, tree)
    return (*judged, held.judged(policy))
