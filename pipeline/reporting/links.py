"""Links of a document to what it was read from, and the footer that says where everything comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from pipeline.reporting.formatting import Made, escape
from pipeline.reporting.sources import Sources, digest
from pipeline.results.figures import PARAMETERS

SHOWN = 16  # characters of a digest


class Links:
    """The links of one document at ``output``: each figure once, numbered in the order of their first use."""

    def __init__(self, sources: Sources, output: str | Path) -> None:
        self._sources, self._folder = sources, Path(output).parent.as_posix()
        self._labels: dict[tuple[str, str], str] = {}
        self._read: set[str] = set()

    def figure(self, said: str, file: str, key: str) -> Made:
        """Text as a link to a file; the key is the link's title, and both stand at the end of the document."""
        self._read.add(file)
        label = self._labels.setdefault((file, key), f"f{len(self._labels) + 1}")
        return Made(f"[{said}][{label}]")

    def file(self, name: str) -> Made:
        """A link to a file of the stage."""
        self._sources.path(name)
        self._read.add(name)
        return Made(f"[{name}]({self._relative(name)})")

    def picture(self, name: str, alt: str) -> Made:
        """A picture with its alternative text."""
        self._sources.path(name)
        self._read.add(name)
        return Made(f"![{alt}]({self._relative(name)})")

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


def _title(key: str) -> str:
    return escape(key).replace('"', '\\"')
