import pytest

from pipeline.reporting.prose import citation_fault, numbers, placeholder


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("accuracy is 0.93 here", ["0.93"]),
        ("about 42 %, or −7", ["42", "7"]),
        ("a third of it, ½ of that, m² and H₂O", ["½"]),
        ("٩٣ in other digits, &#48; and &frac12; as entities", ["٩٣", "48", "&frac12;"]),
        ("F1, AIF360 and x0 are names, but F1.5 is not", ["5"]),
        ("Ninety-three percent, nine out of ten, two models", ["Ninety-three percent", "nine out of ten"]),
        ("`x = 0.93` and ``a ` 1`` are code", []),
        ("```\n0.93\n```\nand 1", ["1"]),
        ("[text](https://example.org/2019/7) and https://doi.org/10.1145/1 and <https://x.org/9>", []),
        ("[12 rows](../plots/group_rates.svg)", ["12"]),
        ('[x](y.md "0.93 as a title")', ["0.93"]),
        ("## 2. Data\n### 2.1. Rows\n## 93 percent\n## 0.93 accuracy", ["93", "0.93"]),
        ("1. first\n2. second has 3", ["3"]),
        ("rows with label 1 and label 0, label 0.5 and label 10", ["0.5", "10"]),
        ("`open tick 5", ["5"]),
        ("a `tick\n\n5` over paragraphs", ["5"]),
    ],
)
def test_numbers_of_prose(text, found):
    """A number is found wherever a reader would see one; code, addresses, numbering and words with digits are not."""
    assert [number.text for number in numbers(text)] == found


def test_numbers_say_where_they_are():
    """The place is that of the number's first character in the whole text, whatever was left out before it."""
    text = "`1` and [2](3) then 44"
    assert [(n.at, text[n.at : n.at + 2]) for n in numbers(text)] == [(9, "2]"), (20, "44")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TODO", "TODO"),
        ("It is for … everyone", None),
        ("…", "…"),
        ("- ...", "..."),
        ("see [...] below", "[...]"),
        ("[ ]", "[ ]"),
        ("[…](x)", None),
        ("[More Information Needed]", "[More Information Needed]"),
        ("more information needed", "more information needed"),
        ("tbd: who", "tbd:"),
        ("FIXME later", "FIXME"),
        ("<your team>", "<your team>"),
        ("todo el mundo", None),
        ("A real answer, with reasons.", None),
    ],
)
def test_placeholders(text, found):
    """What stands for an answer that nobody gave is found; words and ellipses of a sentence are not."""
    assert (place.text if (place := placeholder(text)) else None) == found


@pytest.mark.parametrize(
    "text",
    [
        "Mitchell et al. 2019",
        "Regulation (EU) 2024/1689, Articles 9–15",
        "NIST AI 100-1",
        "CycloneDX 1.7",
        "GDPR Art. 22",
        "doi 10.1145/3287560.3287596",
    ],
)
def test_citations(text):
    """Works, laws, standards and versions keep their numbers."""
    assert citation_fault(text) == ""


@pytest.mark.parametrize(
    "text", ["93 %", "Accuracy 0.93", "Accuracy .93", "about 5", "Accuracy 93 percent", "Gain 4 points"]
)
def test_measurements_are_no_citations(text):
    """The way out for citations is none for results."""
    assert citation_fault(text) != ""
