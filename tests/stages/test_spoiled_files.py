"""No stage trusts a file that lies before it: a spoiled one is refused with file, cause and remedy."""

import errno
import io
import shutil
import zipfile
from contextlib import redirect_stderr
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import entry
from pipeline.storage import files, parameters
from tests.support import contract
from tests.support.contract import ROOT, STAGES

RESULTS = ("data", "metrics", "plots", "docs")
FEW = 8  # inputs up to which every corruption is tried on each; of more, each has one of them in turn
SUFFIXES = (".json", ".csv", ".parquet", ".skops", ".svg", ".md", ".html")


def _archive():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("schema.json", "{}")
    return held.getvalue()


def _table():
    held = io.BytesIO()
    pq.write_table(pa.table({"other": [1, 2]}), held)
    return held.getvalue()


FOREIGN = {
    ".json": b'{"other": 1}\n',
    ".csv": b"other,table\n1,2\n",
    ".parquet": _table(),
    ".skops": _archive(),
    ".svg": b"GIF89a",
}


def _cut(content):
    """The file up to the middle of a line, as a full disk leaves it."""
    end = len(content) * 2 // 3
    return content[:end].rstrip(b"\n")


SPOILED = {
    "empty": lambda _path: b"",
    "cut": lambda path: _cut(path.read_bytes()),
    "foreign": lambda path: FOREIGN.get(path.suffix, b"other\n"),
    "binary": lambda _path: b"\xff\x00\xfe" * 400,
    "folder": lambda _path: None,
}


def inputs(stage):
    """The files that a stage depends on besides code, environment, parameters and templates."""
    params = parameters.read_yaml(ROOT / "params.yaml")
    sources = {f"${{{name}.source}}": params[name]["source"] for name in ("budget", "healthcare", "segments")}
    deps = [sources.get(dep, dep) for dep in contract.entries(stage, "deps")]
    apart = {*contract.code(stage), "determinism.env", "requirements.txt", "data/prepared/parameters.ok"}
    own = [dep for dep in deps if dep not in apart and "templates" not in dep and dep.endswith(SUFFIXES)]
    return [dep for dep in own if dep != "params.yaml"]


CASES = [
    (stage, file, kind)
    for stage in STAGES
    for number, file in enumerate(inputs(stage))
    for place, kind in enumerate(SPOILED)
    if len(inputs(stage)) <= FEW or place == number % len(SPOILED)
]
DEEP = b"seed: " + b"[" * 3_000 + b"]" * 3_000
PARAMETERS = {
    "empty": (b"", "must be a mapping of sections, got NoneType"),
    "foreign": (b"other: 1\n", "version is missing"),
    "binary": (b"\xff\x00\xfe" * 400, "not readable as UTF-8"),
    "not YAML": (b"seed: {a: 1", "not readable as YAML"),
    "no date": (b"version: 2\nseed: 2026-13-45\n", "not readable as YAML"),
    "deep": (DEEP, "nested too deeply"),
    "folder": (None, "is a folder, not a file"),
}


@pytest.fixture(scope="module")
def workspace(built, tmp_path_factory):
    """The results of the small repository, for one module's own use."""
    root = tmp_path_factory.mktemp("spoiled")
    for name in RESULTS:
        shutil.copytree(Path(built.root, name), root / name)
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", "determinism.env", "requirements.txt"):
        shutil.copy(Path(built.root, name), root / name)
    for side in ("monitor", "alternatives"):  # which sections of the parameters need
        (root / side).mkdir(exist_ok=True)
        shutil.copy(ROOT / side / "dvc.yaml", root / side)
    return root


