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
from tests.support.small import DVC, ran

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.pipeline, pytest.mark.server, pytest.mark.browser]
START = "--table=examples/randhie.csv --target=outcome --protected=black,female --privileged=black=0.0,female=0"
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


def started(browser, address):
    """A new visitor who has uploaded the table and chosen its roles; what the page asked for elsewhere."""
    page, outside = browser.new_context(viewport=DESK).new_page(), []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(address) else None)
    page.goto(f"{address}/your-data")
    page.locator("input[type=file]").set_input_files(ROOT / "examples/randhie.csv")
    page.get_by_text("5,562 rows, 21 columns").wait_for(timeout=120_000)
    chosen(page, "Target", "outcome")
    page.get_by_text("outcome, numeric, 2 values: 0 (4,171), 1 (1,391)").wait_for()
    chosen(page, "Protected attributes", "black", "female")
    page.get_by_text("Privileged levels of female").first.wait_for()
    chosen(page, "Privileged levels of black", "0.0")
    chosen(page, "Privileged levels of female", "0")
    pressed(page, "Check the roles", "open questions")
    return page, [url for url in outside if not url.startswith(("data:", "blob:", address.replace("http", "ws")))]


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


def test_an_upload_gives_the_figures_of_the_command_line(built, tmp_path, monkeypatch):
    """A cancelled run and one to its end leave the repository as it was; the archive has the same metrics, tables and
    pictures as `make start` and `dvc repro`; the branch has them too, and its rows are in DVC's cache, not in git.
    """
    from playwright.sync_api import sync_playwright

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    root = built.copy(tmp_path / "served")
    before = digests(root)
    with served(root, TMPDIR=str(temporary)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        page, outside = started(browser, address)
        pressed(page, "Run all stages", "(running)")
        assert serious(page) == []
        pressed(page, "Cancel the run", "Cancelled. The copy was deleted, and the repository is as it was.")
        assert not list(temporary.glob(f"{folders.PREFIX}*/copy/params.yaml"))
        pressed(page, "Check the roles", "open questions")
        pressed(page, "Run all stages", "Download everything")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download everything").click()
        archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert digests(root) == before
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.wait_for_timeout(500)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert serious(page) == []
        assert outside == []
        pressed(page, "Make a branch in the repository", "is made. Open it with")
        browser.close()
    assert not list(temporary.glob(f"{folders.PREFIX}*/"))
    compared(archive, root, command_line(built, tmp_path / "command_line"))


def command_line(built, root):
    """The same table through the commands of a terminal."""
    built.copy(root)
    ran(root, sys.executable, "-m", "commands.start", *START.split())
    ran(root, *DVC, "repro", "--quiet")
    return root


def compared(archive, root, other):
    """Archive, branch and command line have the same figures, and every digest holds."""
    listed = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in listed.items())
    figures = [name for name in archive.namelist() if name.startswith(("metrics/", "plots/"))]
    assert len(figures) > 30
    assert {"docs/index.html", "docs/model_card.md", "params.yaml", "dvc.lock"} <= set(archive.namelist())
    assert [name for name in figures if archive.read(name) != (other / name).read_bytes()] == []
    name = ran(root, "git", "branch", "--list", "your-data-*", "--format=%(refname:short)").strip()
    ran(root, "git", "switch", "--quiet", name)
    assert [name for name in figures if archive.read(name) != (root / name).read_bytes()] == []
    ran(root, *DVC, "checkout", "--quiet")
    assert (root / "data/raw/uploaded.csv").read_bytes() == (ROOT / "examples/randhie.csv").read_bytes()
    assert "data/raw/uploaded.csv" not in ran(root, "git", "ls-files").splitlines()
    assert ran(root, *DVC, "status") == "Data and pipelines are up to date.\n"
