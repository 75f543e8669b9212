"""Reweighing, and the sweep and choice of the label threshold. Imports fairness and modelling."""
