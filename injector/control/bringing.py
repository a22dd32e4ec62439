"""What a successor brings forward from the log before it, so that nothing begins anew.

Theory
------
Limits of a day and of a course are about a patient and not about a file. What a host learns
from its log when it starts (`injector.control.recall`) is therefore what the successor has to
be able to tell: who people are and which libraries are in force, an unreleased STOP, every
patient's visits, and where the accounts with each gun stand.

Visits are brought forward as quotations. Each entry that tells of one is repeated as it
stood, with both its times and the boot that the monotonic one counts in, and whoever reads
the successor reads it as if it stood there. So nothing is computed twice, and a session
counts in the day before it exactly as it did. Free text stays behind, but for the pseudonym,
which is the way from a person to their visits.

Where the log before cannot be written any more a session may stand open in it for good. It is
brought forward as closed, with all that may have been given in it: what the gun was still
permitted to give counts as given.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from injector.control.alarms import PRIORITY, AlarmCode
from injector.control.ledger import Ledger
from injector.control.past import same
from injector.control.recall import ledger_from, recall
from injector.control.roster import Roster
from injector.shotlog import canonical, facts
from injector.shotlog import entries as log
from injector.shotlog.entries import Draft, Entry
from injector.shotlog.errors import LogError
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.quoting import quoted
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.schema import MAX_BODY_BYTES
from injector.shotlog.vouching import BroughtForward, DeviceBroughtForward, Quoted

_TOLD: Final = (
    "session_opened",
    "session_closed",
    "syringe_loaded",
    "syringe_discarded",
    "hand_shots",
    "given_elsewhere",
    "taken_over",
    "pain",
    "result",
    "follow_up",
    "adverse_event",
)
_ROOM: Final = MAX_BODY_BYTES - 500
"""Bytes that the quotations in one entry take at most: its own fields need the rest."""
_RANK: Final[Mapping[type, int]] = {log.SessionOpened: 0, log.SessionClosed: 1}
"""Opening and close come first, so that the first entry of a visit says what it was."""
LOST: Final = "log_lost"
"""Why a session was closed that stood open in a log that nobody can write any more."""
_STOPPED: Final = "log_before"


class SessionLeftOpen(LogError):  # noqa: N818 -- as its siblings: it says what is the case
    """A session stands open in the log, and can be closed there."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What comes along, and how much of it there is."""

    drafts: tuple[Draft, ...]
    people: int
    libraries: int
    visits: int
    patients: int
    guns: int
    stopped: bool
    """A STOP that nobody released."""
    ahead: bool
    """A gun did more than that log knew of, and nobody has acknowledged it."""
    closed_at_most: str | None
    """The session that stood open and counts at its most."""


def bring(reader: LogReader, *, writable: bool, erased: Container[str] = ()) -> Brought:
    """Read all of it from the log before.

    ``writable``: that log can be written, so that a session that stands open in it can be
    closed there first: `SessionLeftOpen` then. ``erased``: commitments of texts that
    were erased, and may still stand in this copy of that log.
    """
    ledger = ledger_from(reader)
    left_open = None if ledger.session is None else ledger.session.id
    if left_open is not None and writable:
        raise SessionLeftOpen(
            f"{reader.path}: session {left_open} stands open; close it first "
            "(`injector console` or `injector run` finds it), then go on"
        )
    visits = list(_visits(reader, ledger, erased))
    guns = list(_guns(reader))
    people, approvals = _installation(reader)
    digests = list(
        dict.fromkeys(
            [each.digest for each in approvals if isinstance(each, facts.LibraryApproved)]
            + [digest for visit in visits for digest in visit.libraries]
        )
    )
    texts = {digest: reader.library_text(digest) for digest in digests}
    drafts = [
        *(Draft(None, body) for body in _standing(reader, ledger)),
        *(part for digest, text in texts.items() if text for part in library_drafts(digest, text)),
        *(Draft(None, body) for body in people),
        *(Draft(None, body) for body in guns),
        *(draft for visit in visits for draft in visit.drafts),
    ]
    return Brought(
        drafts=tuple(drafts),
        people=len({each.person for each in people if isinstance(each, facts.OperatorRecorded)}),
        libraries=sum(text is not None for text in texts.values()),
        visits=len({visit.id for visit in visits}),
        patients=len({visit.patient for visit in visits}),
        guns=len(guns),
        stopped=ledger.stop_unreleased,
        ahead=ledger.ahead,
        closed_at_most=left_open,
    )


