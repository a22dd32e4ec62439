"""What was fired, and what permitted it."""

from typing import Final

from injector.report.table import Column, Table
from injector.report.tables.pieces import (
    BY,
    IN_SESSION,
    REALM,
    SEQ,
    SERIAL,
    TECHNIQUE,
    ZONE,
    limits_passed,
    of,
    setpoint,
    text,
    typed,
    when,
    whole,
)

GRANT: Final = Table(
    "grant",
    "A permission for some shots at one setpoint, as it was committed before it was sent.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("granted_utc", "When it was committed."),
        SERIAL,
        whole("step", "Step of the plan, from 0."),
        whole("fill", "Number of the filling in the gun."),
        TECHNIQUE,
        ZONE,
        *setpoint("setpoint", ""),
        text(
            "verdict",
            "allow, or soft where a soft limit is passed with an override.",
            "verdict.outcome",
            facet=True,
        ),
        limits_passed(),
        typed("override_by", "Who let a soft limit be passed.", "verdict.override.by", facet=True),
        typed("armed_by", "Who armed the gun.", facet=True),
        whole("rules", "Version of the rules that the verdict was given by.", "verdict.rules"),
        text("library_digest", "SHA-256 of the limit library."),
        whole("granted_shots", "Shots that it newly permits.", "shots"),
        whole("granted_nl", "Volume that it newly permits, tolerance included.", "volume_nl"),
    ),
    kinds=("grant",),
    indexes=(("session", "technique", "zone", "mode", "verdict", "armed_by"),),
)


def _granted(name: str, *, facet: bool = False, as_name: str | None = None) -> Column:
    """A column of the grant that a shot was made under."""
    column = next(each for each in GRANT.columns if each.name == name)
    return Column(
        as_name or name, column.type, column.about, f"g.{name}", facet=facet, array=column.array
    )


EXCEPTIONAL: Final = "(verdict = 'soft' OR outcome <> 'complete')"
"""Shots that auditors ask for first. A question that says so, word for word, reads few rows."""

SHOT: Final = Table(
    "shot",
    "A shot, one that is uncertain, or a slice of perfusion, with the setpoint it was granted.",
    (
        SEQ,
        IN_SESSION,
        when("logged_utc", "When it was committed to the log."),
        SERIAL,
        Column("journal_id", "INTEGER", "The gun's journal.", "e.journal_id"),
        Column("journal_index", "INTEGER", "Its number in the journal.", "e.journal_index"),
        Column(
            "grant_seq",
            "INTEGER",
            "The grant's entry; empty where this log never granted it.",
            of("grant_seq"),
            names=("grant", "seq"),
        ),
        _granted("step"),
        _granted("technique", facet=True),
        _granted("zone", facet=True),
        _granted("mode", facet=True),
        _granted("volume_nl", as_name="set_volume_nl"),
        _granted("depth_um", as_name="set_depth_um"),
        _granted("verdict", facet=True),
        _granted("limits_passed", facet=True),
        _granted("override_by", facet=True),
        _granted("armed_by", facet=True),
        Column(
            "outcome",
            "TEXT",
            "complete, partial or uncertain.",
            f"coalesce({of('outcome')}, e.kind)",
            facet=True,
        ),
        text("cause", "Why it ended early, a code.", facet=True),
        whole("measured_nl", "Volume measured; empty where it is uncertain.", "volume_nl"),
        whole("depth_um", "Depth measured."),
        whole("flow_nl_s", "Speed of injection measured."),
        whole("peak_pressure_pa", "Highest pressure.", "pressure_pa"),
        whole("counts_nl", "Volume that it counts as against limits."),
        whole("debit_nl", "The most it can have given."),
        whole("boot_id", "The gun's boot."),
        whole("begun_us", "When it began, since the gun's boot.", "t_us"),
        whole("duration_us", "How long it took."),
        whole("slice", "Number of the slice within one pull, from 1; 0 for a shot."),
    ),
    kinds=("shot", "uncertain"),
    joined=f'LEFT JOIN "grant" AS g ON g.seq = {of("grant_seq")}',
    # One index holds whatever rows are counted and chosen by: wide rows are slow to read. The
    # entry's number comes early in it because shots are in its order already: no two are
    # compared further than that, and the index is made in half the time.
    indexes=(
        (
            "session",
            "seq",
            "technique",
            "zone",
            "mode",
            "verdict",
            "limits_passed",
            "override_by",
            "armed_by",
            "outcome",
            "cause",
            "measured_nl",
        ),
    ),
    rare=(EXCEPTIONAL,),
)

HAND_SHOTS: Final = Table(
    "hand_shots",
    "Shots that were given by hand.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("recorded_utc", "When they were recorded."),
        TECHNIQUE,
        ZONE,
        whole("fill", "Number of the filling that they came from."),
        whole("shots", "How many."),
        whole("volume_nl", "Volume of all of them."),
        BY,
    ),
    kinds=("hand_shots",),
)

_NAMED: Final = (
    f"SELECT {of('grant_seq', 'body')} FROM log.entries WHERE session = ?2 "  # noqa: S608 -- this file's own words
    "AND kind IN ('shot', 'uncertain')"
)
BORROWED: Final = f"e.kind = ?1 AND e.session IS NOT ?2 AND e.seq IN ({_NAMED})"
"""Which grants of another session, or of none, the shots of one name."""
LATE: Final = (
    f"e.kind = ?1 AND e.session IS NULL AND {of('grant_seq')} "  # noqa: S608 -- this file's own words
    'IN (SELECT seq FROM "grant" WHERE session = ?2)'
)
"""Which shots outside every session stand under grants of one."""
