"""The dashboard as it is served: whom it answers, what a browser sees and asks for, on a desk and on a phone."""

import http.client
import re
import tomllib
from urllib.parse import urlsplit

import pytest

from tests.support.browsing import executable
from tests.support.contract import ROOT

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.pipeline, pytest.mark.server]
SEEN = {"light": (1280, 800), "dark": (390, 844)}
PAGES = {
    "": "the policy",
    "what-if": "What if",
    "your-data": "Your data",
    "frontier": "Frontier",
    "over-time": "Over time",
}
DRAWINGS = """[...document.querySelectorAll('img.wide, img.narrow')].filter(own => own.clientWidth)
  .map(own => [own.naturalWidth, own.parentElement.clientWidth])"""
SETTLED = "!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')"


def asked(address, path="/", method="GET", **headers):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
    connection.close()
    return found


def refused(address):
    """The status that a page of another site gets for a connection."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    upgrade |= {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    return asked(address, "/_stcore/stream", Origin="https://elsewhere.example", **upgrade)[0]


def test_the_shipped_settings():
    """Bound to this machine, origins and tokens checked, uploads bounded, no statistics, no details of errors."""
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    server = settings["server"]
    assert server["address"] == "127.0.0.1"
    assert server["enableCORS"] is server["enableXsrfProtection"] is True
    assert set(server["allowedHosts"]) == {"127.0.0.1", "localhost"}
    assert server["maxUploadSize"] <= 200
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["client"]["toolbarMode"] == "minimal"


def test_the_container_file_names_what_is_there():
    """What it copies, installs and starts lies in the repository, and nothing may be uploaded or run in it."""
    text = (ROOT / "dashboard/Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    copied = re.search(r"^COPY (.+) /tmp/$", text, re.MULTILINE)[1].split()
    assert re.findall(r"-r /tmp/(\S+)", text) == copied
    assert all((ROOT / name).is_file() for name in [*copied, re.search(r'"run", "(.+)"\]', text)[1]])
    assert "DASHBOARD_READ_ONLY=1" in text
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)


def test_only_its_own_hosts_are_answered(dashboard):
    """Another Host header is refused on every path, and a page of another site may not open the connection."""
    own = urlsplit(dashboard).netloc
    for path in ("/", "/what-if", "/_stcore/health", "/_stcore/stream", "/_stcore/upload_file/a/b"):
        assert asked(dashboard, path, Host="rebound.example")[0] == 400, path
    status, headers, _ = asked(dashboard, "/", Host=own)
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert refused(dashboard) == 403
    assert asked(dashboard, "/_stcore/upload_file/a/b", "PUT")[0] in (400, 403, 405)


@pytest.mark.browser
def test_the_server_asks_nobody(dashboard, visitor, watch):
    """Neither for a visitor of every page nor for a page of another site does it connect to another machine, or look up
    an address, its own included; the watch sees it where a process does.
    """
    page = visitor("")
    for path in PAGES:
        settled(page, f"{dashboard}/{path}")
    assert refused(dashboard) == 403
    assert watch.asked == []
    assert watch.proves_itself()


@pytest.fixture
def visitor(dashboard):
    """Open a page of its own in a headless Chromium, at an address of the dashboard, once it has settled."""
    from playwright.sync_api import sync_playwright

    def opened(path):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: asked_for.append(request.url))
        return settled(page, f"{dashboard}/{path}")

    asked_for = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield opened
        browser.close()
    own = urlsplit(dashboard).netloc
    assert [url for url in asked_for if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != own] == []


def settled(page, address):
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_function(SETTLED)
    return page


@pytest.mark.browser
def test_every_page_is_accessible_on_a_desk_and_on_a_phone(dashboard, visitor):
    """Its title is there, axe finds nothing serious in light and dark, it is as wide as the window, nothing is asked
    of another host.
    """
    from axe_playwright_python.sync_playwright import Axe

    page, grounds = visitor(""), set()
    for path, title in PAGES.items():
        settled(page, f"{dashboard}/{path}")
        assert title in page.locator("h1").first.inner_text()
        for scheme, (width, height) in SEEN.items():
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(500)  # colours fade
            grounds.add(page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor"))
            found = Axe().run(page).response["violations"]
            serious = [
                (own["id"], own["nodes"][0]["html"]) for own in found if own["impact"] in ("serious", "critical")
            ]
            assert serious == [], (path, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            drawn = page.evaluate(DRAWINGS)
            assert [size for size, place in drawn if size > 1.15 * place] == [], (
                path,
                scheme,
            )  # else letters are small
            assert path != "over-time" or len(drawn) == page.locator("img.wide").count() > 0
    assert len(grounds) == 2


@pytest.mark.browser
def test_a_threshold_is_moved_by_keyboard_and_visitors_do_not_see_each_other(visitor):
    """Arrow keys move one visitor's slider and answer; another's page stays as it was."""
    one, other = visitor("what-if"), visitor("what-if")
    one.get_by_role("slider", name=re.compile("Decision threshold")).focus()
    for _ in range(10):
        one.keyboard.press("ArrowLeft")
    one.get_by_text("-S model.decision_threshold=0.4").wait_for()
    other.get_by_text("Nobody would be answered otherwise than today").wait_for()
    other.get_by_role("slider", name=re.compile("Decision threshold")).focus()
    other.keyboard.press("ArrowRight")
    other.get_by_text("-S model.decision_threshold=0.51").wait_for()
    assert one.get_by_text("-S model.decision_threshold=0.4").is_visible()
