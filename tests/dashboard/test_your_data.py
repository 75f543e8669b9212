"""Page 3, Your data: uploads, roles, refusals beside their field, and sessions that do not see each other."""

from __future__ import annotations

import gzip
import io
import tempfile
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.workbench import folders, runs

SMALL = b"sex,paid,<b>odd</b>,day\n" + b"".join(
    f"{'fm'[i % 2]},{'yes' if i % 3 else 'no'},{'=1+1' if i % 5 else 'x'},2024-01-{1 + i % 28:02}\n".encode()
    for i in range(3000)
)
pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


@pytest.fixture(autouse=True)
def own(tmp_path_factory, monkeypatch):
    """Private folders and the lock of runs lie in the test's own folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


def upload(app, content, name="people.csv"):
    """Put a file into the page and let it be read."""
    app.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def texts(elements):
    """Messages as plain texts."""
    return [each.value.replace("\\", "") for each in elements]


def press(app, label):
    """Press the button with this label."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def field(elements, label):
    """The field with this label."""
    return next(element for element in elements if element.label == label)


def roles(app, target="paid", protected=("sex",)):
    """Choose a target and protected attributes."""
    if target:
        field(app.selectbox, "Target").select(target)
    for name in protected:
        field(app.multiselect, "Protected attributes").select(name)
    app.run()


def flat(block):
    """All elements of a page in their order."""
    for child in block.children.values():
        yield from flat(child) if hasattr(child, "children") else [child]


def test_an_upload_is_described_and_its_roles_are_previewed(page):
    """Rows are counted; markup and formulas are shown as they are written, with a warning; levels are texts."""
    app = upload(page("your_data.py"), SMALL, "../people.csv")
    assert "people.csv: 3,000 rows, 4 columns; comma, UTF-8" in texts(app.markdown)
    assert [warning.split(":")[0] for warning in texts(app.warning)] == ["people.csv", *["column '<b>odd</b>'"] * 2]
    assert texts(app.error) == []
    assert field(app.selectbox, "Target").options == ["sex", "paid", "<b>odd</b>", "day"]
    roles(app, "<b>odd</b>")
    assert ":small[<b>odd</b>, categorical, 2 values: =1+1 (2,400), x (600)]" in texts(app.markdown)
    assert field(app.multiselect, "Privileged levels of sex").options == ["f", "m"]


def nested():
    """A Parquet file whose first column has lists."""
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [[1], [2]], "b": [1, 2]}), file)
    return file.getvalue()


HOSTILE = {
    "picture.csv": (b"\x89PNG\r\n\x1a\n\0", "picture.csv: is a picture not a table; save the table as CSV or Parquet"),
    "nul.csv": (b"a,b\n1,\0\n", "nul.csv: line 2: has a NUL byte, which no text has; save it as CSV in UTF-8"),
    "bomb.csv.gz": (gzip.compress(b"0" * (1 << 21)), "bomb.csv.gz: line 1: has more than 1 MiB; is a line end missing"),
    "../../etc/passwd": (b"", "passwd: is empty; it must begin with a header and have a row per person"),
    "<script>.csv": (b"<html><script>", "<script>.csv: line 1: is a web page or structured text, not a header"),
    "same.csv": (b"a,a\n1,2\n", "same.csv: columns must have different names, got a twice; rename them"),
    "one.csv": (b"a\n1\n2\n", "one.csv: has 1 column that can be used; a table has several"),
    "wide.csv": (b"a,b\n1," + b"x" * (1 << 21), "wide.csv: line 2: has more than 1 MiB; is a line end missing"),
    "odd.csv": (b"\xff\xfea\0,\0b", "odd.csv: byte 7: not readable as UTF-16, as its first bytes promise"),
    "nested.parquet": (nested(), "nested.parquet: column 'a': must have one value per row, is list<"),
}


def test_ten_hostile_uploads_each_get_their_message(page):
    """One message per file, with place and remedy, and nothing else of the page is there."""
    app = page("your_data.py")
    for name, (content, said) in HOSTILE.items():
        upload(app, content, name)
        assert len(texts(app.error)) == 1, name
        assert texts(app.error)[0].startswith(said)
        assert len(app.header) == 0
    upload(app, SMALL)
    assert texts(app.error) == []


