"""Which figures of a sweep may be published: two thresholds tell how many people lie between them.

The label cut at several thresholds is one column, the bin of the target. A threshold is published when the people
between it and *every* cut of the cells, among them the threshold that all other results use, are none or enough; then
so are those between any two published ones. Each model's answers at a threshold hang on the label at that threshold
alone, which keeps the published tables a tree (:mod:`responsible.tabular.levels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.measures import MEASURES
from responsible.mitigation.swept import Swept
from responsible.mitigation.threshold_choice import ThresholdChoice
from responsible.names import BASELINE, DATA, mitigated
from responsible.tabular.levels import Disclosure, blanked

Flags = npt.NDArray[np.bool_]
Shown = Mapping[tuple[str, bool], Flags]
"""(Model or ``data``, whether by group) → which thresholds may be published (thresholds,)."""
VALUES = ["value", "low", "high"]


def publishable(swept: Swept, bins: npt.ArrayLike, disclosure: Disclosure, split: str) -> Shown:
    """What may be published of the rows of a split.

    ``bins`` (m,) are the bins of the cells, one more than there are cuts.
    """
    joint, here = swept.joint(split), swept.split == split
    of_bin = np.zeros((3, int(np.max(np.asarray(bins), initial=0)) + 1), dtype=np.int64)
    np.add.at(of_bin, (swept.group[here], np.asarray(bins)[here]), swept.counts[here])
    above = np.cumsum(of_bin[:, ::-1], axis=1)[:, ::-1]  # people at or above each cut, and first all of them
    everybody = above.sum(axis=0, keepdims=True)
    label = joint.sum(axis=(-2, -1))[..., 1]  # (thresholds, group)
    out: dict[tuple[str, bool], Flags] = {
        (DATA, False): _apart(label.sum(axis=1, keepdims=True), everybody, disclosure),
        (DATA, True): _apart(label, above, disclosure),
    }
    for model, view in zip(swept.models, (joint.sum(-1), joint.sum(-2)), strict=True):
        whole = np.array([disclosure.safe(table.sum(axis=0)) for table in view]) & out[DATA, False]
        out[model, False] = whole
        out[model, True] = whole & out[DATA, True] & [disclosure.safe(table) for table in view]
    return out


def _apart(label: npt.NDArray[np.int64], above: npt.NDArray[np.int64], disclosure: Disclosure) -> Flags:
    """Which rows of ``label`` (thresholds, groups) are safely apart from every column of ``above`` (groups, cuts)."""
    between = np.abs(label[:, :, None] - above[None])
    return np.array([disclosure.safe(rows) and disclosure.safe(own) for rows, own in zip(between, label, strict=True)])


def published_figures(figures: pd.DataFrame, shown: Shown, attributes: int, reason: str) -> pd.DataFrame:
    """The table of a sweep without the values that may not be published.

    Where several ``attributes`` are audited, the baseline has no measures by group: its answers would close a circle
    with those of the attributes.
    """
    out = figures
    for (model, by_group), flags in shown.items():
        closes_circle = model == BASELINE and by_group and attributes > 1
        known = dict(zip(sorted(set(figures["threshold"])), flags & (not closes_circle), strict=True))
        own = (figures["model"] == model) & (figures["figure"].isin(list(MEASURES)) == by_group)
        out = blanked(out, own & ~figures["threshold"].map(known), VALUES, reason)
    return out


def published_choice(choice: ThresholdChoice, shown: Shown, reason: str) -> ThresholdChoice:
    """The choice; not feasible and without its figures on the rows it was made on if these may not be published."""
    if shown[mitigated(model for model, _ in shown), True][choice.index]:
        return choice
    constraints = blanked(choice.constraints, np.ones(len(choice.constraints)), VALUES)
    constraints = constraints.assign(verdict="insufficient_evidence", reason=reason)
    return replace(choice, constraints=constraints, distance=float("nan"), feasible=False)
