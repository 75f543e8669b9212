import logging
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from responsible.audit import audit
from responsible.fairness.disparity import Fairness
from responsible.fairness.evaluation import ScoredCells, evaluate
from responsible.fairness.groups import groups
from responsible.fairness.measures import KNOWN, standard
from responsible.limits import Limits
from responsible.names import ATTRIBUTE, MODELS, POOLED
from responsible.statistics.intervals import Inference
from responsible.validation import InputError
from tests.support import reference
from tests.support.contract import ROOT

INFERENCE = Inference(confidence=0.95, replicates=2_000, minimum_denominator=5)
PRIVILEGED = {"black": "0.0", "female": "0"}
RATE_NAMES = ("selection_rate", "true_positive_rate", "false_positive_rate")
SPD, DI, EOD = "statistical_parity_difference", "disparate_impact", "equal_opportunity_difference"
AOD, AAOD, PPV = "average_odds_difference", "average_absolute_odds_difference", "predictive_parity_difference"


@cache
def table():
    """The public example with a score and a decision that follow age and income, and differ by sex."""
    frame = pd.read_csv(ROOT / "examples/randhie.csv")
    rng = np.random.default_rng(5)
    shift = 0.5 * frame["outcome"] + 0.1 * frame["female"] + 0.01 * frame["xage"]
    frame["score"] = 1 / (1 + np.exp(1.5 - 2 * shift - rng.normal(0, 0.5, len(frame))))
    return frame.assign(decision=(frame["score"] >= 0.5).astype(int))


def given(frame):
    return frame["outcome"], frame["decision"], frame[["black", "female"]]


def audited(**changes):
    options = {"privileged": PRIVILEGED, "inference": INFERENCE} | changes
    return audit(*given(table()), **options)


def rows_of(confusion):
    """Label, decision and level of each row that tables by level count."""
    found = [(y, h, level) for level, counts in confusion.items() for y, h in reference.rows(counts)]
    label, decision, level = zip(*found, strict=True)
    return np.array(label), np.array(decision), np.array(level)


def test_published_values_of_compas():
    """The rows of COMPAS, as arrays, have the published measures of African-American against Caucasian defendants."""
    y, decision, race = rows_of(reference.COMPAS)
    found = audit(y, decision, {"race": race}, privileged={"race": "Caucasian"}, inference=INFERENCE)
    own = found.disparities.set_index(["comparison", "measure"]).loc["African-American", "value"]
    expected = {SPD: 0.2402002032, DI: 1.6902240032, EOD: 0.1973729638, AOD: 0.2056489598, PPV: 0.0383799168}
    assert {name: own[name] for name in expected} == pytest.approx(expected, abs=1e-10)
    counted = found.confusion.set_index("level").loc["Hispanic", ["tp", "fp", "tn", "fn"]]
    assert counted.tolist() == [103, 87, 318, 129]
    assert found.rows == len(y) == 7214


