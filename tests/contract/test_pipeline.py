"""The contract: dvc.yaml, params.yaml, the library's layers and the code say the same; then the whole runs."""

import ast
import itertools
import re
import statistics
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline import sections
from pipeline.results import catalogue
from pipeline.results.catalogue import PREPARED
from pipeline.storage import parameters
from pipeline.storage.line_contents import LINES, OF_BUDGET, PARTS
from stages.check_parameters import SHARED
from tests.support import contract
from tests.support.contract import PIPELINE, ROOT, STAGES
from tests.support.small import DVC, logged, ran

FORBIDDEN = {
    "pipeline",
    "stages",
    "commands",
    "tests",
    "yaml",
    "ruamel",
    "pathlib",
    "os",
    "io",
    "shutil",
    "matplotlib",
    "dvc",
    "mlflow",
    "sys",
}
CACHED = ("data/prepared/", "data/scores/", "data/models/")
ENVIRONMENT = {"determinism.env", "requirements.txt"}
# Depth of each folder, as docs/architecture.md lists them: a folder imports only from folders of smaller depth.
DEPTH = re.compile(r"^\| *(\d+) *\|([^|]*)\|", re.MULTILINE)
RESULT = re.compile(r"(metrics|plots|docs|docs/playbook)/\w+\.(json|csv|svg|md|html|cdx\.json)")
OF_THE_WHOLE_FILE = {"check_parameters", "model_card", "track"}
VALID = "data/prepared/parameters.ok"  # what says that the parameters are valid, for every other stage
LINES_OF_WORK = {"responsible/mitigation", "responsible/healthcare", "responsible/segmentation"}


def depths():
    """Folder, or module that lies in none, → depth, from the table in docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return {name: int(n) for n, names in DEPTH.findall(text) for name in re.findall(r"`([\w/]+)`", names)}


def test_every_stage_has_its_script():
    """A stage's command is `python -m stages.NAME` with its own name, and every script in stages/ is a stage."""
    assert {name: stage["cmd"] for name, stage in STAGES.items()} == {n: f"python -m stages.{n}" for n in STAGES}
    assert {path.stem for path in contract.modules("stages")} - {"__init__"} == set(contract.ALL)


@pytest.mark.parametrize("stage", contract.SIDE)
def test_the_side_pipeline_is_held_to_the_same(stage):
    """Its command, folders, keys and paths are those of its script, run at the root; its outputs are not cached."""
    own = contract.SIDE[stage]
    assert (own["cmd"], own["wdir"]) == (f"python -m stages.{stage}", "..")
    assert contract.code(stage) == contract.wanted(stage)
    assert sorted(own["params"]) == contract.loaded(stage)
    deps = {d for d in contract.entries(stage, "deps") if not d.startswith("${")}
    outs = contract.entries(stage, "outs")
    assert contract.default_paths(stage) == deps - {VALID, *contract.code(stage)} | set(outs)
    assert VALID in deps
    assert all(options == {"cache": False, "persist": True} for options in outs.values())
    assert "metrics" not in own
    assert "plots" not in own


def test_the_daily_pipeline_does_not_wait_for_the_side_one():
    """No stage of it depends on what lies beside it, so that `dvc repro` never runs that; a copy is what it reads."""
    outs = {path for name in contract.SIDE for path in contract.entries(name, "outs")}
    for name in STAGES:
        read = set(contract.entries(name, "deps"))
        assert not read & outs, name
        assert not [path for path in outs if any(path.startswith(f"{dep}/") for dep in read)], name
    copied = {"metrics", "metrics/monitor.json", "metrics/alternatives.json"}
    readers = {name for name in STAGES if copied & set(contract.entries(name, "deps"))}
    assert readers == {"risk_register", "model_card", "track"}


