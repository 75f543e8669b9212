"""Monitor: what was found of later rows of every line of work that is watched, as page, pictures, alarms and figures.

A stage of each line compares its batches with its reference; this one says what they found. None is part of the daily
build; `make monitor` and the watch run them.
"""

from __future__ import annotations

import pandas as pd

from pipeline import entry
from pipeline.monitoring import control_limits, decisions_said, headline, model_said, page, pictures, segments_said
from pipeline.monitoring.statements import Statement
from pipeline.plots.style import Picture
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.monitoring.alarms import Watched
from responsible.monitoring.parameters import Monitor
from responsible.statistics.intervals import Inference
from responsible.validation import Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    inference: Inference
    words: Section
    monitor: Monitor


def main(
    *,
    params: str = "params.yaml",
    drift_csv: str = "monitor/drift.csv",
    figures_csv: str = "monitor/figures.csv",
    expected_csv: str = "monitor/expected.csv",
    model: str = "monitor/budget.json",
    decisions_csv: str = "monitor/healthcare.csv",
    decisions: str = "monitor/healthcare.json",
    people_csv: str = "monitor/segments.csv",
    people: str = "monitor/segments.json",
    template: str = "docs/templates/monitoring.md.j2",
    metrics: str = "monitor/metrics.json",
    alarms: str = "monitor/alarms.csv",
    calendar: str = "monitor/calendar.svg",
    calendar_narrow: str = "monitor/calendar_narrow.svg",
    drift: str = "monitor/drift.svg",
    drift_narrow: str = "monitor/drift_narrow.svg",
    figures: str = "monitor/figures.svg",
    figures_narrow: str = "monitor/figures_narrow.svg",
    decided: str = "monitor/healthcare.svg",
    decided_narrow: str = "monitor/healthcare_narrow.svg",
    document: str = "docs/monitoring.md",
) -> None:
    """Write what was found of the lines that ``monitor`` names."""
    given = parameters.load(params, Parameters)
    own = given.monitor
    found = headline.Found(
        model_said.read(drift_csv, figures_csv, expected_csv, model, own) if own.source else None,
        decisions_said.read(decisions_csv, decisions, own) if own.healthcare else None,
        segments_said.read(people_csv, people, own) if own.segments else None,
    )
    each = found.statements(given.words)
    said = page.context(found, each, own, given.inference, given.words)
    files.write_json(metrics, {"monitor": headline.headline(found, each, said["answers"], own)})
    files.write_csv(alarms, pd.concat([_alarms(line) for line in found.lines], ignore_index=True))
    paths = {
        "calendar": (calendar, calendar_narrow),
        "drift": (drift, drift_narrow),
        "limits": (figures, figures_narrow),
        "decided": (decided, decided_narrow),
    }
    for name, picture in _pictures(found, each, given).items():
        picture.write(*paths[name])
        said[name] = picture
    files.write_text(document, fill(template, said | given.words.of_tables()))


def _pictures(found: headline.Found, each: list[Statement], given: Parameters) -> dict[str, Picture]:
    """The pictures of what is watched."""
    drawn = {"calendar": pictures.calendar(found.lines, each)}
    words, confidence = given.words, given.inference.confidence
    if found.model:
        drawn["drift"] = pictures.drifting(found.model, words, given.monitor.effects.share)
        drawn["limits"] = pictures.figures(found.model, words, confidence)
    if found.decisions:
        drawn["decided"] = control_limits.decided(found.decisions, words, confidence)
    return drawn


def _alarms(found: Watched) -> pd.DataFrame:
    """Alarms of all periods, and findings about the rows."""
    raised = found.asked[found.asked["state"] == "alarm"]
    told = pd.DataFrame([(f.kind, f.name, f.period, f.detail, f.rows) for f in found.findings])
    told.columns = ["kind", "name", "period", "detail", "rows"] if len(told) else told.columns
    both = pd.concat([raised, told.assign(state="finding") if len(told) else told], ignore_index=True)
    both.insert(0, "line", found.line)
    return both


if __name__ == "__main__":
    entry.run(main)
