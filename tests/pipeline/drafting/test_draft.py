"""Drafts of whole parameter files: in the form that DVC writes, valid, and with nothing put into anybody's mouth."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from dvc.utils.serialize import modify_yaml
from ruamel.yaml import YAML

from pipeline.drafting import inspection, reading, report
from pipeline.drafting.draft import draft
from pipeline.drafting.request import Request, bounds, listed, names, pairs
from pipeline.drafting.roles import roles
from pipeline.storage import files, parameters
from responsible.modelling.parameters import Logistic
from responsible.validation import InputError
from stages import check_parameters, prepare
from tests.support.contract import ROOT

SHIPPED = (ROOT / "params.yaml").read_text(encoding="utf-8")
SEGMENTS = {"line": "segments", "target": None}
LOGISTIC = parameters.section(ROOT / "params.yaml", "model", Logistic)


def people(n=200):
    """A table with every kind of column, hand-made: five ages, two towns, a leak, an id, a date and a constant."""
    i = np.arange(n)
    y = (i % 3 == 0).astype(int)
    return pd.DataFrame(
        {
            "Person": [f"p{k}" for k in i],
            "seen on": [f"{1 + k % 28:02d}.03.2024" for k in i],
            "sex": np.where(i % 2 == 0, "male", "female"),
            "age": 20 + (i * 7) % 60,
            "town: name": np.where(i % 5 == 0, "A", "B"),
            "income": 1000 + i * 3.5,
            "told": np.where(y == 1, "granted", "refused"),
            "country": "DE",
            "y": np.where(y == 1, "yes", "no"),
        }
    )


@pytest.fixture
def drafted(tmp_path):
    """A function that makes roles and text of a draft from a table and the options."""

    def make(table=None, **asked):
        (people() if table is None else table).to_csv(tmp_path / "t.csv", index=False)
        asked = {"target": "y", "protected": ["sex"], "privileged": {"sex": ["male"]}} | asked
        request = Request(table=str(tmp_path / "t.csv"), **asked)
        table = reading.read(request.table, "duckdb", request.target)
        found = roles(request, table, inspection.columns(table))
        return found, draft(SHIPPED, found)

    return make


def tree(text):
    """The values of a draft."""
    return YAML(typ="safe").load(text)


def test_a_budget_draft_has_the_roles_of_the_columns(drafted):
    """The favourable level by its name; the id, dates, constants are no features; names become keys."""
    found, text = drafted(protected=["sex", "town: name"], privileged={"sex": ["male"], "town: name": ["A"]})
    given = tree(text)
    assert given["threshold"] == 1
    assert given["budget"]["target"] == {"column": "y", "favourable": ["yes"]}
    assert given["budget"]["features"] == {
        "sex": {"kind": "categorical"},
        "age": {"kind": "numeric"},
        "town: name": {"kind": "categorical"},
        "income": {"kind": "numeric"},
        "told": {"kind": "categorical"},
    }
    assert set(found.left_out) == {"Person", "seen on", "country"}
    assert given["sensitive"]["town_name"] == {"privileged": ["A"], "column": "town: name"}
    expected = {"attributes": ["sex"], "groups": "privileged", "empty_cells": "merge", "strength": 1.0}
    assert given["reweigh"] == expected
    assert "threshold_sweep" not in given


def test_rules_are_about_the_attributes_that_exist_and_block_until_decided(drafted):
    """Disparate impact and equal opportunity of each; other lines keep theirs, and none has the sample's reasons."""
    rules = tree(drafted()[1])["policy"]["rules"]
    own = {name: rule for name, rule in rules.items() if rule["metric"].startswith("evaluate_fairness")}
    assert [rule["metric"] for rule in own.values()] == [
        "evaluate_fairness.sex.reweighed.disparate_impact",
        "evaluate_fairness.sex.reweighed.equal_opportunity_difference",
    ]
    assert {rule["severity"] for rule in own.values()} == {"block"}
    shipped = {rule["reason"] for rule in tree(SHIPPED)["policy"]["rules"].values()}
    assert not shipped & {rule["reason"] for rule in own.values()}
    assert "gp_equal_opportunity" in rules


