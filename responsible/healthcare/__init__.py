"""The line of work on recorded decisions. Imports fairness, never another line of work."""
