"""Answers as somebody finds them in a browser: the text, and what it cost to come to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import browsing

WIDTH = 1280
# What is visible from the top of the page to the end of an element: words, and tables that begin before its end.
READ = """(end) => {
  const range = document.createRange();
  range.setStart(document.body, 0);
  range.setEnd(end, end.childNodes.length);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  const shown = [...document.querySelectorAll("table")].filter((each) => each.checkVisibility());
  return [getSelection().toString().split(/\\s+/).filter(Boolean).length,
          shown.filter((each) => range.intersectsNode(each)).length];
}"""


@dataclass(frozen=True)
class Answer:
    """The text that answers a question, and what a reader has before them from the top of the page to its end.

    ``words`` and ``tables`` are those that are visible, ``clicks`` those that were needed. ``seconds`` is how long the
    browser took to show it, which depends on the machine.
    """

    question: str
    text: str
    words: int
    tables: int
    clicks: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.question:<34}{self.words:>6}{self.tables:>8}{self.clicks:>8}{self.seconds:>9.2f}"


HEAD = f"{'question':<34}{'words':>6}{'tables':>8}{'clicks':>8}{'seconds':>9}"


def found(page: Any, question: str, place: str, clicks: Sequence[str] = ()) -> Answer:
    """What stands at the first ``place`` of the page, opened anew, after a click on the first of each of ``clicks``."""
    start = time.monotonic()
    page.reload()
    for each in clicks:
        page.locator(each).first.click()
    element = page.locator(place).first
    text = " ".join(element.inner_text().split())
    seconds = time.monotonic() - start
    words, tables = page.evaluate(READ, element.element_handle())
    return Answer(question, text, words, tables, len(clicks), seconds)


def five(decision: Path, review: Path) -> dict[str, Answer]:
    """The five answers, from the decision page of a branch and from the comment on it, by the word they are about."""
    with browsing.opened(decision, WIDTH) as seen:
        answers = {
            "use": found(seen.page, "May we use it?", "header"),
            "worst": found(seen.page, "What is worst?", ".card > p:not(.verdict)"),
            "who": found(seen.page, "Who acts by when?", ".card > dl"),
            "source": found(
                seen.page, "Where does this number come from?", "details.rule dl", ["details.rule summary"]
            ),
        }
    with browsing.opened(review, WIDTH) as seen:
        answers["change"] = found(seen.page, "What changed in this branch?", "main table")
    return answers
