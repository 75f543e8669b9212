"""Subgroups: which conjunctions of recorded columns are decided unlike everyone else, searched for and confirmed.

The search works on one count table. Each row falls into the first or the second half by a fair coin, drawn for
the cells of the table and not for rows; the first half proposes, the second, which took no part in the choice,
confirms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.statistics.mantel_haenszel import Stratified, stratified
from responsible.statistics.significance import benjamini_hochberg, holm
from responsible.tabular.conjunctions import (
    Array,
    Bools,
    Conjunction,
    Conjunctions,
    Ints,
    Search,
    parts,
    tabulated,
    text,
)

COLUMNS = ["group", "depth", "n", "approved", "rate", "rest_rate", "first_difference", "first_p_adjusted"]
COLUMNS += ["difference", "low", "high", "p", "p_adjusted", "confirmed"]


@dataclass(frozen=True, eq=False)
class Found:
    """``findings`` in the order they were proposed, how many conjunctions were ``searched`` (had support), how many
    were ``significant`` before those that the findings explain were pruned, and the ``cells`` of the count table.
    """

    findings: pd.DataFrame
    searched: int
    significant: int
    cells: int


def search(
    columns: pd.DataFrame,
    outcome: npt.ArrayLike,
    given: pd.DataFrame,
    rules: Search,
    rng: np.random.Generator,
    *,
    counts: npt.ArrayLike = 1,
    confidence: float = 0.95,
) -> Found:
    """Every conjunction of levels of at most ``depth`` columns, against everyone else with the same levels of
    ``given``.

    ``columns`` and ``given`` are frames of text (n rows; ``given`` may have no columns), ``outcome`` is (n,) 0/1, and
    a row stands for ``counts`` (n,) of them. On the first half, every conjunction with support gets its stratified
    difference of rates and test. The most extreme one that Benjamini-Hochberg over all of them keeps at ``level`` is
    proposed, or its shortest significant part from which it does not clearly differ. Membership in it then joins
    ``given`` and the search repeats, so that what a finding explains (supersets, parts, its complement, columns that go
    along with it) is not proposed again. On the second half each finding is tested once, under the conditions it was
    found under, with Holm over the findings.

    ``findings`` columns: ``group, depth, n, approved, rate, rest_rate`` (both halves); ``first_difference,
    first_p_adjusted``; ``difference, low, high, p, p_adjusted`` of the second half, the ones to report;
    ``confirmed``: ``p_adjusted`` at most ``level`` with the same sign.
    """
    table = tabulated(columns, outcome, given, counts)
    space, stratum = Conjunctions(table, rules.depth), table.stratum
    first = np.asarray(rng.binomial(table.counts, 0.5), dtype=np.int64)
    rows: list[dict[str, object]] = []
    searched = significant = 0
    while len(rows) < rules.most:
        scan = _scan(space, stratum, first, rules)
        if not rows:
            searched, significant = int((~np.isnan(scan.adjusted)).sum()), len(scan.kept)
        if not len(scan.kept):
            break
        chosen = _simplest(scan, stratum, first, rules.level)
        inside = table.member(scan.space.name(chosen))
        own = _one(inside, stratum, table.counts - first)
        rows.append(_finding(scan, chosen, table.counts, inside) | _confirmation(own, confidence))
        stratum = np.unique(2 * stratum + inside, return_inverse=True)[1]
    return Found(_adjusted(pd.DataFrame(rows), rules.level), searched, significant, len(table.codes))


@dataclass(frozen=True, eq=False)
class _Scan:
    """One pass over all conjunctions: result, adjusted p (NaN without support), and those kept, most extreme first."""

    space: Conjunctions
    found: Stratified
    adjusted: Array
    kept: Ints


def _scan(space: Conjunctions, stratum: Ints, counts: Ints, rules: Search) -> _Scan:
    n, k = (space.rows(weights, stratum) for weights in (counts.sum(axis=1), counts[:, 1]))
    N, K = (np.bincount(stratum, weights=weights) for weights in (counts.sum(axis=1), counts[:, 1]))
    enough = (n.sum(axis=1) >= rules.support) & (N.sum() - n.sum(axis=1) >= rules.support)
    found = stratified(n, k, N, K)
    adjusted = benjamini_hochberg(np.where(enough, found.p, np.nan))
    kept = np.flatnonzero(adjusted <= rules.level)
    # The complement of a group is as extreme as the group: the side that is approved less is the one to name.
    extreme = np.abs(found.z[kept]).round(9)
    return _Scan(space, found, adjusted, kept[np.lexsort((kept, found.z[kept] > 0, -extreme))])


def _simplest(scan: _Scan, stratum: Ints, counts: Ints, level: float) -> int:
    """The most extreme conjunction, or its shortest kept part that it does not clearly differ from within that part.

    Clearly: at ``level`` over all conjunctions searched, because the most extreme superset was picked to differ.
    """
    best = scan.space.name(int(scan.kept[0]))
    inside, clear = scan.space.table.member(best), level / np.count_nonzero(~np.isnan(scan.adjusted))
    for part in parts(best):
        index, wider = scan.space.index(part), scan.space.table.member(part)
        if index in scan.kept and not _one(inside[wider], stratum[wider], counts[wider]).p[0] <= clear:
            return _less_approved(scan, index)
    return int(scan.kept[0])


def _less_approved(scan: _Scan, index: int) -> int:
    """The conjunction, or one as extreme that is approved less, such as its complement."""
    extreme = np.abs(scan.found.z[scan.kept]).round(9)
    return int(scan.kept[np.argmax(extreme == np.abs(scan.found.z[index]).round(9))])


def _one(inside: Bools, stratum: Ints, counts: Ints) -> Stratified:
    """The cells ``inside`` against the other cells given."""
    weights = (counts.sum(axis=1), counts[:, 1])
    n, k = (np.bincount(stratum, weights=w * inside) for w in weights)
    N, K = (np.bincount(stratum, weights=w) for w in weights)
    return stratified(n[None], k[None], N, K)


def _finding(scan: _Scan, chosen: int, counts: Ints, inside: Bools) -> dict[str, object]:
    conjunction: Conjunction = scan.space.name(chosen)
    (refused, approved), (rest_refused, rest_approved) = counts[inside].sum(axis=0), counts[~inside].sum(axis=0)
    return {
        "group": text(conjunction),
        "depth": len(conjunction),
        "n": int(refused + approved),
        "approved": int(approved),
        "rate": approved / (refused + approved),
        "rest_rate": rest_approved / (rest_refused + rest_approved),
        "first_difference": scan.found.difference[chosen],
        "first_p_adjusted": scan.adjusted[chosen],
    }


def _confirmation(own: Stratified, confidence: float) -> dict[str, object]:
    low, high = own.interval(confidence)
    return {"difference": own.difference[0], "low": low[0], "high": high[0], "p": own.p[0]}


def _adjusted(findings: pd.DataFrame, level: float) -> pd.DataFrame:
    if findings.empty:
        return pd.DataFrame(columns=COLUMNS)
    adjusted = holm(findings["p"].to_numpy(dtype=float))
    same = np.sign(findings["difference"]) == np.sign(findings["first_difference"])
    return findings.assign(p_adjusted=adjusted, confirmed=(adjusted <= level) & same)[COLUMNS]