@pytest.mark.parametrize("line", ["budget", "healthcare", "segments"])
def test_a_draft_is_in_the_form_that_dvc_writes_and_each_key_has_its_comment(drafted, tmp_path, line):
    """DVC's own update changes no byte; each line with a value says unit or reason, as in the shipped file."""
    text = drafted(line=line, time="seen on" if line != "segments" else None)[1]
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    with modify_yaml(str(file)) as again:
        again["seed"] = again["seed"]
    assert file.read_text(encoding="utf-8") == text
    opens = re.compile(r"^( *)[^#\s-].*?:\s*(#.*)?$")
    for row, following in itertools.pairwise([*text.splitlines(), ""]):
        section = (match := opens.match(row)) and re.match(match[1] + r" +[^\s-]", following)
        assert " # " in row or section or row.lstrip().startswith(("#", "- ")) or ":" not in row, row


@pytest.mark.parametrize("privileged", [{"sex": ["male"]}, {}])
@pytest.mark.parametrize("line", ["budget", "healthcare"])
def test_a_draft_is_valid_before_anything_is_decided(drafted, tmp_path, line, privileged):
    """The stage that checks parameters has nothing to say against it, with a reference group and without."""
    text = drafted(line=line, id="Person", time="seen on", privileged=privileged)[1]
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    check_parameters.main(params=str(tmp_path / "params.yaml"), valid=str(tmp_path / "ok"))
    assert tree((tmp_path / "params.yaml").read_text())[line]["time_format"] == "%d.%m.%Y"


def test_bounds_of_segments_stay_open(drafted, tmp_path):
    """The stage names each bound as missing, and nothing else; the sample's answers are gone."""
    text = drafted(line="segments", target=None)[1]
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        check_parameters.main(params=str(tmp_path / "params.yaml"), valid=str(tmp_path / "ok"))
    open_ = [line.split(": ")[1].split(" ")[0] for line in str(refused.value).splitlines()]
    assert open_ == [f"segments.features.{f}.{end}" for f in ("age", "income") for end in ("minimum", "maximum")]
    rule = tree(text)["policy"]["rules"]["one_sided_segments"]
    assert (rule["reason"], rule.get("owner")) == (None, None)


def test_declared_bounds_make_the_features_of_segments(drafted, tmp_path):
    """Columns with bounds are the features, others take no part, and the draft runs as it is."""
    found, text = drafted(line="segments", target=None, bounds=bounds(["age=0,120"]))
    assert tree(text)["segments"]["features"] == {"age": {"minimum": 0.0, "maximum": 120.0}}
    assert found.left_out["income"] == "no bounds were declared"
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    check_parameters.main(params=str(tmp_path / "params.yaml"), valid=str(tmp_path / "ok"))


def test_a_target_of_numbers_is_cut_at_its_median(drafted):
    """Proposed and marked for decision; both labels occur even where most rows have the lowest value."""
    table = people().assign(y=lambda t: np.where(np.arange(len(t)) < 150, 0, np.arange(len(t))))
    found, text = drafted(table)
    assert found.threshold == 150
    assert re.search(r"^threshold: 150 +# decide:", text, re.MULTILINE)
    assert set(found.label) == {0.0, 1.0}
    found, text = drafted(people().assign(y=lambda t: np.arange(len(t)) * 1.0))
    assert (found.threshold, found.label.mean()) == (100, 0.5)
    many_digits = people().assign(y=lambda t: np.where(np.arange(len(t)) < 120, 0, 1 / 23))
    many_digits.loc[150:, "y"] = 2.5
    assert drafted(many_digits)[0].threshold == 0.04
    grid = tree(text)["threshold_sweep"]["grid"]
    assert grid == {"minimum": 20, "maximum": 180, "step": 20}


def test_spellings_of_a_favourable_level_go_together(drafted):
    """`1` and `1.0` are one level of the target."""
    table = people().assign(y=["1", "1.0", "0", "0"] * 50)
    assert drafted(table)[0].favourable == ["1", "1.0"]
    assert drafted(people().assign(y=["Ja", "Nein"] * 100), favourable=["Ja"])[0].favourable == ["Ja"]


def test_no_privileged_level_is_proposed(drafted):
    """Without one the key stays empty; its comment has the levels with their rows."""
    text = drafted(privileged={})[1]
    assert tree(text)["sensitive"]["sex"]["privileged"] is None
    assert "# decide: a reference group, or none, of: female 100, male 100" in text
    assert tree(text)["reweigh"]["groups"] == "levels"


