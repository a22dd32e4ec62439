"""What many tables are made of: pieces of SQL over an entry, and columns that several have."""

from typing import Final

from injector.report.table import Column


def of(path: str, body: str = "e.body") -> str:
    """A field of an entry's body; that of the entry at hand, where no other is said."""
    return f"json_extract({body}, '$.{path}')"


def time(sql: str) -> str:
    """A time as ISO 8601 from microseconds since 1970."""
    # strftime and printf would take twice as long; half a shot's time goes into its time.
    return (
        f"replace(datetime({sql} / 1000000, 'unixepoch'), ' ', 'T') "
        f"|| '.' || substr(1000000 + {sql} % 1000000, 2) || 'Z'"
    )


def codes(path: str, name: str) -> str:
    """One field of every object of a list, as a JSON array; NULL for none."""
    return (
        f"(SELECT CASE count(*) WHEN 0 THEN NULL "  # noqa: S608 -- this file's own words
        f"ELSE json_group_array(json_extract(value, '$.{name}')) END "
        f"FROM json_each(e.body, '$.{path}'))"
    )


def whole(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "INTEGER", about, of(path or name), facet=facet)


def text(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "TEXT", about, of(path or name), facet=facet)


def typed(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "TEXT", about, of(path or name), facet=facet, typed=True)


def when(name: str, about: str, path: str = "utc_us") -> Column:
    return Column(name, "TEXT", about, time(of(path)))


SEQ: Final = Column("seq", "INTEGER", "The entry's place in the log, from 0.", "e.seq")

IN_SESSION: Final = Column(
    "session",
    "TEXT",
    "The session's id, empty outside sessions.",
    "e.session",
    names=("session", "session"),
)

REALM: Final = Column(
    "realm",
    "TEXT",
    "clinical or training, by the session's id.",
    "CASE substr(e.session, 1, 1) WHEN 'c' THEN 'clinical' WHEN 't' THEN 'training' END",
    facet=True,
)

BY: Final = typed("by_person", "The id of who did it, or said so.", "by", facet=True)

SERIAL: Final = text("serial", "The gun's serial number.", facet=True)

ZONE: Final = text("zone", "Zone of the body, a code of the limit library.", facet=True)

TECHNIQUE: Final = text("technique", "Technique, a code of the limit library.", facet=True)


def setpoint(path: str, prefix: str) -> tuple[Column, ...]:
    """The columns of a setpoint."""
    return (
        text("mode", "single, repeat, burst or perfusion.", f"{path}.mode", facet=True),
        whole(f"{prefix}volume_nl", "Volume of one shot, as set.", f"{path}.volume_nl"),
        whole(f"{prefix}depth_um", "Depth, as set.", f"{path}.depth_um"),
        whole(f"{prefix}flow_nl_s", "Speed of injection, as set.", f"{path}.flow_nl_s"),
        whole(f"{prefix}needle_um_s", "Speed of the needle, as set.", f"{path}.needle_um_s"),
        whole(f"{prefix}cadence_per_min", "Shots a minute, as set.", f"{path}.cadence_per_min"),
    )


def limits_passed() -> Column:
    return Column(
        "limits_passed",
        "TEXT",
        "The figures whose limits it passes, the most limiting first.",
        # What is allowed passes none: most are, and a list takes time to look through.
        f"CASE {of('verdict.outcome')} WHEN 'allow' THEN NULL "
        f"ELSE {codes('verdict.passed', 'figure')} END",
        array=True,
        facet=True,
    )
