"""Fitted models on disk: skops archives that load without executing code, the same bytes for the same model."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.storage.files import write_bytes
from pipeline.storage.text import AGAIN
from responsible.validation import InputError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

# Types a model file may hold beyond scikit-learn's own: data types of arrays, which cannot run anything. The list is
# ours: one read from the model's own file would trust whatever the file asks for.
TRUSTED = ["numpy.dtype"]
# What skops raises on a file that is cut or another archive, whose schema it trusts to be one of its own.
_FOREIGN = (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, TypeError, AttributeError, EOFError)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_model(path: str | Path, model: Pipeline) -> None:
    """Write the model as a skops archive whose bytes depend on the model alone."""
    import skops.io

    write_bytes(path, _stable(skops.io.dumps(model)))


def read_model(path: str | Path) -> Pipeline:
    """Load a model; a file that holds any type off the allow-list is refused before anything of it is built."""
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

    try:
        return skops.io.load(path, trusted=TRUSTED)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `dvc repro` or `dvc pull` to get it") from None
    except UntrustedTypesFoundException as error:
        raise InputError(f"{path}: refused, {error}; only load models that this pipeline wrote") from None
    except (*_FOREIGN, UnsupportedTypeException) as error:
        fault = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not readable as a model: {fault}; {AGAIN}") from None


def _stable(archive: bytes) -> bytes:
    """The archive with object ids numbered in first-seen order, members sorted, and a fixed date.

    skops names members after memory addresses and stamps them with the time, so two dumps of one model differ.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    numbers: dict[str, int] = {}
    schema = _renumber(json.loads(members.pop("schema.json")), numbers)
    renamed = {_member(name, numbers): content for name, content in members.items()}
    renamed["schema.json"] = json.dumps(schema, sort_keys=True).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(renamed):
            target.writestr(zipfile.ZipInfo(name, _EPOCH), renamed[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _renumber(node: Any, numbers: dict[str, int]) -> Any:
    if isinstance(node, list):
        return [_renumber(part, numbers) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _renamed(key, value, numbers) for key, value in sorted(node.items())}


def _renamed(key: str, value: Any, numbers: dict[str, int]) -> Any:
    if key == "__id__":
        return numbers.setdefault(str(value), len(numbers))
    if key == "file" and isinstance(value, str):
        return _member(value, numbers)
    return _renumber(value, numbers)


def _member(name: str, numbers: dict[str, int]) -> str:
    stem, dot, kind = name.partition(".")
    return f"{numbers.setdefault(stem, len(numbers))}{dot}{kind}" if stem.isdigit() else name
