"""The segments line's sections of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from responsible.segmentation.report import ClusterPrivacy
from responsible.segmentation.schema import Segments
from responsible.validation import Params


class Sections(Params):
    """Every section of the line."""

    segments: Segments
    cluster_privacy: ClusterPrivacy


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = ()
