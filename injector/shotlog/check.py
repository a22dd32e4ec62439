"""What every check of entries is given, and what it gives.

A check is about one concept. It is fed the entries of the kinds that it names, in order,
once, and keeps no more than it needs of them: a log has a million. Only what has a form
comes here; what each check finds goes into its own `Tally`.

Whatever a check believes of an entry may be a forger's word: that the bytes are those that
were signed is for other checks to say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, TypeAlias, runtime_checkable

from cryptography.x509 import Certificate

from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.cosignature import WitnessKey
from injector.shotlog.entries import Entry
from injector.shotlog.fields import Record
from injector.shotlog.findings import Code, Tally
from injector.shotlog.judging import VerdictJudge
from injector.shotlog.keychain import KeyChain
from injector.shotlog.merkle import EMPTY_ROOT, Peaks
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.shot_run import ShotRun

Kinds: TypeAlias = frozenset[type[Record]]
"""The models of the kinds that a check wants to see."""
Feed: TypeAlias = Callable[[int, Entry, bytes], None]
"""`EntryCheck.feed` of some check."""


class EntryCheck(Protocol):
    """One concept that is checked entry by entry. To add one, see `injector.shotlog.verify`."""

    about: ClassVar[Kinds | None]
    """Only these are fed; None: every entry, `Unknown` ones too. It costs time for each."""

    def feed(self, seq: int, entry: Entry, leaf: bytes) -> None:
        """Take the next entry, the place it stands at, and the leaf hash of its body."""

    def finish(self) -> None:
        """Say what is left at the log's end."""


@runtime_checkable
class RunCheck(Protocol):
    """A check that can take many shots at once; it need not."""

    def take_run(self, run: ShotRun) -> bool:
        """Take these shots as if each had been fed; False, and none taken, where it cannot
        be said of all at once that there is nothing to say of any."""


class Roots(Mapping[int, bytes]):
    """The root at each size that some entry speaks of, once the reading has come so far.

    Which sizes those are is asked of the log before it is read; an entry that speaks of
    another one, or of a tree that it cannot have seen, finds nothing here.
    """

    def __init__(self, peaks: Peaks, wanted: Iterable[int]) -> None:
        self._peaks = peaks
        self._wanted = frozenset(wanted)
        self._kept: dict[int, bytes] = {0: EMPTY_ROOT}

    def __getitem__(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries; KeyError where it is not known."""
        return self._kept[size]

    def __iter__(self) -> Iterator[int]:
        """Go through the sizes, rising."""
        return iter(self._kept)

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """How many entries were read so far."""
        return self._peaks.size

    def now(self) -> bytes:
        """Return the root over what was read so far: all before the entry that is fed."""
        return self._peaks.root()

    @property
    def wanted(self) -> frozenset[int]:
        """The sizes that are to be noted by `passed`."""
        return self._wanted

    def passed(self) -> None:
        """Note the root of the tree as it has grown."""
        if self._peaks.size in self._wanted:
            self._kept[self._peaks.size] = self._peaks.root()


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom an auditor trusts besides the log: their keys were got elsewhere than from it."""

    witnesses: tuple[WitnessKey, ...] = ()
    authorities: tuple[Certificate, ...] = ()
    """Certificates of time-stamping authorities, their roots among them."""


NOBODY: Final = Outside()


@dataclass(slots=True)
class Reading:
    """What checks share of the log that is read."""

    roots: Roots
    earlier: Callable[[int], Entry | None]
    """Reads an entry again that was fed before; None where there is none of a known form.
    It is a query: for the few that no check can be expected to have kept."""
    format: int
    """The number of the format, in the file's header."""
    key: VerifierKey | None
    """The key whose signatures count where the reading stands; None: there is none yet."""
    origin: str | None = None
    """The log's name, once entry 0 was read."""
    rotated_to: frozenset[str] = frozenset()
    """The verifier keys that the log says it was handed over to; nothing of it is checked."""
    chain: KeyChain | None = None
    """The log's keys up to where the reading stands; None until entry 0 named the first."""
    judge: VerdictJudge | None = None
    """Who gives verdicts again; None: nobody."""
    sound: int = 0
    """Entries known to be unchanged: up to here a signed root agreed."""
    outside: Outside = NOBODY
    """Whose receipts the auditor can check."""

    def signed(
        self,
        tally: Tally,
        note: str,
        size: int,
        root: bytes | None,
        *,
        seq: int | None = None,
        sound: int = 0,
    ) -> bool:
        """Check that ``note`` is this log's checkpoint of that size and root.

        ``root`` is None where the log has no tree of that size; said elsewhere then.
        ``seq`` is the entry that holds the note; below ``sound`` all is known to be right.
        """
        if self.key is None:
            tally.fail(Code.SIGNATURE, seq=seq, detail="no key")
            return False
        try:
            checkpoint = (
                open_checkpoint(note, self.key) if self.chain is None else self.chain.open(note)
            )
        except NoteError as error:
            tally.fail(Code.SIGNATURE, seq=seq, detail=str(error))
            return False
        if checkpoint.size != size:
            tally.fail(Code.SIZE_DIFFERS, seq=seq, detail=str(checkpoint.size))
            return False
        if root is not None and checkpoint.root != root:
            tally.fail(Code.ROOT_DIFFERS, seq=min(sound, size), last=size - 1)
            return False
        return root is not None


class EntryCheckType(Protocol):
    """How a check is made: of the tally for its findings, and of what checks share."""

    def __call__(self, tally: Tally, reading: Reading, /) -> EntryCheck:
        """Make the check for one reading."""


def wanting(checks: Iterable[EntryCheck], kind: type) -> tuple[EntryCheck, ...]:
    """Return the checks that want to see entries of ``kind``."""
    return tuple(each for each in checks if each.about is None or kind in each.about)
