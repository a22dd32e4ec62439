"""``injector log``, the part that keeps a log for years: keys, copies, erasure, succession.

Thin: parse, call, say what was done and what somebody has to do now. Everything here is
refused while an engine runs on the log, but for a backup.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click
from pydantic import ValidationError

from injector.anchors.opening import open_to_write
from injector.cli import log_words as words
from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import as_command_error, now
from injector.cli.log_place import log_option, log_option_called
from injector.control import succession
from injector.control.bringing import patients_named
from injector.control.past import DAY_US
from injector.control.succession import Reason, Succession
from injector.report.json_text import to_json
from injector.shotlog import copying
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.copying import Backup, CannotGoOn
from injector.shotlog.erased import erased_path, noted_erasures
from injector.shotlog.errors import LogError
from injector.shotlog.kept import default_path, kept_checkpoints
from injector.shotlog.log import ShotLog
from injector.shotlog.note import NoteError, parse_note
from injector.shotlog.reader import LogReader

P = ParamSpec("P")
R = TypeVar("R")

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_HERE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _checkpoint_options(command: Callable[P, R]) -> Callable[P, R]:
    command = click.option(
        "--anchors", "anchors", type=_HERE, help="A file of kept checkpoints, as LOG.anchors is."
    )(command)
    return click.option(
        "--checkpoint", "checkpoint", type=_HERE, help="A checkpoint that somebody kept."
    )(command)


_json: Final = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("rotate-key")
@click.option("--reason", default="routine", show_default=True, metavar="CODE", help="Why.")
@click.option("--by", metavar="PERSON", help="Who says so.")
@_json
@log_option
def rotate_key(path: Path, reason: str, by: str | None, *, as_json: bool) -> None:
    """Sign with a new key from here on, and destroy the old one.

    Old and new key sign for the change together. Hand the verifier key that is printed to
    your auditor.
    """
    _must_exist(path)
    with _told(), _open(path) as opened:
        opened.rotate_key(reason=reason, by=by, now=now())
        vkey, size = opened.vkey, opened.size
    if as_json:
        click.echo(to_json({"vkey": vkey, "size": size}))
        return
    click.echo(vkey)
    click.echo(
        "This is the log's verifier key from now on. Hand it to your auditor, and keep it "
        "somewhere else than beside the log.\n"
        "A backup made with the old key (--with-keys) cannot be put back any more; make a new one.",
        err=True,
    )


@click.command("backup")
@click.argument("target", metavar="DEST", type=_FILE)
@click.option("--with-keys", is_flag=True, help="With the signing key and the staff file.")
@_json
@log_option
def backup(path: Path, target: Path, *, with_keys: bool, as_json: bool) -> None:
    """Copy the log to DEST, also while it is written, and verify the copy.

    Beside it go the verifier key, the record of erasures and the kept checkpoints. Never
    the signing key or the staff file, unless --with-keys. Nothing is overwritten.
    """
    with _told():
        made = copying.back_up(path, target, with_keys=with_keys)
    elsewhere = _anchors_elsewhere()
    if as_json:
        click.echo(to_json({
            "path": str(made.path), "size": made.report.size, "with": list(made.along),
            "texts": made.texts, "keys": with_keys,
            "anchors": None if elsewhere is None else str(elsewhere),
        }))  # fmt: skip
    else:
        _say_backup(made, elsewhere)


def _anchors_elsewhere() -> Path | None:
    """Where the settings keep checkpoints; said where settings with a fault do not tell."""
    try:
        return anchors_file()
    except CommandError as error:
        click.echo("where the settings keep checkpoints is not known:", err=True)
        error.show()
        return None


def _say_backup(made: Backup, elsewhere: Path | None) -> None:
    click.echo(f"{made.path}: {made.report.size:,} entries, verified")
    click.echo(f"  texts about patients, to be kept as such: {made.texts:,}")
    for suffix, what in (
        (".vkey", "the verifier key"),
        (".erased", "the record of erasures"),
        (".anchors", "the checkpoints kept outside"),
        (".key", "THE SIGNING KEY: whoever has it writes in this log's name"),
        (".staff", "THE STAFF FILE: who works here, and their hashes"),
    ):
        said = what if suffix in made.along else f"not here: {what.lower()}"
        click.echo(f"  {suffix:<9} {said}")
        if suffix == ".anchors" and elsewhere is not None:
            click.echo(f"  {'':<9} the settings keep them in {elsewhere}: keep that, too")
    if ".key" not in made.along:
        click.echo("  It can be read and verified, and goes on only where the key is, too.")


@click.command("restore")
@click.argument("source", metavar="BACKUP", type=_HERE)
@log_option_called("--to", "path", "Where the log shall be.")
@click.option("--by", default="restore", metavar="PERSON", help="Who says so.")
@click.option(
    "--nothing-newer",
    is_flag=True,
    help="No checkpoint can be shown, and the log wrote nothing after the backup.",
)
@_checkpoint_options
@_json
def restore(
    source: Path,
    path: Path,
    by: str,
    checkpoint: Path | None,
    anchors: Path | None,
    *,
    nothing_newer: bool,
    as_json: bool,
) -> None:
    """Put BACKUP in the log's place, where it can go on without contradicting itself.

    It is verified, held against the newest checkpoint that can be shown, and what was
    erased since is erased again. Shown are those given, those at the log's place, and those
    in the settings' file; those beside the backup came along with it, and can tell that it
    is behind, never that it is not. A backup that is behind, or without its key, goes on
    only in a successor: the message says how. A log that is there is never overwritten.
    """
    notes, along = _notes(checkpoint, anchors, path, source)
    with _told():
        try:
            made = copying.restore(
                source, path, notes=notes, along=along, by=by, now=now(),
                random_bytes=os.urandom, software=SOFTWARE, nothing_newer=nothing_newer,
            )  # fmt: skip
        except CannotGoOn as error:
            shown = "" if checkpoint is None else f" --checkpoint {checkpoint}"
            shown += "" if anchors is None else f" --anchors {anchors}"
            raise CommandError(
                str(error),
                right=f"injector log succeed --reason {error.reason} --old {source}{shown} {path}"
                + ("" if not error.unknown else
                   "\n  or --nothing-newer, if you know that nothing was written after it"),
                exit_code=Exit.FAILED,
            ) from error  # fmt: skip
    if as_json:
        click.echo(to_json({
            "path": str(path), "size": made.size, "erased_again": made.erased_again,
            "checkpoint": None if made.compared.newest is None else made.compared.newest.size,
        }))  # fmt: skip
        return
    click.echo(f"{path}: {made.size:,} entries are back, and go on")
    if made.compared.newest is not None:
        click.echo(f"  it has all {made.compared.newest.size:,} entries of the newest checkpoint")
    if made.erased_again:
        click.echo(f"  {made.erased_again:,} texts that were erased since were erased again")
    click.echo("  Connect each gun once: its counters tell whether anything is missing.")


@click.command("succeed")
@click.argument("path", metavar="NEW", type=_FILE)
@click.option("--old", required=True, type=_HERE, help="The log before, or a copy of it.")
@click.option("--reason", required=True, type=click.Choice([each.value for each in Reason]))
@click.option("--by", metavar="PERSON", help="Who says so.")
@_checkpoint_options
@_json
def succeed(
    path: Path,
    old: Path,
    reason: str,
    by: str | None,
    checkpoint: Path | None,
    anchors: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make NEW, the log that follows --old under a name and a key of its own.

    lost_key: the old log's key is gone. restored: what is there of it is behind, or may
    be; a key that lies beside it is put out of use. archived: it is whole, gets its last
    entry and is laid aside.

    People, approvals, the patients' visits, guns and an unreleased STOP are brought
    forward, so that limits of a day and courses go on.
    """
    notes, along = _notes(checkpoint, anchors, path, old)
    with _told():
        made = succession.succeed(
            old, path, reason=Reason(reason), by=by, notes=notes, along=along, now=now(),
            random_bytes=os.urandom, software=SOFTWARE,
        )  # fmt: skip
    if as_json:
        click.echo(to_json(_successor_object(made)))
    else:
        _say_successor(made, old)


