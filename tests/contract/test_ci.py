"""The commands around the pipeline: make's targets, locked requirements, workflows, the review summary."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from ruamel.yaml import SafeConstructor

from tests.support import contract

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOCKS = ("requirements", "requirements-dev")
EXTRAS = ("requirements-sql", "requirements-dashboard", "requirements-spark")  # for queries, the dashboard, Spark
ALL_LOCKS = (*LOCKS, *EXTRAS)
LINT = ("-m ruff check .", "-m ruff format --check .", "-m mypy")
TESTS = "-m pytest -n logical --dist worksteal"

# Stands in for Python: `-m venv DIR` puts itself there, and every other call is written down beside it.
PYTHON = """#!/bin/sh
if [ "$1" = -c ]; then exit {too_old}; fi
if [ "$1" = --version ]; then echo Python 3.9.1; exit 0; fi
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit 0; fi
echo "$*" >> calls
case "$*" in *pip*) exit "$(cat pip_fails 2> /dev/null || echo 0)";; esac
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the Makefile, two requirements files and what the page of plots is made from, and nothing else."""
    for name in ("Makefile", "determinism.env", "docs/templates/plots_page.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".dvc").mkdir()
    for name in LOCKS:
        (tmp_path / f"{name}.txt").write_text(f"{name}==1\n")
    return tmp_path


@pytest.fixture
def make(folder):
    """Run make there with a Python that only writes down what it was asked; return what was printed and asked."""

    def run(*targets, too_old=0, code=0):
        python = folder / "python"
        python.write_text(PYTHON.format(too_old=too_old))
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        (folder / "calls").write_text("")
        outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "CI"}
        command = ["make", f"PYTHON={python}", *targets]
        ran = subprocess.run(command, cwd=folder, env=outside, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr, (folder / "calls").read_text().splitlines()

    return run


def installed(calls):
    return [call.split()[-1] for call in calls if call.startswith("-m pip install --require-hashes")]


def test_make_installs_compiles_and_rebuilds(make):
    """On a fresh machine `make` installs with hashes, compiles, makes the page of plots and runs the pipeline."""
    _, calls = make()
    assert installed(calls[:1]) == ["requirements.txt"]
    assert calls[1:] == [
        "-m compileall -qq -j 0 .venv/lib",
        "-m compileall -q responsible pipeline stages commands",
        "-m commands.plots_page",
        "-m commands.rebuild",
    ]


def test_the_page_of_plots_is_made_again_when_it_is_gone_or_old(make, folder):
    """Without it `dvc plots` would need the network; new requirements may bring other libraries."""
    make("install")
    assert make("install")[1] == []
    (folder / ".dvc/plots_page.html").unlink()
    assert make("install")[1] == ["-m commands.plots_page"]
    (folder / "requirements.txt").write_text("requirements==2\n")
    later = (folder / ".dvc/plots_page.html").stat().st_mtime + 10
    os.utime(folder / "requirements.txt", (later, later))
    os.utime(folder / ".dvc/plots_page.html", (1, 1))
    assert make("install")[1][-1] == "-m commands.plots_page"


def test_make_plots_compares_with_main_or_another_base(make):
    """`make plots` draws what differs from main, BASE names another commit."""
    make("install")
    assert make("plots")[1] == ["-m commands.plots_page main"]
    assert make("plots", "BASE=v1")[1] == ["-m commands.plots_page v1"]


def test_a_second_make_only_rebuilds(make):
    """With nothing changed nothing is installed, and arguments go on to the rebuild."""
    make()
    assert make("ARGS=--force")[1] == ["-m commands.rebuild --force"]


def test_requirements_that_only_look_newer_install_nothing(make, folder):
    """A checkout renews time stamps; the content decides."""
    make()
    later = (folder / ".venv/requirements.txt").stat().st_mtime + 10
    os.utime(folder / "requirements.txt", (later, later))
    assert installed(make()[1]) == []


def test_changed_requirements_are_installed(make, folder):
    """Another pin is installed once, for the run and for the tests."""
    make("test")
    for name in LOCKS:
        (folder / f"{name}.txt").write_text(f"{name}==2\n")
        later = (folder / f".venv/{name}.txt").stat().st_mtime + 10
        os.utime(folder / f"{name}.txt", (later, later))
    assert installed(make("test")[1]) == ["requirements.txt", "requirements-dev.txt"]
    assert installed(make("test")[1]) == []


def test_a_failed_installation_is_tried_again(make, folder):
    """When pip fails make stops, and the next make does not take the environment for complete."""
    (folder / "pip_fails").write_text("1")
    _, calls = make(code=2)
    assert [call for call in calls if "rebuild" in call] == []
    (folder / "pip_fails").unlink()
    assert installed(make()[1]) == ["requirements.txt"]


def test_make_dashboard_installs_its_extra_once(make, folder):
    """What only the dashboard needs is installed when it is opened, and no other target asks for it."""
    (folder / "requirements-dashboard.txt").write_text("requirements-dashboard==1\n")
    _, calls = make("dashboard", "ARGS=--server.port 8502")
    assert installed(calls) == ["requirements.txt", "requirements-dashboard.txt"]
    assert calls[-1] == "-m streamlit run dashboard/server.py --server.port 8502"
    assert installed(make("dashboard")[1]) == []
    assert "streamlit" not in " ".join(make()[1])


def test_make_test_lints_types_and_tests(make):
    """`make test` installs the test tools as well and runs ruff, mypy and pytest, without the heavy tests."""
    _, calls = make("test")
    assert installed(calls) == ["requirements.txt", "requirements-dev.txt"]
    assert calls[-4:] == [*LINT, f"{TESTS} -m not heavy"]


def test_make_test_all_leaves_nothing_out(make):
    """`make test-all`, which CI runs, lints alike and leaves no test out."""
    _, calls = make("test-all")
    assert calls[-4:] == [*LINT, f"{TESTS} --hypothesis-profile=thorough"]


def test_an_old_python_is_refused_with_the_remedy(make, folder):
    """Python below 3.11 is named with its version and what to type instead, and no environment is left behind."""
    said, calls = make(too_old=1, code=2)
    assert "Python 3.11 or newer is needed" in said
    assert "is Python 3.9.1" in said
    assert "make PYTHON=python3.12" in said
    assert calls == []
    assert not (folder / ".venv").exists()


def test_help_lists_every_target(make):
    """`make help` has a line on each target a person may call."""
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    said, _ = make("help")
    assert sorted(re.findall(r"^  make ([\w-]+) +\S", said, re.MULTILINE)) == sorted(targets)


def settings():
    pairs = (line.partition("=") for line in (ROOT / "determinism.env").read_text().splitlines() if line[:1].isupper())
    return {name: value for name, _, value in pairs}


def test_make_ci_and_stages_share_the_determinism_settings(folder):
    """determinism.env is the one place: make exports it, CI's scripts source it, importing stages applies it."""
    clean = {name: value for name, value in os.environ.items() if name not in settings()}
    shown = {
        "make": ["make", "--silent", "--eval=show: ; @env", "show"],
        "bash": ["bash", "-c", "set -a; . ./determinism.env; env"],
        "python": [sys.executable, "-c", "import stages, os; [print(f'{k}={v}') for k, v in os.environ.items()]"],
    }
    for command in shown.values():
        ran = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
        assert {f"{name}={value}" for name, value in settings().items()} <= set(ran.stdout.splitlines())
    for script in ("run", "review", "watch"):
        assert "set -a\n. ./determinism.env" in (ROOT / ".ci" / script).read_text()


