"""Login by OpenID Connect: a small provider on this machine, and the dashboard behind it in a browser."""

from __future__ import annotations

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.dashboard.conftest import served
from tests.support.browsing import executable

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.pipeline, pytest.mark.server, pytest.mark.browser]


class Provider(BaseHTTPRequestHandler):
    """Discovery, authorization, token and keys; whoever asks is known as one person."""

    key, asked = None, {}

    @property
    def issuer(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def log_message(self, *_):
        """Nothing is printed."""

    def answer(self, value):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        """Discovery, keys, and the way back with a code."""
        path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/authorize":
            self.asked[code := secrets.token_urlsafe()] = asked
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()
        elif path == "/jwks":
            self.answer({"keys": [self.key.as_dict(private=False)]})
        else:
            places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
            self.answer({"issuer": self.issuer} | {name: f"{self.issuer}/{own}" for name, own in places.items()})

    def do_POST(self):
        """A signed token for a code, once."""
        from joserfc import jwt

        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        asked, now = self.asked.pop(form["code"]), int(time.time())
        claims = {"iss": self.issuer, "sub": "1", "aud": asked["client_id"], "iat": now, "exp": now + 300}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | {"nonce": asked["nonce"]}, self.key)
        self.answer({"access_token": "none", "token_type": "Bearer", "expires_in": 300, "id_token": token})


@pytest.fixture
def provider():
    """The address of the provider."""
    keys = pytest.importorskip("joserfc.jwk", reason="requirements-dashboard.txt is not installed")
    Provider.key = keys.RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_provider_lets_a_visitor_in(built, provider, tmp_path):
    """Before the login nothing is shown; after it the decision is, to this visitor and to no other."""
    from playwright.sync_api import sync_playwright

    root = built.copy(tmp_path / "repository")
    with served(root, DASHBOARD_LOGIN="1") as address, sync_playwright() as playwright:
        settings = {"redirect_uri": f"{address}/oauth2callback", "cookie_secret": secrets.token_hex()}
        settings |= {"client_id": "dashboard", "client_secret": secrets.token_hex()}
        settings |= {"server_metadata_url": f"{provider}/.well-known/openid-configuration"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (root / ".streamlit/secrets.toml").write_text("\n".join(["[auth]", *lines]), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        one, other = (browser.new_context().new_page() for _ in range(2))
        for page in (one, other):
            page.goto(address)
            page.get_by_role("heading", name="Log in").wait_for(timeout=60_000)
            assert page.get_by_text("Rules").count() == 0
        one.get_by_role("button", name="Log in with your organisation").click()
        one.get_by_role("heading", name="Rules").wait_for(timeout=60_000)
        assert one.url.startswith(address)
        other.reload()
        other.get_by_role("heading", name="Log in").wait_for(timeout=60_000)
        assert other.get_by_text("Rules").count() == 0
        browser.close()
