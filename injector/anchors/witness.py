"""Asking a witness (C2SP tlog-witness) to cosign a checkpoint.

The request is ``add-checkpoint``: the size that the witness signed last, a proof that the
log goes on from there, the checkpoint. Where that size is not what the witness remembers it
answers 409 with its own, and is asked once more. A witness that remembers more than the log
holds has seen entries that are gone.
"""

import base64
from collections.abc import Callable
from typing import Final

from injector.anchors.exchange import DEADLINE_S, Answer, post
from injector.anchors.failure import AnchorError, Why
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.cosignature import WitnessKey, names_in, open_cosignature
from injector.shotlog.note import NoteError, parse_note

_OK: Final = 200
_CONFLICT: Final = 409
_REFUSALS: Final = {403: "it does not trust the log's key", 404: "it does not know this log"}
_SIZE: Final = "text/x.tlog.size"
_MOST_DIGITS: Final = 16

Proof = Callable[[int, int], list[bytes]]
"""Old and new size to the hashes that prove the one a prefix of the other."""


def cosign(
    url: str,
    note: str,
    key: WitnessKey,
    *,
    last_size: int,
    log_size: int,
    proof: Proof,
    deadline_s: float = DEADLINE_S,
) -> tuple[str, int]:
    """Return the witness' signature line under the checkpoint ``note``, and its POSIX second.

    ``last_size`` is what it signed last, as far as the log knows; ``log_size`` how long the
    log is. Raises `AnchorError` where it did not sign.
    """
    checkpoint = Checkpoint.parse(parse_note(note)[0])
    answer = _ask(url, note, last_size, checkpoint.size, proof, deadline_s)
    if answer.status == _CONFLICT:
        remembered = _size_in(answer)
        if remembered > log_size:
            raise AnchorError(Why.AHEAD, str(remembered))
        if remembered > checkpoint.size:
            raise AnchorError(Why.REFUSED, f"it signed {remembered} entries already")
        if remembered == last_size:
            raise AnchorError(Why.INCONSISTENT, str(remembered))
        answer = _ask(url, note, remembered, checkpoint.size, proof, deadline_s)
        if answer.status == _CONFLICT:
            raise AnchorError(Why.INCONSISTENT, str(remembered))
    if answer.status == 422:
        raise AnchorError(Why.INCONSISTENT)
    if answer.status in _REFUSALS:
        raise AnchorError(Why.REFUSED, _REFUSALS[answer.status])
    if answer.status != _OK:
        raise AnchorError(Why.STATUS, str(answer.status))
    return _line_in(answer, checkpoint.text(), key)


def request_body(note: str, old: int, proof: list[bytes]) -> bytes:
    """Return the body of ``add-checkpoint``."""
    hashes = "".join(base64.b64encode(each).decode() + "\n" for each in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def _ask(url: str, note: str, old: int, size: int, proof: Proof, deadline_s: float) -> Answer:
    # From nothing there is nothing to prove, and from itself neither.
    hashes = [] if old in (0, size) else proof(old, size)
    return post(
        f"{url.rstrip('/')}/add-checkpoint",
        request_body(note, old, hashes),
        "text/plain; charset=utf-8",
        accept="text/plain",
        deadline_s=deadline_s,
    )


def _size_in(answer: Answer) -> int:
    text = answer.body.decode("ascii", "replace").removesuffix("\n")
    digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if answer.content_type != _SIZE or not digits or str(int(text)) != text:
        raise AnchorError(Why.MALFORMED, "409 without a size")
    return int(text)


def _line_in(answer: Answer, text: str, key: WitnessKey) -> tuple[str, int]:
    try:
        lines = answer.body.decode()
        names_in(lines)
    except (UnicodeDecodeError, NoteError) as error:
        raise AnchorError(Why.MALFORMED, "no signature lines") from error
    try:
        return open_cosignature(text, lines, key)
    except NoteError as error:
        raise AnchorError(Why.NOT_SIGNED, str(error)) from error
