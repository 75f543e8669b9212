"""Later decisions against audited ones: approvals, waits, similar cases by period. Imports healthcare, monitoring."""
