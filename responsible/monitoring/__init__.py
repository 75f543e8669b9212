"""Later batches against a reference: drift, figures by period, estimates without labels, alarms. Imports fairness."""
