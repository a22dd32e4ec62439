"""Entries of the log before, as a successor quotes them.

Whoever folds a log reads them where they stand, as if they were entries of their visit.
"""

from collections.abc import Iterator

from injector.shotlog.entries import Entry, Moment
from injector.shotlog.envelope import body_of
from injector.shotlog.vouching import BroughtForward


def quoted(entry: Entry) -> Iterator[tuple[Entry, str | None]]:
    """Yield what a brought-forward entry quotes, each with its boot, as entries of the visit.

    They carry the place of the entry that quotes them. Raises `MalformedBodyError` for a
    quotation without form, which no log of ours holds.
    """
    body = entry.body
    if not isinstance(body, BroughtForward):
        return
    for each in body.entries:
        at = Moment(each.utc_us, each.mono_us)
        yield Entry(entry.seq, at, body.visit, body_of(each.body)), each.host_boot
