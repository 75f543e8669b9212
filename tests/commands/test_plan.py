"""commands.plan: rows per group before data exist."""

import math

import pytest
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from commands import plan
from responsible.validation import InputError


def test_the_rows_are_statsmodels(capsys):
    """The printed rows are statsmodels' sample size for two proportions, rounded up."""
    plan.main(0.1, 0.3)
    rows = math.ceil(samplesize_proportions_2indep_onetail(0.1, 0.3, 0.8, alpha=0.05, alternative="two-sided"))
    assert capsys.readouterr().out.startswith(
        f"{rows:,} rows in each group are needed to show that rates of 0.3 and 0.4 differ"
    )


@pytest.mark.parametrize(
    ("given", "what"), [((0.0, 0.3, 0.8), "rate"), ((0.8, 0.3, 0.8), "rate"), ((0.1, 0.3, 1), "power")]
)
def test_what_cannot_be_planned_is_refused(given, what):
    """No difference, a rate beyond 1 or a power of 1 are errors that name the option."""
    with pytest.raises(InputError, match=what):
        plan.main(given[0], given[1], power=given[2])
