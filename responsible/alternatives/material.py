"""What every candidate is made of: counted cells, labels, sides of each attribute, and what learns from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.alternatives.parameters import Estimator
from responsible.fairness.groups import Groups, declared_groups
from responsible.mitigation.reweighing import Reweigh
from responsible.modelling import newton
from responsible.modelling.encoding import Design, design
from responsible.modelling.parameters import Logistic
from responsible.names import FEATURE
from responsible.tabular.schema import SPLITS, Sensitive
from responsible.validation import InputError

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UNPRIVILEGED, PRIVILEGED, OUTSIDE = 0, 1, 2
MOST_LEVELS = 255  # values of a column that trees tell apart; binning of more would depend on the counts


@dataclass(frozen=True, eq=False)
class Material:
    """Counted ``cells`` with 0/1 ``label`` (m,), feature → kind, and the groups of every attribute with privileged
    levels.
    """

    cells: pd.DataFrame
    label: Ints
    kinds: Mapping[str, str]
    sensitive: Mapping[str, Sensitive]
    model: Logistic
    reweigh: Reweigh

    @cached_property
    def groups(self) -> dict[str, Groups]:
        """The attributes with privileged levels, in their order."""
        return {who.attribute: who for who in declared_groups(self.cells, self.sensitive) if who.reference}

    @cached_property
    def sides(self) -> dict[str, Ints]:
        """Attribute → :data:`UNPRIVILEGED`, :data:`PRIVILEGED` or, of an excluded level, :data:`OUTSIDE`: (m,)."""
        codes = {name: who.codes(self.cells) for name, who in self.groups.items()}
        return {
            name: np.where(code < 0, OUTSIDE, self.groups[name].privileged[code].astype(np.int64))
            for name, code in codes.items()
        }

    def rows(self, split: str) -> Ints:
        """The rows of each cell that are of a split: (m,)."""
        return np.where(self.cells["split"] == split, self.cells["n"], 0).astype(np.int64)

    def require(self, attribute: str) -> Ints:
        """The sides of an attribute; both sides have rows of both labels in every split.

        Raises:
            InputError: it has no privileged level, or a split or a group lacks a label.
        """
        if attribute not in self.sides:
            raise InputError(f"alternatives.attribute: sensitive.{attribute} needs privileged levels; declare them")
        side = self.sides[attribute]
        for split in SPLITS:
            table = np.zeros((3, 2))
            np.add.at(table, (side, self.label), self.rows(split))
            if not (rows := table.sum(axis=0)).any():
                raise InputError(
                    f"alternatives: the table has no {split} row; candidates are fitted on train rows, chosen on valid"
                    f" and reported on test rows: raise prepare.split.{split}, or name some {split} in the split column"
                )
            if not rows.all():
                raise InputError(f"alternatives: no {split} row has label {rows.argmin()}; choose another threshold")
            for who, name in ((UNPRIVILEGED, "unprivileged"), (PRIVILEGED, "privileged")):
                for label in (0, 1):
                    if not table[who, label]:
                        raise InputError(
                            f"alternatives: {attribute}: no {name} {split} row has label {label}; choose another"
                            " threshold or attribute"
                        )
        return side

    def without(self, features: Collection[str]) -> Material:
        """The same without some features.

        Raises:
            InputError: none would be left.
        """
        kept = {name: kind for name, kind in self.kinds.items() if name not in features}
        if not kept:
            raise InputError(f"alternatives: dropping {', '.join(sorted(features))} leaves no feature; keep one")
        return replace(self, cells=self.cells.drop(columns=[FEATURE + name for name in features]), kinds=kept)

    def learner(self, estimator: Estimator) -> Learner:
        """What learns from these features."""
        parts = design(self.cells)
        kinds = {FEATURE + name: kind for name, kind in self.kinds.items()}
        rows = parts.total(self.rows("train"))
        if estimator == "logistic":
            return Learner(parts, newton.encoded(parts.x, rows, kinds, self.model), (), self.model)
        return Learner(parts, *_coded(parts.x, kinds), self.model)


def _coded(x: pd.DataFrame, kinds: Mapping[str, str]) -> tuple[Array, tuple[bool, ...]]:
    """Levels as their place in alphabetical order, numbers as they are, NaN where missing; and which are levels."""
    columns, levels = [], tuple(kinds[name] == "categorical" for name in x.columns)
    for name, categorical in zip(x.columns, levels, strict=True):
        if categorical and x[name].nunique() > MOST_LEVELS:
            raise InputError(
                f"alternatives.estimators: trees take at most {MOST_LEVELS} levels, and {name.removeprefix(FEATURE)!r}"
                f" has {x[name].nunique()}; leave trees out, or the feature"
            )
        columns.append(np.unique(x[name], return_inverse=True)[1] if categorical else x[name].to_numpy(dtype=float))
    return np.column_stack(columns).astype(float), levels


@dataclass(frozen=True, eq=False)
class Learner:
    """A logistic regression or, where ``levels`` says which columns are levels, boosted trees, on distinct feature
    combinations ``matrix`` (u, d) of ``design``.

    Trees: 100 of at most 15 leaves, without early stopping and without a least number of rows in a leaf, because a cell
    stands for many rows. Then a fit on counts is the fit on rows where each column has at most 255 values.
    """

    design: Design
    matrix: Any
    levels: tuple[bool, ...]
    model: Logistic

    def score(self, weights: Array, label: npt.NDArray[np.generic]) -> Array:
        """Fit to cells with ``weights`` (m,) and 0/1 ``label`` (m,); P(label = 1) of every cell: (m,).

        Where only one label has weight, that is the answer for everybody.
        """
        one = label.astype(bool)
        up, down = self.design.total(weights * one), self.design.total(weights * ~one)
        if not (up.sum() > 0 and down.sum() > 0):
            return np.full(len(self.design.row), float(up.sum() > 0))
        if self.levels:
            return np.asarray(self._trees(up, down).predict_proba(self.matrix)[:, 1])[self.design.row]
        return newton.probability(self.matrix, newton.fit(self.matrix, up, down, self.model))[self.design.row]

    def _trees(self, up: Array, down: Array):  # type: ignore[no-untyped-def]
        from sklearn.ensemble import HistGradientBoostingClassifier

        above, below = np.flatnonzero(up), np.flatnonzero(down)
        trees = HistGradientBoostingClassifier(
            max_iter=100,
            max_leaf_nodes=15,
            min_samples_leaf=1,
            l2_regularization=1.0,
            early_stopping=False,
            categorical_features=list(self.levels),
            random_state=0,
        )
        matrix, label = self.matrix[np.concatenate([above, below])], np.repeat([1, 0], [len(above), len(below)])
        return trees.fit(matrix, label, sample_weight=np.concatenate([up[above], down[below]]))
