"""Who stands for what: signatures, who came and went, checkpoints; private texts."""

from typing import Final

from injector.report.table import Column, Table
from injector.report.tables.pieces import IN_SESSION, REALM, SEQ, of, text, time, typed, when, whole

_TYPED: Final = "e.kind = 'session_closed'"

SIGNATURE: Final = Table(
    "signature",
    "A person stands for a record.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        Column(
            "signed_utc",
            "TEXT",
            "When, in the signer's word.",
            time(f"coalesce({of('signed_utc_us')}, {of('utc_us')})"),
        ),
        Column(
            "by_person",
            "TEXT",
            "The signer's id.",
            f"CASE WHEN {_TYPED} THEN {of('signature.by')} ELSE {of('by')} END",
            facet=True,
            typed=True,
        ),
        Column(
            "name",
            "TEXT",
            "The signer's name, as printed.",
            f"CASE WHEN {_TYPED} THEN {of('signature.name')} ELSE {of('name')} END",
            typed=True,
        ),
        Column(
            "meaning",
            "TEXT",
            "performed, reviewed, approved, override; or what was said at closing.",
            f"CASE WHEN {_TYPED} THEN {of('signature.meaning')} ELSE {of('meaning')} END",
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
            f"coalesce({of('about_seq')}, e.seq)",
        ),
    ),
    kinds=("signed", "session_closed"),
    where=f"(e.kind = 'signed' OR {of('signature')} IS NOT NULL)",
)

ACCESS: Final = Table(
    "access",
    "Somebody came to the console, left it, was not let in, or was barred from something.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("access_utc", "When."),
        Column(
            "what",
            "TEXT",
            "What happened.",
            f"iif(e.kind = 'barred', 'barred', {of('what')})",
            facet=True,
        ),
        Column(
            "asked",
            "TEXT",
            "What they were barred from, a code.",
            f"iif(e.kind = 'barred', {of('what')}, NULL)",
            facet=True,
        ),
        Column(
            "person",
            "TEXT",
            "Whose id was given; empty where nobody here has it.",
            f"coalesce({of('person')}, {of('by')})",
            facet=True,
            typed=True,
        ),
        text("role", "In which role.", facet=True),
    ),
    kinds=("access", "barred"),
)

ANCHOR: Final = Table(
    "anchor",
    "A checkpoint that is in the log, or that somebody outside holds.",
    (
        SEQ,
        IN_SESSION,
        REALM,
        when("recorded_utc", "When it was recorded."),
        Column(
            "place",
            "TEXT",
            "log, file, timestamp (RFC 3161) or witness (C2SP).",
            f"coalesce({of('place')}, 'log')",
            facet=True,
        ),
        typed("name", "Which of them.", facet=True),
        whole("size", "Entries under it."),
        text("root", "Root hash of the tree, in hex."),
        Column("held_utc", "TEXT", "When, in the word of whoever holds it.", time(of("at_utc_us"))),
    ),
    kinds=("anchor", "anchored"),
)

TEXT: Final = Table(
    "text",
    "A private text, as it stands beside an entry. It is made only where it is asked for.",
    (
        Column("seq", "INTEGER", "The entry.", "e.seq"),
        Column("place", "TEXT", "Where in it (JSON Pointer, RFC 6901)."),
        Column("session", "TEXT", "The session's id.", names=("session", "session")),
        Column("kind", "TEXT", "The entry's kind.", facet=True),
        Column("text", "TEXT", "The text, as it was typed."),
    ),
    key=("seq", "place"),
)
