"""Second witnesses: every formula again, from rows, by counting one row after the other. Slow, obvious, and never
imported by the library.

A row is a pair (label, prediction), a scored row a pair (score, label). ``nan`` is what an undefined value is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from math import comb, log, nan, sqrt

import numpy as np

Row = tuple[int, int]
Rows = Sequence[Row]


def rows(table: np.ndarray) -> list[Row]:
    """The rows that ``table[y, ŷ]`` counts."""
    return [(y, h) for y in (0, 1) for h in (0, 1) for _ in range(int(table[y][h]))]


def table(pairs: Rows) -> np.ndarray:
    """The counts ``[y, ŷ]`` of rows."""
    counts = np.zeros((2, 2), dtype=int)
    for y, h in pairs:
        counts[y, h] += 1
    return counts


def confusion(tp: int, fp: int, tn: int, fn: int) -> np.ndarray:
    """The counts ``[y, ŷ]`` of a confusion table."""
    return np.array([[tn, fp], [fn, tp]])


# ProPublica's two-year COMPAS file, "high risk" from decile 5 up (public court records, counted by race).
COMPAS = {
    "African-American": confusion(tp=1369, fp=805, tn=990, fn=532),
    "Caucasian": confusion(tp=505, fp=349, tn=1139, fn=461),
    "Hispanic": confusion(tp=103, fp=87, tn=318, fn=129),
    "Other": confusion(tp=43, fp=36, tn=208, fn=90),
    "Asian": confusion(tp=6, fp=2, tn=21, fn=3),
    "Native American": confusion(tp=9, fp=3, tn=5, fn=1),
}
# A budget model at threshold 300 on 10,000 test rows: (unprivileged, privileged).
BUDGET = {
    "baseline": (confusion(tp=17, fp=80, fn=40, tn=5661), confusion(tp=4051, fp=17, fn=119, tn=15)),
    "reweighed": (confusion(tp=53, fp=204, fn=4, tn=5537), confusion(tp=3869, fp=1, fn=301, tn=31)),
}
# UCI Adult, all 48,842 rows: (Female, Male), the label itself taken as the prediction.
ADULT = (confusion(tp=1769, fp=0, tn=16192 - 1769, fn=0), confusion(tp=9918, fp=0, tn=32650 - 9918, fn=0))


def share(flags: Sequence[bool]) -> float:
    """The share of true values; undefined for none at all."""
    return sum(flags) / len(flags) if flags else nan


RATES: dict[str, Callable[[Rows], float]] = {
    "selection_rate": lambda r: share([h == 1 for _, h in r]),
    "true_positive_rate": lambda r: share([h == 1 for y, h in r if y == 1]),
    "false_positive_rate": lambda r: share([h == 1 for y, h in r if y == 0]),
    "positive_predictive_value": lambda r: share([y == 1 for y, h in r if h == 1]),
    "base_rate": lambda r: share([y == 1 for y, _ in r]),
    "false_negative_rate": lambda r: share([h == 0 for y, h in r if y == 1]),
    "true_negative_rate": lambda r: share([h == 0 for y, h in r if y == 0]),
    "negative_predictive_value": lambda r: share([y == 0 for y, h in r if h == 0]),
    "false_discovery_rate": lambda r: share([y == 0 for y, h in r if h == 1]),
    "false_omission_rate": lambda r: share([y == 1 for y, h in r if h == 0]),
    "accuracy": lambda r: share([y == h for y, h in r]),
}


def _f1(r: Rows) -> float:
    precision, recall = RATES["positive_predictive_value"](r), RATES["true_positive_rate"](r)
    if not any(y or h for y, h in r):
        return nan
    if not any(y and h for y, h in r):
        return 0.0
    return 2 / (1 / precision + 1 / recall)


PERFORMANCE: dict[str, Callable[[Rows], float]] = {
    "accuracy": RATES["accuracy"],
    "balanced_accuracy": lambda r: (RATES["true_positive_rate"](r) + RATES["true_negative_rate"](r)) / 2,
    "precision": RATES["positive_predictive_value"],
    "recall": RATES["true_positive_rate"],
    "f1": _f1,
}


def _gap(name: str, u: Rows, p: Rows) -> float:
    return RATES[name](u) - RATES[name](p)


def _ratio(name: str, u: Rows, p: Rows) -> float:
    below = RATES[name](p)
    return RATES[name](u) / below if below > 0 else nan


ERRORS = ("false_positive_rate", "false_negative_rate", "false_discovery_rate", "false_omission_rate")


def _nan_or(of: Callable[[list[float]], float], values: list[float]) -> float:
    return nan if any(v != v for v in values) else of(values)  # noqa: PLR0124 - only NaN differs from itself


MEASURES: dict[str, Callable[[Rows, Rows], float]] = {
    "statistical_parity_difference": lambda u, p: _gap("selection_rate", u, p),
    "disparate_impact": lambda u, p: _ratio("selection_rate", u, p),
    "equal_opportunity_difference": lambda u, p: _gap("true_positive_rate", u, p),
    "average_odds_difference": lambda u, p: (_gap("false_positive_rate", u, p) + _gap("true_positive_rate", u, p)) / 2,
    "average_absolute_odds_difference": lambda u, p: (
        (abs(_gap("false_positive_rate", u, p)) + abs(_gap("true_positive_rate", u, p))) / 2
    ),
    "predictive_parity_difference": lambda u, p: _gap("positive_predictive_value", u, p),
    **{f"{name}_difference": partial(_gap, name) for name in ERRORS},
    **{f"{name}_ratio": partial(_ratio, name) for name in ERRORS},
    "equalized_odds_difference": lambda u, p: _nan_or(
        max, [abs(_gap("true_positive_rate", u, p)), abs(_gap("false_positive_rate", u, p))]
    ),
    "balanced_accuracy_difference": lambda u, p: (
        PERFORMANCE["balanced_accuracy"](u) - PERFORMANCE["balanced_accuracy"](p)
    ),
}

# The rows of a group that a measure rests on, and the reason it is undefined when there are none.
_Kept = Callable[[Row], bool]
_every: tuple[_Kept, str] = (lambda _: True, "group_absent")
_positives: tuple[_Kept, str] = (lambda row: row[0] == 1, "no_positives")
_negatives: tuple[_Kept, str] = (lambda row: row[0] == 0, "no_negatives")
_selected: tuple[_Kept, str] = (lambda row: row[1] == 1, "no_predicted_positives")
_rejected: tuple[_Kept, str] = (lambda row: row[1] == 0, "no_predicted_negatives")
CARRIED_BY: dict[str, list[tuple[_Kept, str]]] = {
    "statistical_parity_difference": [_every],
    "disparate_impact": [_every],
    "equal_opportunity_difference": [_positives],
    "average_odds_difference": [_positives, _negatives],
    "average_absolute_odds_difference": [_positives, _negatives],
    "predictive_parity_difference": [_selected],
    **{f"false_positive_rate_{kind}": [_negatives] for kind in ("difference", "ratio")},
    **{f"false_negative_rate_{kind}": [_positives] for kind in ("difference", "ratio")},
    **{f"false_discovery_rate_{kind}": [_selected] for kind in ("difference", "ratio")},
    **{f"false_omission_rate_{kind}": [_rejected] for kind in ("difference", "ratio")},
    "equalized_odds_difference": [_positives, _negatives],
    "balanced_accuracy_difference": [_positives, _negatives],
}


def undefined(name: str, u: Rows, p: Rows, minimum: int) -> str | None:
    """The reason a measure has no value to report, in the order the documentation gives."""
    if not u or not p:
        return "group_absent"
    smallest = [(min(sum(kept(row) for row in side) for side in (u, p)), why) for kept, why in CARRIED_BY[name]]
    for number, why in smallest:
        if number == 0:
            return why
    if name == "disparate_impact" and not any(h for _, h in p):
        return "no_predicted_positives"
    if name.endswith("_ratio") and not RATES[name.removesuffix("_ratio")](p):
        return "divides_by_zero"
    return "n_below_minimum" if any(number < minimum for number, _ in smallest) else None


def roc_auc(scored: Sequence[tuple[float, int]]) -> float:
    """Every pair of a positive and a negative, one by one."""
    pairs = [(a > b) + (a == b) / 2 for a, ya in scored if ya for b, yb in scored if not yb]
    return sum(pairs) / len(pairs) if pairs else nan


def delong_variance(scored: Sequence[tuple[float, int]]) -> float:
    """DeLong's variance by way of all pairs: the variances of the row and column means of the
    matrix of comparisons.
    """
    positives, negatives = ([s for s, y in scored if y == label] for label in (1, 0))
    wins = np.array([[(a > b) + (a == b) / 2 for b in negatives] for a in positives])
    return float(wins.mean(1).var(ddof=1) / len(positives) + wins.mean(0).var(ddof=1) / len(negatives))


def losses(scored: Sequence[tuple[float, int]], name: str) -> list[float]:
    """The loss of each row."""
    if name == "brier":
        return [(y - s) ** 2 for s, y in scored]
    return [-log(s if y else 1 - s) for s, y in scored]


SCORES: dict[str, Callable[[Sequence[tuple[float, int]]], float]] = {
    "roc_auc": roc_auc,
    "log_loss": lambda scored: sum(losses(scored, "log_loss")) / len(scored),
    "brier": lambda scored: sum(losses(scored, "brier")) / len(scored),
}


def standard_error(values: Sequence[float]) -> float:
    """S / √n."""
    mean = sum(values) / len(values)
    return sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


def pearson(observed: np.ndarray) -> float:
    """Pearson's chi-square of a table, cell by cell; a column without rows adds nothing."""
    total, statistic = observed.sum(), 0.0
    for line in observed:
        for j, cell in enumerate(line):
            expected = line.sum() * observed[:, j].sum() / total
            statistic += (cell - expected) ** 2 / expected if expected else 0.0
    return statistic


