"""Later decisions made by hand or drawn by the sample's generators, and what they are judged with."""

import numpy as np
import pandas as pd

from pipeline.storage.parameters import read_yaml
from responsible.healthcare.audit import HealthcareAudit, declared
from responsible.healthcare.schema import Healthcare
from responsible.healthcare.similar_cases import ranges
from responsible.later_decisions.decisions import Setting, later_decisions
from responsible.monitoring.parameters import Monitor
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from tests.support.contract import ROOT

TREE = read_yaml(ROOT / "params.yaml")
ROLES, RULES = Healthcare(**TREE["healthcare"]), HealthcareAudit(**TREE["healthcare_audit"])
ATTRIBUTES = {name: own.column for name, own in ROLES.protected.items()}

GP, SURGEON = "GP", "Surgeon"
REFERENCE = {
    (GP, 1, 1): 800, (GP, 1, 0): 200, (GP, 0, 1): 400, (GP, 0, 0): 600,
    (SURGEON, 1, 1): 450, (SURGEON, 1, 0): 50, (SURGEON, 0, 1): 200, (SURGEON, 0, 0): 300,
}  # fmt: skip
LATER = {
    (GP, 1, 1): 50, (GP, 1, 0): 50, (GP, 0, 1): 40, (GP, 0, 0): 60,
    (SURGEON, 1, 1): 45, (SURGEON, 1, 0): 5, (SURGEON, 0, 1): 20, (SURGEON, 0, 0): 30,
}  # fmt: skip


def by_role(chunks):
    """Drawn requests as cases, without reading a file."""
    rows = pd.concat([pd.DataFrame(chunk) for chunk in chunks], ignore_index=True)
    out = {
        "id": rows["request_id"], "outcome": rows["approved"], "merit": rows["clinical_necessity"],
        "urgency": rows["emergency"], "duration": rows["processing_minutes"].astype(float),
        "month": rows["requested_on"].str[:7],
    }  # fmt: skip
    out |= {f"a.{name}": rows[column].astype(str) for name, column in ATTRIBUTES.items()}
    return pd.DataFrame(out | {f"f.{name}": rows[name].astype(float) for name in ROLES.features})


def judged(reference, later, periods, *, seed=3, similar=True, minimum=0, findings=(), **changes):
    """Every figure of later cases, which have a ``period``; with few replicates."""
    setting = Setting(
        monitor=Monitor(**(TREE["monitor"] | changes)),
        least_wait=TREE["monitor"]["healthcare"]["wait"],
        groups=declared(pd.concat([reference, later]), ROLES),
        limits=list(RULES.limits),
        similarity=RULES.similarity if similar else None,
        bounds=ranges(reference, ROLES),
        inference=Inference(confidence=0.95, replicates=200, minimum_denominator=5),
        seed=seed,
        disclosure=Disclosure(minimum_cell=minimum),
    )
    return later_decisions(reference, later, periods, findings, setting)


def cases(groups, waits=(10.0, 12.0), period=""):
    """Cases of ``{(requester, merit, outcome): n}``, all urgent, whose waits take turns; one premium and place each."""
    rows = [key for key, n in groups.items() for _ in range(n)]
    out = pd.DataFrame(rows, columns=["a.requester", "merit", "outcome"])
    out = out.assign(urgency=1, duration=np.resize(np.array(waits, dtype=float), len(out)), period=period)
    turn = np.arange(len(out)) % 2
    out["a.premium"], out["a.rural"] = np.where(turn, "Full", "Limited"), np.where(turn, "0", "1")
    return out.assign(**{f"f.{name}": 1.0 for name in ROLES.features})
