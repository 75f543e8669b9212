"""Where a model fails: a planted failure is found with its rule, and little is where there is nothing."""

import numpy as np
import pandas as pd
import pytest
import yaml

from responsible.analyses.failing_groups import FALSE_NEGATIVE, FALSE_POSITIVE, OVERSTATED, failing_groups, rule
from responsible.measures.scores import Scored
from responsible.tabular.conjunctions import Failures
from responsible.validation import InputError

RULES = Failures(depth=2, support=30, level=0.05, most=5)


def people(rng, rows=4_000, planted=0.0):
    """Scores right on average; of women of the north, ``planted`` more of those with label 0 are selected."""
    factors = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "region": rng.choice(["n", "s", "w"], rows)})
    score = rng.beta(2, 2, rows)
    label = (rng.random(rows) < score).astype(int)
    hit = ((factors["sex"] == "f") & (factors["region"] == "n")).to_numpy() & (label == 0)
    decided = np.where(hit & (rng.random(rows) < planted), True, score >= 0.5)
    return Scored({"a": score}, label, np.ones(rows, dtype=int), label), decided, factors


def searched(found, decided, factors, rules=RULES, seed=1):
    return failing_groups(found, {"a": decided}, factors, rules, np.random.default_rng(seed), confidence=0.95)


def test_a_planted_failure_is_found_with_its_rule():
    """Half of the women of the north with label 0 are selected besides: found, confirmed, and ready to watch."""
    found = searched(*people(np.random.default_rng(1), planted=0.5))
    own = found[found["error"] == FALSE_POSITIVE].iloc[0]
    assert (own["group"], bool(own["confirmed"])) == ("sex=f & region=n", True)
    assert own["rate"] - own["rest_rate"] == pytest.approx(0.35, abs=0.08)
    assert own["low"] < own["difference"] < own["high"]
    assert own["low"] > 0.1
    assert found[found["error"] == FALSE_NEGATIVE].empty
    entries = yaml.safe_load(own["rule"])
    (pasted,) = entries["policy"]["rules"].values()
    assert (pasted["metric"], pasted["level"]) == ("failing_groups.a.false_positive", "sex=f & region=n")
    assert entries["fairness"]["failing_groups"]["watched"] == ["sex=f & region=n"]


def test_scores_that_overstate_are_found_within_bands():
    """Men of the south have label 1 less often than their scores say: found among people of equal score."""
    found, decided, factors = people(np.random.default_rng(2), rows=8_000)
    low = ((factors["sex"] == "m") & (factors["region"] == "s")).to_numpy()
    label = np.where(low & (np.random.default_rng(3).random(8_000) < 0.5), 0, found.label)
    own = searched(Scored(found.scores, label, found.counts, label), decided, factors)
    own = own[own["error"] == OVERSTATED].iloc[0]
    assert (own["group"], bool(own["confirmed"])) == ("sex=m & region=s", True)
    assert own["difference"] > 0.15


def test_cells_stand_for_their_rows():
    """Watched figures of cells with counts are those of the rows they stand for."""
    found, decided, factors = people(np.random.default_rng(4), rows=300, planted=0.3)
    rules = RULES.model_copy(update={"watched": ["sex=f & region=n", "sex=m"]})
    whole = searched(found, decided, factors, rules)
    twice = Scored(found.scores, found.label, found.counts * 2, found.label)
    doubled = Scored({"a": np.tile(found.scores["a"], 2)}, np.tile(found.label, 2), np.ones(600, int), found.label)
    cells = searched(twice, decided, factors, rules)
    rows = searched(doubled, np.tile(decided, 2), pd.concat([factors, factors]), rules)
    columns = ["error", "group", "people", "errors", "rate", "rest_rate", "difference", "low", "high"]
    chosen = [table[table["watched"]][columns].reset_index(drop=True) for table in (cells, rows, whole)]
    pd.testing.assert_frame_equal(chosen[0], chosen[1])
    assert chosen[0]["people"].tolist() == (2 * chosen[2]["people"]).tolist()
    assert chosen[0]["difference"].tolist() == pytest.approx(chosen[2]["difference"].tolist())


def test_a_watched_group_is_counted_by_hand():
    """2 of 3 women with label 0 are selected and 1 of 4 men: rates .667 and .25, in every run, without a search."""
    factors = pd.DataFrame({"sex": ["f"] * 3 + ["m"] * 4})
    decided = np.array([1, 1, 0, 1, 0, 0, 0], dtype=bool)
    found = Scored({}, np.zeros(7, dtype=int), np.ones(7, dtype=int), np.zeros(7, dtype=int))
    table = searched(found, decided, factors, RULES.model_copy(update={"watched": ["sex=f"]}))
    row = table[table["error"] == FALSE_POSITIVE].iloc[0]
    assert (row["people"], row["errors"], row["watched"]) == (3, 2, True)
    assert (row["rate"], row["rest_rate"], row["difference"]) == pytest.approx((2 / 3, 1 / 4, 2 / 3 - 1 / 4))
    assert OVERSTATED not in set(table["error"])  # there are no scores


def test_an_unknown_column_is_refused():
    """A watched group that names a column which is not there is refused with the nearest one."""
    given = people(np.random.default_rng(5), rows=200)
    with pytest.raises(InputError, match=r"watched: 'gnder=f'.*no column 'gnder'"):
        searched(*given, RULES.model_copy(update={"watched": ["gnder=f"]}))


def test_a_quote_in_a_level_survives_the_rule():
    """A level with an apostrophe comes out of the pasted YAML as it went in."""
    pasted = yaml.safe_load(rule("a", FALSE_POSITIVE, "degree=Bachelor's"))
    assert pasted["fairness"]["failing_groups"]["watched"] == ["degree=Bachelor's"]


@pytest.mark.slow
def test_little_is_confirmed_where_there_is_nothing(seed):
    """Over all errors of a model a finding is confirmed in at most .05 of samples, simulation error included."""
    rng = np.random.default_rng(seed)
    wrong = sum(searched(*people(rng, rows=1_500), seed=i)["confirmed"].fillna(False).any() for i in range(100))
    assert wrong <= 11