def test_it_says_what_the_pipeline_says():
    """Rates, crosses, tests and disparities of the same decisions are those of the pipeline's evaluation."""
    frame = table()
    y, _, sensitive = given(frame)
    cells = pd.DataFrame({ATTRIBUTE + name: sensitive[name].astype(str) for name in sensitive}).assign(n=1)
    cells["baseline"] = cells["reweighed"] = frame["score"]
    declared = [groups(name, cells[ATTRIBUTE + name].unique(), [PRIVILEGED[name]]) for name in sensitive]
    limits = {name: Limits(minimum=0.8, maximum=1.25) if m.ratio else Limits(minimum=-0.1, maximum=0.1)
              for name, m in KNOWN.items() if m.standard}  # fmt: skip
    fairness = Fairness(accuracy_floor=0.0, limits=limits | {AAOD: Limits(minimum=0.0, maximum=0.1)})
    scored = ScoredCells(cells, y.to_numpy(), {model: cells[model].to_numpy() for model in MODELS})
    decided = {model: score >= 0.5 for model, score in scored.scores.items()}
    rng = np.random.default_rng(3)
    theirs = evaluate(cells, y.to_numpy(), declared, decided, [scored], fairness=fairness, inference=INFERENCE, rng=rng)
    ours = audited(score=frame["score"])
    for name in ("group_rates", "intersection_rates", "confusion", "score_quality"):
        of_baseline = getattr(theirs, name).query("model == 'baseline'").drop(columns="model").reset_index(drop=True)
        own = getattr(ours, name)
        crossed = own["attribute"].str.contains("&") if "attribute" in own else np.zeros(len(own), dtype=bool)
        pd.testing.assert_frame_equal(own[~crossed], of_baseline, check_dtype=False, rtol=1e-12)
    key = ["attribute", "comparison", "measure"]
    both = ours.disparities.merge(theirs.fairness.query("model == 'baseline'"), on=key, suffixes=("", "_theirs"))
    assert len(both) == 2 * 2 * len(standard())
    for name in ("value", "p", "support_unprivileged", "support_privileged", "minimum", "maximum"):
        pd.testing.assert_series_equal(both[name], both[f"{name}_theirs"], check_names=False, rtol=1e-12)
    width = both["high"] - both["low"]  # replicates are other draws of the same tables
    ends = [(both[end] - both[limit]).abs() for end in ("low", "high") for limit in ("minimum", "maximum")]
    clear = np.min(ends, axis=0) > 0.1 * width
    assert clear.sum() >= 18
    assert both["verdict"][clear].tolist() == both["verdict_theirs"][clear].tolist()
    assert ((both["low"] - both["low_theirs"]).abs() < 0.1 * width).all()
    assert ((both["high"] - both["high_theirs"]).abs() < 0.1 * width).all()


@pytest.fixture(scope="module")
def peers():
    """The peers' modules, without the advice about extras that AIF360 logs."""
    logging.disable(logging.WARNING)
    try:
        import aif360.sklearn.metrics
        import fairlearn.metrics
    finally:
        logging.disable(logging.NOTSET)
    return SimpleNamespace(aif360=aif360.sklearn.metrics, fairlearn=fairlearn.metrics)


@pytest.mark.peers
@pytest.mark.parametrize("column", ["black", "female"])
def test_it_says_what_fairlearn_and_aif360_say(peers, column):
    """Measures equal AIF360's, and rates by group and by cross fairlearn's MetricFrame, to 1e-9."""
    from sklearn.metrics import precision_score

    y, decision, sensitive = given(table())
    found = audited()
    own = found.headline.query("attribute == @column").set_index("measure")["value"]
    label = pd.Series(y.to_numpy(), index=pd.Index(sensitive[column].astype(float).astype(str), name="group"))
    about = {"prot_attr": "group", "priv_group": "0.0"}
    theirs = {
        SPD: peers.aif360.statistical_parity_difference(label, decision.to_numpy(), **about),
        DI: peers.aif360.disparate_impact_ratio(label, decision.to_numpy(), **about),
        EOD: peers.aif360.equal_opportunity_difference(label, decision.to_numpy(), **about),
        AOD: peers.aif360.average_odds_difference(label, decision.to_numpy(), **about),
        AAOD: peers.aif360.average_odds_error(label, decision.to_numpy(), **about),
        PPV: peers.aif360.difference(precision_score, label, decision.to_numpy(), **about),
    }
    assert own[list(theirs)].to_dict() == pytest.approx(theirs, abs=1e-9)
    rates = {name: getattr(peers.fairlearn, name) for name in RATE_NAMES} | {
        "positive_predictive_value": precision_score
    }
    one = found.group_rates.query("attribute == @column").rename(columns={"level": "group"})
    for features, ours in (([column], one), (["black", "female"], found.intersection_rates)):
        frame = peers.fairlearn.MetricFrame(
            metrics=rates, y_true=y, y_pred=decision, sensitive_features=sensitive[features].astype(str)
        )
        values = ours.set_index(["group", "rate"])["value"]
        for group, row in frame.by_group.iterrows():
            name = " & ".join(group) if isinstance(group, tuple) else group
            assert values[name][list(rates)].to_dict() == pytest.approx(row.to_dict(), abs=1e-9)


