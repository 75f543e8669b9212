"""Page 3, Your data: upload, roles, refusals beside their field, and sessions that do not see each other."""

from __future__ import annotations

from tests.support.contract import ROOT

RANDHIE = (ROOT / "examples/randhie.csv").read_bytes()
SMALL = b"sex,age,paid,<b>odd</b>\n" + b"".join(
    f"{'fm'[i % 2]},{20 + i % 40},{'yes' if i % 3 else 'no'},{'=1+1' if i % 5 else 'x'}\n".encode() for i in range(60)
)


def upload(app, content, name="people.csv"):
    """Put a file into the page and let it be read."""
    app.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def messages(app):
    """Errors, and warnings, as plain texts."""
    return [each.value.replace("\\", "") for each in app.error], [each.value.replace("\\", "") for each in app.warning]


def test_an_upload_is_described_and_its_columns_can_get_roles(page):
    """Rows and columns are counted; names that look like markup or formulas are texts, with a warning."""
    app = upload(page("your_data.py"), SMALL)
    assert "people.csv: 60 rows, 4 columns; comma, UTF-8" in [m.value.replace("\\", "") for m in app.markdown]
    errors, warnings = messages(app)
    assert errors == []
    assert [w.partition(":")[0] for w in warnings] == ["column '<b>odd</b>'"] * 2
    assert app.selectbox[0].options == ["sex", "age", "paid", "<b>odd</b>"]
