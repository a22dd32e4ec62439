"""What is said of anchors outside: each is about this log's tree, and its receipt about that.

A receipt is somebody else's signature. Whose, the log cannot vouch for: a witness' line is
checked with keys that the auditor brings, a token's chain with certificates that they bring.
Without them a token is still compared with the checkpoint that it is about, and a line with
the form of one.
"""

import base64
import binascii
from typing import ClassVar, Final, assert_never

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.cosignature import names_in, open_cosignature
from injector.shotlog.entries import Entry
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.note import NoteError
from injector.shotlog.timestamp_token import Token, TokenError, read_token
from injector.shotlog.vouching import Anchored

_US: Final = 1_000_000


class AnchoredCheck:
    """Checks every word about an anchor that somebody outside holds."""

    about: ClassVar[Kinds | None] = frozenset({Anchored})

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take what is said of one."""
        body, reading = entry.body, self._reading
        if not isinstance(body, Anchored):
            return
        self._tally.counted += 1
        root = reading.roots.get(body.size)
        if root is None:
            self._tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(body.size))
        elif root.hex() != body.root:
            self._tally.fail(Code.ROOT_DIFFERS, seq=reading.sound, last=body.size - 1)
        elif reading.origin is not None:
            text = Checkpoint(reading.origin, body.size, root).text()
            match body.place:
                case "timestamp":
                    self._check_token(seq, body, text)
                case "witness":
                    self._check_line(seq, body, text)
                case _:
                    assert_never(body.place)

    def finish(self) -> None:
        """Nothing is left: each says all it has to say by itself."""

    def _check_token(self, seq: int, body: Anchored, text: str) -> None:
        try:
            token = _token(body.receipt)
        except TokenError as error:
            self._tally.fail(Code.MALFORMED, seq=seq, detail=str(error))
            return
        if not token.covers(text) or token.at_utc_us != body.at_utc_us:
            self._tally.fail(Code.RECEIPT_DIFFERS, seq=seq, detail=body.name)
            return
        certificates = self._reading.outside.authorities
        if not certificates:
            self._tally.remark(Remark.AUTHORITY_NOT_GIVEN)
            return
        try:
            token.check(text, certificates)
        except TokenError as error:
            self._tally.fail(Code.RECEIPT_UNSIGNED, seq=seq, detail=str(error)[:200])

    def _check_line(self, seq: int, body: Anchored, text: str) -> None:
        try:
            names = names_in(body.receipt)
        except NoteError as error:
            self._tally.fail(Code.MALFORMED, seq=seq, detail=str(error))
            return
        if set(names) != {body.name}:
            self._tally.fail(Code.RECEIPT_DIFFERS, seq=seq, detail=body.name)
            return
        keys = [key for key in self._reading.outside.witnesses if key.name == body.name]
        if not keys:
            self._tally.remark(Remark.WITNESS_NOT_GIVEN)
            return
        times, said = set(), ""
        for key in keys:  # a witness may have had several keys under its name
            try:
                times.add(open_cosignature(text, body.receipt, key)[1] * _US)
            except NoteError as error:
                said = str(error)
        if not times:
            self._tally.fail(Code.RECEIPT_UNSIGNED, seq=seq, detail=said)
        elif body.at_utc_us not in times:
            self._tally.fail(Code.RECEIPT_DIFFERS, seq=seq, detail=body.name)


def _token(receipt: str) -> Token:
    try:
        return read_token(base64.b64decode(receipt, validate=True))
    except (binascii.Error, ValueError) as error:
        if isinstance(error, TokenError):
            raise
        raise TokenError("not base64") from error
