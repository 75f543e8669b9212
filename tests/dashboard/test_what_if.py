"""Page 2, What if: every control moves the answer, test rows are counted, and nothing runs in a read-only one."""

from types import SimpleNamespace

import pandas as pd
import pytest

from dashboard import results
from dashboard.runs import ANOTHER
from pipeline.what_if import experiment
from pipeline.workbench.runs import RUNNING, Progress, Stage
from tests.dashboard.test_decision import shown, tables

pytestmark = pytest.mark.pipeline


@pytest.fixture
def app(page):
    """The page with the settings of params.yaml."""
    return page("what_if.py")


def box(app, label):
    return next(each for each in app.selectbox if each.label == label)


def slider(app, label):
    return next(each for each in app.slider if each.label.startswith(label))


def several(app, label):
    return next(each for each in app.multiselect if each.label == label)


def button(app, label):
    return next(each for each in app.button if each.label == label)


def number(app, key):
    return next(each for each in app.number_input if each.key == key)


def measures(app):
    """Measure → row of the table of measures."""
    return tables(app)["Measures"]


def test_nothing_asked_changes_nothing(app):
    """With the shipped settings nobody is affected, and there is no experiment to make."""
    assert not app.exception
    assert "Nobody would be answered otherwise" in app.subheader[0].value
    assert "Nothing differs from params.yaml" in shown(app)
    assert not app.code


def test_a_threshold_moves_people_measures_and_the_line(app):
    """At 0.3 more people are selected than at 0.5: as many as the scores of the validation rows have between."""
    app = slider(app, "Decision threshold").set_value(0.3).run()
    scores = pd.read_parquet("data/scores/reweighed.parquet")
    rows = scores[(scores["split"] == "valid") & scores["score"].between(0.3, 0.5, inclusive="left")]
    by_level = rows.groupby("a.education")["n"].sum()
    said = app.subheader[0].value.replace("\\", "")
    for level, people in by_level.items():
        assert f"{people:,} more" in said
        assert f"with {level}" in said or f"whose education is {level}" in said
    assert app.code[0].value == "dvc exp run --temp -S model.decision_threshold=0.3"


def test_limits_confidence_and_minimum_move_the_verdicts(app):
    """Wide limits pass, a confidence of 99 % heads its column, and a high minimum leaves nothing to judge."""
    app = number(app, "disparate_impact minimum").set_value(0.0).run()
    assert measures(app).loc["disparate impact", "Limits"] == "0 to 1.25"
    assert measures(app).loc["disparate impact", "Verdict"] == "✓ pass"
    app = slider(app, "Confidence").set_value(0.99).run()
    assert "Then, 99 % interval" in measures(app)
    app = number(app, "minimum denominator").set_value(1_000_000).run()
    assert set(measures(app)["Then, 99 % interval"]) == {"undefined (n below minimum)"}
    assert "-S inference.minimum_denominator=1000000" in app.code[0].value


def test_limits_without_room_are_refused_beside_the_controls(app):
    """A minimum above the maximum is named; the page goes on."""
    app = number(app, "disparate_impact minimum").set_value(2.0).run()
    assert not app.exception
    assert "minimum must be" in app.error[0].value.replace("\\", "")


def test_a_population_and_thresholds_by_group(app):
    """Another share of a level moves pooled measures and is no parameter; thresholds by group are marked as a bound."""
    app = several(app, "Levels with another share").set_value(["Missing"]).run()
    app = slider(app, "Missing").set_value(0.6).run()
    assert "count like" in "".join(each.value for each in app.info)
    assert "Nobody would be answered otherwise" in app.subheader[0].value
    app = several(app, "Groups with a threshold of their own").set_value(["Master’s Degree"]).run()
    app = slider(app, "Master").set_value(0.99).run()
    assert "Read the answer as a bound" in "".join(each.value for each in app.info).replace("\\", "")
    assert "fewer people whose education is Master" in app.subheader[0].value
    assert "leaves out thresholds by group and shares of the population" in shown(app)


def test_attributes_models_and_groups_can_be_chosen(app):
    """Another attribute, model and group each have their own table."""
    first = measures(app)
    app = box(app, "Attribute").set_value("gender").run()
    assert not app.exception
    second = measures(app)
    app = box(app, "Model").set_value("baseline").run()
    third = measures(app)
    app = box(app, "Which group to compare").set_value("Female").run()
    assert "Female against Male" in shown(app)
    assert len({str(each.to_dict()) for each in (first, second, third, measures(app))}) == 4


