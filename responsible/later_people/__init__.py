"""Later people in the segments of earlier ones: what the monitor asks of them. Imports monitoring."""
