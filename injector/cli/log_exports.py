"""``injector log export`` and ``package``: the log in forms that other tools read.

With ``--json`` each prints one object.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from injector.cli import extras
from injector.cli import log_words as words
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import find_session, open_log
from injector.cli.log_place import log_options
from injector.cli.outside import outside_options, read_outside
from injector.cli.report import against_limits, deriving
from injector.cli.verifying import progressing, report_object, verified
from injector.cli.writing import taken
from injector.report import tables
from injector.report.exports import ENTRIES, Written
from injector.report.exports import export as export_files
from injector.report.json_text import to_json
from injector.report.new_files import ExistsError
from injector.report.package import Readable, told_of, write_package
from injector.report.session import session_html
from injector.report.source import Source, open_source
from injector.report.table import Table
from injector.report.table_files import Format, ParquetMissingError
from injector.report.tiles import TilesError, export_tiles
from injector.shotlog.check import Outside
from injector.shotlog.findings import Report
from injector.shotlog.note import NoteError
from injector.shotlog.reader import LogReader

_ALL: Final = "all"
_NAMES: Final = (_ALL, ENTRIES, *(each.name for each in tables.TABLES), tables.TEXT.name)


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    help="Write tables in this form.",
)
@click.option(
    "--table",
    "name",
    type=click.Choice(_NAMES),
    metavar="NAME",
    help="Which table; entries are JSON Lines only.  [default: all]",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go, one for each table.",
)
@click.option("--session", help='One session only: its id, a beginning of it, or "last".')
@click.option("--with-texts", is_flag=True, help="Show the private texts, too.")
@click.option(
    "--tiles",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the log as C2SP tlog-tiles into this directory.",
)
@log_options
def export(
    *,
    form: str | None,
    name: str | None,
    folder: Path | None,
    session: str | None,
    with_texts: bool,
    tiles: Path | None,
    path: Path,
    as_json: bool,
) -> None:
    """Write the log in a form that other tools read: tables, entries, or tiles.

    --format writes what the log comes to, a file for each table, and with jsonl the entries
    themselves, with a format for lnav. Nothing is written over. No private text is in it
    unless asked for.

    --tiles writes every entry, for tools of transparency logs. A directory that holds earlier
    tiles of this log is brought up to date.
    """
    if (form is None) is (tiles is None):
        raise CommandError(
            "one form is needed", right="give --format csv, jsonl or parquet; or --tiles DIR"
        )
    if tiles is not None:
        if folder or name or session or with_texts:
            raise CommandError(
                "--tiles goes alone: tiles hold the whole log, and no private text",
                right="--out, --table, --session and --with-texts go with --format",
            )
        _export_tiles(path, tiles, as_json=as_json)
        return
    if folder is None:
        raise CommandError("a place is needed", where="--out", right="give --out DIR")
    _export_tables(
        path, Format(form or ""), name or _ALL, folder, session,
        with_texts=with_texts, as_json=as_json,
    )  # fmt: skip


def _export_tables(
    path: Path,
    form: Format,
    name: str,
    folder: Path,
    session: str | None,
    *,
    with_texts: bool,
    as_json: bool,
) -> None:
    if name == ENTRIES and form is not Format.JSONL:
        raise CommandError(
            "entries are of many kinds, and make no table", right="give --format jsonl"
        )
    if name == tables.TEXT.name and not with_texts:
        raise CommandError(
            "private texts are written only where they are asked for", right="give --with-texts"
        )
    with reading(path, session, with_texts=with_texts) as source, failing(folder):
        done = export_files(
            source,
            form,
            folder,
            _chosen(source, name),
            entries=words.body if form is Format.JSONL and name in {_ALL, ENTRIES} else None,
        )
        meant = source.session
    if as_json:
        click.echo(to_json(_export_object(folder, meant, done)))
        return
    click.echo(f"{folder}: {'the whole log' if meant is None else f'session {meant}'}")
    for each in done:
        place = each.path.relative_to(folder)
        click.echo(f"  {each.rows:>9,}  {place}" if each.rows else f"  {'-':>9}  {place}")


def _chosen(source: Source, name: str) -> tuple[Table, ...]:
    if name == _ALL:
        return source.tables
    return () if name == ENTRIES else (tables.table(name),)


@contextmanager
def reading(path: Path, session: str | None, *, with_texts: bool) -> Iterator[Source]:
    """Open what is exported; what is wrong with the log ends the command."""
    meant = None
    if session is not None:
        with open_log(path) as reader:
            meant = find_session(reader, path, session)
    with deriving(), open_source(path, session=meant, with_texts=with_texts) as source:
        yield source


@contextmanager
def failing(target: Path) -> Iterator[None]:
    """What cannot be written ends the command."""
    try:
        yield
    except ExistsError as error:
        raise taken(error) from error
    except ParquetMissingError as error:
        raise CommandError(
            str(error),
            right=extras.install(error.extra),
            exit_code=Exit.UNSUPPORTED,
        ) from error
    except TilesError as error:
        raise CommandError(str(error), where=str(target)) from error
    except OSError as error:
        where = str(error.filename or target)
        raise CommandError(error.strerror or str(error), where=where) from error


def _export_object(folder: Path, session: str | None, done: tuple[Written, ...]) -> dict[str, Any]:
    return {
        "directory": str(folder),
        "session": session,
        "files": [
            {"file": str(each.path.relative_to(folder)), "table": each.table, "rows": each.rows}
            for each in done
        ],
    }


def _export_tiles(path: Path, folder: Path, *, as_json: bool) -> None:
    with open_log(path) as reader, progressing("exporting") as progress, failing(folder):
        done = export_tiles(reader, folder, progress)
    if as_json:
        result = {
            "directory": str(folder),
            "origin": done.checkpoint.origin,
            "size": done.checkpoint.size,
            "root": done.checkpoint.root.hex(),
            "entries_before": done.before,
            "files_written": done.written,
        }
        click.echo(to_json(result))
        return
    click.echo(f"{folder}: {done.checkpoint.size:,} entries, {done.written:,} new files")
    click.echo(f"  origin  {words.printable(done.checkpoint.origin)}")
    click.echo(f"  root    {done.checkpoint.root.hex()}")


@click.command()
@click.argument("session", required=False)
@click.option("--all", "whole", is_flag=True, help="The whole log.")
@click.option(
    "--out",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="A new directory, or a new file named .zip.",
)
@click.option("--with-texts", is_flag=True, help="Show the private texts, too.")
@click.option("--key", "vkey", metavar="VKEY", help="The verifier key to verify with.")
@outside_options
@log_options
def package(
    *,
    session: str | None,
    whole: bool,
    target: Path,
    with_texts: bool,
    vkey: str | None,
    witnesses: tuple[str, ...],
    certificates: Path | None,
    path: Path,
    as_json: bool,
) -> None:
    """Make an inspection package of SESSION: its id, a beginning of it, or "last".

    It holds tables and entries in three forms, proofs, the verifier key, the checkpoint, what
    "verify" found, how a stranger checks all that, and a manifest of digests. The manifest's
    own digest is printed: tell it to whoever gets the package by another road. Of one session
    nothing is in it that is another patient's, and no private text unless asked for.
    """
    if whole is (session is not None):
        raise CommandError("one thing is needed", right="give SESSION, or --all")
    outside = read_outside(witnesses, certificates)
    with reading(path, session, with_texts=with_texts) as source, failing(target):
        report = _verified(source, vkey, outside)
        told = told_of(source, report)
        done = write_package(
            source,
            target,
            words=words.body,
            readable=_readable(source.reader, told, texts=with_texts),
            verification=report_object(told),
        )
        meant = source.session
    if as_json:
        result = {
            "path": str(target),
            "session": meant,
            "manifest_sha256": done.manifest,
            "files": done.files,
            "parquet": done.parquet,
            "verifies": report.ok,
            "origin": done.checkpoint.origin,
            "size": done.checkpoint.size,
            "root": done.checkpoint.root.hex(),
        }
        click.echo(to_json(result))
        return
    click.echo(f"{target}: {'the whole log' if meant is None else f'session {meant}'}")
    click.echo(f"  files            {done.files:,}")
    click.echo(f"  verification     {'passed' if report.ok else 'FAILED'}")
    click.echo(f"  MANIFEST.sha256  {done.manifest}")
    if not done.parquet:
        click.echo(f"  without Parquet, which needs an extra: {extras.install('audit')}", err=True)
    if not report.ok:
        click.echo("the log does NOT verify; the package says so", err=True)


def _readable(reader: LogReader, report: Report, *, texts: bool) -> Readable:
    """What makes the reports in a package, out of the copy that was verified.

    They bear the time of its newest entry: the same log makes the same package, to the byte.
    """
    made_utc_us = next(reader.entries(after=reader.size - 2)).at.utc_us
    return lambda reader, session: session_html(
        reader,
        session,
        made_utc_us=made_utc_us,
        with_texts=texts,
        reckoned=against_limits(reader, session),
        verified=report,
    )


def _verified(source: Source, vkey: str | None, outside: Outside) -> Report:
    """Check what is packed, as ``verify`` checks a log."""
    try:
        return verified(source.reader.path, vkey=vkey, outside=outside)
    except NoteError as error:
        raise CommandError(str(error), where="--key", right="LOG.vkey holds the key") from error
