"""All that the segments line reports: segmentation, privacy comparison and the scores of two configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import model_validator

from responsible.clustering.each import Each, in_turn
from responsible.clustering.null_reference import ONE_FEATURE
from responsible.clustering.partition import Labels, Points
from responsible.privacy.domain import Configuration, Privacy, Release
from responsible.privacy.tradeoff import Tradeoff, tradeoff
from responsible.privacy.utility import WithoutNoise
from responsible.segmentation.price_of_fairness import Price
from responsible.segmentation.schema import Segments
from responsible.segmentation.scorecard import Criterion, Scorecard, one_sided, scorecard, total
from responsible.segmentation.segments import Segmentation, Segmenting, segmentation

CONFIGURATIONS = ("chosen", "guaranteed")
"""The configurations that are scored: the one the parameters choose, and the one a release would publish."""


class ClusterPrivacy(Segmenting):
    """Everything that decides what is reported of a table: the segmentation's parameters and two more."""

    privacy: Privacy
    scorecard: Scorecard

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, given: Any) -> Any:
        if isinstance(given, dict) and "data_sheet" in given:
            raise ValueError("data_sheet was removed; move its answers to answers.yaml, under segments_data_sheet")
        return given


@dataclass(frozen=True)
class Report:
    """What was found. ``settings`` and ``scores`` by the names of ``CONFIGURATIONS``."""

    params: ClusterPrivacy
    levels: Sequence[str]
    features: Sequence[str]
    found: Segmentation
    compared: Tradeoff
    settings: Mapping[str, Configuration | Release]
    scores: Mapping[str, Sequence[Criterion]]


def report(
    values: Points,
    codes: Labels,
    levels: Sequence[str],
    *,
    roles: Segments,
    params: ClusterPrivacy,
    unanswered: Sequence[str],
    confidence: float,
    rng: np.random.Generator,
    each: Each = in_turn,
) -> Report:
    """Segment ``values`` (n, d), compare the mechanisms on the segments, and score both configurations.

    ``codes`` (n,) index the protected ``levels``; ``unanswered`` are the questions of the data sheet that are;
    ``confidence`` is that of the intervals of shares and silhouettes. ``each`` does refits and draws of noise.
    """
    clustering, noise = rng.spawn(2)
    limits, privacy = params.scorecard, params.privacy
    judged = {"minimum_ari": limits.stability, "confidence": confidence}
    found = segmentation(values, codes, levels, params, **judged, rng=clustering, each=each)
    k, features = found.choice.chosen.fitted.k, list(roles.features)
    people = WithoutNoise(values, found.labels, codes, levels)
    compared = tradeoff(people, *roles.bounds(), privacy, noise, k=k, names=features, each=each)
    settings: dict[str, Configuration | Release] = dict(
        zip(CONFIGURATIONS, (privacy.chosen, privacy.release), strict=True)
    )
    scores = {
        name: scorecard(
            silhouette=found.silhouette.value,
            stability=found.stability.quartiles()[1],
            drop=compared.drop(setting.mechanism, setting.epsilon),
            shares=found.shares,
            unanswered=unanswered,
            limits=limits,
        )
        for name, setting in settings.items()
    }
    return Report(params, levels, features, found, compared, settings, scores)


def at_flag(found: Segmentation, flag: float) -> Price | None:
    """The price of the largest cap tried that leaves no segment one-sided; None when no cap is that strict."""
    strict = [price for price in found.prices if price.cap <= flag + 1e-9]
    return max(strict, key=lambda price: price.cap, default=None)


def cost(compared: Tradeoff, setting: Configuration | Release) -> dict[str, Any]:
    """What one mechanism at one ε costs, and the ε that holds, undefined with its reason where none holds."""
    which = (setting.mechanism, setting.epsilon)
    ledger = compared.ledger
    entry = ledger[(ledger["mechanism"] == setting.mechanism) & (ledger["epsilon"] == setting.epsilon)].iloc[0]
    why = {} if entry["guarantee"] else {"undefined": {"real_epsilon": "no_finite_epsilon"}}
    return why | {
        "drop": compared.drop(*which),
        "ari": compared.value(*which, "ari"),
        "changed": compared.value(*which, "changed"),
        "real_epsilon": float(entry["real_epsilon"]),
    }


def headline(report: Report) -> dict[str, Any]:
    """What ``metrics/cluster_privacy.json`` holds."""
    found, lead = report.found, report.found.choice.lead
    open_, answered = one_sided(found.shares)
    price = at_flag(found, report.params.representation.flag)
    unknown = ONE_FEATURE in found.doubts
    return {
        "k": found.choice.chosen.fitted.k,
        "segments_found": None if unknown else int(found.found),
        "silhouette": found.silhouette.value,
        "lead_over_runner_up": lead.value if lead else None,
        "median_ari": found.stability.quartiles()[1],
        "least_stable_segment": min(member.jaccard for member in found.members),
        "cramers_v": found.dependence.effect,
        "one_sided_segments": len(open_) + len(answered),
        "silhouette_lost_to_cap": found.uncapped - price.silhouette if price else None,
        **{
            name: {"score": total(report.scores[name])} | cost(report.compared, setting)
            for name, setting in report.settings.items()
        },
        **({"undefined": {"segments_found": ONE_FEATURE}} if unknown else {}),
    }
