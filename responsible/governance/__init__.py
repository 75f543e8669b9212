"""Policy, register of risks, change between two versions. Imports fairness and statistics."""
