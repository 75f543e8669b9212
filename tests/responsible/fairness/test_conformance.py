"""Conformance with AIF360 (both APIs) and fairlearn: the same numbers where a measure is defined, and how they differ
where not.
"""

import logging
import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.measures import MEASURES
from responsible.statistics.rates import RATES, rate
from tests.support import reference
from tests.support.pairs import undefined

pytestmark = [
    pytest.mark.peers,
    # The peers divide by zero and warn about it: what they then return is what these tests are about.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
    pytest.mark.filterwarnings("ignore:y_pred contains classes:UserWarning"),
]

SPD, DI, EOD = "statistical_parity_difference", "disparate_impact", "equal_opportunity_difference"
AOD, AAOD, PPV = "average_odds_difference", "average_absolute_odds_difference", "predictive_parity_difference"
NAN, INF = np.nan, np.inf
KINDS = ("difference", "ratio")


@pytest.fixture(scope="module")
def peers():
    """The peers' modules; AIF360 logs advice about optional extras when it is imported, which is
    not for this output.
    """
    logging.disable(logging.WARNING)
    try:
        import aif360.datasets
        import aif360.metrics
        import aif360.sklearn.metrics
        import fairlearn.metrics
    finally:
        logging.disable(logging.NOTSET)
    return SimpleNamespace(
        datasets=aif360.datasets, legacy=aif360.metrics, sklearn=aif360.sklearn.metrics, fairlearn=fairlearn.metrics
    )


def row_frame(u, p):
    """One line a row: group (0 unprivileged, 1 privileged), label, prediction."""
    rows = [(g, y, h) for g, table in ((0, u), (1, p)) for y, h in reference.rows(np.asarray(table))]
    return pd.DataFrame(rows, columns=["group", "label", "prediction"])


def legacy(peers, u, p):
    """AIF360's ClassificationMetric."""
    frame = row_frame(u, p).astype(float)

    def dataset(column):
        return peers.datasets.BinaryLabelDataset(
            df=frame[["group", column]].rename(columns={column: "label"}),
            label_names=["label"],
            protected_attribute_names=["group"],
        )

    metric = peers.legacy.ClassificationMetric(
        dataset("label"), dataset("prediction"), unprivileged_groups=[{"group": 0}], privileged_groups=[{"group": 1}]
    )
    return {
        SPD: metric.statistical_parity_difference(),
        DI: metric.disparate_impact(),
        EOD: metric.equal_opportunity_difference(),
        AOD: metric.average_odds_difference(),
        AAOD: metric.average_abs_odds_difference(),
        PPV: metric.difference(metric.positive_predictive_value),
        **{f"{name}_{kind}": getattr(metric, f"{name}_{kind}")() for name in reference.ERRORS for kind in KINDS},
        "equalized_odds_difference": metric.equalized_odds_difference(),
        "balanced_accuracy_difference": (
            metric.difference(metric.true_positive_rate) + metric.difference(metric.true_negative_rate)
        )
        / 2,
    }


def sensitivity(y, h):
    """TPR by scikit-learn's recall."""
    from sklearn.metrics import recall_score

    return recall_score(y, h)


def fall_out(y, h):
    """FPR by scikit-learn's recall of the other label."""
    from sklearn.metrics import recall_score

    return 1 - recall_score(y, h, pos_label=0)


