"""Page 4, Over time: the monitor's words where it has run, and how to run it where it has not."""

import pytest

from pipeline.storage.yaml_blocks import without
from tests.support.contract import ROOT

pytestmark = pytest.mark.pipeline


def test_without_a_monitor_it_says_how_to_get_one(page, built, tmp_path):
    """A fork that took the monitor out, or never had one."""
    root = built.copy(tmp_path / "fork")
    params = root / "params.yaml"
    params.write_text(without(params.read_text(encoding="utf-8"), lambda path: path == ("monitor",)), encoding="utf-8")
    app = page("over_time.py", root)
    assert not app.exception
    assert "make monitor" in app.info[0].value


def test_it_shows_what_the_monitor_wrote(page):
    """The answer of metrics/monitor.json leads, and page and pictures of the monitor follow."""
    app = page("over_time.py")
    assert not app.exception
    assert app.warning[0].value.startswith("Of an earlier model")  # the small repository trained another one
    html = "".join(each.body for each in app.get("html"))
    written = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    assert written.count("](../monitor/") == html.count("data:image/svg+xml;base64") / 2 > 0  # wide and narrow
    drawn = [html.count(f'<img class="{kind}" src') for kind in ("wide", "narrow")]
    assert drawn == [written.count("](../monitor/")] * 2
    assert "srcset" not in html  # Streamlit takes it away
    assert "When an alarm is raised" in html
    assert "&lt;style" not in html
