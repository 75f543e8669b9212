"""The figures of the search that lead, for policy rules and documents; and what they were computed from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from responsible.alternatives.answer import Answer
from responsible.alternatives.searching import Found

AVAILABLE = {"yes": 1, "no": 0, "cannot_be_told": None}  # whether a less discriminatory alternative was available


def headline(found: Found, said: Mapping[str, str], of: Mapping[str, str]) -> dict[str, Any]:
    """``alternatives.…``: whether there was an alternative to the model in use, both answers, and digests ``of`` files.

    ``available`` is 1, 0, or undefined where the rows do not tell.
    """
    own = found.answers["in_use"]
    available = AVAILABLE[own.outcome]
    why = {"undefined": {"available": "insufficient_evidence"}} if available is None else {}
    stated = found.statements["statement"].value_counts()
    return {
        "available": available,
        **why,
        "answer": said["in_use"],
        "answers": dict(said),
        "outcome": own.outcome,
        "searched": own.searched,
        "bounds": int(len(found.candidates) - own.searched),
        "in_use": _answer(own),
        "best": _answer(found.answers["best"]),
        "limits": {name: int(stated.get(name, 0)) for name in ("infeasible", "unattainable", "attainable")},
        "of": dict(of),
    }


def _answer(found: Answer) -> dict[str, Any]:
    out: dict[str, Any] = {
        "instead": found.instead,
        "alternative": found.alternative,
        "near": found.near,
        "open": found.open,
    }
    out |= {"frequency": found.frequency, "none": found.none}
    changes = found.compared and {
        "disparity_change": found.compared.disparity_change.value,
        "performance_change": found.compared.performance_change.value,
    }
    return out | {name: own for name, own in (changes or {}).items() if not math.isnan(own)}


def digests(files: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each input file by what it is: by them a document tells an earlier model."""
    return {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in files.items()}
