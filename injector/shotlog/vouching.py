"""The kinds that vouch for the log: who signed what, with which key, and who else saw it.

A log's own signature says that this installation wrote it. The kinds here say more:
that a person stands for a record, with a key that only their passphrase opens; that
somebody outside holds a checkpoint; that a key, or the whole log, was followed by another.

Signed notes (see `injector.shotlog.note`) stand in them whole, so that each can be checked
by itself. What a note says and what the fields say must be the same; `verify` compares.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from injector.shotlog.fields import (
    Code,
    Count,
    Digest,
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
Place: TypeAlias = Literal["timestamp", "witness"]
"""Who answered for a checkpoint outside. A file that holds checkpoints answers nothing: it is
looked at itself."""
Receipt: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=40_000)]
"""What they answered, as text."""
PersonKey: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
"""A person's verifier key. Its name holds the person's id, of which each character may take
twelve."""


# -- people's keys and signatures ---------------------------------------------------------


class OperatorKey(Record):
    """From now on this key signs for a person. The newest one of a person counts."""

    kind: Literal["operator_key"] = "operator_key"
    person: Person
    vkey: PersonKey
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
    """``value``: what stands there; empty for free text, which stands in its own entry alone."""
    after: JsonObject
    """``value``: what should stand there. Free text is a `Private`."""
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
    handover: str
    """A note that names log, tree and new key, signed with both. The checkpoint alone names no
    key: a copy of an older one, signed once more, would pass for a handover to anybody."""
    reason: Code
    by: Person | None


class Anchored(Record):
    """Somebody outside holds a checkpoint of this log."""

    kind: Literal["anchored"] = "anchored"
    size: Count
    root: Digest
    place: Place
    name: Label
    """Which: the authority's host, the witness' key name."""
    receipt: Receipt
    """What they answered: a time-stamp token (DER in base64) over the checkpoint's three
    lines, or the witness' signature line under them."""
    at_utc_us: Count
    """When, in their word."""


class LogEnded(Record):
    """A log that another one follows has ended: after it only erasures of texts are written."""

    kind: Literal["log_ended"] = "log_ended"
    reason: Code
    successor: Label
    """The origin of the log that follows."""
    by: Person | None


class Quoted(Record):
    """An entry of the log before, as it stood there."""

    seq: Count | None
    """Where. None: no entry of that log, but what was reckoned at its end, at the most."""
    utc_us: Count
    mono_us: Count
    host_boot: Label | None
    """The boot of the computer that ``mono_us`` counts in, where it was known."""
    body: JsonObject
    """Its fields, ``kind`` among them. Of its private texts only the pseudonym came along; the
    others are null."""


class BroughtForward(Record):
    """What a log knows of one visit of a patient from the log before it, so that limits of a
    day and of a course go on as if it were its own."""

    kind: Literal["brought_forward"] = "brought_forward"
    visit: Label
    """The session's id in the log before. Entries here may name it."""
    entries: tuple[Quoted, ...] = Field(strict=False)
    """Its opening, its close, then what people recorded of it that matters later. Where that is
    too much for one entry, more follow of the same visit."""


class DeviceBroughtForward(Record):
    """What a log knows of a device from the log before it: where its accounts go on."""

    kind: Literal["device_brought_forward"] = "device_brought_forward"
    serial: Serial
    journal_id: Count
    """The journal of which something was committed last."""
    committed: Count
    """The highest index of it that is committed in the log before."""
    shots: Count
    """Lifetime, accounted for."""
    volume_nl: Count
    told_shots: Count
    """What it told beyond that, when it was seen last."""
    told_nl: Count
    held: Count | None
    """The first entry of the journal that waits for the operator's word."""
    conflict: Count | None
    """The first index that was told with two contents."""


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
    | DeviceBroughtForward
    | DeviceEnvelope
)
"""Every kind of this file."""
