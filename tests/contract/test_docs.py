"""The documents are held to the code: links, commands, parameters, names of metrics and files."""

import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from responsible.fairness.measures import MEASURES
from responsible.statistics.probability_metrics import SCORES
from responsible.statistics.rates import PERFORMANCE
from tests.support import contract

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
GENERATED = ("comparison.md", "recommended_threshold.md", "4_metrics.md")  # the last names metrics
WRITTEN = [p for p in PAGES if p.name not in GENERATED]


def ids(page):
    return str(page.relative_to(ROOT))


def tree(path):
    return YAML(typ="safe").load(Path(path).read_text(encoding="utf-8"))


def outputs():
    """Every file that a stage writes, and the copies that `make monitor` and `make alternatives` leave."""
    found = {"metrics/monitor.json", "metrics/alternatives.json"}
    for stage in contract.ALL.values():
        for kind in ("outs", "metrics", "plots"):
            found |= {next(iter(out)) if isinstance(out, dict) else out for out in stage.get(kind, [])}
    return found


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page):
    """Every relative link and picture of a page is a file of the repository."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_to_headings_lead_somewhere(page):
    """Every link to a heading of a page names one that the page has."""
    for file, anchor in re.findall(r"\]\(([^):#]*\.md|)#([^)]+)\)", page.read_text(encoding="utf-8")):
        target = (page.parent / file) if file else page
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        known = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in known, f"{page.name}: {file}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_pictures_have_alt_text(page):
    """Every picture says in words what it shows."""
    alts = re.findall(r"!\[([^\]]*)\]", page.read_text(encoding="utf-8"))
    assert all(len(alt) > 20 for alt in alts)


@pytest.mark.parametrize("page", WRITTEN, ids=ids)
def test_files_named_exist(page):
    """Every results file that a page names in code marks is one that a stage writes."""
    names = re.findall(r"`((?:metrics|plots)/[\w./]+\.(?:json|csv|svg))`", page.read_text(encoding="utf-8"))
    assert set(names) <= outputs()


@pytest.mark.parametrize("page", WRITTEN, ids=ids)
def test_parameters_named_exist(page):
    """Every dotted parameter that a page names in code marks stands in params.yaml."""
    params = tree(ROOT / "params.yaml")
    sections = "|".join(k for k, v in params.items() if isinstance(v, dict))
    for name in re.findall(rf"`((?:{sections})\.[a-z_.]+)(?:: [^`]*)?`", page.read_text(encoding="utf-8")):
        node = params
        for part in name.split("."):
            assert part in node, f"{name} is not in params.yaml"
            node = node[part]


def test_every_measure_is_defined_in_the_documents():
    """Each measure and figure of the code has its line in docs/measures.md, under the name of the metrics files."""
    text = (ROOT / "docs/measures.md").read_text(encoding="utf-8")
    assert [name for name in [*MEASURES, *PERFORMANCE, *SCORES] if f"`{name}`" not in text] == []


def test_every_table_is_described():
    """Each CSV that a stage writes has its line in docs/tables.md."""
    text = (ROOT / "docs/tables.md").read_text(encoding="utf-8")
    assert [name for name in sorted(outputs()) if name.endswith(".csv") and f"`{name}`" not in text] == []


def test_make_targets_named_exist():
    """Every `make …` of a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {t for p in WRITTEN for t in re.findall(r"`make ([a-z-]+)", p.read_text(encoding="utf-8"))}
    assert named <= targets


def test_readme_fits_its_length():
    """The README stays under 150 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("page", WRITTEN, ids=ids)
def test_dvc_commands_parse(page):
    """Every dvc command of a page has a subcommand and options that this dvc knows."""
    commands = re.findall(r"`(dvc [^`]+)`", page.read_text(encoding="utf-8"))
    subcommands = {" ".join(w for w in shlex.split(c)[:3] if re.fullmatch(r"[a-z]+(-[a-z]+)*", w)) for c in commands}
    known = {"dvc repro", "dvc pull", "dvc push", "dvc status", "dvc checkout", "dvc exp run", "dvc exp show"}
    known |= {"dvc metrics diff", "dvc metrics show", "dvc plots diff", "dvc plots show", "dvc params diff"}
    known |= {
        "dvc queue start",
        "dvc remote add",
        "dvc plots",
        "dvc exp apply",
        "dvc commit",
        "dvc config",
        "dvc remote",
        "dvc gc",
        "dvc add",
        "dvc import",
        "dvc update",
    }
    assert {s for s in subcommands if not any(s.startswith(k) for k in known)} == set()
