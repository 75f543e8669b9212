"""Links of a document to what it was read from, rules of the policy with theirs, and the footer of provenance."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from pipeline.reporting import findings, formatting, judgements, tables
from pipeline.reporting.formatting import Digits, Markup, Said, escape
from pipeline.reporting.sources import Sources, digest
from pipeline.results.catalogue import MONITORED, SEARCHED
from pipeline.results.figures import PARAMETERS
from pipeline.results.monitored import monitored
from pipeline.results.searched import searched
from pipeline.storage.line_contents import line_of
from pipeline.storage.text import AGAIN, read_text
from responsible.governance.answer import Answer, headline
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Judgement
from responsible.governance.risk import TREATMENTS
from responsible.names import SAMPLED_FROM, enumerated
from responsible.validation import InputError

_WORDS = re.compile(r"<title>(.*?)</title><desc>(.*?)</desc><metadata>(.*?)\n(.*?)</metadata>", re.DOTALL)
SHOWN = 16  # characters of a digest
SAMPLE = "prepare.sample_rows"
RULE_COLUMNS = (*("rule", "verdict", "figure", "limits", "a difference is shown", "the limit is exceeded", "owner"),)


class Links:
    """The links of one document at ``output``: each figure once, numbered in the order of their first use."""

    def __init__(self, sources: Sources, output: str | Path) -> None:
        self._sources, self._folder = sources, Path(output).parent.as_posix()
        self._labels: dict[tuple[str, str], str] = {}
        self._read: set[str] = set()

    def figure(self, said: str, file: str, key: str) -> Markup:
        """Text as a link to a file; the key is the link's title, and both stand at the end of the document."""
        self._read.add(file)
        label = self._labels.setdefault((file, key), f"f{len(self._labels) + 1}")
        return Markup(f"[{said}][{label}]")

    def sampled(self) -> Markup:
        """That a sample was counted and how to count all, with a link to its size; nothing where all rows were."""
        if not self._sources.setting(SAMPLE):
            return self._sampled_alone()
        most = self.figure(formatting.parameter(self._sources.setting(SAMPLE)), PARAMETERS, SAMPLE)
        rest = "rows of each table were counted, chosen by a hash. Set it to zero to count all of them."
        return Markup(f"**On a sample.** At most {most} {rest}")

    def _sampled_alone(self) -> Markup:
        """The same of tables with too many rows to hold in memory."""
        drawn = [
            f"{self.evidence(used, f'{path}.kept', 0)} of {self.evidence(whole, f'{path}.{SAMPLED_FROM}', 0)} {many}"
            for path, used, whole, many in self._sources.sampled
        ]
        rest = f"were used, chosen by a hash. A larger number in `{SAMPLE}` uses more of them."
        return Markup(f"**On a sample.** {enumerated(drawn)} {rest}" if drawn else "")

    def monitored(self) -> Markup:
        """What monitoring last said, as a link to its figures; nothing where there is no monitor."""
        said = escape(monitored().says) if MONITORED in self._sources.files else ""
        return self.figure(said, MONITORED, "monitor.answer") if said else Markup("")

    def searched(self, *, brief: bool = False) -> Markup:
        """What the search for alternatives last said, as a link to its figures, or its heading as one to its page;
        nothing where there was none.
        """
        if SEARCHED not in self._sources.files:
            return Markup("")
        self._read.add(SEARCHED)
        found = searched()
        said = escape(found.heading if brief else found.says)
        return Markup(f"[{said}](alternatives.md)") if brief else self.figure(said, SEARCHED, "alternatives.answer")

    def evidence(
        self, found: Evidence, key: str, digits: Digits = None, *, percent: bool = False, bare: bool = False
    ) -> Markup:
        """A figure as a link."""
        return self.figure(formatting.figure(found, digits, percent=percent, bare=bare), found.source, key)

    def file(self, name: str) -> Markup:
        """A link to a file of the stage."""
        self._sources.path(name)
        self._read.add(name)
        return Markup(f"[{name}]({self._relative(name)})")

    def picture(self, name: str) -> Markup:
        """A picture with the words that stand in its file."""
        self._read.add(name)
        return formatting.drawn(said(self._sources, name), self._relative(name))

    def _relative(self, file: str) -> str:
        return posixpath.relpath(file, self._folder)

    def footer(self, data: Iterable[str]) -> str:
        """Digests of parameters and data, the files that were read, and the address of every link."""
        params = self._sources.params
        sections = ", ".join(f"`{name}`" for name in params)
        tables = [
            f"{escape(str(params[name]['source']))}, SHA-256 `{self._sources.digests[name][:SHOWN]}…`"
            for name in data
            if name in self._sources.digests
        ]
        files = ", ".join(f"[{name}]({self._relative(name)})" for name in sorted(self._read - {PARAMETERS}))
        parameters = f"[{PARAMETERS}]({self._relative(PARAMETERS)})"
        lines = [
            "## Provenance",
            "",
            "Every figure is a link to the file it was read from; the link's title is its key there.",
            "",
            f"- Parameters: {parameters}, SHA-256 `{digest(params)[:SHOWN]}…` of its sections {sections}.",
            *([f"- Data: {'; '.join(tables)}."] if tables else []),
            *([f"- Read: {files}."] if files else []),
        ]
        links = [f'[{label}]: {self._relative(file)} "{_title(key)}"' for (file, key), label in self._labels.items()]
        return "\n".join([*lines, *([""] if links else []), *links]) + "\n"


