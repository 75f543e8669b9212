"""One person's table from upload to results; whoever holds the desk sees it, and nobody else."""

from __future__ import annotations

import shutil
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.drafting.request import Request
from pipeline.repository import RepositoryError, git
from pipeline.workbench import archive, copies, folders, processes, uploads
from pipeline.workbench.bounds import Bounds, from_environment, refuse_read_only
from pipeline.workbench.runs import Progress, Run
from pipeline.workbench.uploads import Upload
from responsible.validation import InputError


class Desk:
    """The upload, the draft and the run of one session, in a private folder that goes with it.

    ``found`` is what ``look`` says of the upload, ``drafted`` what ``draft`` says of the roles; ``copy`` is where the
    results are once a run has succeeded.
    """

    def __init__(self, repository: Path, bounds: Bounds | None = None) -> None:
        """An empty desk; folders that ended processes left behind are deleted.

        Raises:
            InputError: the dashboard is read-only, or a bound is no number.
        """
        refuse_read_only()
        folders.sweep()
        self.repository, self.bounds = repository, bounds or from_environment()
        self.folder = folders.private()
        self._going: list[Run] = []
        weakref.finalize(self, _vanish, self._going, self.folder)
        _OPEN.add(self)
        self._forget()

    def _forget(self) -> None:
        self._forget_copy()
        self.upload: Upload | None = None
        self.found: dict[str, Any] | None = None

    def _forget_copy(self) -> None:
        """Drop the draft, the run and the results."""
        _end(self._going)
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        self.asked: Request | None = None
        self.drafted: dict[str, Any] | None = None
        self.copy: Path | None = None
        self._table = ""

    def take(self, content: bytes, name: str) -> None:
        """Take an upload in place of what was there, and look at its columns; InputError when it is refused."""
        self._look(lambda: uploads.accept(content, name, self.folder, self.bounds))

    def take_path(self, path: str) -> None:
        """Take a file of the repository; InputError when it is elsewhere or refused."""
        self._look(lambda: uploads.named(path, self.repository, self.folder, self.bounds))

    def _look(self, take: Any) -> None:
        refuse_read_only()
        self._forget()
        upload: Upload = take()
        question = ("look", upload.file.name, upload.name, str(self.bounds.fields))
        try:
            self.found = processes.answer(self.folder, self.folder, self.bounds, *question)
        except InputError as error:
            raise InputError(str(error).replace(upload.file.name, upload.name)) from None
        self.found["notes"] = [*upload.notes, *self.found["notes"]]
        self.upload = upload

    def draft(self, asked: Request) -> None:
        """Draft the parameters for these roles in a new copy of the repository; ``asked.table`` is filled in.

        Raises:
            InputError: a role that a column cannot have; a fault per line.
        """
        refuse_read_only()
        upload = self._uploaded()
        folders.use(self.folder)
        self._forget_copy()
        self.copy, self._table = copies.made(self.repository, self.folder / "copy", upload)
        given = {**vars(asked), "table": self._table}
        try:
            self.drafted = processes.answer(self.folder, self.copy, self.bounds, "draft", given=given)
        except InputError as error:
            raise InputError(self._shown(str(error))) from None
        self.asked = asked

    @property
    def uncommitted(self) -> int:
        """Files of the repository with changes that no commit has, which a copy does not have either."""
        return len(git.changes(self.repository))

    def run(self) -> None:
        """Start all stages on the draft.

        Raises:
            InputError: there is no draft, or another run is going.
        """
        refuse_read_only()
        if self.copy is None or self.drafted is None:
            raise InputError("the roles have not been checked; check them, then run")
        try:
            self._going[:] = [Run(self.repository, self.copy, self.folder, self.bounds)]
        except RepositoryError as error:
            raise InputError(str(error)) from None

    @property
    def progress(self) -> Progress | None:
        """How far the run is, None before one; the copy goes when a run fails."""
        if not self._going:
            return None
        folders.use(self.folder)
        now = self._going[0].progress()
        if now.ended and not now.succeeded and self.copy is not None:
            shutil.rmtree(self.folder / "copy", ignore_errors=True)
            self.copy = self.drafted = None
        return replace(now, refusals=tuple(map(self._shown, now.refusals)))

    @property
    def results(self) -> Path | None:
        """The copy with the results of a run that succeeded, else None."""
        now = self.progress
        return self.copy if now and now.succeeded else None

    def cancel(self) -> None:
        """End the run, if one is going; its copy goes."""
        if self._going:
            self._going[0].cancel()

    def archive(self) -> bytes:
        """The results as a ZIP file; InputError where there are none."""
        return archive.archive(self._results())

    def branch(self) -> str:
        """Make the results a branch of the repository; its name."""
        refuse_read_only()
        return copies.branch(self.repository, self._results(), self._uploaded())

    def close(self) -> None:
        """End the run and delete everything."""
        self._forget()
        _vanish(self._going, self.folder)

    def _uploaded(self) -> Upload:
        if self.upload is None:
            raise InputError("no table was uploaded; upload one first")
        return self.upload

    def _results(self) -> Path:
        if (results := self.results) is None:
            raise InputError("no run has ended well; run all stages first")
        return results

    def _shown(self, text: str) -> str:
        """The text with the upload's name in place of where it is stored."""
        name = self.upload.name if self.upload else "the table"
        return text.replace(self._table, name) if self._table else text


_OPEN: weakref.WeakSet[Desk] = weakref.WeakSet()


def close_all() -> None:
    """End every run of this server and delete everything; a server that a signal ends runs no finalizer."""
    for desk in list(_OPEN):
        desk.close()


def _end(going: list[Run]) -> None:
    for run in going:
        run.cancel()
    going.clear()


def _vanish(going: list[Run], folder: Path) -> None:
    _end(going)
    folders.remove(folder)
