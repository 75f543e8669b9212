"""What a table of cells holds, and whether it bears the questions asked of it: base rates, missing values, levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import ATTRIBUTE, FEATURE
from responsible.tabular.cell_counts import with_split
from responsible.tabular.cells import Plan, labels
from responsible.tabular.columns import KEY, REASON, made
from responsible.tabular.levels import Cover, Disclosure, blanked, by_split, published_names, refuse_absent, refuse_many
from responsible.tabular.schema import SPLITS, Sensitive
from responsible.tabular.typed_fields import typed
from responsible.validation import MISSING, InputError

BASE_RATES = ("attribute", "level", "role", "split", "n", "positives", "base_rate")


def base_rates(
    cells: pd.DataFrame, sensitive: Mapping[str, Sensitive], cuts: Sequence[float], threshold: float
) -> pd.DataFrame:
    """Rows n, positives and their share by level and split, one row each.

    Attribute ``all`` has the one level "all"; ``month`` stands for time, when cells carry it; then the sensitive
    attributes, each level with its role. Split ``all`` sums the splits.
    """
    rows = cells.assign(all="all", positives=labels(cells, cuts, threshold) * cells["n"])
    columns = {
        "all": "all",
        **({"month": "month"} if "month" in cells else {}),
        **{a: ATTRIBUTE + a for a in sensitive},
    }
    parts = []
    for attribute, column in columns.items():
        by_split = rows.groupby([column, "split"])[["n", "positives"]].sum()
        in_all = pd.concat({"all": rows.groupby(column)[["n", "positives"]].sum()}, names=["split"])
        part = pd.concat([in_all.swaplevel(), by_split]).rename_axis(["level", "split"]).reset_index()
        part["role"] = [sensitive[attribute].role(x) if attribute in sensitive else "" for x in part["level"]]
        parts.append(part.assign(attribute=attribute))
    table = pd.concat(parts).assign(base_rate=lambda t: t["positives"] / t["n"])
    orders = {"attribute": list(columns), "split": ["all", *SPLITS]}
    ranked = table.sort_values(
        ["attribute", "level", "split"], key=lambda c: c.map(orders[str(c.name)].index) if c.name in orders else c
    )
    return ranked[list(BASE_RATES)].reset_index(drop=True)


def published_rates(
    cells: pd.DataFrame, cover: Cover, sensitive: Mapping[str, Sensitive], cuts: Sequence[float], threshold: float
) -> pd.DataFrame:
    """:func:`base_rates` of the levels and months that may be published."""
    table, gone = cover.cells(cells), set(cover.withheld)
    if "month" in cells and cover.disclosure.minimum_cell:
        slices, role = by_split(cells, labels(cells, cuts, threshold)), dict.fromkeys(cells["month"], "month")
        months = published_names(cells["month"], role, slices, cells["n"], cover.disclosure)
        table = table.assign(month=cells["month"].map(months or {}).fillna("other months"))
        gone |= set() if months else {"month"}
    found = base_rates(table, cover.sensitive(sensitive), cuts, threshold)
    return blanked(found, found["attribute"].isin(gone), ["n", "positives", "base_rate"])


def missing(cells: pd.DataFrame) -> pd.DataFrame:
    """For each feature and sensitive attribute: rows n, those without a value, and their share."""
    rows, total = [], int(cells["n"].sum())
    for column in (c for c in cells.columns if c.startswith((FEATURE, ATTRIBUTE))):
        values = cells[column]
        gone = values.isna() if pd.api.types.is_numeric_dtype(values) else values == MISSING
        role = "feature" if column.startswith(FEATURE) else "sensitive"
        name, count = column.partition(".")[2], int(cells.loc[gone, "n"].sum())
        rows.append({"column": name, "role": role, "n": total, "missing": count, "share": count / total})
    return pd.DataFrame(rows)


def published_missing(cells: pd.DataFrame, cover: Cover, sensitive: Mapping[str, Sensitive]) -> pd.DataFrame:
    """:func:`missing` without counts that are too small, or that would tell a merged level from the others."""
    found = missing(cells)
    gone = {name for name in sensitive if MISSING in cover.merged(name) or name in cover.withheld}
    merged_too = {sensitive[name].column for name in gone}
    hidden = found["column"].isin(merged_too | {name for name in sensitive if sensitive[name].column in merged_too})
    few = [
        not cover.disclosure.safe(counts) for counts in np.stack([found["missing"], found["n"] - found["missing"]], 1)
    ]
    return blanked(found, hidden | np.array(few, dtype=bool), ["missing", "share"])


def published_drops(figures: Mapping[str, Any], disclosure: Disclosure) -> dict[str, Any]:
    """The headline figures without counts of dropped and repeated rows that are too small to be published.

    Reasons of fewer rows are told together, with the next larger ones while that is not enough. Dropped rows by level
    are not published at all: the levels that are published are those of the rows that were kept.
    """
    if not disclosure.minimum_cell:
        return dict(figures)
    out, gone = dict(figures), [key for key in ("dropped_levels",) if key in figures]
    if not disclosure.safe(figures.get("key_repeats", 0)):
        gone.append("key_repeats")
    if isinstance(reasons := figures["dropped"], dict):
        few = {reason: n for reason, n in reasons.items() if not disclosure.safe(n) or reason == "other reasons"}
        for reason, n in sorted(reasons.items(), key=lambda item: (item[1], item[0])):
            if not disclosure.safe(sum(few.values())):
                few[reason] = n
        pooled = {"other reasons": sum(few.values())} if few else {}
        out["dropped"] = {reason: n for reason, n in reasons.items() if reason not in few} | pooled
        if not disclosure.safe(sum(reasons.values())):
            gone.append("dropped")
            rows = {"read": None, "undefined": {"read": disclosure.reason}}
            out["rows"] = figures["rows"] | rows
    undefined = {"undefined": dict.fromkeys(gone, disclosure.reason)} if gone else {}
    return out | dict.fromkeys(gone) | undefined


def headline(
    cells: pd.DataFrame, rates: pd.DataFrame, dropped: Mapping[str, int], digest: str, key_repeats: int | None
) -> dict[str, Any]:
    """The figures of ``metrics/prepare.json``; of the reasons for dropped rows the three most frequent and the rest."""
    kept, lost = int(cells["n"].sum()), sum(dropped.values())
    overall = rates[rates["attribute"] == "all"].set_index("split")
    most = dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0]))[:3])
    other = {"other reasons": lost - sum(most.values())} if len(dropped) > 3 else {}
    return {
        "rows": {"read": kept + lost, "kept": kept, **{s: int(overall["n"][s]) for s in SPLITS if s in overall.index}},
        "dropped": {**most, **other} or 0,
        "base_rate": {split: float(rate) for split, rate in overall["base_rate"].items()},
        "cells": len(cells),
        "digest": digest,
        **({} if key_repeats is None else {"key_repeats": key_repeats}),
    }


def refuse_rows(
    cells: pd.DataFrame, dropped: Mapping[str, int], minimum: int, place: str, needed: Sequence[str] = ("train", "test")
) -> None:
    """InputError when there are fewer good rows than ``minimum``, or none of a ``needed`` split."""
    rows = cells.groupby("split")["n"].sum()
    if not (kept := int(rows.sum())) and not dropped:
        raise InputError(f"{place}: must have rows, got only a header")
    if kept < minimum:
        lost = f" ({', '.join(f'{n} dropped: {reason}' for reason, n in list(dropped.items())[:5])})" if dropped else ""
        rule = f"must have at least {minimum} good rows (prepare.minimum_rows), got {kept}{lost}"
        raise InputError(f"{place}: {rule}; add rows or lower the minimum")
    for split in needed:
        if split not in rows.index:
            got = ", ".join(f"{name} {n}" for name, n in rows.items())
            raise InputError(f"{place}: split {split} must have rows, got {got}; change the shares or the split column")


def refuse_label(cells: pd.DataFrame, cuts: Sequence[float], threshold: float, place: str) -> None:
    """InputError when all rows, or all training rows, have one label: then there is nothing to learn or compare."""
    positive = labels(cells, cuts, threshold).astype(bool)
    for name, part in (("rows", np.ones(len(cells), bool)), ("training rows", (cells["split"] == "train").to_numpy())):
        n = cells["n"].to_numpy()[part]
        if part.any() and (k := int(n[positive[part]].sum())) in (0, int(n.sum())):
            got = f"got {k} of {int(n.sum())} {name} at or above {threshold:g}"
            raise InputError(f"threshold: must leave rows on both sides in {place}, {got}; choose another threshold")


def refuse_few(cells: pd.DataFrame, label: npt.ArrayLike, disclosure: Disclosure, place: str) -> None:
    """InputError when a label has, in a split, fewer rows than any published figure may be about."""
    for split in SPLITS:
        for value in (0, 1):
            n = int(cells.loc[(cells["split"] == split) & (np.asarray(label) == value), "n"].sum())
            if not disclosure.safe(n):
                least = disclosure.minimum_cell
                rule = f"must have no or at least {least} rows (disclosure.minimum_cell) of each label"
                remedy = "change the shares of the splits or the threshold"
                raise InputError(f"{place}: split {split} {rule}, got {n} with label {value}; {remedy}")


def refuse_levels(cells: pd.DataFrame, sensitive: Mapping[str, Sensitive], place: str) -> None:
    """InputError when a declared level does not occur, or when there is nobody to compare with."""
    for name, attribute in sensitive.items():
        present = sorted(cells[ATTRIBUTE + name].unique())
        where = f"column {attribute.column} of {place}"
        refuse_many(f"sensitive.{name}", present, where)
        for role, levels in (("privileged", attribute.privileged), ("exclude", attribute.exclude)):
            refuse_absent(f"sensitive.{name}.{role}", levels, present, where)
        if len(present) == 1:
            raise InputError(
                f"sensitive.{name}: must have at least two levels, got only {present[0]!r} in {where}; remove it"
            )
        if rule := attribute.lacks(present):
            raise InputError(f"sensitive.{name}: {rule}, got {present} in {where}; declare fewer levels")


def clusters(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """One row: the ``number`` of clusters of the whole table, and how many are ``in_several_splits``, as a split column
    of the table may have them; ``frame`` has the clusters as ``KEY``.
    """
    own = [d for d in plan.declared() if d.name in ("cluster", "split")]
    rows = typed(frame, own, plan.budget.spelling(plan.prepare), keep=[KEY]).filter(nw.col(REASON).is_null())
    if not plan.budget.split_column:
        rows = with_split(rows, plan)
    each = rows.group_by(KEY).agg(splits=nw.col(made("split")).n_unique())
    return each.select(number=nw.len(), in_several_splits=(nw.col("splits") > 1).cast(nw.Int64).sum())