def _standing(reader: LogReader, ledger: Ledger) -> Iterator[log.Body]:
    """What waits for a person: nobody has to know of it any less because the log is a new one."""
    if ledger.stop_unreleased:
        yield log.Stop(origin=_STOPPED, by=None, serial=None)
    if ledger.ahead:
        raised = reader.newest_alarm(AlarmCode.GUN_AHEAD)
        detail = raised.body.detail if raised and isinstance(raised.body, log.Alarm) else {}
        yield log.Alarm(
            alarm=AlarmCode.GUN_AHEAD.value,
            priority=PRIORITY[AlarmCode.GUN_AHEAD],
            act="raised",
            by=None,
            detail=detail,
        )


@dataclass(frozen=True, slots=True)
class _Visit:
    id: str
    patient: str
    drafts: tuple[Draft, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """An entry of a visit, with the boot that its time counts in."""

    seq: int | None
    at: log.Moment
    boot: str | None
    body: log.Body
    pseudonym: str | None = None


def _visits(reader: LogReader, ledger: Ledger, erased: Container[str]) -> Iterator[_Visit]:
    told: dict[str, list[_Told]] = {}
    patients: dict[str, str] = {}
    boot: str | None = None
    for entry in reader.entries(kinds=(*_TOLD, "engine_started", "brought_forward")):
        body = entry.body
        if isinstance(body, log.EngineStarted):
            boot = body.host_boot
        elif isinstance(body, BroughtForward):
            for at, ((inner, its_boot), was) in enumerate(
                zip(quoted(entry), body.entries, strict=True)
            ):
                place = f"/entries/{at}/body/pseudonym"
                _tell(told, patients, inner, its_boot, was.seq, _text(reader, inner, place, erased))
        elif entry.session is not None:
            text = _text(reader, entry, "/pseudonym", erased)
            _tell(told, patients, entry, boot, entry.seq, text)
    session = ledger.session
    if session is not None and session.id in patients:
        told[session.id].append(_Told(None, ledger.now or session.at, boot, _at_most(ledger)))
    for visit, patient in patients.items():
        yield _visit(visit, patient, told[visit])


def _tell(
    told: dict[str, list[_Told]],
    patients: dict[str, str],
    entry: Entry,
    boot: str | None,
    seq: int | None,
    pseudonym: str | None,
) -> None:
    body, session = entry.body, entry.session
    if session is None or isinstance(body, log.Unknown):
        return
    if isinstance(body, log.SessionOpened) and body.patient is not None:
        patients[session] = body.patient
    if session in patients:
        told.setdefault(session, []).append(_Told(seq, entry.at, boot, body, pseudonym))


def _text(reader: LogReader, entry: Entry, place: str, erased: Container[str]) -> str | None:
    """The pseudonym in an opening, unless it was erased."""
    body = entry.body
    if not isinstance(body, log.SessionOpened) or body.pseudonym is None:
        return None
    if body.pseudonym.hmac_sha256 in erased:
        return None
    return reader.private_text(entry.seq, place)


def _visit(visit: str, patient: str, told: list[_Told]) -> _Visit:
    drafts = []
    in_order = sorted(told, key=lambda each: _RANK.get(type(each.body), len(_RANK)))
    for part in _parts([(each, _quote(each)) for each in in_order]):
        texts = {
            f"/entries/{at}/body/pseudonym": each.pseudonym
            for at, (each, _) in enumerate(part)
            if each.pseudonym is not None
        }
        entries = tuple(quote for _, quote in part)
        drafts.append(Draft(None, BroughtForward(visit=visit, entries=entries), texts))
    libraries = tuple(
        each.body.library_digest for each in told if isinstance(each.body, log.SessionOpened)
    )
    return _Visit(visit, patient, tuple(drafts), libraries)


def _quote(told: _Told) -> Quoted:
    return Quoted(
        seq=told.seq,
        utc_us=told.at.utc_us,
        mono_us=told.at.mono_us,
        host_boot=told.boot,
        body=_without_texts(told),
    )


def _parts(told: list[tuple[_Told, Quoted]]) -> Iterator[list[tuple[_Told, Quoted]]]:
    """Split what a visit comes to into what fits in one entry each."""
    part: list[tuple[_Told, Quoted]] = []
    size = 0
    for each in told:
        more = len(canonical.encode(each[1].model_dump())) + 1
        if part and size + more > _ROOM:
            yield part
            part, size = [], 0
        part.append(each)
        size += more
    if part:
        yield part


def _without_texts(told: _Told) -> dict[str, object]:
    fields: dict[str, object] = told.body.model_dump(mode="json")
    bare = {name: _bare(value) for name, value in fields.items()}
    if told.pseudonym is not None:
        bare["pseudonym"] = TO_BE_SEALED.model_dump()
    return bare


def _bare(value: object) -> object:
    """A value with null in the place of every private text."""
    match value:
        case {"hmac_sha256": str(), **more} if not more:
            return None
        case dict():
            return {key: _bare(item) for key, item in value.items()}
        case list():
            return [_bare(item) for item in value]
        case _:
            return value


def _at_most(ledger: Ledger) -> log.SessionClosed:
    """The close that the open session never had, with all that may have been given in it."""
    session = ledger.session
    if session is None:
        raise ValueError("there is no session to close")
    given, body = ledger.exposure(), session.body
    total = given.total()
    return log.SessionClosed(
        reason=LOST,
        by=None,
        serial=body.serial,
        journal_id=body.journal_id,
        newest=body.newest,
        shots=body.shots,
        volume_nl=body.volume_nl,
        given_shots=total.shots,
        given_nl=total.volume_nl,
        zones=tuple(
            facts.ZoneTotal(zone=zone or None, shots=each.shots, volume_nl=each.volume_nl)
            for zone, each in sorted(given.by_zone.items())
        ),
        doses=tuple(
            facts.ProductDose(product=product, dose_ng=dose_ng)
            for product, dose_ng in sorted(ledger.doses().items())
        ),
        library_digest=body.library_digest,
        signature=None,
    )


def _guns(reader: LogReader) -> Iterator[DeviceBroughtForward]:
    for serial, journal_id in reader.devices():
        known = recall(reader, serial, journal_id).known
        if known is not None:
            yield DeviceBroughtForward(
                serial=serial,
                journal_id=journal_id,
                committed=known.committed,
                shots=known.shots,
                volume_nl=known.volume_nl,
                told_shots=known.told.shots,
                told_nl=known.told.volume_nl,
                held=known.held,
                conflict=known.conflict,
            )


def _installation(reader: LogReader) -> tuple[list[log.Body], list[log.Body]]:
    """Who people are, with the approvals in force, in order; and those approvals alone.

    A role on record is repeated where it is the newest of its person, and where an approval
    in force rests on it: one who has left since approved what is still in force.
    """
    roster, newest = Roster(), dict[str, Entry]()
    chosen: dict[int, Entry] = {}
    approvals: dict[str, tuple[Entry, Entry | None]] = {}
    for entry in reader.entries(kinds=("operator_recorded", "library_approved")):
        roster.apply(entry)
        body = entry.body
        if isinstance(body, facts.OperatorRecorded):
            newest[body.person] = entry
        elif isinstance(body, facts.LibraryApproved) and roster.approved.get(body.digest) is body:
            approvals[body.digest] = entry, newest.get(body.by)
    for entry in newest.values():
        chosen[entry.seq] = entry
    for approval, said_by in approvals.values():
        chosen[approval.seq] = approval
        if said_by is not None:
            chosen[said_by.seq] = said_by
    in_order = [chosen[seq].body for seq in sorted(chosen)]
    return (
        [body for body in in_order if not isinstance(body, log.Unknown)],
        [entry.body for entry, _ in approvals.values() if not isinstance(entry.body, log.Unknown)],
    )


def patients_named(reader: LogReader, name: str) -> dict[str, str]:
    """Return the patients with that id or pseudonym: by id, the pseudonym or the id itself."""
    known: Mapping[str, str] = {patient: text for text, patient in reader.patients()}
    found = {patient: text for patient, text in known.items() if same(text) == same(name)}
    return found or ({name: known.get(name, name)} if name in set(reader.patient_ids()) else {})
