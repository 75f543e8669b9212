"""The pictures, drawn from the tables of this repository or from changed ones, without running a stage."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.alternatives.picture import frontier
from pipeline.alternatives.sentences import Speaker
from pipeline.plots import decision_threshold as decision_thresholds
from pipeline.plots import fairness, group_rates, healthcare, segments, thresholds
from pipeline.plots.style import Picture
from pipeline.storage import files, parameters
from responsible.alternatives.parameters import Alternatives
from responsible.governance.policy import Policy
from responsible.mitigation.threshold_figures import Sweep
from responsible.words import Words
from tests.support.contract import ROOT

LEVEL = 0.95


def table(name: str, root: Path = ROOT) -> pd.DataFrame:
    """A table of ``plots/``, its texts without NaN."""
    found = files.read_csv(root / f"plots/{name}.csv")
    texts = [c for c in ("level", "reason", "finding", "comparison", "attribute") if c in found]
    return found.astype(dict.fromkeys(texts, object)).fillna(dict.fromkeys(texts, ""))


def threshold_choice(
    figures: pd.DataFrame,
    at: float = 200.0,
    *,
    feasible: bool = True,
    no_better: bool = True,
    missed: tuple[str, ...] = (),
    words: Words = Words(),  # noqa: B008 - frozen
) -> Picture:
    """The picture of a choice that of 200 that came out as said."""
    at = 200.0
    base = figures[(figures["figure"] == "base_rate") & (figures["threshold"] == at)]["value"].iloc[0]
    choice = SimpleNamespace(feasible=feasible, reported=at, chosen_on="valid")
    against = SimpleNamespace(
        none=not (missed or no_better),
        no_better=no_better,
        trivial=max(base, 1 - base),
        missed=[SimpleNamespace(title=name) for name in missed],
    )
    sweep = parameters.section(ROOT / "params.yaml", "threshold_sweep", Sweep)
    policy = parameters.section(ROOT / "params.yaml", "policy", Policy)
    return thresholds.threshold_choice(figures, choice, sweep, policy, against=against, confidence=LEVEL, words=words)


def decision_threshold(figures: pd.DataFrame, change: tuple[float, float, float] = (0.02, 0.01, 0.03)) -> Picture:
    """The picture of every cut of the score, with best thresholds by accuracy that changed it as given."""
    value, low, high = change
    found = SimpleNamespace(
        figure="accuracy",
        threshold=0.3,
        current=0.5,
        now=SimpleNamespace(value=0.9),
        then=SimpleNamespace(value=0.9 + value),
        change=SimpleNamespace(value=value, low=low, high=high),
    )
    models = dict.fromkeys(figures["model"].unique(), found)
    chosen = ["disparate_impact", "statistical_parity_difference"]
    return decision_thresholds.decision_threshold(
        figures, models, chosen, Words(), on="validation rows", confidence=LEVEL
    )


def report(*, found: bool = True, doubts: tuple[str, ...] = (), ledger: pd.DataFrame | None = None) -> SimpleNamespace:
    """What the pictures of segments read of a report, from the tables of this repository."""
    settings = json.loads((ROOT / "metrics/cluster_privacy.json").read_text(encoding="utf-8"))["cluster_privacy"]
    compared = SimpleNamespace(
        curves=table("segments_privacy"), ledger=table("segments_ledger") if ledger is None else ledger, rows=1500
    )
    return SimpleNamespace(
        levels=["A", "B"],
        found=SimpleNamespace(found=found, doubts=doubts, labels=np.zeros(1500)),
        params=SimpleNamespace(
            representation=SimpleNamespace(flag=0.7), privacy=SimpleNamespace(draws=39, confidence=0.9)
        ),
        settings={"guaranteed": SimpleNamespace(mechanism="central", epsilon=settings["guaranteed"]["real_epsilon"])},
        compared=compared,
    )


def points(number: int = 300) -> pd.DataFrame:
    """People on a plane, in three segments and two levels."""
    rng = np.random.default_rng(1)
    segment = rng.integers(1, 4, number)
    return pd.DataFrame(
        {
            "first": rng.normal(segment * 4, 1),
            "second": rng.normal(segment % 2 * 3, 1),
            "segment": segment,
            "code": rng.integers(0, 2, number),
        }
    )


def alternatives(words: Words = Words()) -> Picture:  # noqa: B008 - frozen
    """The frontier of the search that this repository holds."""
    held = files.read_json(ROOT / "alternatives/metrics.json", "alternatives")
    candidates, bounds = (files.read_csv(ROOT / f"alternatives/{name}.csv") for name in ("candidates", "bounds"))
    answers = {name: SimpleNamespace(**held[name]) for name in ("in_use", "best")}
    given = parameters.section(ROOT / "params.yaml", "alternatives", Alternatives)
    found: Any = SimpleNamespace(table=candidates, bounds=bounds, answers=answers)
    return frontier(found, Speaker(given, words, None, LEVEL, 3_999), held["answer"])


def pictures(**changes: dict[str, str]) -> dict[str, Picture]:
    """Name → picture. ``changes``: by table, texts to write instead of others."""

    def own(name: str) -> pd.DataFrame:
        return table(name).replace(changes.get(name, {}))

    return {
        "alternatives": alternatives(),
        "disparities": fairness.disparities(own("fairness"), LEVEL),
        "group_rates": group_rates.group_rates(own("group_rates"), LEVEL),
        "decision_threshold": decision_threshold(own("decision_threshold")),
        "threshold_choice": threshold_choice(own("threshold_intervals")),
        "healthcare_gaps": healthcare.gaps(
            own("healthcare_approvals"), own("healthcare_waits"), "minutes", LEVEL, Words()
        ),
        "segments": segments.segments(points(), own("segments_shares"), report(), LEVEL),
        "segments_privacy": segments.privacy(report()),
    }
