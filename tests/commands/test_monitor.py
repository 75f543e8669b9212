"""`make monitor`: the side pipeline runs, what documents quote is copied, and the daily pipeline follows."""

import json
import sys

import pytest

from commands import monitor
from responsible.validation import InputError
from tests.support.small import DVC, ran


def test_a_repository_without_a_monitor_is_told_what_to_add(tmp_path):
    """The section is named, and the page that explains it."""
    (tmp_path / "params.yaml").write_text("version: 2\nbudget: {}\n")
    with pytest.raises(InputError, match=r"monitor is missing; .*docs/live_model\.md"):
        monitor.refuse(tmp_path)


def test_a_query_as_source_is_no_dependency(tmp_path):
    """DVC would look for a file of that name: the line to remove is named."""
    (tmp_path / "params.yaml").write_text(
        "version: 2\nbudget: {}\nmonitor:\n  source:\n    database: d\n    query: q\n"
    )
    (tmp_path / "monitor").mkdir()
    (tmp_path / "monitor/dvc.yaml").write_text("stages: {monitor_budget: {deps: ['${monitor.source}']}}\n")
    with pytest.raises(InputError, match=r"monitor\.source is a query, no file; remove the line"):
        monitor.refuse(tmp_path)


def test_a_stage_and_its_section_are_there_together(tmp_path):
    """Later decisions without their stage, and the stage without them: both files are named."""
    (tmp_path / "monitor").mkdir()
    for section, stage, rule in (
        (
            "source: a\n  healthcare: {source: b}",
            "monitor_budget: {}",
            "monitor_healthcare belongs to monitor.healthcare",
        ),
        ("source: a", "monitor_budget: {}, monitor_healthcare: {}", "monitor_healthcare belongs to monitor.healthcare"),
        (
            "segments: {source: b}",
            "monitor_budget: {}, monitor_segments: {}",
            "monitor_budget belongs to monitor.source",
        ),
    ):
        (tmp_path / "params.yaml").write_text(f"version: 2\nbudget: {{}}\nmonitor:\n  {section}\n")
        (tmp_path / "monitor/dvc.yaml").write_text(f"stages: {{{stage}, monitor: {{deps: []}}}}\n")
        with pytest.raises(InputError, match=rule):
            monitor.refuse(tmp_path)


@pytest.mark.pipeline
@pytest.mark.slow
def test_the_side_pipeline_hands_its_answer_on_and_is_left_alone_otherwise(built, tmp_path):
    """The daily build does not run it; after `make monitor` documents quote it and nothing is left to do."""
    root = built.copy(tmp_path / "fork")
    assert "Running stage 'monitor" not in built.said
    said = ran(root, sys.executable, "-m", "commands.monitor")
    assert "Running stage 'monitor/dvc.yaml:monitor'" in said
    assert "monitor: The people of 2025-12 differ from the training data" in " ".join(said.split())
    found = json.loads((root / "metrics/monitor.json").read_text(encoding="utf-8"))
    assert found == json.loads((root / "monitor/metrics.json").read_text(encoding="utf-8"))
    for name in ("model_card", "risk_assessment"):
        text = (root / f"docs/{name}.md").read_text(encoding="utf-8")
        assert "The people of 2025-12 differ from the training data" in text
        assert "Of an earlier model: The people" not in text
    assert "Since then" in (root / "docs/index.html").read_text(encoding="utf-8")
    again = ran(root, *DVC, "repro")
    assert "Running stage" not in again
    assert "Data and pipelines are up to date" in ran(root, *DVC, "status", "dvc.yaml", "monitor/dvc.yaml")
    assert "monitor/metrics.json" not in ran(root, *DVC, "metrics", "show")
