"""The documentation works on a machine that has no way out."""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from urllib.parse import urljoin, urlsplit

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hub.gateway import problems
from hub.gateway.docs_pages import ASSETS, TYPES, docs_routes
from hub.gateway.documents import document

ORIGIN = "http://testserver.local"
FOLDER = files("hub.gateway") / "assets"
_LINK = re.compile(r"""(?:src|href)="([^"]+)\"""")
_FETCHED_BY_CSS = re.compile(r"""url\((?!\s*["']?data:)|@import""")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    """The pages alone."""
    app = Litestar(
        docs_routes(), openapi_config=None, exception_handlers={Exception: problems.answer}, logging_config=None
    )
    with TestClient(app) as client:
        yield client


def test_serves_the_document(client: TestClient[Litestar]) -> None:
    """`/openapi.json` is what `hub openapi` prints."""
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(msgspec.json.encode(document()))


def test_needs_nothing_from_outside(client: TestClient[Litestar]) -> None:
    """Everything that the page loads is on the hub, is there, and says what it is."""
    links = _LINK.findall(client.get("/docs").text)
    assert len(links) == len(ASSETS) + 1
    for link in links:
        assert urlsplit(urljoin(ORIGIN + "/docs", link)).netloc == urlsplit(ORIGIN).netloc
        answer = client.get(link)
        assert answer.status_code == 200
        name = urlsplit(link).path.rpartition("/")[2]
        if name in ASSETS:
            assert answer.headers["content-type"].partition(";")[0] == TYPES[name.rpartition(".")[2]]
            assert "immutable" in answer.headers["cache-control"]
            assert not (name.endswith(".css") and _FETCHED_BY_CSS.search(answer.text))


def test_allows_no_script_but_its_own(client: TestClient[Litestar]) -> None:
    """The policy names this origin alone, and the page has nothing inline that it would block."""
    answer = client.get("/docs")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", answer.text)


def test_serves_listed_files_only(client: TestClient[Litestar]) -> None:
    """No path leads out of the folder, and what else lies there is not served."""
    for name in ("SOURCES.md", "LICENSE", "..%2Fproblems.py", "%2e%2e%2fproblems.py", "docs.html"):
        answer = client.get(f"/docs/assets/{name}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_vendored_files_are_unchanged() -> None:
    """Each vendored file is the one whose digest SOURCES.md names, and its licence lies beside it."""
    told = dict(
        re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", (FOLDER / "SOURCES.md").read_text("utf-8"), re.MULTILINE)
    )
    there = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (FOLDER / "swagger_ui").iterdir()}
    assert there == told
    assert "LICENSE" in there


def test_lists_every_file() -> None:
    """What is listed lies where the list says."""
    for name, folder in ASSETS.items():
        assert (FOLDER / folder / name).is_file()
