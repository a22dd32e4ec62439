"""What the limits stood in the way of: who let them be passed, and what was refused."""

from typing import Final

from injector.report.table import Column, Table
from injector.report.tables.pieces import (
    IN_SESSION,
    REALM,
    SEQ,
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

_OVERRIDER: Final = f"coalesce({of('by')}, {of('verdict.override.by')})"

_ON_THAT_WORD: Final = (
    "session IS e.session AND verdict = 'soft' "
    f"AND step = {of('step')} AND override_by = visible({_OVERRIDER})"
)

OVERRIDE: Final = Table(
    "override",
    "A practitioner's word that soft limits may be passed in one step of a session.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("given_utc", "When it was given."),
        Column("by_person", "TEXT", "The practitioner's id.", _OVERRIDER, facet=True, typed=True),
        whole("step", "Step of the plan, from 0."),
        Column(
            "limits_passed",
            "TEXT",
            "The figures whose soft limits were passed on that word.",
            "(SELECT CASE count(*) WHEN 0 THEN NULL ELSE json_group_array(figure) END FROM ("  # noqa: S608 -- this file's own words
            'SELECT DISTINCT f.value AS figure FROM "grant" AS g, json_each(g.limits_passed) AS f '
            f"WHERE {_ON_THAT_WORD} ORDER BY figure))",
            facet=True,
            array=True,
        ),
        Column(
            "grants",
            "INTEGER",
            "Grants of that step that passed a soft limit on that person's word.",
            f'(SELECT count(*) FROM "grant" WHERE {_ON_THAT_WORD})',  # noqa: S608 -- this file's own words
        ),
        Column(
            "shots",
            "INTEGER",
            "Shots that were made under those grants, uncertain ones too.",
            f"(SELECT count(*) FROM shot WHERE {_ON_THAT_WORD})",  # noqa: S608 -- this file's own words
        ),
    ),
    kinds=("override_given", "grant"),
    # A plan can bring its override with it; then the first grant that needs it is what tells.
    where=(
        "(e.kind = 'override_given' OR e.seq IN (SELECT min(g.seq) FROM \"grant\" AS g "
        "WHERE g.override_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM override AS o "
        "WHERE o.session IS g.session AND o.step = g.step AND o.by_person = g.override_by) "
        "GROUP BY g.session, g.step, g.override_by))"
    ),
)

_BY_LIMITS: Final = "e.kind = 'refused'"

REFUSED: Final = Table(
    "refused",
    "A request that the limits, or the gun itself, refused.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("refused_utc", "When."),
        Column(
            "refused_by",
            "TEXT",
            "limits, or gun.",
            f"CASE WHEN {_BY_LIMITS} THEN 'limits' ELSE 'gun' END",
            facet=True,
        ),
        TECHNIQUE,
        ZONE,
        *setpoint("what", ""),
        limits_passed(),
        Column(
            "figure",
            "TEXT",
            "The most limiting figure of the limits, or what was asked of the gun.",
            f"CASE WHEN {_BY_LIMITS} THEN {of('verdict.passed[0].figure')} "
            f"ELSE {of('request')} END",
            facet=True,
        ),
        Column(
            "reason",
            "TEXT",
            "In which rule that limit is passed, or the gun's reason.",
            f"CASE WHEN {_BY_LIMITS} THEN {of('verdict.passed[0].rule')} ELSE {of('reason')} END",
            facet=True,
        ),
        text("level", "soft or hard: the level of that limit.", "verdict.passed[0].level"),
        whole("value", "The value, in the figure's own unit.", "verdict.passed[0].value"),
        Column(
            "bound",
            "INTEGER",
            "The limit, in the figure's own unit; of the gun, what would pass, or 0.",
            f"CASE WHEN {_BY_LIMITS} THEN {of('verdict.passed[0].bound')} ELSE {of('bound')} END",
        ),
        typed("bound_at", "Where the limit stands.", "verdict.passed[0].limit"),
    ),
    kinds=("refused", "device_refused"),
)
