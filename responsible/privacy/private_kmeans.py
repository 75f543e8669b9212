"""KMeans under central differential privacy: a trusted curator publishes noisy counts and sums, round by round.

Lloyd's algorithm reads the data only through the count and the sum of each cluster's points. Both are published with
Gaussian noise in every one of a fixed number of rounds, and everything else (the next centres, empty clusters, the
result) is worked out from what was published (Blum et al. 2005, "Practical privacy: the SuLQ framework", section 5;
Su et al. 2016, "Differentially private k-means clustering", section 3).

Points lie in the unit ball (:meth:`responsible.privacy.domain.Domain.unit`). Replacing one of them changes the K·(d+1)
numbers of a round by at most 2 in Euclidean norm: a point that stays in its cluster moves its sum by at most 2 and no
count; one that changes clusters moves two counts by 1 and two sums by at most 1. Antipodal points attain it either
way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from responsible.clustering.partition import blocks
from responsible.privacy.domain import DIAMETER
from responsible.privacy.gaussian_mechanism import sigma
from responsible.privacy.noise import Noise

Array = npt.NDArray[np.float64]

CANDIDATES = 200  # random points among which the far-apart starting centres are chosen
ROW = 50  # numbers that a point of a block stands for: 20,000 points and their few columns stay in the cache
LEAST = 2.0  # deviations of noise that a noisy count must reach; an empty cluster does once in 44 rounds
START_RADIUS = 0.5  # of the ball they are drawn from: declared bounds are wide, people stand nearer the middle


@dataclass(frozen=True, eq=False)
class PrivateKMeans:
    """Everything the mechanism publishes, in units of the ball.

    ``centres`` (k, d) are the result and ``counts`` (k,) the noisy sizes of the last round, which may be negative.
    ``asked`` (rounds, k, d) are the centres each round's question was put with and ``answers`` (rounds, k, d+1) its
    noisy counts and sums: the result is a function of these alone.
    """

    centres: Array
    counts: Array
    asked: Array
    answers: Array


def noise_deviation(epsilon: float, delta: float, rounds: int) -> float:
    """Standard deviation of the noise on each count and sum for which all rounds together are (ε, δ)-private.

    2 σ √rounds with σ the analytic multiplier: a round has sensitivity 2, and Gaussian rounds compose exactly.
    """
    return DIAMETER * math.sqrt(rounds) * sigma(epsilon, delta)


class Curator:
    """Who holds the ``points`` (n, d) in the unit ball and works out the true answer to each round's question.

    A question that was put before is not counted again: at every ε the first one of a draw is the same.
    ValueError when a point lies outside the ball, because the guarantee would be false.
    """

    def __init__(self, points: Array) -> None:
        if np.einsum("ij,ij->i", points, points).max(initial=0.0) > 1 + 1e-9:
            raise ValueError("points must lie in the unit ball; map them with Domain.unit")
        self.points = points
        self._answered: dict[bytes, Array] = {}

    def answer(self, centres: Array) -> Array:
        """:func:`counts_and_sums` of the points for ``centres`` (k, d)."""
        key = centres.tobytes()
        if key not in self._answered:
            self._answered[key] = counts_and_sums(self.points, centres)
        return self._answered[key]


def counts_and_sums(points: Array, centres: Array) -> Array:
    """The question of one round: for each centre the number of points nearest to it and their sum, ``(k, d+1)``.

    ‖x‖² is the same for every centre, so ‖c‖² − 2x·c decides; the first centre in a tie.
    """
    lengths = np.einsum("ij,ij->i", centres, centres)[:, None]
    found = np.zeros((len(centres), points.shape[1] + 1))
    for rows in blocks(len(points), ROW):
        part = points[rows]
        scores = -2 * centres @ part.T + lengths
        nearest = scores == scores.min(axis=0)  # of few rows much faster than argmin
        if np.count_nonzero(nearest) > len(part):
            nearest &= nearest.cumsum(axis=0) == 1
        inside = nearest.astype(float)
        found[:, 0] += inside.sum(axis=1)
        found[:, 1:] += inside @ part
    return found


def private_kmeans(curator: Curator, k: int, deviation: float, rounds: int, noise: Noise) -> PrivateKMeans:
    """``k`` centres of the curator's points after ``rounds`` rounds with noise of ``deviation``.

    The number of rounds is fixed: to stop on convergence would look at the data. A cluster whose noisy count is below
    two deviations (or below 1) can hardly be told from an empty one; its centre is drawn anew, blindly.
    """
    d = curator.points.shape[1]
    centres = starting_centres(k, d, noise)
    asked, answers = [], []
    for _ in range(rounds):
        asked.append(centres)
        answers.append(curator.answer(centres) + deviation * noise.standard_normal((k, d + 1)))
        centres = _next_centres(answers[-1], max(1.0, LEAST * deviation), starting_centres(k, d, noise))
    return PrivateKMeans(centres, answers[-1][:, 0], np.array(asked), np.array(answers))


def starting_centres(k: int, d: int, noise: Noise) -> Array:
    """``k`` points (k, d) far from each other, without looking at data: greedily the farthest of random candidates.

    Candidates are uniform in a ball of radius ½ round the middle of the declared bounds.
    """
    direction, share = noise.standard_normal((CANDIDATES, d)), scipy.special.ndtr(noise.standard_normal((CANDIDATES,)))
    length = np.sqrt(np.einsum("ij,ij->i", direction, direction))
    candidates = direction * (START_RADIUS * share ** (1 / d) / length)[:, None]
    taken = [candidates[0]]
    nearby = np.full(CANDIDATES, np.inf)
    for _ in range(k - 1):
        nearby = np.minimum(nearby, ((candidates - taken[-1]) ** 2).sum(axis=1))
        taken.append(candidates[nearby.argmax()])
    return np.array(taken)


def _next_centres(answer: Array, least: float, fresh: Array) -> Array:
    """Noisy sum over noisy count, pulled back into the ball; ``fresh`` centres where the noisy count is too small."""
    seen = answer[:, 0] >= least
    centres = answer[:, 1:] / np.where(seen, answer[:, 0], 1.0)[:, None]
    length = np.sqrt(np.einsum("ij,ij->i", centres, centres))[:, None]
    return np.where(seen[:, None], centres / np.maximum(length, 1), fresh)
