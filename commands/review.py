"""Review a change: ``python -m commands.review BASE``, which is ``make review``, writes Markdown to standard output.

The work tree is compared with the commit where it left BASE: the policy's verdicts, every headline figure with the
interval of its change, parameters, documents and pictures. Figures of the same test rows are compared row by row; for
that the base's scores are taken from DVC's cache or remote, or built anew (``--no-rebuild`` leaves that out).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline import entry
from pipeline.reporting import formatting
from pipeline.reporting.engine import fill
from pipeline.reporting.formatting import Markup
from pipeline.repository import git
from pipeline.results import figures, policy_verdicts
from pipeline.results.catalogue import STAGES
from pipeline.review import base_version, changes, comparability
from pipeline.review.changes import FigureChange, Versions
from pipeline.storage import parameters
from pipeline.storage.line_contents import present
from responsible.governance.answer import headline
from responsible.governance.policy import Judgement, Policy
from responsible.governance.version_change import Changes
from responsible.validation import InputError
from responsible.words import Words, read

TEMPLATE = "docs/templates/review.md.j2"
SHOWN, PERFORMANCE = 12, 3  # rows above the fold, and how many of them are of performance alone
TRENDS = ("worse", "", "better", "small")
# How the figures are counted in one line, what asks for attention first.
ORDER = (
    "worse", "real", "changed", "recomputed", "deleted", "new", "in neither", "undefined", "better", "small", "noise",
    "same", "not comparable",
)  # fmt: skip
DOCUMENTS, PICTURES = ("*.md", "docs/*"), ("plots/*.svg", ":!plots/*_narrow.svg")


def main(base: str, *, root: str = ".", links: str = "", rebuild: bool = True, today: date | None = None) -> None:
    """Print the review. ``links``, which leads to the top of the work tree, is put before every path."""
    here = Path(root).resolve()
    links += quote(git.prefix(here)) if links else ""
    commit = base_version.resolve(here, base)
    with tempfile.TemporaryDirectory(prefix="review-", ignore_cleanup_errors=True) as folder:
        there = Path(folder)
        base_version.extract(here, commit, there)
        context = _context(here, there, commit, rebuild=rebuild, today=today)
    said: dict[str, Any] = {"base": base, "commit": Markup(commit[:9]), "top": Markup(links)}
    for kind, patterns in (("documents", DOCUMENTS), ("pictures", PICTURES)):
        found = base_version.changed_files(here, commit, patterns)
        said[kind] = [(what, path, Markup(links + quote(path))) for what, path in found]
    print(fill(here / TEMPLATE, context | said), end="")


def _context(here: Path, there: Path, commit: str, *, rebuild: bool, today: date | None) -> dict[str, Any]:
    old, new = (parameters.read_yaml(folder / figures.PARAMETERS) for folder in (there, here))
    policy = parameters.section(here / figures.PARAMETERS, "policy", Policy)
    before, after = base_version.collected(there), figures.collect(here)
    confidence = float(new["inference"]["confidence"])
    stops = comparability.obstacles(old, new, (comparability.digests(there), comparability.digests(here)))
    stopped = any(comparability.BUDGET in stop.lines and "" in stop.prefixes for stop in stops)
    pairs = not stopped and comparability.BUDGET in {*present(old)} & {*present(new)}
    known, excuse = _paired(here, there, commit, rebuild=rebuild) if pairs else ({}, "")
    rows = changes.rows(Versions(before, after, policy, stops, known, confidence))
    judged, error = _judged(here, today)
    return {
        **_policy_context(judged, error, _judged(there, today)[0]),
        "banner": [stop.what for stop in stops],
        "policy_changed": old.get("policy") != new.get("policy"),
        "unpaired": excuse,
        "cluster": (new.get("budget") or {}).get("cluster") if known else None,
        "counts": _counts(rows),
        **_fold(rows, judged, read(new.get("words"))),
        "params": list(comparability.parameters(old, new)),
        "confidence": confidence,
        "chance": changes.by_chance(rows, confidence),
    }


def _paired(here: Path, there: Path, commit: str, *, rebuild: bool) -> tuple[Changes, str]:
    """The paired changes, or why there are none."""
    try:
        own = base_version.own_scores(here)
        old = base_version.base_scores(here, there, commit, _say, rebuild=rebuild)
        return changes.at_paths(changes.paired_changes(here, there, own, old)), ""
    except InputError as error:
        return {}, str(error)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _judged(folder: Path, today: date | None) -> tuple[tuple[Judgement, ...], str]:
    try:
        return policy_verdicts.verdicts(folder, today), ""
    except InputError as error:
        return (), str(error)


def _policy_context(judged: tuple[Judgement, ...], error: str, before: tuple[Judgement, ...]) -> dict[str, Any]:
    blocked, met = {j.name for j in before if j.blocks}, {j.name for j in before if j.verdict == "pass"}
    unmet = [j for j in judged if j.verdict != "pass"]
    was = {j.name: formatting.judgement_verdict(j) for j in before}
    rules = [
        dict(zip(formatting.JUDGEMENT_COLUMNS, formatting.judgement_cells(j), strict=True))
        | {"value": Markup(formatting.figure(j.evidence)), "was": was.get(j.name, "no such rule")}
        for j in judged
    ]
    turned = {
        "Newly blocking": [j.title for j in unmet if j.blocks and j.name not in blocked],
        "No longer blocking": [j.title for j in judged if not j.blocks and j.name in blocked],
        "Newly not met, only reported": [j.title for j in unmet if not j.blocks and j.name in met],
        "Newly met": [j.title for j in judged if j.verdict == "pass" and j.name not in met | blocked],
    }
    changed = sorted((r for r in rules if r["was"] != r["verdict"]), key=lambda rule: rule["severity"] == "warn")
    return {
        "headline": headline(judged) if judged else "",
        "error": error,
        "turned": turned if before else {},
        "changed_rules": changed if before else [],
        "rules": rules,
    }


def _counts(rows: list[FigureChange]) -> dict[str, int]:
    words = [row.trend or row.word for row in rows]
    return {word: words.count(word) for word in sorted(set(words), key=lambda word: (ORDER.index(word), word))}


def _fold(rows: list[FigureChange], judged: tuple[Judgement, ...], called: Words) -> dict[str, list[dict[str, Any]]]:
    """What is shown at once, at most ``SHOWN`` rows; the rest is folded.

    Of what matters first the figures that rules judge, then fairness, then ``PERFORMANCE`` figures of performance, the
    worse before the better; then what rules judge and did not change.
    """
    ruled = list(dict.fromkeys((j.rule.metric, j.evidence.level or j.rule.level or "") for j in judged))
    matter = sorted((r for r in rows if r.matters), key=lambda r: TRENDS.index(r.trend))
    kinds: tuple[list[FigureChange], ...] = [], [], []
    for row in matter:
        performance = row.path.split(".")[0] in (*STAGES.values(), "performance")
        kinds[0 if (row.path, row.level) in ruled else 2 if performance else 1].append(row)
    quiet = {(r.path, r.level): r for r in rows if not r.matters}
    first = [*kinds[0], *kinds[1], *kinds[2][:PERFORMANCE], *(quiet[place] for place in ruled if place in quiet)]
    shown = first[:SHOWN]
    rest = [*(r for r in matter if r not in shown), *(r for r in rows if not r.matters and r not in shown)]
    return {"shown": [_cells(r, called) for r in shown], "rest": [_cells(r, called) for r in rest]}


def _cells(row: FigureChange, called: Words) -> dict[str, Any]:
    old, new = (None if side is None else Markup(formatting.figure(side)) for side in (row.old, row.new))
    said: dict[str, Any] = {"old": old or f"none: {row.word} here", "new": new or f"none: {row.word}"}
    said["figure"] = _name(row, called)
    said["change"] = {"same": "none", "undefined": "", "recomputed": "by the code"}.get(row.word) or _difference(row)
    said["word"], said["real"] = f"{row.word}{', ' + row.trend if row.trend else ''}", row.word == "real"
    return said


def _name(row: FigureChange, called: Words) -> str:
    """A headline figure in words, another one by its path."""
    section, *middle, figure = row.path.split(".")
    models = {stage: model for model, stage in STAGES.items()}
    if section == "evaluate_fairness" and len(middle) == 2:
        level = f": {called.level(middle[0], row.level)}" if row.level else ""
        return f"{called.name(figure)}, {middle[1]}, by {called.name(middle[0])}{level}"
    if section == "healthcare_audit" and len(middle) == 1:
        return f"{called.name(middle[0])} by {called.name(figure)}, healthcare"
    if section == "cluster_privacy":
        return f"{formatting.words(' '.join([*middle, figure]))}, segments"
    if section == "performance_change":
        return f"change of {called.name(figure)} {f'to {middle[0]}' if middle else 'against the reference'}"
    if section == "performance" or (section in models and not middle):
        return f"{called.name(figure)}, {models.get(section) or middle[0]}"
    return f"{row.path} [{row.level}]" if row.level else row.path


def _difference(row: FigureChange) -> str:
    if row.change is None:
        return ""
    value, low, high = row.change.value, row.change.low, row.change.high
    if low == high:
        return formatting.number(value, sign="+")
    return Markup(formatting.interval(value, low, high, sign="+") + ("" if row.pairwise else ", not paired"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", default="main", help="branch, tag or commit to compare with (main)")
    parser.add_argument("--links", default="", metavar="PREFIX", help="what to put before the paths of links")
    parser.add_argument("--no-rebuild", action="store_true", help="do not build the base's scores if no cache has them")
    given = parser.parse_args()
    entry.run(lambda: main(given.base, links=given.links, rebuild=not given.no_rebuild))
