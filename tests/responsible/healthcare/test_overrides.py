"""Human overrides: counted by hand, tested as scipy does, judged and coloured as any other decision."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.documents import healthcare_audit, healthcare_disclosure, healthcare_figures
from pipeline.ingest import row_tables
from responsible.datasets.healthcare import draw
from responsible.healthcare import approval_rates
from responsible.healthcare import schema as h
from responsible.healthcare.approval_rates import OVERRIDE_GAP, OVERRIDE_RATE
from responsible.healthcare.audit import HealthcareAudit, audit
from responsible.limits import Limits
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.sources import Prepare
from responsible.validation import InputError
from responsible.words import Words
from tests.support.planted import INFERENCE, who
from tests.support.tables import tree

LIMITS = {OVERRIDE_GAP: Limits(minimum=-0.1, maximum=0.1)}
LOW = Inference(confidence=0.95, replicates=200, minimum_denominator=1)
ROLE = {"column": "overruled", "positive": ["yes"], "negative": ["no"]}
LIMIT = {**tree()["healthcare_audit"]["limits"], OVERRIDE_GAP: {"minimum": -0.05, "maximum": 0.05}}


def by_hand():
    """GP: 3 + 3 proposed for a yes (3 overruled), 3 + 1 for a no (1 overruled). Surgeon: 5 (none), 4 + 1 (1)."""
    rows = [("GP", 1, 0, 3), ("GP", 0, 1, 3), ("GP", 0, 0, 3), ("GP", 1, 1, 1)]
    rows += [("Surgeon", 1, 0, 5), ("Surgeon", 0, 0, 4), ("Surgeon", 1, 1, 1)]
    table = pd.DataFrame(rows, columns=["a.requester", "outcome", "override", "n"])
    return table.loc[table.index.repeat(table["n"])].drop(columns="n").reset_index(drop=True)


def compared(cases, inference=LOW):
    tables = approval_rates.overrides(cases, who("requester"), LIMITS, inference, np.random.default_rng(0))
    return pd.concat(tables, ignore_index=True).set_index("scope")


def test_overrides_counted_by_hand():
    """All: 4 of 10 against 1 of 10. Proposed for a yes: 3 of 6 against 0 of 5; for a no: 1 of 4 against 1 of 5."""
    found = compared(by_hand())
    counts = found[["count_unprivileged", "support_unprivileged", "count_privileged", "support_privileged"]]
    assert counts.loc["all"].tolist() == [4, 10, 1, 10]
    assert counts.loc["proposed yes"].tolist() == [3, 6, 0, 5]
    assert counts.loc["proposed no"].tolist() == [1, 4, 1, 5]
    assert found["value"].to_dict() == pytest.approx({"all": 0.3, "proposed yes": 0.5, "proposed no": 0.05})
    assert set(found["measure"]) == {OVERRIDE_GAP}
    assert not found["primary"].any()
    for scope, row in found.iterrows():
        k, n, j, m = counts.loc[scope]
        assert row["p"] == pytest.approx(stats.fisher_exact([[k, n - k], [j, m - j]]).pvalue)


def test_rates_of_every_level_have_wilson_intervals():
    """The override rate of each level is its count over its cases, with statsmodels' Wilson interval."""
    from statsmodels.stats.proportion import proportion_confint

    found = pd.concat(approval_rates.every_rate(by_hand(), who("requester"), 0.95))
    own = found[found["rate"] == OVERRIDE_RATE].set_index(["scope", "level"])
    assert own[["count", "of"]].loc[("proposed yes", "GP")].tolist() == [3, 6]
    for _, row in own.iterrows():
        low, high = proportion_confint(row["count"], row["of"], method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_nothing_overruled_is_a_difference_of_nothing():
    """Without one override every difference is 0, and a scope without cases is undefined, never 0."""
    none = by_hand().assign(override=0, outcome=1)
    found = compared(none)
    assert found.loc["all", "value"] == found.loc["proposed yes", "value"] == 0
    assert np.isnan(found.loc["proposed no", "value"])
    assert found.loc["proposed no", "reason"] != ""


def test_without_the_role_or_a_limit_there_is_nothing():
    """A table without the role has no rows of overrides, nor has one whose limits do not name the measure."""
    cases, groups, rng = by_hand(), who("requester"), np.random.default_rng(0)
    assert list(approval_rates.overrides(cases.drop(columns="override"), groups, LIMITS, LOW, rng)) == []
    assert list(approval_rates.overrides(cases, groups, {}, LOW, rng)) == []
    rates = pd.concat(approval_rates.every_rate(cases.drop(columns="override"), groups, 0.95))
    assert OVERRIDE_RATE not in set(rates["rate"])


def sample(rows=3_000):
    """The sample's generator, with GP requests overruled three times as often."""
    raw = pd.concat([pd.DataFrame(c) for c in draw(rows, 5)], ignore_index=True).astype(str)
    chance = np.where(raw["requester_type"] == "GP", 0.30, 0.10)
    overruled = np.random.default_rng(1).random(rows) < chance
    decided = raw["approved"].astype(int).to_numpy()
    return raw.assign(
        overruled=np.where(overruled, "yes", "no"), proposed=(decided != overruled).astype(int).astype(str)
    )


def read(frame, folder, **role):
    frame.to_csv(folder / "t.csv", index=False)
    changes = {"healthcare__source": str(folder / "t.csv"), "healthcare__override": role or None}
    roles = h.Healthcare.model_validate(tree(**changes)["healthcare"])
    rows = row_tables.read(Prepare.model_validate(tree()["prepare"]), "healthcare", roles, 1)
    return h.cases(rows.good, roles), roles


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """The audit of a table whose overrides differ by requester."""
    cases, roles = read(sample(), tmp_path_factory.mktemp("t"), **ROLE)
    rules = HealthcareAudit.model_validate(tree(healthcare_audit__limits=LIMIT)["healthcare_audit"])
    return audit(cases, roles, rules, INFERENCE, np.random.default_rng(3)), roles, rules


def test_yes_and_no_or_the_proposal_give_the_same_cases(tmp_path):
    """A column of the proposed decision says the same as one of yes and no: overruled is what was decided otherwise."""
    frame = sample(500)
    one, _ = read(frame, tmp_path, **ROLE)
    other, _ = read(frame, tmp_path, column="proposed", positive=["1"], negative=["0"], holds="proposal")
    assert one["override"].sum() == (frame["overruled"] == "yes").sum()
    assert one["override"].tolist() == other["override"].tolist()


@pytest.mark.parametrize(
    ("value", "message"), [("", "overruled: missing in 1 row: row 3"), ("?", "not one of yes, no")]
)
def test_what_is_neither_yes_nor_no_is_a_bad_row(tmp_path, value, message):
    """A missing or unknown override ends the run with column, row and value."""
    frame = sample(100)
    frame.loc[2, "overruled"] = value
    with pytest.raises(InputError, match=message):
        read(frame, tmp_path, **ROLE)


def test_a_difference_in_overrides_is_a_finding_like_any_other(audited):
    """Planted at 20 points, it is RED, among the adjusted tests, in counts and headline, and in the report's words."""
    found, roles, rules = audited
    own = found.approvals[found.approvals["measure"] == OVERRIDE_GAP].set_index(["attribute", "scope"])
    assert own.loc[("requester", "all"), "finding"] == "RED"
    assert own.loc[("requester", "all"), "p_adjusted"] < 1e-6
    assert own.loc[("rural", "all"), "finding"] != "RED"
    assert own.loc[("requester", "all"), "value"] == pytest.approx(0.2, abs=0.05)
    counts = own.loc[("requester", "all")]
    total = counts["count_unprivileged"] + counts["count_privileged"]
    headline = healthcare_figures.headline(found)
    assert headline["overrides"] == {"count": total, "of": 3_000}
    shown = healthcare_audit.context(found, roles, rules, INFERENCE, Words())
    assert [row.scope for row in shown["overruled"][:3]] == ["all", "proposed yes", "proposed no"]
    first = next(f for f in shown["findings"] if f["row"].measure == OVERRIDE_GAP and f["row"].scope == "proposed no")
    assert (first["among"], first["event"]) == ("Among cases proposed for a no, ", "cases were overruled by a person")


def test_published_counts_leave_overrides_out(tmp_path):
    """Under a minimum cell the tables that are safe have no overrides."""
    cases, roles = read(sample(), tmp_path, **ROLE)
    rules = HealthcareAudit.model_validate(tree(healthcare_audit__limits=LIMIT)["healthcare_audit"])
    shown, kept, _ = healthcare_disclosure.publishable(cases, roles, rules, Disclosure(minimum_cell=10))
    assert "override" not in shown
    assert kept.override is None
