"""The tables that people ask: what each column means, its unit, and where it comes from.

This is the one definition. The auditor's web, CSV, JSON Lines and Parquet are made from
the same database (`injector.report.deriving`), so that a figure has one meaning wherever
it is read.

A column's name ends in its unit: ``_nl`` nanolitres, ``_um`` micrometres, ``_nl_s``
nanolitres a second, ``_um_s`` micrometres a second, ``_per_min`` a minute, ``_pa`` pascals,
``_us`` microseconds, ``_ng`` nanograms, ``_g`` grams, ``_ug_ml`` micrograms a millilitre,
``_s`` seconds. Amounts are integers. A name that ends in ``_utc`` is a time in UTC as ISO
8601 writes it, with microseconds. ``_by`` and ``by_person`` are ids of people who answer
for what is recorded; patients are random ids. Private texts stand in none of the `TABLES`.
What people typed all the same (a lot, a name) stands there as `injector.report.visible` shows it.

Most columns are SQL over the body of one entry, which is ``e`` there. What has to be added
up by filling (``dose``, and what counts as given in a session) is added in `deriving`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

SqlType: TypeAlias = Literal["INTEGER", "TEXT"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: SqlType
    about: str
    """What it means, in one sentence."""
    sql: str = ""
    """Its value, over the entry ``e``; empty where `deriving` adds it up."""
    facet: bool = False
    """Whether it has few enough values to count the rows of each."""
    array: bool = False
    """Whether it is a JSON array of texts."""
    json: bool = False
    """Whether it is other JSON: characters in it are escaped as JSON does."""
    typed: bool = False
    """Whether somebody may have typed it: characters that draw nothing are escaped then."""
    names: str | None = None
    """The table whose row it names, by that table's key."""

    @property
    def value(self) -> str:
        """Its value in SQL; the functions ``visible`` and ``shown_json`` are `halves`'."""
        if not self.typed:
            return self.sql
        return f"shown_json({self.sql})" if self.json else f"visible({self.sql})"


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    about: str
    """What one row is, in one sentence."""
    columns: tuple[Column, ...]
    kinds: tuple[str, ...] = ()
    """The kinds of entries that its rows come from."""
    key: tuple[str, ...] = ("seq",)
    joined: str = ""
    """What else its columns are over, beside ``e``."""
    where: str = ""
    """Which of those entries have a row; empty for all."""
    indexes: tuple[tuple[str, ...], ...] = field(default=(("session",),))
    rare: tuple[str, ...] = ()
    """Conditions that few of its rows meet, each with an index of just those."""

    @property
    def create(self) -> str:
        """The statement that makes it."""
        parts = []
        for column in self.columns:
            keyed = " PRIMARY KEY" if self.key == (column.name,) else ""
            parts.append(f'"{column.name}" {column.type}{keyed}')
        if len(self.key) > 1:
            parts.append(f"PRIMARY KEY ({', '.join(self.key)})")
        for column in self.columns:
            if column.names is not None:
                key = table(column.names).key[0]
                parts.append(f'FOREIGN KEY ("{column.name}") REFERENCES "{column.names}" ({key})')
        return f'CREATE TABLE "{self.name}" (\n  ' + ",\n  ".join(parts) + "\n) STRICT"

    @property
    def fill(self) -> str:
        """The statement that fills it from entries in their order: kind, first and last ``seq``."""
        return self._fill("e.kind = ? AND e.seq BETWEEN ? AND ?")

    @property
    def fill_of_session(self) -> str:
        """The same for the entries of one session: ``?1`` is the kind, ``?2`` the session."""
        return self._fill("e.kind = ?1 AND e.session = ?2")

    @property
    def fill_of_borrowed(self) -> str:
        """The same for what shots of a session name and is of another: its grants."""
        named = _of("grant_seq").replace("e.body", "body")
        shots = f"SELECT {named} FROM log.entries WHERE session = ?2"  # noqa: S608 -- this file's own words
        shots += " AND kind IN ('shot', 'uncertain')"
        return self._fill(f"e.kind = ?1 AND e.session IS NOT ?2 AND e.seq IN ({shots})")

    @property
    def fill_of_late(self) -> str:
        """The same for what is outside every session, under grants of one."""
        grants = 'SELECT seq FROM "grant" WHERE session = ?2'
        granted = f"{_of('grant_seq')} IN ({grants})"
        return self._fill(f"e.kind = ?1 AND e.session IS NULL AND {granted}")

    def _fill(self, chosen: str) -> str:
        columns = ", ".join(column.value for column in self.columns)
        where = f" AND {self.where}" if self.where else ""
        return (
            f'INSERT INTO "{self.name}" SELECT {columns} FROM log.entries AS e {self.joined} '  # noqa: S608 -- this file's own words
            f"WHERE {chosen}{where} ORDER BY e.seq"
        )

    @property
    def index(self) -> Iterator[str]:
        """The statements that make its indexes."""
        for columns in self.indexes:
            name = "_by_".join((self.name, columns[0]))
            listed = ", ".join(f'"{column}"' for column in columns)
            yield f'CREATE INDEX "{name}" ON "{self.name}" ({listed})'
        for number, condition in enumerate(self.rare):
            yield (
                f'CREATE INDEX "{self.name}_rare_{number}" ON "{self.name}" '
                f'("{self.key[0]}") WHERE {condition}'
            )


