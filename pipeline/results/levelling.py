"""Gaps that closed because the better-off group lost, by mitigation or between two versions, by rates of levels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.results.catalogue import Tables
from pipeline.storage.text import read_rows
from responsible.governance.evidence import WHOLE, Evidence, Figures
from responsible.governance.levelling_down import RATES, levelled_down, pooled
from responsible.governance.policy import Judgement
from responsible.names import CHANGE, REST, REWEIGHED, trained_here
from responsible.words import Words, read

Rows = list[dict[str, Any]]
"""Rows of ``plots/group_rates.csv``: attribute, level, privileged, model, rate, of, value, low, high."""
# measure → its one rate, where more of it is better for who is in the group
MEASURES = {
    "statistical_parity_difference": RATES[0],
    "disparate_impact": RATES[0],
    "equal_opportunity_difference": RATES[1],
    "predictive_parity_difference": RATES[2],
}
GAP = "the gap closed because the better-off group lost and the other did not gain"
SAYS = {RATES[0]: "selected", RATES[1]: "recognised of those who qualify", RATES[2]: "rightly selected"}


def group_rates(root: str | Path = ".") -> Rows:
    """The rates of levels in a folder of results; none where no model was audited."""
    file = Path(root, Tables.GROUP_RATES)
    return list(read_rows(file)) if file.is_file() else []


def by_mitigation(
    judgements: Iterable[Judgement], rows: Rows, figures: Figures, params: Mapping[str, Any]
) -> tuple[Judgement, ...]:
    """Judgements that say where the mitigated model closed their gap by making the better-off group worse.

    That the gap changed is shown by the figure's own paired change, ``evaluate_fairness.ATTRIBUTE.change.MEASURE``.
    """
    trained, called = tuple(trained_here(params)), read(params.get("words"))
    return tuple(replace(j, levelled=_of_rule(j, rows, figures, called, trained)) for j in judgements)


def whose(judgement: Judgement) -> str:
    """By what a gap was closed: reweighing, or the adopted model."""
    model = judgement.rule.metric.split(".")[2]
    return "reweighing" if model == REWEIGHED else f"the model {model}"


def _of_rule(judgement: Judgement, rows: Rows, figures: Figures, called: Words, trained: tuple[str, ...]) -> str:
    section, *path = judgement.rule.metric.split(".")
    if section != "evaluate_fairness" or len(path) != 3 or path[1] not in trained[1:]:
        return ""
    level = judgement.evidence.level or judgement.rule.level or WHOLE
    change = figures.get(".".join([section, path[0], CHANGE, path[2]]), {}).get(level)
    if change is None or not (change.low > 0 or change.high < 0):
        return ""
    return clause((path[0], path[2], level), (rows, rows), trained, called)


def clause(place: tuple[str, str, str], versions: tuple[Rows, Rows], models: tuple[str, ...], called: Words) -> str:
    """What became of both groups, empty where the better-off one did not lose.

    ``place``: attribute, measure, and the level that is compared, "" for all of them pooled; ``models`` before, after.
    """
    attribute, measure, level = place
    if measure not in MEASURES or not all(versions):
        return ""
    rate = MEASURES[measure]
    before, after = (
        _sides([r for r in rows if (r["attribute"], r["model"], r["rate"]) == (attribute, model, rate)], level)
        for rows, model in zip(versions, models, strict=True)
    )
    if (better := levelled_down(before, after)) is None:
        return ""
    names = _names([r for r in versions[1] if r["attribute"] == attribute], level, called)
    moves = [f"{names[side]} {_per_cent(before[side])} → {_per_cent(after[side])} %" for side in (better, 1 - better)]
    return f"{SAYS[rate]} by {called.name(attribute)}: {', '.join(moves)}"


def _sides(rows: Rows, level: str) -> tuple[Evidence, Evidence]:
    """The rate of the unprivileged levels, or of one, and of those it is compared with."""
    named = [r for r in rows if _true(r)]
    ours = [r for r in rows if (r["level"] == level if level else not _true(r))]
    rest = named or [r for r in rows if r["level"] != level]
    one, two = (pooled([(_number(r["of"]), _rate(r)) for r in side]) for side in (ours, rest))
    return one, two


def _names(rows: Rows, level: str, called: Words) -> tuple[str, str]:
    levels = dict.fromkeys((str(r["level"]), _true(r)) for r in rows)
    own = str(rows[0]["attribute"])
    privileged = [called.level(own, name) for name, flag in levels if flag]
    return called.level(own, level) if level else "others", " or ".join(privileged) if privileged else REST


def _true(row: dict[str, Any]) -> bool:
    return str(row["privileged"]) == "True"


def _rate(row: dict[str, Any]) -> Evidence:
    return Evidence(_number(row["value"]), _number(row["low"]), _number(row["high"]))


def _number(text: Any) -> float:
    return math.nan if text == "" else float(text)


def _per_cent(rate: Evidence) -> str:
    percent = 100 * rate.value
    return f"{percent:.0f}" if 10 <= percent <= 90 else f"{percent:.1f}"
