"""Levels that may be published: what is merged, on a table counted by hand and on any table."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from responsible.tabular.levels import Disclosure, blanked, published_names

ELEVEN = Disclosure(minimum_cell=11)
ROLES = {"A": "privileged", "B": "unprivileged", "C": "unprivileged", "D": "unprivileged", "E": "excluded"}


def names(counts, gone=()):
    """Published names of levels from ``{level: (rows of label 0, rows of label 1)}``."""
    rows = [(level, label, n) for level, both in counts.items() for label, n in enumerate(both)]
    levels, labels, n = zip(*rows, strict=True)
    return published_names(levels, ROLES, [np.array(labels)], n, ELEVEN, gone=gone)


def test_a_small_level_is_merged_with_the_next_larger_one():
    """C has three rows of label 1, so it is counted with D, the smaller of the levels whose sum with it is safe."""
    found = names({"A": (40, 40), "B": (90, 90), "C": (20, 3), "D": (30, 30)})
    assert found == {"A": "A", "B": "B", "C": "other levels", "D": "other levels"}


def test_several_small_levels_that_are_enough_together_need_no_other():
    """C and D have six rows of label 1 each, twelve together: B stays by itself."""
    assert names({"A": (40, 40), "B": (90, 90), "C": (20, 6), "D": (30, 6)})["B"] == "B"


def test_no_row_is_safe_and_one_row_is_not():
    """A level without any row of a label is shown, one with a single row is not."""
    assert names({"A": (40, 40), "B": (90, 0), "C": (20, 20)})["B"] == "B"
    assert names({"A": (40, 40), "B": (90, 1), "C": (20, 20)})["B"] == "other levels"


def test_a_side_that_is_too_small_as_a_whole_leaves_nothing():
    """Five privileged rows of label 1 would follow from everybody's and the others', so the attribute is not shown."""
    assert names({"A": (40, 5), "B": (90, 90)}) is None
    assert names({"A": (40, 40), "B": (90, 90), "E": (3, 0)}, gone=("excluded",)) is None


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=5),
    st.sampled_from([(), ("excluded",)]),
)
def test_whatever_is_published_is_safe(both, gone):
    """Every published name has no or at least eleven rows of each label, and holds levels of one role."""
    counts = dict(zip(ROLES, both, strict=True))
    found = names(counts, gone)
    if found is None:
        return
    table = pd.DataFrame(counts).T.groupby(found).sum().to_numpy()
    assert ELEVEN.safe(table)
    for name in set(found.values()):
        assert len({ROLES[level] for level, own in found.items() if own == name}) == 1


def test_blanking_leaves_whole_numbers_whole():
    """Counts beside one that is taken out are still written as whole numbers, and the table given is not changed."""
    table = pd.DataFrame({"n": [3, 40], "reason": ["", ""]})
    out = blanked(table, [True, False], ["n"], ELEVEN.reason)
    assert out.to_csv(index=False) == "n,reason\n,fewer_than_11_people\n40,\n"
    assert table["n"].tolist() == [3, 40]
