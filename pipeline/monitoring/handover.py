"""What the stage of a line of work hands on to `monitor`, beside its own figures: written there, read here again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.storage.text import csv_text
from responsible.monitoring.alarms import Finding, Watched, answered
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.spending import Spending


def handed_on(found: Watched, of: Mapping[str, str], **others: Any) -> dict[str, Any]:
    """Under the line's name periods, findings and questions as JSON has them, and ``of`` which inputs, as digests."""
    findings = [asdict(finding) for finding in found.findings]
    own = {"periods": list(found.periods), "findings": findings, "questions": found.spending.questions}
    return {found.line: own | {"of": dict(of)} | others}


def received(own: Mapping[str, Any], line: str, rows: pd.DataFrame, monitor: Monitor) -> dict[str, Any]:
    """The fields of a :class:`Watched`, and ``of`` which inputs; ``rows`` are its questions without the findings."""
    findings = tuple(Finding(**each) for each in own["findings"])
    return {
        "line": line,
        "periods": tuple(own["periods"]),
        "asked": answered(rows, findings),
        "findings": findings,
        "spending": Spending(monitor.share, monitor.horizon, own["questions"]),
        "of": own["of"],
    }


def table(path: str, texts: Sequence[str], needed: Sequence[str] = ()) -> pd.DataFrame:
    """A table by period, whose ``texts`` are texts also where all of them are numbers or empty.

    InputError where the file is another one, which lacks ``needed`` columns or texts.
    """
    names = (*texts, "period")
    text = csv_text(path, (*names, *needed))
    found = pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=[""])
    return found.fillna(dict.fromkeys(names, "")).astype({"alarm": bool} if "alarm" in found else {})


def digests(files: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each input file by what it is: by them a document knows that it speaks of an earlier result."""
    return {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in files.items()}