@pytest.mark.parametrize("script", ["run", "review", "watch"])
def test_ci_scripts_are_strict_and_executable(script):
    """A failing step ends the script, also inside a pipe or with an unset name; bash accepts its syntax."""
    path = ROOT / ".ci" / script
    assert "\nset -euo pipefail\n" in path.read_text()
    assert path.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", str(path)], check=True)


def pins(name):
    """Package → (pin, number of hashes) of a requirements file."""
    text = (ROOT / f"{name}.txt").read_text()
    blocks = re.findall(
        r"^([a-z0-9._-]+)==(\S+)([^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n)+)", text, re.MULTILINE
    )
    return {package: (version, block.count("--hash")) for package, version, block in blocks}


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_requirements_are_pinned_with_hashes(name):
    """Every package has an exact version and a hash, every name that was asked for is there, nothing names a host."""
    text = (ROOT / f"{name}.txt").read_text()
    assert set(pins(name)) == set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))
    asked = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if not line.startswith(("#", "-"))]
    wanted = {re.sub(r"[._]", "-", re.split(r"[<>=~!;\[ ]", line)[0].lower()) for line in asked}
    assert wanted <= set(pins(name))
    assert "#    make lock" in text
    assert not re.search(r"https?://|file:|--index|--find-links", text)


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (("responsible", "pipeline", "stages", "commands"), (*LOCKS[:1], "requirements-spark")),
        (("dashboard",), (*LOCKS[:1], "requirements-dashboard")),
        (("tests", "benchmarks"), LOCKS),
    ],
    ids=["run", "dashboard", "test"],
)
def test_what_is_imported_is_asked_for(folders, files):
    """Every package that the code imports is named in a requirements file, not just there by chance or by hand."""
    ours = {*contract.PACKAGES, "tests", "benchmarks", *sys.stdlib_module_names}
    imported = {
        name.split(".")[0]
        for folder in folders
        for path in contract.modules(folder)
        for name in contract.imported(path)
    }
    provided = packages_distributions()
    asked = {
        line.lower()
        for file in files
        for line in re.findall(r"^[\w.-]+", (ROOT / f"{file}.in").read_text(), re.MULTILINE)
    }
    lacking = {name for name in imported - ours if asked.isdisjoint(d.lower() for d in provided.get(name, [name]))}
    assert lacking == set()


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_every_python_gets_the_same_versions(name):
    """Numpy's draws differ between its releases, so results agree across Pythons only when nothing is pinned twice."""
    packages = re.findall(r"^([a-z0-9._-]+)==", (ROOT / f"{name}.txt").read_text(), re.MULTILINE)
    assert len(packages) == len(set(packages))


