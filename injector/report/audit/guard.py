"""What stands before the auditor's web: who may ask, and what.

The web listens on this computer only, but a browser on this computer runs other people's
pages. A page can send its reader's browser to 127.0.0.1, or make its own name point there
(DNS rebinding); other users of this computer can connect as well. So a request must name
this host and port, must not come from another site, must only read, and must know the
secret that the address begins with.
"""

import csv
import io
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from injector.report.visible import spreadsheet_text

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_READING: Final = frozenset({"GET", "HEAD"})
_FROM_HERE: Final = frozenset({"none", "same-origin"})
"""What a browser says of who asks: the person at it, or a page of this web."""
_INSIDE: Final = ("static/", "static-plugins/", "entry/", "proof/", "report/", "charts", "verified")
"""What of Datasette's own corner ``/-/`` is open: no settings, threads, tokens or permissions."""
_HEADERS: Final = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self' 'unsafe-inline'; "
            b"style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_REPLACED: Final = frozenset(name for name, _ in _HEADERS)


class Guard:
    """Lets those requests through to ``app`` that may come, and none else."""

    def __init__(self, app: App, *, port: int, base: str) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here
        refused = self._refused(scope)
        if refused is not None:
            await _refuse(send, *refused)
            return
        safe = _SafeCsv(_headed(send), asked=_wants_csv(scope))
        await self._app(scope, receive, safe.send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value.decode("latin-1"))
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        sites = headers.get(b"sec-fetch-site", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 403, "this is not the host that was asked for"
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return 403, "another site asks"
        if any(site not in _FROM_HERE for site in sites):
            return 403, "another site asks"
        if scope["method"] not in _READING:
            return 405, "the auditor's web only reads"
        path = str(scope["path"])
        if not path.startswith(self._base):
            return 404, "not found: the address is the one that `injector audit serve` printed"
        inside = path.removeprefix(self._base)
        if inside.startswith("-/") and not inside.removeprefix("-/").startswith(_INSIDE):
            return 404, "not found"
        return None


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})


def _headed(send: Send) -> Send:
    """Send replies with our headers."""

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            theirs = [each for each in message["headers"] if each[0].lower() not in _REPLACED]
            message = {**message, "headers": [*theirs, *_HEADERS]}
        await send(message)

    return headed


def _wants_csv(scope: Scope) -> bool:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return str(scope["path"]).endswith(".csv") or "csv" in query.get("_format", [])


class _SafeCsv:
    """A reply on its way out: no spreadsheet runs what is in the cells of CSV.

    Datasette says that CSV is plain text where it is to be looked at, so plain text is CSV
    where CSV was ``asked`` for. Everything else goes through as it comes.
    """

    def __init__(self, send: Send, *, asked: bool) -> None:
        self._send = send
        self._kinds = (b"text/csv", b"text/plain") if asked else (b"text/csv",)
        self._start: Message | None = None
        """Kept back until the whole of the CSV is there: its length changes."""
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_csv(message["headers"]):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._end(self._start)

    async def _end(self, start: Message) -> None:
        headers = [each for each in start["headers"] if each[0].lower() != b"content-length"]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": _safe_csv(self._body)})

    def _is_csv(self, headers: list[tuple[bytes, bytes]]) -> bool:
        kinds = [value for name, value in headers if name.lower() == b"content-type"]
        return any(value.startswith(self._kinds) for value in kinds)


def _safe_csv(body: bytes) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in csv.reader(io.StringIO(body.decode(), newline="")):
        writer.writerow([spreadsheet_text(cell) for cell in row])
    return out.getvalue().encode()
