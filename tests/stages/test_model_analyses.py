"""stages.model_analyses: what is asked for is written; what is not, or would tell small counts, says that it is off."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline.results import figures
from pipeline.storage import files
from pipeline.storage.models import write_model
from responsible.analyses.decision_threshold import GRID
from responsible.modelling.logistic_regression import train
from stages.model_analyses import main
from tests.support.contract import ROOT
from tests.support.planted import PLAIN

TABLES = ("decision_threshold", "calibration_models", "similar_groups", "impact_ratios", "failing_groups")
ASKED = {
    "costs": {"false_positive": 1, "false_negative": 5},
    "within": ["department"],
    "local_law_144": True,
    "failing_groups": {"depth": 1, "support": 20, "level": 0.05, "most": 3, "watched": ["sex=f & department=a"]},
}


def people(rng, rows=1_200):
    """Cells of one row: two departments, of which women are mostly in the strict one; scores are right on average."""
    sex = rng.choice(["f", "m"], rows)
    strict = rng.random(rows) < np.where(sex == "f", 0.7, 0.3)
    score = np.round(rng.beta(np.where(strict, 2, 4), np.where(strict, 4, 2)), 4)
    return pd.DataFrame(
        {
            "split": rng.choice(["train", "valid", "test"], rows),
            "bin": (rng.random(rows) < score).astype(int),
            "n": 1,
            "a.sex": sex,
            "x.department": np.where(strict, "a", "b"),
            "score": score,
        }
    )


@pytest.fixture
def run(tmp_path):
    """The stage on those cells, with changes to ``fairness`` and other sections."""

    def run(**changes):
        tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        tree["sensitive"] = {"sex": {"column": "sex", "privileged": ["m"]}}
        tree["inference"]["replicates"], tree["threshold"] = 200, 1
        for section, values in changes.items():
            tree[section] = values if section == "models" else tree[section] | values
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        table, meta = people(np.random.default_rng(7)), {"cuts": [1.0], "attributes": ["sex"]}
        cells = table.drop(columns="score").assign(**{"d.vendor": (table["score"] > 0.5).astype(int)})
        files.write_parquet(tmp_path / "cells.parquet", cells, meta | {"features": {"department": "categorical"}})
        vendor = table.drop(columns="x.department").assign(model="vendor", split="test")
        if "models" not in changes:
            vendor = vendor.iloc[:0]
        files.write_parquet(tmp_path / "scores.parquet", vendor, meta | {"rounding": {}})
        scored = table.drop(columns="x.department")
        fitted = train(table, {"x.department": "categorical"}, table["bin"], PLAIN).pipeline
        for model in ("baseline", "reweighed"):
            write_model(tmp_path / f"{model}.skops", fitted)
        for model, score in (("baseline", scored["score"]), ("reweighed", scored["score"] ** 2)):
            files.write_parquet(tmp_path / f"{model}.parquet", scored.assign(score=score), meta)
        names = {
            "cells": "cells.parquet",
            "scores": "scores.parquet",
            "baseline": "baseline.parquet",
            "reweighed": "reweighed.parquet",
            "baseline_model": "baseline.skops",
            "reweighed_model": "reweighed.skops",
            "metrics": "metrics/model_analyses.json",
            "thresholds_csv": "plots/decision_threshold.csv",
            "calibration_csv": "plots/calibration_models.csv",
            "similar_csv": "plots/similar_groups.csv",
            "ratios_csv": "plots/impact_ratios.csv",
            "failing_csv": "plots/failing_groups.csv",
            "flips_csv": "plots/flip_rates.csv",
            "reasons_csv": "plots/reasons.csv",
            "picture": "plots/decision_threshold.svg",
            "picture_narrow": "plots/decision_threshold_narrow.svg",
        }
        main(params=str(tmp_path / "params.yaml"), **{key: str(tmp_path / name) for key, name in names.items()})
        return {name: files.read_csv(tmp_path / f"plots/{name}.csv") for name in TABLES}

    return run


def test_by_default_two_tables_have_rows(run, tmp_path):
    """Thresholds and calibration are always there; the other tables say that they are switched off."""
    found = run()
    assert {name for name, table in found.items() if len(table)} == {"decision_threshold", "calibration_models"}
    assert [*found["similar_groups"]] == ["switched_off"]
    assert set(found["decision_threshold"]["threshold"]) == set(GRID)
    assert figures.collect(tmp_path)["model_analyses.baseline.best_threshold"][""].value == pytest.approx(0.5, abs=0.3)


def test_what_is_asked_for_is_written(run, tmp_path):
    """Costs move the best threshold down, similar people differ less, and figures can be judged by their paths."""
    found = run(fairness=ASKED)
    told = json.loads((tmp_path / "metrics/model_analyses.json").read_text())["model_analyses"]
    assert told["baseline"]["judged_by"] == "cost"
    assert told["baseline"]["best_threshold"] < 0.4
    assert told["baseline"]["calibrated_threshold"] == pytest.approx(1 / 6, abs=1e-6)
    within = found["similar_groups"].query("measure == 'statistical_parity_difference' and model == 'baseline'")
    pooled = within[within["stratum"].isna()].iloc[0]
    assert pooled["plain"] < -0.15
    assert abs(pooled["value"]) < abs(pooled["plain"]) / 2
    assert set(within["stratum"].dropna()) == {"a", "b"}
    ratio = found["impact_ratios"].set_index(["model", "category", "rate"]).loc[("baseline", "f", "selection_rate")]
    assert ratio["reference"] == "m"
    assert ratio["impact_ratio"] < 0.9
    judged = figures.collect(tmp_path)
    assert judged["failing_groups.baseline.false_positive"]["sex=f & department=a"].low < 0
    place = "similar_groups.sex.all_unprivileged.baseline.statistical_parity_difference"
    assert judged[place][""].value == pytest.approx(pooled["value"])


def test_scores_of_similar_people_are_compared_where_asked_for(run):
    """Women are scored lower on average, hardly so within departments; a vendor's are counted without them."""
    asked = ASKED | {"measures": ["mean_score_difference"]}
    models = {"baseline": None, "reweighed": None, "vendor": {"score": "s", "decision_threshold": 0.5}}
    found = run(fairness=asked, models=models)["similar_groups"].query("measure == 'mean_score_difference'")
    pooled = found[found["stratum"].isna()].set_index("model")
    assert pooled.loc["baseline", "plain"] < -0.08
    assert pooled.loc["baseline", "low"] < 0 < pooled.loc["baseline", "high"]
    assert pooled.loc["vendor", "reason"] == "scores_counted_apart"
    assert set(found["stratum"].dropna()) == {"a", "b"}


