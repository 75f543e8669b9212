"""The segments line's sections of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from responsible.segmentation.newcomers import Newcomers
from responsible.segmentation.report import ClusterPrivacy
from responsible.segmentation.schema import Segments
from responsible.validation import Params


class Sections(Params):
    """Every section of the line."""

    segments: Segments
    segments_batches: Newcomers | None = None  # absent where no later people are followed
    cluster_privacy: ClusterPrivacy


def _followed(segments: Segments, segments_batches: Newcomers | None = None, monitor: object = None) -> Iterator[str]:
    if segments_batches is None:
        return
    if monitor is None:
        yield "segments_batches: is judged by the monitor, which has no section; add one, or take this out"
    if (name := segments_batches.time) in (segments.protected, *segments.features):
        yield f"segments_batches.time and the segments table's columns must be different, got {name!r} for both"


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = (_followed,)
