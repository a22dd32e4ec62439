"""README.txt of a proof's directory: what it shows, what not, and how to check it by hand.

Lines that are indented by four spaces are for a shell; the tests run them as they stand.
"""

import re
from typing import Final

from injector.report.by_hand import CHECK_NOTE, CHECK_PROOF, FIELD, FOLLOW_KEY
from injector.report.shot_proof import Absent, ShotProof, Shown
from injector.shotlog.entries import Shot, Uncertain
from injector.shotlog.vouching import KeyRotated, OperatorKey, Signed

_KINDS: Final = {
    "log_opened": "opens the log, and names its verifier key",
    "key_rotated": "another key signs for the log from here on",
    "operator_key": "the key of somebody who signed",
    "session_opened": "opens the session: for whom (a random id), by whom, what was prepared",
    "grant": "permits the shot: setpoint, technique, zone, and what the limits said",
    "shot": "the shot, as the gun measured it",
    "uncertain": "a shot that had begun when the gun lost power",
    "session_closed": "closes the session: what counts as given in it",
    "override_given": "soft limits may be passed",
    "signed": "somebody stands for an entry with a signature",
    "corrected": "what a field of an earlier entry should have said",
}

ABSENT: Final = {
    Absent.GRANT: "no grant: this host never permitted the shot",
    Absent.GRANT_ELSEWHERE: "not its grant: that is of another session",
    Absent.SESSION: "no session: none was open when the shot came in",
    Absent.CLOSING: "no closing: the session had not closed",
    Absent.SIGNATURE: "no signature: nobody had signed the session",
}
"""What is not there, in words."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./~-]{0,200}")

_SHOWS: Final = """\
WHAT THIS SHOWS

These entries stand in the log {origin}
at these places, byte for byte, when the log had {size} entries. Whoever holds the log's
key signed that; nobody without it can have made this, and nobody, key or not, can fit
another entry to the same signed root.

WHAT IT DOES NOT SHOW

That what an entry says is true. That the session was this shot only: a whole log shows
that, not one proof. That the holder of the key showed everybody the same log: compare the
checkpoint with one that came to you by another road, or ask for the log and verify it
against this one. What private texts say, unless they are here: an entry holds an HMAC of
each, which tells nothing without the salt.

Nothing in here is of any other session. The hashes in a proof tell nothing about the
entries that they stand for, since each holds 16 random bytes.
"""

_HAND: Final = """\
HOW TO CHECK IT BY HAND

bash, sha256sum and openssl (3.0 or newer) are enough; python3 only takes fields out of
entries. Lines that begin with four spaces can be pasted. Work in this directory.

First put the verifier key into VKEY, as it was handed to you. A key that stands in an
entry is the word of whoever made this directory.