def modern(peers, u, p):
    """AIF360's scikit-learn style functions; an exception is its text."""
    from sklearn.metrics import balanced_accuracy_score, precision_score

    frame = row_frame(u, p)
    label = pd.Series(frame["label"].to_numpy(), index=pd.Index(frame["group"], name="group"))
    calls = {
        SPD: peers.sklearn.statistical_parity_difference,
        DI: peers.sklearn.disparate_impact_ratio,
        EOD: peers.sklearn.equal_opportunity_difference,
        AOD: peers.sklearn.average_odds_difference,
        AAOD: peers.sklearn.average_odds_error,
        PPV: lambda *a, **k: peers.sklearn.difference(precision_score, *a, **k),
        "balanced_accuracy_difference": lambda *a, **k: peers.sklearn.difference(balanced_accuracy_score, *a, **k),
        "equalized_odds_difference": lambda *a, **k: max(
            abs(peers.sklearn.difference(rate, *a, **k)) for rate in (sensitivity, fall_out)
        ),
    }
    errors = {  # each as a rate of scikit-learn's for the other label or the other answer
        "false_positive_rate": fall_out,
        "false_negative_rate": lambda y, h: 1 - sensitivity(y, h),
        "false_discovery_rate": lambda y, h: 1 - precision_score(y, h),
        "false_omission_rate": lambda y, h: 1 - precision_score(y, h, pos_label=0),
    }
    for name, error in errors.items():
        calls[f"{name}_difference"] = partial(peers.sklearn.difference, error)
        calls[f"{name}_ratio"] = partial(peers.sklearn.ratio, error)
    found = {}
    for name, call in calls.items():
        try:
            found[name] = call(label, frame["prediction"].to_numpy(), prot_attr="group", priv_group=1)
        except ValueError:
            found[name] = "ValueError"
    return found


def fairlearn(peers, u, p):
    """Fairlearn's functions, which forget the sign and which group is which."""
    frame = row_frame(u, p)
    args, groups = (frame["label"], frame["prediction"]), {"sensitive_features": frame["group"]}
    return {
        SPD: peers.fairlearn.demographic_parity_difference(*args, **groups),
        DI: peers.fairlearn.demographic_parity_ratio(*args, **groups),
        EOD: peers.fairlearn.equal_opportunity_difference(*args, **groups),
        AAOD: peers.fairlearn.equalized_odds_difference(*args, **groups, agg="mean"),
        "equalized_odds_difference": peers.fairlearn.equalized_odds_difference(*args, **groups),
        "false_positive_rate_difference": peers.fairlearn.false_positive_rate_difference(*args, **groups),
        "false_negative_rate_ratio": peers.fairlearn.false_negative_rate_ratio(*args, **groups),
    }


def random_pairs(number):
    """Pairs of tables without empty cells, of very different sizes and base rates."""
    rng = np.random.default_rng(2024)
    return [1 + rng.poisson(rng.gamma(0.7, 60, (2, 2, 2))) for _ in range(number)]


CASES = [
    pytest.param(reference.COMPAS["African-American"], reference.COMPAS["Caucasian"], id="compas"),
    pytest.param(reference.COMPAS["Native American"], reference.COMPAS["Hispanic"], id="compas-small"),
    pytest.param(*reference.BUDGET["baseline"], id="budget-baseline"),
    pytest.param(*reference.BUDGET["reweighed"], id="budget-reweighed"),
    *[pytest.param(u, p, id=f"random-{i}") for i, (u, p) in enumerate(random_pairs(12))],
]


def test_every_measure_has_a_peer(peers):
    """Each measure of the registry is one that AIF360 computes too, so that none escapes the comparison."""
    assert legacy(peers, *CASES[0].values).keys() == modern(peers, *CASES[0].values).keys() == MEASURES.keys()


@pytest.mark.parametrize(("u", "p"), CASES)
def test_defined_measures_agree(peers, u, p):
    """Both AIF360 APIs give our numbers; fairlearn gives their absolute values, and min(DI, 1/DI) for the ratio."""
    ours = {name: float(measure.compute(u, p)) for name, measure in MEASURES.items()}
    assert legacy(peers, u, p) == pytest.approx(ours, rel=1e-12, abs=1e-12)
    assert modern(peers, u, p) == pytest.approx(ours, rel=1e-10, abs=1e-12)
    unsigned = {name: abs(ours[name]) for name in (SPD, EOD, AAOD, "equalized_odds_difference")}
    unsigned["false_positive_rate_difference"] = abs(ours["false_positive_rate_difference"])
    unsigned |= {name: min(ours[name], 1 / ours[name]) for name in (DI, "false_negative_rate_ratio")}
    assert fairlearn(peers, u, p) == pytest.approx(unsigned, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("selection_rate", "selection_rate"),
        ("true_positive_rate", "true_positive_rate"),
        ("false_positive_rate", "false_positive_rate"),
        ("false_negative_rate", "false_negative_rate"),
        ("true_negative_rate", "true_negative_rate"),
    ],
)
def test_group_rates_agree_with_fairlearn(peers, name, theirs):
    """The rates of six COMPAS groups are those of fairlearn's MetricFrame."""
    frame = pd.concat(
        [row_frame(table, np.zeros((2, 2), int)).assign(group=race) for race, table in reference.COMPAS.items()]
    )
    by_group = peers.fairlearn.MetricFrame(
        metrics=getattr(peers.fairlearn, theirs),
        y_true=frame["label"],
        y_pred=frame["prediction"],
        sensitive_features=frame["group"],
    ).by_group
    assert by_group.to_dict() == pytest.approx({race: rate(t, name) for race, t in reference.COMPAS.items()}, abs=1e-12)
    assert name in RATES


