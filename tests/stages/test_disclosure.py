"""What is passed on with ``disclosure.minimum_cell``: an attacker with every published table learns no small count."""

import json
import re
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from pipeline.storage import files
from responsible.tabular.cells import labels
from stages import (
    evaluate_fairness,
    healthcare_audit,
    model_analyses,
    prepare,
    prepare_healthcare,
    reweigh,
    threshold_sweep,
    train_baseline,
)
from tests.support import tables
from tests.support.contract import ROOT

MINIMUM = 11
STAGES = (prepare, train_baseline, reweigh, model_analyses, evaluate_fairness, threshold_sweep)
RARE = {"sex": ("X", 9), "region": ("Island", 25)}  # level → rows of 6,000
REASON = f"fewer_than_{MINIMUM}_people"


def people(rows=6_000, seed=3, noise=18.0):
    """A table whose models err in all groups, with a level of nine people and one of 25."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    region = rng.choice(["North", "South", "East"], rows, p=[0.5, 0.3, 0.2])
    for column, name in ((sex, "sex"), (region, "region")):
        column[rng.choice(rows, RARE[name][1], replace=False)] = RARE[name][0][:5]
    skill = rng.normal(50, 15, rows).round()
    target = skill + rng.normal(0, noise, rows) - 8 * (sex == "F") + 4 * (region == "South")
    return pd.DataFrame({"sex": sex, "region": region, "skill": skill, "target": target.clip(0, 100).round()})


def parameters(minimum, frame, **changes):
    """The repository's parameters for :func:`people`."""
    budget = {
        **tables.tree()["budget"],
        "source": "t.csv",
        "target": {"column": "target", "minimum": 0, "maximum": 100},
        "features": {"skill": {"kind": "numeric"}, "sex": {"kind": "categorical"}},
    }
    sensitive = {
        "sex": {"column": "sex", "privileged": ["M"]},
        "region": {"column": "region", "privileged": ["North"]},
    }
    tree = tables.tree(budget=budget, sensitive=sensitive, threshold=50, inference__replicates=200)
    tree["reweigh"]["attributes"] = ["sex"]
    tree["threshold_sweep"] |= {"attribute": "sex", "grid": {"minimum": 40, "maximum": 60, "step": 5}}
    tree["disclosure"] = {"minimum_cell": minimum}
    tree["fairness"]["local_law_144"] = True
    tree["policy"]["rules"] = {
        name: rule | {"metric": rule["metric"].replace("education", "sex")}
        for name, rule in tree["policy"]["rules"].items()
        if name in ("education_disparate_impact", "accuracy")
    }
    return tree | changes


def build(folder, tree, frame, monkeypatch):
    """The budget line's results in a folder."""
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    shutil.copytree(ROOT / "docs/templates", folder / "docs/templates")
    frame.to_csv(folder / "t.csv", index=False)
    tables.write(folder / "params.yaml", tree, tree)
    for stage in STAGES:
        stage.main()
    return folder


