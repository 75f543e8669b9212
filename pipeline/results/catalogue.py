"""Every file that people read: metrics, tables, pictures and documents by name, and the two models.

Whatever reads results (cards, register, audit trail, review, gate, summary) names a file by a constant of this module.
The stages that write them name them as path defaults of their ``main``, so that training does not depend on this
folder; the contract test compares both, and this module with dvc.yaml.
"""

from __future__ import annotations

from enum import StrEnum

from responsible.names import BASELINE, REWEIGHED


class Metrics(StrEnum):
    """The headline figures of a stage."""

    PREPARE = "metrics/prepare.json"
    TRAIN_BASELINE = "metrics/train_baseline.json"
    REWEIGH = "metrics/reweigh.json"
    EVALUATE_FAIRNESS = "metrics/evaluate_fairness.json"
    THRESHOLD_SWEEP = "metrics/threshold_sweep.json"
    PREPARE_HEALTHCARE = "metrics/prepare_healthcare.json"
    HEALTHCARE_AUDIT = "metrics/healthcare_audit.json"
    PREPARE_SEGMENTS = "metrics/prepare_segments.json"
    CLUSTER_PRIVACY = "metrics/cluster_privacy.json"
    MODEL_ANALYSES = "metrics/model_analyses.json"
    RISK_REGISTER = "metrics/risk_register.json"


class Tables(StrEnum):
    """Long tables, in the order of the stages that write them."""

    PREPARE_BASE_RATES = "plots/prepare_base_rates.csv"
    PREPARE_MISSING = "plots/prepare_missing.csv"
    PERFORMANCE_BASELINE = "plots/performance_baseline.csv"
    COEFFICIENTS_BASELINE = "plots/coefficients_baseline.csv"
    REWEIGHING_WEIGHTS = "plots/reweighing_weights.csv"
    REWEIGHING_LEVELS = "plots/reweighing_levels.csv"
    PERFORMANCE_REWEIGHED = "plots/performance_reweighed.csv"
    COEFFICIENTS_REWEIGHED = "plots/coefficients_reweighed.csv"
    FAIRNESS = "plots/fairness.csv"
    GROUP_TESTS = "plots/group_tests.csv"
    PERFORMANCE = "plots/performance.csv"
    PERFORMANCE_CHANGE = "plots/performance_change.csv"
    PROXIES = "plots/proxies.csv"
    GROUP_RATES = "plots/group_rates.csv"
    INTERSECTION_RATES = "plots/intersection_rates.csv"
    CONFUSION = "plots/confusion.csv"
    SCORE_QUALITY = "plots/score_quality.csv"
    DECISION_THRESHOLD = "plots/decision_threshold.csv"
    CALIBRATION_MODELS = "plots/calibration_models.csv"
    SIMILAR_GROUPS = "plots/similar_groups.csv"
    IMPACT_RATIOS = "plots/impact_ratios.csv"
    FAILING_GROUPS = "plots/failing_groups.csv"
    FLIP_RATES = "plots/flip_rates.csv"
    REASONS = "plots/reasons.csv"
    THRESHOLD_SWEEP = "plots/threshold_sweep.csv"
    THRESHOLD_INTERVALS = "plots/threshold_intervals.csv"
    PREPARE_HEALTHCARE = "plots/prepare_healthcare.csv"
    HEALTHCARE_APPROVALS = "plots/healthcare_approvals.csv"
    HEALTHCARE_WAITS = "plots/healthcare_waits.csv"
    HEALTHCARE_ODDS = "plots/healthcare_odds.csv"
    HEALTHCARE_PROXIES = "plots/healthcare_proxies.csv"
    HEALTHCARE_LOSSES = "plots/healthcare_losses.csv"
    HEALTHCARE_INTERSECTIONS = "plots/healthcare_intersections.csv"
    HEALTHCARE_SUBGROUPS = "plots/healthcare_subgroups.csv"
    HEALTHCARE_RATES = "plots/healthcare_rates.csv"
    HEALTHCARE_REPLAY = "plots/healthcare_replay.csv"
    HEALTHCARE_CAUSES = "plots/healthcare_causes.csv"
    HEALTHCARE_BANDS = "plots/healthcare_bands.csv"
    HEALTHCARE_CLOSEST = "plots/healthcare_closest.csv"
    HEALTHCARE_FOLDS = "plots/healthcare_folds.csv"
    HEALTHCARE_MONTHS = "plots/healthcare_months.csv"
    HEALTHCARE_HELD_OUT = "plots/healthcare_held_out.csv"
    PREPARE_SEGMENTS = "plots/prepare_segments.csv"
    SEGMENTS_CANDIDATES = "plots/segments_candidates.csv"
    SEGMENTS = "plots/segments.csv"
    SEGMENTS_SHARES = "plots/segments_shares.csv"
    SEGMENTS_LEVELS = "plots/segments_levels.csv"
    SEGMENTS_ATTACK = "plots/segments_attack.csv"
    SEGMENTS_SCORECARD = "plots/segments_scorecard.csv"
    SEGMENTS_PRIVACY = "plots/segments_privacy.csv"
    SEGMENTS_LEDGER = "plots/segments_ledger.csv"
    RISK_REGISTER = "plots/risk_register.csv"


