"""Measurements of speed, each figure beside its rival in the same run: ``python -m benchmarks``, or ``make bench``.

A part is a module of this folder that defines ``run(small: bool) -> None`` and prints what it finds. A part whose
answers differ from its rival's ends the run: the speed of a wrong answer is no figure.
"""

import pipeline  # noqa: F401 - applies determinism.env before numpy is loaded