@pytest.mark.peers
def test_scores_have_the_auc_of_scikit_learn():
    """Scores are counted as they are, unrounded: the AUC of every group is scikit-learn's, and so is the threshold."""
    from sklearn.metrics import roc_auc_score

    frame = table()
    found = audit(frame["outcome"], None, frame[["female"]], frame["score"], privileged="0", inference=INFERENCE)
    quality = found.score_quality.set_index("group")["roc_auc"]
    for level in (0, 1):
        own = frame[frame["female"] == level]
        assert quality[str(level)] == pytest.approx(roc_auc_score(own["outcome"], own["score"]), abs=1e-12)
    pd.testing.assert_frame_equal(found.disparities, audited_by("female").disparities)


def audited_by(column):
    frame = table()
    return audit(frame["outcome"], frame["decision"], frame[[column]], privileged="0", inference=INFERENCE)


FORMS = {
    "polars": lambda f: (pl.Series(f["outcome"]), pl.Series(f["decision"]), pl.DataFrame(f[["black", "female"]])),
    "arrow": lambda f: tuple(pl.DataFrame(f[[*columns]]).to_arrow() for columns in (["black", "female"],)),
    "lists": lambda f: (f["outcome"].tolist(), f["decision"].tolist(), {n: f[n].tolist() for n in ("black", "female")}),
    "true and false": lambda f: (f["outcome"] == 1, f["decision"].to_numpy() == 1, f[["black", "female"]]),
    "nullable": lambda f: (f["outcome"].astype("Int64"), f["decision"].astype("boolean"), f[["black", "female"]]),
    "floats": lambda f: (f["outcome"].astype(float), f["decision"].astype("float32"), f[["black", "female"]]),
    "texts": lambda f: (f["outcome"], f["decision"], f[["black", "female"]].astype(str)),
    "categories": lambda f: (f["outcome"], f["decision"], f[["black", "female"]].astype("category")),
    "another order": lambda f: given(f.sample(frac=1, random_state=2)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_rows_gives_the_same_audit(form):
    """Arrays of any library and type, in any order of rows, give the same tables to the last bit."""
    arrays = FORMS[form](table())
    arrays = (*given(table())[:2], *arrays)[-3:]
    found, expected = audit(*arrays, privileged=PRIVILEGED, inference=INFERENCE), audited()
    pd.testing.assert_frame_equal(found.disparities, expected.disparities)
    pd.testing.assert_frame_equal(found.intersection_rates, expected.intersection_rates)


def test_rows_that_are_counted_already():
    """One row with its count is as many rows; a count of 0 is nobody."""
    y, decision, race = rows_of(reference.COMPAS)
    cells = [(y, h, level, table[y, h]) for level, table in reference.COMPAS.items() for y in (0, 1) for h in (0, 1)]
    label, decided, level, counts = zip(*cells, (0, 1, "nobody", 0), strict=True)
    found = audit(label, decided, level, counts=counts, privileged="Caucasian", inference=INFERENCE)
    rows = audit(y, decision, race, privileged="Caucasian", inference=INFERENCE)
    known = found.disparities.query("comparison != 'nobody'")
    assert found.disparities.query("comparison == 'nobody'")["reason"].unique().tolist() == ["group_absent"]
    pd.testing.assert_series_equal(known["value"].reset_index(drop=True), rows.disparities["value"], check_names=False)


def test_a_cross_is_an_attribute_of_its_own():
    """The disparities of a cross are those of a column that spells both levels, with the same p before adjustment."""
    frame = table()
    both = frame["black"].astype(str) + " & " + frame["female"].astype(str)
    alone = audit(
        frame["outcome"], frame["decision"], {"black & female": both}, privileged="0.0 & 0", inference=INFERENCE
    )
    crossed = audited().disparities.query("attribute == 'black & female'")
    own = ["comparison", "measure", "value", "p"]
    pd.testing.assert_frame_equal(
        crossed[own].sort_values(own[:2], ignore_index=True),
        alone.disparities[own].sort_values(own[:2], ignore_index=True),
    )


def test_holm_spans_the_whole_audit():
    """Adjusted p-values are Holm's over every question of every attribute and cross."""
    found = audited().disparities
    distinct = {tuple(x) for x in found[["attribute", "hypothesis", "p"]].dropna().to_numpy().tolist()}
    ordered = sorted(p for _, _, p in distinct)
    stepped, most = {}, 0.0
    for rank, p in enumerate(ordered):
        most = max(most, min(1.0, p * (len(ordered) - rank)))
        stepped.setdefault(p, most)
    assert found["p_adjusted"].tolist() == pytest.approx([stepped[p] for p in found["p"]])


def test_decisions_alone():
    """Without labels there are selection rates and what is made of them, the same as with labels, and nothing else."""
    _, decision, sensitive = given(table())
    alone = audit(None, decision, sensitive, privileged=PRIVILEGED, inference=INFERENCE, score=table()["score"])
    whole = audited()
    assert set(alone.disparities["measure"]) == {SPD, DI}
    assert set(alone.group_rates["rate"]) == set(alone.intersection_rates["rate"]) == {"selection_rate"}
    assert alone.confusion.empty
    assert alone.score_quality.empty
    key = ["attribute", "comparison", "measure", "value", "p"]
    pd.testing.assert_frame_equal(
        alone.disparities[key], whole.disparities.query("measure in [@SPD, @DI]")[key].reset_index(drop=True)
    )
    assert alone.disparities["best_accuracy"].isna().all()
    assert alone.group_tests["p"].tolist() == whole.group_tests.query("rate == 'selection_rate'")["p"].tolist()


def test_missing_and_absent_levels():
    """A missing value is a level of its own and never privileged; a declared category without rows has a reason."""
    level = pd.Series(["a", None, "b", float("nan")] * 30).astype(pd.CategoricalDtype(["a", "b", "c"]))
    found = audit([1, 0, 1, 1] * 30, [1, 1, 0, 1] * 30, level, privileged="a", inference=INFERENCE)
    rates = found.group_rates.query("rate == 'selection_rate'").set_index("level")
    assert rates["of"].to_dict() == {"a": 30, "Missing": 60, "b": 30, "c": 0}
    assert rates.loc["c", "reason"] == "group_absent"
    absent = found.disparities.query("comparison == 'c'")
    assert set(absent["verdict"]) == {"insufficient_evidence"}


def test_without_a_privileged_level_each_is_compared_with_the_others():
    """No level is taken for the norm: each has its comparison, and the headline names the level that decides."""
    y, decision, sensitive = given(table())
    found = audit(y, decision, sensitive["black"], inference=INFERENCE)
    levels = set(table()["black"].astype(str))
    assert set(found.disparities["comparison"]) == levels | {"any level"}
    assert set(found.headline["comparison"]) == {"any level"}


def test_limits_measures_and_floor_are_those_given():
    """Verdicts judge the limits given, of the measures named, and an accuracy that no classifier has is infeasible."""
    y, decision, sensitive = given(table())
    options = {"privileged": "0", "inference": INFERENCE, "measures": [SPD, EOD]}
    loose = audit(y, decision, sensitive["female"], limits={SPD: (-0.9, None)}, **options)
    assert loose.headline.set_index("measure")["verdict"].to_dict()[SPD] == "pass"
    assert set(loose.disparities["measure"]) == {SPD, EOD}
    label = np.repeat([1, 0], 500)
    wide = audit(label, label, np.repeat(["a", "b"], 500), privileged="a", accuracy_floor=0.9, inference=INFERENCE)
    found = wide.headline.set_index("measure")["verdict"]
    assert found[[SPD, DI]].tolist() == ["infeasible", "infeasible"]


WRONG = {
    "a decision as text": (
        {"prediction": [1, 0, "yes", 0]},
        "prediction: position 2 has 'yes' in place of a number; give 0 and 1, for example `(values == 'yes')`",
    ),
    "a score as decision": (
        {"prediction": [1, 0.3, 0, 0]},
        "prediction: position 1 has 0.3, which is neither 0 nor 1; give decisions of 0 and 1, or pass it as score",
    ),
    "a label of 2": ({"y": [1, 2, 0, 0]}, "y: position 1 has 2, which is neither 0 nor 1; give 0 and 1"),
    "a missing label": (
        {"y": [1, 0, 0, None]}, "y: position 3 has no value; leave such rows out of all arrays"
    ),
    "a score in percent": (
        {"score": [0.5, 50, 20, 1]}, "score: position 1 has 50, which is not from 0 to 1; divide percentages by 100"
    ),
    "lengths": (
        {"prediction": [1, 0, 0]}, "prediction: has 3 values and y has 4; give one value per row in each"
    ),
    "lengths of an attribute": (
        {"sensitive": {"sex": ["f", "m"]}}, "sex: has 2 values and y has 4; give one value per row in each"
    ),
    "two columns as one": (
        {"y": np.array([[1], [0], [0], [0]])},
        "y: has shape (4, 1); give one value per row, for example with .ravel()",
    ),
    "lists in a list": (
        {"y": [[1], [0], [0], [0]]},
        "y: position 0 has [1]; give one value per row, not several columns",
    ),
    "an attribute of two dimensions": (
        {"sensitive": np.array([["f", "m"]] * 4)},
        "sensitive: has shape (4, 2); give a frame, or a dict of name and array, instead",
    ),
    "no rows": (
        {"y": [], "prediction": [], "sensitive": []}, "y: has no rows; there is nothing to audit"
    ),
    "no attribute": (
        {"sensitive": {}}, "sensitive: needs an array or a column, got none; name the attributes to audit"
    ),
    "neither": ({"prediction": None}, "prediction: is None and so is score; give decisions of 0 and 1, or scores"),
    "half a row": ({"counts": [1, 0.5, 1, 1]}, "counts: position 1 has 0.5; give whole numbers of rows, 0 or more"),
    "a misspelt level": ({"privileged": {"group": "M"}}, "privileged 'group': 'M' is not a level; did you mean 'm'?"),
    "a misspelt attribute": (
        {"privileged": {"grup": "m"}}, "privileged: 'grup' is not an attribute; did you mean 'group'?"
    ),
    "missing as the norm": (
        {"privileged": {"group": "Missing"}, "sensitive": ["f", None, "m", "m"]},
        "privileged 'group': a missing value is never privileged; name another level",
    ),
    "which attribute": (
        {"privileged": "m", "sensitive": {"sex": ["f", "m", "m", "f"], "age": [1, 2, 1, 2]}},
        "privileged: must name the attribute, got 'm'; give a dict such as {'sex': 'm'}",
    ),
    "a misspelt measure": (
        {"measures": ["disparat_impact"]},
        "measures: 'disparat_impact' is not a measure; did you mean 'disparate_impact'?"
    ),
    "limits of nothing": (
        {"limits": {"disparat_impact": (0.8, 1.25)}},
        "limits: 'disparat_impact' is not a measure of this audit; did you mean 'disparate_impact'?",
    ),
    "limits without room": (
        {"limits": {"disparate_impact": (1.25, 0.8)}},
        "limits 'disparate_impact': minimum must be < maximum, got 1.25 and 0.8",
    ),
    "a number for each row": (
        {"sensitive": range(200), "y": [0] * 200, "prediction": [1] * 200},
        (
            "sensitive 'group' must have at most 100 levels, got 200: '0', '1', '2', '3', '4', ...; "
            "cut numbers into intervals, for example with pandas.cut"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_audited_is_refused(case):
    """A wrong input is one line with its name, position, value and what to do."""
    changes, message = WRONG[case]
    arguments = {"y": [1, 0, 0, 1], "prediction": [1, 1, 0, 0], "sensitive": ["f", "m", "m", "f"]} | changes
    with pytest.raises(InputError) as refused:
        audit(**arguments)
    assert str(refused.value) == message


def test_an_audit_shows_its_headline():
    """Printed or shown by a notebook, an audit is its number of rows and the measures of each attribute's headline."""
    found = audited()
    assert str(found).startswith("5,562 rows\n")
    assert "average_absolute_odds_difference" in str(found)
    html = found._repr_html_()
    assert html.count("<tr") == 1 + len(found.headline) == 1 + 3 * len(standard())
    assert POOLED in html
