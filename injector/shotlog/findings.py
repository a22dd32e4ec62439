"""What `verify` checked, what it found, and what it could not check.

Codes and numbers; the words are made where people read them.
"""

from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class Check(StrEnum):
    """The named checks, in the order in which they are made."""

    SCHEMA = "schema"
    """The database's schema is the format's, text for text. Nothing is run before."""
    INTEGRITY = "integrity"
    """SQLite's own integrity_check: pages, indexes, types."""
    SEQUENCE = "sequence"
    """Entries are numbered from 0 without a hole, up to the head's size."""
    BODIES = "bodies"
    """Every body is its own canonical form, one of the format's kinds, and in its place."""
    LEAVES = "leaves"
    """Every stored leaf hash is that of the body."""
    COLUMNS = "columns"
    """What queries see of an entry is what its body says."""
    IDENTITY = "identity"
    """Entry 0 opens the log, under the key that was given or that it names."""
    KEYS = "keys"
    """Each key after the first was handed over by the one before it."""
    SUCCESSION = "succession"
    """The log before and the log that follows are named as they have to be."""
    NODES = "nodes"
    """The stored subtree roots are those computed from the entries."""
    HEAD = "head"
    """Size, peaks and root of the head are those computed, and its signature verifies."""
    ANCHORS = "anchors"
    """Every anchor is signed, and is the checkpoint of the entries before it."""
    ANCHORED = "anchored"
    """What is said of anchors outside is about this log, and so is what was answered."""
    SESSIONS = "sessions"
    """Sessions open once, one at a time, and close with an anchor."""
    LIBRARIES = "libraries"
    """Every limit library's text has the digest that it goes by."""
    DEVICES = "devices"
    """What each gun's counters and journal indexes tell of stands in the log."""
    GRANTS = "grants"
    """Every shot keeps inside the grant that it names, which stands before it."""
    SIGNATURES = "signatures"
    """Every person's key is proven, and every signature is about the record it names."""
    CORRECTIONS = "corrections"
    """Every correction is one that could be made: of what, and by whom, the log says before."""
    VERDICTS = "verdicts"
    """Every verdict, given again from the library in the log, comes out as it is written."""
    TEXTS = "texts"
    """Every private text opens its commitment, or was erased on record."""
    AGAINST = "against"
    """The log continues the checkpoint that the auditor kept."""


