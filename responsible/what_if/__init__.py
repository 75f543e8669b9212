"""What if: other thresholds, limits or populations, answered from counted cells in the time of a click."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Answer", "Case", "Question", "answer", "quality"]

if TYPE_CHECKING:
    from responsible.what_if.answers import Answer, answer
    from responsible.what_if.questions import Case, Question
    from responsible.what_if.scores import quality
else:
    __getattr__, __dir__ = lazily(
        __name__, {"answers": ("Answer", "answer"), "questions": ("Case", "Question"), "scores": ("quality",)}
    )
