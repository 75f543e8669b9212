"""The dashboard as it is served: whom it answers, what a browser sees and asks for, on a desk and on a phone."""

import http.client
import re
import tomllib
from urllib.parse import urlsplit

import pytest

from tests.support.browsing import executable
from tests.support.contract import ROOT

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.pipeline, pytest.mark.server]
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
PAGES = {"": "the policy", "what-if": "What if", "over-time": "Over time"}
SETTLED = "!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')"


def asked(address, path="/", method="GET", **headers):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
    connection.close()
    return found


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


def test_only_its_own_hosts_are_answered(dashboard):
    """Another Host header is refused on every path, and a page of another site may not open the connection."""
    own = urlsplit(dashboard).netloc
    for path in ("/", "/what-if", "/_stcore/health", "/_stcore/stream", "/_stcore/upload_file/a/b"):
        assert asked(dashboard, path, Host="rebound.example")[0] == 400, path
    status, headers, _ = asked(dashboard, "/", Host=own)
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    upgrade |= {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert asked(dashboard, "/_stcore/stream", Origin="https://elsewhere.example", **upgrade)[0] == 403
    assert asked(dashboard, "/_stcore/upload_file/a/b", "PUT")[0] in (400, 403, 405)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser, address, size="desk", scheme="light"):
    """A new page there, and what it asked for elsewhere."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    outside = []
    own = urlsplit(address).netloc
    page.on("request", lambda request: outside.append(request.url) if foreign(request.url, own) else None)
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_function(SETTLED)
    return page, outside


def foreign(url, own):
    return not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != own


@pytest.mark.browser
@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_every_page_is_accessible_and_asks_nobody_else(dashboard, browser, size, scheme):
    """Its title is there, axe finds nothing serious, it is as wide as the window, and no request leaves."""
    from axe_playwright_python.sync_playwright import Axe

    for path, title in PAGES.items():
        page, outside = opened(browser, f"{dashboard}/{path}", size, scheme)
        assert title in page.locator("h1").first.inner_text()
        found = Axe().run(page).response["violations"]
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]]) for each in found if each["impact"] in SERIOUS
        ]
        assert serious == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert outside == []
        page.close()


SERIOUS = ("serious", "critical")


@pytest.mark.browser
def test_a_threshold_is_moved_by_keyboard_and_visitors_do_not_see_each_other(dashboard, browser):
    """Arrow keys move one visitor's slider and answer; another's page stays as it was."""
    one, other = (opened(browser, f"{dashboard}/what-if")[0] for _ in range(2))
    slider = one.get_by_role("slider", name=re.compile("Decision threshold"))
    slider.focus()
    for _ in range(10):
        one.keyboard.press("ArrowLeft")
    one.get_by_text("0.4", exact=False).first.wait_for()
    one.get_by_text("-S model.decision_threshold=0.4").wait_for()
    other.reload()
    other.get_by_text("Nobody would be answered otherwise than today").wait_for()
    assert other.get_by_text("dvc exp run").count() == 0
