"""What went otherwise than it should."""

from typing import Final

from injector.report.table import Column, Table
from injector.report.tables.pieces import (
    BY,
    IN_SESSION,
    REALM,
    SEQ,
    SERIAL,
    ZONE,
    of,
    text,
    time,
    when,
    whole,
)

ALARM: Final = Table(
    "alarm",
    "Something that happened to an alarm: raised, cleared, paused or acknowledged.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("alarm_utc", "When."),
        text("alarm", "Which, a code.", facet=True),
        text("priority", "high, medium or low.", facet=True),
        text("act", "raised, cleared, paused or acknowledged.", facet=True),
        BY,
        Column(
            "detail",
            "TEXT",
            "Figures and names that belong to it, as JSON.",
            of("detail"),
            typed=True,
            json=True,
        ),
    ),
    kinds=("alarm",),
)

_ACKNOWLEDGED: Final = (
    "LEFT JOIN log.entries AS a ON a.seq = (SELECT min(k.seq) FROM log.entries AS k "
    "WHERE k.kind = 'gap_acknowledged' AND json_extract(k.body, '$.gap_seq') = e.seq)"
)

GAP: Final = Table(
    "gap",
    "Entries of a gun's journal that are lost, and the most that may be missing.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("found_utc", "When it was found."),
        SERIAL,
        whole("journal_id", "The journal that lost them."),
        whole("first_index", "Lowest index; 0 where only the counters tell.", "first"),
        whole("last_index", "Highest index.", "last"),
        whole("shots_max", "Shots that may be missing, at most."),
        whole("volume_max_nl", "Volume that may be missing, at most."),
        text("reason", "Why, a code.", facet=True),
        Column(
            "choice",
            "TEXT",
            "How the practitioner chose to go on; empty while nobody has.",
            "json_extract(a.body, '$.choice')",
            facet=True,
        ),
        Column(
            "chosen_by",
            "TEXT",
            "Who chose.",
            "json_extract(a.body, '$.by')",
            facet=True,
            typed=True,
        ),
        Column("chosen_utc", "TEXT", "When.", time("json_extract(a.body, '$.utc_us')")),
    ),
    kinds=("gap",),
    joined=_ACKNOWLEDGED,
)

ADVERSE_EVENT: Final = Table(
    "adverse_event",
    "Something went wrong with a patient.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("recorded_utc", "When it was recorded."),
        Column(
            "onset_utc",
            "TEXT",
            "When it began, in the word of whoever recorded it.",
            time(f"({of('utc_us')} - {of('onset_minutes_ago')} * 60000000)"),
        ),
        text("what", "What, a code.", facet=True),
        whole("severity", "1 slight, 2 moderate, 3 severe.", facet=True),
        ZONE,
        BY,
    ),
    kinds=("adverse_event",),
)
