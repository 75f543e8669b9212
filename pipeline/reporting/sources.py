"""What a document may read: the declared metrics, tables, pictures and parameters of its stage, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.reporting.formatting import DataText, ReadNumber, data_text
from pipeline.results import figures as _evidence
from pipeline.results import levelling
from pipeline.results.answers import Held, circumstances, spoken
from pipeline.results.catalogue import PREPARED, Metrics, Tables
from pipeline.storage import files as _io
from pipeline.storage import parameters
from pipeline.storage.line_contents import LINES, absent, part_of, present
from pipeline.storage.text import read_rows
from responsible.governance.evidence import WHOLE, Evidence
from responsible.governance.policy import Judgement, Policy, judge
from responsible.names import SAMPLED_FROM, query_name, shown_model, with_adopted
from responsible.validation import InputError, did_you_mean
from responsible.words import Line, Words, read


class TableRow(dict[str, DataText]):
    """A row of a table in plots/: its texts by column, and where it stands, ``plots/fairness.csv``, row 7."""

    def __init__(self, cells: Mapping[str, str], file: str, line: int, words: Words) -> None:
        super().__init__({name: DataText(text) for name, text in cells.items()})
        self.file, self.line, self.words = file, line, words

    def text(self, column: str) -> DataText:
        """The text of a column; a column that the table lacks is an error."""
        if column not in self:
            raise InputError(f"{self.file}: there is no column {str(column)!r}{did_you_mean(column, self)}")
        return self[column]

    def shown(self, column: str) -> DataText:
        """The text of a column as people call it, where they gave it a name."""
        return DataText(self.words.shown(column, self.text(column), self.get("attribute", "")))

    def __getattr__(self, column: str) -> DataText:
        """``row.level`` in a template is the text of the column."""
        if column.startswith("__"):
            raise AttributeError(column)
        return self.text(column)

    def number(self, column: str) -> ReadNumber:
        """The number of a column, NaN for an empty field."""
        text = self.text(column)
        try:
            return ReadNumber(text or "nan")
        except ValueError:
            raise InputError(f"{self.file}, row {self.line}: {column} is not a number, got {str(text)!r}") from None


@dataclass(frozen=True)
class Sources:
    """Everything documents read. ``params`` are the sections the stage loads; ``files`` those it declares.

    ``digests`` are the SHA-256 of the source tables by section of the parameters (``budget``, …); ``lines`` the lines
    of work that are there; ``answers`` what people were asked and answered, ``words`` what they call things. The files
    lie in ``root``.
    """

    params: Mapping[str, Any]
    figures: Mapping[str, Mapping[str, Evidence]]
    files: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    digests: Mapping[str, str]
    lines: tuple[str, ...] = tuple(LINES)
    answers: Held | None = None
    words: Words = field(default_factory=Words)
    root: Path = Path()

    def shown(self, model: str) -> str:
        """How people read a model's name."""
        return shown_model(str(model), (self.params.get("models") or {}).get("adopted"))

    def figure(self, path: str, level: str = WHOLE) -> Evidence:
        """The figure at a metric path, of one level or of the whole; an absent one is an error."""
        if path not in self.figures:
            raise InputError(f"there is no figure {str(path)!r}{did_you_mean(path, self.figures)}; in {self._where()}")
        if level not in (levels := self.figures[path]):
            known = [name for name in levels if name != WHOLE]
            source = next(iter(levels.values())).source
            raise InputError(f"{source}: {path} has no level {str(level)!r}{did_you_mean(level, known)}")
        return levels[level]

    def _where(self) -> str:
        return ", ".join(name for name in self.files if name.startswith("metrics/") or name in _evidence.TABLES)

    @property
    def sampled(self) -> list[tuple[str, Evidence, Evidence, str]]:
        """The tables of which a sample of the rows was used: path of their figures, rows used, rows there, and what
        people call them.
        """
        lines: tuple[Line, ...] = ("healthcare", "segments")
        tables = [(f"prepare_{line}", self.words.many(line)) for line in lines]
        return [
            (path, self.figure(f"{path}.kept"), self.figure(f"{path}.{SAMPLED_FROM}"), many)
            for path, many in tables
            if f"{path}.{SAMPLED_FROM}" in self.figures
        ]

    def setting(self, key: str) -> Any:
        """The parameter at a dotted key, its texts and numbers marked as read; an absent one is an error."""
        tree: Any = self.params
        for part in key.split("."):
            if not isinstance(tree, Mapping) or part not in tree:
                known = tree if isinstance(tree, Mapping) else ()
                raise InputError(f"{_evidence.PARAMETERS}: {key}: {part!r} is missing{did_you_mean(part, known)}")
            tree = tree[part]
        queried = isinstance(tree, Mapping) and set(tree) in ({"database", "query"}, {"query"}, {"table"})
        return data_text(query_name(tree) if queried else tree)

    def rows(self, file: str, where: Mapping[str, str]) -> list[TableRow]:
        """The rows of a declared CSV whose columns have the values of ``where``."""
        reader = read_rows(self.path(file))
        if unknown := [name for name in where if name not in (reader.fieldnames or ())]:
            known = reader.fieldnames or ()
            raise InputError(f"{file}: there is no column {unknown[0]!r}{did_you_mean(unknown[0], known)}")
        rows = (TableRow(cells, file, number, self.words) for number, cells in enumerate(reader, 1))
        return [row for row in rows if all(row[name] == str(value) for name, value in where.items())]

    def path(self, file: str) -> Path:
        """The path of a declared file that exists."""
        if file not in self.files:
            raise InputError(f"{file}: not a file of this stage{did_you_mean(file, self.files)}; declare it as a dep")
        if not (self.root / file).is_file():
            raise InputError(f"{file}: no such file; run `dvc repro` to build it")
        return self.root / file


