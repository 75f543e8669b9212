"""From a file to a draft of `params.yaml`: what the table is, the sections that follow, and what only people decide."""
