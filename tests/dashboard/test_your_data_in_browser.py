"""Your data in a browser: from the upload to figures that are byte for byte those of the command line."""

from __future__ import annotations

import hashlib
import io
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from pipeline.workbench import folders
from tests.dashboard.conftest import served
from tests.support.browsing import executable
from tests.support.contract import ROOT
from tests.support.outgoing import Watch
from tests.support.small import DVC, ran

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.pipeline, pytest.mark.server, pytest.mark.browser]
ROWS = 1_500
START = "--target=outcome --protected=black,female --privileged=black=0.0,female=0"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def chosen(page, field, *names):
    """Choose names in a field by typing them."""
    box = page.get_by_role("combobox", name=field)
    for name in names:
        box.click()
        box.fill(name)
        page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Tab")


def pressed(page, button, then):
    """Press a button and wait for a text."""
    page.get_by_role("button", name=button).click()
    page.get_by_text(then).first.wait_for(timeout=300_000)


def visitor(browser, address):
    """A new visitor's page in a context of its own, and what it asked for elsewhere."""
    page, outside = browser.new_context(viewport=DESK).new_page(), []
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else outside.append(request.url))
    page.goto(f"{address}/your-data")
    return page, outside


def uploaded(page, file, said):
    """Upload a table and wait for what was found in it."""
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text(said).wait_for(timeout=120_000)


def assigned(page):
    """The roles of examples/randhie.csv."""
    chosen(page, "Target", "outcome")
    page.get_by_text("outcome, numeric, 2 values: 0 (").wait_for()
    chosen(page, "Protected attributes", "black", "female")
    page.get_by_text("Privileged levels of female").first.wait_for()
    chosen(page, "Privileged levels of black", "0.0")
    chosen(page, "Privileged levels of female", "0")


def serious(page):
    """What axe finds that keeps people out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(f["id"], [n["html"] for n in f["nodes"]]) for f in found if f["impact"] in ("serious", "critical")]


def digests(root):
    """The files of a repository, git's own too, but for what the server itself writes while it runs."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    kept = (path for path in files if not {"__pycache__", "tmp"} & set(path.relative_to(root).parts))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def apart(one, other):
    """Neither of two pages has a name of the other's table."""
    texts = [page.locator("body").inner_text() for page in (one, other)]
    assert "table.csv" in texts[0]
    assert "colours.csv" in texts[1]
    assert not [word for word in ("colours.csv", "colour", "wished") if word in texts[0]]
    assert not [word for word in ("table.csv", "outcome", "female") if word in texts[1]]


def test_two_visitors_and_the_figures_of_the_command_line(built, tmp_path, monkeypatch):
    """Two visitors, interleaved, never see each other's table, and the second is told that a run is going. A cancelled
    run and one to its end leave the repository as it was. Each file of the archive is that of `make start` and `dvc
    repro`; the branch has the figures too, and its rows are in DVC's cache, not in git. The server asks nobody.
    """
    from playwright.sync_api import sync_playwright

    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    root, tables = built.copy(tmp_path / "served"), (tmp_path / "table.csv", tmp_path / "colours.csv")
    shorter(tables[0])
    tables[1].write_text("colour,wished\n" + "red,yes\nblue,no\nblue,yes\n" * 200)
    before = digests(root)
    watch = Watch(tmp_path / "watch")
    with served(root, TMPDIR=str(temporary), **watch.environment) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        (one, outside), (other, elsewhere) = visitor(browser, address), visitor(browser, address)
        uploaded(one, tables[0], f"{ROWS:,} rows, ")
        uploaded(other, tables[1], "600 rows, 2 columns")
        assigned(one)
        chosen(other, "Target", "wished")
        chosen(other, "Protected attributes", "colour")
        pressed(one, "Check the roles", "open questions")
        pressed(other, "Check the roles", "open questions")
        apart(one, other)
        pressed(one, "Run all stages", "(running)")
        pressed(other, "Run all stages", "another run has been going since")
        assert serious(one) == []
        apart(one, other)
        one.get_by_role("button", name="Download everything").wait_for(timeout=300_000)
        apart(one, other)
        pressed(other, "Run all stages", "(running)")
        pressed(other, "Cancel the run", "Cancelled. The copy was deleted, and the repository is as it was.")
        assert len(list(temporary.glob(f"{folders.PREFIX}*/copy/params.yaml"))) == 1
        with one.expect_download() as download:
            one.get_by_role("button", name="Download everything").click()
        archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert digests(root) == before
        assert one.get_by_role("heading", name="Groups compared").is_visible()
        assert one.get_by_role("heading", name="Questions that people answer").is_visible()
        one.set_viewport_size(PHONE)
        one.wait_for_timeout(500)
        assert one.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert serious(one) == []
        assert (outside, elsewhere, watch.asked) == ([], [], [])
        pressed(one, "Make a branch in the repository", "is made. Open it with")
        browser.close()
    assert not list(temporary.glob(f"{folders.PREFIX}*/"))
    monkeypatch.setenv("AUDIT_TRAIL", "off")  # as in the dashboard's run: it says nothing about results
    compared(archive, root, command_line(built, tmp_path / "command_line", tables[0]), tables[0])


def shorter(file):
    """The first rows of examples/randhie.csv: what is compared does not depend on how many they are."""
    lines = (ROOT / "examples/randhie.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[: ROWS + 1]), encoding="utf-8")


def command_line(built, root, table):
    """The same table through the commands of a terminal, at the place that an upload has in the copy."""
    built.copy(root)
    (root / "data/raw/uploaded.csv").write_bytes(table.read_bytes())
    ran(root, sys.executable, "-m", "commands.start", "--table=data/raw/uploaded.csv", *START.split())
    ran(root, *DVC, "repro", "--quiet")
    return root


def compared(archive, root, other, table):
    """Archive and command line have the same files, the branch has the same figures, and every digest holds."""
    listed = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in listed.items())
    figures = [name for name in archive.namelist() if name.startswith(("metrics/", "plots/"))]
    assert len(figures) > 30
    assert {"docs/index.html", "docs/model_card.md", "params.yaml", "dvc.lock"} <= set(archive.namelist())
    assert [name for name in listed if name not in archive.namelist()] == []
    same = [name for name in listed if not name.startswith("spreadsheets/")]
    assert [name for name in same if archive.read(name) != (other / name).read_bytes()] == []
    name = ran(root, "git", "branch", "--list", "your-data-*", "--format=%(refname:short)").strip()
    ran(root, "git", "switch", "--quiet", name)
    assert [name for name in figures if archive.read(name) != (root / name).read_bytes()] == []
    ran(root, *DVC, "checkout", "--quiet")
    assert (root / "data/raw/uploaded.csv").read_bytes() == table.read_bytes()
    assert "data/raw/uploaded.csv" not in ran(root, "git", "ls-files").splitlines()
    assert ran(root, *DVC, "status") == "Data and pipelines are up to date.\n"
