"""A checkpoint on paper: five lines to keep, and a QR code of the same five.

The five lines are the signed note itself: origin, size, root, an empty line, the signature.
Nothing is left out, so whatever reads the paper again (a scanner, a camera, a patient
typist) gives a file that any tool for signed notes checks. The signature's line is longer
than a page is wide; a line break inside it is taken out again by `retyped`.
"""

from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final

from injector.shotlog.note import NoteError

if TYPE_CHECKING:
    import segno

_LINES: Final = 5
_DASH: Final = "\N{EM DASH}"
_TYPED_DASHES: Final = ("---", "--", "-", "\N{EN DASH}", _DASH)
_QUIET_ON_SCREEN: Final = 2
"""Light modules around the code on a terminal, which has little room; paper gets four."""


def five_lines(note: str) -> tuple[str, ...]:
    """Return the lines of a checkpoint that the log alone signed; `NoteError` for another."""
    lines = tuple(note.removesuffix("\n").split("\n"))
    if len(lines) != _LINES or lines[3] or not lines[4].startswith(f"{_DASH} "):
        raise NoteError("not a checkpoint with one signature")
    return lines


def retyped(text: str) -> str:
    """Return the note in ``text`` as it came off paper.

    Spaces at the ends of lines, empty lines around it, a hyphen for the dash, and line breaks
    inside the signature do no harm. What does not look like five lines is returned as it is,
    and whoever reads it says what is wrong.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    try:
        blank = lines.index("")
    except ValueError:
        return text
    head, tail = lines[:blank], [line for line in lines[blank:] if line]
    joined: list[list[str]] = []
    for line in tail:
        dash, _, rest = line.partition(" ")
        if dash in _TYPED_DASHES and rest:
            joined.append([_DASH, *rest.split()])
        elif joined:
            joined[-1] += line.split()
        else:
            return text
    # The first word after the dash is the key's name; all after it is one signature.
    signatures = [f"{words[0]} {words[1]} {''.join(words[2:])}" for words in joined]
    return "\n".join([*head, "", *signatures]) + "\n"


def qr_on_screen(note: str) -> str:
    """Return the QR code of a note as lines of half blocks, light on dark."""
    out = StringIO()
    _code(note).terminal(out, compact=True, border=_QUIET_ON_SCREEN)
    return out.getvalue()


def qr_svg(note: str) -> bytes:
    """Return the QR code of a note as an SVG file."""
    out = BytesIO()
    _code(note).save(out, kind="svg", scale=4, light="white")
    return out.getvalue()


def _code(note: str) -> "segno.QRCode":
    import segno  # noqa: PLC0415 - slow to load, and few commands draw a code

    return segno.make_qr(note, error="l", boost_error=False)
