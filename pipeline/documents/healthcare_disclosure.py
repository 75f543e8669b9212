"""The healthcare audit as far as it may be published; unchanged where ``disclosure.minimum_cell`` is 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.documents import healthcare_figures
from responsible.fairness.subgroups import Found
from responsible.healthcare.audit import Audited, HealthcareAudit
from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, OVERRIDE, URGENCY, scopes
from responsible.healthcare.schema import Healthcare
from responsible.modelling.disclosure import alone_withheld, withheld
from responsible.names import ATTRIBUTE
from responsible.tabular.levels import Disclosure, cover
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError


def publishable(
    cases: pd.DataFrame, roles: Healthcare, rules: HealthcareAudit, disclosure: Disclosure
) -> tuple[pd.DataFrame, Healthcare, HealthcareAudit]:
    """Cases, roles and analyses as far as they may be published (:mod:`responsible.tabular.levels`).

    The tables of all attributes by urgency, need and decision share these three columns, and are safe: levels are
    merged for it, and urgency, then need, are left out where that is not enough. All else that is shown is a function
    of them: analyses of features, months, similar cases, combinations and parts of the cases are switched off.
    """
    if not disclosure.minimum_cell:
        return cases, roles, rules
    cases = cases.assign(n=1)
    whole = cover(cases, roles.protected, [np.zeros(len(cases), dtype=int)], disclosure)
    cases, protected = whole.cells(cases), whole.sensitive(roles.protected)
    for events in ((OUTCOME, MERIT, URGENCY), (OUTCOME, MERIT), (OUTCOME,)):
        known = [event for event in events if event in cases]
        slices = cases[known].to_numpy(dtype=int) @ 2 ** np.arange(len(known))
        finer = cover(cases, protected, [slices], disclosure, excluded=True)
        if not finer.withheld:
            break
    if finer.withheld:
        rule = f"must have no or at least {disclosure.minimum_cell} cases of each decision (disclosure.minimum_cell)"
        remedy = "among privileged, unprivileged and excluded ones; remove it from healthcare.protected, or add rows"
        raise InputError(f"healthcare.protected.{min(finer.withheld)}: {rule} {remedy}")
    lost = {role: None for role in (MERIT, URGENCY, OVERRIDE) if role not in known}
    kept = [*known, *([DURATION] if DURATION in cases and cases[DURATION].notna().all() else [])]
    cases = finer.cells(cases)[["id", *kept, *(ATTRIBUTE + name for name in protected)]]
    roles = roles.model_copy(update={"protected": finer.sensitive(protected), "features": {}, "time": None, **lost})
    return cases, roles, rules.model_copy(update={"priority": None, "similarity": None})


def headline(found: Audited, disclosure: Disclosure) -> dict[str, Any]:
    """The headline figures, undefined where they are of analyses that are not published."""
    figures = healthcare_figures.headline(found)
    if not disclosure.minimum_cell:
        return figures

    def gone(*keys: str) -> dict[str, object]:
        return {**dict.fromkeys(keys), "undefined": dict.fromkeys(keys, disclosure.reason)}

    return figures | gone("intersections_approved_less") | {"subgroups": gone("confirmed", "beyond_declared")}


def published(
    found: Audited, cases: pd.DataFrame, protected: Mapping[str, Sensitive], disclosure: Disclosure
) -> Audited:
    """The audit without combinations and parts of the cases; levels that were merged have rows without values."""
    if not disclosure.minimum_cell:
        return found
    reason = disclosure.reason
    out = {name: getattr(found, name) for name in ("approvals", "rates", "waits")}
    for name, table in out.items():
        if len(table):
            key = "level" if "level" in table else "comparison"
            listed = {(row[0], row[1]) for row in table[["attribute", key]].itertuples(index=False)}
            every = [(a, str(level)) for a in protected for level in sorted(cases[ATTRIBUTE + a].unique())]
            whole = alone_withheld(table, [one for one in every if one not in listed], protected, reason)
            out[name] = _with_scopes(whole, cases, reason)
    nothing = {name: getattr(found, name).iloc[:0] for name in ("intersections", "folds")}
    return replace(found, **out, **nothing, subgroups=Found(found.subgroups.findings.iloc[:0], 0, 0, 0))


def _with_scopes(table: pd.DataFrame, cases: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The table with rows without values for the scopes that were left out."""
    known = ["merit", "urgent merit"] if "superiority" in table else ["urgent"]
    lost = [scope for scope in known if scope in scopes(cases) and scope not in set(table["scope"])]
    of_all = table[table["scope"] == "all"]
    parts = [withheld(of_all.assign(scope=scope), np.ones(len(of_all), dtype=bool), reason) for scope in lost]
    return pd.concat([table, *parts], ignore_index=True) if parts else table
