"""commands.plots_page: the page of plots works offline, every declared plot draws, settings of the user stay."""

import csv
import shutil
import sys
from pathlib import Path

import pytest

from commands import plots_page
from responsible.validation import InputError
from tests.support import browsing

ROOT = Path(__file__).parents[2]
DECLARED = dict(plots_page.declared(ROOT))
PICTURES = {name for name in DECLARED if name.endswith(".svg")}
LONGEST = 60  # rows of one version that a person still reads line by line


@pytest.fixture
def bare(tmp_path):
    """A repository's folders with the page's source, and nothing else."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / plots_page.SOURCE).parent.mkdir(parents=True)
    shutil.copy(ROOT / plots_page.SOURCE, tmp_path / plots_page.SOURCE)
    return tmp_path


def test_the_page_holds_its_libraries_and_is_written_once(bare):
    """A page that is up to date is left alone; another source, or other libraries, make another page."""
    plots_page.write_page(bare)
    page = bare / ".dvc/plots_page.html"
    text = page.read_text(encoding="utf-8")
    assert len(text) > 800_000
    assert "window.vegaEmbed=" in text
    assert plots_page.LIBRARIES not in text
    assert "<script src" not in text
    stamp = page.stat().st_mtime_ns
    plots_page.write_page(bare)
    assert page.stat().st_mtime_ns == stamp
    with (bare / plots_page.SOURCE).open("a", encoding="utf-8") as source:
        source.write("<!-- other -->\n")
    plots_page.write_page(bare)
    assert "<!-- other -->" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[plots]\n    html_template = plots_page.html\n"),
        (
            "# mine\n[cache]\n    dir = /x",
            "# mine\n[cache]\n    dir = /x\n[plots]\n    html_template = plots_page.html\n",
        ),
        (
            "[plots]\n    auto_open = true\n[core]\n    remote = r\n",
            "[plots]\n    html_template = plots_page.html\n    auto_open = true\n[core]\n    remote = r\n",
        ),
        ("[plots]\n    html_template = own.html\n", "[plots]\n    html_template = own.html\n"),
    ],
)
def test_local_settings_stay(bare, before, after):
    """Every line of the user's local configuration is kept, comments too, and a page of their own is not replaced."""
    config = bare / ".dvc/config.local"
    config.write_text(before)
    plots_page.write_page(bare)
    assert config.read_text() == after
    plots_page.write_page(bare)
    assert config.read_text() == after


def test_few_plots_are_declared():
    """A reviewer looks at those that two versions are compared by: at most fifteen."""
    assert len(DECLARED) <= 15


