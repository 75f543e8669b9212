"""The section `models` for a model of somebody else."""

from __future__ import annotations

from pipeline.drafting.request import wished
from pipeline.drafting.roles import Roles
from pipeline.drafting.sections import DECIDE, counted
from pipeline.drafting.writing import Line

AUDITED = "model_1"  # what it is called until people name it


def section(roles: Roles) -> list[Line]:
    """The section ``models`` for a model of somebody else."""
    asked, lines = roles.asked, list[Line]()
    if asked.score:
        lines.append(Line("score", asked.score, "column of a share from 0 to 1"))
    if asked.decision:
        column = roles.columns[asked.decision]
        lines.append(Line("decision", asked.decision, "column of what it decided"))
        if column.kind != "numeric":
            levels = counted(column, roles.table)
            lines.append(Line("positive", wished(column), f"{DECIDE} the levels that are a yes, of: {levels}"))
    elif asked.score:
        lines.append(Line("decision_threshold", 0.5, f"{DECIDE} the score from which it says yes"))
    return [Line(AUDITED, lines, f"{DECIDE} what to call the model; rules name it too")]
