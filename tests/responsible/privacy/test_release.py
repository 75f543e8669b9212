import copy
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from commands import release_segments
from pipeline.storage.files import write_json, write_parquet
from responsible.privacy.domain import Privacy, domain
from responsible.privacy.gaussian_mechanism import epsilon, sigma
from responsible.privacy.noise import SecretNoise
from responsible.privacy.release import described, noisy_rows, released, spent
from responsible.validation import InputError

ROOT = Path(__file__).parents[3]
NAMES = ["age", "height"]
BOUNDS = domain(np.array([0.0, 100.0]), np.array([100.0, 220.0]), 1.0)
PEOPLE = np.random.default_rng(0).normal([40, 170], [10, 8], (500, 2))
PRIVACY = {
    "epsilons": [1.0, 2.0],
    "delta": 1e-5,
    "draws": 19,
    "rounds": 3,
    "clip_norm": 1.0,
    "rows": 100,
    "confidence": 0.9,
    "chosen": {"mechanism": "teaching", "epsilon": 1.0},
    "release": {"mechanism": "central", "epsilon": 1.0},
}


def privacy(mechanism="central"):
    return Privacy(**{**PRIVACY, "release": {"mechanism": mechanism, "epsilon": 1.0}})


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A folder with a prepared table, metrics and parameters; call it with a mechanism to release."""
    monkeypatch.delenv("DVC_STAGE", raising=False)
    frame = pd.DataFrame({"x.age": PEOPLE[:, 0], "x.height": PEOPLE[:, 1], "a.group": "A"})
    write_parquet(tmp_path / "table.parquet", frame)
    write_json(tmp_path / "metrics.json", {"cluster_privacy": {"k": 3}})
    yaml = YAML()
    with (ROOT / "params.yaml").open(encoding="utf-8") as file:
        tree = yaml.load(file)
    tree["segments"]["features"] = {
        "age": {"minimum": 0, "maximum": 100},
        "height": {"minimum": 100, "maximum": 220},
    }

    def release(mechanism="central", missing="drop", **others):
        tree["segments"]["missing"] = missing
        tree["cluster_privacy"]["privacy"] = copy.deepcopy(PRIVACY)
        tree["cluster_privacy"]["privacy"]["release"]["mechanism"] = mechanism
        with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(tree, file)
        release_segments.main(
            params=str(tmp_path / "params.yaml"),
            table=str(tmp_path / "table.parquet"),
            metrics=str(tmp_path / "metrics.json"),
            folder=str(tmp_path / "releases"),
            **others,
        )
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((tmp_path / "releases").iterdir())}

    return release


@pytest.mark.parametrize("mechanism", ["local", "central"])
def test_a_release_never_repeats(mechanism):
    """Two releases of the same people under the same parameters share no coordinate of any centre."""
    first, second = (released(PEOPLE, BOUNDS, 3, privacy(mechanism), SecretNoise()).centres for _ in range(2))
    assert (first != second).all()


@pytest.mark.parametrize("seeded", [np.random.default_rng(), np.random.default_rng(12), np.random.RandomState(1)])
def test_seeded_noise_is_refused(seeded):
    """A generator that could be seeded is not taken, even one seeded by the system: its state can be worked out."""
    with pytest.raises(InputError, match=r"noise must be SecretNoise, got .*; a release takes no seed"):
        released(PEOPLE, BOUNDS, 3, privacy(), seeded)


def test_one_wild_row_does_not_stop_a_release():
    """A row outside the bounds is moved to their edge: that a release fails must not tell that somebody is there."""
    wild = np.vstack([PEOPLE, [1e9, -1e9]])
    assert np.isfinite(released(wild, BOUNDS, 3, privacy(), SecretNoise()).centres).all()


def test_what_is_written_holds_the_promise_and_no_fact_about_the_data():
    """Centres, noisy sizes, scale and the ledger's line; no seed, hash or exact count."""
    published = released(PEOPLE, BOUNDS, 3, privacy(), SecretNoise())
    content = described(published, NAMES, BOUNDS, privacy())
    assert set(content) == {"ledger", "scale", "segments"}
    assert content["scale"] == {"age": 50, "height": 60}
    assert [set(one) for one in content["segments"]] == [{"segment", "size", "centre"}] * 3
    assert content["ledger"]["guarantee"]
    assert content["ledger"]["real_epsilon"] == pytest.approx(1, rel=2e-4)
    assert "seed" not in json.dumps(content)
    assert noisy_rows(published, NAMES) is None


