"""What changed between two versions of the results: which numbers may be compared, and what became of each figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from responsible.audit import Fairness
from responsible.cells import labels
from responsible.change import Change, Changes, better, independent, paired
from responsible.checks import InputError
from responsible.encoding import Logistic
from responsible.groups import Inference, declared_groups
from responsible.policy import WHOLE, Evidence, Figures, Policy
from responsible.roles import Sensitive
from stages import _io

KNOBS: dict[str, Any] = {
    "seed": int,
    "threshold": float,
    "sensitive": dict[str, Sensitive],
    "model": Logistic,
    "inference": Inference,
    "fairness": Fairness,
}
ABSENT = "absent"
PERFORMANCE = {"baseline": "train_baseline", "reweighed": "reweigh"}
# What decides which people are in the test rows, and what their label is, beside the table itself.
_DATA = ("budget.source", "budget.pattern", "budget.target", "prepare.missing_values", "prepare.on_bad_rows")
_SPLIT = ("seed", "prepare.split", "prepare.sample_rows", "budget.key", "budget.split_column")


ROUNDING = 1e-4  # what tables leave of a figure; a larger gap to the change computed here is another computation


@dataclass(frozen=True)
class Row:
    """A figure before (``old``) and after (``new``), one of them None when only the other version has it.

    ``word`` is real, noise, same, new, deleted, undefined, not comparable, or recomputed when the code comes to another
    figure than before on the same scores; ``trend`` is better, worse, small (within tolerance) or "".
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
    def matters(self) -> bool:
        """Whether the figure changed beyond chance and tolerance, or came or went."""
        return self.word in ("new", "deleted", "recomputed") or (self.word == "real" and self.trend != "small")


@dataclass(frozen=True)
class Obstacle:
    """Why figures whose path begins with one of ``prefixes`` are not comparable, in words for the banner."""

    what: str
    prefixes: tuple[str, ...] = ("",)


def obstacles(old: Mapping[str, Any], new: Mapping[str, Any], digests: tuple[Any, Any]) -> list[Obstacle]:
    """Label threshold, split, data and groups that differ between two parameter trees and two digests of the table."""
    found = []
    if old.get("threshold") != new.get("threshold"):
        found.append(Obstacle(f"the label threshold changed ({old.get('threshold')} → {new.get('threshold')})"))
    if digests[0] != digests[1] or (keys := _differing(old, new, _DATA)):
        found.append(Obstacle("the data changed" + ("" if digests[0] != digests[1] else f" ({', '.join(keys)})")))
    if keys := _differing(old, new, _SPLIT):
        found.append(Obstacle(f"the split changed ({', '.join(keys)})"))
    groups = [name for name, own in old.get("sensitive", {}).items() if new.get("sensitive", {}).get(name, own) != own]
    prefixes = tuple(f"{table}.{name}." for name in groups for table in ("evaluate_fairness", "group_rates", "proxies"))
    if groups:
        found.append(Obstacle(f"the groups of {', '.join(groups)} changed", prefixes))
    return found


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    before, after = flat(old), flat(new)
    touched = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return [key for key in keys if any(t == key or t.startswith(f"{key}.") for t in touched)]


def flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key → value of every leaf; a list is a leaf."""
    if not isinstance(tree, Mapping):
        return {prefix: tree}
    keys = {f"{prefix}.{key}" if prefix else str(key): value for key, value in tree.items()}
    return {leaf: value for key, branch in keys.items() for leaf, value in flat(branch, key).items()}


def parameters(old: Any, new: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, old, new) of every difference; what only one tree has is named once, however much hangs on it."""
    for key in dict.fromkeys([*new, *old]):
        before, after, name = old.get(key, ABSENT), new.get(key, ABSENT), f"{prefix}{key}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from parameters(before, after, f"{name}.")
        elif before != after:
            yield name, before, after


