"""The form in which the columns of a table get their roles, each with a preview, and refusals beside their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.text import plain, small
from pipeline.drafting.request import Request
from pipeline.workbench import refusals
from pipeline.workbench.desk import Desk
from responsible.validation import InputError

REFUSED = "refused roles"
LINES = {
    "budget": "A model: train one, or audit one you have",
    "healthcare": "Decisions that were recorded",
    "segments": "People to be put into segments",
}
SINGLE = {
    "id": ("Column that identifies a row", "Without one, a row is identified by its number."),
    "time": ("Column of dates", "When the row was recorded."),
    "score": ("Score of a model you have", "From 0 to 1. No model is trained then."),
    "decision": ("Decision of a model you have", "What it decided. No model is trained then."),
}
NEVER = (
    "Noise is measured by these values, so take what is possible, never what these rows have: that would reveal a row. "
    "A column that you leave empty takes no part."
)
SHOWN = 8  # levels in a preview


def choose(here: Desk) -> bool:
    """The form, and whether the roles that are shown are those that were checked."""
    st.header("Roles", anchor=False)
    columns = {column["name"]: column for column in here.found["columns"]} if here.found else {}
    asked = _asked(columns, here.asked or Request("", "budget"))
    if st.button("Check the roles"):
        _check(here, asked)
        st.rerun()
    return here.drafted is not None and here.asked == asked


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
    whole = line != "segments"
    target = _column("target", "Target", help_, columns, before) if whole else None
    favourable = _favourable(columns, target, before)
    protected = st.multiselect(
        "Protected attributes", list(columns), list(before.protected), help="The groups whose treatment is audited."
    )
    chosen = {name: _privileged(columns[name], before) for name in protected if whole}
    privileged = {name: levels for name, levels in chosen.items() if levels}
    for name in protected:
        _preview(columns[name])
    _beside("protected", "privileged")
    others, bounds = {}, {}
    if whole:
        with st.expander("More roles"):
            others = {field: _column(field, *SINGLE[field], columns, before) for field in SINGLE}
    else:
        bounds = _bounds({name: column for name, column in columns.items() if name not in protected}, before)
    _beside(refusals.TABLE)
    return Request("", line, target, protected, privileged, favourable, **others, bounds=bounds)


def _bounds(columns: Mapping[str, Any], before: Request) -> dict[str, list[float | None]]:
    """Lowest and highest value of anybody, by column; nothing is proposed, because the rows must not decide it."""
    st.markdown("**Features, with the lowest and the highest value that anybody can have**")
    small(NEVER)
    given = {}
    for name in [name for name, column in columns.items() if column["kind"] == "numeric" and not column["constant"]]:
        last = before.bounds.get(name, (None, None))
        given[name] = [
            place.number_input(f"{plain(name)}, {end}", value=value, step=1.0, format="%g", key=f"bound {end} {name}")
            for place, end, value in zip(st.columns(2), ("lowest", "highest"), last, strict=True)
        ]
    _beside("bounds")
    return {name: ends for name, ends in given.items() if ends != [None, None]}


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
