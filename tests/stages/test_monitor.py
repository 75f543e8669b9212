"""The stage: planted months on the page, the same bytes twice, faults of the delivery, the copy for documents."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.results.monitored import monitored
from pipeline.storage.parameters import read_yaml
from responsible.validation import InputError
from stages import (
    monitor,
    monitor_budget,
    monitor_healthcare,
    monitor_segments,
    prepare,
    prepare_healthcare,
    prepare_segments,
    reweigh,
)
from tests.support.contract import ROOT

MONTHS = ("2025-01", "2025-05", "2025-06", "2025-09", "2025-10", "2025-11")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with cells, a model and its scores of the sample, made with few replicates; six of its months."""
    folder = tmp_path_factory.mktemp("monitored")
    tree = read_yaml(ROOT / "params.yaml")
    tree["inference"]["replicates"] = 300
    tree["budget"]["source"] = str(ROOT / "data/raw/budget.csv")
    tree["monitor"]["source"] = str(folder / "batches")
    del tree["monitor"]["healthcare"]
    tree["segments"]["source"] = str(ROOT / "data/raw/segments.csv")
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    (folder / "batches").mkdir()
    for month in MONTHS:
        shutil.copy(ROOT / f"data/raw/batches/{month}.csv", folder / "batches")
    params, cells = str(folder / "params.yaml"), str(folder / "budget.parquet")
    others = {name: str(folder / f"{name}.out") for name in ("metrics", "base_rates", "missing")}
    others["scores"] = str(folder / "budget_scores.parquet")
    prepare.main(params=params, cells=cells, **others)
    shutil.copy(folder / "metrics.out", folder / "prepare.json")
    own = {"model": "reweighed.skops", "scores": "reweighed.parquet", "metrics": "reweigh.json"}
    paths = {name: str(folder / own.get(name, f"{name}.csv")) for name in outputs_of(reweigh.main)}
    reweigh.main(params=params, cells=cells, **paths)
    return folder


def outputs_of(main):
    """The names of a stage's path arguments but those it reads."""
    return [name for name in main.__kwdefaults__ if name not in ("params", "cells")]


