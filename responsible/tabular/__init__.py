"""From the fields of a table to typed columns and counted cells. Imports validation."""
