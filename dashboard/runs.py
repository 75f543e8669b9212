"""What runs: watched once a second, with a button that ends it; and a question that is made an experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from dashboard import results
from dashboard.text import plain, refusal, say, small, table
from pipeline.alternatives.explorer import Explorer
from pipeline.results.catalogue import Tables
from pipeline.what_if import experiment
from pipeline.what_if.material import Material
from pipeline.workbench.runs import DONE, FAILED, RUNNING, Progress
from responsible.what_if import Question

ANOTHER = "another one, to be fitted"
GOING = "experiment"
SYMBOLS = {DONE: "✓", FAILED: "✕", RUNNING: "…"}


class Runs(Protocol):
    """What can be watched and cancelled."""

    @property
    def progress(self) -> Progress | None:
        """How far it is, None before a run."""

    def cancel(self) -> None:
        """End it."""


@st.fragment(run_every=1.0)
def watch(what: Runs) -> None:
    """The state of each stage, once a second, and the button that ends the run."""
    now = what.progress
    if now is None or now.ended:
        st.rerun()
    st.progress(now.share, text=f"{now.done} of {len(now.stages)} stages done, {now.seconds} seconds")
    steps(now)
    if st.button("Cancel the run"):
        what.cancel()
        st.rerun()


def steps(now: Progress) -> None:
    """A line per stage: what it does, and how far it is."""
    lines = [f"{SYMBOLS.get(s.state, '·')} {plain(s.name)}: {plain(s.does)} ({s.state})" for s in now.stages]
    st.markdown("  \n".join(lines))


def show(held: Material, model: str, attribute: str, asked: Question) -> None:
    """What models are fitted with, and what is known of other values; the line of the experiment, and its button."""
    st.header("Make this an experiment", anchor=False)
    changed = experiment.settings(asked, held.given, model, _fits(held, attribute))
    if beside := experiment.beside(asked):
        st.markdown(plain(beside))
    if changed:
        st.code(experiment.line(changed), language="sh")
    else:
        st.markdown("Nothing differs from params.yaml, so there is nothing to try.")
    if results.read_only():
        small("This dashboard only shows results; run the line in the repository.")
    elif changed or st.session_state.get(GOING):
        _run(changed)


def _run(changed: dict[str, object]) -> None:
    """The experiment of this visitor: its button, its progress, how it ended."""

    def start() -> None:
        st.session_state[GOING] = None
        st.session_state[GOING] = experiment.Experiment(changed)

    going = st.session_state.get(GOING)
    busy = going is not None and not going.progress.ended
    why = "Trains and judges with these parameters, a minute or more."
    if st.button("Run it in a copy", disabled=busy or not changed, help=why):
        with st.spinner("Copying the repository"):
            why_not = refusal(start)
        if not why_not:
            st.rerun()
        say(st.error, why_not)
        going = None
    if going is not None:
        _shown(going)


def _shown(going: experiment.Experiment) -> None:
    now = going.progress
    if not now.ended:
        watch(going)
    elif now.succeeded:
        names = " and ".join(map(plain, going.names))
        st.success(f"It ended well. The experiment is {names}; `dvc exp show` lists it, `dvc exp apply` takes it over.")
    elif now.cancelled:
        st.info("Cancelled. The copy was deleted, and the repository is as it was.")
    else:
        say(st.error, "\n".join(now.refusals))
        st.markdown("The repository is as it was.")


def _fits(held: Material, attribute: str) -> dict[str, tuple[float, float]]:
    """Key of params.yaml → the value that models are to be fitted with, and that of now."""
    found = {}
    if rows := results.rows(Tables.THRESHOLD_SWEEP):

        def swept(picked: str) -> None:
            small("What the sweep found for it on the test rows, which is published already:")
            table(experiment.swept(rows, picked), "Figures of the sweep")

        known = [row["threshold"] for row in rows]
        found["threshold"] = _fit("Label threshold", known, held.given.threshold, swept), held.given.threshold
    if held.strength:
        search = _search()

        def searched(picked: str) -> None:
            small("What the search for alternatives found for it on the test rows, which is published already:")
            table(search.at_strength(float(picked), attribute) if search else [], "Figures of the search")

        known = [f"{own:.12g}" for own in (search.strengths() if search else ())]
        found["reweigh.strength"] = _fit("Strength of reweighing", known, held.strength, searched), held.strength
    return found


def _fit(label: str, known: list[str], now: float, found: Callable[[str], None]) -> float:
    """A value whose models have been fitted already, of which is shown what was ``found``, or any other."""
    today = f"{now:.12g}"
    known = known if today in known else [today, *known]
    help_ = "The models of the values in this list have been fitted already."
    picked = st.selectbox(label, [*known, ANOTHER], index=known.index(today), help=help_)
    if picked == ANOTHER:
        return st.number_input(f"{label} to fit", value=now)
    if picked != today:
        found(picked)
    return float(picked)


def _search() -> Explorer | None:
    """What `make alternatives` found for the model at hand, None where it has not run for it."""
    judged = results.judged(results.state()).searched
    if not (judged and judged.current and results.has_searched()):
        return None
    why = refusal(results.search)
    say(st.warning, why)
    return None if why else results.search()
