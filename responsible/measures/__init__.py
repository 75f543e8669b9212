"""What a fairness measure is, of counts and of scores, and within strata. The registry is in ``fairness``."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Known", "Measure", "OfFunction", "measure_of"]

if TYPE_CHECKING:
    from responsible.measures.definition import Known, Measure
    from responsible.measures.of_function import OfFunction, measure_of
else:
    __getattr__, __dir__ = lazily(
        __name__, {"definition": ("Known", "Measure"), "of_function": ("OfFunction", "measure_of")}
    )