def _successor_object(made: Succession) -> dict[str, object]:
    brought = made.brought
    return {
        "path": str(made.path),
        "origin": made.origin,
        "vkey": made.vkey,
        "before": {"origin": made.before.origin, "size": made.before.size},
        "lost": made.lost,
        "visits": None if brought is None else brought.visits,
        "patients": None if brought is None else brought.patients,
        "guns": None if brought is None else brought.guns,
        "staff": made.staff,
        "retired": made.retired,
    }


def _say_successor(made: Succession, old: Path) -> None:
    click.echo(made.vkey)

    def say(line: str) -> None:
        click.echo(line, err=True)

    say(f"{made.path} follows {old}. Above is its verifier key: hand it to your auditor.")
    brought = made.brought
    if brought is not None:
        say(
            f"  brought forward: {brought.visits:,} visits of {brought.patients:,} patients, "
            f"{brought.people} people, {brought.libraries} limit libraries, {brought.guns} guns"
        )
        if brought.stopped:
            say("  a STOP that nobody released, too")
        if brought.ahead:
            say("  a gun did more than that log knew of: it waits to be acknowledged, too")
        if brought.closed_at_most is not None:
            say(
                f"  session {brought.closed_at_most} stood open: it counts as closed, with all "
                "that the gun was still permitted to give"
            )
    if made.lost:
        say(
            f"  {made.lost:,} entries of the old log are lost. What patients were given in them "
            "is not known here: ask before you treat again today"
        )
    if not made.proven:
        say(
            "  The checkpoint that counts them is signed with a key that the old log does not "
            "know: one that came later, or a forger's. Ask your auditor"
        )
    if made.retired:
        say(
            f"  The key of {old} lay beside it, and is {old.name}.key.followed now: nothing can be "
            "added to the old log, so that only one of the two goes on"
        )
    say(f"  Keep {old} as it is, and write nothing to it: a copy of it is part of the record.")