def test_local_rows_are_published_with_their_segment_and_nothing_else():
    """One noisy row a person, features only: the protected attribute has no noise and stays out."""
    published = released(PEOPLE, BOUNDS, 3, privacy("local"), SecretNoise())
    rows = noisy_rows(published, NAMES)
    assert list(rows) == ["age", "height", "segment"]
    assert len(rows) == 500
    assert set(rows["segment"]) <= {1, 2, 3}
    assert described(published, NAMES, BOUNDS, privacy("local"))["segments"][0]["size"] is None


def test_releases_about_the_same_people_add_up():
    """Two releases at ε = 1 cost more than one and less than ε = 2: exactly the composition of their noise."""
    one = {"epsilon": 1.0, "delta": 1e-5}
    assert spent([], 1e-5) == 0
    assert spent([one], 1e-5) == pytest.approx(1, rel=2e-4)
    assert spent([one, one], 1e-5) == pytest.approx(epsilon(sigma(1, 1e-5) / 2**0.5, 1e-5), rel=2e-4)
    assert 1.4 < spent([one, one], 1e-5) < 2


def test_the_command_numbers_releases_and_keeps_their_account(stage, capsys):
    """Each call writes the next release and the ε spent by all of them; earlier ones stay as they are."""
    first = stage()
    second = stage("local")
    assert list(first) == ["ledger.json", "segments-0001.json"]
    assert list(second) == ["ledger.json", "segments-0001.json", "segments-0002.csv", "segments-0002.json"]
    assert first["segments-0001.json"] == second["segments-0001.json"]
    account = json.loads(second["ledger.json"])
    assert [(one["release"], one["mechanism"]) for one in account["releases"]] == [(1, "central"), (2, "local")]
    assert account["epsilon"] == pytest.approx(spent(account["releases"], 1e-5), abs=1e-6)
    said = capsys.readouterr().out
    assert "release 2: local, ε = 1, δ = 1e-05" in said
    assert f"all releases about these people together: ε = {account['epsilon']:.4g}" in said


def test_the_command_gives_other_numbers_each_time(stage):
    """The same table and parameters, released twice, differ; nothing like a seed is written."""
    stage()
    files = stage()
    first, second = (json.loads(files[f"segments-000{i}.json"]) for i in (1, 2))
    assert first["ledger"] == second["ledger"]
    assert first["segments"] != second["segments"]
    assert not any("seed" in text for text in files.values())


def test_the_command_refuses_seeded_noise_and_writes_nothing(stage, tmp_path):
    """A seeded generator is refused before anything is published or accounted."""
    with pytest.raises(InputError, match="a release takes no seed"):
        stage(noise=np.random.default_rng(1))
    assert not (tmp_path / "releases").exists()


def test_the_command_refuses_to_be_a_pipeline_stage(stage, monkeypatch):
    """Run by DVC, whose cache would give the same noise again, it stops."""
    monkeypatch.setenv("DVC_STAGE", "release")
    with pytest.raises(InputError, match="must not be a stage of a pipeline"):
        stage()


def test_the_teaching_mapping_cannot_be_released(stage):
    """A mechanism without a guarantee is an error that names the key and the choices."""
    with pytest.raises(InputError, match=r"privacy.release.mechanism must be 'local' or 'central', got 'teaching'"):
        stage("teaching")


def test_rows_filled_with_a_median_cannot_be_released(stage):
    """One person moves the median and with it other people's rows: more than one row differs between neighbours."""
    with pytest.raises(InputError, match=r"segments.missing must be refuse or drop for a release, got 'median'"):
        stage(missing="median")


def test_a_missing_table_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    """Before the pipeline has run there is nothing to release, and the message says what to run."""
    monkeypatch.delenv("DVC_STAGE", raising=False)
    with pytest.raises(InputError, match="no such file; run `dvc repro` to build it"):
        release_segments.main(params=str(ROOT / "params.yaml"), table=str(tmp_path / "none.parquet"))
