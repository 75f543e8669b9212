"""Proxies: how well the other features tell whether a row is of a privileged level, or of which level it is.

A model that never sees an attribute still sees everything that gives it away. So the attribute is predicted from the
other features, from all of them and from each alone, by the same kind of model that makes the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.modelling.newton import scores
from responsible.modelling.parameters import Logistic
from responsible.modelling.score_intervals import cluster_of, score_interval
from responsible.names import ATTRIBUTE, FEATURE
from responsible.statistics.intervals import Inference, Interval
from responsible.statistics.probability_metrics import auc_interval, roc_auc
from responsible.validation import MISSING

ALL = "all others"  # in place of a feature's name: all of them together
COLUMNS = ("attribute", "feature", "value", "low", "high", "privileged", "unprivileged", "strength", "reason", "level")
Strength = Literal["none shown", "weak", "moderate", "strong", ""]
STRENGTHS: dict[Strength, float] = {"weak": 0.5, "moderate": 0.6, "strong": 0.7}
"""The words for an AUC and where each begins, rising: Hosmer & Lemeshow (2000, ch. 5.2.4) call a discrimination of 0.7
or more acceptable, which for a proxy is strong.
"""
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Task:
    """The rows that are in the audit of one attribute, the label to be guessed of them (1 = privileged, or not of
    ``level``), the columns to guess it from by the name of the guess, and of how many ``levels`` one is told.
    """

    rows: pd.DataFrame
    label: Ints
    level: str
    levels: int
    asked: Mapping[str, list[str]]

    def counts(self, split: str) -> tuple[int, int]:
        """Privileged and unprivileged rows of a split."""
        n = np.where(self.rows["split"] == split, self.rows["n"], 0)
        return int(n @ self.label), int(n @ (1 - self.label))

    def reason(self, least: int) -> str:
        """Why there is nothing to guess, empty when there is."""
        fewest = min(*self.counts("train"), *self.counts("test"))
        return "" if fewest >= max(least, 1) else "n_below_minimum" if fewest else "group_absent"


def proxies(
    cells: pd.DataFrame,
    kinds: Mapping[str, str],
    attributes: Mapping[str, Groups],
    *,
    params: Logistic,
    inference: Inference,
) -> pd.DataFrame:
    """How well the features guess whether a row is privileged: for each attribute all others together, then each alone.

    ``cells`` are counted rows (:mod:`responsible.tabular.cells`): ``split``, ``x.`` features, ``a.`` attributes, ``n``;
    each feature has its kind in ``kinds``. ``attributes`` are the groups by the table's column that they are made of: a
    feature of that name is the attribute itself and is left out. So are rows of levels excluded from its audit.
    A weighted logistic regression (``params``) is fitted to the rows of split ``train``, and ``value`` is its AUC on
    the rows of split ``test``:

        AUC = P(score of a privileged row > score of an unprivileged row) + ½ P(the two scores are equal),

    the Mann-Whitney statistic over its number of pairs (Mann & Whitney 1947; Hanley & McNeil 1982), in [0, 1]: 0.5
    means that the features tell nothing, 1 that they give the attribute away; below 0.5 is 0.5 by bad luck, because
    the direction was learned on other rows. ``low`` and ``high`` are DeLong's interval, which holds the fitted model
    fixed. A relation that a logistic regression cannot see (high at both ends of a number) is not seen here either.

    Where no level is privileged, each is guessed against everybody else, who then count as ``privileged``; the row has
    the ``level`` that is told best, and an interval that holds for all levels at once.

    Columns: :data:`COLUMNS`; ``privileged`` and ``unprivileged`` are test rows; ``strength`` is a word for the value
    (:func:`strength`) by its interval at the Bonferroni confidence 1 − (1 − c)/k, k being the rows of this table, so
    that among many features none is called a proxy by chance. Undefined values are NaN with a ``reason``:
    ``group_absent`` when no training row or no test row is privileged, or none is unprivileged; ``n_below_minimum``
    when either has fewer than ``minimum_denominator`` of them; ``no_features`` when nothing is left to guess from,
    because a feature has no value in the training rows or there is no other.
    """
    tasks = {who.attribute: _tasks(cells, column, who) for column, who in attributes.items()}
    guesses = sum(len(task.asked) for each in tasks.values() for task in each)
    rows = []
    for attribute, each in tasks.items():
        for name, used in each[0].asked.items():
            own = {c: kinds[c[len(FEATURE) :]] for c in used}
            found = [_guessed(task, own, params, inference, guesses) | {"level": task.level} for task in each]
            best = max(range(len(found)), key=[_value(row) for row in found].__getitem__)
            rows.append({"attribute": attribute, "feature": name, **found[best]})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _value(row: Mapping[str, object]) -> float:
    return float(row.get("value", -1.0))  # type: ignore[arg-type]


def _tasks(cells: pd.DataFrame, column: str, who: Groups) -> list[_Task]:
    """One for the privileged levels, or one for each level; two levels that are compared are one guess."""
    code = who.code(cells[ATTRIBUTE + who.attribute].to_list())
    rows = cells[code >= 0].reset_index(drop=True)
    features = [c for c in map(str, cells) if c.startswith(FEATURE) and c[len(FEATURE) :].lower() != column.lower()]
    told = [c for c in features if _told(rows, c)]
    asked = {ALL: told} | {c[len(FEATURE) :]: [c] if c in told else [] for c in features}
    if who.reference:
        return [_Task(rows, who.privileged[code[code >= 0]].astype(np.int64), "", 1, asked)]
    others = [(code[code >= 0] != level).astype(np.int64) for level in range(who.compared)]
    return [_Task(rows, label, who.levels[level], who.compared, asked) for level, label in enumerate(others)]


def _told(rows: pd.DataFrame, feature: str) -> bool:
    """Whether some training row has a value of the feature."""
    values = rows.loc[rows["split"] == "train", feature]
    return bool((values.notna() & (values != MISSING)).any())


def _guessed(
    task: _Task, kinds: Mapping[str, str], params: Logistic, inference: Inference, guesses: int
) -> dict[str, object]:
    privileged, unprivileged = task.counts("test")
    place = {"privileged": privileged, "unprivileged": unprivileged}
    if reason := ("" if kinds else "no_features") or task.reason(inference.minimum_denominator):
        return place | {"strength": "", "reason": reason}
    tallies = _tallies(task, kinds, params)
    value, doubt = roc_auc(*tallies), 1 - inference.confidence
    clusters, families = cluster_of(task.rows), (task.levels, guesses)
    shown, strict = (_interval(tallies, clusters, 1 - doubt / family) for family in families)
    found = {"value": value, "low": float(shown.low), "high": float(shown.high)}
    return place | found | {"strength": strength(value, float(strict.low)), "reason": ""}


def _interval(tallies: tuple[np.ndarray, np.ndarray, np.ndarray], clusters: Ints | None, confidence: float) -> Interval:
    found = auc_interval(*tallies, confidence)
    return found if clusters is None else score_interval("roc_auc", found, tallies, clusters, confidence)


def _tallies(task: _Task, kinds: Mapping[str, str], params: Logistic) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, privileged and unprivileged test rows of each cell."""
    rows = task.rows[["split", "n", *kinds]]
    score = scores(rows, kinds, task.label, params).round(9)  # as scores are stored: equal ones are equal anywhere
    n = np.where(rows["split"] == "test", rows["n"], 0)
    return score, n * task.label, n * (1 - task.label)


def strength(value: float, low: float) -> Strength:
    """An AUC in a word: ``none shown`` while its interval reaches down to 0.5, else by :data:`STRENGTHS`; "" when
    undefined.
    """
    if np.isnan(value) or np.isnan(low):
        return ""
    words: list[Strength] = [word for word, least in STRENGTHS.items() if value >= least]
    return words[-1] if words and low > STRENGTHS["weak"] else "none shown"


def together(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values of all others together: ``{attribute: {"proxy_auc": value}}``, with its reason when undefined."""
    rows = table[table["feature"] == ALL].itertuples(index=False)
    return {
        str(row.attribute): {"proxy_auc": row.value} | ({"undefined": {"proxy_auc": row.reason}} if row.reason else {})
        for row in rows
    }
