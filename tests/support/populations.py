"""Counted populations whose answers are known: two groups, two labels, and features that tell more or less of both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from responsible.alternatives.material import Material
from responsible.alternatives.parameters import Alternatives
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
    constraints=["demographic_parity", "equal_opportunity"],
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


def people(rng: np.random.Generator, n: int, *, planted: bool) -> pd.DataFrame:
    """``n`` rows in which ``merit`` decides the label, with noise.

    Planted: group b has label 1 a little more often at equal merit, and ``badge`` tells the group. A model that uses
    the badge selects group b far more often and is hardly more accurate, so leaving the badge out is an alternative.
    Otherwise merit and label are distributed alike in both groups and nothing tells the group: no candidate can select
    them more alike.
    """
    group, merit = rng.integers(0, 2, n), rng.normal(size=n).round(1)
    split = np.array(["train", "valid", "test"])[rng.choice(3, n, p=[0.4, 0.3, 0.3])]
    label = (merit + 0.35 * planted * (2 * group - 1) / 2 + 0.6 * rng.normal(size=n) > 0).astype(int)
    badge = group if planted else rng.integers(0, 2, n)
    frame = {"group": np.array(["a", "b"])[group], "label": label, "split": split}
    return pd.DataFrame(frame | {"merit": merit, "badge": badge.astype(float)})
