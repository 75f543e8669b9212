"""What a rule of the policy names, held to the declared attributes, measures and models before any figure exists.

Whether a figure has been written is asked when the rule is judged (:func:`responsible.governance.policy.judge`); here
only names that no run could write are refused. What depends on the data, such as a level, is left open.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from pipeline.results.catalogue import MONITORED, SEARCHED, Metrics
from pipeline.results.figures import TABLES, FigureTable
from pipeline.storage.line_contents import LINES, line_of
from responsible.fairness.measures import KNOWN, MEASURES
from responsible.governance.answers import UNANSWERED
from responsible.governance.policy import Policy, Rule
from responsible.names import ANY, BASELINE, DATA, Judged
from responsible.statistics.count_tables import JUDGED
from responsible.statistics.rates import PERFORMANCE, RATES
from responsible.tabular.schema import Sensitive
from responsible.validation import did_you_mean

Attributes = Mapping[str, Sensitive]
Names = Mapping[str, Collection[str]]
LOSSES = ("roc_auc", "log_loss", "brier")
CELLS = ("tp", "fn", "fp", "tn")
MODEL = ("{figure}", "confusion.{cell}", "rows.{split}")
# Figures of metrics files that no table has; a stage that is not here has figures that only a run can name.
HEADLINES = (
    "evaluate_fairness.{attribute}.proxy_auc",
    *(f"{stage}.{figure}" for stage in ("train_baseline", "reweigh") for figure in MODEL),
    "reweigh.weights.{}",
    *(f"performance.{{model}}.{figure}" for figure in (*MODEL[1:], "weights.{}")),
)
NAMED = ("evaluate_fairness", "train_baseline", "reweigh")
WAITS = ("mean_wait_difference", "median_wait_difference")
SEGMENTS = "segments"  # how the sections begin whose measures depend on methods that a run chooses
HEALTHCARE = "healthcare"  # how the sections begin whose attributes are those of healthcare.protected


def faults(
    policy: Policy,
    sensitive: Attributes,
    protected: Attributes,
    lines: Collection[str] = tuple(LINES),
    models: Judged = JUDGED,
) -> Iterator[str]:
    """A line for each rule that names a figure, attribute, measure, model or level that no run could write.

    ``lines`` are the lines of work that are there.
    """
    tables = [t for entry in TABLES.values() for t in (entry if isinstance(entry, tuple) else (entry,))]
    trained = [path for path in HEADLINES if path.startswith("evaluate_fairness") or BASELINE in models.names]
    forms = [FigureTable(path) for path in trained] + tables
    files = (*Metrics, MONITORED, SEARCHED)
    open_ = {file.removeprefix("metrics/").removesuffix(".json") for file in files} - set(NAMED)
    for name, rule in policy.rules.items():
        place, section = f"policy.rules.{name}", rule.metric.partition(".")[0]
        if name == UNANSWERED:
            yield f"{place}: this is how the rule on policy.unanswered is called; choose another name"
        if (line := line_of(rule.metric)) and line not in lines:
            yield f"{place}.metric: {rule.metric!r} is of the {line} line, which is not here; take the rule out"
            continue
        declared = protected if section.startswith(HEALTHCARE) else sensitive
        known = {} if section.startswith(SEGMENTS) else _names(declared, models)
        own = [form for form in forms if form.path.partition(".")[0] == section]
        found = [(form, at) for form in own if (at := _pattern(form.path, known).fullmatch(rule.metric))]
        if not found and section not in open_:
            sections = sorted({form.path.partition(".")[0] for form in forms} | open_)
            hint = _closest(rule.metric, own, known) if own else did_you_mean(section, sections)
            yield f"{place}.metric: there is no figure {rule.metric!r}{hint}"
        for form, at in found[:1]:
            yield from _level(place, rule, form, declared.get(at.groupdict().get("attribute", "")))


def _names(declared: Attributes, models: Judged) -> Names:
    """Placeholder of a path → the names it may stand for; one that is not here may be anything."""
    figures = (*PERFORMANCE, *LOSSES, *MEASURES, "base_rate")
    return {
        "attribute": declared,
        "model": (*models.names, *models.changes.values(), DATA, "unadjusted", "adjusted"),
        "scope": ("all", "merit", "urgent", "urgent_merit"),
        "measure": (*KNOWN, *WAITS),
        "rate": RATES,
        "figure": (*figures, *(f"{model}.{figure}" for model in models.others for figure in figures)),
        "cell": CELLS,
        "split": ("train", "valid", "test"),
    }


def _pattern(path: str, known: Names) -> re.Pattern[str]:
    def group(found: re.Match[str]) -> str:
        name = found[1]
        inner = "|".join(map(re.escape, known[name])) if known.get(name) else ".*"
        return f"(?P<{name}>{inner})" if name else f"(?:{inner})"

    pieces = re.split(r"(\{\w*\})", path)
    return re.compile("".join(re.sub(r"\{(\w*)\}", group, p) if p[:1] == "{" else re.escape(p) for p in pieces))


def _closest(metric: str, forms: list[FigureTable], known: Names) -> str:
    """The names that the first part which does not fit could have had, with the nearest of them."""
    parts = metric.split(".")
    for form in forms:
        for wanted, got in zip(form.path.split("."), parts, strict=False):
            names = known.get(wanted[1:-1], ()) if wanted[:1] == "{" else (wanted,)
            if names and got not in names:
                if wanted[:1] == "{":
                    return f": {got!r} is not among the names of {wanted[1:-1]}{did_you_mean(got, names)}"
                break
    return f"; a path is one of {', '.join(form.path for form in forms)}"


def _level(place: str, rule: Rule, form: FigureTable, attribute: Sensitive | None) -> Iterator[str]:
    if rule.level is None or (rule.level == ANY and form.level):
        return
    if form.level is None:
        yield f"{place}.level: {rule.metric} has no level {rule.level!r}; leave the level out"
    elif attribute and rule.level in attribute.exclude:
        yield f"{place}.level: {rule.level!r} is excluded from the audit; name another level"
    elif attribute and form.level == "comparison" and rule.level in attribute.privileged:
        yield f"{place}.level: {rule.level!r} is privileged, what the others are compared with; name another level"