def gather(
    params: str | Path,
    sections: Iterable[str],
    files: Iterable[str],
    policy: Policy,
    answers: Held | None = None,
    *,
    root: Path = Path(),
) -> Sources:
    """Read the sections of the parameter file and every figure of the files in ``root``, and judge the policy on them.

    Sections and files of lines of work that are not there are left out. With ``answers`` the judgements include the one
    on what people have not answered.

    Exceptions of the policy are shown with their date, not judged by it: a document must not depend on the day.
    """
    tree = with_adopted(parameters.read_yaml(params))
    lines = present(tree)
    files = tuple(file for file in files if part_of(file) not in absent(tree))
    named: dict[str, str] = {Metrics.REWEIGH: "performance"} if (tree.get("models") or {}).get("adopted") else {}
    for name in files:
        if not (root / name).is_file():
            raise InputError(f"{name}: no such file; run `dvc repro` to build it")
        if name in set(Metrics):
            _io.read_json(root / name, named.get(name, Path(name).stem))  # the figures of its stage
    figures = {
        path: kept
        for path, levels in _evidence.collect(root, tree).items()
        if (kept := {level: found for level, found in levels.items() if found.source in files})
    }
    judged = judge(spoken(policy, circumstances(tree)), figures, date.min)
    if Tables.GROUP_RATES in files:
        judged = levelling.by_mitigation(judged, levelling.group_rates(root), figures, tree)
    if answers:
        judged = (*judged, answers.judged(policy))
    printed = {name: tree[name] for name in sections if name in tree}
    return Sources(printed, figures, files, judged, digests(tree, root), lines, answers, read(tree.get("words")), root)


def digests(params: Mapping[str, Any], root: Path = Path()) -> dict[str, str]:
    """SHA-256 of the source tables by their section, as the stages that read them wrote them down."""
    wrote = {name: file for name, file in PREPARED.items() if name in params}
    return {name: _io.read_json(root / file, Path(file).stem)["digest"] for name, file in wrote.items()}


def digest(params: Mapping[str, Any]) -> str:
    """SHA-256 of parameters as sorted JSON: the same for another order, comment or spelling of the file."""
    return hashlib.sha256(json.dumps(params, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