SOME = [[6, 2], [4, 3]]
NOBODY_U, NOBODY_P = ([[5, 0], [3, 0]], [[6, 0], [4, 0]])
# What each says where something is missing: (u, p), the measure, our reason, AIF360 legacy, AIF360 sklearn, fairlearn.
DIFFERENCES = {
    "nobody selected, parity": (NOBODY_U, NOBODY_P, SPD, None, 0, 0, 0),
    "nobody selected, ratio": (NOBODY_U, NOBODY_P, DI, "no_predicted_positives", NAN, 0, NAN),
    "nobody selected, predictive": (NOBODY_U, NOBODY_P, PPV, "no_predicted_positives", 0, 0, None),
    "only u selected, ratio": ([[5, 1], [3, 2]], NOBODY_P, DI, "no_predicted_positives", INF, 0, 0),
    "only p selected, ratio": (NOBODY_U, SOME, DI, None, 0, 0, 0),
    "only p selected, predictive": (NOBODY_U, SOME, PPV, "no_predicted_positives", 0 - 3 / 5, 0 - 3 / 5, None),
    "u without positives": ([[5, 2], [0, 0]], SOME, EOD, "no_positives", NAN, 0 - 3 / 7, 3 / 7),
    "u without positives, odds": ([[5, 2], [0, 0]], SOME, AOD, "no_positives", NAN, (2 / 7 - 2 / 8 - 3 / 7) / 2, None),
    "u without negatives": ([[0, 0], [3, 4]], SOME, AOD, "no_negatives", NAN, (1 - 2 / 8 + 4 / 7 - 3 / 7) / 2, None),
    "u without negatives, absolute": (
        [[0, 0], [3, 4]], SOME, AAOD, "no_negatives", NAN, (1 - 2 / 8 + 4 / 7 - 3 / 7) / 2, (2 / 8 + 4 / 7 - 3 / 7) / 2,
    ),
    "u absent, parity": ([[0, 0], [0, 0]], SOME, SPD, "group_absent", NAN, NAN, 0),
    "u absent, ratio": ([[0, 0], [0, 0]], SOME, DI, "group_absent", NAN, NAN, 1),
    "u absent, opportunity": ([[0, 0], [0, 0]], SOME, EOD, "group_absent", NAN, "ValueError", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENCES)
def test_undefined_cases_differ_as_documented(peers, case):
    """Where a denominator is empty we say NaN and why; each peer says what the documented table of
    differences says.
    """
    u, p, name, reason, *theirs = DIFFERENCES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = float(MEASURES[name].compute(np.array(u), np.array(p)))
    assert undefined(name, u, p) == reason
    assert np.isnan(ours) == (reason is not None)
    for peer, expected in zip((legacy, modern, fairlearn), theirs, strict=True):
        if expected is not None:
            found = peer(peers, u, p)[name]
            assert found == (expected if isinstance(expected, str) else pytest.approx(expected, nan_ok=True))
            if reason is None:
                assert found == pytest.approx(ours)


def test_an_absent_group_is_perfectly_fair_to_one_peer_only(peers):
    """A declared group without rows: fairlearn reports parity of 0 and a ratio of 1, we report no value at all."""
    absent = np.zeros((2, 2), int)
    theirs = fairlearn(peers, absent, SOME)
    assert (theirs[SPD], theirs[DI]) == (0, 1)
    assert {undefined(name, absent, SOME) for name in MEASURES} == {"group_absent"}