# -- pieces of SQL ------------------------------------------------------------------------


def _of(path: str) -> str:
    return f"json_extract(e.body, '$.{path}')"


def _time(sql: str) -> str:
    """A time as ISO 8601 from microseconds since 1970."""
    # strftime and printf would take twice as long; half a shot's time goes into its time.
    return (
        f"replace(datetime({sql} / 1000000, 'unixepoch'), ' ', 'T') "
        f"|| '.' || substr(1000000 + {sql} % 1000000, 2) || 'Z'"
    )


def _codes(path: str, name: str) -> str:
    """One field of every object of a list, as a JSON array; NULL for none."""
    return (
        f"(SELECT CASE count(*) WHEN 0 THEN NULL "  # noqa: S608 -- this file's own words
        f"ELSE json_group_array(json_extract(value, '$.{name}')) END "
        f"FROM json_each(e.body, '$.{path}'))"
    )


# -- columns that many tables have --------------------------------------------------------


def _whole(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "INTEGER", about, _of(path or name), facet=facet)


def _text(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "TEXT", about, _of(path or name), facet=facet)


def _typed(name: str, about: str, path: str | None = None, *, facet: bool = False) -> Column:
    return Column(name, "TEXT", about, _of(path or name), facet=facet, typed=True)


def _when(name: str, about: str, path: str = "utc_us") -> Column:
    return Column(name, "TEXT", about, _time(_of(path)))


_SEQ: Final = Column("seq", "INTEGER", "The entry's place in the log, from 0.", "e.seq")
_SESSION: Final = Column(
    "session", "TEXT", "The session's id, empty outside sessions.", "e.session", names="session"
)
_REALM: Final = Column(
    "realm",
    "TEXT",
    "clinical or training, by the session's id.",
    "CASE substr(e.session, 1, 1) WHEN 'c' THEN 'clinical' WHEN 't' THEN 'training' END",
    facet=True,
)
_BY: Final = _typed("by_person", "The id of who did it, or said so.", "by", facet=True)
_SERIAL: Final = _text("serial", "The gun's serial number.", facet=True)
_ZONE: Final = _text("zone", "Zone of the body, a code of the limit library.", facet=True)
_TECHNIQUE: Final = _text("technique", "Technique, a code of the limit library.", facet=True)


def _setpoint(path: str, prefix: str) -> tuple[Column, ...]:
    """The columns of a setpoint."""
    return (
        _text("mode", "single, repeat, burst or perfusion.", f"{path}.mode", facet=True),
        _whole(f"{prefix}volume_nl", "Volume of one shot, as set.", f"{path}.volume_nl"),
        _whole(f"{prefix}depth_um", "Depth, as set.", f"{path}.depth_um"),
        _whole(f"{prefix}flow_nl_s", "Speed of injection, as set.", f"{path}.flow_nl_s"),
        _whole(f"{prefix}needle_um_s", "Speed of the needle, as set.", f"{path}.needle_um_s"),
        _whole(f"{prefix}cadence_per_min", "Shots a minute, as set.", f"{path}.cadence_per_min"),
    )


def _limits_passed() -> Column:
    return Column(
        "limits_passed",
        "TEXT",
        "The figures whose limits it passes, the most limiting first.",
        # What is allowed passes none: most are, and a list takes time to look through.
        f"CASE {_of('verdict.outcome')} WHEN 'allow' THEN NULL "
        f"ELSE {_codes('verdict.passed', 'figure')} END",
        array=True,
        facet=True,
    )


