"""Checking a directory of proofs without the log: by the entries, the proofs and the key.

Each entry must lead to the root of a checkpoint that the log's key signed, the newest one
where keys followed each other; one checkpoint holds for all. Whoever holds an older key is
led to the newest by the handovers that are here, as `injector.shotlog.keychain` tells; the
root that a handover names is the word of both keys, since no other entries are here to
compute it from. Then what the entries say
about each other is compared: the shot's grant is its grant, all of them are of one session,
each signature is about an entry that is here and opens with its signer's key, each text
opens its commitment.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path

from injector.report.proof import Proof, ProofError
from injector.report.proof_folder import EntryFiles, read_folder
from injector.report.shot_proof import Absent
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Entry, Grant, LogOpened, SessionOpened, Shot, Uncertain
from injector.shotlog.envelope import MalformedBodyError, commitment, commitments, unpack
from injector.shotlog.keychain import KeyChain
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.note import NoteError, VerifierKey, open_note
from injector.shotlog.signing import Statement, open_operator_key, signable
from injector.shotlog.vouching import KeyRotated, OperatorKey, Signed

_OF_THE_LOG = ("log_opened", "key_rotated", "operator_key")
"""Kinds that are of no session."""


@unique
class Fault(StrEnum):
    """What can be wrong with a directory of proofs."""

    FILE_MISSING = "file_missing"
    """``detail`` names it."""
    MALFORMED = "malformed"
    """The entry or the proof is none; ``detail`` says why."""
    OUT_OF_PLACE = "out_of_place"
    """File name, entry and proof name different places."""
    NOT_PROVEN = "not_proven"
    """The entry does not stand in the log, or the key did not sign; ``detail`` says which."""
    OTHER_CHECKPOINT = "other_checkpoint"
    """Its proof is under another checkpoint than the others."""
    OTHER_LOG = "other_log"
    """Entry 0 opens another log, or names another key than the one given."""
    NOT_HANDED_OVER = "not_handed_over"
    """The key before did not sign for the one in this entry; ``detail`` says what is wrong."""
    NO_KEY = "no_key"
    """There is no key to check with: none was given, and no entry here names one."""
    NO_SHOT = "no_shot"
    OTHER_SESSION = "other_session"
    """The entry is of another session than the shot."""
    OTHER_GRANT = "other_grant"
    """The shot names this entry as its grant, and it is not."""
    SIGNATURE = "signature"
    """The signature does not hold; ``detail`` says why."""
    TEXT = "text"
    """A private text is not the one committed to; ``detail`` is its place."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong."""

    fault: Fault
    seq: int | None = None
    detail: str = ""


