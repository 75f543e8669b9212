"""The form in which the columns of a table get their roles, each with a preview, and refusals beside their field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.text import plain, small, table
from pipeline.drafting.request import Request
from pipeline.workbench import refusals
from pipeline.workbench.desk import Desk
from responsible.validation import InputError

REFUSED = "refused roles"
LINES = {"budget": "A model: train one, or audit one you have", "healthcare": "Decisions that were recorded"}
SINGLE = {
    "id": ("Column that identifies a row", "Without one, a row is identified by its number."),
    "time": ("Column of dates", "When the row was recorded."),
    "score": ("Score of a model you have", "From 0 to 1. No model is trained then."),
    "decision": ("Decision of a model you have", "What it decided. No model is trained then."),
}
SHOWN = 8  # levels in a preview


def choose(here: Desk) -> bool:
    """The form, what the roles lead to, and whether the roles that are shown are those that were checked."""
    st.header("Roles", anchor=False)
    columns = {column["name"]: column for column in here.found["columns"]} if here.found else {}
    asked = _asked(columns, here.asked or Request("", "budget"))
    if st.button("Check the roles"):
        _check(here, asked)
        st.rerun()
    ready = here.drafted is not None and here.asked == asked
    if ready:
        _drafted(here.drafted or {})
    return ready


def _check(here: Desk, asked: Request) -> None:
    st.session_state[REFUSED] = {}
    with st.spinner("Drafting the parameters"):
        try:
            here.draft(asked)
        except InputError as error:
            st.session_state[REFUSED] = refusals.beside(str(error), asked)


def _asked(columns: Mapping[str, Any], before: Request) -> Request:
    line = st.radio("What is audited", list(LINES), list(LINES).index(before.line), format_func=LINES.__getitem__)
    _beside("line")
    help_ = "What is predicted. It may stay empty where a model you have is audited."
    target = _column("target", "Target", help_, columns, before)
    favourable = _favourable(columns, target, before)
    protected = st.multiselect(
        "Protected attributes", list(columns), list(before.protected), help="The groups whose treatment is audited."
    )
    privileged = {name: _privileged(columns[name], before) for name in protected}
    for name in protected:
        _preview(columns[name])
    _beside("protected", "privileged")
    with st.expander("More roles"):
        others = {field: _column(field, *SINGLE[field], columns, before) for field in SINGLE}
    _beside(refusals.TABLE)
    given = {name: levels for name, levels in privileged.items() if levels}
    return Request("", line, target, protected, given, favourable, **others)


def _column(field: str, label: str, help_: str, columns: Mapping[str, Any], before: Request) -> str | None:
    names, last = list(columns), getattr(before, field)
    chosen = st.selectbox(label, names, names.index(last) if last in names else None, help=help_, placeholder="none")
    if chosen:
        _preview(columns[chosen])
    _beside(field)
    return chosen


def _favourable(columns: Mapping[str, Any], target: str | None, before: Request) -> list[str]:
    """The values of a target that count as 1, where no threshold cuts it."""
    if not target or columns[target]["cut"]:
        return []
    levels = [level for level, _ in columns[target]["levels"]]
    default = [level for level in before.favourable if level in levels] if before.target == target else []
    help_ = "Without one, a value is proposed."
    chosen = st.multiselect(f"Values of {plain(target)} that count as a yes", levels, default, help=help_)
    _beside("favourable")
    return chosen


def _privileged(column: Mapping[str, Any], before: Request) -> list[str]:
    """The levels that others are compared with; of a continuous attribute one side of an edge."""
    name, default = plain(column["name"]), list(before.privileged.get(column["name"], ()))
    if column["continuous"]:
        label = f"Privileged side of an edge of {name}, such as > 25"
        text = st.text_input(label, default[0] if default else "", help="Without one, it is cut at quartiles.")
        return [text.strip()] if text.strip() else []
    help_ = "Without one, each level is compared with everybody else."
    levels = [level for level, _ in column["levels"]]
    return st.multiselect(
        f"Privileged levels of {name}", levels, [level for level in default if level in levels], help=help_
    )


def _preview(column: Mapping[str, Any]) -> None:
    """The most frequent values of a column, and how many rows have none."""
    levels = ", ".join(f"{level} ({rows:,})" for level, rows in column["levels"][:SHOWN])
    more = ", …" if column["distinct"] > SHOWN else ""
    missing = f"; {column['missing']:,} missing" if column["missing"] else ""
    small(f"{column['name']}, {column['kind']}, {column['distinct']:,} values: {levels}{more}{missing}")


def _beside(*fields: str) -> None:
    """What the roles were refused for in these fields."""
    for field in fields:
        for line in st.session_state.get(REFUSED, {}).get(field, ()):
            st.error(plain(line))


def _drafted(drafted: Mapping[str, Any]) -> None:
    """What the rows can show, warnings, and what only people can decide."""
    for line in drafted["warnings"]:
        st.warning(plain(line))
    for group in drafted["groups"]:
        st.markdown(f"**{plain(group['attribute'])}**, each level against {plain(group['against'])}")
        table([_level(level) for level in group["levels"]], group["attribute"])
    questions: Sequence[tuple[str, str]] = drafted["questions"]
    with st.expander(f"{len(questions)} open questions: the draft runs as it is, and people decide these"):
        st.markdown("\n".join(f"- **{plain(key)}**: {plain(what)}" for key, what in questions))


def _level(level: Mapping[str, Any]) -> dict[str, str]:
    shows = "no comparison" if level["shows"] is None else f"{level['shows']:.1%}".replace("%", " points")
    return {
        "level": str(level["level"]),
        "rows": f"{level['rows']:,}",
        "share with a yes": f"{level['base_rate']:.1%}".replace("%", " %"),
        "smallest difference that can be shown": shows,
    }
