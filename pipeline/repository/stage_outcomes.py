"""What DVC says of each stage while it reproduces a pipeline, read from its standard output."""

from __future__ import annotations

import re

RAN, RESTORED, UP_TO_DATE = "ran", "restored from the run-cache", "up to date"
# What DVC says of each stage, in its own words; where it says two things of one stage the later line holds.
SAYINGS = {
    r"Stage '(.+)' didn't change, skipping": UP_TO_DATE,
    r"Stage '(.+)' is cached - skipping run, checking out outputs": RESTORED,
    r"Running stage '(.+)':": RAN,
}


def outcomes(said: str) -> dict[str, str]:
    """Stage → ``RAN`` (or running still), ``RESTORED`` or ``UP_TO_DATE``, in the order DVC came to them."""
    found: dict[str, str] = {}
    for line in said.splitlines():
        for pattern, outcome in SAYINGS.items():
            if match := re.fullmatch(pattern, line.strip()):
                found[match[1]] = outcome
    return found
