"""pipeline.storage.text: what a merge left in a file is refused by everything that reads results or parameters."""

import pytest

from pipeline.documents.build_summary import summary
from pipeline.reporting.sources import Sources
from pipeline.results import figures
from pipeline.storage import files, parameters
from pipeline.storage.text import read_rows
from responsible.validation import InputError

MERGED = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"
CONTENT = {
    "params.yaml": "threshold: 300\n",
    "metrics/reweigh.json": '{"reweigh": {"accuracy": 0.9}}\n',
    "plots/fairness.csv": "attribute,comparison,measure,model,value,low,high,reason,verdict\n",
}
ROW = "".join(f"sex,all unprivileged,disparate_impact,{model},0.9,0.8,1,,pass\n" for model in ("baseline", "reweighed"))
READERS = {
    "parameters": ("params.yaml", lambda: parameters.read_yaml("params.yaml")),
    "JSON": ("metrics/reweigh.json", lambda: files.read_json("metrics/reweigh.json")),
    "CSV": ("plots/fairness.csv", lambda: files.read_csv("plots/fairness.csv")),
    "figures of metrics": ("metrics/reweigh.json", figures.collect),
    "figures of tables": ("plots/fairness.csv", figures.collect),
    "summary": ("plots/fairness.csv", lambda: summary({}, ".")),
    "documents": (
        "plots/fairness.csv",
        lambda: Sources({}, {}, ("plots/fairness.csv",), (), {}).rows("plots/fairness.csv", {}),
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A parameter file, a metrics file and a table that can be read."""
    for name, content in CONTENT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content + (ROW if name.endswith("csv") else ""))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("reader", READERS)
def test_conflict_markers_are_refused_by_every_reader(folder, reader):
    """Both sides of a merge would read as one longer table: file, line and remedy are named instead."""
    name, read = READERS[reader]
    read()
    content, row = CONTENT[name], ROW if name.endswith("csv") else ""
    (folder / name).write_text(content + MERGED.format(row, row) if row else MERGED.format(content, content))
    with pytest.raises(InputError, match=rf"^{name}, line {2 if row else 1}: .*resolve the conflict"):
        read()


def test_a_row_of_equals_signs_is_no_conflict(folder):
    """Only the marks that git writes at the beginning of a line count, not a text that underlines."""
    (folder / "params.yaml").write_text('threshold: 300\nreason: "\n  =======\n  a <<<<<<< b"\n')
    assert parameters.read_yaml("params.yaml")["threshold"] == 300


def test_json_that_is_cut_is_refused(folder):
    """Half a file, as a full disk leaves it, is named with what to do, not a traceback."""
    (folder / "metrics/reweigh.json").write_text('{"reweigh": {"accur')
    with pytest.raises(InputError, match=r"^metrics/reweigh\.json: not readable as JSON .*`dvc repro`"):
        figures.collect()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "plots/t.csv: is empty"),
        ("\n", "plots/t.csv: is empty"),
        ("a,b\n1,2\n3", "plots/t.csv: ends in the middle of a line"),
        ("a,b\n1,2\n3\n", "plots/t.csv, line 3: must have 2 fields as line 1 has, got 1"),
        ('a,b\n1,"2\n', "plots/t.csv, line 2: not readable as CSV"),
        ("a,c\n1,2\n", "plots/t.csv: column 'b' is missing, so it is a different table"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_by_both_readers(folder, content, fault):
    """Half a table would read as a shorter one: file, line and remedy are named instead."""
    (folder / "plots/t.csv").write_text(content)
    for read in (files.read_csv, read_rows):
        with pytest.raises(InputError) as refused:
            read("plots/t.csv", ["a", "b"])
        assert str(refused.value).startswith(fault)
        assert str(refused.value).endswith("; run `dvc repro` to build it again")


def test_the_table_of_an_analysis_that_is_switched_off_has_no_columns(folder):
    """Its one column says so, and whoever reads it finds no row."""
    (folder / "plots/t.csv").write_text("switched_off\n")
    assert list(read_rows("plots/t.csv", ["a"])) == []
    assert len(files.read_csv("plots/t.csv", ["a"])) == 0
