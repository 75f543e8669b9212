"""What the generated parts of docs/playbook/ say: bias sources from parameters, metrics and success from the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from pipeline.reporting.formatting import words
from pipeline.reporting.tables import records
from pipeline.results.answers import why_open
from pipeline.storage import files
from responsible.governance.statements import Confirmation, Told
from responsible.limits import Limits
from responsible.statistics.significance import SMALL
from responsible.validation import Params

if TYPE_CHECKING:
    from responsible.governance.answers import Circumstances
    from responsible.healthcare.audit import Audited

LINE = "healthcare"
LOWEST, HIGHEST = 1, 3
Grade = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]
ACT, PLAN = 18, 8  # of 27: from here a source is acted on now, from here it is planned for


class Source(Params):
    """A way in which a decision system becomes unfair, graded 1 to 3 by severity, likelihood and relevance."""

    kind: Literal["data", "algorithm", "deployment"]
    sign: Told = ""
    severity: Grade
    likelihood: Grade
    relevance: Grade
    confirmed_by: Confirmation | None = None

    @property
    def priority(self) -> int:
        """Severity × likelihood × relevance, 1 to 27."""
        return self.severity * self.likelihood * self.relevance


class Playbook(Params):
    """What the playbook is generated from besides the audit."""

    sources: Annotated[dict[str, Source], Field(min_length=1)]


# Key in the metrics file (its first parts) → what it is, and the function that computes it.
METRICS = {
    "cases": ("cases audited", "responsible.healthcare.schema.cases"),
    "findings": ("comparisons of each colour", "responsible.healthcare.rag_status.colour"),
    "primary_difference": (
        "approval of urgent cases that deserve it, u − p (of all that deserve it, or of all, where roles are lacking)",
        "responsible.healthcare.approval_rates.approval_rates",
    ),
    "statistical_parity_difference": (
        "approval rate u − approval rate p",
        "responsible.healthcare.approval_rates.approval_rates",
    ),
    "mean_wait_difference": ("mean wait u − mean wait p", "responsible.healthcare.waiting_times.waiting_times"),
    "like_cases.pairs": ("pairs with similarity above the threshold", "responsible.fairness.individual.like_pairs"),
    "like_cases.violation_rate": (
        "similar pairs with different decisions / similar pairs",
        "responsible.fairness.individual.like_pairs",
    ),
    "like_cases.consistency": ("1 − mean |y − mean y of the k nearest|", "responsible.fairness.individual.consistency"),
    "overrides": ("decisions, and those that a person overruled", "responsible.healthcare.approval_rates.every_rate"),
    "subgroups": ("conjunctions that the second half confirms", "responsible.fairness.subgroups.search"),
    "intersections_approved_less": (
        "combinations shown to be approved less",
        "responsible.healthcare.intersections.table",
    ),
}


def context(found: Audited, playbook: Playbook, headline: Mapping[str, Any], now: Circumstances) -> dict[str, Any]:
    """Everything the templates of the playbook's generated parts show besides the report's context.

    ``now`` tells whether the story of the sample, and the grades of its sources, hold for the table.
    """
    graded = {name: own for name, own in playbook.sources.items() if not _ungraded(own, now)}
    return {
        "sample": now.of_sample(LINE),
        "matrix": matrix(graded),
        "ungraded": len(playbook.sources) - len(graded),
        "metrics": metrics(headline),
        "success": success(found),
        "lowest": LOWEST,
        "highest": HIGHEST,
        "most_urgent": HIGHEST**3,
        "from_here": ACT,
        "plan": PLAN,
        "small": SMALL,
        "replayed": [{"row": row, "moves": row.change_low > 0 or row.change_high < 0} for row in records(found.replay)],
    }


def _ungraded(source: Source, now: Circumstances) -> str:
    return why_open(now, source.sign, LINE, confirmed=source.confirmed_by is not None)


def matrix(sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """The bias sources, the most urgent first."""
    rows = [
        {"name": words(name), "source": source, "priority": source.priority, "act": source.priority >= ACT}
        for name, source in sources.items()
    ]
    return sorted(rows, key=lambda row: (-row["priority"], row["name"]))


def metrics(headline: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each figure of the metrics file with its key, what it is and what computes it."""
    rows = []
    for key, value in _leaves(files.rounded(headline)):
        what, function = next(METRICS[name] for name in METRICS if key == name or key.startswith(name + "."))
        rows.append({"key": f"healthcare_audit.{key}", "value": value, "what": what, "function": function})
    return rows


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in sorted(tree.keys() - {"undefined"}):
        if isinstance(tree[name], Mapping):
            yield from _leaves(tree[name], f"{prefix}{name}.")
        else:
            yield prefix + name, tree[name]


def _within(now: Any, target: Any) -> bool:
    """Whether the whole interval lies within the limits; an undefined one does not."""
    minimum, maximum = (None if pd.isna(end) else float(end) for end in (target.minimum, target.maximum))
    return Limits(minimum=minimum, maximum=maximum).judge(now.low, now.high) == "pass"


def success(found: Audited) -> list[dict[str, Any]]:
    """For each judged comparison of all cases: baseline (earlier months), target (limits) and now (last months)."""
    table = found.held_out
    if table.empty:
        return []
    judged = [t for t in (found.approvals, found.waits) if len(t)]
    limits: dict[Any, Any] = {
        (r.attribute, r.comparison, r.measure): r for t in judged for r in records(t) if r.scope == "all"
    }
    of_all = table[table["scope"] == "all"]
    out = []
    for key, own in of_all.groupby(["attribute", "comparison", "measure"], sort=False):
        part = {row.part: row for row in records(own)}
        names = ("earlier", "last", "last minus earlier")
        now, target = part.get("last"), limits[key]
        out.append(
            {
                "limits": target,
                "met": bool(now) and _within(now, target),
                "key": key,
                **dict(zip(("baseline", "now", "change"), map(part.get, names), strict=True)),
            }
        )
    return out
