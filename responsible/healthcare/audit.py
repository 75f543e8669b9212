"""The audit of decisions on cases: every analysis the declared roles allow, as the tables its report is made from.

Each analysis draws from its own stream, so leaving one out does not move the figures of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from responsible.fairness import subgroups
from responsible.fairness.comparisons import adjust
from responsible.fairness.groups import Groups, groups
from responsible.fairness.individual import Similarity, whole
from responsible.fairness.measures import MEASURES
from responsible.healthcare import adjusted_odds, decomposition, replay, robustness, waiting_times
from responsible.healthcare import approval_rates as approvals
from responsible.healthcare import cases as table_of_cases
from responsible.healthcare.intersections import Intersections
from responsible.healthcare.intersections import table as intersecting
from responsible.healthcare.rag_status import Days, coloured
from responsible.healthcare.robustness import Steadiness
from responsible.healthcare.schema import Healthcare
from responsible.healthcare.similar_cases import Individual, individual, priority
from responsible.limits import Limits
from responsible.names import ATTRIBUTE
from responsible.statistics.intervals import Inference
from responsible.tabular.conjunctions import Search
from responsible.validation import Params, did_you_mean

QUANTILES = 4  # bins of a numeric feature without declared ones


class Priority(Params):
    """The weights of the priority score, which sum to 1, and the number of bands it is cut into."""

    weights: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    bands: Annotated[int, Field(ge=2, le=20)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        whole(self.weights)
        return self


class HealthcareAudit(Params):
    """What is audited and by which limits; ``priority`` and ``similarity`` may be null where features are lacking."""

    significance: Annotated[float, Field(gt=0, lt=1)]
    limits: Annotated[dict[str, Limits], Field(min_length=1)]
    days: Days
    priority: Priority | None
    similarity: Similarity | None
    intersections: Intersections
    subgroups: Search
    steadiness: Steadiness

    @model_validator(mode="after")
    def _known_measures(self) -> Self:
        known = [*MEASURES, *waiting_times.MEASURES, approvals.OVERRIDE_GAP]
        for name in self.limits:
            if name not in known:
                raise ValueError(f"limits must name measures, got {name!r}{did_you_mean(name, known)}")
        return self


@dataclass(frozen=True, eq=False)
class Audited:
    """All tables of an audit. A table whose role is absent has no rows; ``switched_off`` says why."""

    cases: int
    approvals: pd.DataFrame
    rates: pd.DataFrame
    waits: pd.DataFrame
    bands: pd.DataFrame
    odds: pd.DataFrame
    individual: Individual | None
    intersections: pd.DataFrame
    subgroups: subgroups.Found
    folds: pd.DataFrame
    months: pd.DataFrame
    held_out: pd.DataFrame
    causes: pd.DataFrame
    replay: pd.DataFrame
    switched_off: pd.DataFrame


def declared(cases: pd.DataFrame, roles: Healthcare) -> list[Groups]:
    """The groups of every protected attribute."""
    return [
        groups(name, cases[ATTRIBUTE + name].unique().tolist(), s.privileged, s.exclude)
        for name, s in roles.protected.items()
    ]


def audit(
    cases: pd.DataFrame, roles: Healthcare, rules: HealthcareAudit, inference: Inference, rng: np.random.Generator
) -> Audited:
    """Everything that the roles of the table allow, from the cases of :func:`responsible.healthcare.schema.cases`."""
    if rules.priority:
        cases = priority(cases, roles, rules.priority.weights)
    cases, who = table_of_cases.check(cases), declared(cases, roles)
    streams = rng.spawn(11)
    approved, waited = _compared(cases, who, rules, inference, streams)
    confidence = inference.confidence
    return Audited(
        cases=len(cases),
        approvals=approved,
        rates=_each(table for w in who for table in approvals.every_rate(cases, w, confidence)),
        waits=waited,
        bands=_each(adjusted_odds.bands(cases, w, rules.priority.bands, confidence) for w in who)
        if rules.priority
        else pd.DataFrame(),
        odds=_each(adjusted_odds.odds(cases, w, confidence, inference.minimum_denominator) for w in who),
        individual=individual(cases, roles, rules.similarity, who, confidence=confidence, rng=streams[2])
        if rules.similarity
        else None,
        intersections=intersecting(cases, who, rules.intersections, inference, streams[3]),
        subgroups=_searched(cases, roles, rules, confidence, streams[4]),
        **_stable(cases, who, rules, inference, streams[5:8]),
        causes=_each(decomposition.hints(cases, w, _factors(cases, roles), inference, streams[8]) for w in who),
        replay=_replayed(cases, who, rules, inference, streams[9]),
        switched_off=table_of_cases.switched_off(cases),
    )


def _each(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(tables), ignore_index=True)


def _compared(
    cases: pd.DataFrame,
    who: Sequence[Groups],
    rules: HealthcareAudit,
    inference: Inference,
    streams: Sequence[np.random.Generator],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Approvals and waits of every declared comparison, adjusted as one family, each with its colour."""
    approved = [approvals.approval_rates(cases, w, rules.limits, inference, streams[0]) for w in who]
    approved += [t for w in who for t in approvals.overrides(cases, w, rules.limits, inference, streams[10])]
    waited = _each(waiting_times.waiting_times(cases, w, rules.limits, inference, streams[1]) for w in who)
    tables = adjust([t for t in (_each(approved), waited) if len(t)])
    out = [coloured(t, rules.significance) for t in tables]
    return out[0], out[1] if len(out) > 1 else waited


