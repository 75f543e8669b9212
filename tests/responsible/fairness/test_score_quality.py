"""Ranking and calibration by group, against scikit-learn and rows counted one by one."""

import numpy as np
import pytest
from sklearn import metrics

from responsible.fairness.groups import groups
from responsible.fairness.score_quality import score_quality
from responsible.measures.scores import Scored
from responsible.statistics.intervals import wilson

WHO = groups("team", ["a", "b", "c"], ["a"])
MEMBERS = {"all privileged": [0], "all unprivileged": [1, 2], "a": [0], "b": [1], "c": [2]}


@pytest.fixture(scope="module")
def scored():
    """Cells of three teams and some excluded ones, with a score that means something."""
    rng = np.random.default_rng(9)
    code, score = rng.integers(-1, 3, 3000), rng.random(3000)
    return code, score, (rng.random(3000) < score).astype(int), rng.integers(1, 4, 3000)


def quality(code, score, label, n):
    own = Scored({"baseline": score, "reweighed": 1 - score}, label, n, code)
    found = score_quality(WHO, dict.fromkeys(own.scores, own), bins=5, confidence=0.95)
    return found.set_index(["group", "model"])


def test_each_group_s_figures_are_those_of_its_rows(scored):
    """AUC is scikit-learn's; rows, mean score, observed share and bins that are off are counted on rows."""
    code, score, label, n = scored
    found = quality(*scored)
    assert found.index.get_level_values("group").unique().tolist() == list(MEMBERS)
    for (group, model), row in found.iterrows():
        own = np.isin(code, MEMBERS[group])
        y, p = (np.repeat(v[own], n[own]) for v in (label, score if model == "baseline" else 1 - score))
        assert row["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, p))
        assert (row["n"], row["score"], row["observed"]) == (len(y), pytest.approx(p.mean()), pytest.approx(y.mean()))
        off = 0
        for place in range(5):
            inside = np.minimum((p * 5).astype(int), 4) == place
            held = wilson(y[inside].sum(), inside.sum(), 0.95)
            off += not held.low <= p[inside].mean() <= held.high
        assert (row["bins"], row["bins_off"]) == (5, off)


def test_a_score_turned_round_is_off_everywhere_but_in_the_middle(scored):
    """Scores that are the shares are off by chance alone; one minus them is off in the four outer bins."""
    found = quality(*scored)["bins_off"].unstack()
    assert (found["reweighed"] >= 4).all()
    assert (found["baseline"] <= 2).all()


def test_a_group_with_one_label_has_no_auc(scored):
    """A group without negatives cannot be ranked: undefined rather than perfect. A group without rows has no figure."""
    code, score, label, n = scored
    found = quality(np.where(code == 2, -1, code), score, np.where(code == 1, 1, label), n)
    assert np.isnan(found.loc[("b", "baseline"), "roc_auc"])
    assert found.loc[("b", "baseline"), "observed"] == 1
    assert found.loc[("c", "baseline"), ["roc_auc", "score", "observed"]].isna().all()
    assert found.loc[("c", "baseline"), ["n", "bins", "bins_off"]].tolist() == [0, 0, 0]
