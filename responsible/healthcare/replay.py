"""Replay: the same cases decided by clinical justification first, and what that would change for each group.

A what-if, not a forecast: as many approvals as there were, and the same processing times, handed out in
another order. The rule sees need, priority and urgency; never a protected attribute, nor who asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from responsible.fairness.comparisons import comparisons
from responsible.fairness.groups import Groups
from responsible.fairness.measures import MEASURES, undefined
from responsible.healthcare import approval_rates
from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, PRIORITY, URGENCY, scopes, selected
from responsible.statistics import intervals, means
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
    change, change_low, change_high, reason``. Fairness measures: multinomial percentile intervals of joint counts, each
    case keeping its two decisions together; ``mean_wait_difference``: Welch's. The rule's decisions are held as they
    are, so the intervals say what other cases of this kind would show and not what another cut would.
    """
    joint = approval_rates.count(cases, who, [after[OUTCOME].to_numpy()])
    half = intervals.half_counts(joint)
    draws = intervals.replicates(joint, inference.replicates, rng, probabilities=half)
    rows = []
    for scope in approval_rates.scopes(cases):
        point, drawn = (t[..., 1, :, :, :] if scope == "urgent" else t.sum(axis=-4) for t in (joint, draws))
        for versus in comparisons(who):
            sides, side_draws = (versus.split(t, axis=-4) for t in (point, drawn))
            for name in approval_rates.measures(cases, measures):
                place = {"attribute": who.attribute, "comparison": versus.name, "scope": scope, "measure": name}
                rows.append(place | _judged(name, sides, side_draws, inference))
    if DURATION in cases and WAIT in measures:
        rows += _waits(cases, after, who, inference)
    return pd.DataFrame(rows)


def _judged(
    name: str, sides: tuple[np.ndarray, np.ndarray], draws: tuple[np.ndarray, np.ndarray], inference: Inference
) -> dict[str, object]:
    u, p = sides
    reasons = [undefined(name, u.sum(axis), p.sum(axis), inference.minimum_denominator) for axis in (-1, -2)]
    value, drawn = ([MEASURES[name].compute(x[0].sum(a), x[1].sum(a)) for a in (-1, -2)] for x in (sides, draws))
    three: Three = {}
    for key, x, d in zip(("before", "after"), value, drawn, strict=True):
        three[key] = _with_interval(float(x), d, inference)
    three["change"] = _with_interval(float(value[1] - value[0]), drawn[1] - drawn[0], inference)
    reason = next((r for r in reasons if r), "")
    return _flat(dict.fromkeys(three, (np.nan,) * 3) if reason else three) | {"reason": reason}


def _with_interval(value: float, draws: np.ndarray, inference: Inference) -> tuple[float, float, float]:
    found = intervals.percentile(draws, inference.confidence)
    return value, float(found.low), float(found.high)


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
        for versus in comparisons(who):
            side = np.where(used, versus.sides(code), -1)
            three: Three = {}
            for key, minutes in _three(cases[DURATION], after[DURATION]):
                both = means.Moments.of(minutes[side >= 0], side[side >= 0], np.eye(2, dtype=bool))
                u, p = (means.Moments(both.n[s], both.mean[s], both.variance[s]) for s in (0, 1))
                value, low, high, _ = means.welch(u, p, inference.confidence)
                three[key] = float(value), float(low), float(high)
            few = int(min((side == 0).sum(), (side == 1).sum()))
            reason = "" if few >= inference.minimum_denominator else "n_below_minimum" if few else "group_absent"
            place = {"attribute": who.attribute, "comparison": versus.name, "scope": scope, "measure": WAIT}
            rows.append(place | _flat(dict.fromkeys(three, (np.nan,) * 3) if reason else three) | {"reason": reason})
    return rows


def _wait_scopes(cases: pd.DataFrame) -> list[str]:
    return [scope for scope in scopes(cases) if scope != "urgent"]


def _three(before: pd.Series, after: pd.Series) -> Iterator[tuple[str, Array]]:
    """The numbers (n,) before, after, and what each case's changes by."""
    numbers = before.to_numpy(dtype=float), after.to_numpy(dtype=float)
    yield from (("before", numbers[0]), ("after", numbers[1]), ("change", numbers[1] - numbers[0]))


def _mean(x: Array, key: str, figure: str, confidence: float) -> tuple[float, float, float]:
    if figure == "selection_rate" and key != "change":
        found = intervals.wilson(x.sum(), len(x), confidence)
        return float(x.mean()) if len(x) else np.nan, float(found.low), float(found.high)
    if len(x) < 2:
        return (float(x.mean()) if len(x) else np.nan), np.nan, np.nan
    half = float(stats.t.ppf((1 + confidence) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return float(x.mean()), float(x.mean()) - half, float(x.mean()) + half
