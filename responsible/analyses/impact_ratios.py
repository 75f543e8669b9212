"""Impact ratios as New York City's Local Law 144 has them (6 RCNY § 5-301, final rule of April 2023).

The selection rate of a category is the share of its people who are selected, its scoring rate the share with a score
above the median of all people. The impact ratio is the rate over that of the category with the highest one. Categories
are the levels of each attribute, and of every two crossed. One with less than 2 % of the people may be left out, and
then never is the reference; who is of no known category is counted apart. Not legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.analyses.scored_tables import coded, scored
from responsible.fairness.groups import Groups
from responsible.fairness.intersections import crossed
from responsible.statistics.intervals import wilson
from responsible.statistics.rates import divide
from responsible.validation import MISSING

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST = 0.02
"""The share of all people below which a category may be left out."""
SMALL, UNKNOWN, NOBODY = "under_2_percent", "unknown_category", "group_absent"
RATES = {"selection_rate": "selected", "scoring_rate": "above_median"}
COLUMNS = ["model", "attributes", "category", "rate", "people", "share", "count", "value", "low", "high"]
COLUMNS += ["impact_ratio", "reference", "reason"]


def median(score: Array, counts: Ints) -> float:
    """The median score of rows, each cell standing for ``counts`` of them; of an even number, the middle two's mean."""
    order = np.argsort(score, kind="stable")
    total, below = int(counts.sum()), np.cumsum(counts[order])
    middle = [score[order][np.searchsorted(below, rank, side="right")] for rank in ((total - 1) // 2, total // 2)]
    return float(np.mean(middle))


def of_models(
    test: pd.DataFrame,
    scores: Sequence[pd.DataFrame],
    who: Sequence[Groups],
    decisions: Mapping[str, npt.NDArray[np.bool_]],
    confidence: float,
) -> pd.DataFrame:
    """Selection rates of all models by their ``decisions`` on the ``test`` cells, scoring rates by the cells that have
    their ``scores``.
    """
    codes, n = coded(test, who), test["n"].to_numpy()
    found = [impact_ratios(m, codes, yes, None, counts=n, confidence=confidence) for m, yes in decisions.items()]
    for own in scores:
        codes, n = coded(own, who), own["n"].to_numpy()
        for model, score in scored(own).scores.items():
            both = impact_ratios(model, codes, score > 1, score, counts=n, confidence=confidence)
            found.append(both[both["rate"] == "scoring_rate"])
    return pd.concat(found, ignore_index=True)


def impact_ratios(
    model: str,
    attributes: Sequence[tuple[Groups, Ints]],
    selected: npt.NDArray[np.bool_],
    score: Array | None,
    *,
    counts: Ints,
    confidence: float,
) -> pd.DataFrame:
    """Every category's selection rate, and scoring rate if there is a ``score``, with Wilson's interval and its ratio.

    ``attributes`` are groups with the code (m,) of each cell; excluded levels (−1) and ``Missing`` are of no known
    category. Columns: :data:`COLUMNS`; ``reference`` is the category that the ratio is to.
    """
    events = {"selection_rate": selected}
    if score is not None:
        events["scoring_rate"] = score > median(score, counts)
    frames = []
    for who, code in _categories(attributes):
        known = np.array([MISSING not in level.split(" & ") for level in who.levels])
        place = np.where((code >= 0) & known[code], code, len(who.levels))
        people = np.bincount(place, weights=counts, minlength=len(who.levels) + 1)
        for rate, event in events.items():
            k = np.bincount(place, weights=counts * event, minlength=len(who.levels) + 1)
            frames.append(_rows(who, known, people, k, confidence).assign(model=model, rate=rate))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _categories(attributes: Sequence[tuple[Groups, Ints]]) -> list[tuple[Groups, Ints]]:
    pairs = [
        (crossed(a, b), np.where((one < 0) | (two < 0), -1, one * len(b.levels) + two))
        for (a, one), (b, two) in combinations(attributes, 2)
    ]
    return [*attributes, *pairs]


def _rows(
    who: Groups, known: npt.NDArray[np.bool_], people: npt.NDArray[Any], k: npt.NDArray[Any], confidence: float
) -> pd.DataFrame:
    names, total = [*who.levels, UNKNOWN], people.sum()
    named, rates, ends = np.append(known, False), divide(k, people), wilson(k, people, confidence)
    reason = np.where(~named, UNKNOWN, np.where(people == 0, NOBODY, np.where(people < LEAST * total, SMALL, "")))
    included = reason == ""
    best = int(np.argmax(np.where(included, rates, -1))) if included.any() else -1
    ratio = divide(rates, rates[best]) if best >= 0 else np.full(len(rates), np.nan)
    out = pd.DataFrame({"category": names, "people": people.astype(np.int64), "share": people / total})
    out = out.assign(attributes=who.attribute, count=k.astype(np.int64), value=rates, low=ends.low, high=ends.high)
    out = out.assign(impact_ratio=np.where(included, ratio, np.nan), reference=names[best] if best >= 0 else "")
    shown = np.append(known, True)  # a category with an unknown part has no line of its own
    return out.assign(reason=reason)[shown]
