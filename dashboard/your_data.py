"""Page 3, Your data: a table, the roles of its columns, all stages in a copy of the repository, and the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import streamlit as st

from dashboard import decision, results, roles, runs
from dashboard.text import plain, refusal, say, table
from pipeline.decision_page.decision import decision as judged_of
from pipeline.workbench import refusals
from pipeline.workbench.desk import Desk

DESK, FILE, REFUSED, BRANCH, SHOWN = "desk", "taken file", "refused table", "branch", "shown results"


def desk() -> Desk:
    """The desk of this session, and of no other."""
    found = cast("Desk | None", st.session_state.get(DESK))
    if found is None or not found.folder.is_dir():  # after hours without use
        found = st.session_state[DESK] = Desk(Path.cwd())
    return found


def take(here: Desk) -> None:
    """Upload a file, or name one; what was refused stands below it until another one is given."""
    file = st.file_uploader("A CSV or Parquet file", help="Its first line has the names of its columns.")
    with st.form("path", border=False):
        path = st.text_input("Or the path of a table in the repository", placeholder="data/raw/people.csv")
        if st.form_submit_button("Read this path"):
            read(lambda: here.take_path(path))
    if file and st.session_state.get(FILE) != file.file_id:
        st.session_state[FILE] = file.file_id
        read(lambda: here.take(file.getvalue(), file.name))
    say(st.error, st.session_state.get(REFUSED, ""))


def read(act: Callable[[], None]) -> None:
    """Take a table in place of what was there."""
    forget()
    with st.spinner("Reading the table"):
        st.session_state[REFUSED] = refusal(act)


def forget() -> None:
    """What was shown of an earlier table or run is of nothing that is there."""
    for key in (SHOWN, BRANCH, roles.REFUSED):
        st.session_state.pop(key, None)


def found(here: Desk) -> None:
    """What was found in the table."""
    st.header("What was found", anchor=False)
    for line in here.found["facts"] if here.found else ():
        say(st.markdown, line)
    for line in here.found["notes"] if here.found else ():
        say(st.warning, line)


def drafted(drafted: Mapping[str, Any]) -> None:
    """What the rows can show, warnings, and what only people can decide."""
    for line in drafted["warnings"]:
        st.warning(plain(line))
    for group in drafted["groups"]:
        st.markdown(f"**{plain(group['attribute'])}**, each level against {plain(group['against'])}")
        table(group["levels"], group["attribute"])
    questions: Sequence[tuple[str, str]] = drafted["questions"]
    with st.expander(f"Open questions: {len(questions)}. The draft runs as it is, and people decide these"):
        st.markdown("\n".join(f"- **{plain(key)}**: {plain(what)}" for key, what in questions))


def run(here: Desk, checked: bool) -> None:
    """Start, watch and cancel all stages."""
    st.header("Run", anchor=False)
    if here.uncommitted:
        st.info(f"The copy is of the last commit: {here.uncommitted} files with later changes are not in it.")
    now = here.progress
    going = bool(now and not now.ended)
    if st.button("Run all stages", type="primary", disabled=going or not checked):
        forget()
        why = refusal(here.run)
        say(st.error, why)
        going = not why
    if going:
        runs.watch(here)
    elif now and now.cancelled:
        st.info("Cancelled. The copy was deleted, and the repository is as it was.")
    elif now and not now.succeeded:
        st.error("A stage refused the table or a role; see beside the field above. The repository is as it was.")
        runs.steps(now)
    elif not checked:
        st.markdown("Check the roles first.")


def outcome(here: Desk, root: Path) -> None:
    """The objects of the decision page on these results, one archive, and a branch on request."""
    st.header("Results", anchor=False)
    name = f"results-{here.upload.sha256[:12]}.zip" if here.upload else "results.zip"
    st.download_button("Download everything", here.archive, name, "application/zip", on_click="ignore")
    if st.button("Make a branch in the repository"):
        say(st.error, refusal(lambda: st.session_state.update({BRANCH: here.branch()})))
    if made := st.session_state.get(BRANCH):
        st.success(f"Branch {made} is made. Open it with `git switch {made}` and `dvc checkout`.")
    if SHOWN not in st.session_state:
        sources = results.results_of(root)
        st.session_state[SHOWN] = (sources, judged_of(sources))
    sources, judged = st.session_state[SHOWN]
    decision.show(judged, sources, root, " on the branch that you make of these results")


st.title("Your data", anchor=False)
st.markdown("Only you see your table here. It is deleted when you remove it, and at the latest when the server stops.")
mine = desk()
take(mine)
if mine.found:
    found(mine)
    if (last := mine.progress) and last.refusals:
        st.session_state.setdefault(roles.REFUSED, refusals.beside("\n".join(last.refusals), mine.asked))
    ready = roles.choose(mine)
    if ready:
        drafted(mine.drafted or {})
    run(mine, ready)
    if done := mine.results:
        outcome(mine, done)
    if st.button("Remove my table and its results"):
        mine.close()
        st.session_state.pop(DESK)
        st.rerun()
