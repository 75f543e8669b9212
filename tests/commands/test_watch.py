"""The one issue on fresh data: opened once, updated once, silent when nothing is new, closed when all holds again."""

import json
import os
import stat
from datetime import date
from types import SimpleNamespace

import pytest

from commands import watch
from responsible.validation import InputError

# Stands in for GitHub: it keeps the issues in a file, and writes each call that changes one down.
GH = """#!/usr/bin/env python3
import json, pathlib, sys
home = pathlib.Path(__file__).parent
if (home / "refuses").exists():
    sys.exit("gh: Server Error (HTTP 502)")
state = home / "issue.json"
issue = json.loads(state.read_text()) if state.exists() else None
given = sys.argv[2:]
value = lambda name: given[given.index(name) + 1]
if given[0] == "list":
    print(json.dumps([issue] if issue else []))
    sys.exit()
with (home / "calls").open("a") as calls:
    calls.write(given[0] + "\\n")
if given[0] in ("create", "edit"):
    body = pathlib.Path(value("--body-file")).read_text(encoding="utf-8")
    issue = {"number": 7, "body": body, "title": value("--title") if given[0] == "create" else issue["title"]}
    state.write_text(json.dumps(issue))
if given[0] == "close":
    state.unlink()
if given[0] in ("comment", "close"):
    (home / "said").write_text(value("--body" if given[0] == "comment" else "--comment"), encoding="utf-8")
"""
RULES = [
    SimpleNamespace(title="Selection", verdict="fail", blocks=True),
    SimpleNamespace(title="Accuracy", verdict="pass", blocks=False),
]
DRIFT = "question,name,period\nvalues,x,2025-01\nvalues,x,2025-02\n"


