"""The dashboard as a server: every request must name an allowed host, and pages load nothing from elsewhere.

``make dashboard`` starts it; ``.streamlit/config.toml`` has the settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from pipeline.workbench import desk, folders

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "  # Streamlit starts inline, and Vega compiles expressions
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Headed:
    """Every answer carries :data:`HEADERS`, so that no page, whatever is uploaded, makes the browser ask elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, headed)


class SameOrigin:
    """A connection from a page of another site is refused here, because Streamlit would ask a host elsewhere for this
    machine's own address before it refuses it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not a WebSocket, or comes from this site."""
        headers = Headers(scope=scope) if scope["type"] == "websocket" else {}
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.app(scope, receive, send)


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """Uploads that a crashed server left behind go at the start, and everybody's at the end."""
    folders.sweep()
    yield
    desk.close_all()


app = App(
    "app.py",
    lifespan=lifespan,
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=config.get_option("server.allowedHosts"), www_redirect=False),
        Middleware(SameOrigin),
        Middleware(Headed),
    ],
)
