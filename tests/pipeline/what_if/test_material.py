"""What questions are asked of: the models' scores as the stages wrote them, and the published evaluation itself."""

import numpy as np
import pandas as pd
import pytest

from pipeline.what_if import experiment, material, score_sentences
from pipeline.what_if.sentences import BOUND, Spoken
from responsible.limits import Limits
from responsible.names import is_change
from responsible.what_if import Question

pytestmark = pytest.mark.pipeline


@pytest.fixture
def held(built, monkeypatch):
    """The scores of the small repository."""
    monkeypatch.chdir(built.root)
    return material.read()


def shipped(held, **changed):
    given = held.given
    return Question(**{"threshold": 0.5, "fairness": given.fairness, "inference": given.inference} | changed)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "attribute"), [("baseline", "education"), ("reweighed", "gender")])
def test_the_shipped_settings_have_the_published_figures(held, model, attribute):
    """With nothing changed each figure of each group of test rows is that of plots/fairness.csv to its last digit."""
    table = pd.read_csv("plots/fairness.csv", keep_default_na=False, na_values=[""])
    table = table[(table["model"] == model) & (table["attribute"] == attribute)]
    assert not table["model"].map(is_change).any()
    for compared in ("", held.groups[attribute].levels[-1]):
        found = held.exam(model, attribute, shipped(held, compared=compared)).measures
        head = found["comparison"].iloc[0]
        own = table[table["comparison"] == head].set_index("measure").loc[found["measure"]].reset_index()
        for column in ("value", "low", "high", "minimum", "maximum", "best_accuracy"):
            written = [0.0 if abs(x) < 1e-12 else float(f"{x:.6g}") for x in found[column].astype(float)]
            np.testing.assert_array_equal(written, own[column].astype(float), err_msg=f"{compared} {column}")
        assert found["verdict"].tolist() == own["verdict"].tolist()
        np.testing.assert_array_equal(found["support_unprivileged"], own["support_unprivileged"])
        np.testing.assert_array_equal(found["today"], found["value"])


def test_measures_of_scores_are_the_published_ones_at_any_threshold(held):
    """Each of them has the value of an evaluation with it, and the text says that no threshold moves them."""
    measures = ["mean_score_difference", "calibration_difference"]
    fairness = held.given.fairness.model_copy(update={"measures": measures})
    found = held.exam("reweighed", "gender", shipped(held, threshold=0.3, fairness=fairness))
    scores = pd.read_parquet("data/scores/reweighed.parquet")
    test = scores[scores["split"] == "test"]
    assert set(measures) <= set(found.measures["measure"])
    row = found.measures.set_index("measure").loc["mean_score_difference"]
    sides = [test[(test["a.gender"] == "Male") == privileged] for privileged in (False, True)]
    means = [np.average(own["score"], weights=own["n"]) for own in sides]
    assert row["value"] == pytest.approx(means[0] - means[1], abs=1e-9)
    assert row["today"] == pytest.approx(row["value"], rel=1e-12)
    case = held.case("reweighed", "gender", "test")
    said = Spoken(case, shipped(held, fairness=fairness), found, held.given.words)
    assert score_sentences.unmoved(said) == (
        "No threshold moves mean score difference and calibration difference, which compare scores and not decisions."
    )
    quality = held.quality("reweighed", "gender", "test", held.given.inference.confidence)
    published = pd.read_csv("plots/score_quality.csv")
    own = published[(published["attribute"] == "gender") & (published["model"] == "reweighed")]
    np.testing.assert_allclose(quality["roc_auc"], own["roc_auc"], rtol=1e-5)
    assert quality["bins_off"].tolist() == own["bins_off"].tolist()
    assert score_sentences.quality(said, quality)[0]["Group"] == "all privileged"


