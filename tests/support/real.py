"""The real tables that some machines have beside the repository: their parameters, and the figures to be met."""

from __future__ import annotations

import copy
import csv
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SHARED = Path(__file__).parents[3] / "shared" / "data"
WHY = "the real tables are not on this machine"

# table: (numeric features, categorical features, {attribute: (column, privileged level)})
TABLES: dict[str, tuple[list[str], list[str], dict[str, tuple[str, str]]]] = {
    "adult": (
        ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"],
        ["workclass", "marital-status", "occupation", "relationship", "race", "sex", "native-country"],
        {"sex": ("sex", "Male"), "race": ("race", "White")},
    ),
    "compas": (
        ["age", "priors_count", "juv_fel_count", "juv_misd_count", "juv_other_count"],
        ["sex", "race", "c_charge_degree"],
        {"race": ("race", "Caucasian"), "sex": ("sex", "Female")},
    ),
    "hmda": (
        ["dir", "hir", "lvr", "uria"],
        ["ccs", "mcs", "pbcr", "dmi", "self", "single", "comdominiom", "black"],
        {"race": ("black", "no")},
    ),
    "randhie": (
        [
            *("idp", "black", "female", "xage", "child", "income", "educdec", "num", "disea"),
            *("physlm", "hlthg", "hlthf", "hlthp", "lpi", "fmde"),
        ],
        ["site", "coins"],
        {"race": ("black", "0.0"), "sex": ("female", "0")},
    ),
}


def parameters(name: str, attribute: str, shipped: Path = Path("params.yaml")) -> dict[str, Any]:
    """The shipped parameters, changed only where a team changes them for its own table."""
    numeric, categorical, sensitive = TABLES[name]
    out: dict[str, Any] = copy.deepcopy(YAML(typ="safe").load(shipped.read_text(encoding="utf-8")))
    out["threshold"] = 1
    out["prepare"] |= {"missing_values": []}
    out["budget"] |= {
        "source": str(SHARED / f"{name}.csv"),
        "split_column": "split",
        "target": {"column": "outcome", "minimum": 0, "maximum": 1, "favourable": None},
        "features": {f: {"kind": "numeric"} for f in numeric} | {f: {"kind": "categorical"} for f in categorical},
    }
    out["sensitive"] = {a: {"column": column, "privileged": [level]} for a, (column, level) in sensitive.items()}
    out["reweigh"]["attributes"] = [attribute]
    out["threshold_sweep"] |= {"grid": {"minimum": 1, "maximum": 1, "step": 1}, "attribute": attribute}
    return out


def header(name: str) -> list[str]:
    """The columns of a table."""
    with (SHARED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))
