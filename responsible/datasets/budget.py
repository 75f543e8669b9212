"""A synthetic table of people, activities and budgets with a strong, known link between education and budget.

The structure imitates a public teaching table (300,000 rows, itself synthetic); no row of it is used. Two causes
draw everything else, so that a model learns education from age and activity even where it is not shown it:

* **education** is a degree (Bachelor or Master, equally likely) with probability 0.421, else one of High School Grad,
  Did Not Graduate HS, Other or missing, equally likely. A missing level therefore *means* "no degree": imputing the
  most frequent level moves people into the privileged group.
* **block** of age and budget, given degree or not: young with a low budget, older with a low one, older with a high
  one, with the probabilities of ``BLOCKS``. Nobody is young with a high budget.

Given these: age is uniform on 18..23 for the young and on three bands (25..43, 45..65, 66..91) for the rest; a low
budget is uniform on 1..299 dollars, a high one on 300..4999. The young are shown the two "Play" activities, older
people without a finished higher school the three "Stay in" ones, everybody else any of the nine. Gender is uniform
over five levels and missing, independent of all but children: women nearly always have some (0.98), others have, have
not or do not say with equal probability.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from responsible.datasets.chunks import CHUNK, Columns, chunks

DEGREES = ("Bachelor’s Degree", "Master’s Degree")  # typographic apostrophes, as in the original's spelling
EDUCATIONS = (*DEGREES, "High School Grad", "Did Not Graduate HS", "Other", None)
GENDERS = ("Male", "Female", "Non-binary", "Transgender", "Other", None)
ACTIVITIES = (
    "Play: Go shopping",
    "Play: Visit a movie theater",
    "Stay in: Color",
    "Stay in: Play a game",
    "Stay in: Watch calming TV",
    "Explore: Go sightseeing",
    "Explore: Hike",
    "Explore: Visit a park",
    "Learn: Visit a library",
)
COLUMNS: dict[str, type] = {
    "Budget (in dollars)": int,
    "Age": int,
    "Gender": str,
    "Education_Level": str,
    "With children?": int,
    "Recommended_Activity": str,
}

DEGREE = 0.421
BLOCKS = ((0.9589, 0.0326, 0.0085), (0.00723, 0.00022, 0.99255))  # young low, older low, older high: no degree, degree
AGE_BANDS = ((25, 44), (45, 66), (66, 92))  # half-open
AGE_SHARES = (0.6576, 0.2300, 0.1124)
CHILDREN = (0, 1, None)
CHILDREN_SHARES = ((1 / 3, 1 / 3, 1 / 3), (0.01, 0.98, 0.01))  # everybody else, women

Codes = npt.NDArray[np.int64]


def draw(rows: int, seed: int) -> Iterator[Columns]:
    """The table in :func:`chunks`; None where a value is missing."""
    return chunks(rows, seed, _chunk)


def _chunk(rng: np.random.Generator, _: int) -> Columns:
    degree = (rng.random(CHUNK) < DEGREE).astype(int)
    education = np.where(degree, rng.integers(0, 2, CHUNK), rng.integers(2, len(EDUCATIONS), CHUNK))
    block = _given(rng, BLOCKS, degree)
    gender = rng.integers(0, len(GENDERS), CHUNK)
    children = _given(rng, CHILDREN_SHARES, (gender == GENDERS.index("Female")).astype(int))
    budget = np.where(block == 2, rng.integers(300, 5000, CHUNK), rng.integers(1, 300, CHUNK))
    age = np.where(block > 0, _older(rng), rng.integers(18, 24, CHUNK))
    columns = (
        budget.astype(object),
        age.astype(object),
        _named(GENDERS, gender),
        _named(EDUCATIONS, education),
        _named(CHILDREN, children),
        _named(ACTIVITIES, _activity(rng, block > 0, education)),
    )
    return dict(zip(COLUMNS, columns, strict=True))


def _older(rng: np.random.Generator) -> Codes:
    bands = np.array(AGE_BANDS)[_given(rng, (AGE_SHARES,), np.zeros(CHUNK, int))]
    return rng.integers(bands[:, 0], bands[:, 1])


def _activity(rng: np.random.Generator, older: npt.NDArray[np.bool_], education: Codes) -> Codes:
    school = (education == 2) | (education == 3)
    low = np.where(~older, 0, np.where(school, 2, 0))
    high = np.where(~older, 2, np.where(school, 5, len(ACTIVITIES)))
    return rng.integers(low, high)


def _given(rng: np.random.Generator, shares: tuple[tuple[float, ...], ...], row: Codes) -> Codes:
    """One draw an element from the distribution ``shares[row]``, by the inverse of its cumulated shares."""
    cumulated = np.cumsum(shares, axis=1)[:, :-1]
    return (rng.random(len(row))[:, None] >= cumulated[row]).sum(axis=1)


def _named(levels: tuple[str | int | None, ...], codes: Codes) -> npt.NDArray[np.object_]:
    return np.array(levels, dtype=object)[codes]