def test_confusion_of_today_is_the_published_one(held):
    """The four counts of each level on the test rows are those of plots/confusion.csv."""
    table = pd.read_csv("plots/confusion.csv", keep_default_na=False)
    own = table[(table["model"] == "reweighed") & (table["attribute"] == "gender")].drop(columns="model")
    found = held.exam("reweighed", "gender", shipped(held, threshold=0.3)).confusion
    today = found[found["when"] == "today"].drop(columns="when")
    pd.testing.assert_frame_equal(today.reset_index(drop=True), own.reset_index(drop=True))


def test_another_threshold_is_judged_as_the_stage_would(held):
    """An exam at 0.3 has the values of single test rows that are counted by hand from the score file."""
    scores = pd.read_parquet("data/scores/baseline.parquet")
    test = scores[scores["split"] == "test"]
    found = held.exam("baseline", "education", shipped(held, threshold=0.3)).measures.set_index("measure")
    privileged = test["a.education"].isin(["Bachelor’s Degree", "Master’s Degree"])
    rate = [
        test.loc[side & (test["score"] >= 0.3), "n"].sum() / test.loc[side, "n"].sum()
        for side in (~privileged, privileged)
    ]
    assert found.loc["statistical_parity_difference", "value"] == pytest.approx(rate[0] - rate[1], abs=1e-12)


def test_validation_rows_are_no_test_rows(held):
    """A question is answered on the validation rows, whose number is that of the score file."""
    scores = pd.read_parquet("data/scores/baseline.parquet")
    case = held.case("baseline", "gender")
    assert case.rows == scores.loc[scores["split"] == "valid", "n"].sum()
    assert held.case("baseline", "gender") is case


def test_a_question_is_an_experiment(held):
    """The line sets each parameter that differs, by its key, and says what no parameter can say."""
    fairness = held.given.fairness
    limits = fairness.limits | {"disparate_impact": Limits(minimum=0.7, maximum=1.25)}
    asked = shipped(
        held, threshold=0.4, fairness=fairness.model_copy(update={"limits": limits}), by_level={"Other": 0.3}
    )
    changed = experiment.settings(asked, held.given, "reweighed", {"threshold": (250.0, held.given.threshold)})
    assert changed == {
        "threshold": 250.0,
        "model.decision_threshold": 0.4,
        "fairness.limits.disparate_impact.minimum": 0.7,
    }
    assert experiment.line(changed) == (
        "dvc exp run --temp -S threshold=250 -S model.decision_threshold=0.4 "
        "-S fairness.limits.disparate_impact.minimum=0.7"
    )
    assert experiment.beside(asked) == "The experiment leaves out thresholds by group: no parameter says them."
    assert experiment.settings(shipped(held), held.given, "reweighed") == {}


def test_the_answer_is_spoken_with_counts(held):
    """The headline has the people of each group that change, by name, and nobody where nothing changes."""
    asked = shipped(held, threshold=0.3)
    case = held.case("baseline", "education")
    found = held.ask(case, asked)
    said = Spoken(case, asked, found, held.given.words)
    most = found.affected.sort_values("more", ascending=False, kind="stable").iloc[0]
    assert said.headline().startswith(
        f"{most['more']} more people whose education is {most['level']} would be selected"
    )
    assert said.headline().endswith(f"That is of {case.rows:,} people.")
    nothing = Spoken(case, shipped(held), held.ask(case, shipped(held)), held.given.words)
    assert nothing.headline() == f"Nobody would be answered otherwise than today, of {case.rows:,} people."
    assert said.compared() == "any other education against Bachelor’s Degree or Master’s Degree"
    assert {row["Verdict"][:1] for row in said.measures()} <= set("✓✕⊘?–")
    bound = shipped(held, by_level={"Other": 0.1})
    assert BOUND in Spoken(case, bound, held.ask(case, bound), held.given.words).notes(most=10**6)
    assert said.notes(most=10) == [
        f"There are {len(case.n):,} cells; above 10 an answer takes longer than a fifth of a second."
    ]
