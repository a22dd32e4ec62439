"""The patient's card: what was given where, when and from which lots, and what to do now.

It is handed to the patient, so it bears the pseudonym they are known by here, and nothing
else that is private. It makes no medical claim: what it says for the next 24 hours is the
custom of the field, and it says itself that the practitioner's word comes first.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from injector.report import tables
from injector.report.deriving import Cell, derived_session
from injector.report.gathered import TABLES, people, rows_of, whole
from injector.report.page import render
from injector.report.speech import Language, Words, mark
from injector.report.zones import in_zones
from injector.shotlog.entries import SessionClosed
from injector.shotlog.reader import LogReader

AFTERCARE: Final = (
    (
        mark("Compression"),
        mark("Leave the compress or bandage on, or press gently, for as long as you were told."),
    ),
    (
        mark("Cold"),
        mark("Cool the places as you were told; never with ice straight on the skin."),
    ),
    (mark("Rest"), mark("No intense exercise for 24 hours.")),
    (
        mark("Do not touch"),
        mark("Do not touch, rub or scratch the places, and put nothing on them."),
    ),
    (
        mark("Call your practitioner"),
        mark(
            "at signs of infection: redness that spreads, heat, swelling or pain that grows,"
            " pus, fever. In an emergency call the emergency services."
        ),
    ),
)
"""What to do in the next 24 hours, each with a word that leads it."""


class NotThePatientsError(ValueError):
    """A session that is not of the patient whom the card is for."""


class StillOpenError(ValueError):
    """A session that has not ended: more may be given, and a card looks final."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One session on the card."""

    day: str
    training: bool
    indication: str
    by: str
    shots: int
    volume_nl: int
    products: list[tuple[str, str, int]]
    """Product, its lots, and the volume of it that counts as given."""
    zones: list[tuple[str | None, int, int]]
    """Zone, shots, volume."""


def sessions_of(reader: LogReader, patient: str) -> list[str]:
    """Return a patient's sessions by their random id, the oldest first."""
    seqs = sorted(reader.session_seqs())
    return [
        str(row["session"])
        for _, row in sorted(reader.sessions_at(seqs).items())
        if row["patient"] == patient
    ]


def card_html(
    reader: LogReader,
    patient: str,
    sessions: Sequence[str],
    *,
    pseudonym: str | None,
    language: Language = Language.ENGLISH,
) -> str:
    """Return the card of a patient (a random id) for these sessions as one page of HTML.

    ``pseudonym`` is how the patient is known here; the random id stands where it is None.
    Raises `NotThePatientsError`, `StillOpenError`, and what `session_html` raises.
    """
    words = Words(language)
    names = people(reader)
    visits = []
    for session in sessions:
        with derived_session(reader, session) as derived:
            found = {name: rows_of(derived, table) for name, table in TABLES.items()}
        row = next(iter(found[tables.SESSION.name]), None)
        if row is None or row["patient"] != patient:
            raise NotThePatientsError(f"{session} is no session of this patient")
        closed = reader.last("session_closed", session=session)
        if closed is None or not isinstance(closed.body, SessionClosed):
            raise StillOpenError(f"{session} is still open")
        visits.append(_visit(words, row, found, closed.body, names))
    return render(
        "card.html",
        words,
        patient=pseudonym or patient,
        visits=visits,
        training=all(each.training for each in visits),
        aftercare=[(words.say(lead), words.say(text)) for lead, text in AFTERCARE],
    )


def _visit(
    words: Words,
    row: dict[str, Cell],
    found: dict[str, list[dict[str, Cell]]],
    closed: SessionClosed,
    names: dict[str, str],
) -> Visit:
    by = str(row["closed_by"] or row["operator"])
    return Visit(
        day=str(row["opened_utc"])[:10],
        training=row["realm"] == "training",
        indication=words.code(row["indication"]),
        by=names.get(by, by),
        shots=whole(row["given_shots"]),
        volume_nl=whole(row["given_nl"]),
        products=[
            (
                words.code(each["product"]),
                ", ".join(map(str, json.loads(str(each["lots"])))) if each["lots"] else "",
                whole(each["given_nl"]),
            )
            for each in found[tables.DOSE.name]
            if whole(each["given_nl"])
        ],
        zones=in_zones(found, closed),
    )
