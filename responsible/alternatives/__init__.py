"""Less discriminatory alternatives: chosen on validation rows, reported on test rows, beside what was attainable.

Nothing here says that a model is fair; it says what else was to be had of like quality. Imports fairness,
mitigation and modelling.
"""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Alternatives", "Material", "bound", "roc", "search"]

if TYPE_CHECKING:
    from responsible.alternatives.attainable import bound
    from responsible.alternatives.material import Material
    from responsible.alternatives.parameters import Alternatives
    from responsible.alternatives.polytope import roc
    from responsible.alternatives.searching import search
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "attainable": ("bound",),
            "material": ("Material",),
            "parameters": ("Alternatives",),
            "polytope": ("roc",),
            "searching": ("search",),
        },
    )
