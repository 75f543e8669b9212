"""What became of each figure between two versions of the results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.results.catalogue import STAGES, performance_of
from pipeline.review.comparability import BUDGET, Obstacle, line
from pipeline.storage import files
from pipeline.storage.parameters import load, section_of_any
from responsible.fairness.evaluation import Parameters
from responsible.fairness.groups import declared_groups
from responsible.governance.evidence import WHOLE, Evidence, Figures
from responsible.governance.evidence import places as judged_levels
from responsible.governance.policy import Policy
from responsible.governance.version_change import Change, Changes, better, independent, paired
from responsible.modelling.parameters import Logistic
from responsible.names import ATTRIBUTE, is_change, trained_here
from responsible.statistics.significance import benjamini_hochberg
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.validation import InputError

_SEGMENT_FIGURES = ("k", "silhouette", "median_ari", "one_sided_segments", "chosen.score", "guaranteed.score")


ROUNDING = 1e-4  # what tables leave of a figure; a larger gap to the change computed here is another computation


@dataclass(frozen=True)
class FigureChange:
    """A figure before (``old``) and after (``new``), one of them None when only the other version has it.

    ``word`` is real, noise, same, new, deleted, in neither, undefined, not comparable, changed for a figure without
    interval, or recomputed when the code comes to another figure than before on the same data; ``trend`` is better,
    worse, small (within tolerance) or "".
    """

    path: str
    level: str
    old: Evidence | None
    new: Evidence | None
    change: Change | None
    pairwise: bool
    word: str
    trend: str = ""

    @property
    def judged(self) -> bool:
        """Whether its change was judged against chance, by its interval."""
        return self.word in ("real", "noise")

    @property
    def matters(self) -> bool:
        """Whether the figure changed beyond chance and tolerance, or came or went."""
        return self.word in ("new", "deleted", "recomputed") or (
            self.word in ("real", "changed") and self.trend != "small"
        )


def paired_changes(root: Path, base: Path, own: Mapping[str, Path], old: Mapping[str, Path]) -> dict[str, Changes]:
    """By model, the paired change of every figure on the test rows that both versions scored.

    None where small counts must not be published: the pairs would tell them (``disclosure.minimum_cell``).
    Raises :class:`InputError` when the two versions' cells are not the same rows, so that nothing can be paired.
    """
    given = load(root / "params.yaml", Parameters)
    if given.disclosure.minimum_cell:
        return {}
    before = section_of_any(base / "params.yaml", "model", Logistic)
    found = {}
    for name, path in own.items():
        (new, meta), (first, other) = files.read_parquet(path), files.read_parquet(old[name])
        shared = [c for c in new.columns if c in first.columns and c != "score"]
        if not new[shared].equals(first[shared]) or "n" not in shared or meta["cuts"] != other["cuts"]:
            raise InputError("the two versions count their cells differently (features, attributes or cut points)")
        both = new.rename(columns={"score": "new"}).assign(old=first["score"])
        test = both[both["split"] == "test"].reset_index(drop=True)
        found[name] = paired(
            test,
            labels(test, meta["cuts"], given.threshold),
            [who for who in declared_groups(both, given.sensitive) if ATTRIBUTE + who.attribute in shared],
            (before.decision_threshold, given.model.decision_threshold),
            fairness=given.fairness,
            # Equal scores need no draws: every one of them would give a change of 0.
            inference=given.inference.model_copy(update={"replicates": 100}) if path == old[name] else given.inference,
            rng=stream(given.seed, f"review/{name}"),
        )
    return found


def at_paths(found: Mapping[str, Changes], params: Mapping[str, Any]) -> Changes:
    """The changes of both models, which are known by their places, by metric path and level."""
    out: Changes = {}
    named = {place: name for name, place in trained_here(params).items()}
    for model, changes in ((named[place], own) for place, own in found.items()):
        for (figure, level), interval in changes.items():
            attribute, dot, measure = figure.rpartition(".")
            path = f"evaluate_fairness.{attribute}.{model}.{measure}" if dot else f"{performance_of(model)}.{figure}"
            out[path, level] = interval
    return out


@dataclass(frozen=True)
class Versions:
    """All that a row is made from: the figures of both versions, what stands between them, and the paired changes."""

    old: Figures
    new: Figures
    policy: Policy
    stops: list[Obstacle]
    paired: Changes
    confidence: float = 0.95


def rows(both: Versions) -> list[FigureChange]:
    """A row for each headline figure of either version, and for each figure that a rule is about.

    Figures with an interval are judged together: a change is real when its p, adjusted by Benjamini and Hochberg over
    all of them that have one, is at most 1 − confidence. Of what is called real at most that share is expected false.
    """
    places = dict.fromkeys([*_headline(both.new), *_headline(both.old)])
    for rule in both.policy.rules.values():
        places |= dict.fromkeys(
            (rule.metric, level) for level in judged_levels(rule.level, both.new.get(rule.metric, {}))
        )
    found = [_row(place, both) for place in places]
    p = [row.change.p(both.confidence) if row.change and row.judged else math.nan for row in found]
    adjusted = benjamini_hochberg(np.array(p, dtype=float))
    chance = [row.word == "real" and q > 1 - both.confidence for row, q in zip(found, adjusted, strict=True)]
    return [replace(row, word="noise", trend="") if by else row for row, by in zip(found, chance, strict=True)]


def by_chance(found: Iterable[FigureChange], confidence: float) -> dict[str, float]:
    """How many changes were ``judged`` together, how many of them would be real ``alone``, each at the confidence, and
    how many of so many are ``expected`` to be without any change.
    """
    judged = [row.change for row in found if row.judged and row.change]
    alone = sum(change.real for change in judged)
    return {"judged": len(judged), "expected": (1 - confidence) * len(judged), "alone": alone}


def _headline(figures: Figures) -> Iterator[tuple[str, str]]:
    for path, levels in figures.items():
        section, *rest = path.split(".")
        performance = (section in STAGES.values() and len(rest) == 1) or section == "performance"
        fairness = section == "evaluate_fairness" and len(rest) == 3 and not is_change(rest[1])
        audited = section == "healthcare_audit"
        if (performance or fairness or audited) and WHOLE in levels and levels[WHOLE].inferred:
            yield from ((path, level) for level in judged_levels(None, levels))
        if section == "cluster_privacy" and path.partition(".")[2] in _SEGMENT_FIGURES:
            yield path, WHOLE


def _row(place: tuple[str, str], both: Versions) -> FigureChange:
    before, after = (figures.get(place[0], {}).get(place[1]) for figures in (both.old, both.new))
    if before is None or after is None:
        word = "in neither" if after is before else "new" if before is None else "deleted"
        return FigureChange(*place, before, after, None, pairwise=False, word=word)
    if any(stop.concerns(place[0]) for stop in both.stops):
        return FigureChange(*place, before, after, None, pairwise=False, word="not comparable")
    found = both.paired.get(place)
    change = found or (independent(before, after) if after.inferred else Change(*[after.value - before.value] * 3))
    word, trend = _said(place[0], before, after, change, both.policy)
    return FigureChange(*place, before, after, change, found is not None, word, trend)


def _said(path: str, old: Evidence, new: Evidence, change: Change, policy: Policy) -> tuple[str, str]:
    difference = new.value - old.value
    if difference == 0 == change.value or (math.isnan(old.value + new.value) and old.reason == new.reason != ""):
        return "same", ""
    if math.isnan(difference) or math.isnan(change.low):
        return "undefined", ""
    # Audits look at recorded cases and people: on the same ones nothing but the code can come to another figure.
    if line(path) != BUDGET or abs(difference - change.value) > ROUNDING * max(1, abs(new.value)):
        return "recomputed", ""
    if new.inferred and not change.real:
        return "noise", ""
    word = "real" if new.inferred else "changed"
    if abs(difference) <= policy.tolerance(path):
        return word, "small"
    good = better(path.rpartition(".")[2], old.value, new.value)
    return word, "" if good is None else "better" if good else "worse"