def test_test_tools_use_the_versions_that_run_the_pipeline():
    """A package in both files has one version, so installing the test tools changes nothing that is tested."""
    run, dev = pins("requirements"), pins("requirements-dev")
    assert {name: dev[name] for name in dev.keys() & run.keys()} == {
        name: run[name] for name in dev.keys() & run.keys()
    }


def test_every_lint_exception_has_its_reason():
    """In pyproject.toml each ignored rule carries a comment."""
    text = (ROOT / "pyproject.toml").read_text()
    rules = [line for line in text.splitlines() if re.match(r'^    "[A-Z]+\d+",', line)]
    assert len(rules) >= 10
    assert [line for line in rules if not re.search(r"# .{5}", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_ask_for_little(path):
    """Rights to read only, actions by major version, an end to every job, one run at a time, no text from outside."""
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert "group" in workflow["concurrency"]
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v0"))
            assert "${{" not in step.get("run", "")
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_ci_runs_what_a_person_runs_on_every_python_that_is_supported():
    """Each version of the matrix runs .ci/run; a pull request gets its review with the base and both scores at hand."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert jobs["run"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert jobs["run"]["steps"][-1]["run"] == ".ci/run"
    assert jobs["review"]["steps"][0]["with"]["fetch-depth"] == 0
    steps = [step for step in jobs["review"]["steps"] if "run" in step]
    assert [step["run"] for step in steps] == ["make", 'make plots BASE="$BASE"', '.ci/review "$BASE"']
    assert {step["env"]["BASE"] for step in steps[1:]} == {"origin/${{ github.event.pull_request.base.ref }}"}
    assert jobs["review"]["steps"][-1]["with"]["path"].split() == ["review", "dvc_plots"]
    assert jobs["review"]["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_gitlab_has_the_same_jobs():
    """The tests, the gate as a JUnit report that binds where a variable says so, the review of merge requests only."""
    jobs = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    assert [name for name, job in jobs.items() if "script" in job] == ["pipeline", "gate", "review"]
    assert jobs["variables"]["GIT_DEPTH"] == 0
    assert jobs["pipeline"]["script"] == [".ci/run"]
    assert jobs["gate"]["script"][-1] == 'make gate ARGS="--junit gate.xml --json gate.json"'
    assert jobs["gate"]["artifacts"]["reports"] == {"junit": "gate.xml"}
    assert jobs["gate"]["artifacts"]["when"] == "always"
    assert jobs["gate"]["rules"] == [{"if": "$POLICY_GATE"}, {"if": "$CI_PIPELINE_SOURCE", "allow_failure": True}]
    assert jobs["review"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert jobs["review"]["script"][1:] == ["make", 'make plots BASE="$BASE"', '.ci/review "$BASE"']
    assert jobs["review"]["artifacts"]["paths"] == ["review", "dvc_plots"]
    for name in ("pipeline", "gate", "review"):
        assert int(jobs[name]["timeout"].split()[0]) <= 30


@pytest.mark.parametrize(
    ("schema", "path"), [("gitlab-ci", ROOT / ".gitlab-ci.yml"), *(("github-workflows", path) for path in WORKFLOWS)]
)
def test_both_hosts_read_their_files(schema, path, tmp_path, capsys, monkeypatch):
    """GitLab's and GitHub's own schemas accept what CI is told, and refuse a job with a key that the host lacks."""
    # The checker takes dates out of every reader of YAML in this process: later tests get them back.
    readers, date = SafeConstructor.yaml_constructors, "tag:yaml.org,2002:timestamp"
    monkeypatch.setitem(readers, date, readers[date])

    def checked(file):
        with pytest.raises(SystemExit) as ended:
            check_jsonschema.main(["--builtin-schema", f"vendor.{schema}", str(file)])
        return ended.value.code, capsys.readouterr().out

    code, said = checked(path)
    assert code == 0, said
    wrong = yaml.safe_load(path.read_text())
    jobs = wrong if schema == "gitlab-ci" else wrong["jobs"]
    next(job for job in jobs.values() if {"script", "steps"} & set(job))["timeout_minutes"] = 1
    (tmp_path / path.name).write_text(yaml.safe_dump(wrong))
    code, said = checked(tmp_path / path.name)
    assert code == 1
    assert "timeout_minutes" in said


def test_the_watch_may_write_issues_and_nothing_else():
    """Fresh data are judged every week, by a job that may open an issue."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/watch.yml").read_text())
    assert workflow["jobs"]["watch"]["permissions"] == {"contents": "read", "issues": "write"}
    steps = workflow["jobs"]["watch"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make install", ".ci/watch"]
    assert steps[-1]["with"]["path"].split() == ["monitor", "docs/monitoring.md"]


# Stand in for Python and for GitHub's command line: the one says what it was told to, the other writes its calls down.
# A file named as a command (review, gate, rebuild, update, pull, checkout, watch) holds the code it ends with.
SPEAKER = """#!/bin/sh
[ "$1" != -c ] || exec @python "$@"
echo "$*" >> python_calls
case "$*" in *commands.*|*"dvc update"*) echo "said: $*"; cat text 2> /dev/null;; esac
for name in review gate rebuild update pull checkout watch; do
    case "$*" in *$name*) exit "$(cat "$name" 2> /dev/null || echo 0)";; esac
done
"""
TOKEN = {"GH_TOKEN": "x"}
# GitHub refuses what is longer than a comment may be, and says so as `gh` does.
GH = """#!/bin/sh
echo "$*" >> gh_calls
case "$*" in
    *" --jq "* | *" --paginate "*) cat found 2> /dev/null; exit "$(cat gh_list_code 2> /dev/null || echo 0)";;
esac
for word; do
    case "$before $word" in *" body=@"*) cp "${word#body=@}" posted;; "--body-file "*) cp "$word" posted;; esac
    before=$word
done
[ "$(LC_ALL=C.UTF-8 wc -m < posted)" -le 65536 ] || { echo "gh: body is too long (HTTP 422)" >&2; exit 1; }
cat gh_says >&2 2> /dev/null
exit "$(cat gh_code 2> /dev/null || echo 0)"
"""


@pytest.fixture
def ci(tmp_path, sh):
    """Run a script of .ci in an empty repository with both stand-ins; return what it printed and asked of GitHub."""
    for name, text in (("python", SPEAKER.replace("@python", sys.executable)), ("bin/gh", GH), ("bin/glab", GH)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".ci").mkdir()
    for name in ("review", "watch", "fit"):
        shutil.copy(ROOT / ".ci" / name, tmp_path / ".ci")
    shutil.copy(ROOT / "determinism.env", tmp_path)
    sh("git", "init", "--quiet")
    sh("git", "commit", "--quiet", "--allow-empty", "--message", "Empty")
    path = f"PATH={tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"

    def run(script, *arguments, code=0, **settings):
        (tmp_path / "gh_calls").write_text("")
        given = {"PYTHON": "./python", "GITHUB_REPOSITORY": "a/b", "GITHUB_STEP_SUMMARY": "summary.md", **settings}
        command = ["env", path, *(f"{k}={v}" for k, v in given.items()), f".ci/{script}", *arguments]
        said = sh("sh", "-c", '"$@" 2> complaints', "sh", *command, code=code)
        return said, (tmp_path / "gh_calls").read_text().splitlines()

    return run


def test_a_review_goes_into_the_summary_and_one_comment(ci, tmp_path):
    """The first run of a pull request writes a comment, a later one updates it; links lead to the commit."""
    given = {"LINKS": "https://example.org/", "WHOLE": "https://example.org/runs/1"}
    said, asked = ci("review", "abc", PULL_REQUEST="7", **given)
    options = "--page review/index.html --links https://example.org/ --whole https://example.org/runs/1"
    assert f"said: -m commands.review abc {options}" in said
    assert (tmp_path / "summary.md").read_text() == said
    assert [call.split()[:5] for call in asked[1:]] == [
        ["api", "--silent", "--method", "POST", "repos/a/b/issues/7/comments"]
    ]
    (tmp_path / "found").write_text(comments(42))
    _, asked = ci("review", "abc", PULL_REQUEST="7")
    assert [call.split()[3:5] for call in asked[1:]] == [["PATCH", "repos/a/b/issues/comments/42"]]


def comments(*ids):
    """What a host answers: pages of comments, of which those with these numbers are reviews."""
    own = [{"id": each, "body": f"{MARK}\nx"} for each in ids]
    return json.dumps([{"id": 1, "body": "Well done"}]) + json.dumps(own)


MARK = "<!-- review of fairness -->"


def test_a_merge_request_gets_the_same_comment(ci, tmp_path):
    """GitLab's notes are written and updated by `glab`, with the part of the report before the whole."""
    (tmp_path / "text").write_text("the verdict\n<!-- the whole -->\n<details>all of it</details>\n")
    given = {"MERGE_REQUEST": "7", "CI_PROJECT_ID": "5"}
    said, asked = ci("review", "abc", **given)
    notes = "projects/5/merge_requests/7/notes"
    assert [call.split()[3:5] for call in asked[1:]] == [["POST", notes]]
    posted = (tmp_path / "posted").read_text()
    assert posted.startswith(f"{MARK}\n")
    assert posted.endswith("the verdict\n")
    assert "all of it" in said
    (tmp_path / "found").write_text(comments(42, 43))
    assert [call.split()[3:5] for call in ci("review", "abc", **given)[1][1:]] == [["PUT", f"{notes}/42"]]


def test_without_either_program_the_log_names_what_is_missing(ci, tmp_path):
    """A machine with neither `gh` nor `glab` prints the report and goes on."""
    (tmp_path / "bin/glab").unlink()
    said, asked = ci("review", "abc", MERGE_REQUEST="7", CI_PROJECT_ID="5")
    assert "said: -m commands.review abc" in said
    assert asked == []
    assert "neither gh nor glab is here" in (tmp_path / "complaints").read_text()


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        ("gh: Resource not accessible by integration (HTTP 403)", "the token may not write one"),
        ("gh: Server Error (HTTP 502)", "gh: Server Error (HTTP 502)"),
        ("error connecting to api.github.com", "error connecting to api.github.com"),
    ],
)
def test_a_review_that_cannot_be_posted_names_the_cause(ci, tmp_path, says, cause):
    """A refused comment costs the comment only, and the log says why; a missing right is named where it is one."""
    (tmp_path / "gh_code").write_text("1")
    (tmp_path / "gh_says").write_text(f"{says}\n")
    said = ci("review", "abc", PULL_REQUEST="7")[0]
    assert (tmp_path / "summary.md").read_text() == said
    complaint = (tmp_path / "complaints").read_text()
    assert cause in complaint
    assert ("may not write" in complaint) == ("403" in says)


