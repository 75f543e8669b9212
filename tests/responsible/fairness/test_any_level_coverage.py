"""Whether the intervals of all levels hold at once as often as they say, and how often a verdict on any level is wrong.

Populations of 2, 5 and 20 levels against everybody else with common and rare rates; nominal is .95 throughout.
"""

import numpy as np
import pytest

from responsible.fairness.comparisons import comparisons, simultaneous
from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES
from responsible.limits import Limits, decisive
from responsible.statistics.count_figures import interval
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference

pytestmark = pytest.mark.slow

ROWS, DATA_SETS = 4_000, 200
LIMITS = {
    "statistical_parity_difference": Limits(minimum=-0.1, maximum=0.1),
    "disparate_impact": Limits(minimum=0.8, maximum=1.25),
}
SLACK = 0.05  # a share of .95 of 200 data sets has a standard error of .015


def judged(rates, name, seed):
    """Shares of data sets in which all intervals hold the truth, and in which each verdict is given."""
    levels, rng = len(rates), np.random.default_rng(seed)
    who = groups("team", [f"l{i:02}" for i in range(levels)], [])
    inference = simultaneous(Inference(confidence=0.95, replicates=max(1_000, 80 * levels), minimum_denominator=1), who)
    selected = np.stack([1 - rates, rates], axis=-1) / levels
    population = np.stack([np.zeros_like(selected), selected], axis=1)
    figure, chosen = MEASURES[name].figure, comparisons(who)

    def split(table):
        return np.stack([np.stack(versus.split(table, axis=0)) for versus in chosen])

    truth, held, verdicts = figure.compute(split(population)), [], []
    for _ in range(DATA_SETS):
        tables = split(rng.multinomial(ROWS, population.ravel()).reshape(population.shape))
        found = interval(figure, tables, drawn(tables, inference, rng), inference.confidence)
        inside = (found.low <= truth + 1e-12) & (truth - 1e-12 <= found.high)
        held.append((inside | np.isnan(found.low)).all())
        each = [(LIMITS[name].judge(low, high), 0.0) for low, high in zip(found.low, found.high, strict=True)]
        verdicts.append(each[decisive(each)][0])
    return np.mean(held), {verdict: verdicts.count(verdict) / DATA_SETS for verdict in set(verdicts)}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5])
@pytest.mark.parametrize("levels", [2, 5, 20])
def test_all_levels_are_held_at_once(levels, rate, name, seed):
    """All levels' intervals hold the truth together in nearly 95 % of data sets, and no parity is called a failure."""
    held, verdicts = judged(np.full(levels, rate), name, seed)
    assert held >= 0.95 - SLACK
    assert verdicts.get("fail", 0) <= 0.05


@pytest.mark.parametrize("levels", [2, 5, 20])
def test_one_level_at_the_limit_seldom_passes(levels, seed):
    """With one level exactly at a limit, and the others at parity, the verdict is a pass in few data sets."""
    others = 0.4
    rates = np.r_[others - 0.1, np.full(levels - 1, others)]
    assert judged(rates, "statistical_parity_difference", seed)[1].get("pass", 0) <= 0.05
