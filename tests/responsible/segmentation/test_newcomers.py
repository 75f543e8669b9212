"""Later people in segments: the nearest centre by brute force and by scikit-learn, scaling, missing values."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from responsible.segmentation.newcomers import assigned, placed
from responsible.segmentation.schema import Segments


def roles(missing="refuse"):
    feature = {"minimum": -100, "maximum": 100}
    return Segments(
        source="people.csv", delimiter=",", protected="group", missing=missing, features={"f": feature, "g": feature}
    )


def test_the_nearest_centre_is_that_of_brute_force_and_of_scikit_learn():
    """Of 500 points and five centres, segment and distance agree with each distance by itself and with `predict`."""
    rng = np.random.default_rng(1)
    fitted = KMeans(5, n_init=3, random_state=0).fit(rng.standard_normal((300, 3)))
    points, centres = rng.standard_normal((500, 3)), fitted.cluster_centers_
    labels, distance = assigned(points, centres)
    by_hand = np.array([[np.sqrt(((x - c) ** 2).sum()) for c in centres] for x in points])
    assert labels.tolist() == by_hand.argmin(axis=1).tolist() == fitted.predict(points).tolist()
    assert distance == pytest.approx(by_hand.min(axis=1), abs=1e-12)
    assert distance == pytest.approx(fitted.transform(points).min(axis=1), abs=1e-12)


def test_later_people_are_scaled_like_those_who_were_segmented():
    """A hand-counted table: f has mean 2 and deviation 2, g mean 0 and deviation 10; later values change neither."""
    people = pd.DataFrame({"x.f": [0.0, 0, 4, 4], "x.g": [-10.0, 10, -10, 10], "a.group": list("AABB")})
    later = pd.DataFrame({"x.f": [2.0, 400], "x.g": [0.0, 10], "a.group": ["A", "B"], "period": ["2025-01"] * 2})
    found = placed(people, np.array([[0.0, 0.0], [4.0, 0.0]]), later, roles())
    assert found["period"].tolist() == [""] * 4 + ["2025-01"] * 2
    assert found["segment"].tolist() == [1, 1, 2, 2, 1, 2]
    assert found["distance"].tolist() == pytest.approx([1, 1, 1, 1, 1, np.hypot(198, 1)], abs=1e-6)


@pytest.mark.parametrize(("missing", "segments"), [("drop", [2]), ("median", [1, 2])])
def test_a_missing_value_is_what_it_is_for_the_segments(missing, segments):
    """A later row without a value is left out, or has the median of those who were segmented."""
    people = pd.DataFrame({"x.f": [0.0, 0, 0, 9], "x.g": [-1.0, 1, -1, 1], "a.group": list("AABB")})
    later = pd.DataFrame({"x.f": [np.nan, 9], "x.g": [1.0, 1], "a.group": ["A", "B"], "period": ["2025-01"] * 2})
    found = placed(people, np.array([[0.0, 0.0], [9.0, 0.0]]), later, roles(missing))
    assert found.loc[found["period"] != "", "segment"].tolist() == segments
