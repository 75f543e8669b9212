"""The dashboard: pages that show results and answer questions about them. Nothing of the pipeline imports it."""
