"""Dashboard: from a slider that is let go to the answer, on the sample and on the cells of ten million rows.

``answer`` is the library's part of it. ``page`` is the whole run of the page's script, which Streamlit then sends.
``browser`` is a real one on this machine, from the key that moves the slider until the page has its answer.
Every move asks something new, so that no answer is kept from an earlier one. Times are on the clock, and of processors,
which other work on the machine does not lengthen; the target is judged by the latter.
"""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks._measure import ROOT, child, folder, sample, table

ROWS, MOVES = 10_000_000, 100
TARGET = 200  # ms of server time for an answer, up to 200,000 cells

DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'  # the page's script has run

# Settles with the milliseconds from now until the page's script has run and the page shows what it said.
ARMED = """() => { const app = document.querySelector('[data-testid="stApp"]'), start = performance.now();
let ran = false;
window.answered = new Promise((done, failed) => {
  setTimeout(() => failed(new Error("the page has not answered in 60 seconds")), 60000);
  new MutationObserver((records, seen) => {
    const state = app.dataset.testScriptState;
    ran ||= state === "running" || records.some(each => each.oldValue === "running");
    if (ran && state === "notRunning") { seen.disconnect(); done(performance.now() - start); }
  }).observe(app, {attributes: true, attributeOldValue: true});
}); }"""

# Streamlit as `python -m streamlit` starts it, whose pages find the scores that are handed over.
SERVER = """
import pickle, runpy, sys
from pathlib import Path
from pipeline.what_if import material
held = pickle.loads(Path(sys.argv[1]).read_bytes())
material.read = lambda *_: held
sys.argv = ["streamlit", "run", "dashboard/server.py", "--server.port", sys.argv[2]]
runpy.run_module("streamlit", run_name="__main__")
"""

Times = tuple[float, float]  # seconds on the clock, and of the processors


def run(small: bool) -> None:
    """Print median and 95th percentile of the moves' times, and whether the target is met."""
    from pipeline.what_if import material

    moves = 3 if small else MOVES
    with here(ROOT), folder() as place:
        held = {"sample": material.read(), "larger": _larger(material, place, 3_000 if small else ROWS)}
    lines, missed = [], []
    with here(ROOT):
        for name, own in held.items():
            cells = len(own.table)
            of = f"{int(own.table['n'].sum()):,}", f"{cells:,}"
            for what, times in (("answer", _answers(own, moves)), ("page", _page(own, moves))):
                found = np.quantile(times, (0.5, 0.95), axis=0) * 1000
                lines.append((*of, what, *(f"{ms:,.0f}" for ms in found.T.ravel())))
                missed += [name] if what == "answer" and cells <= material.MOST and found[1, 1] > TARGET else []
            seen = np.quantile(_browser(own, moves), (0.5, 0.95)) * 1000
            lines.append((*of, "browser", *(f"{ms:,.0f}" for ms in seen), "", ""))
    table(("rows", "cells", "what", "clock: median ms", "95 % under", "processor: median ms", "95 % under"), lines)
    print(f"target for an answer, {TARGET} ms up to {material.MOST:,} cells: {'missed' if missed else 'met'}")


def _larger(material: Any, place: Path, rows: int) -> Any:
    """The scores of a larger sample by the model that is there."""
    from dataclasses import replace

    from pipeline.results.catalogue import MODEL_FILES
    from pipeline.storage import files, models
    from pipeline.storage.parameters import section
    from responsible.modelling.encoding import design
    from responsible.modelling.logistic_regression import score
    from responsible.names import SCORE
    from responsible.tabular.cells import labels

    source = str(sample(rows, place / "rows.csv"))
    child("benchmarks.fitting:prepare", source=source, out=str(place))
    cells, meta = files.read_cells(place / "cells.parquet")
    parts = design(cells)
    scores = {SCORE + name: score(models.read_model(file), parts).round(9) for name, file in MODEL_FILES.items()}
    found = cells.assign(**scores, label=labels(cells, meta["cuts"], section("params.yaml", "threshold", float)))
    return replace(material.read(), table=found, _cases={})


def _answers(held: Any, moves: int) -> list[Times]:
    """Seconds of the library for each threshold."""
    from responsible.what_if import Question

    case, given = held.case("reweighed", "education"), held.given
    asked = (Question(float(t), given.fairness, given.inference) for t in np.linspace(0.05, 0.95, moves))
    return [_timed(lambda each=each: held.ask(case, each)) for each in asked]  # type: ignore[misc]


def _page(held: Any, moves: int) -> list[Times]:
    """Seconds of the page's script for each move of the threshold."""
    from streamlit.testing.v1 import AppTest

    with patch("dashboard.results.material", lambda: held):
        app = AppTest.from_file(str(ROOT / "dashboard/app.py"), default_timeout=120).run()
        app = app.switch_page("what_if.py").run()
        times = []
        for threshold in np.linspace(0.05, 0.95, moves).round(2).tolist():
            slider = next(each for each in app.slider if each.key == "threshold")
            slider.set_value(threshold)
            times.append(_timed(app.run))
            if app.exception:
                raise RuntimeError(app.exception[0].value)
    return times


def _browser(held: Any, moves: int) -> list[float]:
    """Seconds on the clock of each move in Chromium, of the dashboard as it is served; a visitor for each half."""
    from playwright.sync_api import sync_playwright

    times = []
    with _served(held) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        for key, number in (("ArrowRight", moves // 2), ("ArrowLeft", moves - moves // 2)):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{address}/what-if")
            page.get_by_text("Performance on all rows").wait_for()
            page.wait_for_selector(DONE)
            for _ in range(number):
                page.evaluate(ARMED)
                page.get_by_role("slider").first.press(key)
                times.append(page.evaluate("window.answered") / 1000)
            page.close()
        browser.close()
    return times


@contextmanager
def _served(held: Any) -> Iterator[str]:
    """The address of the dashboard on this repository, with the scores of ``held``, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with folder() as place:
        (place / "held").write_bytes(pickle.dumps(held))
        command = [sys.executable, "-c", SERVER, str(place / "held"), str(port)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                for _ in range(300):
                    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                        break
                    time.sleep(0.1)
                yield f"http://127.0.0.1:{port}"
            finally:
                server.kill()  # it has nothing to keep, and would wait for visitors first


def _timed(work: Callable[[], object]) -> Times:
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


@contextmanager
def here(root: Path) -> Iterator[None]:
    """The pages read from the folder that they are started in."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