def _searched(
    cases: pd.DataFrame, roles: Healthcare, rules: HealthcareAudit, confidence: float, rng: np.random.Generator
) -> subgroups.Found:
    """Subgroups of protected attributes and features for equal need and urgency, whichever of the two are known."""
    given = [role for role in ("merit", "urgency") if role in cases]
    recorded = _factors(cases, roles).drop(columns=[*given, "priority"], errors="ignore")
    shown = [c for c in map(str, cases) if c.startswith(ATTRIBUTE)]
    own = cases[shown].rename(columns=lambda c: c.removeprefix(ATTRIBUTE))
    columns = pd.concat([own, recorded.drop(columns=list(own), errors="ignore")], axis=1)
    return subgroups.search(
        columns, cases["outcome"], cases[given].astype(str), rules.subgroups, rng, confidence=confidence
    )


def _factors(cases: pd.DataFrame, roles: Healthcare) -> pd.DataFrame:
    """Recorded factors as levels; a feature that is also merit or urgency is left to its role."""
    same = [event.column for event in (roles.merit, roles.urgency) if event]
    return table_of_cases.factors(cases, QUANTILES).drop(columns=same, errors="ignore")


def _stable(
    cases: pd.DataFrame,
    who: Sequence[Groups],
    rules: HealthcareAudit,
    inference: Inference,
    streams: Sequence[np.random.Generator],
) -> dict[str, pd.DataFrame]:
    """The limited measures in folds, by month, and in the last months against the earlier ones."""
    names, how = list(rules.limits), rules.steadiness
    held = _each(robustness.held_out(cases, w, names, how, inference=inference, rng=streams[2]) for w in who)
    return {
        "folds": _each(robustness.folds(cases, w, names, how, inference=inference, rng=streams[0]) for w in who),
        "months": _each(robustness.months(cases, w, names, inference=inference, rng=streams[1]) for w in who),
        "held_out": robustness.at_once(held, inference.confidence),
    }


def _replayed(
    cases: pd.DataFrame,
    who: Sequence[Groups],
    rules: HealthcareAudit,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The limited measures before and after "justification first"; no rows without a priority score."""
    if "priority" not in cases:
        return pd.DataFrame()
    after = replay.justified_first(cases)
    return _each(replay.replayed(cases, after, w, list(rules.limits), inference=inference, rng=rng) for w in who)