@pytest.mark.parametrize("name", sorted(set(DECLARED) - PICTURES))
def test_declared_tables_are_short_and_have_the_columns_that_are_drawn(name):
    """A table that is drawn has its x and y and no more rows than a person reads; longer ones are plain outputs."""
    import yaml

    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    listed = [plot for stage in pipeline["stages"].values() for plot in stage.get("plots", ())]
    options = {k: v for plot in listed for k, v in plot.items()}[name]
    series = options["y"] if isinstance(options["y"], dict) else {name: options["y"]}
    for path, columns in series.items():
        with (ROOT / path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {options["x"], *([columns] if isinstance(columns, str) else columns)} <= set(rows[0])
        drawn = [row for row in rows if not row.get("comparison") or row["comparison"].startswith("all ")] or rows
        assert len(drawn) <= LONGEST


@pytest.fixture
def repository(tmp_path, sh):
    """A repository with this one's plots and their declarations, committed, without its code."""
    root = tmp_path / "repository"
    for name in sh("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        wanted = name.startswith((".dvc/", "plots/")) or name in ("dvc.yaml", "params.yaml", plots_page.SOURCE)
        if wanted and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    (root / ".gitignore").write_text("/dvc_plots/\n")
    sh("git", "init", "--quiet", "--initial-branch=main", cwd=root)
    sh("git", "add", "--all", cwd=root)
    sh("git", "commit", "--quiet", "--message", "Plots", cwd=root)
    return root


def drawn(seen):
    """Heading → marks of every chart on the page, once all are drawn."""
    seen.page.wait_for_selector("body[data-drawn=yes]", state="attached")
    return seen.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-drawn=yes] svg.marks")].map((chart) => [
            chart.closest("section").querySelector("h2").textContent,
            chart.querySelectorAll(".mark-symbol.role-mark path, .mark-line.role-mark path").length]))"""
    )


@pytest.mark.browser
@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_every_declared_plot_draws_offline(repository, sh, width, scheme):
    """`dvc plots show`: a chart with marks and a heading for each plot, no error, no request, no sideways scrolling."""
    plots_page.main(root=str(repository))
    sh(sys.executable, "-m", "dvc", "plots", "show", cwd=repository)
    with browsing.opened(repository / plots_page.REPORT, width, scheme) as seen:
        charts = drawn(seen)
        assert len(charts) == len(DECLARED) - len(PICTURES)
        assert [title for title, marks in charts.items() if not marks] == []
        assert seen.page.locator("main h2").count() == len(DECLARED)
        assert seen.page.locator("nav a").count() == len(DECLARED)
        assert seen.page.locator("img").count() == len(PICTURES)
        assert seen.page.evaluate("[...document.images].every((i) => i.naturalWidth && i.alt)")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert (seen.errors, seen.outside) == ([], [])


@pytest.mark.browser
@pytest.mark.pipeline
@pytest.mark.slow
def test_only_what_differs_is_drawn_with_both_versions(repository, capsys):
    """`make plots`: a chart for each plot of a changed table, two points a line; the message says where the page is."""
    plots_page.main("main", root=str(repository))
    assert capsys.readouterr().out == "no plot differs from main\n"
    for name, old, new in (
        ("performance_reweighed", "accuracy,0", "accuracy,1"),
        ("fairness", ",0.8,1.25", ",0.7,1.25"),
    ):
        table = repository / f"plots/{name}.csv"
        table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    plots_page.main("main", root=str(repository))
    said = capsys.readouterr().out
    assert said.startswith("2 plots differ from main (")
    assert (repository / plots_page.REPORT).resolve().as_uri() in said
    with browsing.opened(repository / plots_page.REPORT) as seen:
        charts = drawn(seen)
        assert len(charts) == 2
        assert charts["Performance, mitigated"] >= 2 * 5
        assert (seen.errors, seen.outside) == ([], [])
        shown = seen.page.locator("main").text_content()
        assert "main" in shown
        assert "here" in shown
        assert "workspace" not in shown
        assert "ratio" in shown
        assert seen.page.locator(".banner").count() == 0


@pytest.mark.browser
@pytest.mark.pipeline
@pytest.mark.slow
def test_versions_that_are_not_comparable_are_announced_and_axe_finds_nothing(repository, capsys):
    """Another label threshold is named on the page and in the message; the page passes axe on a desk and a phone."""
    from axe_playwright_python.sync_playwright import Axe

    params = repository / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("threshold: 300", "threshold: 200", 1), encoding="utf-8"
    )
    table = repository / "plots/fairness.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",0.8,1.25", ",0.7,1.25"), encoding="utf-8")
    plots_page.main("main", root=str(repository))
    assert "not comparable with main: the label threshold changed (300 → 200)" in capsys.readouterr().out
    for width in (1280, 390):
        with browsing.opened(repository / plots_page.REPORT, width) as seen:
            drawn(seen)
            assert (
                "Not comparable: the label threshold changed (300 → 200)." in seen.page.locator(".banner").inner_text()
            )
            found = Axe().run(seen.page)
            assert found.violations_count == 0, found.generate_report()


PAYLOADS = (
    "</script><img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>alert(3)//",
    "'); alert(4); ('",
    "</plaintext><svg onload=alert(5)><meta http-equiv=refresh content='0;url=data:text/html,6'>",
)


@pytest.mark.browser
@pytest.mark.pipeline
@pytest.mark.slow
def test_script_in_the_data_is_shown_and_never_run(repository):
    """Levels and columns that are markup, code or turn the writing round: `make plots` draws them as letters."""
    table = repository / "plots/reweighing_levels.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, level in zip(rows, [*PAYLOADS, "a\u202eb"], strict=False):
        row |= {"level": level, f"column {level}": level}
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    plots_page.main("main", root=str(repository))
    with browsing.opened(repository / plots_page.REPORT) as seen:
        assert seen.dialogs == []
        charts = drawn(seen)
        assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])
        assert list(charts) == ["Weighted share with label 1 by level"]
        shown = seen.page.locator("svg.marks").text_content()
        assert [level for level in PAYLOADS if level[:20] not in shown] == []
        assert "a\ufffdb" in shown
        assert "\u202e" not in shown
        policy = seen.page.locator("meta[http-equiv]").get_attribute("content")
        assert "unsafe" not in policy.split("script-src")[1]


def test_an_unknown_base_is_refused(repository):
    """A misspelt branch is an error that knows the branches."""
    with pytest.raises(InputError, match="did you mean 'main'"):
        plots_page.main("mian", root=str(repository))


@pytest.mark.browser
def test_a_table_without_rows_says_so(bare):
    """An empty specification, which is what DVC writes for an empty table, is a sentence and no error."""
    plots_page.write_page(bare)
    div = """<div id = "empty">\n<script>\nvar spec = {};\nvegaEmbed('#empty', spec);\n</script>\n</div>"""
    page = bare / "page.html"
    text = (bare / ".dvc/plots_page.html").read_text(encoding="utf-8")
    page.write_text(text.replace("{plot_divs}", div).replace("{refresh_tag}", ""), encoding="utf-8")
    with browsing.opened(page) as seen:
        assert drawn(seen) == {}
        assert seen.page.locator(".nothing").text_content() == "The table has no rows."
        assert (seen.errors, seen.outside) == ([], [])


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_a_browser_tests_are_skipped_but_not_in_ci(monkeypatch, ci, outcome):
    """A person without a browser gets a reason; CI gets a failure, because it would test less than it says."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no browser on PATH"):
        browsing.executable()
