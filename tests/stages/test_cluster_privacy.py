"""The segments stage from a CSV file to its documents: what it says of segments, of noise, and of bad input."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.storage.parameters import keys
from responsible.tabular import sources
from responsible.validation import InputError
from stages import cluster_privacy, prepare_segments
from tests.support.contract import ROOT, default_paths
from tests.support.people import noise
from tests.support.tables import tree, write

SHARED = ROOT.parent / "shared" / "data"
QUICK = {
    "prepare__minimum_rows": 10,
    "cluster_privacy__clusters__maximum": 4,
    "cluster_privacy__clusters__starts": 3,
    "cluster_privacy__reference__rows": 300,
    "cluster_privacy__stability": {"refits": 8, "starts": 1},
    "cluster_privacy__representation__caps__rows": 150,
    "cluster_privacy__privacy__epsilons": [0.6, 1.0],
    "cluster_privacy__privacy__draws": 3,
    "cluster_privacy__privacy__confidence": 0.5,
    "cluster_privacy__privacy__rows": 400,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Prepare the people and segment them in a folder of its own; gives the headline and the folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs/templates").mkdir(parents=True)
    shutil.copy(ROOT / "answers.yaml", tmp_path)
    (tmp_path / "data/raw").mkdir(parents=True)
    shutil.copy(ROOT / "data/raw/segments.csv", tmp_path / "data/raw")
    for name in ("segments.md.j2", "segments_data_sheet.md.j2"):
        (tmp_path / "docs/templates" / name).write_text((ROOT / "docs/templates" / name).read_text(encoding="utf-8"))

    def go(frame=None, **changes):
        if frame is not None:
            frame.to_csv("people.csv", index=False)
            changes = {"segments__source": "people.csv", **changes}
        given = tree(**QUICK | {"segments__source": "data/raw/segments.csv"} | changes)
        write(Path("params.yaml"), given, [*keys(prepare_segments.Parameters), *keys(cluster_privacy.Parameters)])
        prepare_segments.main()
        cluster_privacy.main()
        return json.loads(Path("metrics/cluster_privacy.json").read_text(encoding="utf-8"))["cluster_privacy"], tmp_path

    return go


def text(folder, name="segments"):
    return (folder / f"docs/{name}.md").read_text(encoding="utf-8")


def sample():
    return pd.read_csv(ROOT / "data/raw/segments.csv")


def written(folder):
    """Content of every output by path."""
    return {p: (folder / p).read_bytes() for p in default_paths("cluster_privacy") if not p.endswith(".j2")}


def leaves(tree_):
    return sum(leaves(v) if isinstance(v, dict) else 1 for v in tree_.values())


def test_the_sample_has_three_one_sided_segments_and_fails_two_criteria(run):
    """As taught: silhouette near .50, a drop near .24, every segment one-sided, 60 of 100; 80 with a guarantee."""
    found, folder = run(cluster_privacy__privacy__rows=1500)
    assert (found["k"], found["segments_found"], found["one_sided_segments"]) == (3, 1, 3)
    assert found["silhouette"] == pytest.approx(0.498, abs=0.02)
    assert found["median_ari"] > 0.9
    assert found["chosen"]["drop"] == pytest.approx(0.24, abs=0.02)
    assert found["chosen"]["score"] == 60
    assert found["guaranteed"]["score"] == 80
    assert found["guaranteed"]["drop"] < 0.15
    assert found["guaranteed"]["real_epsilon"] == pytest.approx(1.0, abs=1e-6)
    assert found["chosen"]["real_epsilon"] is None
    assert found["chosen"]["undefined"] == {"real_epsilon": "no_finite_epsilon"}
    assert leaves(found) <= 20
    document = text(folder)
    first = document.split("\n\n")[1]
    assert first.startswith("**There are 3 segments, and 3 are one-sided:** segment 1 is 100 % A (474 of 474), ")
    assert "Do not act on a one-sided segment" in first
    assert "**The privacy noise chosen here guarantees nothing.**" in first
    assert "**60 of 100** points as configured, **80 of 100** with the guarantee" in document
    assert "**It therefore protects nobody.**" in document
    assert "**Complete: every question about the 1,500 people is answered." in text(folder, "segments_data_sheet")


@pytest.mark.heavy
@pytest.mark.slow
def test_the_same_rows_in_any_order_give_the_same_bytes(run):
    """Every output is equal after a second run on shuffled rows."""
    _, folder = run(sample())
    before = written(folder)
    run(sample().sample(frac=1, random_state=3))
    assert [p for p, content in written(folder).items() if content != before[p]] == []


def test_noise_is_said_to_be_no_segments(run):
    """One round cloud: the report says there are no segments, first thing, and why."""
    cloud = pd.DataFrame(noise(300, 3), columns=["f1", "f2", "f3"]).assign(group=["A", "B"] * 150)
    features = {name: {"minimum": -6, "maximum": 6} for name in ("f1", "f2", "f3")}
    found, folder = run(cloud, segments__features=features)
    assert found["segments_found"] == 0
    assert re.search(r"^\*\*There are no segments\.\*\* Do not act on the \d clusters", text(folder).split("\n\n")[1])
    assert "tables without any clusters score as high" in text(folder)


def bounded(points):
    """A table of people with their features ``f1`` … and the declared bounds of these."""
    names = [f"f{i + 1}" for i in range(points.shape[1])]
    bounds = {
        n: {"minimum": float(c.min()) - 1, "maximum": float(c.max()) + 1} for n, c in zip(names, points.T, strict=True)
    }
    return pd.DataFrame(points.round(3), columns=names).assign(group=["A", "B"] * (len(points) // 2)), bounds


def test_groups_of_one_column_are_named_as_that_columns(run):
    """Two groups that only f2 shows are no segments of people, and the report and its data sheet say which column."""
    points = noise(200, 3)
    points[::3, 1] += 20
    frame, bounds = bounded(points)
    found, folder = run(frame, segments__features=bounds)
    assert found["segments_found"] == 0
    for name in ("segments", "segments_data_sheet"):
        assert "shows in one column only: f2" in text(folder, name)


def test_a_table_of_one_feature_cannot_be_told_apart(run):
    """With one feature there is no dependence to find: the figure is empty with a reason, the verdict says why."""
    points = noise(200, 1)
    points[::2] += 9
    frame, bounds = bounded(points)
    found, folder = run(frame, segments__features=bounds)
    assert found["segments_found"] is None
    assert found["undefined"]["segments_found"] == "one_feature"
    assert "**One feature cannot show whether there are segments.**" in text(folder)


@pytest.mark.slow
def test_answers_are_printed_and_counted(run):
    """A reason for each one-sided segment wins the criterion and is in the data sheet; an empty one does neither. An
    empty answer costs another criterion, and so does a table for which nobody has written answers.
    """
    answers = [{"segment": k, "level": v, "reason": "Because <b>so</b>."} for k, v in ((1, "A"), (2, "A"), (3, "B"))]
    found, folder = run(cluster_privacy__representation__justifications=answers)
    assert found["guaranteed"]["score"] == 100
    assert text(folder, "segments_data_sheet").count(r"Because \<b\>so\</b\>.") == 3
    answers[0]["reason"] = " "
    said = (folder / "answers.yaml").read_text(encoding="utf-8")
    (folder / "answers.yaml").write_text(re.sub("^  consent:.*$", "  consent:", said, flags=re.MULTILINE))
    found, folder = run(cluster_privacy__representation__justifications=answers)
    assert found["guaranteed"]["score"] == 60
    scores = pd.read_csv(folder / "plots/segments_scorecard.csv").query("configuration == 'guaranteed' and not met")
    assert scores["name"].tolist() == ["representation", "data_sheet"]
    assert "Segment 1 is one-sided: 100 % A (474 of 474). Justification: **none**" in text(
        folder, "segments_data_sheet"
    )
    assert "**Incomplete: 1 of 8 questions is not answered yet" in text(folder, "segments_data_sheet")
    assert "**Not answered yet: On what legal basis, and how can people withdraw?**" in text(
        folder, "segments_data_sheet"
    )
    (folder / "answers.yaml").write_text(said)
    found, folder = run(sample())
    assert found["guaranteed"]["score"] == 60
    sheet = text(folder, "segments_data_sheet")
    assert "**Incomplete: 8 of 8 questions are not answered yet" in sheet
    assert "describes nobody" not in sheet
    assert "None is needed" not in sheet


@pytest.mark.slow
def test_more_rows_than_are_fitted_are_all_labelled(run, monkeypatch):
    """Above fit_rows a sample is fitted and everybody is in a segment; silhouettes are estimates with an interval. Of a
    table with too many rows, page and data sheet say that a sample was used, and of how many people.
    """
    monkeypatch.setattr(sources, "MOST_ROWS", 1_400)
    found, folder = run(
        cluster_privacy__clusters__fit_rows=400,
        cluster_privacy__clusters__silhouette={"rows": 200, "subsamples": 4},
    )
    assert found["k"] == 3
    assert pd.read_csv(folder / "plots/segments.csv")["n"].sum() == 1400
    for name in ("segments", "segments_data_sheet"):
        assert "**On a sample.** The table has 1,500 people; those used were chosen by a hash." in text(folder, name)
    candidates = pd.read_csv(folder / "plots/segments_candidates.csv")
    assert (candidates["silhouette_low"] < candidates["silhouette_high"]).all()
    assert "Clusterings were fitted on 400 people drawn at random" in text(folder)


def test_dbscan_and_three_levels(run):
    """DBSCAN as one more method, and a protected attribute of three levels with missing values, go through."""
    frame = sample().assign(group=np.resize(["x|y", "B", None], 1500))
    found, folder = run(frame, cluster_privacy__clusters__methods=["kmeans", "dbscan"])
    assert found["k"] == 3
    assert found["one_sided_segments"] == 0
    assert r"x\|y" in text(folder)
    assert "no segment is one-sided" in text(folder)
    assert set(pd.read_csv(folder / "plots/segments_shares.csv")["level"]) == {"x|y", "B", "Missing"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f1": "many"}, r"people\.csv: f1: not a number in 1500 rows: row 1 \(line 2\) 'many'"),
        ({"f1": 1.5}, r"feature 'f1' must vary, got 1\.5 in all 1500 rows; remove it"),
        ({"f2": 99.0}, r"people\.csv: f2: above 10 in 1500 rows"),
        ({"group": "A"}, r"segments\.protected: 'group' must have at least two levels, got only 'A'"),
    ],
)
def test_bad_tables_are_refused(run, change, message):
    """A feature that is no number or constant, values outside the declared bounds and one level: named, with remedy."""
    with pytest.raises(InputError, match=message):
        run(sample().assign(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster_privacy__privacy__epsilons": [0.0, 1.0]}, r"cluster_privacy\.privacy\.epsilons\.0 must be > 0"),
        ({"cluster_privacy__privacy__delta": 1.0}, r"cluster_privacy\.privacy\.delta must be < 1"),
        ({"cluster_privacy__privacy__delta": 0.0}, r"cluster_privacy\.privacy\.delta must be > 0"),
        ({"segments__features__f9": {"minimum": 0, "maximum": 1}}, r"column 'f9' is missing; known: 'f1'"),
        ({"cluster_privacy__clusters__kk": 3}, r"cluster_privacy\.clusters\.kk is not a known key"),
    ],
)
def test_bad_parameters_are_refused(run, change, message):
    """ε of 0, δ outside (0, 1), a feature the table lacks and a misspelt key: named, with the rule."""
    with pytest.raises(InputError, match=message):
        run(**change)


def test_more_clusters_than_distinct_people_are_refused(run):
    """Three distinct rows cannot be four clusters."""
    frame = sample().head(3).merge(pd.DataFrame({"i": range(100)}), how="cross").drop(columns="i")
    frame["group"] = ["A", "B"] * 150
    with pytest.raises(InputError, match="must be at most the number of distinct points, 3, got 4; lower it"):
        run(frame)


ADULT = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
RANDHIE = ("xage", "educdec", "num", "disea", "lpi", "income")


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
@pytest.mark.parametrize(
    ("name", "protected", "features"),
    [
        pytest.param("adult", "sex", ADULT, id="adult", marks=pytest.mark.heavy),
        pytest.param("randhie", "black", RANDHIE, id="randhie"),
    ],
)
def test_other_tables_run_by_parameters_alone(run, name, protected, features):
    """UCI Adult by sex and the RAND experiment by race need only other values of params.yaml."""
    table = pd.read_csv(SHARED / f"{name}.csv", usecols=list(features))
    bounds = {f: {"minimum": float(table[f].min()) - 1, "maximum": float(table[f].max()) + 1} for f in features}
    found, folder = run(
        segments__source=str(SHARED / f"{name}.csv"),
        segments__protected=protected,
        segments__features=bounds,
        segments__missing="drop",
        cluster_privacy__clusters__fit_rows=600,
    )
    assert found["k"] >= 2
    assert pd.read_csv(folder / "plots/segments.csv")["n"].sum() == len(table.dropna())
    assert "## Findings" in text(folder)


def test_documents_and_picture_use_the_names_that_people_gave(run):
    """Rows, features, the attribute and its levels are called as `words` says, in both documents and the picture."""
    words = {
        "rows": {"segments": ["member", "members"]},
        "names": {"f1": "visits", "group": "region"},
        "levels": {"group": {"A": "north", "B": "south"}},
    }
    _, folder = run(words=words)
    document, sheet = text(folder), text(folder, "segments_data_sheet")
    assert "segment 1 is 100 % north (474 of 474)" in document.split("\n\n")[1]
    assert "about 1,500 members and 4 features (visits, f2, f3, f4)" in document
    assert " is region." in document
    assert "| region | protected | south |" in sheet
    assert "is one-sided: 95 % south" in sheet
    picture = (folder / "plots/segments.svg").read_text(encoding="utf-8")
    assert "segment 3 is 95 % south" in picture
    assert "1,500 members" in picture
    assert set(pd.read_csv(folder / "plots/segments_shares.csv")["level"]) == {"A", "B"}
