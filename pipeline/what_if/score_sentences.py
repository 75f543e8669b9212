"""What of an answer no threshold moves, in words: measures of scores, and how good the scores of each group are."""

from __future__ import annotations

import math

import pandas as pd

from pipeline.reporting import formatting
from pipeline.what_if.sentences import Rows, Spoken
from responsible.fairness.measures import SCORE_MEASURES

OFF = "A score bin is off when its mean score lies outside the interval of the share for whom yes is right."


def unmoved(said: Spoken) -> str:
    """Which measures no threshold moves; empty where there is none."""
    names = [str(name) for name in dict.fromkeys(said.found.measures["measure"]) if name in SCORE_MEASURES]
    called = " and ".join(map(said.words.name, names))
    verb = "compares" if len(names) == 1 else "compare"
    return f"No threshold moves {called}, which {verb} scores and not decisions." if names else ""


def quality(said: Spoken, table: pd.DataFrame) -> Rows:
    """A row of texts for each group of :func:`responsible.what_if.quality`."""
    return [
        {
            "Group": said.level(str(row["group"])),
            "Number": formatting.number(int(row["n"])),
            said.words.name("roc_auc"): _or_undefined(float(row["roc_auc"])),
            "Mean score": _or_undefined(float(row["score"])),
            "Yes is right": _or_undefined(float(row["observed"])),
            "Score bins off": f"{row['bins_off']} of {row['bins']}",
        }
        for row in table.to_dict("records")
    ]


def _or_undefined(value: float) -> str:
    return "undefined" if math.isnan(value) else formatting.number(value)
