"""The stage on the repository's own results: what its documents say is what the files say, for any attributes."""

import csv
import json
import re
import shutil
import socket

import pytest
import yaml
from markdown_it import MarkdownIt

from pipeline.plots import fairness, group_rates
from pipeline.reporting import formatting
from pipeline.results.catalogue import SEARCHED
from responsible.validation import InputError
from stages import model_card
from tests.support import pictures
from tests.support.contract import PACKAGES, ROOT, entries

HOSTILE = "<script>alert(1)</script>|`](javascript:x)#"
DOCUMENTS = ("docs/model_card.md", "docs/model_card.cdx.json", "docs/index.html")
RESULTS = "docs/model_card.results.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with everything the stage reads, and nothing else."""
    for name in [*entries("model_card", "deps"), "params.yaml"]:
        if name.split("/")[0] not in (*PACKAGES, "data") and not name.endswith((".env", ".txt")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(folder, name, **where):
    with (folder / "plots" / name).open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if all(row[k] == v for k, v in where.items())]


def change_params(folder, change):
    tree = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    change(tree)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")


def built(folder):
    model_card.main()
    return [(folder / name).read_text(encoding="utf-8") for name in DOCUMENTS]


def test_results_of_a_sample_say_so_before_any_figure(folder):
    """Where rows were sampled, the page, the cards and the data sheet say how many at most, and how to count all."""
    change_params(folder, lambda tree: tree["prepare"].update(sample_rows=1500))
    card, _, page = built(folder)
    others = [(folder / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("data_sheet", "risk_assessment")]
    for text in (card, *others):
        before = text[: text.index("rows of each table were counted, chosen by a hash. Set it to zero")]
        assert before.rsplit("\n", 1)[1].startswith("**On a sample.** At most [1,500][")
        assert "\n## " not in before
    assert "<p>On a sample: at most 1,500 rows of each table were counted, chosen by a hash.</p>" in page
    assert all("n a sample" not in (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)


def test_a_table_that_was_sampled_by_itself_is_named(folder):
    """Where a table had too many rows, the page, the cards and the data sheet say how many of how many were used."""
    path = folder / "metrics/prepare_segments.json"
    own = json.loads(path.read_text(encoding="utf-8"))
    own["prepare_segments"] |= {"kept": 1500, "sampled_from": 90000}
    path.write_text(json.dumps(own), encoding="utf-8")
    card, _, page = built(folder)
    others = [(folder / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("data_sheet", "risk_assessment")]
    for text in (card, *others):
        said = re.search(r"\*\*On a sample\.\*\* \[1,500\]\[f\d+\] of \[90,000\]\[f\d+\] people were used", text)
        assert "\n## " not in text[: said.start()]
        assert "A larger number in `prepare.sample_rows` uses more of them." in text
    assert "<p>On a sample: 1,500 of 90,000 people were used, chosen by a hash.</p>" in page


def test_the_same_results_give_the_same_bytes(folder):
    """Built twice, and in another folder than the repository's, the documents are those that are committed."""
    first = built(folder)
    assert built(folder) == first
    assert [(ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS] == first


def test_every_linked_figure_is_what_its_file_says(folder):
    """Each link of the card is resolved: the file exists, has the key, and its number rounds to what the card shows."""
    text = built(folder)[0]
    sources = dict(re.findall(r'^\[(f\d+)\]: \S+ "(.*)"$', text, re.MULTILINE))
    files = dict(re.findall(r"^\[(f\d+)\]: \.\./(\S+) ", text, re.MULTILINE))
    shown = re.findall(r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\[(f\d+)\]", text)
    assert {label for _, label in shown} == set(sources)
    checked = 0
    for said, label in shown:
        key = formatting.plain(sources[label])
        if files[label].endswith(".json"):
            value = json.loads((folder / files[label]).read_text())
            for part in key.split("."):
                value = value[part]
            if isinstance(value, str):
                assert said == value
                continue
            number = float(re.sub(r"[,%\s]", "", said).replace("−", "-"))
            assert number == pytest.approx(value * (100 if "%" in said else 1), rel=0.01, abs=0.0005)
            checked += 1
        elif files[label] == "plots/fairness.csv" and "[" in said:
            _, attribute, model, measure = key.split(" [")[0].split(".")
            level = key.split(" [")[1][:-1] if " [" in key else "all unprivileged"
            (row,) = rows(folder, "fairness.csv", attribute=attribute, model=model, measure=measure, comparison=level)
            ends = [f"{float(row[end]):.3f}".replace("-", "−") for end in ("value", "low", "high")]
            assert said == f"{ends[0]} [{ends[1]}, {ends[2]}]"
            checked += 1
    assert checked >= 10


def test_sections_are_those_of_mitchell_et_al(folder):
    """The nine sections of the paper stand in its order."""
    headings = re.findall(r"^## (.*)$", built(folder)[0], re.MULTILINE)
    assert headings == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
        "Provenance",
    ]


def test_the_answer_comes_first_in_people_and_counts(folder):
    """Below the title stand the policy's answer and the model's worst finding, as on the page, with what to do."""
    text = formatting.plain(built(folder)[0].split("# Model card: budget\n\n")[1].split("\n\n")[0])
    assert text.startswith("Does not meet the policy. Two blocking rules are not met: ")
    own = {flag: rows(folder, "group_rates.csv", attribute="education", model="reweighed", rate="selection_rate",
                      privileged=flag) for flag in ("False", "True")}  # fmt: skip
    one, two = (
        f"{sum(int(r['count']) for r in part):,} of {sum(int(r['of']) for r in part):,}" for part in own.values()
    )
    said = f"Reweighed model: {one} people with any other education were selected and {two} people whose education is "
    assert f"{said}Bachelor’s Degree or Master’s Degree were selected. Reconsider the label or the limit." in text


def test_the_card_is_short(folder):
    """Its body, what is folded included, has fewer than 1,500 words."""
    body = built(folder)[0].split("---\n", 2)[2]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    assert len(re.sub(r"<[^>]+>", " ", html).split()) < 1_500


def test_the_hub_reads_header_and_results(folder, monkeypatch):
    """Hugging Face's own library reads the header, which has no result, and every defined figure, overall and by group,
    from the file that the header names; it asks no network for it.
    """
    hub = pytest.importorskip("huggingface_hub")
    text = built(folder)[0]

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    card = hub.ModelCard(text)
    digest = json.loads((folder / "metrics/prepare.json").read_text())["prepare"]["digest"]
    assert card.data.to_dict() == {
        "license": "mit",
        "library_name": "sklearn",
        "pipeline_tag": "tabular-classification",
        "tags": ["fairness", "logistic-regression", "reweighing"],
        "dataset": {"file": "data/raw/budget.csv", "sha256": digest},
        "results": RESULTS.removeprefix("docs/"),
    }
    tree = yaml.safe_load((folder / RESULTS).read_text(encoding="utf-8"))
    entries = hub.parse_eval_result_entries(tree)
    assert hub.eval_result_entries_to_yaml(entries) == tree
    found = {entry.task_id: entry for entry in entries}
    assert len(found) == len(entries)
    (accuracy,) = rows(folder, "performance_reweighed.csv", figure="accuracy")
    assert found["accuracy"].value == float(accuracy["value"])
    assert found["accuracy"].notes == f"test rows, 95 % interval {accuracy['low']} to {accuracy['high']}"
    names = ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value")
    for row in rows(folder, "group_rates.csv", model="reweighed"):
        if row["rate"] in names:
            assert found[f"{row['rate']} ({row['attribute']}: {row['level']})"].value == float(row["value"])
    for row in rows(folder, "fairness.csv", model="reweighed", comparison="all unprivileged"):
        assert found[f"{row['measure']} ({row['attribute']}: all unprivileged)"].value == float(row["value"])
    assert {(e.dataset_id, e.dataset_revision) for e in entries} == {("data/raw/budget.csv", digest)}


def test_the_twin_is_valid_and_says_the_same(folder):
    """CycloneDX's strict validator accepts it, and its figures, slices and intervals are those of the tables."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    text = built(folder)[1]
    assert validation.JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    twin = json.loads(text)
    data, *models = twin["components"]
    digest = json.loads((folder / "metrics/prepare.json").read_text())["prepare"]["digest"]
    assert data["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert [m["name"] for m in models] == ["baseline", "reweighed"]
    for model in models:
        found = {
            (m.get("slice", ""), m["type"]): m for m in model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
        }
        for row in rows(folder, "intersection_rates.csv", model=model["name"], rate="true_positive_rate"):
            metric = found[f"{row['attributes']}: {row['group']}", row["rate"]]
            if row["value"]:
                assert float(metric["value"]) == float(row["value"])
                assert float(metric["confidenceInterval"]["upperBound"]) == float(row["high"])
            else:
                assert metric["value"] == f"undefined: {row['reason'].replace('_', ' ')}"
    use = models[1]["modelCard"]["considerations"]["useCases"]
    assert use[0].startswith("No use about people.")
    assert use[1].startswith("Out of scope: Credit, pricing,")
    assert {p["name"]: p["value"] for p in models[1]["properties"]}["policy"].startswith(
        "Does not meet the policy. Two blocking rules are not met: "
    )


def keep_attribute(folder, name):
    """Leave one sensitive attribute in every file, as if the other had never been declared."""
    for file in ("fairness.csv", "group_rates.csv", "prepare_base_rates.csv"):
        kept = [row for row in rows(folder, file) if row["attribute"] in (name, "all")]
        write(folder / "plots" / file, kept)
    for picture, table, draw in (
        ("disparities", "fairness", fairness.disparities),
        ("group_rates", "group_rates", group_rates.group_rates),
    ):
        drawn = draw(pictures.table(table, folder), 0.95)
        drawn.write(str(folder / f"plots/{picture}.svg"), str(folder / f"plots/{picture}_narrow.svg"))
    first = (folder / "plots/intersection_rates.csv").read_text().splitlines()[0]
    (folder / "plots/intersection_rates.csv").write_text(first + "\n")
    searched = (folder / SEARCHED).read_text(encoding="utf-8")  # the checks refuse a search by an undeclared attribute
    (folder / SEARCHED).write_text(searched.replace("education", name), encoding="utf-8")
    metrics = json.loads((folder / "metrics/evaluate_fairness.json").read_text())
    metrics = {"evaluate_fairness": {name: metrics["evaluate_fairness"][name]}}
    (folder / "metrics/evaluate_fairness.json").write_text(json.dumps(metrics))

    def change(tree):
        tree["sensitive"] = {name: tree["sensitive"][name]}
        tree["reweigh"]["attributes"] = [name]
        rules = tree["policy"]["rules"]
        tree["policy"]["rules"] = {key: rule for key, rule in rules.items() if "education" not in rule["metric"]}

    change_params(folder, change)


def write(path, table):
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def test_one_attribute_only(folder):
    """With one sensitive attribute there is its table, and no word computed of the other."""
    keep_attribute(folder, "gender")
    text, twin, _ = built(folder)
    assert "Reweighed model, by gender" in text
    assert "by education" not in text
    assert {
        m["modelCard"]["considerations"]["fairnessAssessments"][0]["groupAtRisk"]
        for m in json.loads(twin)["components"][1:]
    } == {"gender: Female, Missing, Non-binary, Other, Transgender"}


def test_absent_levels_and_undefined_measures(folder):
    """A declared level without rows, and a measure without a value, stand there with their reasons."""
    table = rows(folder, "group_rates.csv")
    for row in table:
        if row["level"] == "Male":
            row.update(value="", low="", high="", count="0", of="0", reason="group_absent")
    write(folder / "plots/group_rates.csv", table)
    table = rows(folder, "fairness.csv")
    for row in table:
        if row["attribute"] == "gender":
            row.update(
                value="", low="", high="", reason="group_absent", verdict=row["verdict"] and "insufficient_evidence"
            )
    write(folder / "plots/fairness.csv", table)
    text, twin, _ = built(folder)
    own = text.split("Reweighed model, by gender")[1].split("</details>")[0]
    assert "| disparate impact | undefined (group absent) | 0.8 to 1.25 |  | unclear |" in own
    assert "gender: Male" not in (folder / RESULTS).read_text(encoding="utf-8")
    assert '"value": "undefined: group absent"' in twin


def test_hostile_names_stay_names(folder):
    """A level, an attribute, a column and an owner that are markup: no script, link or table of theirs, anywhere."""
    named = [folder / f"metrics/{stage}.json" for stage in ("evaluate_fairness", "model_analyses")]
    for file in [*(folder / "plots").glob("*.csv"), *named]:
        text = file.read_text(encoding="utf-8").replace("Female", HOSTILE).replace("gender", "sex|<b>")
        file.write_text(text, encoding="utf-8")

    def change(tree):
        tree["sensitive"]["sex|<b>"] = tree["sensitive"].pop("gender") | {"column": HOSTILE}
        tree["budget"]["target"]["column"] = HOSTILE + "\n# heading"
        for rule in tree["policy"]["rules"].values():
            rule["metric"] = rule["metric"].replace(".gender.", ".sex|<b>.")
            rule["owner"] = HOSTILE
        tree["policy"]["rules"]["women_disparate_impact"]["level"] = HOSTILE

    change_params(folder, change)
    text, twin, page = built(folder)
    body = text.split("---\n", 2)[2]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    assert "<script" not in html + page
    assert "<b>" not in html + page
    assert not re.search(r'(href|src)="\s*javascript', html + page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;|`](javascript:x)#") > 10
    assert len(re.findall(r"<h1", html)) == 1
    widths = [len(re.findall(r"<t[hd]", line)) for line in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]
    assert set(widths) <= {2, 3, 4, 5, 7}
    assert yaml.safe_load(text.split("---\n")[1])["license"] == "unknown"
    assert yaml.safe_load((folder / RESULTS).read_text(encoding="utf-8"))[0]["dataset"]["task_id"] == "accuracy"
    json.loads(twin)


def test_reweighing_of_less_than_full_strength_is_called_that(folder):
    """At strength 1 label and group are independent; below, the card's twin and the assessment say the strength."""
    whole, half = "label and education are independent", "Training rows reweighed by education at strength 0.5 ("
    for strength, said, aim in (
        (1.0, whole, "label independent of the group"),
        (0.5, half, "groups nearer, at strength"),
    ):
        change_params(folder, lambda tree, strength=strength: tree["reweigh"].update(strength=strength))
        assert said in built(folder)[1]
        assert aim in (folder / "docs/risk_assessment.md").read_text(encoding="utf-8")


def test_answers_for_another_table_are_open(folder):
    """When the table is another one, the card, its twin and the page ask the questions, and say at the top how many."""
    change_params(folder, lambda tree: tree["budget"].update(source="data/raw/ours.csv"))
    text, twin, page = built(folder)
    counted = re.search(r"(\d+) of (\d+) questions are not answered yet", text)
    assert counted.start() < text.index("## Model details")
    assert text.count("**Not answered yet: ") == 14
    assert "No use about people." not in text + twin + page
    assert "people without a degree" not in text.lower() + twin.lower()
    assert page.count("Not answered yet: ") == 14 + 6 + 8
    assert counted[0] in page
    consider = json.loads(twin)["components"][2]["modelCard"]["considerations"]
    assert consider["users"][0].startswith("Not answered yet: Who is meant to use it?")
    assert re.search(
        r"^\| Accuracy \|.*\| not answered yet \|$", text, re.MULTILINE
    )  # the owner of a rule on the table
    assert "medical director" in page  # the owner of a rule on the requests, which are the sample's
    assert text.startswith("---\nlicense: unknown\n")


def test_an_exception_is_shown_with_its_date(folder):
    """An excepted rule says until when, whether or not that day has passed: the document does not depend on today."""

    def change(tree):
        rule = tree["policy"]["rules"]["education_disparate_impact"]
        rule["exception"] = {"until": "2001-02-03", "justification": "for the time being"}

    change_params(folder, change)
    text = built(folder)[0]
    assert "| Selection by education | excepted until 2001-02-03 (infeasible): for the time being | " in text


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"recommended": False}, " can be recommended; the nearest miss is [200]["),
        (
            {"recommended": True, "recommended_threshold": 1_234_567.25},
            "threshold](glossary.md#label-threshold) [1,234,567.25][",
        ),
    ],
)
def test_a_threshold_is_recommended_or_not(folder, found, said):
    """The card says which one or that there is none, also of one with more digits than a measured figure has."""
    file = folder / "metrics/threshold_sweep.json"
    metrics = json.loads(file.read_text())
    metrics["threshold_sweep"] |= found
    file.write_text(json.dumps(metrics))
    text = built(folder)[0]
    assert said in text
    assert ("can be recommended](recommended_threshold.md)" in text) is found["recommended"]


