"""The tables of a segmentation: frames of its figures, one row a candidate, refit, segment, share or cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from responsible.clustering.model_selection import Candidate, knee
from responsible.clustering.partition import Labels, Points, inertia
from responsible.privacy.tradeoff import Tradeoff
from responsible.segmentation.scorecard import Criterion
from responsible.segmentation.segments import Segmentation

_FIGURES = ("inertia", "silhouette", "ari_median", "bic")
CURVES = ("noisy_silhouette", "silhouette", "ari")  # measures of the wide table that DVC draws


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


def by_k(table: pd.DataFrame) -> pd.DataFrame:
    """One row a K, columns ``<figure>_<method>`` (empty for a method not tried), for plots of several lines."""
    tried = table[table["method"] != "dbscan"]
    wide = tried.pivot_table(index="k", columns="method", values=list(_FIGURES))
    wide.columns = ["_".join(name) for name in wide.columns]
    names = [f"{figure}_{method}" for figure in _FIGURES for method in ("kmeans", "mixture")]
    return wide.reindex(columns=names).reset_index()


def elbow(table: pd.DataFrame, points: Points, found: Segmentation) -> int | None:
    """The knee of KMeans' inertia (of the first method when it was not tried), K = 1 included (of as many points)."""
    method = "kmeans" if (table["method"] == "kmeans").any() else table["method"].iloc[0]
    curve = table[table["method"] == method].set_index("k")["inertia"]
    one = inertia(points, np.zeros(len(points), dtype=np.int64)) * found.fitted_rows / len(points)
    return knee({1: one, **{int(str(k)): float(v) for k, v in curve.items()}})


def refits_table(found: Segmentation) -> pd.DataFrame:
    """Every refit of every candidate with its adjusted Rand index."""
    parts = [
        pd.DataFrame({"candidate": name_of(c), "method": c.name[0], "k": c.name[1], "ari": again.ari})
        for c, again in zip(found.choice.candidates, found.refits.values(), strict=True)
    ]
    return pd.concat(parts).rename_axis("refit").reset_index()


def segments_table(found: Segmentation, features: Sequence[str]) -> pd.DataFrame:
    """Every segment: people, centre in the features' units, silhouette, likeness in the refits."""
    rows = [asdict(member) | _centre(member.centre, features) for member in found.members]
    return pd.DataFrame(rows).drop(columns="centre")


def _centre(centre: Points, features: Sequence[str]) -> dict[str, float]:
    return {f"mean_{name}": float(value) for name, value in zip(features, centre, strict=True)}


def shares_table(found: Segmentation) -> pd.DataFrame:
    """Every level in every segment, as in :class:`responsible.segmentation.representation.Share`."""
    return pd.DataFrame([asdict(share) for share in found.shares])


def frontier_table(found: Segmentation, levels: Sequence[str]) -> pd.DataFrame:
    """Every cap with its price, ``moved_<level>`` for each level."""
    rows = []
    for price in found.prices:
        row = asdict(price)
        row |= {f"moved_{level}": m for level, m in zip(levels, row.pop("moved_by_level"), strict=True)}
        rows.append(row | {"silhouette_lost": found.uncapped - price.silhouette})
    return pd.DataFrame(rows)


def wide_curves(result: Tradeoff) -> pd.DataFrame:
    """One row an ε, columns ``<measure>_<mechanism>``: the medians, for plots of several lines."""
    table = result.curves[(result.curves["level"] == "") & result.curves["measure"].isin(CURVES)]
    wide = table.pivot_table(index="epsilon", columns=["measure", "mechanism"], values="value")
    wide.columns = ["_".join(name) for name in wide.columns]
    return wide.sort_index(axis=1).reset_index()


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
