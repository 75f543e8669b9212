"""Page 1, Decision: the same answer, findings and verdicts as on the decision page."""

import html
import re
from pathlib import Path

import pandas as pd
import pytest

from dashboard import results


def shown(app):
    """All Markdown of a page as plain text, without the backslashes that keep names from being markup."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(each.value for each in app.markdown))


def tables(app):
    """Name → table, its texts by the first column, of every table of a page."""
    found = {}
    pattern = r'<div class="table rows" [^>]*aria-label="(.*?)"><table role="table">(.*?)</table></div>'
    for name, body in re.findall(pattern, "".join(each.body for each in app.get("html"))):
        lines = re.findall('<tr role="row">(.*?)</tr>', body)
        head, *rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
        own = pd.DataFrame(rows, columns=head).map(html.unescape)
        found[html.unescape(name)] = own.set_index(head[0])
    return found


@pytest.mark.pipeline
def test_it_says_what_the_decision_page_says(page, built):
    """The answer, its reason, and of every rule finding, figure and limit are those of docs/index.html."""
    app = page()
    assert not app.exception
    written = Path(built.root, "docs/index.html").read_text(encoding="utf-8")
    assert app.title[0].value in re.search(r"<h1>(.*?)</h1>", written)[1]
    said = shown(app)
    for tag in ('<p class="because">(.*?)</p>', "</summary>\n<p>(.*?)</p>"):
        for text in re.findall(tag, written.split('id="documents"')[0]):
            assert " ".join(html.unescape(text).split()) in said


@pytest.mark.pipeline
def test_comparisons_are_those_of_the_table(page):
    """Attribute, model and measure choose rows of plots/fairness.csv; values, limits and verdicts are theirs."""
    app = page()
    for key, value in (("attribute", "gender"), ("model", "baseline"), ("measure", "disparate_impact")):
        app = next(each for each in app.selectbox if each.key == f"closer {key}").set_value(value).run()
    found = tables(app)["Groups compared"]
    table = pd.read_csv("plots/fairness.csv", keep_default_na=False, na_values=[""])
    chosen = {"attribute": "gender", "model": "baseline", "measure": "disparate_impact"}
    own = table[(table[list(chosen)] == pd.Series(chosen)).all(axis=1)]
    assert list(found.index) == ["any other gender", *own["comparison"].iloc[1:]]
    assert found["Verdict"].tolist() == [verdict.replace("_", " ") for verdict in own["verdict"]]
    for shown_, value in zip(found["Value and interval"], own["value"], strict=True):
        assert shown_.startswith((f"{value:.3f} times [", "undefined"))
    assert set(found["Limits"]) == {"0.8 to 1.25"}


@pytest.mark.pipeline
def test_an_answer_is_a_difference_and_nothing_is_written(page, built, tmp_path):
    """An open question can be answered: the page shows what git can apply, and the file stays as it is."""
    root = built.copy(tmp_path / "fork")
    file = root / "answers.yaml"
    text = re.sub(r"  users: \|\n(?:    .*\n)+", "", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    app = page(root=root)
    assert "1 open." in shown(app)
    app = app.text_area[0].set_value("Teachers").run()
    assert "+  users: |\n+    Teachers\n" in app.code[0].value
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.pipeline
def test_names_are_text_everywhere(page, built, tmp_path, monkeypatch):
    """A level that is called like markup, a formula or a script is shown letter by letter."""
    monkeypatch.setattr(results, "refuse_stale", lambda *_: None)
    name = "<img src=x onerror=alert(1)> :red[$x$] ![a](http://elsewhere.example/a.png)"
    root = built.copy(tmp_path / "fork")
    params = root / "params.yaml"
    words = f"words:\n  levels:\n    gender:\n      Female: '{name}'\n"
    params.write_text(re.sub(r"(?ms)^words:.*?(?=^\S|\Z)", words, params.read_text(encoding="utf-8")), encoding="utf-8")
    app = page("what_if.py", root)
    app = next(each for each in app.selectbox if each.label == "Attribute").set_value("gender").run()
    app = next(each for each in app.selectbox if each.label == "Which group to compare").set_value("Female").run()
    app = next(each for each in app.slider if each.key == "threshold").set_value(0.1).run()
    assert not app.exception
    markdown, bodies = [each.value for each in (*app.markdown, *app.subheader)], [each.body for each in app.get("html")]
    assert not [text for text in markdown if "<img src=x" in text or ":red[$" in text or "](http:" in text]
    assert not [text for text in bodies if "<img src=x" in text]
    assert [text for text in bodies if html.escape(name) in text]
    assert name in app.subheader[0].value.replace("\\", "")


@pytest.mark.pipeline
def test_with_a_login_nobody_sees_anything_before_it(page, monkeypatch):
    """DASHBOARD_LOGIN=1 shows a button and no result, whatever page is asked for."""
    monkeypatch.setenv("DASHBOARD_LOGIN", "1")
    app = page()
    assert app.title[0].value == "Log in"
    assert [each.label for each in app.button] == ["Log in with your organisation"]
    assert not app.markdown
    assert not app.get("html")
