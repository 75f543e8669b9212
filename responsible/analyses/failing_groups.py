"""Where a model fails: groups of people whom it judges wrongly more often than others, searched for and confirmed.

Each error is searched on its own rows by :func:`responsible.fairness.subgroups.search`: one half of the people
proposes, the other, which took no part, confirms. The family-wise error of all searches together is ``level``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.subgroups import search
from responsible.measures.scores import Scored
from responsible.statistics.mantel_haenszel import stratified
from responsible.tabular.conjunctions import Failures
from responsible.validation import InputError, did_you_mean

Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
FALSE_POSITIVE, FALSE_NEGATIVE, OVERSTATED = "false_positive", "false_negative", "overstated"
COLUMNS = ["model", "error", "group", "depth", "people", "errors", "rate", "rest_rate", "difference", "low", "high"]
COLUMNS += ["p_adjusted", "confirmed", "watched", "rule"]
BANDS = 10  # of the score, within which people are compared for ``overstated``


@dataclass(frozen=True, eq=False)
class _Error:
    """The rows an error can befall (m,) bool, whether it did (m,) bool, and the strata people are compared within."""

    rows: Bits
    wrong: Bits
    given: pd.DataFrame


def _errors(found: Scored, model: str, decided: Bits) -> dict[str, _Error]:
    """False positives among label 0, false negatives among label 1, and label 0 within bands of equal score.

    The last: in a band the share with label 1 is the same for everybody if scores mean the same, so a group with fewer
    of them has scores that overstate (Hébert-Johnson et al. 2018 have the aim, multicalibration).
    """
    label, whole = found.label == 1, np.ones(len(found.label), dtype=bool)
    nothing = pd.DataFrame(index=range(len(label)))
    errors = {
        FALSE_POSITIVE: _Error(~label, decided, nothing),
        FALSE_NEGATIVE: _Error(label, ~decided, nothing),
    }
    if model in found.scores:
        band = np.minimum((found.scores[model] * BANDS).astype(int), BANDS - 1)
        errors[OVERSTATED] = _Error(whole, ~label, pd.DataFrame({"band": band.astype(str)}))
    return errors


def failing_groups(
    found: Scored,
    decided: Mapping[str, Bits],
    factors: pd.DataFrame,
    rules: Failures,
    rng: np.random.Generator,
    *,
    confidence: float,
) -> pd.DataFrame:
    """The watched groups, and the groups found, of every model and error.

    ``decided`` are the decisions (m,) of each model, ``factors`` text columns (m,). ``rate`` is the share of errors
    among the group's ``people`` whom it can befall, ``difference`` that rate less that of everybody else (within bands
    of score for ``overstated``), of the second half for a found group and of all rows for a watched one. Below 0 the
    model errs less there, or understates. ``rule`` is the policy rule that would watch a confirmed group with more
    errors, as YAML. Columns: :data:`COLUMNS`.

    Raises:
        InputError: a watched group names a column or level that is not there.
    """
    cases = {(model, name): error for model in decided for name, error in _errors(found, model, decided[model]).items()}
    stricter = rules.model_copy(update={"level": rules.level / max(len(cases), 1)})
    frames = []
    for (model, name), error in cases.items():
        rows, right = factors[error.rows].reset_index(drop=True), ~error.wrong[error.rows]
        given, n = error.given[error.rows].reset_index(drop=True), found.counts[error.rows]
        watched = [_watched(group, rows, right, given, n=n, confidence=confidence) for group in rules.watched or ()]
        if n.sum() >= 2 * rules.support:
            proposed = search(rows, right.astype(int), given, stricter, rng, counts=n, confidence=confidence).findings
            watched += _found(proposed[~proposed["group"].isin(rules.watched or [])], model, name)
        frames.append(pd.DataFrame(watched).assign(model=model, error=name))
    return pd.concat(frames, ignore_index=True).reindex(columns=COLUMNS)


def _found(findings: pd.DataFrame, model: str, error: str) -> list[dict[str, object]]:
    """The search names shares that are judged rightly; an error's are their complements."""
    return [
        {
            "group": row["group"],
            "depth": row["depth"],
            "people": row["n"],
            "errors": row["n"] - row["approved"],
            "rate": 1 - row["rate"],
            "rest_rate": 1 - row["rest_rate"],
            "difference": -row["difference"],
            "low": -row["high"],
            "high": -row["low"],
            "p_adjusted": row["p_adjusted"],
            "confirmed": bool(row["confirmed"]),
            "watched": False,
            "rule": rule(model, error, str(row["group"])) if row["confirmed"] and row["difference"] < 0 else "",
        }
        for row in findings.to_dict("records")
    ]


def _watched(
    group: str, rows: pd.DataFrame, right: Bits, given: pd.DataFrame, *, n: Ints, confidence: float
) -> dict[str, object]:
    inside = np.logical_and.reduce([_holds(part, rows, group) for part in group.split(" & ")])
    stratum = given.groupby(list(given.columns)).ngroup().to_numpy() if len(given.columns) else np.zeros(len(n), int)
    weights = (n, n * right)
    own = [np.bincount(stratum, weights=w * inside)[None] for w in weights]
    size = int(own[0].sum())
    told = {"group": group, "depth": group.count(" & ") + 1, "people": size, "watched": True, "rule": ""}
    if size == 0 or size == n.sum():
        return told
    found = stratified(*own, *(np.bincount(stratum, weights=w) for w in weights))
    low, high = found.interval(confidence)
    wrong = n * ~right
    ends = {"difference": -float(found.difference[0]), "low": -float(high[0]), "high": -float(low[0])}
    shares = {"rate": wrong[inside].sum() / size, "rest_rate": wrong[~inside].sum() / n[~inside].sum()}
    return told | ends | shares | {"errors": int(wrong[inside].sum())}


def _holds(part: str, rows: pd.DataFrame, group: str) -> Bits:
    column, _, level = part.partition("=")
    place = f"fairness.failing_groups.watched: {group!r}"
    if column not in rows:
        raise InputError(f"{place}: there is no column {column!r}{did_you_mean(column, map(str, rows))}")
    return (rows[column] == level).to_numpy()


def rule(model: str, error: str, group: str) -> str:
    """The entries of params.yaml that watch a group: one of the watched, and a rule on its difference."""
    quoted = "'" + group.replace("'", "''") + "'"
    name = "".join(c if c.isalnum() else "_" for c in f"{model} {error} {group}".lower())
    return (
        f"fairness:\n  failing_groups:\n    watched:\n    - {quoted}\n"
        f"policy:\n  rules:\n    {name}:\n      metric: failing_groups.{model}.{error}\n      level: {quoted}\n"
        "      maximum: 0.1\n      judged_on: interval\n      severity: warn\n"
        "      reason: the model was found to err more often here\n      owner: data science\n"
    )
