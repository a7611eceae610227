"""The API documentation at `/docs`, and the document behind it: all of it from this process, nothing from outside."""

import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from hub.errors import NotFound
from hub.gateway.documents import document

ASSETS = {
    "docs.css": "docs",
    "docs.js": "docs",
    "docs.svg": "docs",
    "swagger-ui-bundle.js": "swagger_ui",
    "swagger-ui.css": "swagger_ui",
}
"""Every file that the page may load, and the folder it lies in."""

TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
GUARDED = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FOREVER = "public, max-age=31536000, immutable"
"""An asset's address carries its digest, so what an address once meant never changes."""

_ADDRESS = re.compile(r"/docs/assets/([\w.-]+)")


class Asset(NamedTuple):
    """One file of the page."""

    content: bytes
    media_type: str
    digest: str


@cache
def asset(name: str) -> Asset:
    """Raises: NotFound for what is not listed."""
    if name not in ASSETS:
        raise NotFound("there is no such file")
    content = (files("hub.gateway") / "assets" / ASSETS[name] / name).read_bytes()
    return Asset(content, TYPES[name.rpartition(".")[2]], sha256(content).hexdigest())


@cache
def page() -> str:
    """The page, with a digest in every address. Raises: NotFound where it names a file that is not listed."""
    text = (files("hub.gateway") / "assets" / "docs" / "docs.html").read_text("utf-8")
    return _ADDRESS.sub(lambda found: f"{found[0]}?v={asset(found[1]).digest[:16]}", text)


def docs_routes() -> list[HTTPRouteHandler]:
    """Handlers that need no token and no store."""
    written, html = msgspec.json.encode(document()), page()

    @get("/openapi.json", operation_id="docs.document", include_in_schema=False)
    async def openapi() -> Response[bytes]:
        """The OpenAPI document."""
        return Response(written, media_type="application/json", headers={"Cache-Control": "public, max-age=60"})

    @get("/docs", operation_id="docs.page", include_in_schema=False)
    async def docs() -> Response[str]:
        """The page that shows it."""
        return Response(html, media_type="text/html", headers=GUARDED | {"Cache-Control": "no-cache"})

    @get("/docs/assets/{name:str}", operation_id="docs.asset", include_in_schema=False)
    async def file(name: FromPath[str]) -> Response[bytes]:
        """One file of the page."""
        found = asset(name)
        headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
        return Response(found.content, media_type=found.media_type, headers=headers)

    return [openapi, docs, file]