def test_small_counts_switch_off_only_what_would_tell_them(run):
    """With a minimum, cuts that leave too few people between them have no figures, curves by group none at all; groups
    by features are switched off; calibration and selection rates by group stay, scoring rates do not.
    """
    found = run(fairness=ASKED, disclosure={"minimum_cell": 11})
    assert {name for name, table in found.items() if not len(table)} == {"similar_groups", "failing_groups"}
    curves = found["decision_threshold"]
    assert curves[curves["attribute"].notna()]["value"].isna().all()
    whole = curves[(curves["figure"] == "accuracy") & (curves["model"] == "baseline")]
    assert 0 < whole["value"].notna().sum() < len(GRID)
    assert set(whole["reason"].dropna()) == {"fewer_than_11_people"}
    assert whole.set_index("threshold")["value"].notna()[0.5]
    own = found["calibration_models"]
    assert own[own["attribute"].isna()]["value"].notna().all()
    told, ratios = own[own["attribute"].notna()], found["impact_ratios"]
    assert set(told[told["value"].isna()]["reason"]) == {"fewer_than_11_people"}
    shown = set(told.dropna(subset=["value"])["model"])
    assert shown == {"baseline"}  # too few are selected by the other
    assert set(ratios.dropna(subset=["value"])["model"]) == shown
    assert set(ratios.dropna(subset=["value"])["rate"]) == {"selection_rate"}


def test_models_made_elsewhere_are_analysed_without_training(run):
    """A vendor's score and decisions have calibration, similar people, ratios and failures; all rows being test rows,
    curves are of these and no threshold is chosen.
    """
    found = run(fairness=ASKED, models={"vendor": {"score": "s", "decision_threshold": 0.5}})
    assert {name: set(table["model"]) for name, table in found.items()} == {key: {"vendor"} for key in TABLES}
    assert set(found["impact_ratios"]["rate"]) == {"selection_rate", "scoring_rate"}
    slope = found["calibration_models"].query("figure == 'calibration_slope' and attribute != attribute").iloc[0]
    assert slope["low"] < 1 < slope["high"]


def test_a_trained_model_stands_beside_one_made_elsewhere(run, tmp_path):
    """Each has its curves; only the trained ones, which have rows to choose on, have a best threshold."""
    models = {"baseline": None, "reweighed": None, "vendor": {"score": "s", "decision_threshold": 0.5}}
    found = run(models=models)
    assert set(found["decision_threshold"]["model"]) == set(models)
    told = json.loads((tmp_path / "metrics/model_analyses.json").read_text())["model_analyses"]
    assert {model for model, own in told.items() if "best_threshold" in own} == {"baseline", "reweighed"}


def test_flips_and_reasons_are_of_the_fitted_models(run, tmp_path):
    """A model that does not see sex has a flip rate of exactly 0, which a rule can name with its interval; the one
    feature drives its score; a model made elsewhere cannot be asked.
    """
    run(models={"baseline": None, "reweighed": None, "vendor": {"score": "s", "decision_threshold": 0.5}})
    found = figures.collect(tmp_path)["model_analyses.baseline.flip_rate.sex"][""]
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert figures.collect(tmp_path)["flip_rates.sex.baseline.any_other_level"]["f"].value == 0
    told = json.loads((tmp_path / "metrics/model_analyses.json").read_text())["model_analyses"]["vendor"]
    assert told["flip_rate"] == {"sex": None, "undefined": {"sex": "made_elsewhere"}}
    reasons = files.read_csv(tmp_path / "plots/reasons.csv")
    assert set(reasons["model"]) == {"baseline", "reweighed"}
    carried = reasons.query("figure == 'carries' and model == 'baseline'").set_index("feature")["value"]
    assert carried["department"] == carried["all features"] != 0


def test_flips_and_reasons_are_not_published_of_few_people(run, tmp_path):
    """With a minimum no value of either table is there, and the headline says why."""
    run(disclosure={"minimum_cell": 11})
    for name in ("flip_rates", "reasons"):
        table = files.read_csv(tmp_path / f"plots/{name}.csv")
        assert table["value"].isna().all()
        assert set(table["reason"]) == {"fewer_than_11_people"}
    told = json.loads((tmp_path / "metrics/model_analyses.json").read_text())["model_analyses"]["baseline"]
    assert told["flip_rate"]["undefined"] == {"sex": "fewer_than_11_people"}
