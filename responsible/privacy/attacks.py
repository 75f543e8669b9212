"""What noise buys: how much better than guessing an attacker does who looks for the published thing nearest a person.

*Membership*: half of the rows are published, and the attacker says of every row, knowing its true features, whether it
was among them: yes when something published lies close enough. The advantage is the true minus the false positive rate;
1 is certainty, 0 is guessing. *Linkage*: the attacker takes the nearest published row for the person's own; the
advantage is the share of hits beyond the 1/m of guessing. These are simple attackers: they show what a promise is worth
in practice, and a small figure proves nothing. The ledger's ``advantage_cap`` bounds every attacker.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.clustering.each import Each, in_turn
from responsible.privacy.mechanisms import MECHANISMS, Setting
from responsible.privacy.noise import streams
from responsible.privacy.private_kmeans import Curator

Array = npt.NDArray[np.float64]

NO_NOISE = "none"
"""The name, in tables, of publishing the rows as they are."""


def attacks(
    x: Array,
    setting: Setting,
    epsilons: Sequence[float],
    draws: int,
    rng: np.random.Generator,
    *,
    each: Each = in_turn,
) -> pd.DataFrame:
    """Both advantages against every mechanism at every ε: ``mechanism, epsilon, draw, measure, value``.

    ``x`` (n, d) are the rows attacked, in the features' own units; each draw publishes another random half of them.
    ``none`` is the attack on the true rows, with an undefined ε. Linkage is left out where no rows are published.
    """
    halves = rng.permuted(np.tile(np.arange(len(x)) % 2 == 0, (draws, 1)), axis=1)
    drawn = list(streams(MECHANISMS, rng, draws))
    places = [{"mechanism": n, "epsilon": epsilon, "draw": draw} for n, draw, _ in drawn for epsilon in epsilons]
    places += [{"mechanism": NO_NOISE, "epsilon": np.nan, "draw": draw} for draw in range(draws)]
    noised = chain.from_iterable(each(partial(_one_draw, x, halves, setting, epsilons), drawn))
    bare = (advantages(x / setting.spread, x[member] / setting.spread, member, own_rows=True) for member in halves)
    found = zip(places, chain(noised, bare), strict=True)
    rows = [{**place, "measure": measure, "value": value} for place, one in found for measure, value in one.items()]
    return pd.DataFrame(rows)


def _one_draw(
    x: Array,
    halves: npt.NDArray[np.bool_],
    setting: Setting,
    epsilons: Sequence[float],
    drawn: tuple[str, int, list[int]],
) -> list[dict[str, float]]:
    """Both advantages at each ε of one draw of one mechanism."""
    name, draw, seed = drawn
    mechanism, member, found = MECHANISMS[name], halves[draw], []
    scale = mechanism.scale(setting)
    curator = Curator(setting.domain.unit(x[member])) if mechanism.rows is None else None
    for epsilon in epsilons:
        noise = np.random.default_rng(seed)
        if mechanism.rows is None:
            published = mechanism.publish(x[member], epsilon, setting, noise, curator).centres
        else:
            published = mechanism.rows(x[member], epsilon, setting, noise)
        found.append(advantages(x / scale, published / scale, member, own_rows=mechanism.rows is not None))
    return found


def advantages(x: Array, published: Array, member: npt.NDArray[np.bool_], *, own_rows: bool) -> dict[str, float]:
    """Advantages of the nearest-neighbour attacker who knows the true rows ``x`` (n, d) and sees ``published`` (m, d).

    ``member`` (n,) says whose rows were published; with ``own_rows`` the i-th published row is that of the i-th member.
    The distance below which the attacker says yes is chosen on one half of the rows and judged on the other, so that
    luck in choosing is not counted as skill; the figure in [−1, 1] can come out below 0.
    """
    from scipy.spatial import cKDTree

    distance, which = cKDTree(published).query(x)
    # Alternate members, and alternate others, go to the two halves: each half then has people of both kinds.
    learning = np.empty(len(x), dtype=bool)
    for kind in (member, ~member):
        learning[kind] = np.arange(np.count_nonzero(kind)) % 2 == 0
    cut = _best_cut(distance[learning], member[learning])
    yes = distance[~learning] <= cut
    truth = member[~learning]
    found = {"membership": float(yes[truth].mean() - yes[~truth].mean())}
    if own_rows:
        own = which[member] == np.arange(np.count_nonzero(member))
        found["linkage"] = float(own.mean() - 1 / len(own))
    return found


def _best_cut(distance: Array, member: npt.NDArray[np.bool_]) -> float:
    """The distance below which "yes" has the largest true minus false positive rate; the smallest one in a tie."""
    order = np.argsort(distance, kind="stable")
    steps = np.where(member[order], 1 / member.sum(), -1 / (~member).sum())
    ahead = np.cumsum(steps)
    last = np.append(np.diff(distance[order]) > 0, True)  # equal distances are accepted together
    return float(distance[order][last][ahead[last].argmax()])
