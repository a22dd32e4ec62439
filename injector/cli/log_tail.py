"""``injector log tail``: entries as they are committed.

Nothing is sent to whoever writes the log, and nothing is locked. Five times a second SQLite
is asked whether anybody has written (a look at shared memory, not at the file), and only
then are entries read, a page at a time.
"""

import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from injector.cli import log_words as words
from injector.cli.exits import CommandError, Exit
from injector.cli.log import entry_object, line_with_text, print_entry
from injector.cli.log_files import as_command_error, find_session, open_log
from injector.cli.log_place import log_options
from injector.report.json_text import to_json
from injector.shotlog.entries import Entry
from injector.shotlog.errors import LogError, LogMissing
from injector.shotlog.reader import LogReader

_POLL_MS: Final = 200


@click.command()
@click.option("--session", help='Entries of one session: its id, a beginning of it, or "last".')
@click.option("--from-start", is_flag=True, help="Show what is there already, too.")
@click.option("--with-texts", is_flag=True, help="Show the texts of notes, too.")
@log_options
def tail(
    *, session: str | None, from_start: bool, with_texts: bool, path: Path, as_json: bool
) -> None:
    """Show entries as they are committed, until it is interrupted.

    Begins with the next entry that comes. With --json: JSON lines, one object for each
    entry, as "show" prints them. When another file takes the log's place, that is said, and
    it goes on with that one.
    """
    with open_log(path) as reader:
        chosen = None if session is None else find_session(reader, path, session)
        after = -1 if from_start else reader.size - 1

    def show(reader: LogReader, entry: Entry) -> None:
        if as_json:
            click.echo(to_json(_object(reader, entry, with_texts=with_texts)))
        else:
            line = line_with_text(reader, entry) if with_texts else words.body(entry.body)
            print_entry(entry, entry.body.kind, line)

    try:
        _Tail(path, chosen, after, show).run()
    except LogError as error:
        raise as_command_error(error) from error
    except KeyboardInterrupt as interrupt:
        raise click.exceptions.Exit(int(Exit.INTERRUPTED)) from interrupt
    except BrokenPipeError:
        # Whoever read has seen enough. Python must not find out once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Tail:
    """Follows what stands at a path, whatever file that is."""

    def __init__(
        self, path: Path, session: str | None, after: int, show: Callable[[LogReader, Entry], None]
    ) -> None:
        self._path = path
        self._session = session
        self._after = after
        """The newest entry that was shown, or passed over."""
        self._body = b""
        """Its bytes, by which a log that went on is told from another one."""
        self._show = show
        self._wait = _Waiting()

    def run(self) -> None:
        """Show entries until nobody reads them; raises BrokenPipeError then."""
        while True:
            reader, file = self._open()
            with reader:
                self._begin(reader)
                self._follow(reader, file)

    def _open(self) -> tuple[LogReader, tuple[int, int]]:
        missing = False
        while True:
            before = _identity(self._path)
            try:
                reader = LogReader.open(self._path)
            except LogMissing as error:
                if not missing:
                    click.echo(f"{error}; waiting for one", err=True)
                missing = True
                self._wait()
                continue
            if before is not None and _identity(self._path) == before:
                return reader, before
            reader.close()  # another file came while this one was opened

    def _begin(self, reader: LogReader) -> None:
        """Go on where the last file ended, if this is that log; else from its first entry."""
        if self._after < 0:
            return
        held = reader.bodies(self._after, 1)
        if not self._body and held:
            self._body = held[0]
        elif held != [self._body]:
            click.echo(
                f"{self._path}: this is another log, {words.printable(reader.opened.origin)}; "
                "it is shown from its first entry",
                err=True,
            )
            self._after, self._body = -1, b""

    def _follow(self, reader: LogReader, file: tuple[int, int]) -> None:
        """Show what comes, until another file stands in this one's place."""
        version = None
        while True:
            if _identity(self._path) != file:
                click.echo(f"{self._path}: the log was replaced", err=True)
                return
            newest = reader.data_version
            if newest != version:
                version = newest
                if reader.size <= self._after:
                    click.echo(f"{self._path}: the log was cut, or put back", err=True)
                    return
                self._show_new(reader)
            self._wait()

    def _show_new(self, reader: LogReader) -> None:
        size = reader.size  # what is committed under a checkpoint
        if size - 1 == self._after:
            return
        for entry in reader.entries(session=self._session, after=self._after):
            if entry.seq >= size:
                break
            self._show(reader, entry)
        sys.stdout.flush()
        self._after = size - 1
        self._body = reader.bodies(self._after, 1)[0]


class _Waiting:
    """A fifth of a second, cut short when nobody reads stdout any more."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(sys.stdout.fileno(), 0)

    def __call__(self) -> None:
        for _, event in self._poll.poll(_POLL_MS):
            if event & (select.POLLERR | select.POLLHUP):
                raise BrokenPipeError
            raise CommandError("stdout was closed")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _object(reader: LogReader, entry: Entry, *, with_texts: bool) -> dict[str, object]:
    made = entry_object(entry)
    if with_texts and (texts := reader.sealed_texts(entry.seq)):
        made["texts"] = {each.place: each.text for each in texts}
    return made