@pytest.mark.parametrize("stage", STAGES)
def test_code_deps_are_the_folders_of_the_import_closure(stage):
    """DVC does not follow imports: an unlisted folder leaves stale results, a superfluous one rebuilds for nothing."""
    assert contract.code(stage) == contract.wanted(stage)


@pytest.mark.parametrize("stage", contract.ALL)
def test_what_no_stage_lists_is_what_each_one_imports(stage):
    """The digests of shared code rerun every stage, so code that one of them does not import is not among them."""
    assert set(SHARED) <= set(contract.rooms(contract.closure(ROOT / "stages" / f"{stage}.py")))


@pytest.mark.parametrize("stage", STAGES)
def test_the_environment_is_a_dep(stage):
    """Another BLAS kernel or another numpy means another result, which DVC would otherwise call unchanged.

    Its digest is in what says that the parameters are valid, and every other stage depends on that.
    """
    named = ENVIRONMENT if stage == "check_parameters" else {VALID}
    assert set(contract.entries(stage, "deps")) & {*ENVIRONMENT, VALID} == named


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_keys_the_stage_loads(stage):
    """The keys in dvc.yaml are the fields of the stage's Parameters: no key without effect, none read unseen.

    The stages that check, print or record nearly all of the file have the file as a dep, and no list of its sections.
    """
    listed, of_file = STAGES[stage].get("params", []), "params.yaml" in contract.entries(stage, "deps")
    assert of_file == (stage in OF_THE_WHOLE_FILE)
    assert sorted(k for k in listed if isinstance(k, str)) == ([] if of_file else contract.loaded(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_paths_of_main_are_deps_and_outputs(stage):
    """Each path default of `main` is a dep, lies in one that is a folder, or is an output, and the other way round; the
    source comes from params.
    """
    deps = {d for d in contract.entries(stage, "deps") if not d.startswith("${")}
    deps -= {"params.yaml", VALID} | set(contract.code(stage))
    outs, paths = set(contract.entries(stage, "outs", "metrics", "plots")), contract.default_paths(stage)
    inside = {path for path in paths if {*map(str, Path(path).parents)} & deps}
    folders = {dep for dep in deps if any(path.startswith(f"{dep}/") for path in inside)}
    assert paths - inside == (deps | outs) - folders


def test_the_catalogue_lists_what_the_stages_write():
    """Each metrics file, table, picture and document of dvc.yaml stands in the catalogue once, and nothing else."""
    kinds = [catalogue.Metrics, catalogue.Tables, catalogue.Pictures, catalogue.Documents]
    listed = [str(name) for kind in kinds for name in kind]
    listed += [*catalogue.MODEL_FILES.values(), *catalogue.SCORES.values()]
    outs = [path for name in STAGES for path in contract.entries(name, "outs", "metrics", "plots")]
    assert sorted(listed) == sorted(path for path in outs if not path.startswith("data/prepared/"))


@pytest.mark.parametrize("package", ["pipeline", "commands"])
def test_readers_name_files_by_the_catalogue(package):
    """No module but the catalogue, and the list of what a line owns, spells the path of a result; docstrings may."""
    for path in contract.modules(package):
        if path.name not in ("catalogue.py", "line_contents.py"):
            spelled = {text for text in contract.texts(path) if RESULT.fullmatch(text)}
            assert spelled == set(), f"{path.relative_to(ROOT)} spells {spelled}"


@pytest.mark.parametrize(("line", "reader"), PREPARED.items())
def test_one_stage_reads_a_source(line, reader):
    """A table of people is a dep of one stage, templated, so that params.yaml alone points elsewhere."""
    source = f"${{{line}.source}}"
    assert [name for name in STAGES if source in contract.entries(name, "deps")] == [Path(reader).stem]


@pytest.mark.parametrize("stage", STAGES)
def test_what_git_tracks_is_not_cached_and_what_dvc_caches_is_not_in_git(stage):
    """What people read is a metric, plot or document outside the cache; what only stages read is an out in it."""
    for path, options in contract.entries(stage, "metrics", "plots").items():
        assert options.get("cache") is False, f"{path} needs cache: false"
        assert path.startswith(("metrics/", "plots/")), path
    for path, options in contract.entries(stage, "outs").items():
        # Only a document or a table too long to draw has cache: false here: it costs the stage its run-cache.
        assert path.startswith(("docs/", "plots/") if options.get("cache") is False else CACHED), path
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"/{folder}" for folder in CACHED} <= set(ignored)


@pytest.mark.parametrize("stage", STAGES)
def test_outputs_of_the_stages_that_refuse_input_survive_it(stage):
    """DVC deletes outputs before a run unless they persist; who checks parameters or reads a table refuses them."""
    options = contract.entries(stage, "outs", "metrics", "plots").values()
    refusing = {"check_parameters", *(Path(reader).stem for reader in PREPARED.values())}
    assert {entry.get("persist", False) for entry in options} <= {stage in refusing}


@pytest.mark.parametrize("stage", sorted(set(STAGES) - {"check_parameters"}))
def test_every_stage_waits_for_the_parameters_to_be_checked(stage):
    """A stage that did not would lose its results to a parameter that another one refuses."""
    assert VALID in contract.entries("check_parameters", "outs")
    assert VALID in contract.entries(stage, "deps")


def test_the_stage_that_checks_the_parameters_checks_all_of_them():
    """It knows every section of the file, so that none is refused only by the stage that reads it, and each line's."""
    own = {line: parameters.keys(sections.of(line).Sections) for line in LINES}
    listed = {name: set(line.sections) for name, line in LINES.items()}
    listed["budget"] |= {section for part in OF_BUDGET for section in PARTS[part].sections}
    assert {line: set(keys) for line, keys in own.items()} == listed
    shared = contract.loaded("check_parameters")
    assert sorted({*shared, *itertools.chain(*own.values())}) == sorted(parameters.SECTIONS)


def test_every_output_has_one_stage():
    """No file is written by two stages, and every declared picture and artifact is an output of one."""
    outputs = Counter(path for name in STAGES for path in contract.entries(name, "outs", "metrics", "plots"))
    assert [path for path, times in outputs.items() if times > 1] == []
    plotted = {
        path
        for plot in PIPELINE.get("plots", ())
        for name, options in (plot.items() if isinstance(plot, dict) else [(plot, None)])
        for path in (options["y"] if isinstance((options or {}).get("y"), dict) else [name])
    }
    artifacts = {artifact["path"] for artifact in PIPELINE.get("artifacts", {}).values()}
    assert plotted | artifacts <= set(outputs)


def test_the_sections_of_the_parameter_file_are_those_that_stages_load():
    """A key of params.yaml that no stage loads is a misspelling, and the loader knows exactly the loaded ones."""
    loaded = {key.split(".")[0] for name in STAGES for key in contract.loaded(name)}
    loaded |= {key for line in LINES for key in parameters.keys(sections.of(line).Sections)}
    assert set(parameters.SECTIONS) == loaded
    assert set(parameters.read_yaml(ROOT / "params.yaml")) == loaded | {"version"}


def test_the_parameter_file_is_in_the_form_that_dvc_writes(tmp_path):
    """DVC's own update to the value that is there changes no byte; so none is lost when an experiment changes one."""
    text = (ROOT / "params.yaml").read_bytes()
    (tmp_path / "params.yaml").write_bytes(text)
    apply_overrides(tmp_path / "params.yaml", [f"seed={parameters.section(ROOT / 'params.yaml', 'seed', int)}"])
    assert (tmp_path / "params.yaml").read_bytes() == text


def test_every_parameter_has_its_comment():
    """A line with a value, an empty one or one that opens a list says unit or reason."""
    lines = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()
    opens = re.compile(
        r"^( *)[^#\s-][^#]*:\s*(#.*)?$"
    )  # a section, which needs no comment, when the next line is deeper
    bare = []
    for line, following in itertools.pairwise([*lines, ""]):
        section = (found := opens.match(line)) and re.match(found[1] + r" +[^\s-]", following)
        if ":" in line and not line.lstrip().startswith(("#", "- ")) and not section and " # " not in line:
            bare.append(line)
    assert bare == []


def test_every_folder_has_its_depth_and_imports_from_smaller_ones():
    """Every folder stands in the table of docs/architecture.md and imports only from folders above it there."""
    depth = depths()
    sources = [path for package in contract.PACKAGES for path in contract.modules(package)]
    rooms = {path: contract.room(path.relative_to(ROOT).as_posix()) for path in sources}
    assert set(depth) == set(rooms.values()) - set(contract.PACKAGES) | {"stages", "commands", "dashboard"}
    for path, here in rooms.items():
        there = {contract.room(file) for file in contract.imports(path)} - {here} - set(contract.PACKAGES)
        deeper = sorted(other for other in there if here in depth and depth[other] >= depth[here])
        assert not deeper, f"{path.relative_to(ROOT)} (depth {depth[here]}) imports {deeper}"
        assert here not in LINES_OF_WORK or not there & LINES_OF_WORK, f"{path.relative_to(ROOT)} imports another line"


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("mlflow", "pipeline/tracking"),
        ("duckdb", "pipeline/ingest"),
        ("pyspark", "pipeline/ingest"),
        ("streamlit", "dashboard"),
    ],
)
def test_one_folder_imports_it(library, home):
    """The audit trail and the engine are each behind one door; the rest of the repository does not know them."""
    users = {
        contract.room(path.relative_to(ROOT).as_posix())
        for package in contract.PACKAGES
        for path in contract.modules(package)
        if library in {name.split(".")[0] for name in contract.imported(path)}
    }
    assert users == {home}


