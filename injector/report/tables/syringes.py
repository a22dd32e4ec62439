"""What was in the syringes, and what was left."""

from typing import Final

from injector.report.table import Column, SqlType, Table
from injector.report.tables.pieces import IN_SESSION, REALM, SEQ, of, time, typed, when, whole

_DISCARDED: Final = (
    "LEFT JOIN log.entries AS d ON d.seq = (SELECT min(k.seq) FROM log.entries AS k "  # noqa: S608 -- this file's own words
    "WHERE k.session = e.session AND k.kind = 'syringe_discarded' "
    f"AND json_extract(k.body, '$.fill') = coalesce({of('fill')}, 0))"
)

SYRINGE: Final = Table(
    "syringe",
    "A filling: one syringe, filled once.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("loaded_utc", "When it was loaded."),
        Column("fill", "INTEGER", "Its number in the session.", f"coalesce({of('fill')}, 0)"),
        Column("place", "TEXT", "gun or hand.", f"coalesce({of('place')}, 'gun')", facet=True),
        whole("syringe_nl", "Size of the syringe."),
        Column(
            "loaded_nl",
            "INTEGER",
            "Volume of all products in it.",
            "(SELECT coalesce(sum(json_extract(value, '$.volume_nl')), 0) "
            "FROM json_each(e.body, '$.mixture'))",
        ),
        typed("mixed_by", "Who mixed it.", facet=True),
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
            time("json_extract(d.body, '$.utc_us')"),
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
        Column(
            "seq",
            "INTEGER",
            "The entry that loaded the filling.",
            "e.seq",
            names=("syringe", "seq"),
        ),
        Column("item", "INTEGER", "Its place in the mixture, from 0.", "m.key"),
        IN_SESSION,
        REALM,
        Column("fill", "INTEGER", "Number of the filling.", f"coalesce({of('fill')}, 0)"),
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
