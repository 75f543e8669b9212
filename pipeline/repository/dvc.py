"""DVC as a subprocess of this interpreter, and the one reading of ``dvc.lock`` and ``dvc.yaml``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.repository import RepositoryError

DVC = (sys.executable, "-m", "dvc")
LOCK, PIPELINE = "dvc.lock", "dvc.yaml"
# Plain scalars as YAML 1.2 reads them, which is what DVC writes: 1e-05 is a number, and `on` is a text. (PyYAML's own
# rules are those of YAML 1.1.) Tag → pattern, first characters.
_FLOAT = r"""
    [-+]? (?: [0-9]+ \. [0-9]* | \. [0-9]+ ) (?: [eE] [-+]? [0-9]+ )?
    | [-+]? [0-9]+ [eE] [-+]? [0-9]+ | [-+]? \. (?: inf | Inf | INF ) | \. (?: nan | NaN | NAN )
"""
_SCALARS = {
    "null": (r"~ | null | Null | NULL |", ["~", "n", "N", ""]),
    "bool": (r"true | True | TRUE | false | False | FALSE", list("tTfF")),
    "int": (r"[-+]? (?: 0 | [1-9] [0-9]* ) | 0x [0-9a-fA-F]+", list("-+0123456789")),
    "float": (_FLOAT, list("-+.0123456789")),
    "timestamp": (r"[0-9]{4} - [0-9]{2} - [0-9]{2}", list("0123456789")),
}


class Output(NamedTuple):
    """An output that a ``dvc.lock`` promises: its stage, its path in the repository and the MD5 of its content."""

    stage: str
    path: str
    md5: str


def environment() -> dict[str, str]:
    """This process's environment with this interpreter's folder first on PATH, so that no activation is needed.

    Output is unbuffered: a reader at the other end of a pipe sees each line when it is written.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def run(folder: Path, *arguments: str) -> bytes:
    """What a DVC command prints.

    Raises:
        RepositoryError: the command fails; with what DVC says of it.
    """
    ran = subprocess.run([*DVC, *arguments], cwd=folder, env=environment(), check=False, capture_output=True)
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip()
        raise RepositoryError(f"dvc {' '.join(arguments[:2])} failed in {folder}: {said}")
    return ran.stdout


@cache
def cache_folder(root: Path) -> Path:
    """Where DVC keeps contents for the repository ``root``."""
    return Path(run(root, "cache", "dir").decode().strip())


def cached(folder: Path, md5: str) -> Path:
    """Where a content with this digest lies in a cache folder, if it is there."""
    return folder / "files" / "md5" / md5[:2] / md5[2:]


def read(file: Path) -> Mapping[str, Any]:
    """The mapping in ``dvc.lock`` or ``dvc.yaml``. Callers share it, so they change nothing in it.

    Raises:
        RepositoryError: there is no such file, or it is no YAML mapping.
    """
    import yaml

    try:
        tree = _parsed(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RepositoryError(f"{file.name}: no such file; run `dvc repro` to make it") from None
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise RepositoryError(f"{file.name}: not readable as YAML ({said}); restore it from git") from None
    if not isinstance(tree, Mapping):
        raise RepositoryError(f"{file.name}: holds no stages; restore it from git, or run `dvc repro`")
    return tree


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """A build asks for the same file several times, and DVC's own parser takes ten times as long."""
    import yaml

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own attribute

    for tag, (pattern, first) in _SCALARS.items():
        whole = re.compile(rf"(?:{pattern})\Z", re.VERBOSE)
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", whole, first)
    return yaml.load(text, Loader)  # noqa: S506 - a safe one


def stages(root: Path, name: str = LOCK) -> Mapping[str, Mapping[str, Any]]:
    """Stage → entry of ``dvc.lock`` in ``root``, or of the ``dvc.yaml`` there."""
    found = read(root / name).get("stages")
    if not isinstance(found, Mapping) or not all(isinstance(entry, Mapping) for entry in found.values()):
        raise RepositoryError(f"{name}: holds no stages; restore it from git, or run `dvc repro`")
    return found


def outputs(root: Path) -> list[Output]:
    """Every output with a content that ``dvc.lock`` in ``root`` promises, in its order."""
    listed = [(name, out) for name, stage in stages(root).items() for out in stage.get("outs") or ()]
    return [Output(name, out["path"], out["md5"]) for name, out in listed if "md5" in out]


def declared_outputs(root: Path) -> set[str]:
    """The path of every output that ``dvc.yaml`` in ``root`` declares, those that are templates left out."""
    return {path for entry in stages(root, PIPELINE).values() for path in _paths(entry)}


def refuse_incomplete(root: Path) -> None:
    """Raise when ``dvc.lock`` lacks a stage of ``dvc.yaml``, one of its outputs, or the digest of one.

    Outputs whose path is a template, and those of a stage in another folder (``wdir``), are not looked for.
    """
    entries = stages(root)
    for stage, declared in stages(root, PIPELINE).items():
        wanted = set() if "wdir" in declared else _paths(declared)
        known = {name: entry for name, entry in entries.items() if name.split("@")[0] == stage}
        if wanted and not known:
            raise RepositoryError(f"{LOCK}: has no stage {stage}; run `dvc repro` to build it")
        for name, entry in known.items():
            digests = {out.get("path"): out.get("md5") for out in entry.get("outs") or ()}
            if missing := sorted(wanted - digests.keys()):
                raise RepositoryError(f"{LOCK}: {name} has no output {missing[0]}; run `dvc repro` to build it")
            if bare := sorted(str(path) for path, digest in digests.items() if not digest):
                raise RepositoryError(f"{LOCK}: {name} has no digest of {bare[0]}; run `dvc repro` to build it")


def _paths(declared: Mapping[str, Any]) -> set[str]:
    """The outputs of an entry of ``dvc.yaml``, whose lists hold paths or mappings from one path to its options."""
    listed = [out for kind in ("outs", "metrics", "plots") for out in declared.get(kind) or ()]
    paths = (out if isinstance(out, str) else str(next(iter(out))) for out in listed)
    return {path for path in paths if "${" not in path}
