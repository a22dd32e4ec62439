"""What leaves the controller: effects in their order, and entries for the log.

Every part of the controller writes here and nowhere else, so that one input gives
one list of effects, and one place counts the entries that are not yet durable.
"""

from collections.abc import Mapping

from injector.control.alarms import AlarmBoard, AlarmCode, Detail
from injector.control.effects import Append, AppendJudged, Effect
from injector.control.ledger import Ledger
from injector.control.states import State, Turn, follow
from injector.control.wants import Vouching
from injector.shotlog import entries as log


class Standing:
    """Where the controller stands: its state, and the time of the input at hand."""

    def __init__(self) -> None:
        self.state = State.OFFLINE
        self.now_us = 0
        """Monotonic, in microseconds."""

    def turn(self, turn: Turn) -> None:
        """Follow the table; ``OutOfOrderError`` where it knows no way."""
        self.state = follow(self.state, turn)


class Outbox:
    """Effects of the input at hand, entries on their way, alarms."""

    def __init__(self, standing: Standing, ledger: Ledger) -> None:
        self.pending = 0
        """Appends that have not come back."""
        self.alarms = AlarmBoard()
        self._standing = standing
        self._ledger = ledger
        self._effects: list[Effect] = []

    def put(self, *effects: Effect) -> None:
        """Ask for effects."""
        self._effects += effects

    def drain(self) -> tuple[Effect, ...]:
        """Return what was put since the last time."""
        effects, self._effects = tuple(self._effects), []
        return effects

    def append(
        self,
        body: log.Body,
        *,
        session: str | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        """Ask for an entry, in the open session unless another is named."""
        self.append_drafts(self.draft(body, session=session, texts=texts))

    def draft(
        self,
        body: log.Body,
        *,
        session: str | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> log.Draft:
        """Draft an entry, in the open session unless another is named."""
        open_session = self._ledger.session
        where = session or (None if open_session is None else open_session.id)
        return log.Draft(where, body, texts or {})

    def append_drafts(self, *drafts: log.Draft) -> None:
        """Ask for entries that are committed together; nothing once the log has failed."""
        if self._standing.state in (State.LOG_FAILED, State.ENDED):
            return
        self.pending += 1
        self._effects.append(Append(drafts))

    def append_judged(self, what: Vouching) -> None:
        """Ask for what somebody vouches for; nothing once the log has failed."""
        if self._standing.state in (State.LOG_FAILED, State.ENDED):
            return
        self.pending += 1
        self._effects.append(AppendJudged(what))

    def raise_(self, code: AlarmCode, detail: Detail | None = None) -> None:
        """Raise an alarm, and log it if it is news."""
        self._alarm(self.alarms.raise_(code, self._standing.now_us, detail))

    def clear(self, *codes: AlarmCode) -> None:
        """The conditions of these alarms have gone."""
        for code in codes:
            self._alarm(self.alarms.clear(code))

    def acknowledge(self, code: AlarmCode, by: str) -> None:
        """An operator has seen the alarm."""
        self._alarm(self.alarms.acknowledge(code, by))

    def pause(self, by: str) -> None:
        """An operator silences the sound for a while."""
        for entry in self.alarms.pause(self._standing.now_us, by):
            self.append(entry)

    def _alarm(self, entry: log.Alarm | None) -> None:
        if entry is not None:
            self.append(entry)
