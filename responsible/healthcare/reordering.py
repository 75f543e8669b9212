"""Reordering: what a rule would have decided that looks at clinical justification and at nothing else.

Layer 2. A what-if, not a forecast: as many approvals as there were, and the same processing times, handed out in
another order. The rule sees need, priority and urgency; never a protected attribute, nor who asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, PRIORITY, URGENCY


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