@click.command("erase")
@click.option("--patient", metavar="PATIENT", help="All texts of that pseudonym, or id.")
@click.option("--entry", type=click.IntRange(min=0), metavar="N", help="A text of entry N.")
@click.option("--place", metavar="P", help="With --entry: where in it, as /text.")
@click.option("--by", required=True, metavar="PERSON", help="Who says so.")
@click.option("--reason", required=True, metavar="CODE", help="Why, as asked_for.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@log_option
def erase(
    path: Path,
    patient: str | None,
    entry: int | None,
    place: str | None,
    by: str,
    reason: str,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase texts for good, in the log's files: all of a patient, or one of an entry.

    Amounts, times and codes stay, and the log still verifies. Backups and archived logs
    have to be treated each by itself.
    """
    if (patient is None) is (entry is None) or (entry is None) is not (place is None):
        raise CommandError(
            "one thing at a time", right="give --patient, or --entry together with --place"
        )
    _must_exist(path)
    with _told(), _open(path, ended=True) as opened:
        texts = _texts(opened.reader, path, patient, entry, place)
        if texts and not yes:
            _ask(opened.reader, texts, patient)
        if texts:
            opened.erase_all(texts, by=by, reason=reason, now=now())
        else:
            opened.empty_wal()
    if as_json:
        click.echo(to_json({"erased": [{"seq": seq, "place": at} for seq, at in texts]}))
        return
    if not texts:
        click.echo("nothing is there to erase; the files hold no text of it", err=True)
        return
    click.echo(f"{len(texts):,} texts are erased, on record and for good")
    click.echo(
        "Backups and archived logs still hold them. `injector log restore` erases them again in "
        f"a backup that is put back, as long as {erased_path(path).name} is there.",
        err=True,
    )


def _texts(
    reader: LogReader, path: Path, patient: str | None, entry: int | None, place: str | None
) -> list[tuple[int, str]]:
    if entry is not None and place is not None:
        known = {(each.seq, each.place) for each in noted_erasures(erased_path(path))}
        if reader.private_text(entry, place) is None and (entry, place) not in known:
            raise CommandError(
                f"entry {entry} has no private text at {place}",
                where="--entry, --place",
                right="`injector log show` shows the entries of a session",
            )
        return [(entry, place)] if reader.private_text(entry, place) is not None else []
    found = patients_named(reader, patient or "")
    if not found:
        raise CommandError(
            "no patient of this log has that pseudonym or id", where="--patient",
            right="one whose pseudonym was erased is still there by their id",
        )  # fmt: skip
    return sorted({text for each in found for text in reader.texts_of(each)})


def _ask(reader: LogReader, texts: list[tuple[int, str]], patient: str | None) -> None:
    places = sorted({at.rsplit("/", 1)[-1] for _, at in texts})
    click.echo(
        f"{len(texts):,} texts ({', '.join(map(words.printable, places))}) go for good.", err=True
    )
    if patient is not None:
        click.echo(
            "Nobody is found by that pseudonym any more. Who comes again is a new patient, and "
            "what they were given in the day before does not count for them.",
            err=True,
        )
        if _recent(reader, patient):
            click.echo("THEY WERE TREATED WITHIN THE LAST DAY. Better wait a day.", err=True)
    click.confirm("Erase them?", abort=True, err=True)


def _recent(reader: LogReader, patient: str) -> bool:
    ids = patients_named(reader, patient)
    since = now().utc_us - DAY_US
    return any(
        row["patient"] in ids and int(row["utc_us"] or 0) > since for row in reader.treated()
    )


# -- what they share --------------------------------------------------------------------------


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise CommandError("there is no shot log here", where=str(path))  # and none is made


def _open(path: Path, *, ended: bool = False) -> ShotLog:
    return open_to_write(
        path, now=now(), random_bytes=os.urandom, software=SOFTWARE, anchors=anchors_file(),
        ended=ended,
    )  # fmt: skip


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong, in the words of a command."""
    try:
        yield
    except LogError as error:
        raise as_command_error(error) from error
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise CommandError(
            f"{wrong['loc'][0]}: {wrong['msg']}", right="a code is short and lower-case: asked_for"
        ) from error


def _notes(
    checkpoint: Path | None, anchors: Path | None, log: Path, copy: Path
) -> tuple[list[str], list[str]]:
    """The checkpoints that can be shown, and those that lie beside the copy.

    Shown are the one somebody kept, those in their file and in the file of the settings, and
    those at the log's place. What lies beside the copy is no more for being named in words.
    """
    settings, own = anchors_file(), default_path(copy)
    along = _kept(own)
    if anchors is not None and own.exists() and anchors.samefile(own):
        anchors = None
    files = (anchors, settings, default_path(log))
    found = [note for file in files if file is not None for note in _kept(file)]
    if settings is not None and not settings.exists():
        click.echo(
            f"{settings}: the settings keep checkpoints here, and no such file is there now; "
            "a newer one than those that can be shown may stand in it",
            err=True,
        )
    if checkpoint is not None:
        try:
            note = checkpoint.read_text(encoding="utf-8")
            Checkpoint.parse(parse_note(note)[0])
        except (NoteError, UnicodeDecodeError) as error:
            raise CommandError(
                "not a checkpoint", where=str(checkpoint),
                right="`injector log checkpoint` prints one",
            ) from error  # fmt: skip
        found.append(note)
    return found, along


def _kept(file: Path) -> list[str]:
    """The checkpoints in a file; one that holds something, and none, is not taken for empty."""
    why: OSError | None = None
    said = "no line in it is one"
    try:
        found = kept_checkpoints(file)
        if found or not file.exists() or not file.read_bytes().strip():
            return found
    except OSError as error:
        why, said = error, str(error.strerror)
    raise CommandError(
        f"the checkpoints in it cannot be read: {said}",
        where=str(file),
        right="without them nobody can tell whether the log wrote more",
    ) from why
