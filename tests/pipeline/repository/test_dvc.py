"""pipeline.repository.dvc: dvc.lock as DVC's own parser reads it, and refusals that name file and remedy."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.repository import RepositoryError, dvc
from tests.support.contract import ROOT

# Words and numbers that YAML 1.1 and 1.2 read differently, beside any text and number.
WORDS = ["on", "off", "yes", "no", "y", "010", "1e-05", "1_000", "1:30", "null", "~", "", "true", "0x1F", ".5", "-.inf"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | st.sampled_from(WORDS)
TREES = st.recursive(
    SCALARS | st.text("ab :-#'", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.", min_size=1, max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(WORDS[:-6]) | st.text("abc", min_size=1), TREES, min_size=1))
def test_what_dvc_writes_is_read_as_dvc_reads_it(tmp_path_factory, tree):
    """Any mapping written by DVC's YAML library comes back as that library reads it: an independent parser."""
    written, writer = io.StringIO(), YAML(typ="safe")
    writer.default_flow_style = False  # as DVC sets it
    writer.dump(tree, written)
    file = tmp_path_factory.getbasetemp() / "tree.yaml"
    file.write_text(written.getvalue(), encoding="utf-8")
    assert repr(dvc.read(file)) == repr(YAML(typ="safe").load(written.getvalue()))


@pytest.mark.parametrize(("text", "value"), [("1e-05", 1e-5), ("on", "on"), ("010", "010"), ("1:30", "1:30")])
def test_plain_scalars_are_those_of_yaml_1_2(tmp_path, text, value):
    """PyYAML's own rules would make 1e-05 a text, `on` true, 010 eight and 1:30 ninety."""
    (tmp_path / "dvc.lock").write_text(f"key: {text}\n")
    found = dvc.read(tmp_path / "dvc.lock")["key"]
    assert (type(found), found) == (type(value), value)


def test_the_files_of_this_repository_are_read_alike():
    """dvc.lock and dvc.yaml as they are give the tree that DVC's library gives."""
    for name in (dvc.LOCK, dvc.PIPELINE):
        assert dvc.read(ROOT / name) == YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


def test_outputs_are_those_with_a_content(tmp_path):
    """Each output with a digest, in the file's order, with its stage; an output without one promises nothing."""
    (tmp_path / "dvc.lock").write_text(
        "stages:\n  b:\n    outs:\n    - path: y\n      md5: 2\n    - path: z\n  a:\n    outs:\n"
        "    - path: x\n      md5: '1'\n  c:\n    cmd: c\n"
    )
    assert [output[:2] for output in dvc.outputs(tmp_path)] == [("b", "y"), ("a", "x")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "no such file; run `dvc repro` to make it"),
        ("stages:\n  a: [", "not readable as YAML .*; restore it from git"),
        ("\x00", "not readable as YAML"),
        ("- a\n", "holds no stages"),
        ("", "holds no stages"),
        ("schema: '2.0'\n", "holds no stages"),
        ("stages: 3\n", "holds no stages"),
        ("stages:\n  a: 3\n", "holds no stages"),
    ],
)
def test_what_is_no_lock_file_is_refused(tmp_path, content, text):
    """A missing, cut, empty or foreign dvc.lock is one error that names the file and what to do."""
    if content is not None:
        (tmp_path / "dvc.lock").write_text(content)
    with pytest.raises(RepositoryError, match=rf"^dvc\.lock: {text}"):
        dvc.stages(tmp_path)


def test_a_command_that_fails_says_why(tmp_path):
    """The command, the folder and DVC's own words are in the error."""
    with pytest.raises(RepositoryError, match=r"dvc cache dir failed in .*: ERROR: "):
        dvc.cache_folder(tmp_path)