def test_a_continuous_attribute_is_cut(drafted):
    """At quartiles, which are marked for decision, or at the edge that a privileged level names."""
    text = drafted(protected=["age"], privileged={})[1]
    assert tree(text)["sensitive"]["age"]["bins"] == [34, 49, 64]
    assert "# decide: edges; here quartiles" in text
    given = tree(drafted(protected=["age"], privileged={"age": [">25"]})[1])["sensitive"]["age"]
    assert (given["bins"], given["privileged"]) == ([25], ["> 25"])
    with pytest.raises(InputError, match="age is continuous: a level must be one side of an edge"):
        drafted(protected=["age"], privileged={"age": ["old"]})


def test_rows_without_a_target_are_dropped_and_few_rows_allowed(drafted):
    """The draft runs; both are marked for decision."""
    text = drafted(people(60).assign(y=["yes", "no", None] * 20))[1]
    prepare = tree(text)["prepare"]
    assert (prepare["on_bad_rows"], prepare["minimum_rows"]) == ("drop", 40)
    assert text.count("# decide: 20 rows lack a target") == text.count("# decide: so few rows") == 1


def test_a_file_as_offices_write_them_is_prepared_as_drafted(tmp_path, monkeypatch):
    """Semicolons, cp1252, decimal commas, German dates, blanks, spellings of "missing" and a row too short."""
    incomes, towns = ["1.234,50", "987,00", "k.A.", "2.000,25", "3,5"], ["N/A", "-", "Köln", "Bonn"]
    rows = [
        f"{1000 + i};{1 + i % 28:02d}.{1 + i % 12:02d}.2023;{'männlich' if i % 2 else 'weiblich '};"
        f"{incomes[i % 5]};{towns[i % 4]};{'ja' if i % 3 else 'nein'}"
        for i in range(240)
    ]
    text = "Nr;Datum;Geschlecht;Einkommen;Ort;bewilligt\n" + "\n".join([*rows, "1;01.01.2023;x"]) + "\n"
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    monkeypatch.chdir(tmp_path)
    asked = Request(
        table="t.csv",
        target="bewilligt",
        protected=["Geschlecht"],
        privileged={"Geschlecht": ["männlich"]},
        favourable=["ja"],
        id="Nr",
        time="Datum",
    )
    table = reading.read("t.csv", "duckdb", "bewilligt")
    text = draft(SHIPPED, roles(asked, table, inspection.columns(table)))
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    budget = tree(text)["budget"]
    found = {key: budget[key] for key in ("delimiter", "encoding", "decimal", "thousands", "trim", "time_format")}
    assert found == dict(zip(found, (";", "cp1252", ",", ".", True, "%d.%m.%Y"), strict=True))
    assert set(budget["missing_values"]) == {"k.A.", "N/A", "-"}
    assert budget["features"] == {
        "Geschlecht": {"kind": "categorical"},
        "Einkommen": {"kind": "numeric"},
        "Ort": {"kind": "categorical"},
    }
    prepare.main()
    rows_kept = files.read_json("metrics/prepare.json", "prepare")["rows"]["kept"]
    rates = files.read_csv("plots/prepare_base_rates.csv")
    own = rates[(rates["attribute"] == "geschlecht") & (rates["split"] == "all")].set_index("level")
    assert rows_kept == 240
    assert own.loc["männlich", ["n", "positives"]].tolist() == [120, 80]
    assert own.loc["weiblich", ["n", "positives"]].tolist() == [120, 80]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"target": "Y"}, "--target: .* has no column 'Y'; did you mean 'y'"),
        ({"protected": ["sx"]}, "--protected: .* has no column 'sx'; did you mean 'sex'"),
        ({"protected": ["y"]}, "--protected: 'y' is --target already"),
        ({"protected": ["sex", "sex"]}, "names a column twice"),
        ({"privileged": {"town": ["A"]}}, "--privileged: 'town' is not among --protected"),
        ({"privileged": {"sex": ["Male"]}}, "--privileged: 'Male' is not a level of sex; did you mean 'male'"),
        ({"favourable": ["ja"]}, "--favourable: 'ja' is not a level of y"),
        ({"protected": ["country"], "privileged": {}}, "--protected: 'country' has one value in all rows"),
        ({"line": "segments", "protected": ["sex", "age"]}, "--protected: segments take one attribute"),
        ({"bounds": {"age": [0, 120]}}, "--bounds: are of the segments line, got --line=budget"),
        (SEGMENTS | {"bounds": {"age": [120, 0]}}, "--bounds: 'age' must have a lowest value below its highest"),
        (SEGMENTS | {"bounds": {"age": [0, None]}}, "--bounds: 'age' must have a lowest value below its highest"),
        (SEGMENTS | {"bounds": {"old": [0, 120]}}, "--bounds: .* has no column 'old'"),
        (SEGMENTS | {"bounds": {"sex": [0, 1]}}, "--bounds: 'sex' is --protected already"),
        (SEGMENTS | {"bounds": {"told": [0, 1]}}, "--bounds: 'told' is not numeric"),
    ],
)
def test_a_wrong_request_is_refused_with_the_remedy(drafted, asked, said):
    """Columns, levels and roles are held to the table, and the nearest name is offered."""
    with pytest.raises(InputError, match=said):
        drafted(**asked)


