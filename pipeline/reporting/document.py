"""Documents that cannot lie: Markdown from a template in which every number comes from a file or from rows of data.

How to write a template (docs/templates/NAME.md.j2, Jinja2). A number in its prose, a number or a text with digits that
it prints from an expression, an open place (TODO, […], …) and an unanswered question are errors that name template and
line. What it prints is escaped, unless a function below made it. Metric paths are those of the policy (docs/policy.md).

In a sentence, each with a link to file and key (collected at the end of the document):
    {{ figure("evaluate_fairness.education.reweighed.disparate_impact") }}    0.041 [0.033, 0.050], or why undefined
    {{ figure("group_rates.gender.reweighed.selection_rate", level="Female", digits=2) }}   of one level
    {{ figure("prepare.base_rate.test", percent=true, bare=true) }}          in percent; without the interval
    {{ parameter("threshold") }}      {{ parameter("fairness.accuracy_floor", percent=true) }}

Tables, which end with a line that names their file:
    {{ table("plots/group_rates.csv", where={"attribute": name, "rate": "selection_rate"}, by="level",
             columns={"group": text("level"), "rows": number("of", model="baseline"),
                      "baseline": interval(model="baseline"), "reweighed": interval(model="reweighed")}) }}
    A column shows ``text``, ``words``, ``code``, ``number``, ``percent``, ``interval``, ``limits``, ``verdict``,
    ``shown`` (a difference is shown) or ``exceeded`` (the limit is exceeded) of a row; with
    ``by`` the rows of one value share a line, and keyword arguments pick the row of the cell. ``counted`` adds the
    counts behind a rate; ``most=40`` cuts a long table and says so.

What only people can say; the answer stands in answers.yaml under the document's name, may use the same functions, and
is "not answered yet" where nobody gave one for this table (docs/policy.md):
    {{ people("intended_use", "What decisions may the model support?") }}
    {{ people("uses", "What may the requests be used for?", line="healthcare") }}   nothing without that line of work
    {{ unanswered() }}   how many are open; nothing when all are answered
    {% if sample("budget") %}…{% endif %}   what is true only of the sample's table

Besides: ``cite("Mitchell et al. 2019")`` for works, laws and versions; ``picture("plots/disparities.svg")``, with its
words; ``sampled()``, that not all rows were counted; ``monitored()`` and ``searched()``, what monitoring and the search
for alternatives last said;
``source("plots/fairness.csv")``, a link to a file; ``policy_line()``, ``policy_table()`` and ``worst("budget")``. A
fold is ``<details><summary>…</summary>`` and ``</details>``, each alone between empty lines.

For loops and conditions, never printable as numbers: ``has(path, level)``, ``value(path, level)``, ``setting(key)`` (a
parameter or tree of them), ``rows(file, column=…)``, ``distinct(file, column, column=…)``, ``lines`` (the lines of work
that are there).
``{{ row | interval }}`` prints of a row what a column of a table would, as a link; ``x | words`` and ``x | join(", ")``
keep texts escaped. Macros work. Floats in expressions are refused: a limit belongs into params.yaml.

Linked documents: ``sources.gather`` once, then :func:`write` for each template. The stage's deps are the files.

Documents of rows, which a stage writes beside their tables, come from ``engine.fill``: Python supplies rows, the
template all prose. The guard is the same; numbers of the rows print as counts or with three decimals, or as a
filter says: ``x | number(2)``, ``x | number("g")``, ``x | percent``, ``p | p_value("p")``, ``x | code``, and of a row
with ``value``, ``low``, ``high``, … ``row | interval``, ``row | interval("share", percent=true)``, ``row | limits``,
``row | verdict``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.reporting import engine, glossary, template_functions
from pipeline.reporting.sources import Sources


@dataclass(frozen=True)
class Document:
    """A finished document: its Markdown, and the answers that people gave in it, by their name."""

    name: str
    text: str
    answers: Mapping[str, str] = field(default_factory=dict)


def write(
    template: str | Path, output: str | Path, sources: Sources, data: Mapping[str, Iterable[str]] | None = None
) -> Document:
    """The linked document of a template as it will lie at ``output``; links in it are relative to there.

    ``data``: by name of the document the sections whose tables it is about; their digests stand in its footer.
    """
    path, name = Path(template), Path(output).stem
    functions = template_functions.Functions(sources, Path(output))
    body, own = functions.filled(engine.read(path), str(path))
    engine.refuse_open(str(path), own)
    footer = functions.links.footer((data or {}).get(name, ()))
    return Document(name, glossary.linked(engine.spaced(f"{body}\n\n{footer}"), output), functions.answers)
