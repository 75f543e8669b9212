import numpy as np
import pandas as pd
import pytest

from responsible.fairness.subgroups import COLUMNS, search
from responsible.tabular.conjunctions import Search

RULES = Search(depth=3, support=30, level=0.05, most=10)
SIZES = {"a": 2, "b": 2, "c": 3, "d": 3, "e": 4, "f": 5}


def draw(n, rng, effect=0.0, sizes=SIZES):
    """Columns that do not matter, but for a=0 & b=1, which is approved ``effect`` less often; merit does matter."""
    frame = pd.DataFrame({name: rng.integers(0, k, n).astype(str) for name, k in sizes.items()})
    merit = rng.integers(0, 2, n)
    planted = (frame["a"] == "0") & (frame.get("b", "0") == "1")
    outcome = (rng.random(n) < 0.45 + 0.35 * merit - effect * planted).astype(int)
    return frame, outcome, pd.DataFrame({"merit": merit})


def test_the_planted_subgroup_is_found_and_nothing_else():
    """In each of 20 tables the search proposes exactly the planted conjunction of two columns, none of its supersets,
    parts or complements, and the other half confirms it; the interval of its −.20 holds in about 95 of 100.
    """
    rng, exact, held = np.random.default_rng(5), 0, 0
    for _ in range(20):
        found = search(*draw(4000, rng, effect=0.2), RULES, rng).findings
        exact += found["group"].tolist() == ["a=0 & b=1"] and bool(found["confirmed"].all())
        held += bool((found["low"].iloc[0] <= -0.2) & (found["high"].iloc[0] >= -0.2))
    assert exact >= 17  # a false proposal in up to 5 of 100 is the nominal rate
    assert held >= 16


def test_noise_gives_findings_at_the_nominal_rate():
    """Without any effect, the first half proposes something in at most about 5 of 100 tables (of some 500
    conjunctions), and the second half confirms hardly any of it.
    """
    rng, proposed, confirmed = np.random.default_rng(6), 0, 0
    runs, fewer = 120, {name: SIZES[name] for name in "abcf"}
    for _ in range(runs):
        found = search(*draw(1500, rng, sizes=fewer), RULES, rng).findings
        proposed += len(found) > 0
        confirmed += bool(found["confirmed"].any())
    assert proposed / runs < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert confirmed / runs <= 0.01


def test_the_second_half_is_honest():
    """Where noise is proposed on purpose, at a rate of discoveries of .6, the untouched half confirms a first finding
    (at p below .6 and the same sign) in about 30 of 100: nothing of the choice leaks into it.
    """
    rng, outcomes = np.random.default_rng(7), []
    loose = Search(depth=1, support=30, level=0.6, most=1)
    for _ in range(250):
        found = search(*draw(600, rng, sizes={"a": 2, "c": 3}), loose, rng).findings
        outcomes += found["confirmed"].tolist()
    assert len(outcomes) > 100
    assert np.mean(outcomes) == pytest.approx(0.3, abs=3.5 * np.sqrt(0.21 / len(outcomes)))


def test_what_is_given_is_not_found():
    """An effect of merit is found when merit is a column, and not when like cases are compared; a column that repeats
    the conditions is not tested.
    """
    rng = np.random.default_rng(9)
    frame, outcome, given = draw(3000, rng)
    frame["merit"] = given["merit"].astype(str)
    blind = search(frame, outcome, given[[]], RULES, rng)
    assert blind.findings["group"].tolist() == ["merit=0"]
    assert blind.findings["depth"].tolist() == [1]
    assert blind.significant > 20  # supersets of merit=0 and merit=1, all explained by one finding
    assert search(frame, outcome, given, RULES, rng).findings.empty


def test_figures_of_a_finding():
    """n, approved and rates are those of all rows; the reported difference is that of the half that confirms."""
    rng = np.random.default_rng(10)
    frame, outcome, given = draw(4000, rng, effect=0.3)
    found = search(frame, outcome, given[[]], RULES, np.random.default_rng(1)).findings
    assert list(found.columns) == COLUMNS
    first, inside = found.iloc[0], (frame["a"] == "0") & (frame["b"] == "1")
    assert (first["n"], first["approved"]) == (inside.sum(), outcome[inside].sum())
    assert first["rate"] == pytest.approx(outcome[inside].mean())
    assert first["rest_rate"] == pytest.approx(outcome[~inside].mean())
    assert (first["difference"] + first["first_difference"]) / 2 == pytest.approx(
        outcome[inside].mean() - outcome[~inside].mean(), abs=0.01
    )


def test_support_is_a_floor():
    """Conjunctions with fewer rows than the support, or fewer outside, are not tested."""
    frame = pd.DataFrame({"a": ["0"] * 30 + ["1"] * 970})
    outcome = np.tile([0, 1], 500)
    for support, searched in ((5, 2), (40, 0)):
        rules = Search(depth=2, support=support, level=0.05, most=3)
        assert search(frame, outcome, frame[[]], rules, np.random.default_rng(0)).searched == searched


def test_the_same_seed_finds_the_same():
    """Rows in another order and the same seed give the same findings."""
    frame, outcome, given = draw(2000, np.random.default_rng(4), effect=0.3)
    order = np.random.default_rng(1).permutation(2000)
    one = search(frame, outcome, given, RULES, np.random.default_rng(3))
    two = search(frame.iloc[order], outcome[order], given.iloc[order], RULES, np.random.default_rng(3))
    pd.testing.assert_frame_equal(one.findings, two.findings)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore:The inplace keyword")  # DivExplorer 0.2.6 on pandas 3.1
def test_divexplorer_counts_the_same_and_needs_more_words():
    """DivExplorer on the same table counts the same rows and rate of our one finding, and its five most divergent
    patterns are all supersets of it, picked by chance among hundreds.
    """
    explorer = pytest.importorskip("divexplorer")
    rng = np.random.default_rng(11)
    frame, outcome, given = draw(3000, rng, effect=0.3)
    (first,) = search(frame, outcome, given[[]], RULES, rng).findings.itertuples()
    patterns = explorer.DivergenceExplorer(frame.assign(approved=outcome)).get_pattern_divergence(
        min_support=2 * RULES.support / len(frame), attributes=list(frame), boolean_outcomes=["approved"]
    )
    own = patterns[patterns["itemset"] == frozenset(first.group.split(" & "))].iloc[0]
    assert own["support_count"] == first.n
    assert own["approved"] == pytest.approx(first.rate)
    assert len(patterns) > 500
    worst = patterns.sort_values("approved_div")["itemset"].head(5)
    assert all(itemset > own["itemset"] for itemset in worst)
