"""What a run of the audit trail says: parameters, metrics, tags, as plain mappings with names that MLflow accepts."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.reporting.formatting import judgement_verdict
from pipeline.repository.digests import sha256
from pipeline.repository.git import changes, commit, redacted
from pipeline.results.catalogue import PREPARED
from pipeline.results.figures import collect
from pipeline.results.fingerprint import Result
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage.files import DECIMALS, read_json
from pipeline.storage.line_contents import present
from pipeline.tracking.store import FINGERPRINT
from responsible import words
from responsible.governance.answer import headline
from responsible.governance.evidence import WHOLE, Evidence
from responsible.validation import InputError

LONGEST_NAME, LONGEST_VALUE, LONGEST_TAG = 250, 6000, 5000  # what MLflow takes; tags as older servers take them
_PAIRS = (
    (re.compile(r"(.+\.)baseline(\..+)"), r"\1reweighed\2", r"\1change\2"),
    (re.compile(r"train_baseline\.(\w+)"), r"reweigh.\1", r"performance_change.\1"),
)


def name(text: str) -> str:
    """``text`` as a name of a metric, parameter or tag; distinct texts have distinct names.

    Letters, digits and ``_ . -`` and blanks stay; every other character becomes ``_xHEX_`` with its code point, and so
    does an underscore before an x. What would be too long ends in a hash instead.
    """
    safe = re.sub(r"_(?=x)|^[. ]|[. ]$|[^\w.\- ]", lambda found: f"_x{ord(found[0]):x}_", text)
    if len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[: LONGEST_NAME - 33]}.{sha256(text)[:32]}"


def short(text: str, longest: int) -> str:
    """``text``, or its beginning and the hash of the whole."""
    if len(text) <= longest:
        return text
    end = f"… sha256:{sha256(text)}"
    return text[: longest - len(end)] + end


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested mappings with its keys joined by dots; a list is a leaf."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


class Record:
    """What a run of one result says; each property is a mapping from names to values, ready to be logged."""

    def __init__(self, result: Result) -> None:
        self._result = result

    @cached_property
    def params(self) -> dict[str, str]:
        """Every parameter by its dotted key, lists as JSON, null as ``null``."""
        leaves = flat(self._result.params)
        return {name(key): short(redacted(_text(value)), LONGEST_VALUE) for key, value in leaves}

    @cached_property
    def _leaves(self) -> dict[str, Any]:
        files = (file for file in self._result.files if file.startswith("metrics/") and file.endswith(".json"))
        return {key: value for file in files for key, value in flat(read_json(self._result.folder / file))}

    @cached_property
    def _evidence(self) -> dict[str, Evidence]:
        """The headline figures and, where both models have one, reweighed minus baseline; each with its interval."""
        tables = {path: levels[WHOLE] for path, levels in collect(self._result.folder).items() if WHOLE in levels}
        found = {
            path: _with_value(value, tables.get(path))
            for path, value in self._leaves.items()
            if value is None or isinstance(value, int | float)
        }
        for path, (first, second) in dict(_pairs(found)).items():
            found[path] = tables.get(path) or _difference(first, second)
        return found

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Headline figures under their paths, ends of intervals as ``.low`` and ``.high``; what is undefined is not."""
        found: dict[str, float] = {}
        for path, evidence in self._evidence.items():
            parts = {"": evidence.value, ".low": evidence.low, ".high": evidence.high}
            found |= {name(path + end): value for end, value in parts.items() if math.isfinite(value)}
        return found

    @cached_property
    def undefined(self) -> dict[str, str]:
        """Every figure that has no value, and why."""
        return {path: e.reason or "undefined" for path, e in self._evidence.items() if not math.isfinite(e.value)}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Table of people → digest of its rows, as the stage that read them wrote it down."""
        at = {table: f"{Path(file).stem}.digest" for table, file in PREPARED.items()}
        return {table: self._leaves[key] for table, key in at.items() if key in self._leaves}

    @cached_property
    def title(self) -> str:
        """A name that reads well in a list: the label threshold or the lines of work, the experiment or the commit."""
        where = os.environ.get("DVC_EXP_NAME") or commit(self._result.folder)[:7] or "no commit"
        edited = "*" if self._changed and not os.environ.get("DVC_EXP_NAME") else ""
        params = self._result.params
        target = params.get("budget", {}).get("target", {})
        what = ", ".join(present(params))
        if "threshold" in params:
            what = f"threshold {_text(params['threshold'])}"
            if target.get("favourable"):
                what = words.read(params.get("words")).meaning(
                    target["column"], target["favourable"], params["threshold"]
                )
        return f"{what} · {where}{edited}"

    @cached_property
    def _changed(self) -> list[str]:
        return changes(self._result.folder)

    @cached_property
    def tags(self) -> dict[str, str]:
        """Where the result comes from, and what the policy says of it."""
        texts = {path: value for path, value in self._leaves.items() if isinstance(value, str)}
        found = {
            FINGERPRINT: self._result.fingerprint,
            **{f"digest.{part}": digest or "none" for part, digest in self._result.digests.items()},
            "git.commit": commit(self._result.folder) or "none",
            "git.dirty": str(bool(self._changed)).lower(),
            "git.changed": ", ".join(self._changed),
            "dvc.exp_name": os.environ.get("DVC_EXP_NAME", ""),
            "dvc.exp_baseline_rev": os.environ.get("DVC_EXP_BASELINE_REV", ""),
            "undefined": json.dumps(self.undefined, sort_keys=True) if self.undefined else "none",
            "mlflow.source.name": "stages/track.py",
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": commit(self._result.folder),
            "mlflow.note.content": f"Policy {self.policy['policy']}",
            **self.policy,
            **texts,
        }
        return {name(key): short(redacted(value), LONGEST_TAG) for key, value in found.items() if value}

    @cached_property
    def policy(self) -> dict[str, str]:
        """The headline and the verdict on each rule; a policy that cannot be judged is recorded as that."""
        try:
            judged = verdicts(self._result.folder)
        except InputError as error:
            return {"policy": f"cannot be judged: {error}"}
        return {"policy": headline(judged), **{f"policy.{j.name}": judgement_verdict(j) for j in judged}}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _with_value(value: float | None, table: Evidence | None) -> Evidence:
    """The figure as the metrics file has it, with the interval and the reason of the table that has them."""
    beside = table or Evidence(math.nan)
    return replace(beside, value=math.nan if value is None else float(value))


def _pairs(found: Mapping[str, Evidence]) -> Iterator[tuple[str, tuple[Evidence, Evidence]]]:
    for path, evidence in found.items():
        for pattern, other, change in _PAIRS:
            if (matched := pattern.fullmatch(path)) and (second := found.get(matched.expand(other))):
                if evidence.level or second.level:
                    continue  # each is of the level that lies farthest, and these may be two
                yield matched.expand(change), (evidence, second)


def _difference(first: Evidence, second: Evidence) -> Evidence:
    """Of two values as written, for a figure without an interval of its change."""
    return Evidence(round(second.value - first.value, DECIMALS), reason=first.reason or second.reason)
