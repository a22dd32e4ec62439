"""``injector log prove`` and ``check-proof``: what is handed to others.

With ``--json`` each prints one object.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from injector.cli import log_words as words
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import open_log
from injector.cli.log_place import log_options
from injector.report.json_text import to_json
from injector.report.proof_check import Fault, FolderReport, Found, check_folder
from injector.report.proof_folder import FolderError, default_folder, write_folder
from injector.report.proof_readme import ABSENT
from injector.report.shot_proof import NotAShotError, ShotProof, prove_shot
from injector.shotlog.findings import Noted, Remark
from injector.shotlog.note import NoteError, VerifierKey

T = TypeVar("T")

FAULTS: Final = {
    Fault.FILE_MISSING: "the file {detail} is missing",
    Fault.MALFORMED: "malformed: {detail}",
    Fault.OUT_OF_PLACE: "the file's name, the entry and the proof name different places: {detail}",
    Fault.NOT_PROVEN: "not proven: {detail}",
    Fault.OTHER_CHECKPOINT: "its proof is under another checkpoint than the others",
    Fault.OTHER_LOG: "opens another log than that of the key",
    Fault.NOT_HANDED_OVER: "the key before did not sign for this one: {detail}",
    Fault.NO_KEY: "no key to check with: give the one you were handed (--key)",
    Fault.NO_SHOT: "there is no shot among the entries that are proven",
    Fault.OTHER_SESSION: "is of another session than the shot",
    Fault.OTHER_GRANT: "is not the grant of the shot that names it",
    Fault.SIGNATURE: "the signature does not hold: {detail}",
    Fault.TEXT: "a private text is not the one committed to: {detail}",
}
"""What can be wrong with a directory of proofs, in words."""


@click.command()
@click.argument("shot", type=click.IntRange(min=0))
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new directory.  [default: shot-N-proof]",
)
@click.option("--with-texts", is_flag=True, help="Show the private texts of these entries, too.")
@log_options
def prove(shot: int, folder: Path | None, with_texts: bool, path: Path, as_json: bool) -> None:
    """Prove the shot in entry SHOT to somebody who has not got the log.

    Writes a directory with the shot, its grant, its session's opening, closing and
    signatures, each with its proof, and how to check them without this software. Nothing of
    any other session is in it, and no private text unless asked for.
    """
    target = default_folder(shot) if folder is None else folder
    try:
        with open_log(path) as reader:
            proof = prove_shot(reader, shot, with_texts=with_texts)
    except NotAShotError as error:
        raise CommandError(
            str(error),
            where=str(path),
            right="`injector log shots SESSION` lists shots with their entry numbers",
        ) from error
    files = _writing(target, lambda: write_folder(target, proof))
    if as_json:
        click.echo(to_json(_proof_object(target, proof, files)))
        return
    click.echo(f"{target}: entry {shot} of {proof.checkpoint.size:,} is proven")
    for shown in proof.shown:
        click.echo(f"  {shown.entry.seq:>9}  {words.printable(shown.entry.body.kind)}")
    for each in proof.absent:
        click.echo(f"  {'':<9}  {ABSENT[each]}")


@click.command("check-proof")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--key", "vkey", metavar="VKEY", help="The verifier key, as you were handed it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_proof(folder: Path, vkey: str | None, as_json: bool) -> None:
    """Check a directory that "prove" wrote. The log is not needed.

    Exits with 1 when something in it does not hold.
    """
    try:
        key = None if vkey is None else VerifierKey.parse(vkey)
        report = check_folder(folder, key)
    except NoteError as error:
        raise CommandError(str(error), where="--key", right="LOG.vkey holds the key") from error
    except (FolderError, OSError) as error:
        raise CommandError(
            _said(error), where=str(folder), right="give the directory that `log prove` wrote"
        ) from error
    if as_json:
        click.echo(to_json(_check_object(report)))
    else:
        _print_check(folder, report)
    if not report.ok:
        raise click.exceptions.Exit(int(Exit.FAILED))


def fault(found: Found) -> str:
    """Return what was found, beginning with the entry it is about."""
    said = words.printable(FAULTS[found.fault].format(detail=found.detail))
    return said if found.seq is None else f"entry {found.seq}: {said}"


def _writing(folder: Path, write: Callable[[], T]) -> T:
    try:
        return write()
    except (FolderError, OSError) as error:
        raise CommandError(_said(error), where=str(folder)) from error


def _said(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _proof_object(folder: Path, proof: ShotProof, files: tuple[str, ...]) -> dict[str, Any]:
    return {
        "directory": str(folder),
        "shot": proof.shot,
        "origin": proof.checkpoint.origin,
        "size": proof.checkpoint.size,
        "root": proof.checkpoint.root.hex(),
        "entries": [
            {"seq": each.entry.seq, "kind": each.entry.body.kind, "texts": len(each.texts)}
            for each in proof.shown
        ],
        "absent": [each.value for each in proof.absent],
        "files": files,
    }


def _check_object(report: FolderReport) -> dict[str, Any]:
    checkpoint = report.checkpoint
    return {
        "ok": report.ok,
        "key_given": report.key_given,
        "keys_after": report.followed,
        "origin": None if checkpoint is None else checkpoint.origin,
        "size": None if checkpoint is None else checkpoint.size,
        "root": None if checkpoint is None else checkpoint.root.hex(),
        "entries": [{"seq": seq, "kind": kind} for seq, kind in sorted(report.kinds.items())],
        "signatures": report.signatures,
        "texts": report.texts,
        "absent": [each.value for each in report.absent],
        "findings": [
            {"fault": each.fault.value, "seq": each.seq, "detail": each.detail}
            for each in report.found
        ],
    }


def _print_check(folder: Path, report: FolderReport) -> None:
    click.echo(f"{folder}: {len(report.kinds)} entries proven")
    if report.checkpoint is not None:
        click.echo(f"  origin  {words.printable(report.checkpoint.origin)}")
        click.echo(f"  size    {report.checkpoint.size:,}")
        click.echo(f"  root    {report.checkpoint.root.hex()}")
    for seq, kind in sorted(report.kinds.items()):
        click.echo(f"  {seq:>9}  {words.printable(kind)}")
    if report.signatures:
        click.echo(f"  {report.signatures} signatures hold")
    if report.texts:
        click.echo(f"  {report.texts} private texts are those committed to")
    for each in report.absent:
        click.echo(f"  - {ABSENT[each]}")
    if not report.key_given:
        click.echo("  - the key is the directory's own word; give the one you were handed (--key)")
    if report.followed:
        followed = Noted(Remark.KEY_FOLLOWED, report.followed)
        click.echo(f"  - {words.remark(followed)}")
    for found in report.found:
        click.echo(f"  WRONG: {fault(found)}")
    click.echo("The proof holds." if report.ok else "The proof does NOT hold.")
