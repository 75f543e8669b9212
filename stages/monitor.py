"""Monitor: batches of later rows against the reference; drift, figures by period, estimates without labels, alarms.

A pure function of all batches: the same ones give the same bytes. It is no part of the daily build; `make monitor` and
the watch run it. A level that nobody has seen, a missing column or period is a finding and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pydantic import Field

from pipeline import entry
from pipeline.monitoring import control_limits, decisions_said, headline, page, pictures, reading, segments_said
from pipeline.monitoring.judged import judged_model
from pipeline.monitoring.statements import statements
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.fairness.groups import declared_groups
from responsible.fairness.verdicts import Fairness
from responsible.modelling.parameters import Logistic
from responsible.models import Models
from responsible.monitoring.alarms import Watched
from responsible.monitoring.batches import BatchPlan, earlier
from responsible.monitoring.monitoring import Monitoring, Setting, monitored
from responsible.monitoring.parameters import Monitor
from responsible.names import ATTRIBUTE
from responsible.statistics.intervals import Inference
from responsible.tabular.cells import Grid
from responsible.tabular.columns import intervals
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Budget, Seed, Sensitive, Target, Threshold
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    inference: Inference
    fairness: Fairness
    disclosure: Disclosure
    words: Section
    monitor: Monitor
    grid: Grid | None = Field(None, alias="threshold_sweep.grid")  # absent where the target has two values


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    model: str = "data/models/reweighed.skops",
    scores: str = "data/scores/reweighed.parquet",
    others: str = "data/prepared/budget_scores.parquet",
    trained: str = "metrics/reweigh.json",
    prepared: str = "metrics/prepare.json",
    decisions: str = "monitor/healthcare.csv",
    decisions_asked: str = "monitor/healthcare.json",
    people: str = "monitor/segments.csv",
    people_asked: str = "monitor/segments.json",
    template: str = "docs/templates/monitoring.md.j2",
    metrics: str = "monitor/metrics.json",
    drift_csv: str = "monitor/drift.csv",
    figures_csv: str = "monitor/figures.csv",
    expected_csv: str = "monitor/expected.csv",
    alarms_csv: str = "monitor/alarms.csv",
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
    """Compare every period with the reference; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    found, rows, digest = _found(given, cells, {"trained": scores, "others": others}, model)
    told = decisions_said.read(decisions, decisions_asked) if given.monitor.healthcare else None
    placed = segments_said.read(people, people_asked) if given.monitor.segments else None
    each = [
        *statements(found, given.words),
        *(decisions_said.statements(told, given.words) if told else ()),
        *(segments_said.statements(placed, given.words) if placed else ()),
    ]
    said = page.context(found, each, given.monitor, given.inference, given.words, rows=rows, told=told, placed=placed)
    said["cluster"] = given.budget.cluster
    watched = [own for own in (found, told, placed) if own]
    pictured = [
        ("calendar", pictures.calendar(watched, each), calendar, calendar_narrow),
        ("drift", pictures.drifting(found, given.words, given.monitor.effects.share), drift, drift_narrow),
        ("limits", pictures.figures(found, given.words, given.inference.confidence), figures, figures_narrow),
    ]
    if told:
        drawn = control_limits.decided(told, given.words, given.inference.confidence)
        pictured.append(("decided", drawn, decided, decided_narrow))
    known = {"model": model, "trained": trained} if given.models.trained else {"trained": prepared}
    of = headline.digests(known | {"reference": cells}, digest)
    of |= {name: own.digest for name, own in (("decisions", told), ("newcomers", placed)) if own}
    own = headline.headline(found, each, said["answers"], given.monitor, told=told, placed=placed)
    files.write_json(metrics, {"monitor": own | {"of": of}})
    files.write_csv(drift_csv, found.drift)
    files.write_csv(figures_csv, found.figures)
    files.write_csv(expected_csv, found.expected)
    files.write_csv(alarms_csv, pd.concat([_alarms(own) for own in watched], ignore_index=True))
    for name, picture, wide, narrow in pictured:
        picture.write(wide, narrow)
        said[name] = picture
    files.write_text(document, fill(template, said | given.words.of_tables()))


def _found(given: Parameters, cells: str, scores: Mapping[str, str], model: str) -> tuple[Monitoring, int, str]:
    """Everything that was asked, the number of the reference's rows, and the digest of the batches."""
    if (label := given.budget.target) is None:
        raise InputError("budget.target is missing: a monitor compares with what was learned from it; declare it")
    known, meta = files.read_cells(cells)
    judged = judged_model(given.models, given.model)
    monitor = judged.columns(given.monitor)
    plan = BatchPlan(
        given.prepare,
        given.budget,
        given.sensitive,
        given.threshold,
        given.grid,
        given.seed,
        monitor=monitor,
        trained=judged.own is None,
        positive=judged.positive,
    )
    batches = reading.read(reading.plan_of(plan), known)
    said = judged.said(batches.cells, model)
    training = judged.reference(known, scores)
    reference, rows, periods = earlier(monitor, training, said, batches.periods)
    levels = pd.concat([part.filter(like=ATTRIBUTE) for part in (reference.rows, reference.scored, rows)])
    setting = Setting(
        monitor=monitor,
        kinds=meta["features"],
        groups=declared_groups(levels, given.sensitive),
        measures=given.fairness.chosen,
        model=given.model,
        inference=given.inference,
        target=label.column,
        bins=_bins(label, meta["cuts"]),
        cut=meta["cuts"].index(given.threshold) + 1,
        seed=given.seed,
        disclosure=given.disclosure,
    )
    found = monitored(reference, rows, periods, batches.findings, setting)
    return found, int(reference.rows["n"].sum()), batches.digest


def _bins(target: Target, cuts: list[float]) -> list[str]:
    """The names of the target's bins."""
    if target.favourable:
        return ["any other level", " or ".join(target.favourable)]
    return intervals(cuts, target.minimum, target.maximum)


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
