"""Whether results are of these parameters and of one run, by what ``dvc.lock`` says: `dvc repro` sees to that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.repository import RepositoryError, dvc
from pipeline.repository.digests import md5, md5_of_folder
from pipeline.results.figures import PARAMETERS
from pipeline.results.fingerprint import Result
from responsible.governance.answers import FILE
from responsible.names import with_adopted
from responsible.validation import InputError

Stages = Mapping[str, Mapping[str, Any]]  # name → entry of dvc.lock
_REMEDY = "run `dvc repro`, then record"
COMPARED_BY_KEY = (PARAMETERS, FILE)


def locked(root: str | Path) -> Stages:
    """The entries in ``dvc.lock`` of the stages of ``dvc.yaml`` that make results; none without a ``dvc.yaml``.

    Raises:
        InputError: ``dvc.lock`` is missing, unreadable, or has not all that ``dvc.yaml`` declares: then nothing says of
            which parameters the results are.
    """
    folder = Path(root)
    if not (folder / dvc.PIPELINE).is_file():
        return {}
    try:
        dvc.refuse_incomplete(folder)
        named, entries = dvc.stages(folder, dvc.PIPELINE), dvc.stages(folder)
    except RepositoryError as error:
        raise InputError(str(error)) from None
    return {name: entry for name, entry in entries.items() if name.split("@")[0] in named and entry.get("outs")}


def refuse_stale(root: str | Path, params: Mapping[str, Any], stages: Stages, but: Sequence[str] = ()) -> None:
    """Raise when the figures are not what ``dvc.lock`` says they are, or are of other parameters than these.

    ``stages`` as in :func:`locked`; where they are empty, DVC did not make the results and nothing is known of them.
    ``but`` are keys of parameters that the figures do not depend on.
    """
    for stage, entry in stages.items():
        for key, value in with_adopted(entry.get("params", {}).get(PARAMETERS, {})).items():
            if key not in but and _at(with_adopted(params), key) != value:
                raise InputError(f"{PARAMETERS}: {key} changed since {stage} ran; run `dvc repro`, then judge")
        for out in entry.get("outs", ()):
            if out["path"].startswith(("metrics/", "plots/")) and out["path"].endswith((".json", ".csv")):
                _refuse_edited(Path(root), out)


def refuse_moved(root: str | Path, stages: Stages, digest: Callable[[Path], str] | None = None) -> None:
    """Raise when code, a template or a table is another one than its stage read, or its command is another one: what
    ``dvc status dvc.yaml`` would say. Parameters and answers are compared by key, and tables that DVC keeps elsewhere
    are not looked at. ``digest`` of a file or folder may remember what it read: tables are large.
    """
    folder, known = Path(root), digest or (lambda path: content(path, ignored(folder)))
    declared = dvc.stages(folder, dvc.PIPELINE) if stages else {}
    read: dict[str, dict[str, str]] = {}  # path → digest → the first stage that read this
    for stage, entry in stages.items():
        if "@" not in stage and declared[stage].get("cmd") != entry.get("cmd"):
            raise InputError(f"{dvc.PIPELINE}: the command of {stage} changed since it ran; run `dvc repro`")
        for dep in entry.get("deps", ()):
            if dep["path"] not in COMPARED_BY_KEY and "://" not in dep["path"]:
                read.setdefault(dep["path"], {}).setdefault(dep.get("md5", ""), stage)
    for name in sorted(read, key=len, reverse=True):  # the narrowest place is named
        path = folder / name
        now = known(path) if path.exists() else ""
        if moved := [stage for digest, stage in read[name].items() if digest != now and (now or not _is_data(name))]:
            raise InputError(f"{name}: changed since {moved[0]} read it; run `dvc repro`")


def _is_data(name: str) -> bool:
    return name.startswith("data/")


def content(path: Path, ignored: Sequence[str]) -> str:
    """The digest of a file or folder, as ``dvc.lock`` has it."""
    return md5_of_folder(path, ignored) if path.is_dir() else md5(path)


def ignored(root: Path) -> list[str]:
    """The names in ``.dvcignore``, which DVC does not look at."""
    file = root / ".dvcignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#")]


def refuse_mixed(result: Result, stages: Stages) -> None:
    """Raise when files, parameters and stages are not of one and the same run, by what ``dvc.lock`` says of them."""
    refuse_stale(result.folder, result.params, stages)
    made = {out["path"]: out.get("md5") for stage in stages.values() for out in stage.get("outs", ())}
    for name, stage in stages.items():
        for dep in stage.get("deps", ()):
            if dep["path"] in made and dep.get("md5") != made[dep["path"]]:
                raise InputError(f"{dep['path']}: changed since {name} read it ({dvc.LOCK}); {_REMEDY}")
    wanted = {*result.recorded, *result.models.values()}
    for path in sorted(path for path in made if {path, path.partition("/")[0]} & wanted):
        content = (result.folder / path).read_bytes() if (result.folder / path).is_file() else b""
        if md5(content) != made[path]:
            raise InputError(f"{path}: is not what its stage wrote ({dvc.LOCK}); {_REMEDY}")


def _refuse_edited(root: Path, out: Mapping[str, str]) -> None:
    file = root / out["path"]
    if not file.is_file():
        raise InputError(f"{out['path']}: no such file; run `dvc repro` to build it")
    if md5(file) != out["md5"]:
        raise InputError(f"{out['path']}: is not what its stage wrote ({dvc.LOCK}); run `dvc repro` to build it again")


def _at(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
