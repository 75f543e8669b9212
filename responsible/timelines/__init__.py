"""Other lines of work by period: what the monitor asks of their counts. Imports monitoring."""
