"""Encoding, logistic regression on counts and its performance. Imports tabular and statistics."""
