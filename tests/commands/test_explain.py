"""commands.explain: reasons for the rows of a file, and one clear error for what has none."""

import io

import numpy as np
import pandas as pd
import pytest
import yaml

from commands.explain import NONE_NAMED, main
from pipeline.storage import files, models
from responsible.modelling.logistic_regression import train
from responsible.validation import InputError
from tests.support.contract import ROOT
from tests.support.planted import PLAIN

FEATURES = {
    "age": {"kind": "numeric", "minimum": 0},
    "sex": {"kind": "categorical"},
    "city": {"kind": "categorical", "min_count": 5},
}


@pytest.fixture
def explain(tmp_path, capsys):
    """The command on rows, given as CSV text, with changes to the section ``reasons``; its answer as a table."""
    rng = np.random.default_rng(4)
    cells = pd.DataFrame({"x.age": rng.integers(18, 70, 300).astype(float), "x.sex": rng.choice(["f", "m"], 300)})
    cells = cells.assign(**{"x.city": rng.choice(["Oslo", "Rare"], 300)}, split="train", bin=0, n=1)
    label = (cells["x.age"] + 25 * (cells["x.sex"] == "m") + rng.normal(0, 9, 300) > 55).astype(int)
    kinds = {"x.age": "numeric", "x.sex": "categorical", "x.city": "categorical"}
    models.write_model(tmp_path / "m.skops", train(cells, kinds, label, PLAIN).pipeline)
    meta = {"cuts": [1.0], "features": {name.removeprefix("x."): kind for name, kind in kinds.items()}}
    files.write_parquet(tmp_path / "cells.parquet", cells, meta | {"attributes": []})

    def run(text, reasons=None, section=None, **given):
        tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        tree["budget"] |= {"features": FEATURES, "key": "id"}
        tree["sensitive"], tree["words"] = {"sex": {"column": "sex", "privileged": ["m"]}}, {"names": {"age": "Age"}}
        tree |= {"models": given.pop("models", tree["models"])}
        tree.pop("reasons")
        tree |= {"reasons": reasons} if reasons else {}
        tree["prepare"] |= section or {}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
        of = dict.fromkeys(("baseline", "reweighed"), str(tmp_path / "m.skops"))
        paths = {"params": str(tmp_path / "params.yaml"), "cells": str(tmp_path / "cells.parquet")}
        main(str(tmp_path / "rows.csv"), files_of=of, **paths, **given)
        return pd.read_csv(io.StringIO(capsys.readouterr().out), keep_default_na=False).set_index("row")

    return run


ROWS = "id,city,age,sex\na,Oslo,20,f\nb,Oslo,69,m\nc,Bergen,,f\nd,Oslo,60,f\n"


def test_each_row_has_its_decision_its_reasons_and_its_contributions(explain):
    """A refusal names what lowers it, never the protected attribute, which is said apart; a yes needs no reason."""
    found = explain(ROWS)
    assert found["key"].tolist() == list("abcd")
    assert found.loc[1, ["decision", "reason_1"]].tolist() == ["no", "Age: 20"]
    assert found.loc[1, "not_named"] == "sex (protected: sex)"
    assert found.loc[2, ["decision", "reason_1", "not_named"]].tolist() == ["yes", "", ""]
    parts = found.filter(like="contribution of ").sum(axis=1) + found["reference_log_odds"]
    np.testing.assert_allclose(parts, found["log_odds"], atol=1e-4)
    np.testing.assert_allclose(found["probability"], 1 / (1 + np.exp(-found["log_odds"])), atol=1e-4)


def test_reasons_are_as_the_parameters_have_them(explain):
    """Words, their number, the reference and proxies are set; what may not be named leaves a sentence that says so."""
    own = {"top": 1, "words": {"age": "length of working life"}, "reference": {"age": 60.0}}
    assert explain(ROWS, own).loc[1, "reason_1"] == "length of working life"
    hidden = explain(ROWS, {"proxies": ["age", "city"]})
    assert hidden.loc[1, "reason_1"] == NONE_NAMED
    assert "Age (a proxy)" in hidden.loc[1, "not_named"]


REFUSED = {
    "no number": ("id,city,age,sex\na,Oslo,x,f\n", {}, r"rows\.csv: age: not a number in 1 row: row 1 \(line 2\) 'x'"),
    "too little": ("id,city,age,sex\na,Oslo,-1,f\n", {}, r"rows\.csv: age: below 0 in 1 row: row 1"),
    "no column": ("id,city,sex\na,Oslo,f\n", {}, r"rows\.csv.*'age'"),
    "no row": ("id,city,age,sex\n", {}, "has no row to explain; add one"),
    "no such model": (ROWS, {"model": "basline"}, "--model: 'basline' is no model; did you mean 'baseline'"),
    "made elsewhere": (ROWS, {"models": {"vendor": {"score": "s"}}}, "made elsewhere and has predictions only"),
    "no reason": (ROWS, {"top": 0}, "--top must be 1 to 20, got 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_explained_is_refused(case, explain):
    """Each with the file, the column, the row and the value, or the option, and what helps."""
    text, given, said = REFUSED[case]
    with pytest.raises(InputError, match=said):
        explain(text, **given)
