"""docs/your_own_data.md is followed to the letter, on the table that it takes and on another one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import statsmodels.api as sm

from tests.contract.test_readme import run
from tests.support.contract import ROOT
from tests.support.small import equipped

PAGE = (ROOT / "docs/your_own_data.md").read_text(encoding="utf-8").split("## What to know")[0]
COMMANDS = [
    line for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
START = COMMANDS[0]
ANES = "make start TABLE=data/raw/anes96.csv TARGET=vote PROTECTED=educ"
FAIR = "make start TABLE=data/raw/fair.csv TARGET=affairs PROTECTED=religious,age PRIVILEGED='age=> 30'"
BLOCKED = 2  # what make says when the policy fails


def figures(root: Path, stage: str) -> dict:
    """What a stage wrote into its metrics file."""
    return json.loads((root / f"metrics/{stage}.json").read_text())[stage]


@pytest.fixture
def newcomer(built, tmp_path):
    """A built fork in which make runs, with two more public tables."""
    root = equipped(built.copy(tmp_path / "fork"))
    for name, data in (("anes96", sm.datasets.anes96), ("fair", sm.datasets.fair)):
        data.load_pandas().data.to_csv(root / f"data/raw/{name}.csv", index=False)
    return root


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "rows"), [(START, 5562), (ANES, 944), (FAIR, 6366)], ids=["randhie", "anes96", "fair"]
)
def test_the_page_works_in_the_order_that_it_has(newcomer, start, rows):
    """Every command ends well, but for the gate, which blocks until somebody has decided; all rows are counted.

    The second table names no reference group; the third has a target of numbers, and an age that is cut.
    """
    said = {}
    for command in [start, *COMMANDS[1:]]:
        code, said[command] = run(newcomer, command)
        assert code == (BLOCKED if command == "make gate" else 0), f"{command}:\n{said[command]}"
    assert figures(newcomer, "prepare")["rows"]["kept"] == rows
    assert re.search(r"policy: (?:Does not meet the policy|Cannot be decided yet)\.", said["make gate"])
    assert "# decide:" in (newcomer / "params.yaml").read_text(encoding="utf-8")
    if start == START:
        quoted = re.search(r"```\n(black, each level.*?)```", PAGE, re.DOTALL)[1]
        assert [line.split() for line in quoted.splitlines()] == [
            line.split() for line in said[start].splitlines() if line.split()[:1] in (["black,"], ["0.0"], ["1.0"])
        ]
        assert figures(newcomer, "evaluate_fairness")["black"]["baseline"]["disparate_impact"] < 0.8


def test_the_error_of_the_page_is_the_one_that_comes(tmp_path, monkeypatch, capsys):
    """A level spelled otherwise than in the file is refused in these words."""
    from commands import start
    from pipeline import entry

    for name in ("params.yaml", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    options = re.search(r'PRIVILEGED="(.*)"', START)[1].replace("0.0", "0")
    told = ["--table=examples/randhie.csv", "--target=outcome", "--protected=black,female", f"--privileged={options}"]
    with pytest.raises(SystemExit):
        entry.run(lambda: start.main(start.request(start.parsed(told), None)))
    assert capsys.readouterr().err.strip() in PAGE
