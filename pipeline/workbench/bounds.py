"""How much somebody's own table may take of the server; each bound can be set by an environment variable."""

from __future__ import annotations

import os
from dataclasses import dataclass

from responsible.validation import InputError

READ_ONLY = "DASHBOARD_READ_ONLY"
MIB = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """Bytes of a table as uploaded and unpacked, its fields (rows times columns), and memory and time of a run."""

    upload: int = 200 * MIB
    unpacked: int = 2_000 * MIB
    fields: int = 1_000_000_000
    memory: int = 4_000 * MIB
    seconds: int = 3_600
    look: int = 120  # seconds that reading a table may take before a run


VARIABLES = {
    "upload": ("DASHBOARD_UPLOAD_MIB", MIB),
    "memory": ("DASHBOARD_MEMORY_MIB", MIB),
    "seconds": ("DASHBOARD_RUN_SECONDS", 1),
}


def from_environment() -> Bounds:
    """The bounds, those of ``VARIABLES`` in place of the usual ones.

    Raises:
        InputError: a variable is not a whole number above 0.
    """
    given = {}
    for name, (variable, unit) in VARIABLES.items():
        if text := os.environ.get(variable, "").strip():
            if not text.isdecimal() or not int(text):
                raise InputError(f"{variable} must be a whole number above 0, got {text!r}; correct or unset it")
            given[name] = int(text) * unit
    return Bounds(**given)


def is_read_only() -> bool:
    """Whether the server takes no uploads, starts no runs and makes no branches."""
    return os.environ.get(READ_ONLY, "").strip() not in ("", "0")


def refuse_read_only() -> None:
    """InputError where :func:`is_read_only`."""
    if is_read_only():
        raise InputError(f"this dashboard is read-only ({READ_ONLY}); ask whoever runs it, or use `make start`")
