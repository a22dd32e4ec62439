"""The entries of a log as JSON, by SQLite alone: the other road to whatever a page says."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]


def bodies_of(log: Path, session: str | None = None) -> list[Body]:
    """Return the bodies of all entries, or of a session's, in their order."""
    with closing(sqlite3.connect(log)) as connection:
        found = connection.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq")
        read = [json.loads(body) for (body,) in found]
    return [body for body in read if session is None or body["session"] == session]


def of_kind(found: list[Body], *kinds: str) -> list[Body]:
    """Return those of some kinds."""
    return [body for body in found if body["kind"] in kinds]
