"""Publish segments once, with fresh secret noise: ``make release-segments``, the only command whose noise protects.

Not a stage of the pipeline: DVC would keep the result and give it again, and its seed would be known. Each call draws
new noise, records no seed, and adds what it spends to ``releases/ledger.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.entry import run
from pipeline.results.catalogue import Metrics
from pipeline.storage.files import read_json, read_parquet, write_csv, write_json
from pipeline.storage.parameters import load
from responsible.names import FEATURE
from responsible.privacy.domain import Privacy, domain
from responsible.privacy.noise import Noise, SecretNoise
from responsible.privacy.release import described, line, noisy_rows, released, spent
from responsible.segmentation.schema import Segments
from responsible.validation import InputError, Params


class Parameters(Params):
    """What a release reads of the parameter file."""

    segments: Segments
    privacy: Privacy = Field(alias="cluster_privacy.privacy")


def main(
    *,
    params: str = "params.yaml",
    table: str = "data/prepared/segments.parquet",
    metrics: str = Metrics.CLUSTER_PRIVACY,
    folder: str = "releases",
    noise: Noise | None = None,
) -> None:
    """Publish what `cluster_privacy.privacy.release` says, as the next number in ``folder``."""
    if "DVC_STAGE" in os.environ:
        raise InputError(
            "release: must not be a stage of a pipeline, which would repeat it; run `make release-segments`"
        )
    given = load(params, Parameters)
    segments, privacy = given.segments, given.privacy
    if segments.missing == "median":
        raise InputError(
            f"{params}: segments.missing must be refuse or drop for a release, got 'median': one person changes it, "
            "and with it other people's rows, which the noise does not cover"
        )
    low, high = segments.bounds()
    names, bounds = list(segments.features), domain(low, high, privacy.clip_norm)
    frame, _ = read_parquet(table)
    k = read_json(metrics)["cluster_privacy"]["k"]
    x = frame[[FEATURE + name for name in names]].to_numpy()
    published = released(x, bounds, k, privacy, noise or SecretNoise())
    history, ledger = _history(Path(folder) / "ledger.json")
    number = len(history) + 1
    history.append(line(number, privacy.release, privacy.delta))
    total = spent(history, privacy.delta)
    # The account comes first: a release that was interrupted may have been seen.
    write_json(ledger, {"releases": history, "epsilon": total, "delta": privacy.delta})
    _write(Path(folder) / f"segments-{number:04}", published, names, described(published, names, bounds, privacy))
    print(f"release {number}: {privacy.release.mechanism}, ε = {privacy.release.epsilon:g}, δ = {privacy.delta:g}")
    print(f"all releases about these people together: ε = {total:.4g}, written to {ledger}")


def _history(path: Path) -> tuple[list[dict[str, Any]], Path]:
    return (read_json(path)["releases"] if path.exists() else []), path


def _write(stem: Path, published: Any, names: list[str], content: dict[str, Any]) -> None:
    rows = noisy_rows(published, names)
    if rows is not None:
        write_csv(stem.with_suffix(".csv"), rows)
    write_json(stem.with_suffix(".json"), content)


if __name__ == "__main__":
    run(main)
