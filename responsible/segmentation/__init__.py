"""The line of work on segments. Imports clustering, fairness and privacy, never another line of work."""
