"""Every figure by its path, freshness, fingerprint, verdicts of the policy. Imports storage and governance."""
