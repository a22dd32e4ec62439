"""Logs to prove from: sessions that somebody signed, with keys made for the occasion."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from injector.shotlog.entries import Draft, Note
from injector.shotlog.facts import OperatorRecorded
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.note import SigningKey
from injector.shotlog.reader import library_drafts
from injector.shotlog.tree import LogTree
from injector.shotlog.vouching import OperatorKey, Signed
from tests.shotlog.samples import (
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SECOND_SESSION,
    SESSION,
    closed,
    grant,
    open_log,
    opened,
    shot,
    write_session,
)

SHOTS = 8
OTHER_PERSON = "rosalind"
OTHER_PATIENT = "00000000000000ee"
OTHER_TEXT = "grey stork"


@dataclass(frozen=True)
class Places:
    """Where things stand in a signed sample."""

    vkey: str
    size: int
    key: int
    opened: int
    grant: int
    shot: int
    closed: int
    signed: int


def person_key(origin: str, person: str, reason: str = "first") -> SigningKey:
    """The key of a person: their first one, or the one that a reset gave them."""
    secret = person if reason == "first" else f"{person} {reason}"
    return SigningKey(f"{origin}/{person}", hashlib.sha256(secret.encode()).digest())


def employ(log: ShotLog, person: str) -> None:
    """Put a practitioner on record, by the name that they sign with."""
    body = OperatorRecorded(
        person=person, name=f"{person.title()} Example", role="practitioner",
        diploma="DIU mesotherapy", registration="75-1", by="ada",
    )  # fmt: skip
    log.append([Draft(None, body)], NOW)


def put_key(log: ShotLog, person: str, reason: str = "first") -> int:
    """Put a person's key on record; return where."""
    key = person_key(log.reader.opened.origin, person, reason)
    text = f"injector operator key 1\n{log.reader.opened.origin}\nperson {person}\n"
    text += f"key {key.verifier}\n"
    body = OperatorKey.model_validate(
        {"person": person, "vkey": str(key.verifier), "reason": reason, "by": "boss",
         "proof": key.sign(text)}
    )  # fmt: skip
    return log.append([Draft(None, body)], NOW)[0].seq


def sign(log: ShotLog, session: str, about: int, person: str) -> int:
    """Let a person sign an entry, in the words of the format; return where that stands."""
    origin, size = log.reader.opened.origin, log.size
    root = LogTree(log.reader).root(size)
    leaf = leaf_hash(log.reader.bodies(about, 1)[0]).hex()
    text = (
        f"injector signature 1\n{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        f"session {session}\nentry {about} {leaf}\nmeaning performed\nby {person}\n"
        f"name {person.title()} Example\ntime 2027-01-15T08:00:00.000000Z\n"
    )
    body = Signed(
        about_seq=about, about_leaf=leaf, size=size, root=root.hex(), meaning="performed",
        by=person, name=f"{person.title()} Example", signed_utc_us=NOW.utc_us,
        note=person_key(origin, person).sign(text),
    )  # fmt: skip
    return log.append([Draft(session, body)], NOW)[0].seq


def write_other_session(log: ShotLog, shots: int) -> None:
    """Write a session of another patient, by another person, on the same gun after
    `write_session`'s and as long."""
    draft = opened(SECOND_SESSION, shots)
    body = draft.body.model_copy(update={"patient": OTHER_PATIENT, "operator": OTHER_PERSON})
    log.append([Draft(SECOND_SESSION, body, dict.fromkeys(draft.texts, OTHER_TEXT))], NOW)
    link = {"link": 8, "grant": 2}
    granted, _ = log.append(
        [
            Draft(SECOND_SESSION, grant(shots, shots).model_copy(update=link)),
            Draft(SECOND_SESSION, Note(text=TO_BE_SEALED, by=OTHER_PERSON), {"/text": OTHER_TEXT}),
        ],
        NOW,
    )
    for index in range(shots + 1, 2 * shots + 1):
        fired = shot(index, granted.seq).model_copy(update=link)
        log.append([Draft(SECOND_SESSION, fired)], NOW)
    log.append([closed(SECOND_SESSION, shots, shots)], NOW)


def write_signed(path: Path, shots: int = SHOTS) -> Places:
    """Make a log of two sessions, both signed, the first by ada."""
    with open_log(path) as log:
        employ(log, "ada")
        employ(log, OTHER_PERSON)
        key = put_key(log, "ada")
        put_key(log, OTHER_PERSON)
        log.append(library_drafts(LIBRARY_DIGEST, LIBRARY), NOW)
        grant = write_session(log, SESSION, shots)
        closed = log.size - 2
        signed = sign(log, SESSION, closed, "ada")
        write_other_session(log, shots)
        sign(log, SECOND_SESSION, log.size - 2, OTHER_PERSON)
        return Places(log.vkey, log.size, key, grant - 1, grant, grant + 4, closed, signed)