# -- the tables ----------------------------------------------------------------------------

GRANT: Final = Table(
    "grant",
    "A permission for some shots at one setpoint, as it was committed before it was sent.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("granted_utc", "When it was committed."),
        _SERIAL,
        _whole("step", "Step of the plan, from 0."),
        _whole("fill", "Number of the filling in the gun."),
        _TECHNIQUE,
        _ZONE,
        *_setpoint("setpoint", ""),
        _text(
            "verdict",
            "allow, or soft where a soft limit is passed with an override.",
            "verdict.outcome",
            facet=True,
        ),
        _limits_passed(),
        _typed("override_by", "Who let a soft limit be passed.", "verdict.override.by", facet=True),
        _typed("armed_by", "Who armed the gun.", facet=True),
        _whole("rules", "Version of the rules that the verdict was given by.", "verdict.rules"),
        _text("library_digest", "SHA-256 of the limit library."),
        _whole("granted_shots", "Shots that it newly permits.", "shots"),
        _whole("granted_nl", "Volume that it newly permits, tolerance included.", "volume_nl"),
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
        _SEQ,
        _SESSION,
        _when("logged_utc", "When it was committed to the log."),
        _SERIAL,
        Column("journal_id", "INTEGER", "The gun's journal.", "e.journal_id"),
        Column("journal_index", "INTEGER", "Its number in the journal.", "e.journal_index"),
        Column(
            "grant_seq",
            "INTEGER",
            "The grant's entry; empty where this log never granted it.",
            _of("grant_seq"),
            names="grant",
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
            f"coalesce({_of('outcome')}, e.kind)",
            facet=True,
        ),
        _text("cause", "Why it ended early, a code.", facet=True),
        _whole("measured_nl", "Volume measured; empty where it is uncertain.", "volume_nl"),
        _whole("depth_um", "Depth measured."),
        _whole("flow_nl_s", "Speed of injection measured."),
        _whole("peak_pressure_pa", "Highest pressure.", "pressure_pa"),
        _whole("counts_nl", "Volume that it counts as against limits."),
        _whole("debit_nl", "The most it can have given."),
        _whole("boot_id", "The gun's boot."),
        _whole("begun_us", "When it began, since the gun's boot.", "t_us"),
        _whole("duration_us", "How long it took."),
        _whole("slice", "Number of the slice within one pull, from 1; 0 for a shot."),
    ),
    kinds=("shot", "uncertain"),
    joined=f'LEFT JOIN "grant" AS g ON g.seq = {_of("grant_seq")}',
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

ALARM: Final = Table(
    "alarm",
    "Something that happened to an alarm: raised, cleared, paused or acknowledged.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("alarm_utc", "When."),
        _text("alarm", "Which, a code.", facet=True),
        _text("priority", "high, medium or low.", facet=True),
        _text("act", "raised, cleared, paused or acknowledged.", facet=True),
        _BY,
        Column(
            "detail",
            "TEXT",
            "Figures and names that belong to it, as JSON.",
            _of("detail"),
            typed=True,
            json=True,
        ),
    ),
    kinds=("alarm",),
)

_OVERRIDER: Final = f"coalesce({_of('by')}, {_of('verdict.override.by')})"
_ON_THAT_WORD: Final = (
    "session IS e.session AND verdict = 'soft' "
    f"AND step = {_of('step')} AND override_by = visible({_OVERRIDER})"
)
OVERRIDE: Final = Table(
    "override",
    "A practitioner's word that soft limits may be passed in one step of a session.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("given_utc", "When it was given."),
        Column("by_person", "TEXT", "The practitioner's id.", _OVERRIDER, facet=True, typed=True),
        _whole("step", "Step of the plan, from 0."),
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

_ACKNOWLEDGED: Final = (
    "LEFT JOIN log.entries AS a ON a.seq = (SELECT min(k.seq) FROM log.entries AS k "
    "WHERE k.kind = 'gap_acknowledged' AND json_extract(k.body, '$.gap_seq') = e.seq)"
)
GAP: Final = Table(
    "gap",
    "Entries of a gun's journal that are lost, and the most that may be missing.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("found_utc", "When it was found."),
        _SERIAL,
        _whole("journal_id", "The journal that lost them."),
        _whole("first_index", "Lowest index; 0 where only the counters tell.", "first"),
        _whole("last_index", "Highest index.", "last"),
        _whole("shots_max", "Shots that may be missing, at most."),
        _whole("volume_max_nl", "Volume that may be missing, at most."),
        _text("reason", "Why, a code.", facet=True),
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
        Column("chosen_utc", "TEXT", "When.", _time("json_extract(a.body, '$.utc_us')")),
    ),
    kinds=("gap",),
    joined=_ACKNOWLEDGED,
)

