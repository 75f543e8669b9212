"""What a figure says about people, in a sentence with counts; whether a difference is shown; what is to be done."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.reporting import tables
from pipeline.reporting.formatting import figure, number, words
from pipeline.reporting.sources import Sources, TableRow
from pipeline.results.catalogue import STAGES, Tables
from responsible.fairness.measures import KNOWN
from responsible.governance.policy import Judgement
from responsible.names import ANY, OTHERS, POOLED, Judged, judged_of

COUNTED = {
    "selection_rate": "{k} of {n} {who} were {yes}",
    "true_positive_rate": "{k} of {n} {who} for whom yes is right were {yes}",
    "false_positive_rate": "{k} of {n} {who} for whom no is right were {yes}",
    "positive_predictive_value": "yes is right for {k} of {n} {who} who were {yes}",
}
APPROVED = {
    "statistical_parity_difference": "{k} of {n} {rows} {who} were {yes}",
    "equal_opportunity_difference": "{k} of {n} {rows} {who} were {yes}",
    "predictive_parity_difference": "{k} of {n} {yes} {rows} {who} were {merit}",
    "override_rate_difference": "{k} of {n} {rows} {who} were overruled by a person",
}
SHARES = ("accuracy", "balanced_accuracy", "f1", "precision", "recall")


def sentence(judgement: Judgement, sources: Sources) -> str:
    """The figure of a rule in plain words, with counts where its table has them; a full sentence."""
    metric = judgement.rule.metric
    say = _SENTENCES.get(metric.partition(".")[0])
    said = say(judgement, metric.split(".")[1:], sources) if say else ""
    return said or f"{judgement.title}: {figure(judgement.evidence)}."


def difference_shown(measure: str, low: float, high: float) -> str:
    """Whether a difference between groups is shown at all, ``yes`` or ``no``: the interval excludes parity.

    Empty for what is no difference between groups, and where there is no interval.
    """
    if math.isnan(low) or not (measure in KNOWN or measure.endswith("_difference")):
        return ""
    away = KNOWN[measure].shown(low, high) if measure in KNOWN else not low <= 0 <= high
    return "yes" if away else "no"


def shown(**pick: Any) -> tables.Column:
    """A column that says whether a difference is shown, from the columns ``measure``, ``low`` and ``high``."""
    return tables.of_rows(lambda row: difference_shown(row.measure, row.number("low"), row.number("high")), pick)


def level(judgement: Judgement) -> str:
    """The level that the judged figure is of, also where a rule is about any; "" for all of them, pooled."""
    named = judgement.rule.level or ""
    return judgement.evidence.level or ("" if named == ANY else named)


def of_comparison(row: TableRow, sources: Sources) -> str:
    """A compared level of recorded decisions, from a row of approvals or of waits."""
    named = sources.params["healthcare"]["protected"][str(row.attribute)].get("privileged") or []
    called, own = sources.words, str(row.attribute)
    attribute, level = called.name(own), called.level(own, str(row.comparison))
    merit = " merit" if row.measure == "equal_opportunity_difference" else ""
    spoken = {"rows": called.scope(row.scope + merit).removeprefix("all "), "merit": called.merit}
    groups = [
        f"with any other {attribute}" if row.comparison == POOLED else f"whose {attribute} is {level}",
        f"whose {attribute} is {' or '.join(called.level(own, level) for level in named)}"
        if named
        else "of everybody else",
    ]
    if row.measure in APPROVED:
        spoken["yes"] = called.answer("healthcare")
        one, two = (
            APPROVED[row.measure].format(
                k=_count(row, f"count_{side}"), n=_count(row, f"support_{side}"), who=who, **spoken
            )
            for side, who in zip(("unprivileged", "privileged"), groups, strict=True)
        )
        return f"{_capital(one)}, and {two}."
    unit = sources.params["healthcare"]["duration"]["unit"]
    more = "more" if row.number("value") > 0 else "less"
    gap = number(abs(row.number("value")), 1)
    waits = [number(row.number(side), 1) for side in ("unprivileged", "privileged")]
    return (
        f"{_capital(spoken['rows'])} {groups[0]} waited {gap} {unit} {more} on average: {waits[0]} {unit}, "
        f"against {waits[1]} for {spoken['rows']} {groups[1]}."
    )


def _rates(judgement: Judgement, path: Sequence[str], sources: Sources) -> str:
    attribute, model, measure = path
    if measure not in KNOWN or not set(KNOWN[measure].rates) <= COUNTED.keys() or not KNOWN[measure].rates:
        return ""
    parts = [_two_groups(attribute, model, rate, level(judgement), sources) for rate in KNOWN[measure].rates]
    who = f"{_capital(words(model))} model" if model in STAGES else _named(model, sources)
    return f"{who}: {'; '.join(parts)}."


def _two_groups(attribute: str, model: str, rate: str, level: str, sources: Sources) -> str:
    rows = sources.rows(Tables.GROUP_RATES, {"attribute": attribute, "model": model, "rate": rate})
    named = [row for row in rows if row.privileged == "True"]
    ours = [row for row in rows if row.level == level] if level else [row for row in rows if row.privileged != "True"]
    rest = named or [row for row in rows if row.level != level]
    called, people = sources.words, sources.words.many("budget")
    whose = f"{people} whose {called.name(attribute)} is"
    only = level or (str(ours[0].level) if named and len(ours) == 1 and ours[0].level != OTHERS else "")
    one = f"{whose} {called.level(attribute, only)}" if only else f"{people} with any other {called.name(attribute)}"
    two = f"{whose} {' or '.join(called.level(attribute, row.level) for row in named)}" if named else "others"
    yes = called.answer("budget")
    return " and ".join(_counted(rate, who, yes, group) for who, group in ((one, ours), (two, rest)))


def _counted(rate: str, who: str, yes: str, rows: Sequence[TableRow]) -> str:
    if not (rows := [row for row in rows if row.text("count")]):
        return f"what became of {who} is not shown (too few people)"
    k, n = (number(sum(int(row.number(column)) for row in rows)) for column in ("count", "of"))
    return COUNTED[rate].format(k=k, n=n, who=who, yes=yes)


def _recorded(file: str) -> Callable[[Judgement, Sequence[str], Sources], str]:
    def said(judgement: Judgement, path: Sequence[str], sources: Sources) -> str:
        attribute, scope, measure = path
        rows = [
            row
            for row in sources.rows(file, {"attribute": attribute, "measure": measure})
            if row.scope.replace(" ", "_") == scope and (row.comparison == (level(judgement) or POOLED))
        ]
        return of_comparison(rows[0], sources) if rows else ""

    return said


def _performance(judgement: Judgement, path: Sequence[str], sources: Sources) -> str:
    metric, found, name = judgement.rule.metric, judgement.evidence, words(path[-1])
    if path[-1] not in SHARES:
        return ""
    if metric.startswith("performance_change."):
        less = "lowers" if found.value < 0 else "raises"
        models = judged_of(sources.params)
        other = path[0] if path[1:] else models.others[0]
        who = "Reweighing" if models == Judged() else _named(other, sources)
        return f"{who} {less} {name} by {number(abs(found.value) * 100, 1)} percentage points."
    model = {stage: model for model, stage in STAGES.items()}.get(metric.partition(".")[0], path[0])
    who = f"The {model} model" if model in STAGES else _named(model, sources)
    return f"{who} has {_article(name)} {name} of {number(found.value * 100, 1)} % on the test rows."


def _named(model: str, sources: Sources) -> str:
    """A model that is made elsewhere by its name, an adopted one as people read it."""
    shown = sources.shown(model)
    return model if shown == model else f"The model {shown}"


def _segments(_: Judgement, path: Sequence[str], sources: Sources) -> str:
    if path != ["one_sided_segments"]:
        return ""
    rows = [row for row in sources.rows(Tables.SEGMENTS_SHARES, {}) if row.flagged == "True"]
    shares = [f"segment {row.segment} is {number(row.number('share') * 100, 0)} % {row.level}" for row in rows]
    count = len(dict.fromkeys(row.segment for row in sources.rows(Tables.SEGMENTS_SHARES, {})))
    return f"{len(rows)} of {count} segments are one-sided: {', '.join(shares)}." if rows else ""


_SENTENCES: dict[str, Callable[[Judgement, Sequence[str], Sources], str]] = {
    "evaluate_fairness": _rates,
    "healthcare_approvals": _recorded(Tables.HEALTHCARE_APPROVALS),
    "healthcare_waits": _recorded(Tables.HEALTHCARE_WAITS),
    "cluster_privacy": _segments,
    "reweigh": _performance,
    "train_baseline": _performance,
    "performance": _performance,
    "performance_change": _performance,
}


def _count(row: TableRow, column: str) -> str:
    return number(int(row.number(column))) if row.text(column) else "an unpublished number"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _article(name: str) -> str:
    return "an" if name[:1] in "aef" else "a"
