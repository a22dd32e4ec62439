"""``injector log review``, ``sign`` and ``correct``: what people answer for.

A signature is made with the key that its person's passphrase opens, over a tree of the log
that holds the record. While an engine runs it alone writes, and one signs at the console.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal

import click

from injector.cli import log_words as words
from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError, Exit
from injector.cli.log import json_lines, table
from injector.cli.log_files import as_command_error, find_session, now, open_log
from injector.cli.log_place import log_options
from injector.cli.passphrase import passphrase_option, unlock
from injector.control.registering import record_key, write_vouched
from injector.control.snapshot import Denial, Denied
from injector.control.wants import Correct, RecordSigned, Vouching
from injector.report.json_text import to_json
from injector.shotlog.corrections import Correction
from injector.shotlog.entries import Entry
from injector.shotlog.errors import LogError
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import ToReview, operators, statement, to_review, to_sign
from injector.staff.file import Unlocked

_WHY: Final = {
    Denial.NOT_ALLOWED: "the role on record of {who} does not include it",
    Denial.SESSION_OPEN: "the session is still open; record a newer fact there instead",
    Denial.NOT_CORRECTABLE: "nobody typed what stands there, or it cannot say that",
    Denial.MORE_GIVEN: "more was given than was recorded; record what is missing, it counts",
    Denial.MALFORMED: "a correction needs a reason",
}


@click.command()
@log_options
def review(path: Path, as_json: bool) -> None:
    """List the closed sessions that nobody has reviewed: exceptions first, then the oldest.

    With --json: JSON lines, one object for each session. `injector log sign SESSION
    --meaning reviewed` signs that you have reviewed one.
    """
    with open_log(path) as reader:
        waiting = to_review(reader)
        if as_json:
            json_lines({**asdict(each), "exceptions": each.exceptions} for each in waiting)
            return
        listed = reader.sessions_at([each.opened_seq for each in waiting])
        table(
            ("session", "opened (UTC)", "by", "gaps", "uncertain", "overrides", "alarms",
             "adverse", "refused by limits", "refused by gun", "signed"),
            (
                (each.session, words.moment(listed[each.opened_seq]["opened_utc_us"]),
                 str(listed[each.opened_seq]["operator"]), *_counts(each),
                 "yes" if each.signed else "NO")
                for each in waiting
            ),
            right={3, 4, 5, 6, 7, 8, 9},
        )  # fmt: skip
    if not waiting:
        click.echo("every session that closed has been reviewed", err=True)


@click.command()
@click.argument("session")
@click.option("--meaning", type=click.Choice(["performed", "reviewed"]), required=True)
@click.option("--by", "person", required=True, metavar="ID", help="Who signs.")
@passphrase_option
@log_options
def sign(
    session: str,
    meaning: Literal["performed", "reviewed"],
    person: str,
    passphrase_fd: int | None,
    path: Path,
    as_json: bool,
) -> None:
    """Sign SESSION: its id, a beginning of it, or "last".

    "performed" also signs the overrides that you gave in it. Whoever gave a session reviews
    it only where nobody else here could. With --json: one object for each signature.
    """
    with open_log(path) as reader:
        chosen = find_session(reader, path, session)
        if reader.last("session_closed", session=chosen) is None:
            raise CommandError("the session is still open", where=chosen, right="close it first")
    unlocked = unlock(path, person, passphrase_fd)
    person = unlocked.person.id
    _record_key(path, unlocked)

    def make(reader: LogReader) -> Sequence[Vouching]:
        closed = reader.last("session_closed", session=chosen)
        wanted = to_sign(reader, chosen, person) if meaning == "performed" else []
        if meaning == "reviewed" and closed is not None:
            wanted = [(closed, "reviewed")]
        operator = operators(reader).get(person)
        name = unlocked.person.name if operator is None else operator.name
        at_us = now().utc_us
        return [
            RecordSigned(
                statement(reader, entry, by=person, name=name, meaning=what, utc_us=at_us).signed(
                    unlocked.seed
                ),
                chosen,
            )
            for entry, what in wanted
        ]

    written = _write(path, make, person)
    if not written:
        raise CommandError(f"{person} has signed it already", where=chosen)
    for entry in written:
        if as_json:
            click.echo(to_json(entry.body.model_dump(mode="json")))  # type: ignore[union-attr]
        else:
            click.echo(words.body(entry.body))


@click.command()
@click.argument("entry", type=click.IntRange(min=0))
@click.argument("place")
@click.argument("value")
@click.option("--reason", required=True, help="Why; it can be erased like every free text.")
@click.option("--by", "person", required=True, metavar="ID", help="Who corrects.")
@passphrase_option
@log_options
def correct(
    entry: int,
    place: str,
    value: str,
    reason: str,
    person: str,
    passphrase_fd: int | None,
    path: Path,
    as_json: bool,
) -> None:
    """Correct what stands at PLACE (a JSON Pointer, as /note) of ENTRY to VALUE (JSON, or text).

    The entry stays as it is; another one shows old and new. Only what somebody typed into a
    session that has closed is corrected, and no correction changes what counts as given.
    """
    unlocked = unlock(path, person, passphrase_fd)
    person = unlocked.person.id
    wanted = Correct(Correction(entry, place, _value(value), reason, person))
    (written,) = _write(path, lambda _reader: [wanted], person)
    if as_json:
        said = {"seq": written.seq} | written.body.model_dump(mode="json")  # type: ignore[union-attr]
        click.echo(to_json(said))
    else:
        click.echo(f"entry {written.seq}: {words.body(written.body)}")


def _counts(of: ToReview) -> tuple[str, ...]:
    counts = (of.gaps, of.uncertain, of.overrides, of.high_alarms, of.adverse_events,
              of.refused_by_limits, of.refused_by_gun)  # fmt: skip
    return tuple(str(each) if each else "" for each in counts)


def _value(text: str) -> object:
    """What was typed: JSON where it is JSON, otherwise the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _record_key(path: Path, unlocked: Unlocked) -> None:
    person = unlocked.person.id
    try:
        written = record_key(
            path, person, unlocked.seed, by=person, now=now(), random_bytes=os.urandom,
            software=SOFTWARE, anchors=anchors_file(),
        )  # fmt: skip
    except LogError as error:
        raise as_command_error(error, then="sign at the console") from error
    if isinstance(written, Denied):
        why = _WHY.get(written.why, "the key of {who} was on record before, and another since")
        raise CommandError(why.format(who=person), exit_code=Exit.FAILED)


def _write(path: Path, make: Callable[[LogReader], Sequence[Vouching]], person: str) -> list[Entry]:
    try:
        written = write_vouched(
            path,
            make,
            now=now(),
            random_bytes=os.urandom,
            software=SOFTWARE,
            anchors=anchors_file(),
        )
    except LogError as error:
        raise as_command_error(error, then="sign at the console") from error
    if isinstance(written, Denied):
        why = _WHY.get(written.why, "it is no signature of theirs about that record")
        raise CommandError(why.format(who=person), exit_code=Exit.FAILED)
    return written
