"""Reasons by group: which features drive the score of a linear model, and which carry the difference between groups.

All figures are means of contributions to the log odds (:mod:`responsible.modelling.log_odds`), each person
counting once. They describe the model on these rows, exactly and without interval: hints where to look, not causes. A
feature that stands for another one carries its difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from responsible.analyses.flips import answers
from responsible.fairness.comparisons import headlines
from responsible.fairness.groups import Groups
from responsible.modelling.encoding import design
from responsible.modelling.log_odds import OF_TREES, contributions, is_linear, reference

DRIVES, CARRIES, SEPARATES = "drives", "carries", "separates"
ALL = "all features"  # in place of a feature's name: their sum
COLUMNS = ["model", "figure", "attribute", "comparison", "feature", "value", "reason"]
Bits = npt.NDArray[np.bool_]


def reasons_by_group(
    cells: pd.DataFrame, moved: pd.DataFrame, selected: Bits, attributes: Sequence[Groups]
) -> pd.DataFrame:
    """Of cells with ``n``, the contributions ``moved`` (m, features) of each, and who is ``selected`` (m,).

    Columns: :data:`COLUMNS` but the model. ``figure`` is

    ``drives``
        Σ n |c_f| / Σ n: by how much the feature moves the log odds of a person on average, either way;
    ``carries``
        mean c_f of the compared levels minus that of the privileged ones, or of everybody else. The features' values
        sum to that of :data:`ALL`, the difference in mean log odds;
    ``separates``
        mean c_f of the selected minus that of the refused, within a level; ALL is their sum.

    The features of each come with the largest value first. Undefined, with a reason, where a mean is of nobody.
    """
    n = cells["n"].to_numpy()
    drives = np.average(np.abs(moved), axis=0, weights=n)
    out = [_rows(moved, (DRIVES, "", ""), drives).iloc[:-1]]
    for who in attributes:
        code = who.codes(cells)
        for versus in headlines(who):
            side = versus.sides(code)
            out.append(_difference(moved, n, (side == 0, side == 1), (CARRIES, who.attribute, versus.name)))
        for place, level in enumerate(who.levels):
            own = code == place
            sides = own & selected, own & ~selected
            out.append(_difference(moved, n, sides, (SEPARATES, who.attribute, level)))
    return pd.concat(out, ignore_index=True)


def of_models(
    cells: pd.DataFrame, attributes: Sequence[Groups], models: Mapping[str, Pipeline], cut: float
) -> pd.DataFrame:
    """:func:`reasons_by_group` of linear models on the test cells, against the mean of the training rows; one row, with
    a reason, of a model that is not linear.
    """
    out, test = [], (cells["split"] == "test").to_numpy()
    parts, n = design(cells), np.where(cells["split"] == "train", cells["n"], 0)
    for name, model in models.items():
        if not is_linear(model):
            row = {"figure": DRIVES, "feature": ALL, "value": np.nan, "reason": OF_TREES}
            out.append(pd.DataFrame([row]).assign(model=name, attribute="", comparison=""))
            continue
        moved = contributions(model, parts.x, reference(model, parts.x, parts.total(n))).table
        selected = answers(model, cut, parts.x)[parts.row][test]
        own = moved.iloc[parts.row[test]].reset_index(drop=True)
        out.append(reasons_by_group(cells[test], own, selected, attributes).assign(model=name))
    return pd.concat(out, ignore_index=True)[COLUMNS]


def _difference(
    moved: pd.DataFrame, n: npt.NDArray[Any], sides: tuple[Bits, Bits], place: tuple[str, str, str]
) -> pd.DataFrame:
    """Mean contributions of the first side minus those of the second."""
    reason = next(_empty(n, sides, place[0]), "")
    if reason:
        return _rows(moved, place, np.full(moved.shape[1], np.nan), reason)
    u, p = (np.average(moved[side], axis=0, weights=n[side]) for side in sides)
    return _rows(moved, place, u - p)


def _empty(n: npt.NDArray[Any], sides: tuple[Bits, Bits], figure: str) -> Iterator[str]:
    codes = ("no_predicted_positives", "no_predicted_negatives") if figure == SEPARATES else ("group_absent",) * 2
    yield from (code for side, code in zip(sides, codes, strict=True) if not n[side].sum())


def _rows(
    moved: pd.DataFrame, place: tuple[str, str, str], values: npt.NDArray[np.float64], reason: str = ""
) -> pd.DataFrame:
    whole = dict(zip(("figure", "attribute", "comparison"), place, strict=True))
    most = np.argsort(-np.abs(values), kind="stable")
    names, found = [*moved.columns[most], ALL], [*values[most], values.sum()]
    return pd.DataFrame({**whole, "feature": names, "value": found, "reason": reason})