@unique
class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@unique
class Code(StrEnum):
    """What can be found wrong, each with the check it belongs to."""

    OBJECT_DIFFERS = "object_differs"
    """A schema object is missing, added or written otherwise; ``detail`` names it."""
    INTEGRITY = "integrity"
    """``detail`` is SQLite's own sentence."""
    UNREADABLE = "unreadable"
    """SQLite could not read on; ``detail`` is its sentence."""
    MISSING = "missing"
    BEYOND_HEAD = "beyond_head"
    """Entries that the head does not count."""
    MALFORMED = "malformed"
    OUT_OF_PLACE = "out_of_place"
    """The body says another ``seq``; ``detail`` is that one."""
    LEAF_DIFFERS = "leaf_differs"
    COLUMN_DIFFERS = "column_differs"
    NOT_OPENED = "not_opened"
    OPENED_AGAIN = "opened_again"
    OTHER_KEY = "other_key"
    NOT_HANDED_OVER = "not_handed_over"
    """The key before did not sign for this one; ``detail`` says what is wrong."""
    AFTER_THE_END = "after_the_end"
    """After the entry that ended the log, which no erasure is."""
    BROUGHT_FROM_NOWHERE = "brought_from_nowhere"
    """Brought forward, in a log that names none before it."""
    BROUGHT_LATE = "brought_late"
    """Brought forward after the successor was made."""
    BROUGHT_TWICE = "brought_twice"
    """A gun whose account was brought forward before; ``detail`` is its serial."""
    NODE_DIFFERS = "node_differs"
    NODE_MISSING = "node_missing"
    NODE_ADDED = "node_added"
    SIGNATURE = "signature"
    HEAD_MISSING = "head_missing"
    ORIGIN_DIFFERS = "origin_differs"
    SIZE_DIFFERS = "size_differs"
    ROOT_DIFFERS = "root_differs"
    PEAKS_DIFFER = "peaks_differ"
    SESSION_NOT_OPEN = "session_not_open"
    SESSION_REOPENED = "session_reopened"
    SESSION_LEFT_OPEN = "session_left_open"
    """Another one opened while this one had not closed."""
    NOT_ANCHORED = "not_anchored"
    LIBRARY_DIFFERS = "library_differs"
    """The text has another digest than the one it goes by, ``detail``."""
    LIBRARY_INCOMPLETE = "library_incomplete"
    """Parts of the library with the digest ``detail`` are missing, or out of order."""
    JOURNAL_HOLE = "journal_hole"
    """Before this entry of a journal some are missing that no gap names; ``detail``: indexes."""
    JOURNAL_BACKWARDS = "journal_backwards"
    """An index below one that stands before it; ``detail`` is the index."""
    COUNTERS_AHEAD = "counters_ahead"
    """Before this entry the gun's counters rose by what is in no entry: ``detail``."""
    COUNTERS_DIFFER = "counters_differ"
    """A session opens or closes on other counters than the entries before it tell."""
    GRANT_MISSING = "grant_missing"
    """A shot names a grant that does not stand before it; ``detail`` is the entry named."""
    GRANT_DIFFERS = "grant_differs"
    """A shot names a grant for another gun, link, number, setpoint or session."""
    GRANT_REPEATED = "grant_repeated"
    """A number on the wire was used before on the same link."""
    GRANT_TOO_WIDE = "grant_too_wide"
    """A grant's absolute limits are not what it adds to what was before it."""
    BEYOND_GRANT = "beyond_grant"
    """A shot passes the limits of the grant that it names."""
    COUNTED_SHORT = "counted_short"
    """A shot counts as less than was given."""
    TEXT_DIFFERS = "text_differs"
    TEXT_MISSING = "text_missing"
    TEXT_UNBOUND = "text_unbound"
    """A text that no entry commits to."""
    ERASURE_UNFOUNDED = "erasure_unfounded"
    """An erasure on record of what still stands, or never stood, in the log."""
    RECEIPT_DIFFERS = "receipt_differs"
    """An answer from outside is about something else than its entry says; ``detail`` names who."""
    RECEIPT_UNSIGNED = "receipt_unsigned"
    """An answer from outside is not signed by whom the auditor named."""
    NO_RECORD = "no_record"
    """It is about no entry that is signed with that meaning, or about one that comes later."""
    OTHER_RECORD = "other_record"
    """The record's leaf hash is another one."""
    OTHER_SESSION = "other_session"
    """It stands in another session than the record."""
    OTHER_TREE = "other_tree"
    """The log had no such root at that size, or the tree does not hold the record."""
    NO_KEY = "no_key"
    """The person has no key on record here."""
    NOT_THEIRS = "not_theirs"
    """The note does not open with the person's key."""
    OTHER_TEXT = "other_text"
    """The note says something else than the entry."""
    TOO_EARLY = "too_early"
    """It says that it was given before the record was there."""
    NOT_ALLOWED = "not_allowed"
    """The person's role on record does not include it, or somebody else made the record."""
    OWN_WORK = "own_work"
    """A review by who gave the session, while others could review it."""
    KEY_UNPROVEN = "key_unproven"
    """Whoever put the key on record did not show that they hold it."""
    KEY_TAKEN = "key_taken"
    """That key was on record before, for this person or for another one."""
    KEY_UNFOUNDED = "key_unfounded"
    """A first key of somebody who has one, or a reset of a key that nobody has."""
    CORRECTION_UNFOUNDED = "correction_unfounded"
    """It corrects what cannot be corrected so; ``detail`` is why, of `corrections`."""
    VERDICT_DIFFERS = "verdict_differs"
    """Judged again, the verdict is another; ``detail`` is what came out."""
    GRANT_UNFOUNDED = "grant_unfounded"
    """It stands outside every session, or on another library than its session's."""
    GRANT_BEYOND_PLAN = "grant_beyond_plan"
    """It permits more shots than its step still wanted; ``detail`` is by how many."""
    GRANT_NOT_PLANNED = "grant_not_planned"
    """It is for what no step with that number asks for, in the plan or added; ``detail``: which."""
    GRANT_VOLUME = "grant_volume"
    """What it permits is not its shots at their charge; ``detail`` is what that would be."""
    GRANT_SETPOINT = "grant_setpoint"
    """The device was told another setpoint than the one judged; ``detail`` is the digest of that
    one with the needle and syringe that were on the gun."""
    ENVELOPE_MALFORMED = "envelope_malformed"
    """A device's envelope that is none: no verdict can be given under it; ``detail``: whose."""
    OVERRIDE_UNFOUNDED = "override_unfounded"
    """A soft limit was passed on the word of ``detail``, who gave none, or may give none."""
    TAIL_CUT = "tail_cut"
    """The log is shorter than the checkpoint that was kept."""