Two functions: one checks the signature of a note, one leads from an entry to the root.
"""

_ROTATED: Final = """\
The log's key was changed. Each key and the one after it signed two notes together: the
checkpoint of the entries before, and the handover to the new key. So VKEY may be any of
them, and the newest signs for the entries here. An older one only vouches for what came
before its handover, and for the key named there: whoever has its secret can name one of
their own. So ask for the newest.
"""

_PROOFS: Final = """\
Every entry leads to the root of the checkpoint, and that is signed with the log's key:
"""


def readme(proof: ShotProof) -> str:
    """Return the text of README.txt."""
    parts = [_title(proof), _entries(proof)]
    parts.append(_SHOWS.format(origin=proof.checkpoint.origin, size=f"{proof.checkpoint.size:,}"))
    rotated = [each.entry.seq for each in proof.shown if isinstance(each.entry.body, KeyRotated)]
    parts += [_HAND, shell(CHECK_NOTE + CHECK_PROOF)]
    signed = [each for each in proof.shown if isinstance(each.entry.body, Signed)]
    if signed or rotated:
        parts.append(shell(FIELD))
    if rotated:
        parts += [_ROTATED, shell(FOLLOW_KEY), shell(_followed(rotated))]
    checks = "".join(f'check_proof entry-{each.entry.seq} "$VKEY"\n' for each in proof.shown)
    parts += [_PROOFS, shell(checks)]
    parts += [_signature(each, proof) for each in signed]
    parts += [_texts(each) for each in proof.shown if each.texts]
    return "\n".join(parts)


def _followed(rotated: list[int]) -> str:
    """From the key that opens the log to the newest; the one handed over is among them."""
    lines = ["next=$(field entry-0 vkey)", 'echo "$next" > keys.txt']
    for seq in rotated:
        lines += [f'follow_key entry-{seq} "$next"', 'echo "$next" >> keys.txt']
    lines += ['grep -Fx "$VKEY" keys.txt', "VKEY=$next"]
    return "".join(f"{line}\n" for line in lines)


def _title(proof: ShotProof) -> str:
    title = f"PROOF OF THE SHOT IN ENTRY {proof.shot}"
    return f"{title}\n{'=' * len(title)}\n"


def _entries(proof: ShotProof) -> str:
    lines = []
    for shown in proof.shown:
        kind = shown.entry.body.kind
        name = f"entry-{shown.entry.seq}"
        about = _KINDS.get(kind, "what was signed")
        if isinstance(shown.entry.body, Shot | Uncertain) and shown.entry.seq == proof.shot:
            about = f"THE SHOT: {about}"
        lines.append(f"  {name:<14}{_plain(kind):<16}{about}\n")
    lines += [f"  {'-':<14}{ABSENT[each]}\n" for each in proof.absent]
    return "".join(
        [
            *lines,
            "\nentry-N.json is the entry, entry-N.tlog-proof its proof (C2SP tlog-proof).\n",
            "What the fields mean is in the document shotlog-format.md of the software.\n",
        ]
    )


def _signature(shown: Shown, proof: ShotProof) -> str:
    body, stem = shown.entry.body, f"entry-{shown.entry.seq}"
    if not isinstance(body, Signed):
        return ""
    keys = [
        each.entry.seq
        for each in proof.shown
        if isinstance(each.entry.body, OperatorKey)
        and each.entry.body.person == body.by
        and each.entry.seq < shown.entry.seq
    ]
    if not keys:
        return f"The key of who signed {stem} is not on record; the signature cannot be checked.\n"
    proven = any(each.entry.seq == body.about_seq for each in proof.shown)
    lines = signature_lines(
        stem, f"entry-{keys[-1]}", f"entry-{body.about_seq}" if proven else None
    )
    return f"The signature in {stem}, with that person's own key, and what it is about:\n\n" + (
        shell(lines)
    )


def signature_lines(signed: str, key: str, about: str | None) -> str:
    """Return the lines that check a signature, each of the three given by its file's stem.

    ``about`` is None where what was signed is not here.
    """
    lines = (
        f"field {signed} note > signed.txt\n"
        f'check_note signed.txt "$(field {key} vkey)"\n'
        "cat text.txt\n"
    )
    if about is not None:
        seq = about.rpartition("-")[2]
        lines += (
            f"leaf=$({{ printf '\\000'; cat {about}.json; }} | sha256sum | cut -c 1-64)\n"
            f'grep -x "entry {seq} $leaf" text.txt\n'
        )
    return lines


def _texts(shown: Shown) -> str:
    stem = f"entry-{shown.entry.seq}"
    lines = []
    for number, each in enumerate(shown.texts):
        lines.append(
            f"openssl dgst -sha256 -mac HMAC -macopt hexkey:{each.salt.hex()} {stem}.text-{number}"
            " | sed 's/.* //' > hmac.txt\n"
            f'grep -F "$(cat hmac.txt)" {stem}.json > found.txt  # at {_plain(each.place)}\n'
        )
    return f"The private texts of {stem}: the entry holds the HMAC of each under its salt.\n\n" + (
        shell("".join(lines))
    )


def shell(lines: str) -> str:
    """Return lines for a shell as the text shows them."""
    return "".join(f"    {line}\n" if line else "\n" for line in lines.splitlines())


def _plain(text: str) -> str:
    """Out of a log, where anything may stand, into a file that a shell gets to read."""
    return text if _PLAIN.fullmatch(text) else "?"