def test_a_split_of_the_tables_own_without_valid_rows(folder):
    """A table that brings its own split need not have valid rows; the card says where choices were made."""
    file = folder / "metrics/prepare.json"
    metrics = json.loads(file.read_text())
    del metrics["prepare"]["rows"]["valid"]
    file.write_text(json.dumps(metrics))
    change_params(folder, lambda tree: tree["budget"].update(split_column="part"))
    text = built(folder)[0]
    assert "has seen,\nas the table's own column says." in text
    assert "rows of the same table, on which choices are made as well." in text


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("answers.yaml", "No use about", "TODO:", "answers.yaml: model_card.intended_use, line 1: 'TODO:' is a"),
        ("docs/templates/model_card.md.j2", '"users"', '"readers"', "people('users') is not asked"),
        (
            "answers.yaml",
            "No use about people.",
            "Right in 93 % of cases.",
            "answers.yaml: model_card.intended_use, line 1: '93' is a number in prose",
        ),
        ("metrics/reweigh.json", '"largest"', '"biggest"', "there is no figure 'reweigh.weights.largest'"),
        (
            "plots/fairness.csv",
            "verdict,",
            "verdicts,",
            "plots/fairness.csv: there is no column 'verdict'; did you mean",
        ),
        ("params.yaml", "  confidence: 0.95", "  sureness: 0.95", "params.yaml: inference.confidence"),
    ],
)
def test_what_is_missing_or_untrue_stops_the_stage(folder, file, old, new, message):
    """An open answer, an unasked question, a number in prose, a missing figure, column or parameter is named."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        model_card.main()
    assert not (folder / "docs/model_card.md").exists()
