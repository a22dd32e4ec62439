"""Placing checkpoints outside while the console runs: on a thread that nobody waits for.

It begins as the console starts and after each session that closes. Strangers on the network
take as long as they take; meanwhile nothing of the console stands still, and a console that
ends does not wait either: what was not placed waits for the next start. What was answered goes
to the engine, which alone writes.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from injector.tui.settings import AnchorSettings

if TYPE_CHECKING:  # loaded on the thread
    from injector.anchors.failure import AnchorError
    from injector.anchors.places import Places
    from injector.anchors.standing import Kind
    from injector.control.inputs import Intent


class Anchoring:
    """Places what waits each time it is woken, where a place is configured besides the file."""

    def __init__(
        self, log: Path, settings: AnchorSettings, post: Callable[["Intent"], None]
    ) -> None:
        self._log = log
        self._settings = settings
        self._post = post
        self._wanted = Event()
        self._thread: Thread | None = None
        self._placed: set[tuple[Kind, int]] = set()
        self._failed: dict[Kind, AnchorError] = {}

    @property
    def failed(self) -> "Mapping[Kind, AnchorError]":
        """Why the newest attempts failed, by what was asked."""
        return dict(self._failed)

    def wake(self) -> None:
        """Place what waits; returns at once."""
        if self._settings.timestamp_url is None and self._settings.witness_url is None:
            return
        self._wanted.set()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="anchoring", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        import sqlite3  # noqa: PLC0415 - loaded on the thread: the first screen waits for no log

        from injector.shotlog.errors import LogError  # noqa: PLC0415 - the same

        places = self._settings.places()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with suppress(LogError, sqlite3.Error):  # the log card says what is wrong with it
                self._place(places)

    def _place(self, places: "Places") -> None:
        from injector.anchors.placing import Failed, place  # noqa: PLC0415 - loaded on the thread
        from injector.anchors.standing import Kind  # noqa: PLC0415 - the same
        from injector.control.wants import RecordAnchored  # noqa: PLC0415 - the same
        from injector.shotlog.reader import LogReader  # noqa: PLC0415 - the same

        with LogReader.open(self._log) as reader:
            found = place(reader, places, done=frozenset(self._placed))
        for each in found:
            if isinstance(each, Failed):
                self._failed[each.kind] = each.error
            else:
                # It is in the log only once the engine has written it.
                self._placed.add((Kind(each.place), each.size))
                self._failed.pop(Kind(each.place), None)
                self._post(RecordAnchored(each))