_TYPED: Final = "e.kind = 'session_closed'"
SIGNATURE: Final = Table(
    "signature",
    "A person stands for a record.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        Column(
            "signed_utc",
            "TEXT",
            "When, in the signer's word.",
            _time(f"coalesce({_of('signed_utc_us')}, {_of('utc_us')})"),
        ),
        Column(
            "by_person",
            "TEXT",
            "The signer's id.",
            f"CASE WHEN {_TYPED} THEN {_of('signature.by')} ELSE {_of('by')} END",
            facet=True,
            typed=True,
        ),
        Column(
            "name",
            "TEXT",
            "The signer's name, as printed.",
            f"CASE WHEN {_TYPED} THEN {_of('signature.name')} ELSE {_of('name')} END",
            typed=True,
        ),
        Column(
            "meaning",
            "TEXT",
            "performed, reviewed, approved, override; or what was said at closing.",
            f"CASE WHEN {_TYPED} THEN {_of('signature.meaning')} ELSE {_of('meaning')} END",
            facet=True,
        ),
        Column(
            "form",
            "TEXT",
            "key: signed with the person's own key; stated: named at closing, without a key.",
            f"CASE WHEN {_TYPED} THEN 'stated' ELSE 'key' END",
            facet=True,
        ),
        Column(
            "about_seq",
            "INTEGER",
            "The entry that is signed.",
            f"coalesce({_of('about_seq')}, e.seq)",
        ),
    ),
    kinds=("signed", "session_closed"),
    where=f"(e.kind = 'signed' OR {_of('signature')} IS NOT NULL)",
)

_BY_LIMITS: Final = "e.kind = 'refused'"
REFUSED: Final = Table(
    "refused",
    "A request that the limits, or the gun itself, refused.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("refused_utc", "When."),
        Column(
            "refused_by",
            "TEXT",
            "limits, or gun.",
            f"CASE WHEN {_BY_LIMITS} THEN 'limits' ELSE 'gun' END",
            facet=True,
        ),
        _TECHNIQUE,
        _ZONE,
        *_setpoint("what", ""),
        _limits_passed(),
        Column(
            "figure",
            "TEXT",
            "The most limiting figure of the limits, or what was asked of the gun.",
            f"CASE WHEN {_BY_LIMITS} THEN {_of('verdict.passed[0].figure')} "
            f"ELSE {_of('request')} END",
            facet=True,
        ),
        Column(
            "reason",
            "TEXT",
            "In which rule that limit is passed, or the gun's reason.",
            f"CASE WHEN {_BY_LIMITS} THEN {_of('verdict.passed[0].rule')} ELSE {_of('reason')} END",
            facet=True,
        ),
        _text("level", "soft or hard: the level of that limit.", "verdict.passed[0].level"),
        _whole("value", "The value, in the figure's own unit.", "verdict.passed[0].value"),
        Column(
            "bound",
            "INTEGER",
            "The limit, in the figure's own unit; of the gun, what would pass, or 0.",
            f"CASE WHEN {_BY_LIMITS} THEN {_of('verdict.passed[0].bound')} ELSE {_of('bound')} END",
        ),
        _typed("bound_at", "Where the limit stands.", "verdict.passed[0].limit"),
    ),
    kinds=("refused", "device_refused"),
)

ADVERSE_EVENT: Final = Table(
    "adverse_event",
    "Something went wrong with a patient.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("recorded_utc", "When it was recorded."),
        Column(
            "onset_utc",
            "TEXT",
            "When it began, in the word of whoever recorded it.",
            _time(f"({_of('utc_us')} - {_of('onset_minutes_ago')} * 60000000)"),
        ),
        _text("what", "What, a code.", facet=True),
        _whole("severity", "1 slight, 2 moderate, 3 severe.", facet=True),
        _ZONE,
        _BY,
    ),
    kinds=("adverse_event",),
)

