"""Reweighing, and the sweep and choice of the label threshold. Imports fairness and modelling."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Reweigh", "Sweep", "ThresholdChoice", "Weights", "choose_threshold", "reweigh", "sweep_cells"]

if TYPE_CHECKING:
    from responsible.mitigation.reweighing import Reweigh, Weights, reweigh
    from responsible.mitigation.threshold_choice import ThresholdChoice, choose_threshold
    from responsible.mitigation.threshold_figures import Sweep
    from responsible.mitigation.threshold_sweep import sweep_cells
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "reweighing": ("Reweigh", "Weights", "reweigh"),
            "threshold_choice": ("ThresholdChoice", "choose_threshold"),
            "threshold_figures": ("Sweep",),
            "threshold_sweep": ("sweep_cells",),
        },
    )
