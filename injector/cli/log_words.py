"""The shot log's codes in words, for people. The core speaks in codes and numbers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from injector.shotlog import facts
from injector.shotlog.entries import (
    Alarm,
    Body,
    DeviceSeen,
    Gap,
    Grant,
    Moved,
    Note,
    Refused,
    SessionClosed,
    SessionOpened,
    Shot,
    Uncertain,
    Unknown,
)
from injector.shotlog.facts import Setpoint
from injector.shotlog.findings import Check, Code, Finding, Noted, Remark, Status
from injector.shotlog.vouching import Corrected, OperatorKey, Signed
from injector.units import (
    format_cadence_per_min,
    format_depth_um,
    format_dose_ng,
    format_flow_nl_s,
    format_needle_um_s,
    format_pressure_pa,
    format_volume_nl,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

STATUS: Final = {
    Status.PASSED: "passed",
    Status.FAILED: "FAILED",
    Status.NOT_CHECKED: "not checked",
}

CHECKS: Final = {
    Check.SCHEMA: "the database's schema is the format's, text for text",
    Check.INTEGRITY: "SQLite's integrity check of pages and indexes",
    Check.SEQUENCE: "entries are numbered without a hole up to the head",
    Check.BODIES: "every entry is in canonical form, of a known kind, in its place",
    Check.LEAVES: "every leaf hash is that of its entry",
    Check.COLUMNS: "what queries see of an entry is what it says",
    Check.IDENTITY: "entry 0 opens the log under this key",
    Check.KEYS: "each key after the first was handed over by the one before it",
    Check.SUCCESSION: "the log before, and the one that follows, are named as they have to be",
    Check.NODES: "the stored subtree roots are those of the entries",
    Check.HEAD: "the head's size, root and signature are those of the entries",
    Check.ANCHORS: "every anchor is signed and fits the entries before it",
    Check.ANCHORED: "what is said of checkpoints held outside is about this log",
    Check.SESSIONS: "sessions open once, one at a time, and close with an anchor",
    Check.LIBRARIES: "every limit library's text has the digest that it goes by",
    Check.DEVICES: "what each gun's counters and journal indexes tell of stands in the log",
    Check.GRANTS: "every shot keeps inside the grant that it names, which stands before it",
    Check.SIGNATURES: "every person's key is proven, and every signature is about its record",
    Check.CORRECTIONS: "every correction is of what can be corrected, by somebody who may",
    Check.VERDICTS: "every verdict, given again from the library in the log, is as it is written",
    Check.TEXTS: "every private text opens its commitment, or was erased on record",
    Check.AGAINST: "the log continues the checkpoint that was kept",
}

_CODES: Final = {
    Code.OBJECT_DIFFERS: "the schema object {detail} is not the format's",
    Code.INTEGRITY: "{detail}",
    Code.UNREADABLE: "the file could not be read on: {detail}",
    Code.MISSING: "missing",
    Code.BEYOND_HEAD: "not counted by the head",
    Code.MALFORMED: "malformed: {detail}",
    Code.OUT_OF_PLACE: "says that it is entry {detail}",
    Code.LEAF_DIFFERS: "its leaf hash is not that of its body",
    Code.COLUMN_DIFFERS: "a query shows something else than its body says",
    Code.NOT_OPENED: "does not open a log",
    Code.OPENED_AGAIN: "opens a log a second time",
    Code.OTHER_KEY: "names another verifier key than the one given: {detail}",
    Code.NOT_HANDED_OVER: "the key before did not hand over to this one: {detail}",
    Code.AFTER_THE_END: "stands after the log's end",
    Code.BROUGHT_FROM_NOWHERE: "brings forward from a log before, and entry 0 names none",
    Code.BROUGHT_LATE: "brings forward from the log before, after this one was made",
    Code.BROUGHT_TWICE: "brings the account of {detail} forward a second time",
    Code.NODE_DIFFERS: "the stored root over them is another than theirs",
    Code.NODE_MISSING: "the stored root over them is missing",
    Code.NODE_ADDED: "a stored root over no entries: {detail}",
    Code.SIGNATURE: "the checkpoint: {detail}",
    Code.HEAD_MISSING: "there is no head",
    Code.ORIGIN_DIFFERS: "origin, key and format do not belong together: {detail}",
    Code.SIZE_DIFFERS: "the checkpoint's size does not fit: {detail}",
    Code.ROOT_DIFFERS: "something was changed in there: their root is not the one signed",
    Code.PEAKS_DIFFER: "the stored peaks are not those of the entries",
    Code.SESSION_NOT_OPEN: "names a session that is not open",
    Code.SESSION_REOPENED: "opens a session that was opened before",
    Code.SESSION_LEFT_OPEN: "this session had not closed when the next one opened",
    Code.NOT_ANCHORED: "no anchor follows this close",
    Code.LIBRARY_DIFFERS: "the text is not that of the limit library {detail}",
    Code.LIBRARY_INCOMPLETE: "parts of the limit library {detail} are missing",
    Code.JOURNAL_HOLE: "before it entries of the gun's journal are missing, and no gap names"
    " them: {detail}",
    Code.JOURNAL_BACKWARDS: "the gun's journal goes back to index {detail}",
    Code.COUNTERS_AHEAD: "before it the gun's counters rose by what is in no entry: {detail}",
    Code.COUNTERS_DIFFER: "the gun's counters are not those that the entries before it tell;"
    " the difference: {detail}",
    Code.GRANT_MISSING: "names a grant that does not stand before it: entry {detail}",
    Code.GRANT_DIFFERS: "is not a shot of the gun, link, setpoint and session that entry"
    " {detail} grants",
    Code.GRANT_REPEATED: "grant {detail} was given before on this link",
    Code.GRANT_TOO_WIDE: "its limits are not what it adds to what was permitted before",
    Code.BEYOND_GRANT: "passes the limits of its grant, entry {detail}",
    Code.COUNTED_SHORT: "counts as less than was given: {detail}",
    Code.TEXT_DIFFERS: "the text at {detail} is not the one committed to",
    Code.TEXT_MISSING: "the text at {detail} is missing and no erasure is on record",
    Code.TEXT_UNBOUND: "a text that no entry commits to {detail}",
    Code.ERASURE_UNFOUNDED: "records the erasure of a text that was not erased",
    Code.RECEIPT_DIFFERS: "what {detail} answered is about something else",
    Code.RECEIPT_UNSIGNED: "what was answered is not signed by whom you named: {detail}",
    Code.NO_RECORD: "the signature of {detail} is about no record that is signed so",
    Code.OTHER_RECORD: "the signature of {detail} is about another record than the one it names",
    Code.OTHER_SESSION: "the signature of {detail} stands in another session than its record",
    Code.OTHER_TREE: "the signature of {detail} is over a tree that this log never was",
    Code.NO_KEY: "{detail} signs and has no key on record",
    Code.NOT_THEIRS: "the signature is not that of {detail}",
    Code.OTHER_TEXT: "what {detail} signed says something else than the entry",
    Code.TOO_EARLY: "{detail} signs at a time before there was what is signed",
    Code.NOT_ALLOWED: "{detail} may not sign that, by the role on record",
    Code.OWN_WORK: "{detail} reviews their own session, while others could",
    Code.KEY_UNPROVEN: "a person's key without a proof: {detail}",
    Code.KEY_TAKEN: "the key of {detail} was on record before",
    Code.KEY_UNFOUNDED: "the key of {detail} is not their first, or resets none",
    Code.CORRECTION_UNFOUNDED: "corrects what cannot be corrected so: {detail}",
    Code.VERDICT_DIFFERS: "judged again, the verdict is another: {detail}",
    Code.GRANT_UNFOUNDED: "a grant outside its session, or under another library: {detail}",
    Code.GRANT_BEYOND_PLAN: "permits {detail} more shots than its step of the plan still wanted",
    Code.GRANT_NOT_PLANNED: "permits what step {detail} of the session does not ask for, in its"
    " plan or added to it",
    Code.GRANT_VOLUME: "its shots at their most come to {detail} nL, and it permits another volume",
    Code.GRANT_SETPOINT: "the gun was told another setpoint than the one that was judged, which"
    " with this needle and syringe has the digest {detail}",
    Code.ENVELOPE_MALFORMED: "what stands there as the limits of {detail} can be no device's",
    Code.OVERRIDE_UNFOUNDED: "passes a soft limit on the word of {detail}, who did not give it for"
    " that step of this session, or may not by the role on record",
    Code.TAIL_CUT: "cut off: the checkpoint that was kept counts them",
}

_REMARKS: Final = {
    Remark.SCHEMA_DIFFERS: "nothing is run on a file with another schema",
    Remark.STOPPED: "the file could not be read to its end",
    Remark.NO_CHECKPOINT: "no kept checkpoint was given (--against): the newest entries are"
    " protected only against those who do not have the key",
    Remark.KEY_OF_THE_LOG: "the key is the log's own word; give the one you were handed (--key)",
    Remark.KEY_FOLLOWED: "the key that was given was followed by {count:,} more; it vouches for the"
    " entries up to its handover: ask for the newest",
    Remark.FOLLOWS_ANOTHER: "the log before is not at hand; entry 0 holds the checkpoint that"
    " it has to be held against",
    Remark.WITNESS_NOT_GIVEN: "the signatures of {count:,} answers of witnesses were not checked;"
    " give the witness' key (--witness)",
    Remark.AUTHORITY_NOT_GIVEN: "{count:,} time stamps are about these checkpoints; who signed"
    " them was not checked (--timestamp-certificates)",
    Remark.UNKNOWN_KINDS: "{count:,} entries of kinds that this version does not know;"
    " only their form was checked",
    Remark.SESSION_OPEN: "the newest session has not closed yet",
    Remark.NOT_SIGNED: "{count:,} sessions closed unsigned",
    Remark.KEYS_RESET: "{count:,} keys reset, of {detail}: from there on another key signs for"
    " them, which somebody gave them who can set a passphrase",
    Remark.SIGNATURE_CLAIMED: "{count:,} sessions say who signed and hold no signature of theirs",
    Remark.INDEXES_EMPTY: "{count:,} journal indexes could not be read; by the gun's counters"
    " nothing moved in them",
    Remark.COUNTERS_FELL: "a gun's counters fell, {count:,} times: what its memory lost, only the"
    " gaps tell",
    Remark.NOT_GRANTED: "{count:,} shots that no grant of this log covers; their alarms say when",
    Remark.OVER_DELIVERED: "{count:,} shots gave more than was debited for them",
    Remark.NO_JUDGE: "nobody was there to give the verdicts again",
    Remark.RULES_UNKNOWN: "{count:,} verdicts under rules that this version does not have;"
    " not evaluated",
    Remark.LIBRARY_UNKNOWN: "{count:,} verdicts whose limit library is not whole in the log;"
    " not evaluated",
    Remark.DEVICE_UNKNOWN: "{count:,} verdicts under limits of the gun's own that the log does not"
    " tell; not evaluated",
    Remark.TEXTS_ERASED: "{count:,} texts were erased on record and cannot be checked",
}


def printable(text: object) -> str:
    """Return ``text`` without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def moment(utc_us: object) -> str:
    """Return a time in UTC to the second; empty where there is none."""
    if not isinstance(utc_us, int):
        return ""
    return f"{_EPOCH + timedelta(microseconds=utc_us):%Y-%m-%d %H:%M:%S}"


