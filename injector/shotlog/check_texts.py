"""Private texts: each opens the commitment in its entry, or was erased on record."""

import hmac
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import ClassVar, NamedTuple

from injector.shotlog.check import Kinds, Reading
from injector.shotlog.entries import Entry, TextErased
from injector.shotlog.envelope import SALT_BYTES, commitment
from injector.shotlog.findings import Code, Remark, Tally


class StoredText(NamedTuple):
    """A row of ``private_text``, as it is read: nothing about it is known to be right."""

    seq: int
    place: str
    salt: bytes
    text: bytes


class TextsCheck:
    """Brings commitments, texts and erasures together, range by range."""

    about: ClassVar[Kinds | None] = frozenset({TextErased})

    def __init__(self, tally: Tally, _reading: Reading) -> None:
        self._tally = tally
        self._stored: dict[tuple[int, str], StoredText] = {}
        self._missing: dict[tuple[int, str], str] = {}
        """Commitments without a text: erased, if an erasure follows."""
        self._erased_since: AbstractSet[tuple[int, str]] = frozenset()

    def stored(self, texts: Iterable[StoredText]) -> None:
        """Take the texts of the entries that come next."""
        self._stored = {(text.seq, text.place): text for text in texts}

    def committed(self, seq: int, places: Iterable[tuple[str, str]]) -> None:
        """Take the commitments of an entry: places and HMACs."""
        for place, digest in places:
            self._tally.counted += 1
            text = self._stored.pop((seq, place), None)
            if text is None:
                self._missing[seq, place] = digest
            elif not _opens(text, digest):
                self._tally.fail(Code.TEXT_DIFFERS, seq=seq, detail=place)

    def end_of_range(self) -> None:
        """Say which texts nobody committed to."""
        for seq, place in self._stored:
            self._tally.fail(Code.TEXT_UNBOUND, seq=seq, detail=place)
        self._stored.clear()

    def feed(self, seq: int, entry: Entry, _leaf: bytes) -> None:
        """Take the record of an erasure, which comes after what it erased."""
        record = entry.body
        if not isinstance(record, TextErased):
            return
        if self._missing.pop((record.text_seq, record.place), None) == record.hmac_sha256:
            self._tally.remark(Remark.TEXTS_ERASED)
        else:
            self._tally.fail(Code.ERASURE_UNFOUNDED, seq=seq)

    def erased_since(self, texts: AbstractSet[tuple[int, str]]) -> None:
        """Take what went, on record, while the log was read: that text is not missing."""
        self._erased_since = texts

    def finish(self) -> None:
        """Say which texts are missing."""
        for seq, place in sorted(self._missing.keys() - self._erased_since):
            self._tally.fail(Code.TEXT_MISSING, seq=seq, detail=place)


def _opens(text: StoredText, digest: str) -> bool:
    if type(text.salt) is not bytes or len(text.salt) != SALT_BYTES:
        return False
    try:
        words = text.text.decode()
    except UnicodeDecodeError:
        return False
    return hmac.compare_digest(commitment(text.salt, words), digest)
