"""From rows to cells: the one pass over a table, a narwhals expression that is the same on every engine.

It counts whole rows and adds integers only, so its answer does not depend on threads, machine or order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from responsible.names import CLUSTER, DECISION, FEATURE, SCORE
from responsible.names import CLUSTER_GROUPS as GROUPS
from responsible.tabular import hashing, predictions
from responsible.tabular.cells import MOST_WEIGHT, Plan
from responsible.tabular.columns import KEY, REASON, made, token
from responsible.tabular.levels import RARE, merged, refuse_absent
from responsible.tabular.typed_fields import FIRST, reason_of, rules, typed
from responsible.validation import MISSING

UNLABELLED = -1  # the bin of a row without a target, where that is no fault of the row
LEVEL = made("target")  # a text target's level, counted too until the favourable ones are known to occur
EARLIER = "earlier_reason"
LOT = "lot"
SPLIT = made("split")
BESIDE = ("train", "valid")  # splits in columns of their own, with the rows of those before; the others are for test
BY_ROW = ("target", "key", "month", "weight", "cluster", DECISION, SCORE)  # what takes very many values


def count(
    frame: nw.LazyFrame[Any], plan: Plan, scored: str = "", joined: Mapping[str, nw.LazyFrame[Any]] | None = None
) -> nw.LazyFrame[Any]:
    """Rows → counts ``n`` by :func:`made` of the plan's names, ``REASON`` (null: good) and a text target's ``LEVEL``.
    Where the hash splits the rows, a count has no split; those of :data:`BESIDE` are counted beside ``n``.

    ``frame`` has ``KEY`` and the table's columns by their tokens. With ``sample_rows`` = N only the N rows with the
    smallest sample hash are counted, before anything else is asked of them; a smaller sample is part of a larger one.

    What takes very many values (target, key, dates, numbers to be binned) is typed row by row. Then equal rows are
    counted, and the other fields are typed once for each distinct combination, which is far less text to read.

    ``scored`` names a model whose scores are counted, by group and label, in place of features and decisions;
    ``joined`` are predictions of files by model (:func:`.predictions.joined`).
    """
    declared, spelling = plan.declared(), plan.budget.spelling(plan.prepare)
    by_row = [d for d in declared if d.name.startswith(BY_ROW) or d.bins]
    rest = [d for d in declared if d not in by_row]
    fields = list(dict.fromkeys(token(d.column) for d in rest))
    used = sorted({token(d.column) for d in declared})
    chosen = sampled(frame, plan.prepare.sample_rows, plan.seed, used)
    chosen, predicted = predictions.joined(chosen, joined or {}, plan.budget.key, trim=plan.budget.trim)
    rows = typed(chosen, by_row, spelling, keep=[KEY, *fields, *predicted, FIRST])
    rows = predictions.answered(rows, plan.external, scored)
    rows = rows.with_columns(_bin(plan).alias(made("bin")), _weight(plan).alias("n"))
    if plan.budget.cluster:
        group = (nw.col(LOT) % GROUPS).alias(made(CLUSTER))
        rows = hashing.hashed(rows, plan.seed, "cluster", LOT).with_columns(group)
    text_target, sizes = [LEVEL] if _favourable(plan) else [], ["n"]
    names = [made(name) for name in plan.names(scored)]
    done = [name for name in names if name not in {made(d.name) for d in rest}] + text_target
    if SPLIT in done and plan.undivided:
        rows = with_split(rows, plan)
    elif SPLIT in done:
        rows, sizes = _beside(rows, plan), ["n", *BESIDE]
        names, done = ([name for name in some if name != SPLIT] for some in (names, done))
    sums = [nw.col(size).sum() for size in sizes]
    groups = rows.group_by(*fields, *done, FIRST).agg(*sums)
    groups = groups.with_columns(reason_of(rules(chosen, by_row, spelling)).alias(EARLIER)).drop(FIRST)
    cells = typed(groups, rest, spelling, keep=[*done, EARLIER, *sizes])
    cells = cells.with_columns(nw.coalesce(EARLIER, REASON).alias(REASON))
    return cells.group_by(*names, REASON, *text_target).agg(*sums)


def _beside(rows: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """Rows with ``n`` once more for each split that their hash is in or before, else 0: counting needs fewer groups."""
    inside = {split: nw.col(LOT) < bound for split, bound in zip(BESIDE, _bounds(plan), strict=True)}
    own = {split: nw.col("n") * within.cast(nw.Int64) for split, within in inside.items()}
    return hashing.hashed(rows, plan.seed, "split", LOT).with_columns(**own)


def _weight(plan: Plan) -> nw.Expr:
    """How many rows a row counts for: what its weight says; one whose weight is unreadable is one."""
    if not plan.budget.weight:
        return nw.lit(1)
    weight = nw.col(made("weight"))
    good = weight.is_between(1, MOST_WEIGHT) & (weight % 1 == 0)
    return nw.when(good).then(weight).otherwise(nw.lit(1.0)).cast(nw.Int64)


def sampled(frame: nw.LazyFrame[Any], rows: int, seed: int, fields: Sequence[str]) -> nw.LazyFrame[Any]:
    """The ``rows`` rows (0: all) of least sample hash; ``fields`` break ties of a key, so that order does not matter.

    Keys are ranked alone first: sorting all fields of a big table would take its size in memory.
    """
    if not rows:
        return frame
    least = hashing.hashed(frame.select(KEY), seed, "sample", LOT).sort(LOT, KEY).head(rows).select(KEY)
    chosen = hashing.hashed(frame.join(least, on=KEY, how="semi"), seed, "sample", LOT)
    return chosen.sort(LOT, KEY, *fields).head(rows)


def with_split(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """The frame with train, valid or test by the row's hash, with the declared shares, which depends on nothing but key
    and seed; all rows are test rows where nothing is trained.
    """
    if plan.undivided:
        return frame.with_columns(nw.lit("test").alias(SPLIT))
    lot, (train, valid) = nw.col(LOT), _bounds(plan)
    rest = nw.when(lot < valid).then(nw.lit("valid")).otherwise(nw.lit("test"))
    split = nw.when(lot < train).then(nw.lit("train")).otherwise(rest)
    return hashing.hashed(frame, plan.seed, "split", LOT).with_columns(split.alias(SPLIT))


def _bounds(plan: Plan) -> tuple[int, int]:
    """The hashes below which a row is for training, and below which for training or validation."""
    shares = plan.prepare.split
    return hashing.below(shares.train), hashing.below(shares.train + shares.valid)


def _bin(plan: Plan) -> nw.Expr:
    """Number of cut points at or below the target; a favourable level is 1, any other 0; none is UNLABELLED."""
    if plan.budget.target is None:
        return nw.lit(0)
    value = nw.col(made("target"))
    lacking = value.is_null()
    if favourable := plan.budget.target.favourable:
        lacking = value == MISSING
        value = nw.when(value.is_in(favourable)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return nw.when(lacking).then(nw.lit(UNLABELLED)).otherwise(_bisected(value, plan.cuts, 0, len(plan.cuts)))


def _favourable(plan: Plan) -> Sequence[str]:
    return (plan.budget.target.favourable if plan.budget.target else None) or ()


def _bisected(value: nw.Expr, cuts: Sequence[float], low: int, high: int) -> nw.Expr:
    """The bin, known to lie in low..high, by bisection: one comparison for each halving, not one for each cut."""
    if low == high:
        return nw.lit(low)
    middle = (low + high) // 2
    below, above = _bisected(value, cuts, low, middle), _bisected(value, cuts, middle + 1, high)
    return nw.when(value < cuts[middle]).then(below).otherwise(above)


def collected(frame: pd.DataFrame, plan: Plan, scored: str = "") -> pd.DataFrame:
    """The good rows' cells in their documented types and order, from the engine's answer to :func:`count`.

    Raises :class:`InputError` when a favourable level of a text target does not occur.
    """
    names = plan.names(scored)
    good: pd.DataFrame = frame.rename(columns={made(name): name for name in names})
    good = good[good[REASON].isna()] if "split" in good else _apart(good)
    good = good.assign(bin=good["bin"].astype("int32"), n=good["n"].astype("int64"))
    numbers = good.select_dtypes("float").columns
    good[numbers] += 0.0  # engines do not tell -0 from 0
    if favourable := _favourable(plan):
        where = f"column {plan.declared()[0].column} of {plan.budget.source}"
        refuse_absent("budget.target.favourable", favourable, set(good[LEVEL]) if len(good) else favourable, where)
    least = {FEATURE + name: f.min_count for name, f in plan.budget.features.items() if f.min_count and not scored}
    for name, rows in least.items():
        good[name] = merged(good[name], good["n"].where((good["split"] == "train") | plan.undivided, 0), rows)
    if least or favourable:
        good = good.groupby(names, dropna=False)["n"].sum().reset_index()
    return good[[*names, "n"]].sort_values(names, ignore_index=True)


def _apart(counts: pd.DataFrame) -> pd.DataFrame:
    """The good counts, with splits below one another that :func:`_beside` has side by side."""
    until = np.column_stack([counts[size].to_numpy(dtype=np.int64) for size in (*BESIDE, "n")])
    sizes = np.diff(until, prepend=0) * counts[REASON].isna().to_numpy()[:, None]
    row, split = np.nonzero(sizes)
    return counts.iloc[row].assign(split=np.array([*BESIDE, "test"])[split], n=sizes[row, split])


def as_rare(levels: pd.Series[Any], known: Iterable[Any]) -> pd.Series[Any]:
    """``levels`` of other rows as the table with the ``known`` ones has them: where some are :data:`RARE` there, so is
    each that is not known.
    """
    known = {*known, MISSING}
    return levels.where(levels.isin(list(known)), RARE) if RARE in known else levels


def reasons(frame: pd.DataFrame) -> dict[str, int]:
    """Bad rows by reason, the most frequent first, from the engine's answer to :func:`count`."""
    rows = frame[frame[REASON].notna()].groupby(REASON)["n"].sum()
    bad = rows.sort_index().sort_values(ascending=False, kind="stable")
    return {str(reason): int(n) for reason, n in bad.items()}


def key_repeats(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """One row, ``repeats``: rows beyond the first of their key. Repeated keys mean rows that are not independent.

    Rows of the whole table with a key, good or bad, sampled or not.
    """
    key = [d for d in plan.declared() if d.name == "key"]
    named = typed(frame, key, plan.budget.spelling(plan.prepare), keep=[KEY]).filter(nw.col(REASON).is_null())
    return named.select(repeats=nw.len() - nw.col(KEY).n_unique())
