"""What an auditor brings from outside, and takes along: keys of strangers, and codes for paper."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from injector.anchors.printed import qr_svg
from injector.cli.exits import CommandError
from injector.cli.writing import write_new
from injector.shotlog.check import Outside
from injector.shotlog.cosignature import WitnessKey
from injector.shotlog.note import NoteError
from injector.shotlog.timestamp_token import TokenError, read_certificates

P = ParamSpec("P")
R = TypeVar("R")
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


def outside_options(command: Callable[P, R]) -> Callable[P, R]:
    """``--witness`` and ``--timestamp-certificates``."""
    command = click.option(
        "--timestamp-certificates",
        "certificates",
        type=_FILE,
        help="The certificates of the time-stamping authority and its root (PEM).",
    )(command)
    return click.option(
        "--witness",
        "witnesses",
        metavar="VKEY",
        multiple=True,
        help="A witness' verifier key, as you were handed it. May be given again.",
    )(command)


def read_outside(witnesses: tuple[str, ...], certificates: Path | None) -> Outside:
    """Return whose answers can be checked. Raises ``CommandError``."""
    try:
        keys = tuple(WitnessKey.parse(each) for each in witnesses)
    except NoteError as error:
        raise CommandError(str(error), where="--witness") from error
    if certificates is None:
        return Outside(keys)
    try:
        return Outside(keys, read_certificates(certificates.read_bytes()))
    except (OSError, TokenError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(str(said), where=str(certificates)) from error


def write_svg(path: Path, note: str) -> None:
    """Write a checkpoint's QR code, over nothing. Raises ``CommandError``."""
    write_new(path, qr_svg(note))
