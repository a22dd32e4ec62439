"""One question over HTTP to somebody who is not trusted, and one answer.

Nothing of the environment takes part: no proxy, no cookies, no password file. Redirects are
not followed, since the settings name who is asked. An answer may be so long and take so
long, all of it together: a server that sends a byte every second is cut off as well.
"""

import http.client
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from threading import Event, Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from injector.anchors.failure import AnchorError, Why

DEADLINE_S: Final = 10.0
"""How long an exchange may take, from the connection to the answer's last byte."""
MOST_BYTES: Final = 64 * 1024
"""How long an answer may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


def check_url(url: str) -> str:
    """Return ``url`` when it is one that can be asked; ValueError says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address that begins with https:// or http://")
    if parts.username is not None or parts.fragment or parts.query:
        raise ValueError("an address without a name, a question mark or a number sign in it")
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError("the port is a number up to 65535") from error
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("an address of printable ASCII characters")
    return url


def host_of(url: str) -> str:
    """Return host and port, as people tell servers apart."""
    return urlsplit(url).netloc


def post(
    url: str, body: bytes, content_type: str, *, accept: str, deadline_s: float = DEADLINE_S
) -> Answer:
    """Ask, and return the answer whatever its status; `AnchorError` where there is none."""
    parts = urlsplit(check_url(url))
    connection = _connection(parts, deadline_s)
    cut = Event()

    def cut_off() -> None:
        cut.set()
        with suppress(OSError, AttributeError):  # there is no socket yet, or none any more
            connection.sock.shutdown(SHUT_RDWR)

    timer = Timer(deadline_s, cut_off)
    timer.daemon = True
    timer.start()
    try:
        headers: Mapping[str, str] = {"Content-Type": content_type, "Accept": accept}
        connection.request("POST", parts.path or "/", body, dict(headers))
        with connection.getresponse() as response:
            found = response.read(MOST_BYTES + 1)
            status, kind = response.status, response.getheader("Content-Type", "")
            whole = response.length in (None, 0)
    except (OSError, http.client.HTTPException) as error:
        late = cut.is_set() or isinstance(error, TimeoutError)
        detail = "" if late else _told(error)
        raise AnchorError(Why.TOO_LATE if late else Why.UNREACHABLE, detail) from error
    finally:
        timer.cancel()
        connection.close()
    if len(found) > MOST_BYTES:
        raise AnchorError(Why.TOO_LONG, f"more than {MOST_BYTES} bytes")
    if cut.is_set():
        raise AnchorError(Why.TOO_LATE)
    if not whole:
        raise AnchorError(Why.UNREACHABLE, "the answer broke off")
    return Answer(status, kind.partition(";")[0].strip().lower(), found)


def _connection(parts: SplitResult, deadline_s: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=deadline_s, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=deadline_s)


def _told(error: Exception) -> str:
    """What the system says, without what a server could put into it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not to be trusted"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
