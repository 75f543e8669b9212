import json
import math
import re

import pytest
import yaml

from pipeline.model_card.card import as_yaml
from pipeline.model_card.formats import Assessment, Dataset, Measured, Model, Texts, bom, header, results

NAN = math.nan
DATA = Dataset("data/a b.csv", "0f" * 32, "20 rows", ["sex: column S"])
FIGURES = [
    Measured("accuracy", 0.75, 0.5, 0.875),
    Measured("roc_auc", NAN, reason="no_positives"),
    Measured("selection_rate", 0.25, 0.125, 0.5, group="sex: f"),
    Measured("log_loss", 0.5),
    Measured("selection_rate", NAN, reason="group_absent", group="sex: x"),
]
TEXTS = Texts("users", ["use", "no use"], "limits", "cost", {"harm": "mitigation"})


def made(figures=FIGURES, texts=TEXTS):
    model = Model(
        "reweighed", "a model", ["Age: numeric"], figures, [Assessment("sex: f", "h", "m")], {"policy": "fails"}, {}
    )
    return bom("pipeline", DATA, [model], texts)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("mit", {"license": "mit"}),
        ("Of our bank: internal", {"license": "other", "license_name": "Of our bank: internal"}),
        ("", {"license": "unknown"}),
    ],
)
def test_the_header_has_the_licence_and_no_result(given, found):
    """A licence is one of the hub's identifiers, another one by name, or unknown; the results are another file."""
    own = header(given, DATA, "card.results.yaml")
    assert {key: value for key, value in own.items() if key.startswith("license")} == found
    assert own["dataset"] == {"file": "data/a b.csv", "sha256": "0f" * 32}
    assert own["results"] == "card.results.yaml"


def test_the_results_are_those_that_the_hub_s_library_reads():
    """Each figure with a value is an entry, alone or of its group, and comes back from the library as it was."""
    hub = pytest.importorskip("huggingface_hub")
    found = yaml.safe_load(as_yaml(results(DATA, FIGURES, split="test", confidence=0.95)))
    entries = hub.parse_eval_result_entries(found)
    assert [(e.task_id, e.value, e.notes) for e in entries] == [
        ("accuracy", 0.75, "test rows, 95 % interval 0.5 to 0.875"),
        ("selection_rate (sex: f)", 0.25, "test rows, 95 % interval 0.125 to 0.5"),
        ("log_loss", 0.5, "test rows"),
    ]
    assert {(e.dataset_id, e.dataset_revision) for e in entries} == {("data/a b.csv", "0f" * 32)}
    assert hub.eval_result_entries_to_yaml(entries) == found


def test_the_twin_says_what_is_undefined_and_why():
    """Value, slice and interval of each figure as texts; without a value the reason stands in its place."""
    card = made()["components"][1]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.75", "confidenceInterval": {"lowerBound": "0.5", "upperBound": "0.875"}},
        {"type": "roc_auc", "value": "undefined: no positives"},
        {
            "type": "selection_rate",
            "value": "0.25",
            "slice": "sex: f",
            "confidenceInterval": {"lowerBound": "0.125", "upperBound": "0.5"},
        },
        {"type": "log_loss", "value": "0.5"},
        {"type": "selection_rate", "value": "undefined: group absent", "slice": "sex: x"},
    ]
    assert card["considerations"] == {
        "users": ["users"],
        "useCases": ["use", "no use"],
        "technicalLimitations": ["limits"],
        "performanceTradeoffs": ["cost"],
        "ethicalConsiderations": [{"name": "harm", "mitigationStrategy": "mitigation"}],
        "fairnessAssessments": [{"groupAtRisk": "sex: f", "harms": "h", "mitigationStrategy": "m"}],
    }


def test_the_twin_is_cyclonedx():
    """The strict validator of the format's own project finds no fault."""
    json_validator = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    validator = json_validator.JsonStrictValidator(SchemaVersion.V1_7)
    assert validator.validate_str(json.dumps(made())) is None
    assert validator.validate_str(json.dumps(made() | {"version": "one"})) is not None


def test_the_serial_number_is_of_the_content():
    """Equal cards have the same number, and another figure or answer gives another; there is no date."""
    numbers = [
        made()["serialNumber"],
        made()["serialNumber"],
        made(figures=[Measured("accuracy", 0.76)])["serialNumber"],
        made(texts=Texts("others", [], "", "", {}))["serialNumber"],
    ]
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 3
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", numbers[0])
    assert "timestamp" not in json.dumps(made())


def test_yaml_hides_nothing_and_ends_where_it_ends():
    """In the header a name cannot turn the writing round or end the header; other texts are read back as they are."""
    names = ["a\u202eb", "x\n---\n# y", "Bachelor’s Degree", "no", "1e5", "- a: b"]
    text = as_yaml({name: [name] for name in names})
    assert "\u202e" not in text
    assert "---" not in text.splitlines()
    assert list(yaml.safe_load(text)) == ["a\ufffdb", "x --- # y", *names[2:]]
