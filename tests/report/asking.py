"""The auditor's web of a log, asked without a socket."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from injector.report.audit.guard import App
from injector.report.audit.pages import Source
from injector.report.audit.web import audit_app, make_copy, make_tables

PORT: Final = 7_777
BASE: Final = "/a-secret/"
HERE: Final = f"http://127.0.0.1:{PORT}"


def ask(app: App, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    """Ask for a page below the secret of the address."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return await client.request(method, f"{BASE}{path}", **more)

    return asyncio.run(asked())


def rows(app: App, path: str) -> list[dict[str, Any]]:
    """Return all rows of a table or an answer."""
    answer = ask(app, f"{path}.json?_shape=array&_size=max")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


@dataclass(frozen=True, slots=True)
class Web:
    """The web of one log."""

    app: App
    source: Source

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Return all rows of a table or an answer."""
        return rows(self.app, path)

    def json(self, path: str) -> Any:
        """Return an answer that is there."""
        return json.loads(self.page(path))

    def page(self, path: str) -> str:
        """Return a page that is there."""
        answer = ask(self.app, path)
        assert answer.status_code == 200, path
        return answer.text


def source_of(log: Path, folder: Path) -> Source:
    """Copy a log and make its tables in a directory."""
    copy = make_copy(log, folder)
    made = make_tables(copy, folder)
    return Source(copy, made, broken=False, note="Copied.", verified="All of it.")


@contextmanager
def opened_web(log: Path, folder: Path) -> Iterator[Web]:
    """The web of a log, its files in a directory."""
    source = source_of(log, folder)
    with audit_app(source, port=PORT, base=BASE, title="A log", about="For tests.") as app:
        yield Web(app, source)
