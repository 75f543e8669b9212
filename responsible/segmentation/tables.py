"""The tables of a segmentation: frames of its figures, one row for each candidate, segment or share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from responsible.clustering.model_selection import Candidate, knee
from responsible.clustering.partition import Labels, Points, inertia
from responsible.segmentation.scorecard import Criterion
from responsible.segmentation.segments import Segmentation


def name_of(candidate: Candidate | None) -> str:
    """As in "kmeans 3"; empty for None."""
    return f"{candidate.name[0]} {candidate.name[1]}" if candidate else ""


def candidates_table(found: Segmentation) -> pd.DataFrame:
    """Every candidate with inertia, silhouette, BIC, stability quartiles, and whether it was chosen or may be."""
    rows = []
    for candidate, again in zip(found.choice.candidates, found.refits.values(), strict=True):
        method, k = candidate.name
        low, median, high = again.quartiles()
        rows.append(
            {
                "candidate": name_of(candidate),
                "method": method,
                "k": k,
                "inertia": candidate.inertia,
                "silhouette": candidate.silhouette.value,
                "silhouette_low": candidate.silhouette.low,
                "silhouette_high": candidate.silhouette.high,
                "bic": candidate.fitted.bic,
                "ari_lower_quartile": low,
                "ari_median": median,
                "ari_upper_quartile": high,
                "smallest": candidate.smallest,
                "eligible": candidate.eligible,
                "chosen": candidate is found.choice.chosen,
            }
        )
    return pd.DataFrame(rows)


def elbow(table: pd.DataFrame, points: Points, found: Segmentation) -> int | None:
    """The knee of KMeans' inertia (of the first method when it was not tried), K = 1 included (of as many points)."""
    method = "kmeans" if (table["method"] == "kmeans").any() else table["method"].iloc[0]
    curve = table[table["method"] == method].set_index("k")["inertia"]
    one = inertia(points, np.zeros(len(points), dtype=np.int64)) * found.fitted_rows / len(points)
    return knee({1: one, **{int(str(k)): float(v) for k, v in curve.items()}})


def segments_table(found: Segmentation, features: Sequence[str]) -> pd.DataFrame:
    """Every segment: people, centre in the features' units, silhouette, likeness in the refits."""
    rows = [asdict(member) | _centre(member.centre, features) for member in found.members]
    return pd.DataFrame(rows).drop(columns="centre")


def _centre(centre: Points, features: Sequence[str]) -> dict[str, float]:
    return {f"mean_{name}": float(value) for name, value in zip(features, centre, strict=True)}


def shares_table(found: Segmentation) -> pd.DataFrame:
    """Every level in every segment, as in :class:`responsible.segmentation.representation.Share`."""
    return pd.DataFrame([asdict(share) for share in found.shares])


def scores_table(scores: Mapping[str, Sequence[Criterion]]) -> pd.DataFrame:
    """Every criterion of every configuration with its points."""
    rows = [
        {"configuration": configuration, **asdict(criterion), "points": criterion.points}
        for configuration, criteria in scores.items()
        for criterion in criteria
    ]
    return pd.DataFrame(rows)


def plane(points: Points, labels: Labels, codes: Labels, most: int, rng: np.random.Generator) -> pd.DataFrame:
    """At most ``most`` points in their first two principal components: ``first``, ``second``, ``segment``, ``code``.

    The sign of a component is fixed by making its largest loading positive. One feature alone is drawn against zero.
    """
    rows = np.sort(rng.choice(len(points), min(len(points), most), replace=False))
    _, axes = np.linalg.eigh(np.cov(points.T).reshape(points.shape[1], -1))
    axes = axes[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    shown = points[rows] @ axes
    second = shown[:, 1] if shown.shape[1] > 1 else np.zeros(len(shown))
    return pd.DataFrame({"first": shown[:, 0], "second": second, "segment": labels[rows] + 1, "code": codes[rows]})