HAND_SHOTS: Final = Table(
    "hand_shots",
    "Shots that were given by hand.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("recorded_utc", "When they were recorded."),
        _TECHNIQUE,
        _ZONE,
        _whole("fill", "Number of the filling that they came from."),
        _whole("shots", "How many."),
        _whole("volume_nl", "Volume of all of them."),
        _BY,
    ),
    kinds=("hand_shots",),
)

_DISCARDED: Final = (
    "LEFT JOIN log.entries AS d ON d.seq = (SELECT min(k.seq) FROM log.entries AS k "  # noqa: S608 -- this file's own words
    "WHERE k.session = e.session AND k.kind = 'syringe_discarded' "
    f"AND json_extract(k.body, '$.fill') = coalesce({_of('fill')}, 0))"
)
SYRINGE: Final = Table(
    "syringe",
    "A filling: one syringe, filled once.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("loaded_utc", "When it was loaded."),
        Column("fill", "INTEGER", "Its number in the session.", f"coalesce({_of('fill')}, 0)"),
        Column("place", "TEXT", "gun or hand.", f"coalesce({_of('place')}, 'gun')", facet=True),
        _whole("syringe_nl", "Size of the syringe."),
        Column(
            "loaded_nl",
            "INTEGER",
            "Volume of all products in it.",
            "(SELECT coalesce(sum(json_extract(value, '$.volume_nl')), 0) "
            "FROM json_each(e.body, '$.mixture'))",
        ),
        _typed("mixed_by", "Who mixed it.", facet=True),
        Column(
            "left_nl",
            "INTEGER",
            "What somebody saw left in it.",
            "json_extract(d.body, '$.left_nl')",
        ),
        Column(
            "least_left_nl",
            "INTEGER",
            "What must be left at the least.",
            "json_extract(d.body, '$.least_nl')",
        ),
        Column(
            "most_left_nl",
            "INTEGER",
            "What can be left at the most.",
            "json_extract(d.body, '$.most_nl')",
        ),
        Column(
            "discarded_utc",
            "TEXT",
            "When it was discarded.",
            _time("json_extract(d.body, '$.utc_us')"),
        ),
        Column(
            "discarded_reason",
            "TEXT",
            "Why, a code.",
            "json_extract(d.body, '$.reason')",
            facet=True,
        ),
    ),
    kinds=("session_opened", "syringe_loaded"),
    joined=_DISCARDED,
)

_ITEM: Final[tuple[tuple[str, SqlType, str, bool], ...]] = (
    ("product", "TEXT", "The product, a code of the limit library.", True),
    ("product_class", "TEXT", "Its class.", True),
    ("concentration_ug_ml", "INTEGER", "As it was drawn up; empty where nobody said.", False),
    ("lot", "TEXT", "Its lot.", True),
    ("expiry", "TEXT", "Last day on which it may be used.", False),
    ("volume_nl", "INTEGER", "How much of it was drawn up.", False),
    ("multi_dose", "INTEGER", "1 where it is from a vial for several patients.", True),
)
INGREDIENT: Final = Table(
    "ingredient",
    "A product in a filling, with its lot.",
    (
        Column("seq", "INTEGER", "The entry that loaded the filling.", "e.seq", names="syringe"),
        Column("item", "INTEGER", "Its place in the mixture, from 0.", "m.key"),
        _SESSION,
        _REALM,
        Column("fill", "INTEGER", "Number of the filling.", f"coalesce({_of('fill')}, 0)"),
        *(
            Column(
                name,
                kind,
                about,
                f"json_extract(m.value, '$.{name}')",
                facet=facet,
                typed=name in {"product", "lot", "expiry"},
            )
            for name, kind, about, facet in _ITEM
        ),
    ),
    kinds=("session_opened", "syringe_loaded"),
    key=("seq", "item"),
    joined="JOIN json_each(e.body, '$.mixture') AS m",
    indexes=(("session",), ("lot",)),
)

ACCESS: Final = Table(
    "access",
    "Somebody came to the console, left it, was not let in, or was barred from something.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("access_utc", "When."),
        Column(
            "what",
            "TEXT",
            "What happened.",
            f"iif(e.kind = 'barred', 'barred', {_of('what')})",
            facet=True,
        ),
        Column(
            "asked",
            "TEXT",
            "What they were barred from, a code.",
            f"iif(e.kind = 'barred', {_of('what')}, NULL)",
            facet=True,
        ),
        Column(
            "person",
            "TEXT",
            "Whose id was given; empty where nobody here has it.",
            f"coalesce({_of('person')}, {_of('by')})",
            facet=True,
            typed=True,
        ),
        _text("role", "In which role.", facet=True),
    ),
    kinds=("access", "barred"),
)

