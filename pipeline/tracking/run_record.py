"""What a run of the audit trail says: name, parameters, metrics, tags, with names that MLflow accepts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.reporting.formatting import judgement_verdict
from pipeline.repository.digests import sha256
from pipeline.repository.git import changes, commit, redacted
from pipeline.results.catalogue import PREPARED
from pipeline.results.figures import PARAMETERS
from pipeline.results.fingerprint import Result
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage.files import read_json
from pipeline.tracking.changed_parameters import Changes, changed, flat, listed, named, text
from pipeline.tracking.run_figures import Figures, Headline
from pipeline.tracking.store import FINGERPRINT
from responsible.governance.answer import Answer
from responsible.governance.policy import Judgement
from responsible.names import judged_of
from responsible.validation import InputError

LONGEST_NAME, LONGEST_VALUE, LONGEST_TAG = 250, 6000, 5000  # what MLflow takes; tags as older servers take them


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


class Record:
    """What a run of one result says; each property is a mapping from names to values, ready to be logged."""

    def __init__(self, result: Result) -> None:
        self._result = result

    @cached_property
    def params(self) -> dict[str, str]:
        """Every parameter by its dotted key, lists as JSON, null as ``null``."""
        leaves = flat(self._result.params)
        return {name(key): short(redacted(text(value)), LONGEST_VALUE) for key, value in leaves}

    @cached_property
    def _leaves(self) -> dict[str, Any]:
        files = (file for file in self._result.files if file.startswith("metrics/") and file.endswith(".json"))
        return {key: value for file in files for key, value in flat(read_json(self._result.folder / file))}

    @cached_property
    def figures(self) -> Figures:
        """All that lie in ``metrics``."""
        return Figures(self._result.folder, self._leaves, judged_of(self._result.params))

    @cached_property
    def metrics(self) -> dict[str, Headline]:
        """The figures that lead, by the names MLflow takes."""
        rules = [] if isinstance(self._judged, InputError) else [j.rule for j in self._judged]
        return {name(path): figure for path, figure in self.figures.headline(rules).items()}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Table of people → digest of its rows, as the stage that read them wrote it down."""
        at = {table: f"{Path(file).stem}.digest" for table, file in PREPARED.items()}
        return {table: self._leaves[key] for table, key in at.items() if key in self._leaves}

    @cached_property
    def title(self) -> str:
        """What differs from the commit, otherwise the experiment's name or the commit; and what the policy says.

        A star marks code or data that no commit has.
        """
        experiment, at = os.environ.get("DVC_EXP_NAME", ""), commit(self._result.folder)[:7]
        what = named(self._changes, dict(flat(self._result.params))) or experiment or (f"commit {at}" if at else "")
        edited = "*" if {*self._edited} - {PARAMETERS} and not experiment else ""
        return short(redacted(f"{what or 'no commit'}{edited} · {self._verdict[1]}"), LONGEST_NAME)

    @cached_property
    def _changes(self) -> Changes:
        return changed(self._result.folder, self._result.params)

    @cached_property
    def _edited(self) -> list[str]:
        return changes(self._result.folder)

    @cached_property
    def tags(self) -> dict[str, str]:
        """Where the result comes from, and what the policy says of it."""
        texts = {path: value for path, value in self._leaves.items() if isinstance(value, str)}
        found = {
            FINGERPRINT: self._result.fingerprint,
            **{f"digest.{part}": digest or "none" for part, digest in self._result.digests.items()},
            "git.commit": commit(self._result.folder) or "none",
            "git.dirty": str(bool(self._edited)).lower(),
            "git.changed": ", ".join(self._edited),
            "dvc.exp_name": os.environ.get("DVC_EXP_NAME", ""),
            "dvc.exp_baseline_rev": os.environ.get("DVC_EXP_BASELINE_REV", ""),
            "mlflow.source.name": "stages/track.py",
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": commit(self._result.folder),
            "changed": listed(self._changes),
            "verdict": self._verdict[0],
            **self.policy,
            **texts,
        }
        return {name(key): short(redacted(value), LONGEST_TAG) for key, value in found.items() if value}

    @cached_property
    def policy(self) -> dict[str, str]:
        """The headline and the verdict on each rule; a policy that cannot be judged is recorded as that."""
        if isinstance(self._judged, InputError):
            return {"policy": f"cannot be judged: {self._judged}"}
        each = {f"policy.{j.name}": judgement_verdict(j) for j in self._judged}
        return {"policy": Answer(tuple(self._judged)).headline, **each}

    @cached_property
    def _judged(self) -> Sequence[Judgement] | InputError:
        try:
            return verdicts(self._result.folder)
        except InputError as error:
            return error

    @cached_property
    def _verdict(self) -> tuple[str, str]:
        """The policy's answer, for a column and for a name."""
        if isinstance(self._judged, InputError):
            return "Cannot be judged", "policy cannot be judged"
        answer = Answer(tuple(self._judged))
        failing = len(answer.blocking)
        of_name = {"meets": "meets the policy", "undecided": "cannot be decided yet"}
        return answer.says, of_name.get(answer.word) or f"fails {failing} rule{'' if failing == 1 else 's'}"