class Attacker:
    """Everything the published tables say, as sums of exact cells: split, sex, region, label and both answers."""

    def __init__(self, folder, exact):
        self.folder, self.exact, self.rows, self.sums = folder, exact, [], []
        self.learn()

    def told(self, total, **where):
        """A published count: the sum of the exact cells with these values."""
        if not pd.isna(total):
            self.rows.append(self.mask(**where))
            self.sums.append(float(total))

    def mask(self, **where):
        """(cells,) bool; a level that is published for several stands for all that are not published themselves."""
        chosen = np.ones(len(self.exact), dtype=bool)
        for column, value in where.items():
            own = self.exact[column]
            chosen &= (own.isin(value) if isinstance(value, list | set) else own == value).to_numpy()
        return chosen

    def levels(self, name, level, listed):
        """The exact levels behind a published one of a table that lists ``listed``."""
        everything = set(self.exact[name])
        if level in everything:
            return [level]
        privileged = {"sex": {"M"}, "region": {"North"}}[name]
        side = privileged if "privileged" in level.replace("unprivileged", "") else everything - privileged
        if level.startswith("all "):
            return sorted(side)
        return sorted(side - set(listed))

    def table(self, name):
        return pd.read_csv(self.folder / name, dtype=str, keep_default_na=False, na_values=[""])

    def learn(self):
        """Read every table and metrics file of the line."""
        rates = self.table("plots/prepare_base_rates.csv")
        for row in rates.itertuples():
            split = {} if row.split == "all" else {"split": row.split}
            listed = rates[rates["attribute"] == row.attribute]["level"]
            who = {} if row.attribute == "all" else {row.attribute: self.levels(row.attribute, row.level, listed)}
            self.told(row.n, **split, **who)
            self.told(row.positives, **split, **who, y=1)
        levels = self.table("plots/reweighing_levels.csv")
        for row in levels.itertuples():
            who = self.levels(row.attribute, row.level, levels[levels["attribute"] == row.attribute]["level"])
            self.told(row.rows, split="train", **{row.attribute: who})
            self.told(float(row.rows) * float(row.base_rate), split="train", y=1, **{row.attribute: who})
        for row in self.table("plots/reweighing_weights.csv").itertuples():
            who = ["M"] if row.group.startswith("privileged") else sorted(set(self.exact["sex"]) - {"M"})
            self.told(row.rows, split="train", sex=who, y=int(row.label))
        for stage, model in (("train_baseline", "baseline"), ("reweigh", "reweighed")):
            found = json.loads((self.folder / f"metrics/{stage}.json").read_text())[stage]
            for name, (y, answer) in {"tp": (1, 1), "fp": (0, 1), "fn": (1, 0), "tn": (0, 0)}.items():
                self.told(found["confusion"][name], split="test", y=y, **{model: answer})
        self._groups("plots/confusion.csv")
        ratios = self.table("plots/impact_ratios.csv")
        own = ratios[(ratios["rate"] == "selection_rate") & (ratios["category"] != "unknown_category")]
        own = own.rename(columns={"people": "of"})
        self._rates(own, "attributes", "category")
        self._rates("plots/group_rates.csv", "attribute", "level")
        self._rates("plots/intersection_rates.csv", "attributes", "group")

    def _shown(self, table, row, key, column):
        own = table[(table[key] == getattr(row, key)) & (table["model"] == row.model)]
        return own.loc[own.filter(["tp", "count"]).notna().any(axis=1), column]

    def _groups(self, name):
        table = self.table(name)
        for row in table.itertuples():
            who = self.levels(row.attribute, row.level, self._shown(table, row, "attribute", "level"))
            for count, (y, answer) in {"tp": (1, 1), "fp": (0, 1), "fn": (1, 0), "tn": (0, 0)}.items():
                self.told(getattr(row, count), split="test", y=y, **{row.model: answer, row.attribute: who})

    def _rates(self, name, key, column):
        table = self.table(name) if isinstance(name, str) else name
        given = {
            "selection_rate": ({}, {"answer": 1}),
            "true_positive_rate": ({"y": 1}, {"y": 1, "answer": 1}),
            "false_positive_rate": ({"y": 0}, {"y": 0, "answer": 1}),
            "positive_predictive_value": ({"answer": 1}, {"y": 1, "answer": 1}),
            "base_rate": ({}, {"y": 1}),
        }
        for row in table.itertuples():
            names, parts = getattr(row, key).split(" & "), getattr(row, column).split(" & ")
            listed = [x.split(" & ") for x in self._shown(table, row, key, column)]
            who = {
                n: self.levels(n, part, [x[i] for x in listed])
                for i, (n, part) in enumerate(zip(names, parts, strict=True))
            }
            for count, where in zip((row.of, row.count), given[row.rate], strict=True):
                own = {row.model if k == "answer" else k: v for k, v in where.items()}
                self.told(count, split="test", **who, **own)

    def range(self, chosen):
        """The least and the most people that the exact cells ``chosen`` can hold."""
        system, place = np.unique(np.array(self.rows, dtype=float), axis=0, return_index=True)
        sums = np.array(self.sums)[place]
        ends = []
        for sign in (1, -1):
            found = linprog(sign * chosen.astype(float), A_eq=system, b_eq=sums, bounds=(0, None), method="highs")
            assert found.status in (0, 3), found.message
            ends.append(sign * found.fun if found.status == 0 else np.inf)
        return ends