def _relabelled(observed: np.ndarray) -> list[float]:
    """Pearson's statistic of every way to hand the outcomes of ``observed (2, 2)`` to its groups, one for each
    relabelling.
    """
    outcomes = [0] * observed[:, 0].sum() + [1] * observed[:, 1].sum()
    first, both = observed[0].sum(), observed.sum(0)
    drawn = [sum(outcomes[i] for i in chosen) for chosen in combinations(range(len(outcomes)), first)]
    statistic = {events: pearson(np.array([line := [first - events, events], both - line])) for events in set(drawn)}
    return [statistic[events] for events in drawn]


def equalized_odds_p(u: np.ndarray, p: np.ndarray) -> float:
    """The exact permutation p of χ²(y = 0) + χ²(y = 1): each relabelling of the rows with y = 0 with each of those
    with y = 1.
    """
    strata = [np.array([u[y], p[y]]) for y in (0, 1)]
    seen = sum(pearson(stratum) for stratum in strata)
    sums = np.add.outer(*map(_relabelled, strata))
    return float(np.mean(sums >= seen - 1e-9))


def any_difference_p(observed: np.ndarray) -> float:
    """The exact permutation p of Pearson's chi-square of a (k, 2) table: all ways to give its events to the groups."""
    sizes, events, seen = observed.sum(1), int(observed[:, 1].sum()), pearson(observed)
    as_extreme = 0
    for given in np.ndindex(*(sizes + 1)):
        if sum(given) == events and pearson(np.stack([sizes - given, given], 1)) >= seen - 1e-9:
            as_extreme += int(np.prod([comb(int(n), k) for n, k in zip(sizes, given, strict=True)]))
    return as_extreme / comb(int(sizes.sum()), events)


def holm(p: Sequence[float]) -> list[float]:
    """Holm by the closure principle: a hypothesis is rejected when Bonferroni rejects every set that contains it."""
    families = [s for size in range(1, len(p) + 1) for s in combinations(range(len(p)), size)]
    bonferroni = {s: min(1.0, len(s) * min(p[i] for i in s)) for s in families}
    return [max(value for s, value in bonferroni.items() if i in s) for i in range(len(p))]


def best_accuracy(u: np.ndarray, p: np.ndarray, within: Callable[[float, float], bool], steps: int = 200) -> float:
    """The best accuracy over a grid of selection rates that are ``within(r_u, r_p)``, by trying
    each; 0 when none is.
    """
    n, grid = u.sum() + p.sum(), np.linspace(0, 1, steps + 1)
    best = 0.0
    for r_u in grid:
        for r_p in grid:
            if within(r_u, r_p):
                errors = abs(r_u * u.sum() - u[1].sum()) + abs(r_p * p.sum() - p[1].sum())
                best = max(best, 1 - errors / n)
    return best