def test_no_second_comment_where_the_first_cannot_be_looked_up(ci, tmp_path):
    """When GitHub does not say which comments there are, none is written; without a pull request it is not asked."""
    (tmp_path / "gh_list_code").write_text("1")
    assert len(ci("review", "abc", PULL_REQUEST="7")[1]) == 1
    assert ci("review", "abc")[1] == []


def test_what_is_too_long_is_cut_between_lines(ci, tmp_path):
    """A text that is too long keeps its first lines, whole ones."""
    (tmp_path / "text").write_text("".join(f"line {i} {'−' * 90}\n" for i in range(1000)), encoding="utf-8")
    ci("review", "abc", PULL_REQUEST="7", **TOKEN)
    posted = (tmp_path / "posted").read_text(encoding="utf-8")
    assert len(posted) <= 65_536
    assert len(posted) > 60_000
    *lines, note = posted.rstrip("\n").split("\n")
    assert "the whole is in the job's summary" in note
    assert [line for line in lines if "−" in line][-1].endswith("−" * 90)
    assert lines.count("```") % 2 == 0


def test_a_review_that_fails_is_not_posted(ci, tmp_path):
    """An unknown base ends the script before any comment."""
    (tmp_path / "review").write_text("1")
    assert ci("review", "abc", code=1, PULL_REQUEST="7")[1] == []


