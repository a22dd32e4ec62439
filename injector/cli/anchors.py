"""``injector log anchor`` and ``anchors``: checkpoints outside, where no console places them.

While an engine runs it alone writes, and its console places what waits. Without one these
commands ask, write what was answered, and list what stands where.
"""

import base64
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from injector.anchors.beside import catch_up
from injector.anchors.failure import AnchorError
from injector.anchors.opening import open_to_write
from injector.anchors.places import Places
from injector.anchors.placing import Failed, place
from injector.anchors.standing import Kind, Standing, file_of, look
from injector.cli import anchor_words as words
from injector.cli.config import read_config
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError, Exit
from injector.cli.log import table
from injector.cli.log_files import as_command_error, now, open_log
from injector.cli.log_place import log_options
from injector.cli.log_words import moment
from injector.report.json_text import to_json
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Draft
from injector.shotlog.errors import LogError, LogLocked, LogMissing
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import Anchored

P = ParamSpec("P")
R = TypeVar("R")
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@log_options
def anchor(path: Path, as_json: bool) -> None:
    """Place the newest anchor wherever it waits, and write what was answered into the log.

    The places are those of the settings (see `injector config`). Exits with 1 where something
    still waits. With --json: JSON lines, one object for each place.
    """
    places = configured()
    try:
        if not path.exists():
            raise LogMissing(f"{path}: there is no shot log here")
        found = _place(path, places)
    except LogLocked as error:
        raise CommandError(
            str(error), right="a console that runs places anchors itself", exit_code=Exit.LOG
        ) from error
    except LogError as error:
        raise as_command_error(error) from error
    failed = [each for each in found if isinstance(each, Failed)]
    if as_json:
        for each in found:
            click.echo(to_json(_outcome(each)))
    else:
        for each in found:
            click.echo(_outcome_words(each))
        if not found:
            click.echo("nothing waits")
    if failed:
        raise click.exceptions.Exit(int(Exit.FAILED))


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write every answer into this new folder, for openssl and other tools.",
)
@log_options
def anchors(path: Path, as_json: bool, out: Path | None) -> None:
    """List what stands where outside, and what waits.

    With --json: JSON lines, one object for each place.
    """
    places = configured()
    with open_log(path) as reader:
        found = look(reader, places)
        if out is not None:
            _write_out(reader, out)
    if as_json:
        for each in found:
            click.echo(to_json(_standing(each)))
        return
    table(
        ("place", "entries", "since (UTC)", "sessions waiting", "waiting since (UTC)", "which"),
        (_cells(each) for each in found),
        right={1, 3},
    )


def configured() -> Places:
    """Return the places of the settings. Raises ``CommandError`` with every fault."""
    return read_config().settings.anchors.places()


def _place(path: Path, places: Places) -> list[Anchored | Failed]:
    began = now()
    found: list[Anchored | Failed] = []
    file = file_of(path, places)
    with open_to_write(
        path, now=began, random_bytes=secrets.token_bytes, software=SOFTWARE, anchors=file
    ) as log:
        try:
            catch_up(log.reader, file, began.utc_us)
        except AnchorError as error:
            found.append(Failed(Kind.FILE, str(file), error))
        found += place(log.reader, places)
        placed = [Draft(None, each) for each in found if isinstance(each, Anchored)]
        log.append(placed, now())
    return found


def _outcome(each: Anchored | Failed) -> dict[str, Any]:
    if isinstance(each, Failed):
        told = {"why": each.error.why.value, "detail": each.error.detail}
        return {"place": each.kind.value, "name": each.name, "placed": False} | told
    return {
        "place": each.place,
        "name": each.name,
        "placed": True,
        "size": each.size,
        "at_utc_us": each.at_utc_us,
    }


def _outcome_words(each: Anchored | Failed) -> str:
    if isinstance(each, Failed):
        return f"{words.KINDS[each.kind]} {each.name}: waits; {words.why(each.error)}"
    kind = words.KINDS[Kind(each.place)]
    return f"{kind} {each.name}: holds {each.size:,} entries since {moment(each.at_utc_us)} UTC"


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "place": each.kind.value,
        "name": each.name,
        "size": each.size,
        "at_utc_us": each.at_utc_us,
        "waiting": each.waiting.sessions,
        "waiting_since_utc_us": each.waiting.since_utc_us,
        "wrong": None if each.wrong is None else each.wrong.why.value,
    }


def _cells(each: Standing) -> tuple[str, ...]:
    return (
        words.KINDS[each.kind],
        str(each.size),
        moment(each.at_utc_us),
        str(each.waiting.sessions),
        moment(each.waiting.since_utc_us),
        each.name if each.wrong is None else f"{each.name} ({words.why(each.wrong)})",
    )


def _write_out(reader: LogReader, folder: Path) -> None:
    """For each answer the three lines that it is about, and the answer as other tools read it."""
    origin = reader.opened.origin
    try:
        folder.mkdir(parents=True)
        for entry in reader.entries(kinds=["anchored"]):
            body = entry.body
            if not isinstance(body, Anchored):
                continue
            text = Checkpoint(origin, body.size, bytes.fromhex(body.root)).text()
            name = f"{entry.seq}-{body.place}"
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
            if body.place == "timestamp":
                with suppress(ValueError):  # `verify` says that it is none
                    token = base64.b64decode(body.receipt)
                    (folder / f"{name}.tst").write_bytes(token)
            else:
                note = f"{text}\n{body.receipt}"
                (folder / f"{name}.note").write_text(note, encoding="utf-8")
    except OSError as error:
        raise CommandError(
            f"cannot be written: {error.strerror}", where=str(folder), right="a new folder"
        ) from error
