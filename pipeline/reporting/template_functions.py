"""The functions of a document's template; how to use them stands at the top of pipeline/reporting/document.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.reporting import engine, findings, formatting, prose, tables
from pipeline.reporting.engine import cite
from pipeline.reporting.formatting import DataText, Markup, ReadNumber, escape
from pipeline.reporting.links import Links, Rules
from pipeline.reporting.sources import Sources, TableRow
from pipeline.results.answers import Held
from pipeline.results.catalogue import performance_of
from pipeline.results.figures import PARAMETERS
from responsible.governance.answers import FILE, UNANSWERED, count
from responsible.governance.evidence import WHOLE
from responsible.names import MODELS, Judged, judged_of, trained_here
from responsible.validation import InputError


class Functions:
    """The functions of one document at ``output``, and what people were asked and answered so far."""

    def __init__(self, sources: Sources, output: str | Path) -> None:
        self.sources, self.links = sources, Links(sources, output)
        self.document, self.answers = Path(output).stem, dict[str, str]()

    def names(self) -> dict[str, Any]:
        """What a template may call, by name."""
        own = (self.figure, self.parameter, self.table, self.people, self.unanswered, self.picture, self.source)
        logic = (self.has, self.sample, self.value, self.meaning, self.setting, self.rows, self.distinct)
        rules = Rules(self.sources, self.links)
        policy = (rules.policy_line, rules.policy_table, rules.worst)
        beside = (self.links.sampled, self.links.monitored, self.links.searched)
        said = self.sources.words
        spoken: dict[str, Any] = {name: DataText(word) for name, word in said.of_cases().items()}
        spoken |= {name: partial(_said, call) for name, call in said.of_tables().items()}
        values = {
            "lines": self.sources.lines,
            "shown": findings.shown,
            **self._models(),
            **spoken,
        }
        return {f.__name__: f for f in (*own, *logic, *policy, *beside, cite)} | tables.SHOWS | values

    def _models(self) -> dict[str, Any]:
        """The models that are judged, and how the paths of a model's performance begin."""
        found = judged_of(self.sources.params)
        names = tuple(map(DataText, found.names))
        return {
            "models": Judged(names, DataText(found.reference), found.labelled),
            "trained": not set(MODELS).isdisjoint(names),
            "mitigated": DataText(next(iter([*trained_here(self.sources.params)][1:]), "")),
            "shown_model": lambda name: DataText(self.sources.shown(name)),
            "performed": lambda model, name: f"{performance_of(model)}.{name}",
        }

    def filters(self) -> dict[str, Callable[..., Markup]]:
        """What a row of :meth:`rows` may be piped through: the columns of a table, as links."""
        return {name: self._of_row(name, show) for name, show in tables.SHOWS.items() if name != "words"}

    def figure(
        self,
        path: str,
        level: str = WHOLE,
        digits: int | str | None = None,
        *,
        percent: bool = False,
        bare: bool = False,
    ) -> Markup:
        """``value [low, high]`` of a figure as a link; ``percent`` as a share, ``bare`` without its interval.

        ``digits`` are decimals, or "g": as many as it takes, for a figure without interval.
        """
        found = self.sources.figure(path, level)
        key = f"{path} [{level}]" if level else path
        return self.links.evidence(found, key, digits, percent=percent, bare=bare)

    def parameter(self, key: str, digits: int | None = None, *, percent: bool = False) -> Markup:
        """A parameter as a link to the parameter file; a list as its texts with commas."""
        found = self.sources.setting(key)
        values = found if isinstance(found, list) else [found]
        if not values or not all(isinstance(value, DataText | ReadNumber) for value in values):
            raise InputError(f"{PARAMETERS}: {key} is not a text or number; name one of its keys")
        said = ", ".join(formatting.parameter(value, digits, shared=percent) for value in values)
        return self.links.figure(said, PARAMETERS, key)

    def table(
        self,
        file: str,
        columns: Mapping[str, tables.Column],
        where: Mapping[str, str] | None = None,
        by: str | list[str] | None = None,
        most: int | None = None,
    ) -> Markup:
        """A Markdown table of a CSV and the line that names it; without rows only a line that says so."""
        for heading in columns:
            if not isinstance(heading, DataText) and (found := prose.numbers(heading)):
                raise InputError(f"{file}: the column heading {heading!r} holds the number {found[0].text!r}")
        rows = self.sources.rows(file, where or {})
        chosen = ", ".join(f"{escape(name)}: {escape(formatting.words(str(v)))}" for name, v in (where or {}).items())
        said = f"{self.source(file)}{f' ({chosen})' if chosen else ''}"
        if not rows:
            return Markup(f"*No rows in {said}.*")
        lines, left = tables.markdown(rows, columns, by, most)
        return Markup("\n".join([*lines, "", f"*Source: {said}{left}.*"]))

    def people(self, name: str, question: str, line: str = "", of: str = "") -> Markup:  # noqa: ARG002
        """A question and what people answer to it, or that it is not answered yet; ``of`` is another document."""
        key = f"{of}.{name}" if of else name
        if found := prose.numbers(question):
            raise InputError(f"people({name!r}): the question holds the number {found[0].text!r}")
        if key in self.answers:
            raise InputError(f"people({name!r}) is asked twice; give each question its own name")
        asked = self._held().at(of or self.document, name)
        if asked is None:
            return Markup("")
        said = engine.answered(replace(asked, question=question), self.filled)
        self.answers[key] = formatting.plain(said.removeprefix(f"**{question}**\n\n"))
        return said

    def _held(self) -> Held:
        if self.sources.answers is None:
            raise InputError("no answers were read for this document; give them to sources.gather()")
        return self.sources.answers

    def filled(self, text: str, place: str) -> tuple[str, prose.Prose]:
        """A template's text with these functions, and its own prose."""
        return engine.rendered(text, place, self.names, self.filters(), printed, literals=False)

    def unanswered(self) -> Markup:
        """How many questions of all documents are not answered yet; nothing when all are answered."""
        said = count(self._held().asked)
        return Markup(f"> **{self.links.figure(said, FILE, UNANSWERED)}.**") if said else Markup("")

    def sample(self, line: str) -> bool:
        """Whether the table of a line of work is the sample's, for sentences that are true of no other."""
        return self._held().circumstances.of_sample(line)

    def picture(self, file: str) -> Markup:
        """A picture with the words that stand in its file: finding, unit, alternative text and caption."""
        return self.links.picture(file)

    def source(self, file: str) -> Markup:
        """A link to a file of this stage."""
        return self.links.file(file)

    def has(self, path: str, level: str = WHOLE) -> bool:
        """Whether there is such a figure; for tables in which some models lack one."""
        return level in self.sources.figures.get(path, ())

    def value(self, path: str, level: str = WHOLE) -> ReadNumber:
        """A figure's value for conditions, NaN where undefined."""
        return ReadNumber(self.sources.figure(path, level).value)

    def setting(self, key: str) -> Any:
        """A parameter, or a tree of them, for loops and conditions."""
        return self.sources.setting(key)

    def meaning(self) -> Markup:
        """What label 1 means, as a clause, with a link to where it is declared."""
        target, cut = self.sources.setting("budget.target"), self.sources.setting("threshold")
        said = self.sources.words.meaning(target["column"], target.get("favourable"), cut)
        key = "budget.target.favourable" if target.get("favourable") else "threshold"
        return self.links.figure(escape(said), PARAMETERS, key)

    def rows(self, file: str, **where: str) -> list[TableRow]:
        """The rows of a table whose columns have these values."""
        return self.sources.rows(file, where)

    def distinct(self, file: str, column: str, **where: str) -> list[DataText]:
        """The different texts of a column, in the order in which they come."""
        return list(dict.fromkeys(row.text(column) for row in self.sources.rows(file, where)))

    def _of_row(self, name: str, show: Callable[..., tables.Column]) -> Callable[..., Markup]:
        def of_row(row: TableRow, column: str = "value", **more: Any) -> Markup:
            if not isinstance(row, TableRow):
                raise InputError(f"{name} takes a row of rows(), got {type(row).__name__}")
            cell = show(**more) if name == "limits" else show(column, **more)
            return self.links.figure(cell([row]), row.file, f"row {row.line}, {name if name == 'limits' else column}")

        return of_row


def _said(call: Callable[..., str], *names: str) -> DataText:
    return DataText(call(*names))


def printed(value: Any) -> Markup:
    """What an expression of a linked document becomes: escaped text; a number that no function read is refused."""
    if isinstance(value, ReadNumber):
        raise InputError("a number for conditions cannot be printed; print it with figure(), parameter() or table()")
    if isinstance(value, str) and not isinstance(value, DataText | Markup) and (found := prose.numbers(value)):
        raise InputError(f"{found[0].text!r} comes from no file; print it with figure(), parameter() or cite()")
    return engine.escaped(value)
