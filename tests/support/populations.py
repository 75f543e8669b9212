"""Counted populations whose answers are known: two groups, two labels, and features that tell more or less of both."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from responsible.alternatives.material import Material
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.searching import Search
from responsible.mitigation.reweighing import Reweigh
from responsible.modelling.parameters import Logistic
from responsible.statistics.intervals import Inference
from responsible.tabular.schema import Sensitive

LOGISTIC = Logistic(
    C=1.0,
    scale=True,
    numeric_missing="indicator",
    categorical_missing="level",
    solver="auto",
    decision_threshold=0.5,
)
SURE = Inference(confidence=0.95, replicates=500, minimum_denominator=5)
SEARCHED = Alternatives(
    attribute="group",
    measure="statistical_parity_difference",
    within=0.02,
    least=0.02,
    strengths=[0.5, 1.0],
    proxies=0.7,
    constraints=["demographic_parity"],
    tolerances=[0.0, 0.1],
    estimators=["logistic"],
)


def material(rows: pd.DataFrame) -> Material:
    """Rows with ``group`` a or b (privileged), 0/1 ``label``, ``split`` and features, as counted cells."""
    features = [name for name in rows if name not in ("group", "label", "split")]
    keys = ["split", "label", *features, "group"]
    cells = rows.groupby(keys, observed=True).size().rename("n").reset_index()
    label = cells["label"].to_numpy()
    cells = cells.drop(columns="label").rename(columns={name: f"x.{name}" for name in features} | {"group": "a.group"})
    kinds = {name: "numeric" if pd.api.types.is_numeric_dtype(rows[name]) else "categorical" for name in features}
    sensitive = {"group": Sensitive(column="group", privileged=["b"])}
    reweigh = Reweigh(attributes=["group"], groups="privileged", empty_cells="refuse")
    return Material(cells, label, kinds, sensitive, LOGISTIC, reweigh)


def people(rng: np.random.Generator, n: int, *, planted: float) -> pd.DataFrame:
    """``n`` rows in which ``merit``, in steps of a quarter, decides the label, with noise.

    Planted above 0: group b has label 1 a little more often at equal merit, and ``badge`` tells the group. A model that
    uses the badge selects group b far more often and is hardly more accurate, so leaving the badge out is an
    alternative. At 0 merit and label are distributed alike in both groups and nothing tells the group: no candidate can
    select them more alike.
    """
    group, merit = rng.integers(0, 2, n), (rng.normal(size=n) * 4).round() / 4
    split = np.array(["train", "valid", "test"])[rng.choice(3, n, p=[0.4, 0.3, 0.3])]
    label = (rng.random(n) < chance(merit, group, planted)).astype(int)
    badge = group if planted else rng.integers(0, 2, n)
    frame = {"group": np.array(["a", "b"])[group], "label": label, "split": split}
    return pd.DataFrame(frame | {"merit": merit, "badge": badge.astype(float)})


def chance(merit: np.ndarray, group: np.ndarray, planted: float) -> np.ndarray:
    """P(label = 1) of a person."""
    return np.asarray(ndtr((merit + planted * (group - 0.5)) / 0.6))


def weights(own: Search, planted: float) -> np.ndarray:
    """The share of people of the kind of each cell, whatever its split: (m,)."""
    cells, label = own.material.cells, own.material.label
    merit, group = cells["x.merit"].to_numpy(), cells["a.group"].to_numpy() == "b"
    yes = chance(merit, group, planted)
    return (ndtr(merit + 0.125) - ndtr(merit - 0.125)) * np.where(label == 1, yes, 1 - yes)


def truth(own: Search, planted: float) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and absolute difference of selection rates of every fitted candidate among all people: (candidates,)."""
    cells = own.material.cells.assign(label=own.material.label)
    at = ~cells.duplicated(["x.merit", "x.badge", "a.group", "label"]).to_numpy()
    weight, said, label = weights(own, planted)[at], own.said[at], own.material.label[at]
    group = cells["a.group"].to_numpy()[at]
    right = weight @ np.where(label[:, None] == 1, said, 1 - said) / weight.sum()
    a, b = ((weight * (group == who)) @ said / weight[group == who].sum() for who in "ab")
    return right, np.abs(a - b)
