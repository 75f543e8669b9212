"""Similar cases: pairs of requests that are alike and were decided differently, and which groups lose by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from responsible.fairness import individual as similarity
from responsible.fairness.groups import Groups
from responsible.fairness.individual import Similarity
from responsible.fairness.like_cases import Pairs, degrees, losses
from responsible.healthcare.cases import binary
from responsible.healthcare.schema import Healthcare, refuse_weights
from responsible.names import ATTRIBUTE, FACTOR
from responsible.statistics.intervals import Interval
from responsible.statistics.significance import holm


@dataclass(frozen=True, eq=False)
class Individual:
    """Like cases: exact ``pairs`` with the ``interval`` of their violation rate, ``losses`` of each level among them,
    the ``closest`` violations side by side, ``consistency``, and cases ``left_out`` because a feature is missing.
    """

    pairs: Pairs
    interval: Interval
    losses: pd.DataFrame
    closest: pd.DataFrame
    consistency: float
    left_out: int


def individual(
    cases: pd.DataFrame,
    roles: Healthcare,
    rules: Similarity,
    who: Sequence[Groups],
    *,
    confidence: float,
    rng: np.random.Generator,
) -> Individual:
    """Everything about similar cases; those that lack a weighted feature are counted and left out."""
    refuse_weights("healthcare_audit.similarity.weights", rules.weights, roles)
    unit = scaled(cases, list(rules.weights), ranges(cases, roles))
    known = unit.notna().all(axis=1).to_numpy()
    kept = cases[known].reset_index(drop=True)
    where, outcome = similarity.points(unit[known], rules.weights), kept["outcome"].to_numpy(dtype=np.int64)
    compared = [(w, level) for w in who for level in np.flatnonzero(~w.privileged)[: w.compared]]  # of two levels one
    members = np.column_stack([w.codes(kept) == level for w, level in compared])
    near = degrees(where, outcome, rules.threshold, members)
    strata = 2 * binary(kept, "merit") + binary(kept, "urgency")
    rows = []
    for (w, level), member, within in zip(compared, members.T, near.within.T, strict=True):
        found = losses(
            outcome, member, unlike=near.unlike, within=within, strata=strata, draws=rules.permutations, rng=rng
        )
        rows.append({"attribute": w.attribute, "level": w.levels[level], **asdict(found)})
    lost = pd.DataFrame(rows)
    return Individual(
        pairs=near.pairs(),
        interval=similarity.rate_interval(near.like, near.unlike, confidence),
        losses=lost.assign(p_adjusted=holm(lost["p"].to_numpy())),
        closest=side_by_side(kept, similarity.closest(where, outcome, rules.threshold, rules.listed), rules),
        consistency=similarity.consistency(where, outcome, rules.neighbours),
        left_out=int((~known).sum()),
    )


def side_by_side(cases: pd.DataFrame, pairs: pd.DataFrame, rules: Similarity) -> pd.DataFrame:
    """Two rows a pair, the refused case first: ``pair, similarity, decision, id``, protected groups, features."""
    shown = [c for c in map(str, cases) if c.startswith(ATTRIBUTE)] + [FACTOR + name for name in rules.weights]
    named = cases[["id", *shown]].rename(columns={c: c[2:] for c in shown})
    head, parts = ["pair", "similarity", "decision"], []
    for number, (refused, approved, alike) in enumerate(pairs.to_numpy(dtype=float), start=1):
        both = named.iloc[[int(refused), int(approved)]]
        parts.append(both.assign(pair=number, similarity=alike, decision=["refused", "approved"]))
    return pd.concat(parts or [pd.DataFrame(columns=head)], ignore_index=True).reindex(columns=[*head, *named.columns])


def ranges(table: pd.DataFrame, roles: Healthcare) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of each numeric feature, as declared, else of all cases in the table."""
    out = {}
    for name, f in roles.features.items():
        if f.kind == "numeric":
            values = table[FACTOR + name]
            low = values.min() if f.minimum is None else f.minimum
            out[name] = (float(low), float(values.max() if f.maximum is None else f.maximum))
    return out


def scaled(table: pd.DataFrame, names: list[str], bounds: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The features by name, each as (value − lowest) / (highest − lowest): 0 to 1, NaN where missing.

    A feature is scaled over all cases, never over one case's own values; one whose range has no width is 0.
    """
    columns = {}
    for name in names:
        low, high = bounds[name]
        columns[name] = (table[FACTOR + name] - low) / (high - low if high > low else 1.0)
    return pd.DataFrame(columns, index=table.index)


def priority(table: pd.DataFrame, roles: Healthcare, weights: Mapping[str, float]) -> pd.DataFrame:
    """The table with ``priority`` = Σ weight · feature, and ``priority_scaled``, the same of the scaled features."""
    refuse_weights("healthcare_audit.priority.weights", weights, roles)
    names, share = list(weights), np.array(list(weights.values()))
    raw = table[[FACTOR + name for name in names]].to_numpy(dtype=float) @ share
    unit = scaled(table, names, ranges(table, roles)).to_numpy() @ share
    return table.assign(priority=raw, priority_scaled=unit)
