"""Segment people, and say how good, how stable, how representative and how private the segments are.

The noise is drawn from the parameters' seed, so that results reproduce: it protects nothing by itself. Releasing
segments with secret noise is another command, `make release-segments`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.cores import each, use_cores
from pipeline.documents import segments as _segments_report
from pipeline.plots import segments as _draw
from pipeline.reporting.engine import fill
from pipeline.reporting.tables import records
from pipeline.results import answers as _answers
from pipeline.storage import files, parameters
from responsible.names import ATTRIBUTE, FEATURE, SAMPLED_FROM
from responsible.segmentation import tables
from responsible.segmentation.fit_by_level import fit_by_level
from responsible.segmentation.report import ClusterPrivacy, Report, headline, report
from responsible.segmentation.schema import PROFILE, Segments
from responsible.segmentation.segments import Segmentation
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.levels import Disclosure, blanked, published_names
from responsible.tabular.schema import Seed
from responsible.validation import InputError, Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    inference: Inference
    segments: Segments
    cluster_privacy: ClusterPrivacy
    disclosure: Disclosure
    words: Section


MAP = 600  # people drawn in the map


def main(
    *,
    params: str = "params.yaml",
    answers: str = "answers.yaml",
    prepared: str = "data/prepared/segments.parquet",
    profile: str = "plots/prepare_segments.csv",
    template: str = "docs/templates/segments.md.j2",
    sheet_template: str = "docs/templates/segments_data_sheet.md.j2",
    metrics: str = "metrics/cluster_privacy.json",
    candidates: str = "plots/segments_candidates.csv",
    segments: str = "plots/segments.csv",
    shares: str = "plots/segments_shares.csv",
    by_level: str = "plots/segments_levels.csv",
    curves: str = "plots/segments_privacy.csv",
    attack: str = "plots/segments_attack.csv",
    ledger: str = "plots/segments_ledger.csv",
    scores: str = "plots/segments_scorecard.csv",
    picture: str = "plots/segments.svg",
    picture_narrow: str = "plots/segments_narrow.svg",
    cost: str = "plots/segments_privacy.svg",
    cost_narrow: str = "plots/segments_privacy_narrow.svg",
    document: str = "docs/segments.md",
    sheet: str = "docs/segments_data_sheet.md",
) -> None:
    """Segment the prepared people, compare the privacy mechanisms on them, and write tables, pictures and documents."""
    given = parameters.load(params, Parameters)
    roles, inference = given.segments, given.inference
    values, codes, levels, whole = _people(prepared, roles)
    described = {"profile": records(files.read_csv(profile, PROFILE))}
    finding, drawing = stream(given.seed, "cluster_privacy/report"), stream(given.seed, "cluster_privacy/map")
    said = _answers.held(parameters.read_yaml(params), answers, {_answers.SHEET: sheet_template})
    open_, sure = said.unanswered(_answers.SHEET), inference.confidence
    reported = partial(report, roles=roles, params=given.cluster_privacy, unanswered=open_, confidence=sure, each=each)
    made = reported(values, codes, levels, rng=finding)
    if given.disclosure.minimum_cell:
        codes, levels = _publishable(codes, levels, made.found.labels, given)
        again = stream(given.seed, "cluster_privacy/report")
        made = _published(reported(values, codes, levels, rng=again), given)
    found, points = made.found, made.found.scaling.apply(values)
    tried, held = _tried(found, given.disclosure), tables.shares_table(found)
    most = 0 if given.disclosure.minimum_cell else MAP  # a point in a map is a person
    knee, shown = tables.elbow(tried, points, found), tables.plane(points, found.labels, codes, most, drawing)

    files.write_json(metrics, {"cluster_privacy": _headline(made, given.disclosure)})
    files.write_csv(candidates, tried)
    files.write_csv(segments, tables.segments_table(found, made.features))
    files.write_csv(shares, held)
    files.write_csv(by_level, _fit(made, points, codes, levels, given))
    files.write_csv(curves, made.compared.curves)
    files.write_csv(attack, made.compared.attack)
    files.write_csv(ledger, made.compared.ledger)
    files.write_csv(scores, tables.scores_table(made.scores))
    level = partial(given.words.level, roles.protected)
    drawn = _draw.segments(shown, held, made, inference.confidence, (given.words.many("segments"), level))
    lost = _draw.privacy(made)
    drawn.write(picture, picture_narrow)
    lost.write(cost, cost_narrow)
    context = _segments_report.context(made, tried, knee, roles=roles, inference=inference, called=given.words)
    context |= {"picture": drawn, "lost": lost, SAMPLED_FROM: whole}
    files.write_text(document, fill(template, context, output=document))
    files.write_text(sheet, fill(sheet_template, context | described, said, sheet))


def _fit(made: Report, points: Any, codes: Any, levels: list[str], given: Parameters) -> pd.DataFrame:
    """How well people of each level fit their segments."""
    rows, sure = given.cluster_privacy.clusters.silhouette.rows, given.inference.confidence
    least, rng = given.disclosure.minimum_cell, stream(given.seed, "cluster_privacy/levels")
    minimum = max(given.inference.minimum_denominator, least)  # of a sample of the people, so it may be smaller
    people = points, made.found.labels, codes, levels
    found = fit_by_level(*people, rows=rows, minimum=minimum, confidence=sure, rng=rng)
    return blanked(found, found["n"] < least, ["n"], given.disclosure.reason)


def _headline(made: Report, disclosure: Disclosure) -> dict[str, Any]:
    """The headline figures, with the reason of those that are about too few people."""
    found = headline(made)
    for name in made.settings if disclosure.minimum_cell else ():
        if np.isnan(found[name]["changed"]):
            found[name]["undefined"] = found[name].get("undefined", {}) | {"changed": disclosure.reason}
    return found


def _tried(found: Segmentation, disclosure: Disclosure) -> pd.DataFrame:
    """The candidates, without the share of a smallest cluster that too few people are in."""
    table = tables.candidates_table(found)
    people = (table["smallest"] * found.fitted_rows).round()
    return blanked(table, [not disclosure.safe(n) for n in people], ["smallest"])


def _publishable(codes: Any, levels: list[str], labels: Any, given: Parameters) -> tuple[Any, list[str]]:
    """Codes and names of merged levels, of each of which every segment has enough people or none."""
    names = np.array(levels, dtype=object)[codes]
    for slices in (np.zeros(len(codes), dtype=int), labels):
        roles = dict.fromkeys(names, "compared")
        found = published_names(names, roles, [slices], np.ones(len(codes), dtype=int), given.disclosure)
        names = np.array([found[level] for level in names], dtype=object) if found else np.full(len(codes), "")
    shown, merged = np.unique(names.astype(str), return_inverse=True)
    if len(shown) < 2:
        rule = f"must have no or at least {given.disclosure.minimum_cell} people of each level (disclosure)"
        remedy = "raise cluster_privacy.clusters.smallest, or name another column"
        raise InputError(f"segments.protected: each segment {rule}; {remedy}")
    return merged, shown.tolist()


def _published(made: Report, given: Parameters) -> Report:
    """The report without counts of people nearer to another segment, moved by a cap or changed by noise, if too few."""
    safe, compared = given.disclosure.safe, made.compared
    members = tuple(
        member if safe(round(member.nearer_elsewhere * member.n)) else replace(member, nearer_elsewhere=float("nan"))
        for member in made.found.members
    )
    curves = compared.curves
    people = np.round(curves[["value", "low", "high"]].to_numpy(dtype=float) * compared.rows)
    few = np.array([not safe(ends) for ends in people])
    hidden = (curves["level"] != "") | ((curves["measure"] == "changed") & few)
    curves = blanked(curves, hidden, ["value", "low", "high"])
    found = replace(made.found, members=members, prices=())
    return replace(made, found=found, compared=replace(compared, curves=curves))


def _people(prepared: str, roles: Segments) -> tuple[Any, Any, list[str], int]:
    """Features (n, d) in their own units, the protected level of each row as a code, the levels in order, and of a
    sample how many rows the table has (0: all are used).
    """
    features, protected = [FEATURE + name for name in roles.features], ATTRIBUTE + roles.protected
    table, meta = files.read_parquet(prepared, [*features, protected])
    levels, codes = np.unique(table[protected].to_numpy(dtype=str), return_inverse=True)
    return table[features].to_numpy(), codes, levels.tolist(), meta.get(SAMPLED_FROM, 0)


def _on_all_cores() -> None:
    use_cores()
    main()


if __name__ == "__main__":
    entry.run(_on_all_cores)
