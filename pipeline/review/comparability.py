"""What stands between two versions of the results: parameters and data that make figures not comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.results.catalogue import PREPARED
from pipeline.storage import files
from pipeline.storage.line_contents import line_of, present

ABSENT = "absent"
# The three lines of work share a repository, not their data: what stands between two versions of one leaves the others
# comparable.
BUDGET, HEALTHCARE, SEGMENTS = "budget", "healthcare", "segments"
_EVERY = (BUDGET, HEALTHCARE, SEGMENTS)
# (what changed, keys of params.yaml that make it so, lines of work it concerns)
_KEYS = (
    ("the label threshold", ("threshold",), (BUDGET,)),
    ("the data", ("budget.source", "budget.pattern", "budget.target"), (BUDGET,)),
    ("which rows count", ("prepare.missing_values", "prepare.on_bad_rows", "prepare.sample_rows"), _EVERY),
    ("the split", ("prepare.split", "budget.key", "budget.split_column"), (BUDGET,)),
    ("the seed of the split and of every random draw", ("seed",), _EVERY),
    ("the healthcare data or their roles", ("healthcare",), (HEALTHCARE,)),
    ("the healthcare audit", ("healthcare_audit",), (HEALTHCARE,)),
    ("the people to segment or their features", ("segments",), (SEGMENTS,)),
    ("how segments are made and judged", tuple(f"cluster_privacy.{key}" for key in (
        "clusters", "reference", "stability", "representation", "privacy", "scorecard")), (SEGMENTS,)),
)  # fmt: skip
_DATA = {BUDGET: "the data", HEALTHCARE: "the healthcare data", SEGMENTS: "the people to segment"}


@dataclass(frozen=True)
class Obstacle:
    """Why figures of these lines, whose path begins with one of ``prefixes``, are not comparable; for the banner."""

    what: str
    lines: tuple[str, ...] = (BUDGET,)
    prefixes: tuple[str, ...] = ("",)

    def concerns(self, path: str) -> bool:
        """Whether the figure at this path is of another question than before."""
        return line(path) in self.lines and path.startswith(self.prefixes)


def line(path: str) -> str:
    """The line of work that the figure at this path belongs to; what belongs to all of them counts as budget."""
    return line_of(path) or BUDGET


def obstacles(
    old: Mapping[str, Any], new: Mapping[str, Any], digests: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> list[Obstacle]:
    """Threshold, data, split, groups and rules of the audits that differ between two parameter trees.

    ``digests`` are those of both versions' tables by line of work.
    """
    before, after = flat(old), flat(new)
    touched = [key for key in {**before, **after} if before.get(key, ABSENT) != after.get(key, ABSENT)]
    both = [line for line in _EVERY if line in present(old) and line in present(new)]  # others have no pair of figures
    other = [line for line in both if digests[0].get(line) != digests[1].get(line)]
    found = [Obstacle(f"{_DATA[line]} changed", (line,)) for line in other]
    for what, keys, lines in _KEYS:
        if own := [name for name in touched if any(name == key or name.startswith(f"{key}.") for key in keys)]:
            found += [Obstacle(f"{what} changed ({_listed(own, before, after)})", lines)] if {*lines} & {*both} else []
    groups = [name for name, own in old.get("sensitive", {}).items() if new.get("sensitive", {}).get(name, own) != own]
    prefixes = tuple(f"{table}.{name}." for name in groups for table in ("evaluate_fairness", "group_rates", "proxies"))
    return [*found, *([Obstacle(f"the groups of {', '.join(groups)} changed", prefixes=prefixes)] if groups else [])]


def _listed(keys: list[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """One key with both values, or up to three names."""
    values = [side.get(keys[0], ABSENT) for side in (before, after)]
    if len(keys) == 1 and not any(isinstance(value, list) for value in values):
        return ("" if keys[0] == "threshold" else f"{keys[0]} ") + " → ".join(map(str, values))
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key → value of every leaf; a list is a leaf."""
    if not isinstance(tree, Mapping):
        return {prefix: tree}
    keys = {f"{prefix}.{key}" if prefix else str(key): value for key, value in tree.items()}
    return {leaf: value for key, branch in keys.items() for leaf, value in flat(branch, key).items()}


def parameters(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[dict[str, str]]:
    """``key, old, new`` as text of every difference; what only one tree has is named once, however much hangs on it."""
    for key in dict.fromkeys([*new, *old]):
        before, after, name = old.get(key, ABSENT), new.get(key, ABSENT), f"{prefix}{key}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from parameters(before, after, f"{name}.")
        elif before != after:
            yield {"key": name, "old": _text(before), "new": _text(after)}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{len(flat(value))} keys" if isinstance(value, Mapping) else str(value)


def digests(folder: Path) -> dict[str, Any]:
    """The digests of the prepared tables by line of work, None where the version has none."""
    found = {name: folder / file for name, file in PREPARED.items()}
    return {
        name: files.read_json(file)[file.stem].get("digest") if file.is_file() else None for name, file in found.items()
    }
