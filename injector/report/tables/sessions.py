"""What a session came to, and how much of each product it gave."""

from typing import Final

from injector.report.table import Column, Table
from injector.report.tables.pieces import REALM, SERIAL, text, time, typed, when, whole


def _closed(path: str) -> str:
    return f"json_extract(c.body, '$.{path}')"


def _count(name: str, of: str, about: str, what: str = "count(*)") -> Column:
    sql = f"(SELECT {what} FROM {of} AND session = e.session)"  # noqa: S608 -- this file's own words
    return Column(name, "INTEGER", about, sql)


def _signer(name: str, meaning: str, about: str, column: str = "by_person") -> Column:
    return Column(
        name,
        "TEXT",
        about,
        f"(SELECT {column} FROM signature WHERE session = e.session AND form = 'key' "  # noqa: S608 -- this file's own words
        f"AND meaning = '{meaning}' ORDER BY seq LIMIT 1)",
        facet=column == "by_person",
    )


SESSION: Final = Table(
    "session",
    "A session, with what it came to.",
    (
        Column("session", "TEXT", "Its id.", "e.session"),
        Column("opened_seq", "INTEGER", "The entry that opened it.", "e.seq"),
        Column(
            "closed_seq", "INTEGER", "The entry that closed it; empty while it is open.", "c.seq"
        ),
        REALM,
        when("opened_utc", "When it was opened."),
        Column("closed_utc", "TEXT", "When it was closed.", time(_closed("utc_us"))),
        Column("closed_reason", "TEXT", "Why, a code.", _closed("reason"), facet=True),
        Column("closed_by", "TEXT", "Who closed it.", _closed("by"), facet=True, typed=True),
        typed("operator", "Who opened it.", facet=True),
        text("patient", "The patient's random id; empty for a manikin."),
        text("purpose", "What for, a code.", facet=True),
        text("indication", "Against what, a code.", facet=True),
        whole("weight_g", "The patient's weight, when it was opened."),
        whole("athlete", "1 where doping lists matter to the patient.", facet=True),
        SERIAL,
        text("library_digest", "SHA-256 of the limit library.", facet=True),
        whole("needle_um", "Length of the needle, when it was opened.", facet=True),
        Column("shots", "INTEGER", "Shots and slices of perfusion.", "coalesce(n.shots, 0)"),
        Column(
            "partial_shots", "INTEGER", "Of these, ended early.", "coalesce(n.partial_shots, 0)"
        ),
        Column(
            "uncertain_shots",
            "INTEGER",
            "Shots that may not have been whole.",
            "coalesce(n.uncertain_shots, 0)",
        ),
        Column(
            "measured_nl", "INTEGER", "Volume measured of all shots.", "coalesce(n.measured_nl, 0)"
        ),
        _count("hand_shots", "hand_shots WHERE true", "Shots by hand.", "coalesce(sum(shots), 0)"),
        _count(
            "hand_nl", "hand_shots WHERE true", "Volume by hand.", "coalesce(sum(volume_nl), 0)"
        ),
        Column(
            "given_shots",
            "INTEGER",
            "Shots that count as given: by hand too, uncertain ones and gaps at their most.",
            "v.shots",
        ),
        Column("given_nl", "INTEGER", "Volume that counts as given, likewise.", "v.volume_nl"),
        _count("gaps", "gap WHERE true", "Gaps."),
        _count(
            "gap_shots_max",
            "gap WHERE true",
            "Shots missing in them, at most.",
            "coalesce(sum(shots_max), 0)",
        ),
        _count(
            "gap_max_nl",
            "gap WHERE true",
            "Volume missing in them, at most.",
            "coalesce(sum(volume_max_nl), 0)",
        ),
        _count("overrides", "override WHERE true", "Overrides."),
        _count(
            "refused_by_limits",
            "refused WHERE refused_by = 'limits'",
            "Requests that the limits refused.",
        ),
        _count(
            "refused_by_gun",
            "refused WHERE refused_by = 'gun'",
            "Requests that the gun itself refused.",
        ),
        _count("alarms", "alarm WHERE act = 'raised'", "Alarms raised."),
        _count(
            "high_alarms",
            "alarm WHERE act = 'raised' AND priority = 'high'",
            "Of these, of high priority.",
        ),
        _count("adverse_events", "adverse_event WHERE true", "Adverse events."),
        _signer("performed_by", "performed", "Who signed that they gave it, with their key."),
        _signer("reviewed_by", "reviewed", "Who signed that they reviewed it, with their key."),
        _signer("reviewed_utc", "reviewed", "When.", "signed_utc"),
    ),
    kinds=("session_opened",),
    key=("session",),
    joined=(
        "LEFT JOIN log.entries AS c ON c.session = e.session AND c.kind = 'session_closed' "
        "LEFT JOIN temp.given AS v ON v.session = e.session "
        "LEFT JOIN temp.counted AS n ON n.of_session = e.session"
    ),
    indexes=(("patient",), ("opened_seq",)),
)

DOSE: Final = Table(
    "dose",
    "What counts as given of one product in one session.",
    (
        Column("session", "TEXT", "The session's id.", names=("session", "session")),
        Column("product", "TEXT", "The product, a code of the limit library.", facet=True),
        Column("product_class", "TEXT", "Its class.", facet=True),
        Column("realm", "TEXT", "clinical or training.", facet=True),
        Column("opened_utc", "TEXT", "When the session was opened."),
        Column("patient", "TEXT", "The patient's random id; empty for a manikin."),
        Column(
            "given_ng",
            "INTEGER",
            "Dose that counts as given, rounded up; empty where the concentration of what was "
            "given, or of a part of it, was not said.",
        ),
        Column(
            "given_nl", "INTEGER", "Volume of the product itself that counts as given, rounded up."
        ),
        Column("lots", "TEXT", "Its lots in the session's syringes.", facet=True, array=True),
    ),
    key=("session", "product"),
    indexes=(("product",), ("patient",)),
)