def paired_changes(root: Path, base: Path, own: Mapping[str, Path], old: Mapping[str, Path]) -> dict[str, Changes]:
    """By model, the paired change of every figure on the test rows that both versions scored.

    Raises :class:`InputError` when the two versions' cells are not the same rows, so that nothing can be paired.
    """
    seed, threshold, sensitive, model, inference, fairness = _io.load(root / "params.yaml", KNOBS)
    (before,) = _io.load_part(base / "params.yaml", {"model": Logistic})
    found = {}
    for index, (name, path) in enumerate(own.items()):
        (new, meta), (first, other) = _io.read_parquet(path), _io.read_parquet(old[name])
        shared = [c for c in new.columns if c in first.columns and c != "score"]
        if not new[shared].equals(first[shared]) or "n" not in shared or meta["cuts"] != other["cuts"]:
            raise InputError("the two versions count their cells differently (features, attributes or cut points)")
        both = new.rename(columns={"score": "new"}).assign(old=first["score"])
        test = both[both["split"] == "test"].reset_index(drop=True)
        found[name] = paired(
            test,
            labels(test, meta["cuts"], threshold),
            [who for who in declared_groups(both, sensitive) if f"a.{who.attribute}" in shared],
            (before.decision_threshold, model.decision_threshold),
            fairness=fairness,
            # Equal scores need no draws: every one of them would give a change of 0.
            inference=inference.model_copy(update={"replicates": 100}) if path == old[name] else inference,
            rng=np.random.default_rng([seed, 5, index]),
        )
    return found


def at_paths(found: Mapping[str, Changes]) -> Changes:
    """The changes of both models by metric path and level."""
    out: Changes = {}
    for model, changes in found.items():
        for (figure, level), interval in changes.items():
            attribute, dot, measure = figure.rpartition(".")
            path = f"evaluate_fairness.{attribute}.{model}.{measure}" if dot else f"{PERFORMANCE[model]}.{figure}"
            out[path, level] = interval
    return out


@dataclass(frozen=True)
class Comparison:
    """All that a row is made from: the figures of both versions, what stands between them, and the paired changes."""

    old: Figures
    new: Figures
    policy: Policy
    stops: list[Obstacle]
    paired: Changes


def rows(both: Comparison) -> list[Row]:
    """A row for each headline figure of either version, and for each figure that a rule is about."""
    places = dict.fromkeys([*_headline(both.new), *_headline(both.old)])
    places |= dict.fromkeys((rule.metric, rule.level or WHOLE) for rule in both.policy.rules.values())
    return [_row(place, both) for place in places]


def _headline(figures: Figures) -> Iterator[tuple[str, str]]:
    for path, levels in figures.items():
        section, *rest = path.split(".")
        performance = section in PERFORMANCE.values() and len(rest) == 1
        fairness = section == "evaluate_fairness" and any(f".{model}." in path for model in PERFORMANCE)
        if (performance or fairness) and WHOLE in levels and levels[WHOLE].inferred:
            yield path, WHOLE


def _row(place: tuple[str, str], both: Comparison) -> Row:
    before, after = (figures.get(place[0], {}).get(place[1]) for figures in (both.old, both.new))
    if before is None or after is None:
        return Row(*place, before, after, None, pairwise=False, word="new" if before is None else "deleted")
    if any(place[0].startswith(prefix) for stop in both.stops for prefix in stop.prefixes):
        return Row(*place, before, after, None, pairwise=False, word="not comparable")
    found = both.paired.get(place)
    change = found or (independent(before, after) if after.inferred else Change(*[after.value - before.value] * 3))
    word, trend = _said(place[0], before, after, change, both.policy)
    return Row(*place, before, after, change, found is not None, word, trend)


def _said(path: str, old: Evidence, new: Evidence, change: Change, policy: Policy) -> tuple[str, str]:
    difference = new.value - old.value
    if difference == 0 == change.value or (math.isnan(old.value + new.value) and old.reason == new.reason != ""):
        return "same", ""
    if math.isnan(difference) or math.isnan(change.low):
        return "undefined", ""
    if abs(difference - change.value) > ROUNDING * max(1, abs(new.value)):
        return "recomputed", ""
    if not change.real:
        return "noise", ""
    if abs(difference) <= policy.tolerance(path):
        return "real", "small"
    good = better(path.rpartition(".")[2], old.value, new.value)
    return "real", "" if good is None else "better" if good else "worse"