def test_the_watch_hands_its_report_to_the_writer_of_the_issue(ci, tmp_path):
    """With a token the report and the gate's code go to it, whatever they are; without one nobody is asked."""
    ci("watch", **TOKEN)
    (tmp_path / "gate").write_text("1")
    said, asked = ci("watch", code=1, **TOKEN)
    assert "said: -m commands.gate" in said
    assert "commands.rebuild" not in said
    assert asked == []
    calls = [call.split() for call in (tmp_path / "python_calls").read_text().splitlines() if "commands.watch" in call]
    assert [(call[1], call[-1]) for call in calls] == [("commands.watch", "0"), ("commands.watch", "1")]
    ci("watch", code=1)
    assert (tmp_path / "python_calls").read_text().count("commands.watch") == 2
    (tmp_path / "watch").write_text("1")
    ci("watch", code=1, **TOKEN)
    assert "no issue" in (tmp_path / "complaints").read_text()


def test_fresh_data_that_are_refused_are_told_and_not_judged(ci, tmp_path):
    """After a failed rebuild the figures are of the data before: no gate, the refusal in the report, a red run."""
    (tmp_path / "rebuild").write_text("1")
    said, _ = ci("watch", code=3, **TOKEN)
    assert "failed: python -m commands.rebuild\nsaid: -m commands.rebuild" in said
    calls = (tmp_path / "python_calls").read_text()
    assert "commands.gate" not in calls
    assert calls.splitlines()[-1].endswith(" 3")


