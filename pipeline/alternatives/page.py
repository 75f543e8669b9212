"""The rows that docs/alternatives.md shows; its prose is docs/templates/alternatives.md.j2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.alternatives.sentences import Speaker
from pipeline.reporting.tables import records
from responsible.alternatives.attainable import NO_BOUND, WORDS
from responsible.alternatives.searching import QUALITY, REPLICATES, Found

BEYOND = ("infeasible", "unattainable")


def context(found: Found, said: Mapping[str, str], speaker: Speaker, floor: float) -> dict[str, Any]:
    """Everything the template shows."""
    table, main = found.table, speaker.given.attribute
    own = table[table["attribute"] == main].sort_values(
        ["eligible", "performance"], ascending=[False, bool(speaker.costs)]
    )
    frontier = own[own["frontier"]]
    rest = own[~own["frontier"] & own["eligible"]]
    bounds = own[own["looks_at_attribute"]]
    stated = found.statements.assign(said=found.statements["statement"].map(WORDS))
    stated = stated.rename(columns={"low": "bound_low", "high": "bound_high"})
    return {
        "answer": said["in_use"],
        "answer_to_best": said["best"],
        "answers": found.answers,
        "speaker": speaker,
        "given": speaker.given,
        "searched": int(own["eligible"].sum()),
        "bounds_only": len(own) - int(own["eligible"].sum()),
        "frontier": records(frontier),
        "others": records(rest),
        "by_group": records(bounds),
        "dominated": int((rest["dominated_by"] != "").sum()),
        "randomised": _randomised(found),
        "elsewhere": records(_elsewhere(found, main)),
        "beaten": own.set_index("candidate")["dominated_by"][found.answers["in_use"].instead],
        "statements": records(stated),
        "beyond": {WORDS[str(name)]: _limits(part) for name, part in stated.groupby("statement") if name in BEYOND},
        "no_bound": NO_BOUND,
        "floor": floor,
        "replicates": REPLICATES,
        "confidence": speaker.confidence,
        "quality": QUALITY,
    }


def _limits(stated: Any) -> list[Any]:
    """Limits with the scorers that they are stated of; none where the statement is of any classifier."""
    of_any = (stated["statement"] == "infeasible").all()
    each = stated.drop_duplicates(["attribute", "measure"]) if of_any else stated
    return records(each.assign(scorer="") if of_any else each)


def _randomised(found: Found) -> list[str]:
    """The alternatives that decide on some people at random."""
    those = set(found.table.loc[found.table["randomised"], "candidate"])
    return [own.alternative for own in found.answers.values() if own.alternative in those]


def _elsewhere(found: Found, main: str) -> Any:
    """What the alternatives do by the other attributes."""
    named = [own.alternative for own in found.answers.values() if own.alternative]
    table = found.table[found.table["candidate"].isin(named) & (found.table["attribute"] != main)]
    return table.drop_duplicates(["candidate", "attribute"])
