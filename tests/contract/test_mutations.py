"""Ten mistakes that a change could make in the library, each of one line: the tests of its folder must notice them.

Each is made in a copy of the repository, where the named test file must then fail; without it, what failed must pass.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.contract import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.heavy]
COPIED = ("responsible", "pipeline", "tests", "params.yaml", "dvc.yaml", "pyproject.toml", "determinism.env")
TESTS_FAILED = 1  # pytest's exit code when tests ran and some failed; others mean that they could not run


@dataclass(frozen=True)
class Mutation:
    """In ``module`` of responsible, ``old`` becomes ``new``; ``tests`` (of tests/responsible) must notice."""

    module: str
    old: str
    new: str
    tests: str


MUTATIONS = {
    "sign of a measure": Mutation(
        "measures/definition.py",
        "rate(u, rate_name) - rate(p, rate_name)",
        "rate(p, rate_name) - rate(u, rate_name)",
        "fairness/test_measures.py",
    ),
    "verdict on an interval that ends at a limit": Mutation(
        "limits.py",
        "self.low <= low and high <= self.high",
        "self.low < low and high < self.high",
        "fairness/test_verdicts.py",
    ),
    "weights of reweighing upside down": Mutation(
        "mitigation/reweighing.py",
        "np.divide(expected, table, out",
        "np.divide(table, expected, out",
        "mitigation/test_reweighing.py",
    ),
    "no half counts in empty cells": Mutation(
        "statistics/intervals.py",
        "counts + 0.5 * (empty",
        "counts + 0.0 * (empty",
        "statistics/test_intervals.py",
    ),
    "quantiles without interpolation": Mutation(
        "statistics/intervals.py",
        "first + (position - below) * (second - first)",
        "first",
        "statistics/test_intervals.py",
    ),
    "Holm without its running maximum": Mutation(
        "statistics/significance.py",
        "np.maximum.accumulate(p * np.arange(len(p), 0, -1))",
        "p * np.arange(len(p), 0, -1)",
        "statistics/test_significance.py",
    ),
    "denominator of the positive predictive value": Mutation(
        "statistics/rates.py",
        '"positive_predictive_value": _given(_SELECTED, ',
        '"positive_predictive_value": _given(_ROWS, ',
        "statistics/test_rates.py",
    ),
    "Kitagawa's weights of one side only": Mutation(
        "healthcare/decomposition.py",
        "(m_u - m_p) * (w_u + w_p) / 2",
        "(m_u - m_p) * w_u",
        "healthcare/test_decomposition.py",
    ),
    "caps on segments that bind nobody": Mutation(
        "segmentation/capped_assignment.py",
        "np.zeros(upper.shape[0] - k)",
        "np.full(upper.shape[0] - k, len(costs))",
        "segmentation/test_capped_assignment.py",
    ),
    "a hash with ties, so a split with more rows than its share": Mutation(
        "tabular/hashing.py",
        "return square * square % PRIME * x % PRIME",
        "return square * square % PRIME",
        "tabular/test_hashing.py",
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the library's tests need, in a folder where it may be changed."""
    for name in COPIED:
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy2(source, tmp_path / name)
    return tmp_path


def run_tests(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Pytest on files or single tests in the folder, up to the first failure."""
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "-m", "not slow and not peers", *tests]
    # Bytecode of a line that has changed within a second, to as many characters, would be taken for the line's own.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mistake_is_noticed(copy, name):
    """With the mistake in the library a test fails, not the import or the collection; without it that test passes."""
    mutation = MUTATIONS[name]
    module = copy / "responsible" / mutation.module
    text = module.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.module} no longer has the line once: {mutation.old}"
    module.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    done = run_tests(copy, f"tests/responsible/{mutation.tests}")
    assert done.returncode == TESTS_FAILED, done.stdout + done.stderr
    (failed,) = re.findall(r"^FAILED (\S+?)(?:\[.*)?(?: - .*)?$", done.stdout, re.MULTILINE)
    module.write_text(text, encoding="utf-8")
    done = run_tests(copy, failed)
    assert done.returncode == 0, done.stdout + done.stderr