def test_a_look_at_test_rows_is_counted_and_shown(app):
    """The second look says that it is the second, and the next move is back on validation rows."""
    results.looks.clear()
    for time in (1, 2):
        app = button(app, "Answer on the test rows").click().run()
        assert f"look number {time}" in app.warning[0].value
    published = pd.read_csv("plots/fairness.csv")
    row = published[(published["model"] == "reweighed") & (published["attribute"] == "education")].iloc[0]
    assert (
        measures(app).loc["statistical parity difference"].iloc[2].startswith(f"−{abs(row['value']) * 100:.1f} points")
    )
    app = slider(app, "Decision threshold").set_value(0.45).run()
    assert not app.warning


def test_label_thresholds_are_those_of_the_sweep_or_any(app):
    """A fitted one shows what the sweep found; another one is an experiment that fits it."""
    app = box(app, "Label threshold").set_value("250").run()
    assert "published already" in shown(app)
    assert app.code[0].value.endswith("-S threshold=250")
    app = box(app, "Label threshold").set_value(ANOTHER).run()
    app = next(each for each in app.number_input if each.label == "Label threshold to fit").set_value(275.0).run()
    assert app.code[0].value.endswith("-S threshold=275")


def test_where_only_reading_is_allowed_nothing_runs(page, monkeypatch):
    """The line is there, the button is not."""
    monkeypatch.setenv("DASHBOARD_READ_ONLY", "1")
    app = slider(page("what_if.py"), "Decision threshold").set_value(0.4).run()
    assert app.code
    assert [each.label for each in app.button] == ["Answer on the test rows"]


def test_results_of_other_parameters_are_a_banner(page, built, tmp_path):
    """No page shows figures while params.yaml says another threshold than the results were made with."""
    root = built.copy(tmp_path / "fork")
    params = root / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("confidence: 0.95", "confidence: 0.9", 1))
    for name in ("decision.py", "what_if.py", "frontier.py", "over_time.py"):
        app = page(name, root)
        assert "inference changed since" in app.error[0].value.replace("\\", "").replace(".confidence", "")
        assert not tables(app)
        assert len(app.title) == 1


@pytest.mark.parametrize(
    ("file", "reader"),
    [("data/raw/budget.csv", "prepare"), ("data/scores/baseline.parquet", "model_analyses")],
)
def test_results_of_another_table_are_a_banner(page, built, tmp_path, file, reader):
    """A table or score file that was exchanged since a stage read it is named, and no figure is shown."""
    root = built.copy(tmp_path / "fork")
    with (root / file).open("ab") as table:
        table.write(b"1")
    app = page("what_if.py", root)
    assert f"{file}: changed since {reader} read it" in app.error[0].value.replace("\\", "")
    assert not tables(app)


def test_without_a_model_there_is_nothing_to_ask(page, monkeypatch):
    """A fork that keeps only recorded decisions is told why the page is empty."""
    monkeypatch.setattr(results, "sources", lambda: SimpleNamespace(lines=("healthcare",)))
    app = page("what_if.py")
    assert not app.exception
    assert "There is no model here" in app.info[0].value


def test_small_counts_stay_protected(page, built, tmp_path, monkeypatch):
    """With disclosure.minimum_cell a notice stands above; where others look in, the page is off."""
    root = built.copy(tmp_path / "fork")
    monkeypatch.setattr(results, "refuse_stale", lambda *_: None)
    params = root / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("minimum_cell: 0", "minimum_cell: 11", 1))
    assert "Do not pass these figures on" in page("what_if.py", root).warning[0].value
    monkeypatch.setenv("DASHBOARD_READ_ONLY", "1")
    app = page("what_if.py", root)
    assert "is off where others look in" in app.warning[0].value
    assert not tables(app)


def test_the_button_runs_the_line(page, monkeypatch):
    """What differs is run and watched; a cancelled one, a failure with its reason and a name are shown."""
    ran = []

    class Fake:
        names = ("tamed-ruff",)
        progress = Progress((Stage("prepare", "reads", RUNNING),), 3, ended=False, succeeded=False)

        def __init__(self, changed):
            ran.append(changed)

        def cancel(self):
            Fake.progress = Progress((), 4, ended=True, succeeded=False, cancelled=True)

    monkeypatch.setattr(experiment, "Experiment", Fake)
    app = slider(page("what_if.py"), "Decision threshold").set_value(0.4).run()
    app = button(app, "Run it in a copy").click().run()
    assert "0 of 1 stages done, 3 seconds" in str(app.get("progress")[0].proto)
    assert "… prepare: reads (running)" in shown(app)
    assert button(app, "Run it in a copy").disabled
    app = slider(app, "Decision threshold").set_value(0.5).run()
    app = button(app, "Cancel the run").click().run()
    assert "Cancelled. The copy was deleted" in app.info[0].value
    Fake.progress = Progress((), 4, ended=True, succeeded=False, refusals=("no space left",))
    assert app.run().error[0].value == "no space left"
    Fake.progress = Progress((), 4, ended=True, succeeded=True)
    assert "The experiment is tamed\\-ruff" in app.run().success[0].value
    assert ran == [{"model.decision_threshold": 0.4}]
