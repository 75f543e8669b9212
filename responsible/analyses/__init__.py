"""Analyses of any scored model besides the audit: thresholds, calibration, similar groups, impact ratios, failures."""
