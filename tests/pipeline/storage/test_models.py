import io
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.storage.models import read_model, write_model
from responsible.modelling.encoding import design
from responsible.modelling.logistic_regression import score, train
from responsible.modelling.parameters import Logistic
from responsible.validation import InputError

CELLS = pd.DataFrame(
    {
        "split": "train",
        "x.age": [20.0, np.nan, 40.0, 35.0],
        "x.city": ["Oslo", "Rome", "Missing", "Oslo"],
        "n": [3, 2, 1, 4],
    }
)
KINDS = {"x.age": "numeric", "x.city": "categorical"}


def trained(**changes):
    params = {"C": 1.0, "scale": True, "numeric_missing": "indicator", "categorical_missing": "level"}
    params |= {"solver": "newton-cholesky", "decision_threshold": 0.5} | changes
    return train(CELLS, KINDS, [0, 1, 1, 0], Logistic(**params)).pipeline


@pytest.mark.parametrize(
    "changes", [{}, {"categorical_missing": "mode", "numeric_missing": "median"}, {"scale": False}]
)
def test_model_comes_back_the_same(tmp_path, changes):
    """A model read back scores every cell exactly as the one that was written, whatever its options."""
    model = trained(**changes)
    write_model(tmp_path / "m.skops", model)
    parts = design(CELLS)
    np.testing.assert_array_equal(score(read_model(tmp_path / "m.skops"), parts), score(model, parts))


def test_same_model_same_bytes_in_another_process(tmp_path):
    """Two processes that fit the same model write the same bytes, though skops names members after addresses."""
    code = "import sys; from tests.pipeline.storage.test_models import trained; "
    code += "from pipeline.storage.models import write_model; "
    for name in ("a", "b"):
        call = f"{code}[*range({len(name)})]; write_model(sys.argv[1], trained())"
        subprocess.run([sys.executable, "-c", call, str(tmp_path / name)], check=True, timeout=120)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_file_that_could_run_code_is_refused(tmp_path):
    """A model file that holds a type off the allow-list is refused by name before any of it is built."""
    skops.io.dump(Pipeline([("f", FunctionTransformer(subprocess.run))]), tmp_path / "bad.skops")
    with pytest.raises(InputError, match=r"bad\.skops: refused.*subprocess"):
        read_model(tmp_path / "bad.skops")


def test_missing_model_says_how_to_get_it(tmp_path):
    """A model file that is not there is refused with the commands that bring it."""
    with pytest.raises(InputError, match="run `dvc repro` or `dvc pull`"):
        read_model(tmp_path / "none.skops")


def test_archive_keeps_every_member(tmp_path):
    """Renumbering loses no array: as many members as skops itself writes."""
    write_model(tmp_path / "m.skops", trained())
    with (
        zipfile.ZipFile(tmp_path / "m.skops") as ours,
        zipfile.ZipFile(io.BytesIO(skops.io.dumps(trained()))) as theirs,
    ):
        assert len(ours.namelist()) == len(theirs.namelist())
