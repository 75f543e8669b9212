"""Partitions of points: methods, choice of their number, stability, null reference. Imports statistics."""