ANCHOR: Final = Table(
    "anchor",
    "A checkpoint that is in the log, or that somebody outside holds.",
    (
        _SEQ,
        _SESSION,
        _REALM,
        _when("recorded_utc", "When it was recorded."),
        Column(
            "place",
            "TEXT",
            "log, file, timestamp (RFC 3161) or witness (C2SP).",
            f"coalesce({_of('place')}, 'log')",
            facet=True,
        ),
        _typed("name", "Which of them.", facet=True),
        _whole("size", "Entries under it."),
        _text("root", "Root hash of the tree, in hex."),
        Column(
            "held_utc", "TEXT", "When, in the word of whoever holds it.", _time(_of("at_utc_us"))
        ),
    ),
    kinds=("anchor", "anchored"),
)


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
        _REALM,
        _when("opened_utc", "When it was opened."),
        Column("closed_utc", "TEXT", "When it was closed.", _time(_closed("utc_us"))),
        Column("closed_reason", "TEXT", "Why, a code.", _closed("reason"), facet=True),
        Column("closed_by", "TEXT", "Who closed it.", _closed("by"), facet=True, typed=True),
        _typed("operator", "Who opened it.", facet=True),
        _text("patient", "The patient's random id; empty for a manikin."),
        _text("purpose", "What for, a code.", facet=True),
        _text("indication", "Against what, a code.", facet=True),
        _whole("weight_g", "The patient's weight, when it was opened."),
        _whole("athlete", "1 where doping lists matter to the patient.", facet=True),
        _SERIAL,
        _text("library_digest", "SHA-256 of the limit library.", facet=True),
        _whole("needle_um", "Length of the needle, when it was opened.", facet=True),
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
        Column("session", "TEXT", "The session's id.", names="session"),
        Column("product", "TEXT", "The product, a code of the limit library.", facet=True),
        Column("product_class", "TEXT", "Its class.", facet=True),
        Column("realm", "TEXT", "clinical or training.", facet=True),
        Column("opened_utc", "TEXT", "When the session was opened."),
        Column("patient", "TEXT", "The patient's random id; empty for a manikin."),
        Column(
            "given_ng",
            "INTEGER",
            "Dose that counts as given, rounded up; empty where no concentration was said.",
        ),
        Column(
            "given_nl", "INTEGER", "Volume of the product itself that counts as given, rounded up."
        ),
        Column("lots", "TEXT", "Its lots in the session's syringes.", facet=True, array=True),
    ),
    key=("session", "product"),
    indexes=(("product",), ("patient",)),
)

TEXT: Final = Table(
    "text",
    "A private text, as it stands beside an entry. It is made only where it is asked for.",
    (
        Column("seq", "INTEGER", "The entry.", "e.seq"),
        Column("place", "TEXT", "Where in it (JSON Pointer, RFC 6901)."),
        Column("session", "TEXT", "The session's id.", names="session"),
        Column("kind", "TEXT", "The entry's kind.", facet=True),
        Column("text", "TEXT", "The text, as it was typed."),
    ),
    key=("seq", "place"),
)

FROM_ENTRIES: Final = (
    ALARM,
    GAP,
    SIGNATURE,
    REFUSED,
    ADVERSE_EVENT,
    HAND_SHOTS,
    SYRINGE,
    INGREDIENT,
    ACCESS,
    ANCHOR,
    OVERRIDE,
    SESSION,
)
"""What SQL makes of entries beside grants and shots, each after those that it looks at."""

TABLES: Final = (
    SESSION,
    DOSE,
    SHOT,
    HAND_SHOTS,
    GRANT,
    OVERRIDE,
    REFUSED,
    ALARM,
    GAP,
    ADVERSE_EVENT,
    SYRINGE,
    INGREDIENT,
    SIGNATURE,
    ACCESS,
    ANCHOR,
)
"""Every table, in the order in which people look at them. None holds a private text."""


def table(name: str) -> Table:
    """Return the table of that name."""
    return next(each for each in (*TABLES, TEXT) if each.name == name)


def order(of: Table) -> tuple[str, ...]:
    """Return the columns that its rows are in order by."""
    return ("opened_seq",) if of is SESSION else of.key
