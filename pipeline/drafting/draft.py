"""The draft: `params.yaml` with the sections of one line of work exchanged for those that follow from a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.drafting import models, sections
from pipeline.drafting.models import AUDITED
from pipeline.drafting.roles import Attribute, Roles
from pipeline.drafting.sections import DECIDE
from pipeline.drafting.writing import Line, edited, exchanged, loaded, text
from pipeline.storage.line_contents import line_of
from pipeline.storage.yaml_blocks import without
from responsible.fairness.measures import KNOWN
from responsible.names import REWEIGHED
from responsible.validation import InputError

SAMPLE = {line: f"data/raw/{line}.csv" for line in ("budget", "healthcare", "segments")}
# Ways into unfairness that are of any system of decisions; the other shipped ones are the sample's.
GENERAL = ("unequal_past_decisions", "need_recorded_unequally", "groups_too_small_to_see", "drift_after_launch")


def draft(params: str, roles: Roles) -> str:
    """The text of the parameter file for ``roles``.

    What the table does not decide (limits, inference, the model) stays as it is.

    Raises:
        InputError: the file lacks the section of the line.
    """
    line = roles.asked.line
    if f"\n{line}:" not in params:
        raise InputError(f"params.yaml: has no section {line}; restore that line of work from git, then start")
    gone = (
        {"threshold_sweep"} if line == "budget" and roles.threshold is None else set()
    )  # two values have one threshold
    gone |= {"threshold_sweep", "reweigh"} if roles.asked.external else set()
    # later batches are of the table that was there before, and so are the attribute of the search and words of reasons
    gone |= {"monitor", "alternatives", "reasons"} if line == "budget" else set()
    params = without(params, lambda path: path[0] in gone or path == ("monitor", line))
    new = {"words": text([Line("words", None, "how documents name things; empty = by the column")])}
    new |= {key: text([Line(key, value, note)]) for key, value, note in _new(roles)}
    return edited(exchanged(params, new), _changes(roles))


def _new(roles: Roles) -> list[tuple[str, Any, str]]:
    if roles.asked.line == "healthcare":
        return [("healthcare", sections.healthcare(roles), "decisions on cases and the roles of their columns")]
    if roles.asked.line == "segments":
        return [("segments", sections.segments(roles), "the table of people to segment and the roles of its columns")]
    cut, why = roles.threshold, f"{DECIDE} about the median of the target; rows at or above it have label 1"
    if cut is None:
        why = "a favourable level counts as 1" if roles.target else "not used: rows have no labels"
    return [
        ("threshold", 1 if cut is None else cut, why),
        ("budget", sections.budget(roles), "the table and the roles of its columns"),
        ("sensitive", sections.attributes(roles), "groups whose treatment is audited"),
        *([] if cut is None or roles.asked.external else [("threshold_sweep", sections.sweep(roles), "")]),
        *([("models", models.section(roles), "audited on all rows")] if roles.asked.external else []),
    ]


def _changes(roles: Roles) -> Callable[[Any], None]:
    """What changes within sections that stay."""

    def change(tree: Any) -> None:
        if roles.kept < tree["prepare"]["minimum_rows"]:
            tree["prepare"]["minimum_rows"] = roles.kept
            tree["prepare"].yaml_add_eol_comment(f"{DECIDE} so few rows bear hardly any conclusion", "minimum_rows", 36)
        if roles.lost and tree["prepare"]["on_bad_rows"] == "error":
            tree["prepare"]["on_bad_rows"] = "drop"
            tree["prepare"].yaml_add_eol_comment(
                f"{DECIDE} {roles.lost:,} rows lack a target or a field", "on_bad_rows", 36
            )
        _LINES[roles.asked.line](tree, roles.attributes[0])
        kept = {name: rule for name, rule in tree["policy"]["rules"].items() if _belongs(rule, tree, roles.asked.line)}
        for name in [name for name in tree["policy"]["rules"] if name not in kept]:
            del tree["policy"]["rules"][name]
        tree["policy"]["rules"].update(loaded(rules(roles)))
        if not roles.target and roles.asked.external:  # no such figures are computed
            for name in [n for n in tree["policy"]["tolerances"] if n != "default" and n not in _judged(roles)]:
                del tree["policy"]["tolerances"][name]

    return change


def _budget(tree: Any, first: Attribute) -> None:
    if "reweigh" not in tree:
        return
    tree["reweigh"] |= {"groups": "privileged" if first.privileged else "levels", "empty_cells": "merge"}
    tree["reweigh"]["attributes"][:] = [first.name]


def _healthcare(tree: Any, _: Attribute) -> None:
    """Weights of features, by which cases are scored and compared, are decisions of people."""
    tree["healthcare_audit"] |= {"priority": None, "similarity": None}
    for key, what in (("priority", "weights of the priority score"), ("similarity", "weights of the comparison")):
        tree["healthcare_audit"].yaml_add_eol_comment(f"{DECIDE} {what}; empty = none", key, 36)
    for name in [name for name in tree["playbook"]["sources"] if name not in GENERAL]:
        del tree["playbook"]["sources"][name]


def _segments(tree: Any, _: Attribute) -> None:
    tree["cluster_privacy"]["representation"]["justifications"] = None


_LINES: dict[str, Callable[[Any, Attribute], None]] = {
    "budget": _budget,
    "healthcare": _healthcare,
    "segments": _segments,
}


def _belongs(rule: Any, tree: Any, line: str) -> bool:
    """Whether a rule is about another line of work that the file has."""
    about = line_of(str(rule["metric"]))
    return about != line and about in tree


def rules(roles: Roles) -> list[Line]:
    """Neutral rules on the attributes that exist; they block until people have decided what they want instead."""
    if roles.asked.line == "segments":
        limits = [Line("maximum", 0, "segments"), Line("judged_on", "point", "a count has no interval")]
        return [_rule("one_sided_segments", "cluster_privacy.one_sided_segments", limits)]
    out = []
    for attribute in roles.attributes:
        for measure, low, high, what in _measures(roles):
            limits = [
                Line("minimum", low, f"{DECIDE} {what}"),
                Line("maximum", high, "the same for the other direction"),
                Line("judged_on", "interval", "the whole interval must be within the limits"),
            ]
            short = measure.removesuffix("_difference")
            out.append(_rule(f"{attribute.name}_{short}", _path(roles, attribute.name, measure), limits))
    return out


def _rule(name: str, metric: str, limits: list[Line]) -> Line:
    settled = [
        Line("severity", "block", "block: `make gate` fails; warn: reported only"),
        Line("reason", None, f"{DECIDE} why the rule is there; also add `owner`: who may change it"),
    ]
    return Line(name, [Line("metric", metric, "as in `dvc metrics show`"), *limits, *settled])


def _path(roles: Roles, attribute: str, measure: str) -> str:
    if roles.asked.line == "healthcare":
        return f"healthcare_approvals.{attribute}.all.{measure}"
    return f"evaluate_fairness.{attribute}.{AUDITED if roles.asked.external else REWEIGHED}.{measure}"


def _judged(roles: Roles) -> list[str]:
    return [measure for measure, *_ in _measures(roles)]


def _measures(roles: Roles) -> Sequence[tuple[str, float, float, str]]:
    """Those that rules are drafted on; of rows without labels none that needs them."""
    found = MEASURES[roles.asked.line]
    return found if roles.target else [measure for measure in found if not KNOWN[measure[0]].needs_labels]


_PARITY = ("statistical_parity_difference", -0.1, 0.1, "difference of shares with a yes")
MEASURES = {
    "budget": (
        ("disparate_impact", 0.8, 1.25, "ratio of selection rates; 0.8 is the four-fifths rule"),
        ("equal_opportunity_difference", -0.1, 0.1, "difference of true positive rates"),
    ),
    "healthcare": (_PARITY,),  # equal opportunity asks who was justified, which is not recorded yet
}
