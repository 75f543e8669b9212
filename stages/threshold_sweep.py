"""Sweep the label threshold: both models at every threshold from the cells, a choice on valid, a report on test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from pipeline import entry
from pipeline.documents import recommended_threshold
from pipeline.plots import thresholds
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.alternatives.candidates import adoption
from responsible.alternatives.material import Material
from responsible.alternatives.parameters import Alternatives
from responsible.governance.policy import Policy
from responsible.governance.recommendation import Objections, objections
from responsible.measures.costs import Costs
from responsible.mitigation.reweighing import Reweigh
from responsible.mitigation.swept import Mitigation, Swept
from responsible.mitigation.threshold_choice import ThresholdChoice, choose_threshold
from responsible.mitigation.threshold_disclosure import publishable, published_choice, published_figures
from responsible.mitigation.threshold_figures import Sweep
from responsible.mitigation.threshold_sweep import sweep_cells, table, wide
from responsible.modelling.parameters import Logistic
from responsible.models import Models
from responsible.names import FEATURE
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed, Sensitive
from responsible.validation import Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    reweigh: Reweigh
    inference: Inference
    disclosure: Disclosure
    threshold_sweep: Sweep
    costs: Costs | None = Field(alias="fairness.costs")
    words: Section
    policy: Policy
    alternatives: Alternatives | None = None  # absent where none are searched


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    template: str = "docs/templates/recommended_threshold.md.j2",
    metrics: str = "metrics/threshold_sweep.json",
    thresholds_csv: str = "plots/threshold_sweep.csv",
    intervals_csv: str = "plots/threshold_intervals.csv",
    picture: str = "plots/threshold_choice.svg",
    picture_narrow: str = "plots/threshold_choice_narrow.svg",
    document: str = "docs/recommended_threshold.md",
) -> None:
    """Sweep, choose and report; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    sweep, inference = given.threshold_sweep, given.inference
    frame, meta = files.read_cells(cells)

    def watch(steps: Iterable[Any]) -> Iterable[Any]:
        return entry.watch(steps, "thresholds")

    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    swept = sweep_cells(
        *(frame, kinds, meta["cuts"], given.sensitive),
        model=given.model,
        reweigh=given.reweigh,
        sweep=sweep,
        adopted=_adopted(given, frame, meta["features"]),
        watch=watch,
    )
    choice = _choice(swept, given)
    figures = table(swept, inference, stream(given.seed, "threshold_sweep/report"), **_asked(given))
    if given.disclosure.minimum_cell:
        choice, figures = _published(swept, frame["bin"], choice, figures, given)

    against = objections(figures, given.policy, sweep.attribute)[choice.reported]
    whole = figures[figures["level"] == ""]
    files.write_json(metrics, {"threshold_sweep": choice.summary(whole) | recommendation(choice, against)})
    files.write_csv(thresholds_csv, _spelt(wide(whole, choice.frequency)))
    files.write_csv(intervals_csv, _spelt(figures))
    own = given.models.own[1]
    whole = whole.replace({"model": {own: given.models.shown(own)}})
    drawn = thresholds.threshold_choice(
        *(whole, choice, sweep, given.policy),
        against=against,
        confidence=inference.confidence,
        words=given.words,
        model=own,
    )
    drawn.write(picture, picture_narrow)
    said = recommended_threshold.context(
        whole, choice, sweep, inference, against, words=given.words, cluster=meta.get("cluster"), costs=given.costs
    )
    files.write_text(document, fill(template, said | {"picture": drawn}, output=document))


def _adopted(given: Parameters, frame: pd.DataFrame, features: Mapping[str, str]) -> Mitigation | None:
    """The candidate that is trained in place of the reweighed model, if any."""
    if not given.models.adopted:
        return None
    nobody = np.zeros(len(frame), dtype=np.int64)
    material = Material(frame, nobody, features, given.sensitive, given.model, given.reweigh)
    own = adoption(given.models.adopted, material, given.alternatives)
    return Mitigation(own.lesson, tuple(FEATURE + name for name in own.candidate.dropped), given.models.own[1])


def _choice(swept: Swept, given: Parameters) -> ThresholdChoice:
    """The best threshold against which nothing speaks on the choosing rows; else the best by the constraints alone."""
    sweep, inference = given.threshold_sweep, given.inference
    choice = choose_threshold(swept, sweep, inference, stream(given.seed, "threshold_sweep/choice"), given.costs)
    rng = stream(given.seed, "threshold_sweep/objections")
    figures = table(swept, inference, rng, choice.chosen_on, **_asked(given))
    against = objections(figures, given.policy, sweep.attribute)
    if against[choice.reported].none or not any(found.none for found in against.values()):
        return choice
    stays = _without(swept, against)
    other = choose_threshold(stays, sweep, inference, stream(given.seed, "threshold_sweep/choice"), given.costs)
    return other if other.feasible else choice


def _spelt(figures: pd.DataFrame) -> pd.DataFrame:
    """Thresholds as they were chosen: not rounded as measured values are, because the paths of figures name them."""
    return figures.assign(threshold=[f"{threshold:.12g}" for threshold in figures["threshold"]])


def _asked(given: Parameters) -> dict[str, Any]:
    """What a table is to have: the figures that constraints and rules of the policy name, and costs if declared."""
    rules = (rule.metric.rpartition(".")[2] for rule in given.policy.rules.values())
    return {"measures": {*given.threshold_sweep.limits, *rules}, "costs": given.costs}


def _published(
    swept: Swept, bins: pd.Series[Any], choice: ThresholdChoice, figures: pd.DataFrame, given: Parameters
) -> tuple[ThresholdChoice, pd.DataFrame]:
    """Choice and figures without what is about too few people."""
    of_test, of_choice = (publishable(swept, bins, given.disclosure, split) for split in ("test", choice.chosen_on))
    reason = given.disclosure.reason
    shown = published_figures(figures, of_test, len(given.sensitive), reason)
    return published_choice(choice, of_choice, reason), shown


def _without(swept: Swept, against: Mapping[float, Objections]) -> Swept:
    """The sweep with the thresholds set aside against which something speaks."""
    reasons = zip(swept.thresholds, swept.found.reason, strict=True)
    marked = tuple(reason or ("" if against[t].none else "not recommendable") for t, reason in reasons)
    return replace(swept, found=replace(swept.found, reason=marked))


def recommendation(choice: ThresholdChoice, against: Objections) -> dict[str, object]:
    """For the metrics file: the recommended threshold, None where there is none, and what the chosen one misses."""
    recommended = choice.feasible and against.none
    return {
        "recommended": recommended,
        "recommended_threshold": choice.reported if recommended else None,
        **({} if recommended else {"undefined": {"recommended_threshold": "none_can_be_recommended"}}),
        **against.summary(),
    }


if __name__ == "__main__":
    entry.run(main)
