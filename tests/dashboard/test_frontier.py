"""Page 4, Frontier: the candidates of the search by attribute and measure, and a strength of it as a what-if."""

import re

import pandas as pd
import pyarrow as pa
import pytest

from dashboard import results
from pipeline.results import searched
from tests.dashboard.test_decision import shown, tables

pytestmark = pytest.mark.pipeline


def choose(app, label, value):
    """Choose a value of the box with this label."""
    return next(each for each in app.selectbox if each.label == label).set_value(value).run()


@pytest.fixture
def current(monkeypatch):
    """The search is taken for one of the model at hand; that of the small repository is of the shipped one."""
    monkeypatch.setattr(searched, "of_this_model", lambda *_: True)
    results.judged.clear()
    yield
    results.judged.clear()


def test_it_shows_what_the_search_wrote(page):
    """The answer leads, as one of an earlier model; each candidate has its figures of alternatives/."""
    app = page("frontier.py")
    assert not app.exception
    assert app.warning[0].value.startswith("Of an earlier model")  # the small repository trained another one
    app = choose(choose(app, "Attribute", "gender"), "Measure", "disparate_impact")
    table = tables(app)["Candidates"]
    key = ["attribute", "candidate"]
    own = pd.read_csv("alternatives/measures.csv").merge(pd.read_csv("alternatives/candidates.csv"), on=key)
    own = own[(own["attribute"] == "gender") & (own["measure"] == "disparate_impact")].set_index("candidate")
    assert set(table.index) == set(own.index)
    for name, row in table.iterrows():
        value, low = own.loc[name, ["value", "low"]]
        said = "undefined (" if pd.isna(value) else f"{value:.3f} times [{low:.3f}, "
        assert row["Disparate impact"].startswith(said)
        assert row["Accuracy"].startswith(f"{own.loc[name, 'performance'] * 100:.1f} % [")
        assert (row["Part"] == "a bound only") == bool(own.loc[name, "looks_at_attribute"])
    assert "Was there a less discriminatory model" in "".join(each.body for each in app.get("html"))


def test_its_chart_has_the_candidates_and_asks_for_nothing(page):
    """It draws those that lose little, or all of them, and holds no address of data or of a picture."""
    app, drawn = page("frontier.py"), []
    for everything in (False, True):
        app = next(each for each in app.toggle if each.key == "everything").set_value(everything).run()
        (chart,) = app.get("vega_lite_chart")
        assert not re.findall(r'"(?:url|href)"', chart.proto.spec)
        tables_ = [pa.ipc.open_stream(each.data.data).read_all() for each in chart.proto.datasets]
        drawn.append(max((own for own in tables_ if "Candidate" in own.column_names), key=len)["Candidate"].to_pylist())
    assert set(drawn[1]) == set(
        pd.read_csv("alternatives/candidates.csv").query("attribute == 'education'")["candidate"]
    )
    assert set(drawn[0]) < set(drawn[1])


def test_without_a_search_there_is_no_such_page(page, built, tmp_path):
    """A fork that has not searched, or not with this version, has the other pages only."""
    root = built.copy(tmp_path / "fork")
    (root / "alternatives/measures.csv").unlink()
    with pytest.raises(ValueError, match=r"Could not find a navigation page for .*frontier\.py"):
        page("frontier.py", root)


OTHER_SEARCHES = {
    "alternatives/candidates.csv: is not what the search wrote": ("alternatives/candidates.csv", "0.9", "0.8"),
    "params.yaml: alternatives changed since the search": ("alternatives/dvc.lock", "within: 0.01", "within: 0.02"),
    "alternatives/dvc.lock: has no such stage": ("alternatives/dvc.lock", "  alternatives:", "  other:"),
}


@pytest.mark.parametrize("said", OTHER_SEARCHES)
def test_figures_of_another_search_are_a_banner(page, built, tmp_path, said):
    """A table that was edited, and another question than the search was asked, are named with the command to run."""
    name, old, new = OTHER_SEARCHES[said]
    file = built.copy(tmp_path / "fork") / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    app = page("frontier.py", tmp_path / "fork")
    assert f"{said}; run `make alternatives`" in app.error[0].value.replace("\\", "")
    assert not tables(app)


def test_a_strength_that_was_searched_is_answered_at_once(page, current):
    """λ = ½ shows each measure beside that of today, from the search, and is one parameter of an experiment."""
    app = choose(page("what_if.py"), "Strength of reweighing", "0.5")
    assert not app.exception
    found = tables(app)["Figures of the search"]
    own = pd.read_csv("alternatives/measures.csv").query("attribute == 'education'")
    for strength in ("0.5", "1"):
        name = f"logistic regression, reweighed by education at strength {strength}"
        rows = own[(own["candidate"] == name) & (own["measure"] == "statistical_parity_difference")]
        said = found.loc["statistical parity difference", f"Strength {strength}"]
        assert said.startswith(f"−{abs(rows['value'].item()) * 100:.1f} points [")
    assert set(own["measure"]) == {name.replace(" ", "_") for name in found.index} - {"accuracy"}
    assert app.code[0].value == "dvc exp run --temp -S reweigh.strength=0.5"
    assert "published already" in shown(app)


def test_any_other_strength_is_an_experiment(page):
    """Where no search is of this model, today's strength and another one to be fitted can be chosen."""
    app = page("what_if.py")
    box = next(each for each in app.selectbox if each.label == "Strength of reweighing")
    assert box.options == ["1", "another one, to be fitted"]
    app = choose(app, "Strength of reweighing", "another one, to be fitted")
    app = next(each for each in app.number_input if each.label == "Strength of reweighing to fit").set_value(0.3).run()
    assert app.code[0].value.endswith("-S reweigh.strength=0.3")
