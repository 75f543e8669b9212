"""Links of a document to what it was read from, rules of the policy with theirs, and the footer of provenance."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from pipeline.reporting import formatting
from pipeline.reporting.formatting import DataText, Digits, Markup, Said, escape
from pipeline.reporting.sources import Sources, digest
from pipeline.results.catalogue import MONITORED
from pipeline.results.figures import PARAMETERS
from pipeline.results.monitored import monitored
from pipeline.storage.text import AGAIN, read_text
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Judgement
from responsible.validation import InputError

_WORDS = re.compile(r"<title>(.*?)</title><desc>(.*?)</desc><metadata>(.*?)\n(.*?)</metadata>", re.DOTALL)
SHOWN = 16  # characters of a digest


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

    def monitored(self) -> Markup:
        """What monitoring last said, as a link to its figures; nothing where there is no monitor."""
        said = escape(monitored().says) if MONITORED in self._sources.files else ""
        return self.figure(said, MONITORED, "monitor.answer") if said else Markup("")

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


class Judged:
    """A rule and its verdict as templates see it: texts to print or compare, ``figure`` and ``limits`` to print."""

    def __init__(self, judged: Judgement, links: Links) -> None:
        rule, excuse = judged.rule, judged.rule.exception
        self._judged, self._links = judged, links
        self.name, self.verdict, self.found = DataText(judged.name), DataText(judged.verdict), DataText(judged.found)
        self.severity, self.reason, self.owner = DataText(rule.severity), DataText(rule.reason), DataText(rule.owner)
        self.metric, self.level, self.blocks = DataText(rule.metric), DataText(rule.level or ""), judged.blocks
        self.until = DataText(excuse.until.isoformat() if excuse else "")
        self.justification = DataText(excuse.justification if excuse else "")
        self.limits = Markup(formatting.limits(rule.minimum, rule.maximum))

    @property
    def figure(self) -> Markup:
        """The figure that was judged, as a link."""
        return self._links.evidence(self._judged.evidence, self._judged.rule.label)

    @property
    def said(self) -> Markup:
        """The verdict in words, with the end of the exception when there is one."""
        said = escape(formatting.judgement_verdict(self._judged))
        return Markup(f"**{said}**" if self._judged.blocks else said)

    def line(self) -> str:
        """The rule's line in ``policy_table``."""
        severity = "blocks" if self.blocks else escape(self.severity)
        why = f"{escape(self.reason)}{f' (exception: {escape(self.justification)})' if self.until else ''}"
        cells = (escape(self._judged.title), self.said, severity, self.figure, self.limits, why, escape(self.owner))
        return f"| {' | '.join(cells)} |"


def _title(key: str) -> str:
    return escape(key).replace('"', '\\"')
