"""What-if questions about this repository's models: what they are asked of, in which words, and as an experiment."""