def exact_cells(folder):
    """The people of every combination of split, levels, label and answers, combinations without anybody included."""
    scores, meta = files.read_scores(
        {name: folder / f"data/scores/{name}.parquet" for name in ("baseline", "reweighed")}
    )
    scores["y"] = labels(scores, meta["cuts"], 50)
    for model in ("baseline", "reweighed"):
        scores[model] = (scores[model] >= 0.5).astype(int)
    names = {"a.sex": "sex", "a.region": "region"}
    columns = ["split", "sex", "region", "y", "baseline", "reweighed"]
    counted = scores.rename(columns=names).groupby(columns)["n"].sum()
    every = list(product(*(sorted(set(counted.index.get_level_values(c))) for c in columns)))
    return counted.reindex(pd.MultiIndex.from_tuples(every, names=columns), fill_value=0).reset_index()


def small_counts(exact):
    """Every count of 1 to 10 that the exact tables would show: (what it is of, mask)."""
    models = ("baseline", "reweighed")
    keys = [["split", a, "y"] for a in ("sex", "region")] + [["split", a] for a in ("sex", "region")]
    keys += [["split", *who, "y", model] for who in (["sex"], ["region"], ["sex", "region"]) for model in models]
    keys += [["split", *who, model] for who in (["sex"], ["region"]) for model in models]
    keys += [["split", who, "y", *models] for who in ("sex", "region")]
    for key in keys:
        part = exact[exact["split"] == "test"] if set(key) & set(models) else exact
        for value, own in part.groupby(key):
            if 0 < own["n"].sum() < MINIMUM:
                yield dict(zip(key, value, strict=True)), exact.index.isin(own.index), int(own["n"].sum())


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The results of the table with a minimum of eleven, and of none."""
    monkeypatch = pytest.MonkeyPatch()
    root, frame = tmp_path_factory.mktemp("disclosure"), people()
    folders = {m: build(root / str(m), parameters(m, frame), frame, monkeypatch) for m in (0, MINIMUM)}
    yield folders
    monkeypatch.undo()


def test_no_small_count_follows_from_all_that_is_published(built):
    """Every count of one to ten can, by all published counts, lie anywhere in a range as wide as the minimum."""
    exact = exact_cells(built[MINIMUM])
    attacker, seen = Attacker(built[MINIMUM], exact), 0
    for what, chosen, n in small_counts(exact):
        low, high = attacker.range(chosen)
        assert low - 1e-6 <= n <= high + 1e-6, what
        assert high - low >= MINIMUM - 1e-6, (what, n, low, high)
        seen += 1
    assert seen > 40


def test_the_attacker_finds_small_counts_that_are_only_left_out(built):
    """Taking small counts out of finished tables is not enough: their margins give most of them away."""
    exact = exact_cells(built[0])
    attacker = Attacker(built[0], exact)
    kept = [i for i, n in enumerate(attacker.sums) if not 0 < n < MINIMUM]
    attacker.rows, attacker.sums = [attacker.rows[i] for i in kept], [attacker.sums[i] for i in kept]
    found = [attacker.range(chosen) for _, chosen, _ in small_counts(exact)]
    assert sum(high - low < 1 for low, high in found) > len(found) / 4


def small_numbers(path, columns):
    """The counts of 1 to 10 in the columns of a published table."""
    table = pd.read_csv(path)
    found = table[[c for c in columns if c in table]].to_numpy(dtype=float)
    return found[(found > 0) & (found < MINIMUM)].tolist()


COUNTS = ["n", "missing", "positives", "count", "of", "tp", "fp", "fn", "tn", "rows", "privileged", "unprivileged"]
COUNTS += ["support_unprivileged", "support_privileged", "count_unprivileged", "count_privileged", "lost", "won"]
COUNTS += ["people"]


def test_no_table_of_the_line_has_a_small_count(built):
    """In every CSV of the budget line each number of people is empty, zero or at least the minimum."""
    for path in sorted((built[MINIMUM] / "plots").glob("*.csv")):
        flags = {"privileged"} if path.stem in ("group_rates", "intersection_rates", "confusion") else set()
        assert small_numbers(path, [name for name in COUNTS if name not in flags]) == [], path.name


@pytest.mark.parametrize("model", ["baseline", "reweighed"])
def test_curves_tell_no_small_count(built, model):
    """Counts that solve the published accuracy and net benefit are those of the rows; between any two cuts, the one in
    use among them, and beyond the last ones, are none or enough people with either label.
    """
    scores, meta = files.read_scores({model: built[MINIMUM] / f"data/scores/{model}.parquet"})
    part = scores[scores["split"] == "valid"]
    label, score, n = labels(part, meta["cuts"], 50), part[model].to_numpy(), part["n"].to_numpy()
    table = pd.read_csv(built[MINIMUM] / "plots/decision_threshold.csv")
    own = table[(table["model"] == model) & table["attribute"].isna()].pivot(
        index="threshold", columns="figure", values="value"
    )
    own = own.dropna()
    assert 5 < len(own) < 99
    assert 0.5 in own.index
    odds, negatives, rows = own.index / (1 - own.index), n[label == 0].sum(), n.sum()
    # rows · accuracy = TP + N − FP and rows · benefit = TP − odds · FP
    false = (own["accuracy"] * rows - negatives - own["net_benefit"] * rows) / (odds - 1 + 1e-300)
    false[0.5] = n[(label == 0) & (score >= 0.5)].sum()  # there both are the same equation
    true = own["accuracy"] * rows - negatives + false
    for y, counts in ((0, false), (1, true)):
        exact = [n[(label == y) & (np.round(score, 9) >= t)].sum() for t in own.index]
        np.testing.assert_allclose(counts, exact, atol=0.1)
        between = np.abs(np.diff([n[label == y].sum(), *exact, 0]))
        assert ((between == 0) | (between >= MINIMUM)).all()


def test_a_better_cut_beside_the_one_in_use_tells_no_small_count(built):
    """Where a best threshold is published, the answers at both by label are of none or enough people."""
    found = json.loads((built[MINIMUM] / "metrics/model_analyses.json").read_text())["model_analyses"]
    for model, own in found.items():
        scores, meta = files.read_scores({model: built[MINIMUM] / f"data/scores/{model}.parquet"})
        part = scores[scores["split"] == "test"]
        kinds = [labels(part, meta["cuts"], 50), *(part[model] >= own[f"{t}_threshold"] for t in ("current", "best"))]
        counts = part["n"].groupby([np.asarray(kind) for kind in kinds]).sum()
        assert (counts >= MINIMUM).all()
        right = (np.asarray(kinds[0]) == np.asarray(kinds[2])) @ part["n"].to_numpy() / part["n"].sum()
        assert own["accuracy_at_best"] == pytest.approx(right, abs=1e-6)


def test_a_merged_level_is_undefined_and_says_why(built):
    """A policy rule on a level that is published only with others meets its row, without value, and the reason."""
    fairness = pd.read_csv(built[MINIMUM] / "plots/fairness.csv")
    own = fairness[(fairness["attribute"] == "sex") & (fairness["comparison"] == "X") & (fairness["model"] != "change")]
    assert len(own)
    assert own["value"].isna().all()
    assert set(own["reason"]) == {REASON}
    assert set(own["verdict"]) == {"insufficient_evidence"}
    document = (built[MINIMUM] / "docs/comparison.md").read_text()
    assert f"not shown (fewer than {MINIMUM} people)" in document
    assert not re.search(r"\bnan\b|<NA>", document)


def test_the_healthcare_audit_shows_no_small_count(tmp_path, monkeypatch):
    """Levels of eight requests are merged, single requests and months are not shown, and no count is small."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs/templates", tmp_path / "docs/templates")
    shutil.copy(ROOT / "answers.yaml", tmp_path / "answers.yaml")
    cases = pd.read_csv(ROOT / "data/raw/healthcare.csv", dtype=str)
    cases.loc[cases.index[:8], "requester_type"] = "Midwife"
    cases.to_csv("h.csv", index=False)
    tree = tables.tree(healthcare__source="h.csv", inference__replicates=100)
    tree["disclosure"] = {"minimum_cell": MINIMUM}
    tables.write(Path("params.yaml"), tree, tree)
    prepare_healthcare.main()
    healthcare_audit.main()
    for path in sorted(Path("plots").glob("*healthcare*.csv")):
        columns = [name for name in COUNTS if not (name == "privileged" and path.stem == "healthcare_rates")]
        columns = [name for name in columns if not (name.endswith("privileged") and path.stem == "healthcare_waits")]
        assert small_numbers(path, columns) == [], path.name
    approvals = pd.read_csv("plots/healthcare_approvals.csv")
    midwives = approvals[approvals["comparison"] == "Midwife"]
    assert len(midwives)
    assert midwives["value"].isna().all()
    assert set(midwives["reason"]) == {REASON}
    assert pd.read_csv("plots/healthcare_closest.csv").empty
    assert pd.read_csv("plots/healthcare_months.csv").empty
    assert not re.search(r"\bnan\b|<NA>|Midwife \(", Path("docs/healthcare_audit.md").read_text())
