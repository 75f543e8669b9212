"""Whether the results that lie together were made together: what `dvc repro` sees to, for a stage started by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.results.figures import LOCK, refuse_stale
from pipeline.results.fingerprint import Result
from responsible.validation import InputError

_REMEDY = "run `dvc repro`, then record"


def refuse_mixed(result: Result, lock: Mapping[str, Any]) -> None:
    """Raise when files, parameters and stages are not of one and the same run, by what ``dvc.lock`` says of them."""
    refuse_stale(result.folder, result.params, lock)
    stages = lock["stages"]
    made = {out["path"]: out.get("md5") for stage in stages.values() for out in stage.get("outs", ())}
    for name, stage in stages.items():
        for dep in stage.get("deps", ()):
            if dep["path"] in made and dep.get("md5") != made[dep["path"]]:
                raise InputError(f"{dep['path']}: changed since {name} read it ({LOCK}); {_REMEDY}")
    for path in {*result.files, *result.models.values()} & made.keys():
        content = (result.folder / path).read_bytes() if (result.folder / path).is_file() else b""
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != made[path]:
            raise InputError(f"{path}: is not what its stage wrote ({LOCK}); {_REMEDY}")
