"""Adjusted odds: does priority explain it? Approval by priority band, and odds ratios at equal priority and need."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from responsible.fairness.groups import Groups
from responsible.healthcare.cases import MERIT, OUTCOME, PRIORITY, URGENCY, binary, binned
from responsible.statistics import intervals
from responsible.statistics.count_tables import tabulate

Array = npt.NDArray[np.float64]
GIVEN = (PRIORITY, MERIT, URGENCY)


def bands(cases: pd.DataFrame, who: Groups, number: int, confidence: float) -> pd.DataFrame:
    """Approval of every level in each of ``number`` quantile bands of priority, lowest first, with Wilson intervals.

    Columns: ``attribute, order, band, level, privileged, n, approved, rate, low, high``; NaN where a level has nobody
    in a band. No rows when the table has no ``priority``.
    """
    if PRIORITY not in cases:
        return pd.DataFrame()
    label = binned(cases[PRIORITY], number)
    order = cases[PRIORITY].groupby(label).min().sort_values().index
    code = who.codes(cases)
    cell = np.where(code < 0, -1, code * len(order) + order.get_indexer(pd.Index(label)))
    table = tabulate(cell, len(who.levels) * len(order), [binary(cases, OUTCOME)], np.ones(len(cases)))
    n, approved = table.sum(axis=1), table[:, 1]
    wilson = intervals.wilson(approved, n, confidence)
    index = pd.MultiIndex.from_product([who.levels, range(len(order))], names=["level", "order"])
    out = pd.DataFrame({"n": n, "approved": approved, "low": wilson.low, "high": wilson.high}, index).reset_index()
    out["rate"] = out["approved"] / out["n"].where(out["n"] > 0)
    out = out.assign(attribute=who.attribute, band=order[out["order"]])
    out["privileged"] = np.repeat(who.privileged, len(order))
    return out[["attribute", "order", "band", "level", "privileged", "n", "approved", "rate", "low", "high"]]


def odds(cases: pd.DataFrame, who: Groups, confidence: float, minimum: int) -> pd.DataFrame:
    """Odds ratio of approval of each unprivileged level against all privileged ones, before and after adjustment.

    Where no level is privileged, each is set against everybody else in a regression of its own.
    Logistic regression (maximum likelihood, no penalty) of outcome on indicators of the unprivileged levels, and for
    ``model`` *adjusted* also on those of priority, merit and urgency that the table has (``given`` names them). Errors
    are robust (HC0, the sandwich of White 1982). Beside the odds ratio, in (0, ∞), 1 is parity, stands ``difference``:
    the mean over all cases of approval probability were everyone of this level, minus were everyone privileged (Lane &
    Nelder 1982), in [−1, 1], 0 is parity, by the delta method; an odds ratio moves under adjustment even where the
    added factor is unrelated to the group, this difference does not.

    Columns: ``attribute, level, model, given, n, odds_ratio, low, high, p, difference, difference_low, difference_high,
    reason, simultaneous_low, simultaneous_high`` (of the odds ratio, for all levels at once). ``reason``:
    ``n_below_minimum`` for a level (or those it is compared with) with fewer than ``minimum`` cases, which is left out;
    ``separated`` when a group is approved always or never or the estimate does not exist.
    """
    code = who.codes(cases)
    reasons = _reasons(code, binary(cases, OUTCOME), who, minimum)
    usable = [level for level, why in reasons.items() if not why]
    given = [role for role in GIVEN if role in cases and cases[role].nunique() > 1]
    rows = []
    for model, factors in (("unadjusted", []), *([("adjusted", given)] if given else [])):
        fits = _fits(cases, code, who, usable, factors)
        for level, why in reasons.items():
            place = {
                "attribute": who.attribute,
                "level": who.levels[level],
                "model": model,
                "given": ", ".join(factors),
            }
            fit, index = fits.get(level, (None, 0))
            found, wide = (
                fit.level(index, c) if fit else _NOTHING
                for c in (confidence, intervals.bonferroni(confidence, who.compared))
            )
            row = {**place, "n": int((code == level).sum()), **found, "reason": why or ("" if fit else "separated")}
            rows.append(row | {"simultaneous_low": wide["low"], "simultaneous_high": wide["high"]})
    return pd.DataFrame(rows)


def _fits(
    cases: pd.DataFrame, code: npt.NDArray[np.int64], who: Groups, usable: list[int], factors: list[str]
) -> dict[int, tuple[_Fit | None, int]]:
    """By level the regression that has its indicator, and which one it is: all in one, or each against the others."""
    if who.reference:
        kept = np.isin(code, [*usable, *np.flatnonzero(who.privileged)])
        fit = _fit(cases[kept], code[kept], usable, factors) if usable else None
        return {level: (fit, index) for index, level in enumerate(usable)}
    return {level: (_fit(cases[code >= 0], code[code >= 0], [level], factors), 0) for level in usable}


_NAMES = ("odds_ratio", "low", "high", "p", "difference", "difference_low", "difference_high")
_NOTHING = dict.fromkeys(_NAMES, np.nan)


def _reasons(code: npt.NDArray[np.int64], outcome: npt.NDArray[np.int64], who: Groups, minimum: int) -> dict[int, str]:
    """By compared level the reason why its odds ratio cannot be estimated, empty where it can."""
    table = tabulate(code, len(who.levels), [outcome], np.ones(len(code)))

    def reason(group: np.ndarray) -> str:
        return "n_below_minimum" if group.sum() < minimum else "separated" if group.min() == 0 else ""

    other = table[who.privileged].sum(axis=0) if who.reference else table.sum(axis=0) - table
    others = np.broadcast_to(other, table.shape)
    compared = np.flatnonzero(~who.privileged)[: who.compared]  # of two levels one, the other is its reciprocal
    return {int(level): reason(others[level]) or reason(table[level]) for level in compared}


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fitted logistic regression: design (n, 1 + levels + factors), coefficients and their robust covariance."""

    X: Array
    levels: int
    beta: Array
    covariance: Array

    def level(self, index: int, confidence: float) -> dict[str, float]:
        z, own = intervals.quantile(confidence), 1 + index
        error = float(np.sqrt(self.covariance[own, own]))
        ratio = np.exp(self.beta[own] + error * z * np.array([0.0, -1.0, 1.0]))
        p = float(2 * scipy.special.ndtr(-abs(self.beta[own]) / error))
        difference, spread = self._standardised(own)
        ends = (difference, difference - z * spread, difference + z * spread)
        return dict(zip(_NAMES, [*map(float, ratio), p, *ends], strict=True))

    def _standardised(self, own: int) -> tuple[float, float]:
        mean, gradient = np.zeros(2), np.zeros((2, len(self.beta)))
        for everyone in (0, 1):
            X = self.X.copy()
            X[:, 1 : 1 + self.levels] = 0
            X[:, own] = everyone
            p = scipy.special.expit(X @ self.beta)
            mean[everyone], gradient[everyone] = p.mean(), (p * (1 - p)) @ X / len(X)
        slope = gradient[1] - gradient[0]
        return float(mean[1] - mean[0]), float(np.sqrt(slope @ self.covariance @ slope))


def _fit(cases: pd.DataFrame, code: npt.NDArray[np.int64], levels: list[int], factors: list[str]) -> _Fit | None:
    """None when the maximum likelihood estimate does not exist."""
    from statsmodels.discrete.discrete_model import Logit  # statsmodels.api takes twice as long to import
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationError, PerfectSeparationWarning

    failures = (ConvergenceWarning, PerfectSeparationWarning, RuntimeWarning)
    numbers = cases[factors].to_numpy(dtype=float)
    spread = numbers.std(axis=0)
    numbers = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1)
    X = np.column_stack([np.ones(len(cases)), *(code == level for level in levels), numbers])
    with warnings.catch_warnings():
        for kind in failures:
            warnings.simplefilter("error", kind)
        try:
            fitted = Logit(binary(cases, OUTCOME), X).fit(disp=0, cov_type="HC0")
        except (*failures, PerfectSeparationError, np.linalg.LinAlgError):
            return None
    return _Fit(X, len(levels), np.asarray(fitted.params), np.asarray(fitted.cov_params()))
