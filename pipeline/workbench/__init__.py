"""Somebody's own table in a copy of the repository: upload, roles, all stages within bounds, and what came out."""
