"""A fork and its upstream: merging newer code, and parameters of an older release. No stage depends on it."""
