"""Names of marks in a plane: near their own, inside, and over as little else as possible."""

from pipeline.alternatives.labels import MARK, placed

INSIDE = (0.0, 0.0, 300.0, 200.0)


def covered(label, marks):
    """The marks that a name covers."""
    left, top, right, bottom = label.box
    return [(x, y) for x, y in marks if left < x + MARK and x - MARK < right and top < y + MARK and y - MARK < bottom]


def test_a_name_alone_stands_beside_its_mark():
    """In an empty plane it begins nine pixels to the right and below."""
    (label,) = placed([(100.0, 100.0, "best")], [(100.0, 100.0)], INSIDE)
    assert (label.x, label.y, label.end, label.far) == (109.0, 118.0, False, False)


def test_a_name_ends_before_the_edge():
    """At the right edge it stands to the left of its mark, above it, where there is room."""
    (label,) = placed([(290.0, 100.0, "in use")], [(290.0, 100.0)], INSIDE)
    assert (label.x, label.y, label.end) == (281.0, 93.0, True)


def test_names_cover_neither_marks_nor_each_other():
    """Among a rising row of marks two neighbours are named without hiding any mark, farther away where needed."""
    marks = [(60.0 + 9 * i, 150.0 - 5 * i) for i in range(12)]
    named = [(*marks[5], "alternative"), (*marks[6], "in use")]
    first, second = placed(named, marks, INSIDE)
    assert covered(first, marks) == covered(second, marks) == []
    a, b = first.box, second.box
    assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])
    crowd = [*marks, (150.0, 125.0), (70.0, 105.0), (150.0, 105.0), (90.0, 130.0)]
    assert any(own.far for own in placed(named, crowd, INSIDE))
