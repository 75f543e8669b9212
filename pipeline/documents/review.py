"""What the review of a change shows: rules, figures in the order of their weight, and both versions in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.reporting import formatting, judgements, tables
from pipeline.reporting.formatting import Markup, escape
from pipeline.results import levelling
from pipeline.results.catalogue import STAGES
from pipeline.results.levelling import Rows
from pipeline.results.units import POINTS, TIMES
from pipeline.review.changes import FigureChange
from pipeline.review.predecessors import Predecessors
from responsible.governance.answer import Answer
from responsible.governance.policy import Judgement
from responsible.words import Words

SHOWN, PERFORMANCE = 12, 3  # rows above the fold, and how many of them are of performance alone
TRENDS = ("worse", "", "better", "small")
# How the figures are counted in one line, what asks for attention first.
ORDER = (
    "worse", "real", "changed", "recomputed", "deleted", "new", "in neither", "undefined", "better", "small", "noise",
    "same", "not comparable",
)  # fmt: skip
UNNAMED = ("", POINTS, TIMES)  # units that the table does not repeat in every line
UNPAIRED = "\\*"  # marks a change whose figures could not be compared row by row


def policy(judged: Sequence[Judgement], error: str, before: Sequence[Judgement]) -> dict[str, Any]:
    """The headline, what turned by title, the rules whose verdict changed, those that block first, and all of them."""
    blocked, met = {j.name for j in before if j.blocks}, {j.name for j in before if j.verdict == "pass"}
    unmet = [j for j in judged if j.verdict != "pass"]
    was = {j.name: j for j in before}
    rules = [_rule(j, was.get(j.name)) for j in judged]
    turned = {
        "Newly blocking": [j.title for j in unmet if j.blocks and j.name not in blocked],
        "No longer blocking": [j.title for j in judged if not j.blocks and j.name in blocked],
        "Newly not met, only reported": [j.title for j in unmet if not j.blocks and j.name in met],
        "Newly met": [j.title for j in judged if j.verdict == "pass" and j.name not in met | blocked],
    }
    changed = sorted((r for r in rules if r["was"] != r["here"]), key=lambda rule: rule["warns"])
    return {
        "headline": Answer(tuple(judged)).decisive if judged else "",
        "error": error,
        "turned": turned if before else {},
        "changed_rules": changed if before else [],
        "rules": rules,
    }


def _rule(judged: Judgement, was: Judgement | None) -> dict[str, Any]:
    return {
        "name": judged.name,
        "rule": judged.title,
        "was": formatting.judgement_verdict(was) if was else "no such rule",
        "here": formatting.judgement_verdict(judged),
        "blocks": judged.blocks,
        "warns": judged.rule.severity == "warn",
        "value": _unbroken(judgements.measured(judged.evidence, named=False)),
        "before": judgements.measured(was.evidence, named=False, bare=True) if was else "",
        "limits": _unbroken(escape(judgements.asked(judged.rule, judged.evidence.unit))),
        "origin": judged.rule.source,
        "differs": judgements.differs(judged),
        "exceeds": tables.exceeds(judged.found),
    }


def compared(was: Predecessors) -> list[dict[str, str]]:
    """Models that are compared ``row_by_row`` with the base's, which is ``listed`` here under some name, and others
    that are compared with one of another name ``before``.
    """
    other = dict.fromkeys((m for m in was.of if m not in {*was.pairs, *was.pairs.values()}), "")
    return [{"model": m, "before": was.of.get(m, m), "listed": here} for m, here in {**was.pairs, **other}.items()]


def levelled(
    rows: Sequence[FigureChange], rates: tuple[Rows, Rows], called: Words, was: Mapping[str, str]
) -> list[str]:
    """A clause, each once, where this change closed a gap by making the better-off group worse; ``was`` has the names
    of models before, where they were others.
    """
    said = []
    for row in rows:
        section, *path = row.path.split(".")
        if section == "evaluate_fairness" and len(path) == 3 and row.trend in ("better", "small"):
            place, models = (path[0], path[2], row.level), (was.get(path[1], path[1]), path[1])
            said.append(f"{path[1]}, {clause}" if (clause := levelling.clause(place, rates, models, called)) else "")
    return [clause for clause in dict.fromkeys(said) if clause]


def counts(rows: Sequence[FigureChange]) -> dict[str, int]:
    """How many figures there are of each kind, what asks for attention first."""
    words = [row.trend or row.word for row in rows]
    return {word: words.count(word) for word in sorted(set(words), key=lambda word: (ORDER.index(word), word))}


def fold(
    rows: Sequence[FigureChange], judged: Sequence[Judgement], turned: Sequence[str]
) -> tuple[list[FigureChange], list[FigureChange]]:
    """What is shown at once, at most ``SHOWN`` rows, and the rest.

    Of what matters first the figures that rules judge, then fairness, then ``PERFORMANCE`` figures of performance, the
    worse before the better; then what rules judge and cannot be compared. Rules that ``turned`` have their figure
    beside them already.
    """
    ruled = {place(j): j.name in turned for j in judged}
    open_ = [r for r in rows if not ruled.get((r.path, r.level))]
    matter = sorted((r for r in open_ if r.matters), key=lambda r: TRENDS.index(r.trend))
    kinds: tuple[list[FigureChange], ...] = [], [], []
    for row in matter:
        performance = row.path.split(".")[0] in (*STAGES.values(), "performance")
        kinds[0 if (row.path, row.level) in ruled else 2 if performance else 1].append(row)
    quiet = [r for r in open_ if r.word == "not comparable" and (r.path, r.level) in ruled]
    shown = [*kinds[0], *kinds[1], *kinds[2][:PERFORMANCE], *quiet][:SHOWN]
    return shown, [*(r for r in matter if r not in shown), *(r for r in rows if r not in [*matter, *shown])]


def place(judged: Judgement) -> tuple[str, str]:
    """Path and level of the figure that a rule judges."""
    return judged.rule.metric, judged.evidence.level or judged.rule.level or ""


def titles(judged: Sequence[Judgement]) -> dict[tuple[str, str], str]:
    """What people call the figures that rules judge: by the rule."""
    return {place(j): j.title for j in reversed(judged)}


def cells(row: FigureChange, called: Words, ruled: dict[tuple[str, str], str]) -> dict[str, Any]:
    """The texts of a figure's line: both values, in one unit where both have it, the change with its interval."""
    old, new = row.old, row.new
    shared = old is not None and new is not None and not old.level and not new.level
    sides = [
        f"none: {row.word}" if side is None else judgements.measured(side, named=not shared, bare=True)
        for side in (old, new)
    ]
    return {
        "figure": name(row, called, ruled),
        "both": _unbroken(
            " → ".join(sides) + (f" {escape(new.unit)}" if shared and new and new.unit not in UNNAMED else "")
        ),
        "change": {"same": "none", "undefined": "", "recomputed": "by the code"}.get(row.word) or _difference(row),
        "word": reading(row),
        "real": row.word == "real",
    }


