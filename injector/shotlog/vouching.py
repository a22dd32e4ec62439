"""The kinds that vouch for the log: who signed what, with which key, and who else saw it.

A log's own signature says that this installation wrote it. The kinds here say more:
that a person stands for a record, with a key that only their passphrase opens; that
somebody outside holds a checkpoint; that a key, or the whole log, was followed by another.

Signed notes (see `injector.shotlog.note`) stand in them whole, so that each can be checked
by itself. What a note says and what the fields say must be the same; `verify` compares.
"""

from typing import Literal, TypeAlias

from injector.shotlog.fields import (
    Code,
    Count,
    Digest,
    Id,
    JsonObject,
    Label,
    Number,
    Person,
    Private,
    Record,
    Serial,
)

Meaning: TypeAlias = Literal["performed", "reviewed", "approved", "override"]
"""What a person's signature means (21 CFR 11.50(a)(3))."""
Place: TypeAlias = Literal["file", "timestamp", "witness"]
"""What kind of thing holds a checkpoint outside."""


# -- people's keys and signatures ---------------------------------------------------------


class OperatorKey(Record):
    """From now on this key signs for a person. The newest one of a person counts."""

    kind: Literal["operator_key"] = "operator_key"
    person: Person
    vkey: Label
    """The verifier key; its name is the log's origin, a slash and a name for the person."""
    reason: Literal["first", "reset"]
    """``reset``: the passphrase was set anew by somebody else, and with it the key."""
    by: Person
    proof: str
    """A note that names log, person and key, signed with the new key itself: whoever recorded
    it held the secret."""


class Signed(Record):
    """A person stands for a record (21 CFR 11.50, 11.70), with their own key."""

    kind: Literal["signed"] = "signed"
    about_seq: Count
    """The record: the entry that closes the session, gives the override, approves the library."""
    about_leaf: Digest
    """Its leaf hash."""
    size: Count
    """The tree that was signed, which holds the record."""
    root: Digest
    meaning: Meaning
    by: Person
    name: Label
    """As it is printed."""
    signed_utc_us: Count
    note: str
    """What was signed, word for word: a signed note over all of the above and the session."""


class Corrected(Record):
    """What a field of an earlier entry should have said; that entry stays as it is."""

    kind: Literal["corrected"] = "corrected"
    about_seq: Count
    place: Label
    """The field (JSON Pointer, RFC 6901)."""
    before: JsonObject
    """``value``: what stands there. Free text is a `Private`."""
    after: JsonObject
    """``value``: what should stand there."""
    reason: Private
    by: Person


class Barred(Record):
    """Somebody asked for what their role does not include; nothing was done."""

    kind: Literal["barred"] = "barred"
    what: Code
    by: Person | None


class ClockJumped(Record):
    """The host's UTC clock moved against its monotonic one."""

    kind: Literal["clock_jumped"] = "clock_jumped"
    by_us: Number
    """By how much it is ahead of where it was; below 0, behind."""


# -- the log's key, and what is kept outside ---------------------------------------------


class KeyRotated(Record):
    """Another key signs for the log from here on; its checkpoint is signed by both."""

    kind: Literal["key_rotated"] = "key_rotated"
    vkey: Label
    """The new verifier key; its name is the log's origin, as that of every key of the log."""
    size: Count
    """Entries under the checkpoint: equal to this entry's own ``seq``."""
    root: Digest
    checkpoint: str
    """A note over that tree, signed with the old key and with the new one."""
    reason: Code
    by: Person | None


class Anchored(Record):
    """Somebody outside holds a checkpoint of this log."""

    kind: Literal["anchored"] = "anchored"
    size: Count
    root: Digest
    place: Place
    name: Label
    """Which: the file's name, the authority's host, the witness' key name."""
    receipt: str
    """What they answered: a time-stamp token (DER in base64), the witness' signature lines;
    empty for a file."""
    at_utc_us: Count | None
    """When, in their word; None where they gave none."""


class LogEnded(Record):
    """The last entry of a log that another one follows. Nothing is written after it."""

    kind: Literal["log_ended"] = "log_ended"
    reason: Code
    successor: Label
    """The origin of the log that follows."""
    by: Person | None


class BroughtForward(Record):
    """What a log knows of a patient from the one before it, so that limits of a day and of a
    course go on."""

    kind: Literal["brought_forward"] = "brought_forward"
    patient: Id
    pseudonym: Private | None
    indication: Code
    visit: Label
    """The session's id in the log before."""
    ended_utc_us: Count
    given: JsonObject
    """What counts as given in it: ``shots``, ``volume_nl``, and lists ``zones`` and ``doses``
    as in the entry that closed it."""


# -- what the device can do ------------------------------------------------------------------


class DeviceEnvelope(Record):
    """The hard limits that a device named at its welcome: a verdict was given under them."""

    kind: Literal["device_envelope"] = "device_envelope"
    serial: Serial
    figures: JsonObject
    """By name, integers with the unit in it, lists of two or three for ranges."""


Vouching: TypeAlias = (
    OperatorKey
    | Signed
    | Corrected
    | Barred
    | ClockJumped
    | KeyRotated
    | Anchored
    | LogEnded
    | BroughtForward
    | DeviceEnvelope
)
"""Every kind of this file."""
