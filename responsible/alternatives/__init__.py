"""Less discriminatory alternatives: chosen on validation rows, reported on test rows, beside what was attainable.

Nothing here says that a model is fair; it says what else was to be had of like quality.
"""
