"""Times as the console writes them: UTC, as in the log, to the second."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(utc_us: object) -> str:
    """A time, ``2026-11-27 14:33:05``; empty where there is none."""
    if not isinstance(utc_us, int):
        return ""
    try:
        return f"{_EPOCH + timedelta(microseconds=utc_us):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return "9999-12-31 23:59:59"
