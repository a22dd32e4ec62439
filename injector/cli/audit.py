"""``injector audit``: the log as a web that auditors ask, on this computer alone."""

import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

import click

from injector.cli import extras
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import now
from injector.cli.log_place import log_option
from injector.cli.report import against_limits, deriving
from injector.cli.verifying import report_lines, verified
from injector.report.copying import private_folder
from injector.report.session import NoSuchSessionError, session_html
from injector.shotlog.findings import Report
from injector.shotlog.reader import LogReader

try:
    from injector.report.audit import web
    from injector.report.audit.pages import Source
except ModuleNotFoundError as error:
    raise CommandError(
        f"{error.name} is not installed",
        right=f"the auditor's web needs an extra: {extras.install('audit')}",
        exit_code=Exit.UNSUPPORTED,
    ) from error

_TITLE: Final = "Shot log, for auditors"


@click.group()
def audit() -> None:
    """The log as a web that auditors ask, on this computer alone."""


@audit.command()
@log_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="any free one")
@click.option("--open", "in_browser", is_flag=True, help="Open it in a browser.")
@click.option("--even-if-broken", is_flag=True, help="Serve a log that does not verify.")
def serve(path: Path, port: int, in_browser: bool, even_if_broken: bool) -> None:
    """Copy the log, verify the copy, make its tables, and serve them with Datasette.

    The address on stdout is the key to it: whoever has it, on this computer, may read until
    the command is ended (Ctrl-C, SIGTERM). Then the copy is removed. Nothing is written to
    the log, and later entries do not come in. Needs the extra "audit".
    """
    with _ended_by_signals() as on_end, private_folder() as folder:
        moment = datetime.now(UTC)
        with deriving():
            click.echo("copying the log", err=True)
            copy = web.make_copy(path, folder)
            report = verified(copy)
            if not report.ok and not even_if_broken:
                raise CommandError(
                    "the log does not verify, so it is not served",
                    where=str(path),
                    right="`injector log verify` says why; --even-if-broken serves it all the same",
                    exit_code=Exit.FAILED,
                )
            click.echo("making the tables", err=True)
            tables = web.make_tables(copy, folder)
        _serve(_source(path, copy, tables, report, moment), report, port, in_browser, on_end)


def _serve(
    source: Source,
    report: Report,
    port: int,
    in_browser: bool,
    on_end: Callable[[Callable[[], None]], None],
) -> None:
    try:
        sock = web.listen(port)
    except OSError as error:
        raise CommandError(
            error.strerror or str(error), where=f"port {port}", right="0 takes a free one"
        ) from error
    with sock:
        port, base = sock.getsockname()[1], web.new_base()
        said = "verifies" if report.ok else "does NOT verify"
        about = f"{report.size:,} entries; the log {said}. {source.note}"
        with web.audit_app(source, port=port, base=base, title=_TITLE, about=about) as app:
            run, end = web.server(app)
            on_end(end)
            url = f"http://{web.HOST}:{port}{base}"
            click.echo(url)
            sys.stdout.flush()
            if in_browser:
                webbrowser.open(url)
            run(sock)


def _source(path: Path, copy: Path, tables: Path, report: Report, moment: datetime) -> Source:
    return Source(
        copy=copy,
        tables=tables,
        broken=not report.ok,
        note=f"Copied from {path.name} on {moment:%Y-%m-%d at %H:%M:%S} UTC.",
        verified="\n".join((f"{report.size:,} entries", *report_lines(report))),
        report=_reporting(report),
    )


def _reporting(found: Report) -> Callable[[LogReader, str], str | None]:
    """What makes a session's report, out of the copy that was verified."""

    def report(reader: LogReader, session: str) -> str | None:
        try:
            return session_html(
                reader,
                session,
                made_utc_us=now().utc_us,
                reckoned=against_limits(reader, session),
                verified=found,
            )
        except NoSuchSessionError:
            return None

    return report


class _EndedError(BaseException):
    """A signal came before there was anything to end in order."""


@contextmanager
def _ended_by_signals() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Signals end what is served; before that, they end the command. Nothing is left behind.

    Gives what is to be called with the way to end.
    """
    ways: list[Callable[[], None]] = []

    def caught(_number: int, _frame: FrameType | None) -> None:
        if not ways:
            raise _EndedError
        for end in ways:
            end()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, caught) for number in numbers]
    try:
        yield ways.append
    except _EndedError:
        raise click.exceptions.Exit(int(Exit.INTERRUPTED)) from None
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
