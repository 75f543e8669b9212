"""What the pages read: results that are of these parameters, kept by the digests of their files, or a banner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import streamlit as st

from dashboard.text import plain
from pipeline.alternatives import reading
from pipeline.alternatives.explorer import Explorer
from pipeline.decision_page.decision import Decision, decision
from pipeline.reporting.sources import Sources, gather
from pipeline.repository.digests import files_below, md5, of_value
from pipeline.results import answers, freshness
from pipeline.results.figures import PARAMETERS
from pipeline.results.freshness import ignored, locked, refuse_moved, refuse_stale
from pipeline.storage import parameters
from pipeline.storage.text import read_rows
from pipeline.what_if import material as scores
from pipeline.what_if.material import Material
from pipeline.workbench.bounds import is_read_only
from responsible.governance.answers import FILE
from responsible.validation import InputError
from stages.model_card import READS, Parameters

LOCK = "dvc.lock"
T = TypeVar("T")
NOT_THERE = "There is no current result to show. "


def read_only() -> bool:
    """Whether nothing may be uploaded, run or written from here: ``DASHBOARD_READ_ONLY=1``."""
    return is_read_only()


def digest(*files: str) -> str:
    """One digest of files by name and content; a file that is not there counts as empty."""
    return of_value({name: md5(Path(name)) if Path(name).is_file() else "" for name in files})


def state() -> str:
    """What all pages depend on: parameters, answers, the lock and every file that a page reads."""
    return digest(PARAMETERS, FILE, LOCK, *map(str, READS))


def or_banner(read: Callable[[], T], title: str = "") -> T:
    """What is read, or a banner in its place, below ``title`` where the page has none yet."""
    try:
        return read()
    except InputError as error:
        if title:
            st.title(title, anchor=False)
        st.error(NOT_THERE + plain(error), icon=":material/warning:")
        st.stop()


def sources(title: str = "") -> Sources:
    """The results, or a banner in their place: they must be what ``dvc.lock`` says, and of these parameters."""

    def read() -> Sources:
        found = _sources(state())
        refuse_moved(".", locked("."), content)
        return found

    return or_banner(read, title)


def content(path: Path) -> str:
    """The digest of a file or folder, read again when a size or a time of change is another one."""
    files = files_below(path, ignored(Path())) if path.is_dir() else [path]
    return _content(str(path), [(str(file), *_known(file)) for file in files])


def _known(file: Path) -> tuple[int, int]:
    known = file.stat()
    return known.st_size, known.st_mtime_ns


@st.cache_data(show_spinner="Reading tables and code", max_entries=256)
def _content(path: str, files: list[tuple[str, int, int]]) -> str:  # noqa: ARG001 - what the cache knows it by
    return freshness.content(Path(path), ignored(Path()))


@st.cache_resource(show_spinner="Reading results", max_entries=2)
def _sources(of: str) -> Sources:  # noqa: ARG001 - what the cache knows it by
    return results_of(Path())


def results_of(root: Path) -> Sources:
    """The results in ``root``; InputError where they are not of the parameters there, or not what its lock says."""
    params = Path(root, PARAMETERS)
    tree = parameters.read_yaml(params)
    refuse_stale(root, tree, locked(root))
    policy = parameters.load(params, Parameters).policy
    return gather(params, parameters.keys(Parameters), READS, policy, answers.held(tree, Path(root, FILE)), root=root)


def material() -> Material:
    """The scores that questions are asked of, or a banner in their place."""
    return or_banner(lambda: _material(digest(PARAMETERS, LOCK, *scores.FILES)))


@st.cache_resource(show_spinner="Reading scores", max_entries=2)
def _material(of: str) -> Material:  # noqa: ARG001 - what the cache knows it by
    return scores.read()


def has_searched() -> bool:
    """Whether `make alternatives` has left its results here."""
    return all(Path(file).is_file() for file in reading.FILES)


def search() -> Explorer:
    """What it found; InputError where that is of another search."""
    return _search(digest(PARAMETERS, *reading.FILES))


@st.cache_resource(show_spinner="Reading the search", max_entries=2)
def _search(of: str) -> Explorer:  # noqa: ARG001 - what the cache knows it by
    return reading.read()


@st.cache_resource(show_spinner=False, max_entries=8)
def looks(of: str) -> list[str]:  # noqa: ARG001 - what the cache knows it by
    """What was asked of the test rows of these results so far, by anybody since the dashboard was started."""
    return []


@st.cache_resource(show_spinner=False, max_entries=2)
def judged(of: str) -> Decision:  # noqa: ARG001 - what the cache knows it by
    """The decision page's objects."""
    return decision(sources())


def rows(file: str) -> list[dict[str, str]]:
    """The rows of a table of results, as texts; none where it was not made."""
    return _rows(file, digest(file)) if Path(file).is_file() else []


@st.cache_data(show_spinner=False, max_entries=16)
def _rows(file: str, of: str) -> list[dict[str, str]]:  # noqa: ARG001 - what the cache knows it by
    return list(read_rows(file))
