"""Serving the auditor's web, in this process, to this computer, until somebody ends it."""

import logging
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from datasette.app import Datasette
from datasette.plugins import DEFAULT_PLUGINS, pm
from typing_extensions import override

from injector.report.audit.guard import App, Guard
from injector.report.audit.metadata import DATABASE, metadata
from injector.report.audit.pages import AuditPages, Source
from injector.report.copying import copy_log
from injector.report.deriving import derive

HOST: Final = "127.0.0.1"
LIMIT_MS: Final = 1_000
"""What a question may take."""
TABLES_NAME: Final = f"{DATABASE}.db"
_SETTINGS: Final = {
    "sql_time_limit_ms": LIMIT_MS,
    "facet_time_limit_ms": LIMIT_MS,
    "suggest_facets": False,  # which columns can be counted is said in the tables' definition
    "allow_download": False,  # a file without its log proves nothing; exports are for handing out
    "allow_csv_stream": False,
    "num_sql_threads": 2,
    "default_cache_ttl": 0,
}
_HERE: Final = Path(__file__).parent


def new_base() -> str:
    """Return a path that nobody guesses: whoever has the address may read."""
    return f"/{secrets.token_urlsafe(18)}/"


def listen(port: int) -> socket.socket:
    """Listen on this computer's own address; port 0 takes a free one. OSError where it cannot."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen(64)
    except BaseException:
        sock.close()
        raise
    return sock


def make_copy(log: Path, folder: Path) -> Path:
    """Copy the log into ``folder``; see `copy_log` for what it raises."""
    copy = folder / "log.db"
    copy_log(log, copy)
    return copy


def make_tables(copy: Path, folder: Path) -> Path:
    """Make the tables of the copy in ``folder``; see `derive` for what it raises."""
    tables = folder / TABLES_NAME
    derive(copy, tables)
    return tables


@contextmanager
def audit_app(source: Source, *, port: int, base: str, title: str, about: str) -> Iterator[App]:
    """The web over ``source`` as an ASGI application, for as long as the context is open.

    One at a time in a process: Datasette keeps its plugins for all.
    """
    for plugin in pm.get_plugins():
        if pm.get_name(plugin) not in DEFAULT_PLUGINS:
            pm.unregister(plugin)  # what else is installed here has no part in this
    # It would print what every variable holds, rows of tables too. Datasette has loaded it: what
    # imports it first gets a half of it registered, and then no error has an answer.
    vars(pm.get_plugin("datasette.handle_exception"))["rich"] = None
    pages = AuditPages(source)
    pm.register(pages, pages.__name__)
    try:
        datasette = Datasette(
            immutables=[str(source.tables)],
            metadata=metadata(title=title, about=about),
            settings={**_SETTINGS, "base_url": base},
            template_dir=str(_HERE / "templates"),
            static_mounts=[("assets", str(_HERE / "assets"))],
        )
        yield Guard(datasette.app(), port=port, base=base)
    finally:
        pm.unregister(pages)


class _Server(uvicorn.Server):
    """A server whose ending is its caller's: signals are not its business."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: App) -> tuple[Callable[[socket.socket], None], Callable[[], None]]:
    """Return what serves ``app`` on a socket until it is told to end, and what tells it."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    made = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
    )

    def end() -> None:
        made.should_exit = True

    return lambda sock: made.run(sockets=[sock]), end