@pytest.fixture
def github(tmp_path, monkeypatch):
    """A folder with a monitor's results, a policy that is met, and the stand-in on the path."""
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755 | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(watch, "verdicts", lambda _: RULES[1:])
    for name, text in (
        ("monitor/dvc.yaml", "stages: {}\n"),
        ("monitor/drift.csv", DRIFT),
        ("params.yaml", "version: 2\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "report.md").write_text("```\nthe gate said so\n```\n")
    found(tmp_path)
    return tmp_path


def found(root, *standing, newest="2025-02"):
    """What the monitor left: the alarms that stand, as question and first period."""
    told = {
        "answer": "The people differ.",
        "standing": [{"question": q, "since": s, "said": f"{q} moved."} for q, s in standing],
        "spent": {"error": 0.05, "horizon": 24, "one_in": 16_800},
        "budget": {"periods": {"newest": newest, "next_ends": "2025-03-31"}},
    }
    (root / "metrics").mkdir(exist_ok=True)
    (root / "metrics/monitor.json").write_text(json.dumps({"monitor": told}))
    rows = "".join(f"values,{q},,,{s},alarm\n" for q, s in standing)
    (root / "monitor/alarms.csv").write_text(f"kind,name,group,figure,period,state\n{rows}")


def calls(root):
    """What has been changed at GitHub so far."""
    return (root / "calls").read_text().split() if (root / "calls").exists() else []


def run(root, code=0, today=date(2025, 3, 1)):
    watch.main(str(root / "report.md"), code, str(root), today)


def test_five_runs_open_update_keep_silent_and_close(github):
    """Quiet; an alarm opens the issue; the same again says nothing; another one updates it; all well closes it."""
    run(github)
    assert calls(github) == []
    found(github, ("age", "2025-02"))
    run(github)
    assert calls(github) == ["create"]
    found(github, ("age", "2025-02"), newest="2025-03")
    run(github)
    assert calls(github) == ["create"]
    found(github, ("age", "2025-02"), ("school", "2025-03"))
    run(github)
    assert calls(github) == ["create", "edit", "comment"]
    assert (github / "said").read_text() == "Now: age since 2025-02; school since 2025-03."
    found(github)
    run(github)
    assert calls(github) == ["create", "edit", "comment", "close"]
    assert "It holds again" in (github / "said").read_text()
    run(github)
    assert len(calls(github)) == 4


def test_the_issue_says_what_since_when_how_sure_and_what_to_do(github):
    """Each alarm with its first period, the error that is spent, a calendar, a command, and what the gate printed."""
    found(github, ("age", "2025-01"))
    run(github)
    body = json.loads((github / "issue.json").read_text())["body"]
    for told in (
        "**The people differ.**", "- age moved. Since 2025-01.", "one in 16,800", "in 24 periods is 5 %",
        "2025-01  2025-02", "values age  x        .", "make review BASE=main", "the gate said so",
    ):  # fmt: skip
        assert told in body


def test_a_failing_rule_and_results_that_cannot_be_had_are_news(github, monkeypatch):
    """A rule that blocks opens the issue without any alarm; a failed rebuild replaces it, and is not judged."""
    monkeypatch.setattr(watch, "verdicts", lambda _: RULES)
    run(github, code=1)
    assert calls(github) == ["create"]
    monkeypatch.setattr(watch, "verdicts", lambda _: pytest.fail("judged"))
    run(github, code=3)
    assert calls(github) == ["create", "edit", "comment"]
    assert "cannot be had" in (github / "said").read_text()


def test_a_batch_that_does_not_come_is_an_alarm_where_it_is_asked_for(github):
    """With `overdue` the next period's end and those days are awaited; without it nobody asks."""
    run(github, today=date(2025, 6, 1))
    assert calls(github) == []
    (github / "params.yaml").write_text("version: 2\nmonitor:\n  overdue: 5\n")
    run(github, today=date(2025, 4, 5))
    assert calls(github) == []
    run(github, today=date(2025, 4, 6))
    assert calls(github) == ["create"]
    assert "No batch has come since 2025-02" in json.loads((github / "issue.json").read_text())["body"]


def test_a_report_that_is_too_long_is_cut(github):
    """The alarms stay, the report loses its last lines."""
    (github / "report.md").write_text("".join(f"line {i} {'-' * 90}\n" for i in range(1000)))
    found(github, ("age", "2025-01"))
    run(github)
    body = json.loads((github / "issue.json").read_text())["body"]
    assert 60_000 < len(body) <= 65_536
    assert "age moved." in body
    assert "the whole is in the job's summary" in body


def test_without_a_monitor_the_policy_alone_decides(github, monkeypatch):
    """No file of the monitor is needed."""
    (github / "monitor/dvc.yaml").unlink()
    (github / "metrics/monitor.json").unlink()
    run(github)
    assert calls(github) == []
    monkeypatch.setattr(watch, "verdicts", lambda _: RULES)
    run(github, code=1)
    assert calls(github) == ["create"]


def test_a_refusal_of_github_is_one_line(github):
    """The cause is named, and nothing is written."""
    (github / "refuses").write_text("")
    with pytest.raises(InputError, match="gh issue list: gh: Server Error"):
        run(github)


def test_recorded_decisions_are_in_the_calendar_and_may_be_overdue(github):
    """Their periods stand beside the others', their alarms have a row, and a batch of them that is late is named."""
    (github / "monitor/healthcare.csv").write_text("kind,period\napprovals,2025-03\n")
    found(github, ("age", "2025-01"))
    alarms = github / "monitor/alarms.csv"
    alarms.write_text(alarms.read_text() + "approvals,requester,GP,approval_rate,2025-03,alarm\n")
    told = json.loads((github / "metrics/monitor.json").read_text())
    told["monitor"]["healthcare"] = {"periods": {"newest": "2025-03", "next_ends": "2025-04-30"}}
    (github / "metrics/monitor.json").write_text(json.dumps(told))
    (github / "params.yaml").write_text(
        "words:\n  rows:\n    healthcare: [request, requests]\nmonitor:\n  overdue: 5\n"
    )
    run(github, today=date(2025, 5, 6))
    body = json.loads((github / "issue.json").read_text())["body"]
    for said in (
        "2025-01  2025-02  2025-03", "approvals requester GP approval_rate", "**No batch of requests has come since",
        "**No batch has come since 2025-02.**",
    ):  # fmt: skip
        assert said in body
    (github / "params.yaml").write_text("monitor:\n  overdue: 30\n")
    run(github, today=date(2025, 5, 6))
    assert "of cases" not in json.loads((github / "issue.json").read_text())["body"]
