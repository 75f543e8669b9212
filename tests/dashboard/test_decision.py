"""Page 1, Decision: the same answer, findings and verdicts as on the decision page."""

import html
import re
from pathlib import Path

import pandas as pd
import pytest


def shown(app):
    """All Markdown of a page as plain text, without the backslashes that keep names from being markup."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(each.value for each in app.markdown))


def tables(app):
    """Name → table, its texts by the first column, of every table of a page."""
    found = {}
    pattern = r'<div class="table" role="region" tabindex="0" aria-label="(.*?)"><table>(.*?)</table></div>'
    for name, body in re.findall(pattern, "".join(each.body for each in app.get("html"))):
        head, *rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", body)]
        own = pd.DataFrame(rows, columns=head).map(html.unescape)
        found[html.unescape(name)] = own.set_index(head[0])
    return found


@pytest.mark.pipeline
def test_it_says_what_the_decision_page_says(page, built):
    """The answer, its reason, and of every rule finding, figure and limit are those of docs/index.html."""
    app = page()
    assert not app.exception
    written = Path(built.root, "docs/index.html").read_text(encoding="utf-8")
    assert app.title[0].value in re.search(r"<h1>(.*?)</h1>", written)[1]
    said = shown(app)
    for tag in ('<p class="because">(.*?)</p>', "</summary>\n<p>(.*?)</p>"):
        for text in re.findall(tag, written.split('id="documents"')[0]):
            assert " ".join(html.unescape(text).split()) in said