def reading(row: FigureChange) -> str:
    """What became of a figure in one word, as they are counted."""
    return row.trend or row.word


def name(row: FigureChange, called: Words, ruled: dict[tuple[str, str], str]) -> str:
    """A headline figure in words; another one by the rule that judges it, else by its path."""
    section, *middle, figure = row.path.split(".")
    models = {stage: model for model, stage in STAGES.items()}
    if section == "evaluate_fairness" and len(middle) == 2:
        level = f": {called.level(middle[0], row.level)}" if row.level else ""
        return f"{called.name(figure)}, {middle[1]}, {called.name(middle[0])}{level}"
    if section == "healthcare_audit" and len(middle) == 1:
        return f"{called.name(middle[0])} by {called.name(figure)}, healthcare"
    if section in ("performance", "performance_change") or (section in models and not middle):
        change = ["change"] if section == "performance_change" else []
        return f"{called.name(figure)}, {models.get(section, ' of '.join([*change, *middle]))}"
    if title := ruled.get((row.path, row.level)):
        return title
    if section == "cluster_privacy":
        return f"{formatting.words(' '.join([*middle, figure]))}, segments"
    return f"{row.path} [{row.level}]" if row.level else row.path


def _difference(row: FigureChange) -> str:
    """The change with its interval in the unit of the figure, percentages in points."""
    if row.change is None or row.new is None:
        return ""
    value, low, high = row.change.value, row.change.low, row.change.high
    if row.new.inferred and low != high:
        ends = judgements.written((value, low, high), row.new.unit, "", sign="+")
        return _unbroken(ends + ("" if row.pairwise else f" {UNPAIRED}"))
    return formatting.number(value, sign="+")


def _unbroken(text: str) -> Markup:
    """Figures are not broken over two lines."""
    return Markup(text.replace(" ", "\u00a0"))