def run(made, to, *, people=None, **changes):
    """Run the stage into ``to``; ``changes`` are of the section, ``people`` are a folder of batches of people."""
    to.mkdir(exist_ok=True)
    tree = read_yaml(made / "params.yaml")
    tree["monitor"] |= changes
    tree["monitor"]["segments"]["source"] = str(people)
    if people is None:
        del tree["monitor"]["segments"]
    with (to / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    if tree["monitor"].get("source"):
        read = {
            "cells": "budget.parquet",
            "model": "reweighed.skops",
            "scores": "reweighed.parquet",
            "trained": "reweigh.json",
            "prepared": "prepare.json",
            "others": "budget_scores.parquet",
        }
        outs = {"drift": "drift.csv", "figures": "figures.csv", "expected": "expected.csv", "asked": "budget.json"}
        paths = {name: str(made / file) for name, file in read.items()}
        paths |= {name: str(to / file) for name, file in outs.items()}
        monitor_budget.main(params=str(to / "params.yaml"), **paths)
    if people is not None:
        place(to, made)
    paths = {name: str(to / Path(path).name) for name, path in monitor.main.__kwdefaults__.items()}
    monitor.main(**paths | {"template": str(ROOT / "docs/templates/monitoring.md.j2")})
    return (to / "monitoring.md").read_text(encoding="utf-8")


def place(to, made):
    """Prepare the sample's people once, and place the later ones by the published centres."""
    prepared, params = made / "segments.parquet", str(to / "params.yaml")
    if not prepared.is_file():
        others = {name: str(made / f"{name}.segments") for name in ("profile", "metrics")}
        prepare_segments.main(params=params, prepared=str(prepared), **others)
    known = {"prepared": str(prepared), "segments": str(ROOT / "plots/segments.csv")}
    outs = {"shares": str(to / "segments.csv"), "asked": str(to / "segments.json")}
    monitor_segments.main(params=params, **outs, **known)


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    """The page of the six months, and the folder of its results."""
    folder = tmp_path_factory.mktemp("page")
    return run(made, folder), folder


def visible(text):
    """How many words a reader sees who opens no fold; bars and lines of tables are none."""
    return len(re.sub(r"!\[.*?\]\(.*?\)|<details>.*?</details>|[|]|-{3,}", " ", text, flags=re.DOTALL).split())


@pytest.mark.slow
def test_the_page_names_each_planted_change_in_its_month(page):
    """Answer first, then the new level, the moved level, the lower budgets, and the missing values that are over."""
    text, _ = page
    assert text.startswith(
        "# Monitoring\n\n**The people of 2025-11 differ from the training data in 4 ways that matter.**"
    )
    for told in (
        r"“Learn: Take an online class” \(8\.\d % of rows\), which the reference does not have\. Since 2025-06\.",
        r"Master’s Degree fell from 21 % to 1\d %\. Since 2025-09\.",
        r"from 250 to under 300 fell from 9\.\d % to \d\.\d %\. Since 2025-10, last judged 2025-10\.",
        r"- 2025-05: With children\? is missing in 8\d % of rows, against 28 % in the reference\.",
        r"2025-11 has 0 %",
    ):
        assert re.search(told, text), told
    assert visible(text) <= 700


@pytest.mark.slow
def test_months_that_are_not_there_are_gaps(page):
    """The six months leave six gaps, and those that are long past no longer stand."""
    _, folder = page
    alarms = (folder / "alarms.csv").read_text(encoding="utf-8")
    assert alarms.count("gap,2025-") >= 5
    found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["monitor"]
    assert [own["since"] for own in found["standing"]] == ["2025-06", "2025-09", "2025-10", "2025-05"]
    assert found["alarms"]["standing"] == 4
    assert found["budget"]["periods"] == {
        "first": "2025-01",
        "newest": "2025-11",
        "number": 11,
        "next_ends": "2025-12-31",
    }


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(made, page, tmp_path):
    """Tables, pictures, figures and page."""
    run(made, tmp_path / "again")
    for file in page[1].iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.slow
def test_pictures_are_drawn_for_a_page_and_for_a_phone(page):
    """Each has its finding as title, and nothing begins beyond its width."""
    for name in ("calendar", "drift", "figures"):
        for file, width in ((f"{name}.svg", 720), (f"{name}_narrow.svg", 350)):
            text = (page[1] / file).read_text(encoding="utf-8")
            assert re.match(rf'<svg [^>]*width="{width}" height="\d+', text)
            assert len(re.search("<title>(.*?)</title>", text)[1]) > 20
            assert max(float(x) for x in re.findall(r'<(?:rect|line|text) x1?="([\d.]+)"', text)) < width


@pytest.mark.slow
def test_a_faulty_delivery_is_told_and_stops_nothing(made, tmp_path):
    """A column that is missing, a file that repeats another: both stand as alarms, in sentences."""
    batches = tmp_path / "batches"
    shutil.copytree(made / "batches", batches)
    text = (batches / "2025-11.csv").read_text(encoding="utf-8").replace("Gender", "Sex", 1)
    (batches / "2025-11.csv").write_text(text, encoding="utf-8")
    (batches / "again.csv").write_bytes((batches / "2025-01.csv").read_bytes())
    page = run(made, tmp_path / "out", source=str(batches))
    assert "The column Gender is missing in 2025-11" in page
    assert "The file again.csv has the same content as 2025-01.csv and was left out." in page


@pytest.mark.slow
def test_later_people_are_followed_in_their_segments(made, tmp_path):
    """The page answers for the segments line, names both planted changes in their months, and stays short; rules reach
    the figures, a missing month and a file without a feature are alarms.
    """
    folder = tmp_path / "people"
    shutil.copytree(ROOT / "data/raw/segments_batches", folder)
    (folder / "2025-03.csv").unlink()
    text = (folder / "2025-02.csv").read_text(encoding="utf-8").replace("f2", "f_two", 1)
    (folder / "lacking.csv").write_text(text, encoding="utf-8")
    page = run(made, tmp_path / "out", people=folder)
    answer = "The people in segments of 2025-12 differ from those who were segmented in 7 ways that matter."
    for told in (
        answer,
        "Segments do not reach 18 % of people, 1.0 % before. Since 2025-07.",
        "A rose from 65 % to 78 % of people in segments. Since 2025-09.",
        "People in segments: The file lacking.csv could not be read and was left out: column 'f2' is missing",
    ):
        assert told in page
    assert visible(page) <= 1_000
    found = json.loads((tmp_path / "out/metrics.json").read_text(encoding="utf-8"))["monitor"]
    assert found["segments"]["out_of_reach"]["everybody"] == pytest.approx(62 / 336, abs=1e-6)
    assert found["segments"]["alarms"]["standing"] == 7
    assert found["segments"]["alarms"]["questions"] == 9
    assert answer in found["answer"]
    assert "segments,gap,2025-03" in (tmp_path / "out/alarms.csv").read_text(encoding="utf-8")
    shares = pd.read_csv(tmp_path / "out/segments.csv")
    assert shares.query("question == 'segments' and period == '2025-12'")["share"].sum() == pytest.approx(1)


@pytest.mark.slow
def test_an_earlier_period_as_reference(made, tmp_path):
    """January against the later months: what changed in between is found, what they share is not."""
    page = run(made, tmp_path / "out", reference=["2025-01"])
    assert "differ from 2025-01" in page
    assert "Since 2025-06" in page


DECISIONS = {"source": str(ROOT / "data/raw/healthcare_batches"), "reference": "audited", "wait": 1.0}


def decided(made, to, **changes):
    """Run the stage on recorded decisions into ``to``; ``changes`` are of its section."""
    to.mkdir(exist_ok=True)
    tree = read_yaml(made / "params.yaml")
    tree["healthcare"]["source"] = str(ROOT / "data/raw/healthcare.csv")
    tree["monitor"]["healthcare"] = DECISIONS | changes
    del tree["monitor"]["segments"]
    with (to / "decisions.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    params, cases = str(to / "decisions.yaml"), str(made / "healthcare.parquet")
    others = {"profile": str(made / "profile.csv"), "metrics": str(made / "prepare_healthcare.json")}
    prepare_healthcare.main(params=params, prepared=cases, **others)
    outs = {"figures": str(to / "healthcare.csv"), "asked": str(to / "healthcare.json")}
    monitor_healthcare.main(params=params, cases=cases, prepared=others["metrics"], **outs)


@pytest.mark.slow
def test_recorded_decisions_are_on_the_page_with_the_planted_changes(made, tmp_path):
    """The answer counts both lines of work; each change stands since its month; figures are where rules reach them."""
    decided(made, tmp_path)
    page = run(made, tmp_path, healthcare=DECISIONS)
    assert "The requests of 2026-06 differ from those that were audited in 5 ways that matter." in page
    for told in (
        r"All requests, share approved: 57\.9 %, against 70\.6 % in the reference\. Since 2026-03\.",
        r"Requester: GP, share approved of necessary requests: 31\.5 points lower, against 9\.0 .* Since 2026-04\.",
        r"Location: rural, mean wait: 4\.0 minutes longer, against 0\.2 minutes longer .* Since 2026-05\.",
        r"- 2026-03: All requests, share decided differently than a similar earlier request: 56\.2 %, against 31\.4 %",
        r"2 lines of work .* one in 37,440 for the model's rows \(39 questions\), one in 37,440 for recorded decisions",
    ):
        assert re.search(told, page, re.DOTALL), told
    found = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["monitor"]
    own = found["healthcare"]
    assert own["alarms"] == {"standing": 5, "raised": 6, "questions": 39}
    assert found["alarms"]["standing"] == 5 + sum(each["line"] == "budget" for each in found["standing"])
    assert own["figures"]["requester"]["GP"]["equal_opportunity_difference"] == pytest.approx(-0.315, abs=1e-3)
    assert own["periods"] == {"first": "2026-01", "newest": "2026-06", "number": 6, "next_ends": "2026-07-31"}
    assert own["figures"]["rural"]["1"]["urgent_equal_opportunity_difference"] == pytest.approx(0.016, abs=1e-3)
    alarms = (tmp_path / "alarms.csv").read_text(encoding="utf-8")
    assert alarms.splitlines()[0].startswith("line,kind,name,group,figure,period,state")
    assert "healthcare,waits,rural,1,mean_wait_difference,2026-05,alarm" in alarms
    assert "requester: GP, share approved" in (tmp_path / "calendar.svg").read_text(encoding="utf-8")
    for file, width in (("healthcare.svg", 720), ("healthcare_narrow.svg", 350)):
        drawn = (tmp_path / file).read_text(encoding="utf-8")
        assert "Beyond their control limits in some period: 6 figures." in drawn
        assert max(float(x) for x in re.findall(r'<(?:rect|line|text) x1?="([\d.]+)"', drawn)) < width
    visible = re.sub(r"<details>.*?</details>|!\[.*?\]\(.*?\)", "", page, flags=re.DOTALL)
    assert len(visible.split()) <= 1_000


@pytest.mark.slow
def test_recorded_decisions_against_earlier_periods_of_their_own(made, tmp_path):
    """January and February as reference: the same bytes twice, and the sentence says what was compared."""
    for to in (tmp_path, tmp_path / "again"):
        decided(made, to, reference=["2026-01", "2026-02"])
    for name in ("healthcare.csv", "healthcare.json"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    page = run(made, tmp_path, healthcare=DECISIONS | {"reference": ["2026-01", "2026-02"]})
    assert "4 months of requests, 2026-03 to 2026-06, were compared with those of 2026-01 to 2026-02 (1,800)." in page


def test_the_stage_of_recorded_decisions_needs_its_section(made, tmp_path):
    """Without it there is nothing to compare: the section is named."""
    with pytest.raises(InputError, match=r"monitor\.healthcare is missing"):
        monitor_healthcare.main(params=str(made / "params.yaml"), cases="", figures="", asked="")


def test_the_answer_is_of_an_earlier_result_once_its_figures_are_others(tmp_path):
    """A document that quotes it says so: of a model, and where none is watched of an audit or of segments; a file of
    another kind is refused.
    """
    from hashlib import sha256

    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/reweigh.json").write_text("{}\n")
    told = {
        "answer": "All is well.",
        "alarms": {"standing": 0},
        "of": {"budget": {"trained": sha256(b"{}\n").hexdigest()}},
    }
    (tmp_path / "metrics/monitor.json").write_text(json.dumps({"monitor": told}))
    assert monitored(tmp_path).says == "All is well."
    (tmp_path / "metrics/reweigh.json").write_text('{"other": 1}\n')
    assert monitored(tmp_path).says.startswith("Of an earlier model: All is well.")
    (tmp_path / "plots").mkdir()
    for line, key, file, whose in (
        ("healthcare", "audited", "metrics/prepare_healthcare.json", "an earlier audit"),
        ("segments", "centres", "plots/segments.csv", "earlier segments"),
    ):
        (tmp_path / file).write_text("1\n")
        own = told | {"of": {line: {key: sha256(b"1\n").hexdigest()}}}
        (tmp_path / "metrics/monitor.json").write_text(json.dumps({"monitor": own}))
        assert monitored(tmp_path).says == "All is well."
        (tmp_path / file).write_text("2\n")
        assert monitored(tmp_path).says == f"Of {whose}: All is well. Run `make monitor` to compare again."
        assert not monitored(tmp_path).current
        (tmp_path / file).unlink()
        assert not monitored(tmp_path).current
    (tmp_path / "metrics/monitor.json").write_text('{"monitor": {}}')
    with pytest.raises(InputError, match=r"monitor\.json: is another file"):
        monitored(tmp_path)
