"""What a fairness measure is, of counts and of scores, and within strata. The registry is in ``fairness``."""
