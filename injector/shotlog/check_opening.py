"""Which log this is: entry 0, and no other, opens it, under a key that has its name."""

from typing import ClassVar, Final

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry, LogOpened
from injector.shotlog.findings import Code, Remark, Tally
from injector.shotlog.keychain import KeyChain
from injector.shotlog.note import NoteError, VerifierKey


class OpeningCheck:
    """Takes log and key from entry 0, or holds entry 0 against the key that was given."""

    about: ClassVar[Kinds | None] = frozenset({LogOpened})

    def __init__(self, tally: Tally, reading: Reading) -> None:
        self._tally: Final = tally
        self._reading: Final = reading
        self._given: Final = reading.key

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take an entry that opens a log."""
        body = entry.body
        if not isinstance(body, LogOpened):
            return
        self._tally.counted += 1
        if seq:
            self._tally.fail(Code.OPENED_AGAIN, seq=seq)
            return
        self._reading.origin = body.origin
        try:
            named = VerifierKey.parse(body.vkey)
        except NoteError as error:
            self._tally.fail(Code.MALFORMED, seq=seq, detail=str(error))
            return
        first = named
        if self._given is None:
            self._tally.remark(Remark.KEY_OF_THE_LOG)
        elif self._given != named and str(self._given) not in self._reading.rotated_to:
            self._tally.fail(Code.OTHER_KEY, seq=seq, detail=str(named))
            first = self._given  # and no other signature than that key's counts
        self._reading.key, self._reading.chain = first, KeyChain(first)
        if named.name != body.origin or body.format != self._reading.format:
            self._tally.fail(Code.ORIGIN_DIFFERS, seq=seq, detail=named.name)

    def finish(self) -> None:
        """Say that nothing opened the log, or that the key that was given is none of its."""
        chain = self._reading.chain
        if self._reading.origin is None:
            self._tally.fail(Code.NOT_OPENED, seq=0)
        if chain is None or self._given is None:
            return
        later = chain.after(self._given)
        if later is None:
            self._tally.fail(Code.OTHER_KEY, seq=0, detail=str(chain.keys[0]))
        elif later:
            self._tally.remark(Remark.KEY_FOLLOWED, later)
