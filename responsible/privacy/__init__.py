"""Declared bounds, mechanisms, accounting, attacks, utility, release. Imports clustering and statistics."""