@unique
class Remark(StrEnum):
    """What a check could not say."""

    SCHEMA_DIFFERS = "schema_differs"
    """Nothing was run on a file whose schema is not the format's."""
    STOPPED = "stopped"
    """The file could not be read to its end."""
    NO_CHECKPOINT = "no_checkpoint"
    """No outside checkpoint was given: the newest entries are protected only against those
    who do not have the key."""
    KEY_OF_THE_LOG = "key_of_the_log"
    """The verifier key is the log's own word; none was given from outside."""
    KEY_FOLLOWED = "key_followed"
    """The verifier key that was given is an older one: so many came after it."""
    FOLLOWS_ANOTHER = "follows_another"
    """The log before is not at hand: what was brought forward from it is this log's word."""
    WITNESS_NOT_GIVEN = "witness_not_given"
    """A witness' signature was not checked: its key was not given from outside."""
    AUTHORITY_NOT_GIVEN = "authority_not_given"
    """A time stamp's signature was not checked: no certificates were given from outside."""
    UNKNOWN_KINDS = "unknown_kinds"
    """Entries of kinds that this version does not know; only their form was checked."""
    SESSION_OPEN = "session_open"
    """The newest session has not closed yet."""
    NOT_SIGNED = "not_signed"
    """Sessions that closed unsigned."""
    KEYS_RESET = "keys_reset"
    """Keys that took the place of one that their person had; ``detail`` names the people."""
    SIGNATURE_CLAIMED = "signature_claimed"
    """Sessions whose close says who signed, with no signature of theirs in the log."""
    INDEXES_EMPTY = "indexes_empty"
    """Journal indexes that could not be read, in which by the counters nothing moved."""
    COUNTERS_FELL = "counters_fell"
    """A gun's counters fell: it lost its memory, or was given another's."""
    NOT_GRANTED = "not_granted"
    """Shots that no grant of this log covers."""
    OVER_DELIVERED = "over_delivered"
    """Shots that gave more than was debited for them."""
    NO_JUDGE = "no_judge"
    """Nobody who could judge again was at hand."""
    RULES_UNKNOWN = "rules_unknown"
    """Verdicts under rules that this version does not have: not evaluated."""
    LIBRARY_UNKNOWN = "library_unknown"
    """Verdicts whose limit library the log does not hold whole: not evaluated."""
    DEVICE_UNKNOWN = "device_unknown"
    """Verdicts under the limits of a device that the log does not tell: not evaluated."""
    TEXTS_ERASED = "texts_erased"
    """Erased texts cannot be checked any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    code: Code
    seq: int | None = None
    """The entry; with `last` the first of a range in which the fault lies."""
    last: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark, and how many things it is about."""

    remark: Remark
    count: int = 1
    detail: str = ""
    """Whom or what it is about, where the remark names them; the first `MOST_FINDINGS`."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check and how it ended."""

    check: Check
    status: Status
    counted: int
    """How many things were looked at: entries, nodes, anchors, sessions, texts."""
    findings: tuple[Finding, ...] = ()
    """The first `MOST_FINDINGS`."""
    found: int = 0
    """How many there were in all."""
    remarks: tuple[Noted, ...] = ()


ABOUT_WHAT_HAPPENED = frozenset(
    {
        Check.SESSIONS,
        Check.SIGNATURES,
        Check.CORRECTIONS,
        Check.LIBRARIES,
        Check.DEVICES,
        Check.GRANTS,
        Check.VERDICTS,
    }
)
"""Checks that a log can fail though nobody altered it."""
MOST_FINDINGS = 20
"""Findings kept of each check; a broken log has one for every entry after the break."""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of `verify`."""

    origin: str | None
    """None where entry 0 could not be read."""
    vkey: str | None
    """The key the signatures were checked with."""
    size: int
    """Entries under the head."""
    root: bytes | None
    """The root computed from the entries; None where they could not all be read."""
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed. Some may not have been made: see their status."""
        return all(result.status is not Status.FAILED for result in self.checks)

    @property
    def intact(self) -> bool:
        """Whether the log is as it was written: what failed, if anything, is about what
        happened. Such a log is still the record, and can be copied and followed."""
        return all(
            result.status is not Status.FAILED or result.check in ABOUT_WHAT_HAPPENED
            for result in self.checks
        )


@dataclass(slots=True)
class Tally:
    """A check while it is being made."""

    check: Check
    counted: int = 0
    found: int = 0
    done: bool = False
    """The check went over everything it is about. Until then it has not passed."""
    withheld: bool = False
    """Some of what it is about could not be checked: it does not pass."""
    _findings: list[Finding] = field(default_factory=list)
    _remarks: dict[Remark, int] = field(default_factory=dict)
    _named: dict[Remark, dict[str, None]] = field(default_factory=dict)
    """By remark what it named, each once."""

    def fail(
        self, code: Code, *, seq: int | None = None, last: int | None = None, detail: str = ""
    ) -> None:
        """Record something wrong."""
        self.found += 1
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(code, seq, last, detail))

    def remark(self, remark: Remark, count: int = 1, *, detail: str = "") -> None:
        """Record something that the check cannot say, or that has to be known beside it."""
        self._remarks[remark] = self._remarks.get(remark, 0) + count
        named = self._named.setdefault(remark, {})
        if detail and len(named) < MOST_FINDINGS:
            named[detail] = None

    def result(self) -> CheckResult:
        """Return how the check ended."""
        passed = self.done and not self.withheld
        status = Status.PASSED if passed else Status.NOT_CHECKED
        if self.found:
            status = Status.FAILED
        return CheckResult(
            self.check,
            status,
            self.counted,
            tuple(self._findings),
            self.found,
            tuple(
                Noted(remark, count, ", ".join(self._named[remark]))
                for remark, count in self._remarks.items()
            ),
        )
