"""Make a question an experiment: the line to type, and a button that runs it in a copy which DVC makes."""

from __future__ import annotations

import streamlit as st

from dashboard import results
from dashboard.text import plain, small, table
from pipeline.results.catalogue import Tables
from pipeline.what_if import experiment
from pipeline.what_if.material import Material
from responsible.what_if import Question

ANOTHER = "another one, to be fitted"


def show(held: Material, model: str, asked: Question) -> None:
    """The label threshold with what the sweep found, the line of the experiment, and its button."""
    st.header("Make this an experiment", anchor=False)
    label = _label_threshold(held)
    changed = experiment.settings(asked, held.given, model, label)
    if beside := experiment.beside(asked):
        st.markdown(plain(beside))
    if not changed:
        st.markdown("Nothing differs from params.yaml, so there is nothing to try.")
        return
    st.code(experiment.line(changed), language="sh")
    if results.read_only():
        small("This dashboard only shows results; run the line in the repository.")
    elif st.button("Run it in a copy", help="Trains and judges with these parameters, a minute or more."):
        with st.spinner("The experiment runs"):
            done, said = experiment.run(changed)
        (st.success if done else st.error)("It ended." if done else "It failed.")
        st.text(said)


def _label_threshold(held: Material) -> float | None:
    """Another label threshold, of those that the sweep has fitted or any other; None where there is no sweep."""
    rows = results.rows(Tables.THRESHOLD_SWEEP)
    if not rows:
        return None
    known = [row["threshold"] for row in rows]
    now = f"{held.given.threshold:.12g}"
    known = known if now in known else [now, *known]
    picked = st.selectbox(
        "Label threshold",
        [*known, ANOTHER],
        index=known.index(now),
        help="The models of the thresholds in this list have been fitted already.",
    )
    if picked == ANOTHER:
        return st.number_input("Label threshold to fit", value=held.given.threshold)
    if picked != now:
        small("What the sweep found for it on the test rows, which is published already:")
        table(experiment.swept(rows, picked), "Figures of the sweep")
    return float(picked)
