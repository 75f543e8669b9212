"""What the pages read: results that are of these parameters, kept by the digests of their files, or a banner."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pipeline.decision_page.decision import Decision, decision
from pipeline.reporting.sources import Sources, gather
from pipeline.repository.digests import md5, of_value
from pipeline.results import answers
from pipeline.results.figures import PARAMETERS
from pipeline.results.freshness import locked, refuse_stale
from pipeline.storage import parameters
from responsible.governance.answers import FILE
from responsible.validation import InputError
from stages.model_card import READS, Parameters

LOCK = "dvc.lock"
NOT_THERE = "There is no current result to show. "


def digest(*files: str) -> str:
    """One digest of files by name and content; a file that is not there counts as empty."""
    return of_value({name: md5(Path(name)) if Path(name).is_file() else "" for name in files})


def state() -> str:
    """What all pages depend on: parameters, answers, the lock and every file that a page reads."""
    return digest(PARAMETERS, FILE, LOCK, *map(str, READS))


def sources() -> Sources:
    """The results, or a banner in their place: they must be what ``dvc.lock`` says, and of these parameters."""
    try:
        return _sources(state())
    except InputError as error:
        st.error(NOT_THERE + str(error), icon=":material/warning:")
        st.stop()


@st.cache_resource(show_spinner="Reading results", max_entries=2)
def _sources(of: str) -> Sources:  # noqa: ARG001 - what the cache knows it by
    return read(Path())


def read(root: Path) -> Sources:
    """The results in ``root``; InputError where they are not of the parameters there, or not what its lock says."""
    params = Path(root, PARAMETERS)
    tree = parameters.read_yaml(params)
    refuse_stale(root, tree, locked(root))
    policy = parameters.load(params, Parameters).policy
    return gather(params, parameters.keys(Parameters), READS, policy, answers.held(tree, Path(root, FILE)), root=root)


@st.cache_resource(show_spinner=False, max_entries=2)
def judged(of: str) -> Decision:  # noqa: ARG001 - what the cache knows it by
    """The decision page's objects."""
    return decision(sources())
