"""What of the analyses may be published where no figure may be about few people (:mod:`responsible.tabular.levels`).

Each published table hangs on one that the audit publishes, so that all of them stay a tree. Cuts of a score hang on the
label and the model's answer: only cuts that leave enough people between any two, and between each and the answers, are
told apart. Levels are merged as the audit merges them. Curves by group, scoring rates, and groups by features (similar
people, failures) would close a circle, and are not published.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.analyses.decision_threshold import ALL, GRID
from responsible.measures.scores import Scored
from responsible.modelling.disclosure import Published, withheld
from responsible.tabular.levels import Disclosure

Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def coarse(
    found: Scored, model: str, current: float, disclosure: Disclosure, answered: Ints | None = None
) -> tuple[Scored, Bits]:
    """The score of ``model`` moved to the nearest published cut below, and which cuts of the grid are published.

    From the ``current`` cut outwards, a cut is published if the people since the last one, and those beyond it, are of
    either label none or enough. None is if those at the current cut are too few, or if they differ from those who are
    ``answered`` yes (2,), by label, by too few: scores are rounded, and answers are not.
    """
    score, cuts = np.round(found.scores[model], 9), np.unique(np.append(GRID, current))
    place = np.searchsorted(cuts, score, side="right")
    table = np.zeros((len(cuts) + 1, 2), dtype=np.int64)
    np.add.at(table, (place, found.label), found.counts)
    below, total, kept = np.cumsum(table, axis=0)[:-1], table.sum(axis=0), np.zeros(len(cuts), dtype=bool)
    here = int(np.searchsorted(cuts, current))
    above = total - below[here]
    if disclosure.safe([below[here], above, np.abs(above - (above if answered is None else answered))]):
        kept[here] = True
        for step, end in ((1, total), (-1, np.zeros(2, dtype=np.int64))):
            last, at = below[here], here + step
            while 0 <= at < len(cuts):
                if disclosure.safe([below[at] - last, end - below[at]] if step > 0 else [last - below[at], below[at]]):
                    kept[at], last = True, below[at]
                at += step
    edges = np.append(0.0, cuts[kept])
    moved = edges[np.searchsorted(edges[1:], score, side="right")]
    return replace(found, scores=dict(found.scores) | {model: moved}), kept[np.isin(cuts, GRID)]


def told(
    found: Scored, model: str, cuts: tuple[float, float], disclosure: Disclosure, answered: Ints | None = None
) -> bool:
    """Whether the answers at two cuts may be published beside each other, by label; ``answered`` as in :func:`coarse`
    of the first.
    """
    score = np.round(found.scores[model], 9)
    kind = 4 * found.label + 2 * (score >= cuts[0]) + (score >= cuts[1])
    table = np.bincount(kind, weights=found.counts, minlength=8).reshape(2, 2, 2)
    apart = 0 if answered is None else np.abs(table[:, 1].sum(axis=1) - answered)
    return disclosure.safe(table) and disclosure.safe(apart)


def curves(table: pd.DataFrame, kept: Bits, disclosure: Disclosure) -> pd.DataFrame:
    """Curves of one model without unpublished cuts and without measures by group."""
    cut = pd.Series(kept, index=GRID).reindex(table["threshold"]).to_numpy(dtype=bool)
    free = (table["attribute"] == "") & (cut | (table["figure"] == ALL))
    return withheld(table, ~free.to_numpy(), disclosure.reason).assign(threshold=table["threshold"])


def calibration(table: pd.DataFrame, shown: Published, disclosure: Disclosure) -> pd.DataFrame:
    """Calibration of merged groups, of the models that the audit shows by that attribute."""
    pairs = zip(table["attribute"], table["model"], strict=True)
    return withheld(table, np.array([bool(a) and m not in shown.models[a] for a, m in pairs]), disclosure.reason)


def ratios(table: pd.DataFrame, shown: Published, disclosure: Disclosure) -> pd.DataFrame:
    """Selection rates of merged levels, of the models that the audit shows by that attribute; crossed if it does."""
    free = [
        rate == "selection_rate" and (model in shown.models[whose] if whose in shown.models else shown.crossings)
        for whose, model, rate in zip(table["attributes"], table["model"], table["rate"], strict=True)
    ]
    out = withheld(table, ~np.array(free), disclosure.reason)
    return out.assign(reference=out["reference"].where(np.array(free), ""))
