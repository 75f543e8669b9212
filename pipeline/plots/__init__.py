"""Pictures, one module for each line of work. Imports reporting."""
