"""What each line of work may have in params.yaml: its sections, and what must hold between them and shared ones.

A module is imported only where its line is present (:func:`of`), so that the code of a line that is absent may be
deleted, this folder's module of it included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def of(line: str) -> ModuleType:
    """The module of a line, with its ``Sections`` and ``RELATIONS``."""
    if line == "budget":
        from pipeline.sections import budget

        return budget
    if line == "healthcare":
        from pipeline.sections import healthcare

        return healthcare
    from pipeline.sections import segments

    return segments