@dataclass(slots=True)
class FolderReport:
    """What a directory of proofs proves, and what is wrong with it."""

    found: list[Found] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    """Under which everything was proven; None when nothing was."""
    key_given: bool = False
    """Whether the key is the caller's; else it is the word of the entries alone."""
    followed: int = 0
    """How many keys came after the caller's."""
    kinds: dict[int, str] = field(default_factory=dict)
    """The entries that are proven, by place."""
    signatures: int = 0
    texts: int = 0
    absent: list[Absent] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that is here holds."""
        return not self.found


def check_folder(folder: Path, key: VerifierKey | None = None) -> FolderReport:
    """Check the proofs in ``folder``; ``key`` is one of the log's, as it was handed over.

    Raises `FolderError` when it holds no proofs, OSError when it cannot be read.
    """
    files = read_folder(folder)
    check = _FolderCheck(files, FolderReport(key_given=key is not None))
    check.run(key)
    return check.report


class _FolderCheck:
    def __init__(self, files: Mapping[int, EntryFiles], report: FolderReport) -> None:
        self._files = files
        self.report = report
        self._entries: dict[int, Entry] = {}
        """Those that are proven."""

    def run(self, given: VerifierKey | None) -> None:
        entries, proofs = self._read()
        chain = self._follow(entries, given)
        if chain is None:
            self._fail(Fault.NO_KEY)
            return
        # A key that is none of the chain proves nothing but itself; the opening tells.
        key = given if given is not None and given not in chain.keys else chain.newest
        for seq in sorted(entries):
            self._prove(entries[seq], proofs[seq], key)
        if given is not None:
            self.report.followed = chain.after(given) or 0
            if 0 in self._entries:
                self._check_opening(self._entries[0], given, chain)
        self._check_session()
        for entry in self._entries.values():
            if isinstance(entry.body, Signed):
                self._check_signature(entry, entry.body, key.name)
        self._check_texts()

    def _fail(self, fault: Fault, seq: int | None = None, detail: str = "") -> None:
        self.report.found.append(Found(fault, seq, detail))

    # -- what stands in the files ------------------------------------------------------

    def _read(self) -> tuple[dict[int, Entry], dict[int, Proof]]:
        entries: dict[int, Entry] = {}
        proofs: dict[int, Proof] = {}
        for seq, files in sorted(self._files.items()):
            if files.body is None:
                self._fail(Fault.FILE_MISSING, seq, f"entry-{seq}.json")
            elif files.proof is None:
                self._fail(Fault.FILE_MISSING, seq, f"entry-{seq}.tlog-proof")
            else:
                try:
                    entry = unpack(files.body)
                    proof = Proof.parse(files.proof.decode())
                except (MalformedBodyError, ProofError, UnicodeDecodeError) as error:
                    self._fail(Fault.MALFORMED, seq, str(error))
                    continue
                if not seq == entry.seq == proof.seq:
                    self._fail(Fault.OUT_OF_PLACE, seq, f"{entry.seq}, {proof.seq}")
                    continue
                entries[seq], proofs[seq] = entry, proof
        return entries, proofs

    def _body(self, seq: int) -> bytes:
        return self._files[seq].body or b""

    # -- keys -------------------------------------------------------------------------

    def _follow(self, entries: Mapping[int, Entry], given: VerifierKey | None) -> KeyChain | None:
        """The keys that the entries name, as far as each was handed over by the one before.

        None where there is none to begin with. Without entry 0 the chain begins with the
        first key that a handover names, or with the given one where none names that.
        """
        handed = [
            (seq, entry.body)
            for seq, entry in sorted(entries.items())
            if isinstance(entry.body, KeyRotated)
        ]
        opening = entries.get(0)
        if opening is not None and isinstance(opening.body, LogOpened):
            first = self._key_in(0, opening.body.vkey)
        elif handed and (given is None or str(given) in {body.vkey for _, body in handed}):
            seq, body = handed.pop(0)
            first = self._key_in(seq, body.vkey)
        else:
            first = given
        if first is None:
            return None
        chain = KeyChain(first)
        for seq, body in handed:
            wrong = _not_followed(chain, body, seq)
            if wrong is not None:
                self._fail(Fault.NOT_HANDED_OVER, seq, wrong)
                break  # who follows whom from here on, nobody can tell
        return chain

    def _key_in(self, seq: int, vkey: str) -> VerifierKey | None:
        try:
            return VerifierKey.parse(vkey)
        except NoteError as error:
            self._fail(Fault.MALFORMED, seq, str(error))
            return None

    # -- the log ----------------------------------------------------------------------

    def _prove(self, entry: Entry, proof: Proof, key: VerifierKey) -> None:
        try:
            checkpoint = proof.check(self._body(entry.seq), key)
        except ProofError as error:
            self._fail(Fault.NOT_PROVEN, entry.seq, str(error))
            return
        if self.report.checkpoint is None:
            self.report.checkpoint = checkpoint
        elif self.report.checkpoint != checkpoint:
            self._fail(Fault.OTHER_CHECKPOINT, entry.seq)
            return
        self._entries[entry.seq] = entry
        self.report.kinds[entry.seq] = entry.body.kind

    def _check_opening(self, first: Entry, given: VerifierKey, chain: KeyChain) -> None:
        """The log is the given key's: it opened under it, or that key followed later."""
        opens = isinstance(first.body, LogOpened) and first.body.origin == given.name
        if not opens or given not in chain.keys:
            self._fail(Fault.OTHER_LOG, 0)

    # -- the session ------------------------------------------------------------------

    def _check_session(self) -> None:
        shots = [
            (each, each.body)
            for each in self._entries.values()
            if isinstance(each.body, Shot | Uncertain)
        ]
        if not shots:
            self._fail(Fault.NO_SHOT)
            return
        shot, body = shots[0]
        session = shot.session
        granted = None if body.grant_seq is None else self._entries.get(body.grant_seq)
        if granted is None:
            self.report.absent.append(
                Absent.GRANT if body.grant_seq is None else Absent.GRANT_ELSEWHERE
            )
        elif not _grants(granted, body):
            self._fail(Fault.OTHER_GRANT, granted.seq)
        else:
            session = session or granted.session
        for entry in self._entries.values():
            of_the_log = entry.body.kind in _OF_THE_LOG or entry is shot
            if entry.session is None and isinstance(entry.body, Shot | Uncertain):
                continue  # it came in after the session had closed
            if not of_the_log and entry.session != session:
                self._fail(Fault.OTHER_SESSION, entry.seq)
        if not any(isinstance(each.body, SessionOpened) for each in self._entries.values()):
            self.report.absent.append(Absent.SESSION)
        else:
            kinds = set(self.report.kinds.values())
            if "session_closed" not in kinds:
                self.report.absent.append(Absent.CLOSING)
            if "signed" not in kinds:
                self.report.absent.append(Absent.SIGNATURE)

    def _check_signature(self, entry: Entry, body: Signed, origin: str) -> None:
        wrong = self._wrong_with(entry, body, origin)
        if wrong is None:
            self.report.signatures += 1
        else:
            self._fail(Fault.SIGNATURE, entry.seq, wrong)

    def _wrong_with(self, entry: Entry, body: Signed, origin: str) -> str | None:
        """Why it is no signature of that person about that record, as far as can be told here.

        What roles were on record, and the root of the tree that was signed, only the log has.
        """
        about = self._entries.get(body.about_seq)
        if about is None:
            return "what was signed is not here"
        leaf = leaf_hash(self._body(about.seq))
        record = signable(about.seq, leaf, about.session, about.body)
        if record is None or body.meaning not in record.meanings:
            return "nobody signs such an entry with that meaning"
        if body.about_leaf != leaf.hex() or entry.session != about.session:
            return "it is about something else"
        if not about.seq < body.size <= entry.seq:
            return "the tree that was signed does not hold what it is about"
        put = self._key_of(body.by, entry.seq)
        if put is None:
            return "the signer's key is not here"
        try:
            key = open_operator_key(put, origin)
            said = open_note(body.note, key)
            meant = Statement.of(body, origin=origin, session=entry.session).text()
        except NoteError as error:
            return str(error)
        return None if said == meant else "the note says something else than the entry"

    def _key_of(self, person: str, before: int) -> OperatorKey | None:
        """The newest key of a person at that place of the log."""
        for seq in sorted(self._entries, reverse=True):
            body = self._entries[seq].body
            if seq < before and isinstance(body, OperatorKey) and body.person == person:
                return body
        return None

    # -- texts ------------------------------------------------------------------------

    def _check_texts(self) -> None:
        for seq, files in sorted(self._files.items()):
            if files.texts is None and not files.text:
                continue
            committed = dict(commitments(_fields(files.body)))
            listed = list(_listed(files.texts))
            for place, salt, name in listed:
                text = files.text.pop(name, None)
                try:
                    opened = text is not None and commitment(salt, text.decode())
                except UnicodeDecodeError:
                    opened = False
                if opened and opened == committed.get(place):
                    self.report.texts += 1
                else:
                    self._fail(Fault.TEXT, seq, place)
            for name in sorted(files.text):  # a text that the list does not name
                self._fail(Fault.TEXT, seq, name)
            if not listed:
                self._fail(Fault.MALFORMED, seq, f"entry-{seq}.texts.json")


def _not_followed(chain: KeyChain, body: KeyRotated, seq: int) -> str | None:
    """Go on with the key that the entry hands over to, or say why not."""
    if body.size != seq:
        return f"it is about the tree of {body.size} entries"
    try:
        chain.follow(body, seq, bytes.fromhex(body.root))
    except NoteError as error:
        return str(error)
    return None


def _grants(entry: Entry, shot: Shot | Uncertain) -> bool:
    body = entry.body
    return isinstance(body, Grant) and (body.serial, body.link, body.grant) == (
        shot.serial,
        shot.link,
        shot.grant,
    )


def _fields(body: bytes | None) -> object:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def _listed(data: bytes | None) -> Iterator[tuple[str, bytes, str]]:
    """Place, salt and file of each text in a list; nothing where it is no such list."""
    try:
        for each in json.loads(data or b"[]"):
            yield str(each["place"]), bytes.fromhex(each["salt"]), str(each["file"])
    except (ValueError, TypeError, KeyError):
        return