def test_the_watch_runs_the_monitor_where_there_is_one(ci, tmp_path):
    """After the rebuild and before the gate; without monitor/dvc.yaml nobody asks for it."""
    ci("watch")
    assert "commands.monitor" not in (tmp_path / "python_calls").read_text()
    (tmp_path / "monitor").mkdir()
    (tmp_path / "monitor/dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "python_calls").write_text("")
    ci("watch")
    calls = (tmp_path / "python_calls").read_text().splitlines()
    assert calls == ["-m commands.rebuild", "-m commands.monitor", "-m commands.gate"]


def test_data_come_from_where_they_are_kept(ci, tmp_path, sh):
    """Imports are updated to what their source has today; data of `dvc add` are pulled as git names them."""
    for name, text in (
        ("url", "deps:\n- path: https://example.org\nfrozen: true\n"),
        ("repo", "deps:\n- path: x\n  repo:\n    url: y\n"),
        ("added", "outs:\n- path: added\n"),
    ):
        (tmp_path / f"{name}.dvc").write_text(text)
    sh("git", "add", "url.dvc", "repo.dvc", "added.dvc")
    (tmp_path / "checkout").write_text("1")
    ci("watch")
    called = (tmp_path / "python_calls").read_text().splitlines()
    assert called == [
        "-m dvc update repo.dvc url.dvc",
        "-m dvc checkout --quiet added.dvc",
        "-m dvc pull added.dvc",
        "-m commands.rebuild",
        "-m commands.gate",
    ]
    (tmp_path / "pull").write_text("1")
    assert "failed: python -m dvc pull added.dvc" in ci("watch", code=3)[0]


CHECKS = ["make .venv/requirements.txt", "make", "make lint", "make --old-file=lint test-all"]


@pytest.mark.parametrize(
    ("there", "user", "expected"),
    [
        (["google-chrome", "initdb", "java"], 1000, CHECKS),
        ([], 0, ["apt-get update", "apt-get install"] * 3 + CHECKS),
        (["chromium", "java"], 1000, []),
        (["initdb", "java"], 1000, []),
        (["chromium", "initdb"], 1000, []),
    ],
)
def test_ci_has_a_browser_a_database_and_java_before_it_tests(tmp_path, sh, there, user, expected):
    """What is there is used; as root the rest is installed; otherwise CI refuses instead of testing less."""
    calls = ci_calls(tmp_path, sh, there, user, code=0 if expected else 1)[0]
    *before, first, second, last = calls or [""] * 3  # lint and pipeline start together
    assert [call for call in (*before, *sorted((first, second)), last) if call] == expected


@pytest.mark.parametrize(("failing", "ran"), [("make?lint", 3), ("make?", 3), ("make*test-all", 4)])
def test_ci_fails_when_lint_pipeline_or_a_test_fails(tmp_path, sh, failing, ran):
    """Lint that fails beside the pipeline ends CI before the tests; a failing pipeline or test ends it too."""
    calls, said = ci_calls(tmp_path, sh, ["chromium", "initdb", "java"], 1000, code=1, failing=failing)
    assert {*calls} <= {*CHECKS[:ran]}
    assert ("lint and types: clean" in said) == ("test-all" in failing)
    assert "Workflows" not in said


def ci_calls(tmp_path, sh, there, user, *, code, failing="nothing"):
    """What .ci/run calls where these tools are, and what it says."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "cp", "mktemp", "rm"):
        (tools / name).symlink_to(shutil.which(name))
    scripts = {
        "make": f"""echo "make $*" >> ../calls
            case "make $*" in {failing}) exit 1 ;; esac
            [ "$CI" = true ] || [ -z "$*" ]""",
        "apt-get": """echo "apt-get $1" >> ../calls
            [ "$1" = update ] && exit
            case "$4" in postgresql) name=initdb ;; default-jre*) name=java ;; *) name=$4 ;; esac
            cp "$0" "${0%/*}/$name\"""",
        "id": f"echo {user}",
        "git": "true",
        **dict.fromkeys(there, "true"),
    }
    work = tmp_path / "work"
    for name, text in scripts.items():
        (tools / name).write_text(f"#!{tools}/bash\n{text}\n")
        (tools / name).chmod(0o755)
    for name, text in ((".ci/run", (ROOT / ".ci/run").read_text()), (".venv/bin/python", f"#!{tools}/bash\ntrue\n")):
        (work / name).parent.mkdir(parents=True)
        (work / name).write_text(text)
        (work / name).chmod(0o755)
    shutil.copy(ROOT / "determinism.env", work)
    said = sh("env", "-u", "CI", f"PATH={tools}", shutil.which("bash"), ".ci/run", cwd=work, code=code)
    calls = (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").is_file() else []
    return [call.strip() for call in calls], said
