"""The three synthetic sample tables. Imports validation only."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["budget", "healthcare", "segments"]

if TYPE_CHECKING:
    from responsible.datasets import budget, healthcare, segments
else:
    __getattr__, __dir__ = lazily(__name__, {"budget": (), "healthcare": (), "segments": ()})
