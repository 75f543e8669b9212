"""Replay: the same cases decided by justification first, and what that would change for each group.

A what-if, not a forecast: as many approvals as there were, and the same processing times, handed out in
another order. The rule sees need, priority and urgency; never a protected attribute, nor who asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import questions
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import MEASURES
from responsible.healthcare import approval_rates
from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, PRIORITY, URGENCY, scopes, selected
from responsible.statistics import means
from responsible.statistics.count_figures import change, estimate
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference


def justified_first(cases: pd.DataFrame) -> pd.DataFrame:
    """What the rule decides: ``outcome`` (0/1) and, with durations, ``duration``, of each case, in the order of
    ``cases``.

    Approved are the necessary cases by priority, highest first, then the others by priority, until as many are approved
    as were. Processing times that were known are handed out again to the same cases, the shortest to the urgent, then
    the necessary, then the highest priority. Ties go to the smaller ``id`` (else the earlier row), so the result
    depends on nothing else.

    Raises:
        KeyError: the table has no ``priority``: the replay is off (:func:`responsible.healthcare.cases.switched_off`).
    """
    out = pd.DataFrame({OUTCOME: np.zeros(len(cases), dtype=np.int64)}, index=cases.index)
    approved = _order(cases, [MERIT, PRIORITY])[: int(cases[OUTCOME].sum())]
    out.iloc[approved, 0] = 1
    if DURATION in cases:
        minutes = cases[DURATION].to_numpy(dtype=float)
        order = _order(cases, [URGENCY, MERIT, PRIORITY])
        order = order[~np.isnan(minutes[order])]
        after = np.full(len(cases), np.nan)
        after[order] = np.sort(minutes[order])
        out[DURATION] = after
    return out


def _order(cases: pd.DataFrame, roles: Sequence[str]) -> npt.NDArray[np.intp]:
    """Positions of the cases, highest of the first role first; absent roles are skipped, but priority is needed."""
    tie = pd.factorize(cases["id"], sort=True)[0] if "id" in cases else np.arange(len(cases))
    keys = [-cases[role].to_numpy(dtype=float) for role in roles if role in cases or role == PRIORITY]
    return np.lexsort((tie, *reversed(keys)))


Array = npt.NDArray[np.float64]
Three = dict[str, tuple[float, float, float]]  # value, low and high, before, after and of the change
WAIT = "mean_wait_difference"


def replayed(
    cases: pd.DataFrame,
    after: pd.DataFrame,
    who: Groups,
    measures: Sequence[str],
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Every measure of every comparison before and after the replay, and its paired change, with intervals.

    Columns: ``attribute, comparison, scope, measure, before, before_low, before_high, after, after_low, after_high,
    change, change_low, change_high, reason``. Fairness measures: multinomial intervals, the change's of joint
    counts, each case keeping its two decisions together; ``mean_wait_difference``: Welch's. The rule's decisions are
    held as they are, so the intervals say what other cases of this kind would show and not what another cut would.
    """
    joint = approval_rates.count(cases, who, [after[OUTCOME].to_numpy()])
    rows: list[dict[str, object]] = []
    for scope in approval_rates.scopes(cases):
        point = joint[..., 1, :, :, :] if scope == "urgent" else joint.sum(axis=-4)
        for versus in questions(who):
            sides = _Sides.of(np.stack(versus.split(point, axis=-4)), inference, rng)
            for name in approval_rates.measures(cases, measures):
                place = {"attribute": who.attribute, "comparison": versus.name, "scope": scope, "measure": name}
                rows.append(place | sides.judged(name, inference))
    if DURATION in cases and WAIT in measures:
        rows += _waits(cases, after, who, inference)
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Sides:
    """Tables and replicates of one comparison: of joint counts ``[side, y, before, after]``, and of either decision."""

    joint: tuple[Counts, Draws]
    single: Mapping[str, tuple[Counts, Draws]]

    @classmethod
    def of(cls, joint: Counts, inference: Inference, rng: np.random.Generator) -> _Sides:
        views = {"before": joint.sum(axis=-1), "after": joint.sum(axis=-2)}
        single = {key: (table, drawn(table, inference, rng)) for key, table in views.items()}
        return cls((joint, drawn(joint, inference, rng, models=2)), single)

    def judged(self, name: str, inference: Inference) -> dict[str, object]:
        figure = MEASURES[name].figure
        found = {key: estimate(figure, *tables, inference) for key, tables in self.single.items()}
        found["change"] = change(figure, *self.joint, inference)
        reason = found["change"].reason
        three: Three = {key: (each.value, each.low, each.high) for key, each in found.items()}
        return _flat(dict.fromkeys(three, (np.nan,) * 3) if reason else three) | {"reason": reason}


def _flat(three: Three) -> dict[str, object]:
    return {
        name: x
        for key, values in three.items()
        for name, x in zip((key, f"{key}_low", f"{key}_high"), values, strict=True)
    }


def _waits(cases: pd.DataFrame, after: pd.DataFrame, who: Groups, inference: Inference) -> list[dict[str, object]]:
    code = who.codes(cases)
    rows: list[dict[str, object]] = []
    for scope in _wait_scopes(cases):
        used = selected(cases, scope) & cases[DURATION].notna().to_numpy()
        for versus in questions(who):
            side = np.where(used, versus.sides(code), -1)
            three: Three = {}
            for key, minutes in _three(cases[DURATION], after[DURATION]):
                both = means.Moments.of(minutes[side >= 0], side[side >= 0], np.eye(2, dtype=bool))
                u, p = (means.Moments(both.n[s], both.mean[s], both.variance[s]) for s in (0, 1))
                value, low, high, _ = means.welch(u, p, inference.confidence)
                moved = minutes[side >= 0].any()  # a change of nobody's wait is none, and certain
                three[key] = (float(value), float(low), float(high)) if moved else (0.0, 0.0, 0.0)
            few = int(min((side == 0).sum(), (side == 1).sum()))
            reason = "" if few >= inference.minimum_denominator else "n_below_minimum" if few else "group_absent"
            if not reason and any(np.isnan(low) for _, low, _ in three.values()):
                reason = means.STILL
            place = {"attribute": who.attribute, "comparison": versus.name, "scope": scope, "measure": WAIT}
            rows.append(place | _flat(dict.fromkeys(three, (np.nan,) * 3) if reason else three) | {"reason": reason})
    return rows


def _wait_scopes(cases: pd.DataFrame) -> list[str]:
    return [scope for scope in scopes(cases) if scope != "urgent"]


def _three(before: pd.Series, after: pd.Series) -> Iterator[tuple[str, Array]]:
    """The numbers (n,) before, after, and what each case's changes by."""
    numbers = before.to_numpy(dtype=float), after.to_numpy(dtype=float)
    yield from (("before", numbers[0]), ("after", numbers[1]), ("change", numbers[1] - numbers[0]))
