"""Plan before data exist: ``make plan``, how many rows in each group show a difference of two rates.

``make plan ARGS="--difference 0.1 --rate 0.3"``: the rows per group with which a two-sided test at the confidence of
params.yaml finds the difference with power 0.8. A rate is of what the measure counts: of all rows for statistical
parity, of rows with label 1 for equal opportunity.
"""

from __future__ import annotations

import argparse
import math

from pipeline.entry import run
from pipeline.storage.parameters import section
from responsible.fairness.verdicts import POWER
from responsible.statistics.intervals import Inference
from responsible.statistics.sample_size import detectable
from responsible.validation import InputError

PARAMETERS = "params.yaml"


def main(difference: float, rate: float, *, power: float = POWER, params: str = PARAMETERS) -> None:
    """Print the rows that each of the two groups needs.

    Raises:
        InputError: a rate outside (0, 1), no difference, or a power outside (0, 1).
    """
    confidence = section(params, "inference", Inference).confidence
    if not 0 < power < 1:
        raise InputError(f"--power must be between 0 and 1, got {power:g}")
    try:
        rows = math.ceil(detectable(difference, rate, confidence, power))
    except ValueError as error:
        raise InputError(f"--rate and --rate plus --difference: {error}") from None
    share = f"{100 * power:g} % power at {100 * confidence:g} % confidence"
    rates = f"{rate:g} and {rate + difference:g}"
    print(f"{rows:,} rows in each group are needed to show that rates of {rates} differ: {share}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="make plan ARGS=...", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--difference", type=float, default=0.1, help="smallest difference that matters (0.1)")
    parser.add_argument("--rate", type=float, default=0.5, help="rate of the first group (0.5, which needs most rows)")
    parser.add_argument("--power", type=float, default=POWER, help=f"chance of finding it ({POWER})")
    given = parser.parse_args()
    run(lambda: main(given.difference, given.rate, power=given.power))