@pytest.fixture
def folder(workspace, monkeypatch):
    """The same as working folder, with the audit trail on, of which nothing is written."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("AUDIT_TRAIL", "on")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workspace}/no/store.db")
    return workspace


def state(root):
    """Every file with its time and size, so that one that is written again shows."""
    return {p: (s.st_mtime_ns, s.st_size) for p in root.rglob("*") if (s := p.stat()) and p.is_file()}


def refused(main):
    """What ends a script with exit code 1: a line, or a line for each column of a table that is missing."""
    with pytest.raises(SystemExit) as ended, redirect_stderr(io.StringIO()) as said:
        entry.run(main)
    assert ended.value.code == 1
    lines = said.getvalue().splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return lines


def spoil(path, content):
    """Put the bytes, or for None a folder, in the place of a file; what undoes it."""
    aside = path.with_name("aside")
    path.rename(aside)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    def restore():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        aside.rename(path)

    return restore


def held(folder, path, content, main):
    """What a script says of a spoiled file, when no file changes by it."""
    restore = spoil(path, content)
    try:
        before = state(folder)
        lines = refused(main)
        assert state(folder) == before
    finally:
        restore()
    return lines


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize(("stage", "file", "kind"), CASES, ids=lambda value: str(value).rpartition("/")[2])
def test_a_spoiled_input_is_refused_and_no_output_changes(folder, stage, file, kind):
    """The line names the file and what helps; there is no traceback, no output and no half file."""
    lines = held(folder, folder / file, SPOILED[kind](folder / file), contract.module(stage).main)
    for line in lines:
        assert line.startswith(f"error: {file}") or file in line
        assert "; " in line
    assert len(lines) == 1 or kind == "foreign"


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "kind"),
    [(s, k) for s in STAGES for k in PARAMETERS if s != "track" and (k != "deep" or s == "check_parameters")],
)
def test_spoiled_parameters_are_one_line_in_every_stage(folder, stage, kind):
    """A parameter file that is none is refused with its cause by whichever stage reads it first."""
    content, cause = PARAMETERS[kind]
    (line,) = held(folder, folder / "params.yaml", content, contract.module(stage).main)
    assert line.startswith("error: params.yaml: ")
    assert cause in line


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize("stage", ["check_parameters", "prepare", "train_baseline", "risk_register", "model_card"])
def test_a_full_disk_is_one_line_and_no_output_changes(folder, stage, monkeypatch):
    """The first file that cannot be written ends the stage; the earlier result is there, and no half file."""
    real = Path.write_bytes

    def full(path, content):
        real(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    before = state(folder)
    monkeypatch.setattr(Path, "write_bytes", full)
    (line,) = refused(contract.module(stage).main)
    assert "cannot be written: No space left on device; free some space on the disk" in line
    assert state(folder) == before


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "x.csv"),
            "error: x.csv: Permission denied; check the perm",
        ),
        (OSError(errno.EMFILE, "Too many open files", "x.csv"), "error: x.csv: Too many open files; raise the limit"),
        (OSError("odd"), "error: a file: odd; check the path"),
        (MemoryError(), "error: not enough memory for this table; close other programs"),
        (RecursionError("maximum recursion depth exceeded"), "error: an input is nested too deeply"),
    ],
)
def test_what_the_system_refuses_is_one_line(fault, message):
    """Files, memory and depth end a script with a line and exit code 1; nothing of it is about quotes."""

    def main():
        raise fault

    (line,) = refused(main)
    assert line.startswith(message)
    assert "quotes" not in line


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENOTDIR])
def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch, number):
    """A full disk, a read-only file system, a folder without rights: the old file stays, and nothing beside it."""
    files.write_text(tmp_path / "m.json", "old")

    def refuse(*_):
        raise OSError(number, "refused")

    monkeypatch.setattr(files.os, "replace", refuse)
    (line,) = refused(lambda: files.write_text(tmp_path / "m.json", "new"))
    assert line.startswith(f"error: {tmp_path / 'm.json'}: cannot be written: refused; ")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("m.json", "old")]


def test_a_file_in_the_place_of_a_folder(tmp_path):
    """Where a file lies in the way of the folder of an output, its path and the cause are named."""
    (tmp_path / "metrics").write_text("")
    (line,) = refused(lambda: files.write_text(tmp_path / "metrics/m.json", "new"))
    assert line.startswith(f"error: {tmp_path / 'metrics/m.json'}: cannot be written: ")
