"""Like cases decided unlike: near tiles compared by products of matrices, against the published loop over all pairs."""

from __future__ import annotations

import math
import time
from typing import Any

from benchmarks._measure import ROOT, best, child, table

THRESHOLD = 0.9


def run(*, small: bool = False) -> None:
    """The loop at n = 1,000, then the growth of the tiles; each size in an interpreter of its own."""
    where, outcome = cases(1000)
    loop, (pairs, violations) = best(lambda: published(where, outcome), 1 if small else 3)
    tile, found = best(lambda: counted(where, outcome))
    if (found["pairs"], found["violations"]) != (pairs, violations):
        raise AssertionError(f"tiles count {found}, the loop {pairs} and {violations}")
    print(f"n = 1,000: loop over all pairs {loop:.2f} s, tiles {tile:.4f} s, ratio {loop / tile:,.0f}; equal counts")
    rows = []
    for n in (1_000, 5_000) if small else (1_000, 10_000, 100_000, 1_000_000):
        ran = child("benchmarks.similarity:size", n=n)
        own = ran.value
        rows.append([f"{n:,}", f"{own['seconds']:.3f} s", f"{ran.peak:,.0f} MiB", f"{own['pairs']:,}"])
        rows[-1].append(f"{loop * (n / 1000) ** 2 / own['seconds']:,.0f}")
    table(["cases", "tiles", "peak memory", "like pairs", "loop (n² from 1,000) / tiles"], rows)


def cases(n: int) -> tuple[Any, Any]:
    """The points and outcomes of n sample cases, scaled and weighted as the parameters declare."""
    import pandas as pd
    from ruamel.yaml import YAML

    from responsible.datasets.healthcare import draw
    from responsible.fairness import individual

    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    features, weights = tree["healthcare"]["features"], tree["healthcare_audit"]["similarity"]["weights"]
    raw = pd.concat([pd.DataFrame(chunk) for chunk in draw(n, 12)], ignore_index=True)
    spans = {name: (features[name]["minimum"], features[name]["maximum"]) for name in weights}
    scaled = pd.DataFrame({name: (raw[name].astype(float) - a) / (b - a) for name, (a, b) in spans.items()})
    return individual.points(scaled, weights), raw["approved"].to_numpy(dtype=int)


def published(where: Any, outcome: Any) -> tuple[int, int]:
    """Each pair in turn, as tutorials and audit scripts write it."""
    points, decided = where.tolist(), outcome.tolist()
    pairs = violations = 0
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            distance = math.sqrt(sum((a - b) ** 2 for a, b in zip(points[i], points[j], strict=True)))
            if max(0.0, 1 - distance) > THRESHOLD + 1e-9:
                pairs += 1
                violations += decided[i] != decided[j]
    return pairs, violations


def counted(where: Any, outcome: Any) -> dict[str, Any]:
    """The same by tiles."""
    from responsible.fairness.individual import like_pairs

    found = like_pairs(where, outcome, THRESHOLD)
    return {"pairs": found.pairs, "violations": found.violations}


def size(n: int) -> dict[str, Any]:
    """Counts of n cases and the seconds of the count alone."""
    where, outcome = cases(n)
    start = time.perf_counter()
    found = counted(where, outcome)
    return found | {"seconds": time.perf_counter() - start}