def finding(found: Finding) -> str:
    """Return what was found, beginning with the entry it is about."""
    words = printable(_CODES[found.code].format(detail=found.detail)).rstrip()
    if found.seq is None:
        return words
    if found.last is None or found.last == found.seq:
        return f"entry {found.seq}: {words}"
    return f"entries {found.seq} to {found.last}: {words}"


def remark(noted: Noted) -> str:
    """Return what a check could not say."""
    return _REMARKS[noted.remark].format(count=noted.count, detail=printable(noted.detail))


def body(of: Body | Unknown) -> str:
    """Return an entry in one line."""
    match of:
        case SessionOpened():
            return (
                f"{of.realm} session opened by {of.operator} on {of.serial}, "
                f"library {of.library_digest[:8]}; filling 0, {_products(of.mixture)}"
            )
        case SessionClosed():
            return f"closed ({of.reason}): {of.given_shots} shots, {_volume(of.given_nl)} given"
        case DeviceSeen():
            return (
                f"{of.model} {of.serial}, firmware {of.firmware}, on {of.port}; lifetime "
                f"{of.shots:,} shots, {_volume(of.volume_nl)}"
            )
        case Grant():
            return (
                f"{of.shots} shots, {_volume(of.volume_nl)} granted, {of.technique} on {of.zone}, "
                f"{setpoint(of.setpoint)}; {of.verdict.outcome}; armed by {of.armed_by}"
            )
        case Refused():
            return f"{of.technique} on {of.zone}, {setpoint(of.what)}: " + "; ".join(
                f"{limit.figure} {limit.value} passes {limit.bound} ({limit.level}, {limit.limit})"
                for limit in of.verdict.passed
            )
        case Shot():
            cause = f" ({of.cause})" if of.cause else ""
            return (
                f"{of.outcome}{cause}: {_volume(of.volume_nl)} at {format_depth_um(of.depth_um)}, "
                f"{format_flow_nl_s(of.flow_nl_s)}, peak {format_pressure_pa(of.pressure_pa)}"
            )
        case Uncertain():
            return f"up to {_volume(of.debit_nl)} may have been given"
        case Moved():
            return f"{of.act} {of.outcome}: {_volume(of.volume_nl)}"
        case Gap():
            return (
                f"journal {of.first} to {of.last} of {of.serial} lost ({of.reason}): "
                f"at most {of.shots_max} shots, {_volume(of.volume_max_nl)}"
            )
        case Alarm():
            return f"{of.priority} {of.alarm} {of.act}"
        case Note():
            return f"by {of.by}"
        case facts.HandShots():
            return (
                f"{of.shots} shots by hand, {_volume(of.volume_nl)} of filling {of.fill}, "
                f"{of.technique} on {of.zone}; by {of.by}"
            )
        case facts.AdverseEvent():
            where = f" on {of.zone}" if of.zone else ""
            return f"{of.what}{where}, severity {of.severity}; by {of.by}"
        case facts.SyringeLoaded():
            return f"filling {of.fill} for {of.place}, {_products(of.mixture)}; by {of.by}"
        case facts.SyringeDiscarded():
            seen = "not looked at" if of.left_nl is None else f"{_volume(of.left_nl)} left"
            return (
                f"filling {of.fill} ({of.reason}): {seen}, "
                f"{_volume(of.least_nl)} to {_volume(of.most_nl)} by the log"
            )
        case facts.GivenElsewhere():
            return (
                f"{of.minutes_ago} min before: {format_dose_ng(of.dose_ng)} {of.product or ''}, "
                f"{of.shots} shots, {_volume(of.volume_nl)}; by {of.by}"
            )
        case facts.LibraryApproved():
            return f"{of.name} {of.version} ({of.digest[:8]}) by {of.by}, {of.registration}"
        case Signed():
            return (
                f"{of.meaning}, by {of.name} ({of.by}) at {moment(of.signed_utc_us)} UTC: "
                f"entry {of.about_seq} in the tree of {of.size:,}"
            )
        case OperatorKey():
            return f"{of.reason} key of {of.person}, {of.vkey}; by {of.by}"
        case Corrected():
            said = f"{of.place} of entry {of.about_seq}, by {of.by}"
            if not of.before:
                return said
            return f"{said}: {_value(of.before)} -> {_value(of.after)}"
        case Unknown():
            return "a kind that this version does not know"
        case _:
            fields = of.model_dump(exclude={"kind", "checkpoint", "text"})
            return ", ".join(f"{name} {value}" for name, value in fields.items())


def setpoint(of: Setpoint) -> str:
    """Return a setpoint in one line."""
    return (
        f"{of.mode} {_volume(of.volume_nl)} at {format_depth_um(of.depth_um)}, "
        f"{format_flow_nl_s(of.flow_nl_s)}, needle {format_needle_um_s(of.needle_um_s)}, "
        f"{format_cadence_per_min(of.cadence_per_min)}"
    )


def _products(mixture: tuple[facts.MixtureItem, ...]) -> str:
    return ", ".join(
        f"{_volume(item.volume_nl)} {item.product}" + (" (multi-dose vial)" * item.multi_dose)
        for item in mixture
    )


def _value(held: Mapping[str, object]) -> str:
    return json.dumps(held.get("value"), ensure_ascii=False)


def _volume(volume_nl: int) -> str:
    return format_volume_nl(volume_nl)
