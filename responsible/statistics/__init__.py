"""Rates of count tables, their intervals, tests and losses. Imports validation and limits."""