def test_refusals_stand_beside_their_field(page):
    """A role that is missing, and one that a column cannot have, are refused below the field."""
    app = upload(page("your_data.py"), SMALL)
    press(app, "Check the roles")
    order = [element.label if hasattr(element, "label") else element.type for element in flat(app.main)]
    assert order[order.index("Target") + 1] == "error"
    assert texts(app.error) == ["must name what is predicted; choose a column, or the score or decision of a model"]
    roles(app)
    field(app.selectbox, "Column of dates").select("sex").run()
    press(app, "Check the roles")
    assert texts(app.error) == ["'sex' is --time already; name another column"]
    order = [element.label if hasattr(element, "label") else element.type for element in flat(app.main)]
    assert order[order.index("Privileged levels of sex") + 2] == "error"


def test_people_for_segments_need_bounds_that_somebody_declares(page):
    """No bound is filled in; without any, or with one end, it is refused below the features; with both it is drafted
    for the columns that have them.
    """
    people = b"".join(f"{'fm'[i % 2]},{i % 60},{i % 7}\n".encode() for i in range(300))
    app = upload(page("your_data.py"), b"sex,age,visits\n" + people)
    app.radio[0].set_value("segments").run()
    roles(app, "")
    ends = [f"{name}, {end}" for name in ("age", "visits") for end in ("lowest", "highest")]
    assert [(each.label, each.value) for each in app.number_input] == [(end, None) for end in ends]
    said = []
    for label, value in (("", 0), ("age, lowest", 0), ("age, highest", 120)):
        if label:
            field(app.number_input, label).set_value(value).run()
        press(app, "Check the roles")
        said.append(" ".join(texts(app.error)))
    assert said[0].startswith("must say what values anybody can have")
    assert said[1].startswith("'age' must have a lowest value below its highest")
    assert said[2] == ""
    assert not field(app.button, "Run all stages").disabled
    drafted = (app.session_state["desk"].copy / "params.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(drafted)["segments"]["features"] == {"age": {"minimum": 0, "maximum": 120}}


def test_a_second_run_is_told_of_the_first(page, built):
    """The draft says what the rows show and what people decide; while another run goes, none starts."""
    app = upload(page("your_data.py"), SMALL)
    roles(app)
    assert field(app.button, "Run all stages").disabled
    press(app, "Check the roles")
    assert texts(app.error) == []
    assert len(app.get("html")) == 1
    assert "people decide these" in app.expander[1].label
    with runs._held(folders.Path(built.root)):
        press(app, "Run all stages")
        assert texts(app.error)[0].startswith("another run has been going since ")
    assert len(app.get("progress")) == 0


def test_two_sessions_interleaved_never_see_each_other(page):
    """Each has its own table, roles and folder; what one removes is still there for the other."""
    first, second = page("your_data.py"), page("your_data.py")
    upload(first, SMALL, "first.csv")
    upload(second, b"colour,size\n" + b"red,1\nblue,2\n" * 30, "second.csv")
    roles(first)
    first.run()
    said = ["\n".join(texts([*app.markdown, *app.error, *app.warning])) for app in (first, second.run())]
    assert "first.csv" in said[0]
    assert "second.csv" not in said[0]
    assert "second.csv" in said[1]
    assert not [word for word in ("first.csv", "paid", "<b>") if word in said[1]]
    desks = [app.session_state["desk"] for app in (first, second)]
    assert desks[0].folder != desks[1].folder
    press(first, "Remove my table and its results")
    assert not desks[0].folder.exists()
    assert "first.csv" not in "".join(texts(first.markdown))
    assert desks[1].upload.file.read_bytes().startswith(b"colour,size\n")


def test_read_only_takes_nothing(page, monkeypatch):
    """The page is not there."""
    monkeypatch.setenv("DASHBOARD_READ_ONLY", "1")
    with pytest.raises(ValueError, match=r"Could not find a navigation page.*your_data\.py"):
        page("your_data.py")
    assert not page().file_uploader


@pytest.mark.heavy
def test_what_a_stage_refuses_stands_beside_its_field(page):
    """The date that prepare cannot read is named below the column of dates, and the copy is deleted."""
    app = upload(page("your_data.py"), SMALL.replace(b"2024-01-07", b"next Sunday"))
    roles(app)
    field(app.selectbox, "Column of dates").select("day").run()
    press(app, "Check the roles")
    press(app, "Run all stages")
    desk = app.session_state["desk"]
    for _ in range(300):
        if desk.progress.ended:
            break
        time.sleep(0.2)
    app.run()
    assert any("day" in error and "next Sunday" in error for error in texts(app.error))
    order = [element.label if hasattr(element, "label") else element.type for element in flat(app.main)]
    assert order[order.index("Column of dates") + 2] == "error"
    assert not (desk.folder / "copy").exists()