def test_folders_and_modules_are_small():
    """A folder has at most 12 modules, a module at most 200 lines, and each folder says what belongs there.

    Only ``stages`` and ``commands`` may have more: one for each stage of dvc.yaml, and for each command of ``make``.
    """
    sources = [path for package in contract.PACKAGES for path in contract.modules(package)]
    rooms = Counter(path.parent.relative_to(ROOT).as_posix() for path in sources if path.name != "__init__.py")
    assert {r: n for r, n in rooms.items() if n > 12 and r not in ("stages", "commands")} == {}
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in sources}
    assert {path: length for path, length in lengths.items() if length > 200} == {}
    for path in sources:
        assert path.name != "__init__.py" or ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize("package", ["commands", "dashboard"])
def test_nothing_imports_what_stands_at_the_end(package):
    """No library, stage or shared code imports a command or a page, so that the pipeline runs without either."""
    for path in (path for other in contract.PACKAGES if other != package for path in contract.modules(other)):
        assert package not in {name.split(".")[0] for name in contract.imported(path)}, path


@pytest.mark.parametrize("path", contract.modules("dashboard"), ids=lambda path: path.name)
def test_pages_are_short_and_compute_nothing(path):
    """A module of the dashboard has at most 150 lines and no arithmetic: figures come from the library."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    operators = {type(node.op).__name__ for node in ast.walk(ast.parse(text)) if isinstance(node, ast.BinOp)}
    assert operators <= {"Add", "BitOr"}  # of texts, lists and mappings


@pytest.mark.parametrize("path", contract.modules("responsible"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_library_is_pure(path):
    """It computes: no stage, no parameter file, no path, no picture, no tracker, no print and no open."""
    assert {name.split(".")[0] for name in contract.imported(path)} & FORBIDDEN == set()
    calls = {node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _named_call(node)}
    assert calls & {"print", "open", "eval", "exec", "input"} == set()


def _named_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_each_other(stage):
    """A stage imports the library and what stages share, and no other stage; nothing imports commands."""
    files = contract.closure(ROOT / "stages" / f"{stage}.py")
    assert {f for f in files if f.startswith(("stages/", "commands/"))} == {f"stages/{stage}.py", "stages/__init__.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_one_stage_imports_the_tracker(stage):
    """MLflow takes two seconds to import: one stage has it, on which nothing depends."""
    files = [ROOT / path for path in contract.closure(ROOT / "stages" / f"{stage}.py")]
    tracker = {name for file in files for name in contract.imported(file) if name.split(".")[0] == "mlflow"}
    assert bool(tracker) == (stage == "track")


@pytest.mark.parametrize("stage", ["check_parameters", "model_card", "prepare", "risk_register"])
def test_what_only_counts_waits_for_no_statistics(stage):
    """Scipy loads its parts when they are first asked for, so a stage that asks for none does not pay for them."""
    said = ran(ROOT, sys.executable, "-c", f"import sys, stages.{stage}; print(*sys.modules)").split()
    assert {"scipy.special", "scipy.optimize", "scipy.spatial", "scipy.stats", "sklearn"} & {*said} == set()
    assert ("pandas" in said) == (stage != "model_card")


def test_nothing_depends_on_the_audit_trail():
    """The stage has no output, and it depends on every figure, document and model that another one writes."""
    outs = {path for name in STAGES for path in contract.entries(name, "outs", "metrics", "plots")}
    assert contract.entries("track", "outs", "metrics", "plots") == {}
    deps = set(contract.entries("track", "deps"))
    wanted = {path for path in outs if path.startswith(("docs/", "data/models/"))}
    assert {path for path in wanted - deps if not {*map(str, Path(path).parents)} & deps} == set()
    assert {path.split("/")[0] for path in outs} - {"docs", "data"} == {"metrics", "plots"} <= deps


def test_functions_are_short():
    """No body is longer than 40 lines, and the median has 8 or fewer."""
    lengths = {
        f"{path.relative_to(ROOT)}:{name}": length
        for package in contract.PACKAGES
        for path in contract.modules(package)
        for name, length in contract.functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 40} == {}
    assert statistics.median(lengths.values()) <= 8


def test_every_test_says_what_it_shows():
    """Each test function has a sentence as docstring."""
    silent = [
        f"{path.name}:{node.name}"
        for path in contract.modules("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def outputs(root):
    """Path → content of everything the stages write."""
    found = {
        out["path"]
        for s in yaml.safe_load((root / "dvc.lock").read_text())["stages"].values()
        for out in s.get("outs", ())
    }
    return {path: (root / path).read_bytes() for path in found}


@pytest.mark.pipeline
@pytest.mark.slow
def test_the_pipeline_runs_end_to_end(built, tmp_path):
    """All stages run and write what they declare; again, nothing runs."""
    assert sorted(re.findall(r"Running stage '(.+)':", built.said)) == sorted(STAGES)
    root = built.copy(tmp_path / "fork")
    declared = {path for name in STAGES for path in contract.entries(name, "outs", "metrics", "plots")}
    assert declared == set(outputs(root))

    again = ran(root, *DVC, "repro")
    assert sorted(re.findall(r"Stage '(.+)' didn't change, skipping", again)) == sorted(STAGES)
    assert "Running stage" not in again


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.heavy
def test_a_forced_rebuild_gives_the_same_bytes_and_is_logged(built, tmp_path, monkeypatch):
    """Every stage runs once more on the same inputs: no output differs, git sees no change, the run is in the trail."""
    root = built.copy(tmp_path / "fork")
    before = outputs(root)
    monkeypatch.setenv("AUDIT_TRAIL", "on")
    ran(root, *DVC, "repro", "--force", "--no-run-cache")
    assert {path for path, content in outputs(root).items() if content != before[path]} == set()
    assert ran(root, "git", "status", "--porcelain") == ""
    assert logged(root) == [("300", "FINISHED")]
