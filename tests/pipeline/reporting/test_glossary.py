"""pipeline.reporting.glossary: the first mention of a term in a document's prose is a link to its entry."""

from __future__ import annotations

import pytest

from pipeline.reporting import glossary

PARITY = "[disparate impact](glossary.md#disparate-impact)"


def test_the_first_mention_is_linked_and_no_other():
    """Once a page, whatever its case, with the words as they stand."""
    text = "Disparate impact is a ratio.\n\nA disparate impact of 1 is parity.\n"
    assert glossary.linked(text, "docs/a.md") == text.replace(
        "Disparate impact", "[Disparate impact](glossary.md#disparate-impact)"
    )


@pytest.mark.parametrize(
    "other",
    [
        "# disparate impact",
        "| disparate impact | 1 |",
        "`disparate impact`",
        "```\ndisparate impact\n```",
        "![disparate impact](a.svg)",
        "[of disparate impact](a.md)",
        "<summary>disparate impact</summary>",
        "> A text to send about disparate impact.",
        "*Source: [a.csv](a.csv) (measure: disparate impact).*",
        "[f1]: ../a.csv 'disparate impact'",
        "a disparate impact-like ratio",
    ],
)
def test_what_is_no_prose_stays_as_it_is(other):
    """Headings, tables, code, pictures, links, HTML and sources have no links of their own; prose behind them has."""
    assert glossary.linked(f"{other}\n\nIts disparate impact.\n", "docs/a.md") == f"{other}\n\nIts {PARITY}.\n"


def test_header_and_provenance_stay_as_they_are():
    """A header for programs and the footer have no links to the glossary."""
    text = "---\nname: disparate impact\n---\n\n# A\n\n## Provenance\n\nOf disparate impact.\n"
    assert glossary.linked(text, "docs/a.md") == text


def test_a_term_may_go_over_a_line_and_the_page_may_lie_deeper():
    """The break stays; the link goes from the folder of the page."""
    found = glossary.linked("With a true positive\nrate of 1.", "docs/playbook/a.md")
    assert found == "With a [true positive\nrate](../glossary.md#true-positive-rate) of 1."


def test_linking_twice_changes_nothing():
    """A page whose terms are linked is its own result, wherever the links stand."""
    once = glossary.linked("Infeasible, or insufficient evidence; again infeasible.", "docs/a.md")
    assert once.count("](glossary.md#") == 2
    assert glossary.linked(once, "docs/a.md") == once


def test_a_page_has_the_terms_that_it_links():
    """Entries that no document links are left out; the introduction stays."""
    text = "# Glossary\n\nTerms.\n\n## Disparate impact\n\nA ratio.\n\n## Test rows\n\nPeople.\n"
    assert glossary.of(text, [f"Its {PARITY}."]) == text[: text.index("## Test rows")]
    assert glossary.of(text, ["nothing"]) == "# Glossary\n\nTerms.\n\n"
