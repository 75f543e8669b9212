"""From the fields of a table to typed columns and counted cells. Imports validation."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Budget", "Conjunctions", "Grid", "Plan", "Prepare", "Sensitive", "base_rates", "cuts", "labels"]

if TYPE_CHECKING:
    from responsible.tabular.cells import Grid, Plan, cuts, labels
    from responsible.tabular.conjunctions import Conjunctions
    from responsible.tabular.profile import base_rates
    from responsible.tabular.schema import Budget, Sensitive
    from responsible.tabular.sources import Prepare
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "cells": ("Grid", "Plan", "cuts", "labels"),
            "conjunctions": ("Conjunctions",),
            "profile": ("base_rates",),
            "schema": ("Budget", "Sensitive"),
            "sources": ("Prepare",),
        },
    )
