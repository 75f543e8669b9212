"""Text for terminals."""

from __future__ import annotations

from collections.abc import Sequence


def columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of texts as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
