"""The ledger: exposure folded from committed entries, live or from the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from injector.control.ledger import SWAPPED, Ledger
from injector.control.recall import ledger_from
from injector.limits.exposure import Exposure
from injector.shotlog import entries as log
from injector.shotlog.log import ShotLog
from injector.world.books import Books
from tests.control import bodies

NOW: Final = log.Moment(1_800_000_000_000_000, 1)


@contextmanager
def a_log() -> Iterator[ShotLog]:
    """A shot log of its own."""
    with TemporaryDirectory() as folder:
        draw = Random(1).randbytes  # noqa: S311 -- a log that nobody signs anything with
        with ShotLog.open(Path(folder) / "log", now=NOW, random_bytes=draw, software="t") as opened:
            yield opened


class Writer:
    """Writes what a session could bring, and feeds live ledger and books with it."""

    def __init__(self, shot_log: ShotLog) -> None:
        self.log = shot_log
        self.live = Ledger()
        self.books = Books()
        self.session: str | None = None
        self.sessions = 0
        self.index = 0
        self.grants = 0
        self.left = 0
        self.link = 5

    def write(self, body: log.Body) -> log.Entry:
        [entry] = self.log.append([log.Draft(self.session, body)], NOW)
        self.live.apply(entry)
        self.books.take(entry)
        return entry

    def open(self) -> None:
        if self.session is None and self.sessions < len(bodies.SESSIONS):
            self.session = bodies.SESSIONS[self.sessions]
            self.sessions += 1
            self.write(bodies.opened(newest=self.index, shots=self.index))

    def close(self) -> None:
        if self.session is not None and self.live.open_grant is None:
            self.write(bodies.closed())
            self.session = None

    def grant(self, shots: int, step: int) -> None:
        if self.session is None:
            return
        self.grants += 1
        base = self.index if self.live.open_grant is None else self.index + self.left
        self.left += shots
        self.write(bodies.grant(self.grants, shots, link=self.link, step=step, base=base))

    def shoot(self, volume_nl: int | None) -> None:
        if not self.left:
            return
        self.left -= 1
        self.index += 1
        if volume_nl is None:
            self.write(bodies.uncertain(self.index, number=self.grants, link=self.link))
        else:
            self.write(
                bodies.shot(self.index, number=self.grants, link=self.link, volume_nl=volume_nl)
            )

    def settle(self) -> None:
        if self.live.open_grant is not None:
            self.write(bodies.settled(self.index, link=self.link, returned=self.left))
            self.left = 0
            self.link += 1
            self.grants = 0

    def lose(self, shots: int) -> None:
        if self.session is not None and 0 < shots <= self.left:
            self.left -= shots
            self.write(bodies.gap(shots))
            self.settle()

    def stop(self) -> None:
        self.write(log.Stop(origin="operator", by=None, serial=None))

    def release(self) -> None:
        self.write(log.Release(serial=bodies.SERIAL, stop_count=1, by="ada"))

    def look(self) -> None:
        for seq in list(self.live.gaps):
            self.write(log.GapAcknowledged(gap_seq=seq, by="ada", choice="go_on"))


ACTS = st.lists(
    st.one_of(
        st.just(("open",)),
        st.just(("close",)),
        st.tuples(st.just("grant"), st.integers(1, 30), st.integers(0, 3)),
        st.tuples(st.just("shoot"), st.none() | st.integers(0, 20_400)),
        st.tuples(st.just("shoot"), st.just(bodies.VOLUME_NL)),
        st.just(("settle",)),
        st.tuples(st.just("lose"), st.integers(1, 5)),
        st.just(("stop",)),
        st.just(("release",)),
        st.just(("look",)),
    ),
    min_size=5,
    max_size=60,
)


def _all(ledger: Ledger) -> tuple[object, ...]:
    session = ledger.session
    return (
        None if session is None else (session.id, session.given.total(), session.shots_by_step),
        None if session is None else dict(session.given.by_zone),
        ledger.open_grant,
        ledger.remainder,
        ledger.exposure().total(),
        ledger.gaps,
        ledger.stop_unreleased,
        ledger.syringe_left_nl(),
    )


@pytest.mark.rule("R-LEDGER")
@settings(max_examples=25, deadline=None)
@given(ACTS)
def test_folded_from_the_file_it_says_what_it_said_live(acts: list[tuple[object, ...]]) -> None:
    with a_log() as shot_log:
        writer = Writer(shot_log)
        writer.open()
        for name, *values in acts:
            getattr(writer, str(name))(*values)
        assert _all(ledger_from(shot_log.reader)) == _all(writer.live)


@pytest.mark.rule("INV-1")
@settings(max_examples=25, deadline=None)
@given(ACTS)
def test_its_exposure_is_that_of_books_kept_in_another_way(acts: list[tuple[object, ...]]) -> None:
    with a_log() as shot_log:
        writer = Writer(shot_log)
        writer.open()
        for name, *values in acts:
            before = writer.live.exposure().total()
            getattr(writer, str(name))(*values)
            after = writer.live.exposure().total()
            if writer.session is not None:
                assert after.shots == writer.books.exposure().total().shots
                if name == "shoot":
                    assert after.shots == before.shots, "a shot moves, it does not add"


def _fed(*all_of: log.Body) -> Ledger:
    ledger = Ledger()
    for seq, body in enumerate(all_of):
        ledger.apply(log.Entry(seq, NOW, bodies.SESSIONS[0], body))
    return ledger


@pytest.mark.rule("R-GRANT-ONCE")
def test_a_grant_counts_from_its_commit_and_a_shot_moves_its_share() -> None:
    ledger = _fed(bodies.opened(), bodies.grant(1, 10))
    assert ledger.exposure().total() == Exposure(10, 10 * bodies.DEBIT_NL)
    ledger = _fed(bodies.opened(), bodies.grant(1, 10), bodies.shot(1), bodies.shot(2))
    total = 2 * bodies.VOLUME_NL + 8 * bodies.DEBIT_NL
    assert ledger.exposure().total() == Exposure(10, total)
    assert ledger.remainder == Exposure(8, 8 * bodies.DEBIT_NL)


@pytest.mark.rule("R-GRANT-ONCE")
def test_what_was_not_used_comes_back_only_with_a_settled_entry() -> None:
    used = (bodies.opened(), bodies.grant(1, 10), bodies.shot(1))
    assert _fed(*used, log.Disarmed(reason="operator", by="ada")).exposure().total().shots == 10
    assert _fed(*used, bodies.settled(1, returned=9)).exposure().total().shots == 1


@pytest.mark.rule("R-COUNTED", "R-STEP")
def test_a_partial_shot_counts_what_was_given_and_one_shot_of_its_step() -> None:
    ledger = _fed(bodies.opened(), bodies.grant(1, 4, step=2), bodies.shot(1, volume_nl=7_000))
    assert ledger.session is not None
    assert ledger.session.given.total() == Exposure(1, 7_000)
    assert ledger.step_shots(2) == 1


@pytest.mark.rule("R-UNKNOWN-MOST")
def test_an_uncertain_shot_and_a_gap_count_as_the_most_they_can_be() -> None:
    ledger = _fed(bodies.opened(), bodies.grant(1, 10), bodies.uncertain(1), bodies.gap(3))
    assert ledger.session is not None
    assert ledger.session.given.total() == Exposure(4, 4 * bodies.DEBIT_NL)
    assert ledger.exposure().total().shots == 10


@pytest.mark.rule("R-LATE")
def test_another_guns_late_shots_take_nothing_from_the_grant_that_is_open() -> None:
    ledger = _fed(
        bodies.opened(),
        bodies.grant(1, 10),
        bodies.gap(10, reason=SWAPPED),
        bodies.grant(1, 6, serial=bodies.OTHER, link=8),
        bodies.shot(1),
        bodies.shot(2),
    )
    assert ledger.remainder.shots == 6


@pytest.mark.rule("R-LATE")
def test_a_late_shot_of_a_swapped_gun_refines_its_gap_and_adds_nothing() -> None:
    swapped = (bodies.opened(), bodies.grant(1, 10), bodies.gap(10, reason=SWAPPED))
    before = _fed(*swapped).exposure().total()
    after = _fed(*swapped, bodies.shot(1), bodies.shot(2)).exposure().total()
    assert (before.shots, after.shots) == (10, 10)
    assert after.volume_nl <= before.volume_nl


@pytest.mark.rule("R-STOP-LATCHED")
def test_stop_stands_until_a_release_that_came_after_it() -> None:
    stop = log.Stop(origin="operator", by=None, serial=None)
    release = log.Release(serial=bodies.SERIAL, stop_count=1, by="ada")
    confirmed = log.StopConfirmed(serial=bodies.SERIAL, stop_count=2)
    assert _fed(stop).stop_unreleased
    assert not _fed(stop, release).stop_unreleased
    assert _fed(release, stop).stop_unreleased
    assert _fed(stop, release, confirmed).stop_unreleased


@pytest.mark.rule("R-SYRINGE")
def test_the_syringe_is_emptied_by_shots_gaps_and_primes() -> None:
    prime = log.Moved(
        serial=bodies.SERIAL,
        journal_id=bodies.JOURNAL,
        index=9,
        link=5,
        boot_id=9,
        act="prime",
        outcome="complete",
        cause=None,
        volume_nl=100_000,
        debit_nl=101_000,
        t_us=0,
        duration_us=1,
        shots_total=0,
        volume_total_nl=0,
    )
    ledger = _fed(bodies.opened(), prime, bodies.grant(1, 5), bodies.shot(1), bodies.gap(2))
    left_nl = 2_000_000 - 100_000 - bodies.VOLUME_NL - 2 * bodies.DEBIT_NL
    assert left_nl - 1_000 <= ledger.syringe_left_nl() <= left_nl