class Pictures(StrEnum):
    """Pictures, in the order of the stages that draw them, each for a page and for a phone."""

    DISPARITIES = "plots/disparities.svg"
    DISPARITIES_NARROW = "plots/disparities_narrow.svg"
    GROUP_RATES = "plots/group_rates.svg"
    GROUP_RATES_NARROW = "plots/group_rates_narrow.svg"
    DECISION_THRESHOLD = "plots/decision_threshold.svg"
    DECISION_THRESHOLD_NARROW = "plots/decision_threshold_narrow.svg"
    THRESHOLD_CHOICE = "plots/threshold_choice.svg"
    THRESHOLD_CHOICE_NARROW = "plots/threshold_choice_narrow.svg"
    HEALTHCARE_GAPS = "plots/healthcare_gaps.svg"
    HEALTHCARE_GAPS_NARROW = "plots/healthcare_gaps_narrow.svg"
    SEGMENTS = "plots/segments.svg"
    SEGMENTS_NARROW = "plots/segments_narrow.svg"
    SEGMENTS_PRIVACY = "plots/segments_privacy.svg"
    SEGMENTS_PRIVACY_NARROW = "plots/segments_privacy_narrow.svg"


REVIEW_PICTURE = "docs/review.svg"
"""Both versions of a branch in one picture, which ``make review`` writes and no stage does."""


class Documents(StrEnum):
    """Every document that a stage writes."""

    COMPARISON = "docs/comparison.md"
    RECOMMENDED_THRESHOLD = "docs/recommended_threshold.md"
    HEALTHCARE_AUDIT = "docs/healthcare_audit.md"
    PLAYBOOK_BIAS_SOURCES = "docs/playbook/3_bias_sources.md"
    PLAYBOOK_METRICS = "docs/playbook/4_metrics.md"
    PLAYBOOK_VALIDATION = "docs/playbook/6_validation.md"
    PLAYBOOK_CASE_STUDY = "docs/playbook/7_case_study.md"
    SEGMENTS = "docs/segments.md"
    SEGMENTS_DATA_SHEET = "docs/segments_data_sheet.md"
    MODEL_CARD = "docs/model_card.md"
    DATA_SHEET = "docs/data_sheet.md"
    RISK_ASSESSMENT = "docs/risk_assessment.md"
    MODEL_CARD_CDX = "docs/model_card.cdx.json"
    MODEL_CARD_RESULTS = "docs/model_card.results.yaml"
    INDEX = "docs/index.html"


MONITORED = "metrics/monitor.json"  # a copy of what the side pipeline in monitor/ wrote, of which no stage here is
SEARCHED = "metrics/alternatives.json"  # the same of alternatives/

STAGES = {BASELINE: "train_baseline", REWEIGHED: "reweigh"}  # model → the stage that trains it and reports on it
# The files of both models; an adopted candidate has those of the reweighed model (responsible.names.trained_here).
MODEL_FILES = {model: f"data/models/{model}.skops" for model in STAGES}
SCORES = {model: f"data/scores/{model}.parquet" for model in STAGES}


def performance_of(model: str) -> str:
    """How the metric paths of a model's performance begin: by the stage that trains it, or by its name."""
    return STAGES.get(model, f"performance.{model}")


PERFORMANCE = {BASELINE: Tables.PERFORMANCE_BASELINE, REWEIGHED: Tables.PERFORMANCE_REWEIGHED}
# section of the parameters that declares a table → what the stage that reads it says of its rows
PREPARED = {
    "budget": Metrics.PREPARE,
    "healthcare": Metrics.PREPARE_HEALTHCARE,
    "segments": Metrics.PREPARE_SEGMENTS,
}
