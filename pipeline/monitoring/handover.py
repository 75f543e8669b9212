"""What a stage of a line of work hands on to `monitor`, beside its own figures: written there, and read here again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from responsible.monitoring.alarms import Finding, Watched, answered
from responsible.monitoring.spending import Spending


def handed_on(found: Watched, digest: str) -> dict[str, Any]:
    """Periods, findings and spending as JSON has them, and the ``digest`` of the batches."""
    return {
        "periods": list(found.periods),
        "findings": [asdict(finding) for finding in found.findings],
        "spending": asdict(found.spending),
        "batches": digest,
    }


def received(own: Mapping[str, Any], line: str, rows: pd.DataFrame) -> dict[str, Any]:
    """The fields of a :class:`Watched`, and the ``digest``; ``rows`` are its questions without the findings."""
    findings = tuple(Finding(**each) for each in own["findings"])
    return {
        "line": line,
        "periods": tuple(own["periods"]),
        "asked": answered(rows, findings),
        "findings": findings,
        "spending": Spending(**own["spending"]),
        "digest": own["batches"],
    }
