"""The lists of a review: sessions, one session's shots and events; and a gun's journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from injector.control.snapshot import ConsoleState
from injector.shotlog import entries as log
from injector.shotlog.entries import Entry
from injector.shotlog.reader import LogReader, Row
from injector.tui.figures import Side, depth_mm, flow_ul_s, pressure_kpa, volume_ml
from injector.tui.limit_words import code_words
from injector.tui.records.entry_words import GRAVE, GROUPS, entry_words, kind_words
from injector.tui.records.moments import moment
from injector.tui.records.paged import Paged
from injector.tui.records.reading import Reading
from injector.tui.speech import _, mark, number
from injector.tui.widgets.long_list import Column, Line
from injector.tui.words import outcome_words

_TOLD: Final = (
    *("outcome", "cause", "act", "code", "volume_nl", "depth_um", "pressure_pa", "debit_nl"),
    *("shots_total", "volume_total_nl", "boot_id", "link", "grant"),
)
"""What of a journal entry fits into a line."""
REASONS: Final[Mapping[str, str]] = {
    "done": mark("done"),
    "cut_short": mark("cut short"),
    "gap": mark("ended at a gap"),
    "idle": mark("stood idle"),
    "operator": mark("console left"),
    "signal": mark("computer ended it"),
    "console_lost": mark("console lost"),
    "console_ended": mark("console ended"),
    "console_crashed": mark("console crashed"),
}
"""Why a session closed."""


def session_columns() -> tuple[Column, ...]:
    """The columns of the list of sessions."""
    return (
        Column(_("opened (UTC)"), 16),
        Column(_("realm"), 8),
        Column(_("patient"), 12, least=108),
        Column(_("indication"), 18, least=72),
        Column(_("by"), 14, least=94),
        Column(_("shots"), 6, right=True),
        Column(_("mL"), 8, right=True),
        Column(_("closed"), 10),
    )


def session_rows(
    reading: Reading, seqs: list[int], *, named: bool, live: ConsoleState | None
) -> Paged[Row]:
    """The sessions opened at ``seqs``. Pseudonyms only where ``named``; an open session's totals
    are those of ``live``."""
    session = None if live is None else live.session

    def draw(_at: int, row: Row) -> Line:
        shots, given = row["given_shots"], row["given_nl"]
        if session is not None and session.id == row["session"]:
            shots, given = session.given_shots, session.given_nl
        return Line(
            (
                moment(row["opened_utc_us"])[:16],
                realm_words(row["realm"]),
                patient_words(row, named=named),
                _(code_words(str(row["indication"]))),
                str(row["operator"]),
                "?" if shots is None else str(shots),
                "?" if not isinstance(given, int) else number(volume_ml(given, Side.UP)),
                how_closed(row),
            ),
            marked=row["closed_seq"] is None or bool(row["gaps"] or row["adverse_events"]),
        )

    return Paged(reading, seqs, LogReader.sessions_at, draw, Line(("",) * 8))


def realm_words(realm: object) -> str:
    """Training or clinical."""
    return _("CLINICAL") if realm == "clinical" else _("training")


def patient_words(row: Row, *, named: bool) -> str:
    """For whom a session was: the pseudonym where it may be seen, else the random id."""
    patient, pseudonym = row["patient"], row["pseudonym"]
    if patient is None:
        return _("manikin")
    return str(pseudonym) if named and pseudonym is not None else str(patient)[:8]


def how_closed(row: Row) -> str:
    """How a session ended, and whether somebody stands for it."""
    if row["closed_seq"] is None:
        return _("OPEN")
    reason = str(row["closed_reason"])
    words = _(REASONS[reason]) if reason in REASONS else code_words(reason)
    return words if row["signed_by"] is None else _("{how}, signed").format(how=words)


# -- shots -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """Which shots of a session are listed; None: all."""

    outcome: str | None = None
    technique: str | None = None
    zone: str | None = None
    soft: bool = False
    """Only those granted outside a soft limit, by an override."""

    def words(self) -> str:
        """What they choose, in words; empty where they choose all."""
        chosen = [
            _(code_words(each))
            for each in (self.outcome, self.technique, self.zone)
            if each is not None
        ]
        if self.soft:
            chosen.append(_("outside soft limits"))
        return ", ".join(chosen)


def shot_seqs(reader: LogReader, session: str, chosen: Filters) -> list[int]:
    """The shots that the filters let through."""
    return reader.shot_seqs(
        session,
        outcome=chosen.outcome,
        technique=chosen.technique,
        zone=chosen.zone,
        verdict="soft" if chosen.soft else None,
    )


def shot_columns() -> tuple[Column, ...]:
    """The columns of a list of shots."""
    return (
        Column(_("shot"), 6, right=True),
        Column(_("UTC"), 8, least=70),
        Column(_("given/set mL"), 13, right=True),
        Column(_("depth/set mm"), 12, right=True),
        Column(_("flow/set µL/s"), 13, right=True, least=92),
        Column(_("peak kPa"), 8, right=True, least=78),
        Column(_("technique"), 15, least=112),
        Column(_("zone"), 15, least=128),
        Column(_("outcome"), 12),
    )


def shot_rows(reading: Reading, seqs: list[int]) -> Paged[Row]:
    """The shots with these ``seq``."""

    def draw(_at: int, row: Row) -> Line:
        soft = row["verdict"] == "soft"
        outcome = str(row["outcome"])
        words = outcome_words(outcome, None if row["cause"] is None else str(row["cause"]))
        return Line(
            (
                str(row["journal_index"]),
                moment(row["logged_utc_us"])[11:],
                _pair(
                    row["volume_nl"],
                    row["setpoint_volume_nl"],
                    lambda nl: volume_ml(nl, decimals=4),
                ),
                _pair(row["depth_um"], row["setpoint_depth_um"], depth_mm),
                _pair(row["flow_nl_s"], row["setpoint_flow_nl_s"], flow_ul_s),
                _one(row["peak_pressure_pa"], pressure_kpa),
                _("not granted")
                if row["technique"] is None
                else _(code_words(str(row["technique"]))),
                "" if row["zone"] is None else _(code_words(str(row["zone"]))),
                _("{outcome}; outside a soft limit").format(outcome=words) if soft else words,
            ),
            marked=soft or outcome != "complete" or row["grant_seq"] is None,
        )

    return Paged(reading, seqs, LogReader.shots_at, draw, Line(("",) * 9))


# -- events and the journal ----------------------------------------------------------------


def event_columns() -> tuple[Column, ...]:
    """The columns of a list of events."""
    return (
        Column(_("entry"), 7, right=True, least=72),
        Column(_("UTC"), 8),
        Column(_("kind"), 18),
        Column(_("what"), 20),
    )


def event_seqs(reader: LogReader, session: str, group: str) -> list[int]:
    """The entries of a session that belong to one of `GROUPS`."""
    return reader.seqs(session, GROUPS[group])


def event_rows(reading: Reading, seqs: list[int]) -> Paged[Entry]:
    """The entries with these ``seq``."""

    def draw(_at: int, entry: Entry) -> Line:
        body = entry.body
        high = isinstance(body, log.Alarm) and body.priority == "high" and body.act == "raised"
        return Line(
            (
                str(entry.seq),
                moment(entry.at.utc_us)[11:],
                kind_words(body.kind),
                entry_words(body),
            ),
            marked=high or body.kind in GRAVE,
        )

    return Paged(reading, seqs, LogReader.at, draw, Line(("",) * 4))


def journal_rows(reading: Reading, seqs: list[int]) -> Paged[Entry]:
    """Entries that stand for those of a gun's journal; for engineers."""

    def draw(_at: int, entry: Entry) -> Line:
        body = entry.body
        index = getattr(body, "index", "")
        fields = {} if isinstance(body, log.Unknown) else body.model_dump(mode="json")
        words = " ".join(f"{name}={fields[name]}" for name in _TOLD if fields.get(name) is not None)
        return Line(
            (str(index), str(entry.seq), body.kind, words),
            marked=body.kind not in ("shot", "moved"),
        )

    return Paged(reading, seqs, LogReader.at, draw, Line(("",) * 4))


JOURNAL_COLUMNS: Final = (
    Column("index", 7, right=True),
    Column("entry", 7, right=True),
    Column("kind", 10),
    Column("as told", 20),
)


def _one(value: object, form: Callable[[int], str]) -> str:
    return number(form(value)) if isinstance(value, int) else "?"


def _pair(value: object, against: object, form: Callable[[int], str]) -> str:
    return f"{_one(value, form)}/{_one(against, form)}"
