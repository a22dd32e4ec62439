"""What is shown to prove one shot: the entries that it can be judged by, and no others.

Theory
------
A shot's entry alone says little. What was permitted stands in its grant, for whom and by
whom in its session's opening, how it ended in the closing, who stands for it in the
signatures, and what was said about any of these later in corrections. To check the
signatures one needs the keys of who signed; to check the checkpoint one needs entry 0,
which names the log's key, and the entries in which another key followed it.

Everything else stays out. An entry of another session is never shown, whatever names it:
it may be another patient's. Private texts are shown only where asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from injector.report.proof import Proof, RememberingTree, prove, read_checkpoint
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Entry, Shot, Uncertain
from injector.shotlog.envelope import SealedText
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import Corrected, OperatorKey, Signed

_OF_THE_SESSION: Final = ("session_opened", "session_closed")


class NotAShotError(ValueError):
    """The entry is no shot, or is not there."""

    def __init__(self, seq: int, kind: str | None) -> None:
        self.seq, self.kind = seq, kind
        what = "there is no such entry" if kind is None else f"it is a {kind} entry, not a shot"
        super().__init__(f"entry {seq}: {what}")


@unique
class Absent(StrEnum):
    """What belongs to a shot and is not shown."""

    GRANT = "grant"
    """This host never granted it."""
    GRANT_ELSEWHERE = "grant_elsewhere"
    """Its grant is of another session, and may be of another patient."""
    SESSION = "session"
    """It was recorded while no session was open."""
    CLOSING = "closing"
    """Its session has not closed yet."""
    SIGNATURE = "signature"
    """Nobody has signed its session."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry that is shown, with its proof."""

    entry: Entry
    body: bytes
    """The bytes that are hashed."""
    proof: Proof
    texts: tuple[SealedText, ...]


@dataclass(frozen=True, slots=True)
class ShotProof:
    """A shot, what belongs to it, and the proofs, all under one checkpoint."""

    shot: int
    checkpoint: Checkpoint
    shown: tuple[Shown, ...]
    """In the order of the log."""
    absent: tuple[Absent, ...]


def prove_shot(reader: LogReader, seq: int, *, with_texts: bool = False) -> ShotProof:
    """Return the proof of the shot in entry ``seq``, uncertain ones included.

    Raises `NotAShotError`, or `LogDamaged` when the log does not prove what it holds.
    """
    note = reader.checkpoint
    checkpoint = read_checkpoint(reader, note)
    entry = reader.at([seq]).get(seq) if 0 <= seq < checkpoint.size else None
    if entry is None or not isinstance(entry.body, Shot | Uncertain):
        raise NotAShotError(seq, None if entry is None else entry.body.kind)
    entries, absent = _choose(reader, entry, entry.body.grant_seq, checkpoint.size)
    tree = RememberingTree(reader)
    shown = tuple(
        Shown(
            entries[at],
            reader.bodies(at, 1)[0],
            prove(reader, at, note, tree),
            tuple(reader.sealed_texts(at)) if with_texts else (),
        )
        for at in sorted(entries)
    )
    return ShotProof(seq, checkpoint, shown, tuple(absent))


def _choose(
    reader: LogReader, shot: Entry, grant_seq: int | None, size: int
) -> tuple[dict[int, Entry], list[Absent]]:
    absent: list[Absent] = []
    grant = None if grant_seq is None else reader.at([grant_seq]).get(grant_seq)
    session = shot.session
    if grant is None or grant.body.kind != "grant":
        absent.append(Absent.GRANT)
        grant = None
    elif session is None:
        session = grant.session  # it came in after its session had closed
    elif grant.session != session:
        absent.append(Absent.GRANT_ELSEWHERE)
        grant = None
    chosen = [shot] if grant is None else [shot, grant]
    if session is None:
        absent.append(Absent.SESSION)
    else:
        chosen += _of_session(reader, session, chosen, size)
        kinds = {each.body.kind for each in chosen}
        if "session_closed" not in kinds:
            absent.append(Absent.CLOSING)
        if "signed" not in kinds:
            absent.append(Absent.SIGNATURE)
    chosen += reader.entries(kinds=["log_opened", "key_rotated"])
    return {each.seq: each for each in chosen if each.seq < size}, absent


def _of_session(
    reader: LogReader, session: str, before: Iterable[Entry], size: int
) -> Iterator[Entry]:
    """Opening, closing, what was signed of the session by whom, and what was corrected."""
    shown = {each.seq for each in before}
    signers: dict[str, int] = {}
    wanted = [*_OF_THE_SESSION, "signed", "corrected"]
    for entry in reader.entries(session=session, kinds=wanted):
        body = entry.body
        if entry.seq >= size:
            break
        if isinstance(body, Corrected) and body.about_seq not in shown:
            continue
        shown.add(entry.seq)
        yield entry
        if isinstance(body, Signed):
            signers[body.by] = entry.seq
            about = reader.at([body.about_seq]).get(body.about_seq)
            if about is not None and about.session == session:
                shown.add(about.seq)
                yield about
    yield from keys_of_signers(reader, signers)


def keys_of_signers(reader: LogReader, signers: dict[str, int]) -> Iterator[Entry]:
    """Every key of who signed, up to their last signature."""
    if signers:
        for entry in reader.entries(kinds=["operator_key"]):
            body = entry.body
            if isinstance(body, OperatorKey) and entry.seq < signers.get(body.person, 0):
                yield entry