def said(sources: Sources, picture: str) -> Said:
    """The words that stand in the file of a picture."""
    found = _WORDS.search(read_text(sources.path(picture), AGAIN))
    if found is None:
        raise InputError(f"{picture}: has no title and description; {AGAIN}")
    finding, alt, unit, caption = map(unescape, found.groups())
    return Said(finding, unit, alt, caption)


class Rules:
    """The rules of the policy and their verdicts, as the templates of one document call for them."""

    def __init__(self, sources: Sources, links: Links) -> None:
        self._sources, self._links = sources, links

    def policy_line(self) -> Markup:
        """The policy in a line: whether it passes, and which rules block, warn or are excepted."""
        return self._links.figure(escape(headline(self._sources.judgements)), PARAMETERS, "policy")

    def worst(self, line: str) -> Markup:
        """The first rule of a line of work to look at, as a sentence about people, and what to do; or nothing."""
        found = Answer(self._of(line)).worst
        if found is None:
            return Markup("")
        said = escape(findings.sentence(found, self._sources).removesuffix("."))
        linked = self._links.figure(said, found.evidence.source, found.rule.label)
        return Markup(f"{linked}. {escape(TREATMENTS[found.verdict])}")

    def policy_table(self, *lines: str) -> Markup:
        """Every rule, or those of some lines of work; a difference shown and a limit exceeded are two columns."""
        columns = f"| {' | '.join(RULE_COLUMNS)} |\n|{'---|' * len(RULE_COLUMNS)}"
        judged = self._of(*lines) if lines else self._sources.judgements
        return Markup("\n".join([columns, *map(self._row, judged)]))

    def _of(self, *lines: str) -> tuple[Judgement, ...]:
        return tuple(j for j in self._sources.judgements if line_of(j.rule.metric) in lines)

    def _row(self, judged: Judgement) -> str:
        rule, excuse = judged.rule, judged.rule.exception
        why = ", blocks" if judged.blocks else ""
        if excuse and judged.verdict == "excepted":
            why = f": {excuse.justification}"
        said = escape(f"{formatting.judgement_verdict(judged)}{why}")
        cells = (
            escape(judged.title),
            f"**{said}**" if judged.blocks else said,
            self._links.evidence(judged.evidence, rule.label),
            formatting.limits(rule.minimum, rule.maximum),
            judgements.differs(judged),
            tables.exceeds(judged.found, bold=True),
            escape(rule.owner),
        )
        return f"| {' | '.join(cells)} |"


def _title(key: str) -> str:
    return escape(key).replace('"', '\\"')