def test_the_report_names_what_was_found(drafted):
    """Groups with base rates, the leak, levels that look like one, cells, width and solver, and the open keys."""
    table = people().assign(**{"town: name": ["A", "a", "B", "b"] * 50, "many": [f"m{i % 150}" for i in range(200)]})
    found, text = drafted(table)
    said = "\n".join(report.lines(found, text, confidence=0.95, share=0.2, model=LOGISTIC))
    assert "200 rows, 10 columns; comma, UTF-8" in said
    assert "target y: 'yes' counts as label 1, which 67 of 200 rows have" in said
    assert re.search(r"male +100 rows  base rate 0\.340  privileged", said)
    assert re.search(r"female +100 rows  base rate 0\.330  \d+\.\d points", said)
    assert "left out, one value in all rows: country" in said
    assert "warning: told alone predicts the target (AUC 1.000)" in said
    assert "town: name has levels that look the same: 'A', 'a'" in said
    assert "many has 150 levels" in said
    assert re.search(r"cells: 200 of 200 rows; \d+ with `bins`", said)
    assert "model.solver auto uses newton-cholesky (up to 300)" in said
    assert "budget.target.favourable" in said
    assert "policy.rules.*.minimum (2)" in said


def test_wide_tables_are_announced(drafted):
    """More than 300 columns after encoding are fitted sparse, and the report says so."""
    wide = people(400).assign(code=[f"c{i % 360}" for i in range(400)])
    found, text = drafted(wide)
    said = "\n".join(report.lines(found, text, confidence=0.95, share=0.2, model=LOGISTIC))
    assert "width: 368 columns after one-hot encoding; model.solver auto uses lbfgs (above 300)" in said


def test_options_may_be_repeated_or_listed():
    """Commas separate; a piece without a sign is one more level; names of attributes are letters and digits."""
    assert listed(["sex,age", "race"]) == ["sex", "age", "race"]
    assert pairs(["sex=male,race=White,Black", "age=> 25"]) == {
        "sex": ["male"],
        "race": ["White", "Black"],
        "age": ["> 25"],
    }
    assert names(["Sex", "sex ", "All", "Größe (cm)"]) == {
        "sex": "Sex",
        "sex_": "sex ",
        "all_level": "All",
        "größe_cm": "Größe (cm)",
    }
    with pytest.raises(InputError, match="must be COLUMN=LEVEL"):
        pairs(["male"])


def test_a_part_of_a_large_file_stands_for_all_of_it(drafted, monkeypatch):
    """Rows and shown differences in the report are those of the whole file; comments say how many were looked at."""
    whole = "\n".join(report.lines(*drafted(people(400)), confidence=0.95, share=0.2, model=LOGISTIC))
    monkeypatch.setattr(reading, "LARGE", 10)
    monkeypatch.setattr(reading, "SAMPLE", 100)
    found, text = drafted(people(400))
    said = "\n".join(report.lines(found, text, confidence=0.95, share=0.2, model=LOGISTIC))
    assert "400 rows (100 of them examined, chosen by hash)" in said
    assert re.search(r"# decide: the levels that count as 1, of: no \d\d, yes \d\d \(in 100 rows\)", text)
    rows = [sum(int(n) for n in re.findall(r"(\d+) rows  base rate", text)) for text in (whole, said)]
    assert rows == [400, 400]
