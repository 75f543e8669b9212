"""The figures of the healthcare audit: its long tables, its headline comparisons and its metrics file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.reporting.tables import records
from responsible.healthcare.approval_rates import OVERRIDE_RATE
from responsible.names import SWITCHED_OFF

if TYPE_CHECKING:
    from responsible.healthcare.audit import Audited

TREND = ["equal_opportunity_difference", "statistical_parity_difference"]  # the first that is there is followed
MOST = 12  # rows of a table in a document
COLOURS = ("RED", "AMBER", "GREEN")


def tables(found: Audited) -> dict[str, pd.DataFrame]:
    """The long tables by name; an analysis that is switched off has a header only."""
    own = found.individual
    frames = {
        "approvals": found.approvals,
        "rates": found.rates,
        "waits": found.waits,
        "bands": found.bands,
        "odds": found.odds,
        "losses": own.losses if own else pd.DataFrame(),
        "closest": own.closest if own else pd.DataFrame(),
        "intersections": found.intersections,
        "subgroups": found.subgroups.findings,
        "folds": found.folds,
        "months": found.months,
        "held_out": found.held_out,
        "causes": found.causes,
        "replay": found.replay,
    }
    empty = pd.DataFrame(columns=[SWITCHED_OFF])
    return {name: frame if len(frame.columns) else empty for name, frame in frames.items()}


def primary(found: Audited) -> pd.DataFrame:
    """The headline comparison of each attribute by the primary definition, or the nearest one the roles allow."""
    table = found.approvals
    for scope in ("urgent", "all"):
        for measure in TREND:
            own = table[(table["scope"] == scope) & (table["measure"] == measure)]
            if len(own) and (scope == "all" or measure == TREND[0]):
                return own.drop_duplicates("attribute")
    return table.drop_duplicates("attribute")


def headline(found: Audited) -> dict[str, Any]:
    """The figures of ``metrics/healthcare_audit.json``."""
    judged = pd.concat([t[["finding"]] for t in (found.approvals, found.waits) if len(t)])["finding"]
    of_all = found.approvals[found.approvals["scope"] == "all"]
    parity = of_all[of_all["measure"] == "statistical_parity_difference"].drop_duplicates("attribute")
    out: dict[str, Any] = {
        "cases": found.cases,
        "findings": {colour: int((judged == colour).sum()) for colour in COLOURS},
        "primary_difference": _by_attribute(primary(found)),
        "statistical_parity_difference": _by_attribute(parity),
        "subgroups": {"confirmed": len(confirmed(found)), "beyond_declared": len(beyond(found))},
        "intersections_approved_less": int(shown_less(found.intersections).sum()),
    }
    if counted := overrides(found):
        out["overrides"] = counted
    if len(found.waits):
        own = found.waits[(found.waits["scope"] == "all") & (found.waits["measure"] == "mean_wait_difference")]
        out["mean_wait_difference"] = _by_attribute(own.drop_duplicates("attribute"))
    if found.individual:
        own_ = found.individual
        out["like_cases"] = {"pairs": own_.pairs.pairs, "violation_rate": own_.pairs.rate}
        out["like_cases"]["consistency"] = own_.consistency
    return out


def overrides(found: Audited) -> dict[str, int]:
    """How many cases people overruled, and of how many; empty where the table does not say."""
    own = found.rates[(found.rates["rate"] == OVERRIDE_RATE) & (found.rates["scope"] == "all")]
    one = own[own["attribute"] == own["attribute"].iloc[0]] if len(own) else own
    return {name: int(one[name].sum()) for name in ("count", "of")} if len(own) else {}


def _by_attribute(rows: pd.DataFrame) -> dict[str, float]:
    return {str(row.attribute): float(row.value) for row in records(rows)}


def by_band(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each level with its approval by band of the priority score, the lowest band first."""
    if table.empty:
        return []
    parts = table.sort_values("order", kind="stable").groupby(["attribute", "level"], sort=False)
    rows = [{"attribute": key[0], "level": key[1], "bands": records(part)} for key, part in parts]
    return rows[:MOST]


def lowest(table: pd.DataFrame) -> list[Any]:
    """The combinations with enough cases that are approved least."""
    if table.empty:
        return []
    return records(table[table["evidence"] == ""].sort_values("rate", kind="stable").head(MOST))


def trend(months: pd.DataFrame) -> list[dict[str, Any]]:
    """In how many months each group's difference has a value, and lies below or above zero with its whole interval."""
    if months.empty:
        return []
    measure = next(m for m in TREND if m in set(months["measure"]))
    own = months[(months["measure"] == measure) & (months["scope"] == "all")]
    return [
        {
            "attribute": key[0],
            "comparison": key[1],
            "measure": measure,
            "known": int(part["value"].notna().sum()),
            "below": int((part["high"] < 0).sum()),
            "above": int((part["low"] > 0).sum()),
        }
        for key, part in own.groupby(["attribute", "comparison"], sort=False)
    ][:MOST]


def shown_less(table: pd.DataFrame, level: float = 0.05) -> pd.Series[bool]:
    """Which combinations are shown to be approved less than everyone else."""
    return (table["p_adjusted"] <= level) & (table["difference"] < 0)


def confirmed(found: Audited) -> pd.DataFrame:
    """Subgroups that the second half of the cases confirmed."""
    table = found.subgroups.findings
    return table[table["confirmed"].astype(bool)] if len(table) else table


def beyond(found: Audited) -> pd.DataFrame:
    """Confirmed subgroups that name any column besides one declared group alone."""
    table = confirmed(found)
    declared = set(found.rates["attribute"])
    single = [(" & " not in g) and g.split("=")[0] in declared for g in table["group"]] if len(table) else []
    return table[~np.array(single, dtype=bool)] if len(table) else table
