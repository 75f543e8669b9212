"""Review a change: ``python -m commands.review BASE``, which is ``make review``, writes Markdown to standard output.

The work tree is compared with the commit where it left BASE: the policy's verdicts, every headline figure with the
interval of its change, parameters, documents and pictures. Figures of the same test rows are compared row by row; for
that the base's scores are taken from DVC's cache or remote, or built anew (``--no-rebuild`` leaves that out). On a
branch, both versions in one picture are written to docs/review.svg, to be committed: then a comment can show it.
``--page FILE`` writes all of it as one HTML file too.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline import entry
from pipeline.decision_page import whole_page
from pipeline.documents import review as said
from pipeline.plots.style import Picture
from pipeline.plots.versions import Pair, versions
from pipeline.reporting.engine import fill
from pipeline.reporting.formatting import Markup, percent
from pipeline.repository import git
from pipeline.results import figures, levelling, policy_verdicts
from pipeline.results.catalogue import REVIEW_PICTURE as PICTURE
from pipeline.review import base_version, changes, comparability
from pipeline.review.changes import Versions
from pipeline.review.predecessors import predecessors
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import present
from responsible.governance.policy import Judgement, Policy
from responsible.governance.version_change import Changes
from responsible.validation import InputError
from responsible.words import read

TEMPLATE, PAGE, STYLE = (f"docs/templates/{name}" for name in ("review.md.j2", "review_page.html.j2", "page.css"))
FEW, DRAWN = 3, 24  # changed parameters that are named in the first lines; figures that are drawn
DOCUMENTS, PICTURES = ("*.md", "docs/*", f":!{PICTURE}"), ("plots/*.svg", ":!plots/*_narrow.svg")


def main(
    base: str,
    *,
    root: str = ".",
    links: str = "",
    whole: str = "",
    page: str = "",
    rebuild: bool = True,
    today: date | None = None,
) -> None:
    """Print the review. ``links``, which leads to the top of the work tree, is put before every path; ``whole`` is
    the address of the run to which all of it is attached; ``page`` is a file to write the same to as HTML.
    """
    here = Path(root).resolve()
    links += quote(git.prefix(here)) if links else ""
    commit = base_version.resolve(here, base)
    with tempfile.TemporaryDirectory(prefix="review-", ignore_cleanup_errors=True) as folder:
        there = Path(folder)
        base_version.extract(here, commit, there)
        context, drawn = _context(here, there, (base, commit), rebuild=rebuild, today=today)
    label = base.removeprefix("origin/")
    context |= {"base": label, "commit": Markup(commit[:9]), "top": Markup(links), "whole": Markup(whole), "few": FEW}
    for kind, patterns in (("documents", DOCUMENTS), ("pictures", PICTURES)):
        found = base_version.changed_files(here, commit, patterns)
        context[kind] = [(what, path, Markup(links + quote(path))) for what, path in found]
    if git.found(here, "symbolic-ref", "--short", "HEAD") != label:
        files.write_bytes(here / PICTURE, drawn.wide)
    print(fill(here / TEMPLATE, context | {"picture": _embedded(here, drawn, links)}), end="")
    if page:
        inside = f"data:image/svg+xml;base64,{base64.b64encode(drawn.wide).decode()}"
        markdown = fill(here / TEMPLATE, context | {"picture": {"at": Markup(inside), "alt": drawn.said.alt}})
        files.write_text(page, whole_page.page(markdown, here / PAGE, here / STYLE, f"Review against {label}"))


def _embedded(here: Path, drawn: Picture, links: str) -> dict[str, Any]:
    """Where a reader of the Markdown finds the picture: beside it, or under its link once it is committed."""
    at = {"alt": drawn.said.alt, "file": PICTURE}
    committed = git.found(here, "rev-parse", "--quiet", "--verify", f"HEAD:./{PICTURE}")
    if not links:
        return at | {"at": Markup(PICTURE) if (here / PICTURE).is_file() else ""}
    same = committed and git.output(here, "cat-file", "blob", committed) == drawn.wide
    return at | {"at": Markup(links.replace("/blob/", "/raw/") + PICTURE) if same else ""}


def _context(
    here: Path, there: Path, against: tuple[str, str], *, rebuild: bool, today: date | None
) -> tuple[dict[str, Any], Picture]:
    old, new = (parameters.read_yaml(folder / figures.PARAMETERS) for folder in (there, here))
    policy = parameters.section(here / figures.PARAMETERS, "policy", Policy)
    before, after = base_version.collected(there, old), figures.collect(here, new)
    confidence = float(new["inference"]["confidence"])
    stops = comparability.obstacles(old, new, (comparability.digests(there), comparability.digests(here)))
    stopped = any(comparability.BUDGET in stop.lines and "" in stop.prefixes for stop in stops)
    pairs = not stopped and comparability.BUDGET in {*present(old)} & {*present(new)}
    known, excuse = _paired(here, there, against[1], new, rebuild=rebuild) if pairs else ({}, "")
    was = predecessors(old, new, before, after)
    rows = changes.rows(Versions(was.figures, after, policy, stops, known | was.paired, confidence))
    (judged, error), (judged_before, _) = _judged(here, today), _judged(there, today)
    about = said.policy(judged, error, judged_before)
    shown, rest = said.fold(rows, judged, [rule["name"] for rule in about["changed_rules"]])
    called, ruled = read(new.get("words")), said.titles(judged)
    rates = ([] if stopped else levelling.group_rates(there)), levelling.group_rates(here)
    context = about | {
        "banner": [stop.what for stop in stops],
        "policy_changed": old.get("policy") != new.get("policy"),
        "compared": [] if stopped else said.compared(was),
        "unpaired": "" if was.pairs else excuse,
        "cluster": (new.get("budget") or {}).get("cluster") if known else None,
        "counts": said.counts(rows),
        "shown": [said.cells(row, called, ruled) for row in shown],
        "rest": [said.cells(row, called, ruled) for row in rest],
        "levelled": said.levelled(rows, rates, called, was.of),
        "params": list(comparability.parameters(old, new)),
        "confidence": confidence,
        "chance": changes.by_chance(rows, confidence),
    }
    limits = {said.place(j): j.rule for j in judged}
    drawn = [
        Pair(said.name(r, called, ruled), r.old, r.new, said.reading(r), limits.get((r.path, r.level)))
        for r in [*shown, *rest]
        if r.old and r.new and r.word != "same"
    ]
    return context, versions(drawn[:DRAWN], against[0].removeprefix("origin/"), percent(confidence, 0))


def _paired(here: Path, there: Path, commit: str, new: Mapping[str, Any], *, rebuild: bool) -> tuple[Changes, str]:
    """The paired changes, or why there are none."""
    try:
        own = base_version.own_scores(here)
        old = base_version.base_scores(here, there, commit, _say, rebuild=rebuild)
        return changes.at_paths(changes.paired_changes(here, there, own, old), new), ""
    except InputError as error:
        return {}, str(error)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _judged(folder: Path, today: date | None) -> tuple[tuple[Judgement, ...], str]:
    try:
        return policy_verdicts.verdicts(folder, today), ""
    except InputError as error:
        return (), str(error)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", default="main", help="branch, tag or commit to compare with (main)")
    parser.add_argument("--links", default="", metavar="PREFIX", help="what to put before the paths of links")
    parser.add_argument("--whole", default="", metavar="ADDRESS", help="of the run to which the page is attached")
    parser.add_argument("--page", default="", metavar="FILE", help="the whole as one HTML file as well")
    parser.add_argument("--no-rebuild", action="store_true", help="do not build the base's scores if no cache has them")
    given = parser.parse_args()
    options = {"links": given.links, "whole": given.whole, "page": given.page, "rebuild": not given.no_rebuild}
    entry.run(lambda: main(given.base, **options))
