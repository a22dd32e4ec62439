"""What a starting host learns from its log, and what the log knows of a gun."""

from typing import Final

from injector.control.inputs import KnownDevice
from injector.control.recall import ledger_from, recall
from injector.limits.exposure import Exposure
from injector.shotlog import entries as log
from injector.shotlog.log import ShotLog
from tests.control import bodies
from tests.control.test_ledger import NOW, a_log

SESSION: Final = bodies.SESSIONS[0]


def _write(shot_log: ShotLog, *all_of: log.Body, session: str | None = None) -> None:
    for body in all_of:
        shot_log.append([log.Draft(session, body)], NOW)


def _known(shot_log: ShotLog, journal: int = bodies.JOURNAL) -> KnownDevice:
    known = recall(shot_log.reader, bodies.SERIAL, journal).known
    assert known is not None
    return known


def test_a_gun_that_the_log_has_never_seen_is_not_known() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(serial=bodies.OTHER))
        answer = recall(shot_log.reader, bodies.SERIAL, bodies.JOURNAL)
        assert (answer.serial, answer.journal_id, answer.known) == (
            bodies.SERIAL,
            bodies.JOURNAL,
            None,
        )


def test_of_a_gun_seen_once_the_counters_of_that_first_sight_are_where_accounts_begin() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(shots=40, newest=40, acknowledged=38))
        known = _known(shot_log)
        assert (known.shots, known.volume_nl, known.committed) == (40, 40 * bodies.DEBIT_NL, 38)


def test_a_later_sight_accounts_for_nothing() -> None:
    """What a gun said it had done may be lost before anything of it is committed."""
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), bodies.seen(shots=3, newest=3, acknowledged=3))
        known = _known(shot_log)
        assert (known.shots, known.committed) == (0, 0)


def test_what_a_later_sight_told_beyond_the_accounts_is_remembered_beside_them() -> None:
    """Where the counters fall after it, that is the only witness left of what was done."""
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), bodies.seen(shots=3, newest=3))
        assert _known(shot_log).told == Exposure(3, 3 * bodies.DEBIT_NL)
        _write(shot_log, *(bodies.shot(index) for index in (1, 2, 3)))
        assert _known(shot_log).told == Exposure()


def test_entries_carry_the_accounts_on_and_their_indexes_what_is_committed() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), *(bodies.shot(index) for index in range(1, 6)))
        known = _known(shot_log)
        assert (known.shots, known.committed) == (5, 5)


def test_of_a_new_journal_nothing_is_committed_and_the_accounts_go_on() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), bodies.grant(1, 9), *(bodies.shot(n) for n in (1, 2, 3)))
        _write(shot_log, bodies.seen(journal=78, shots=5))
        known = _known(shot_log, journal=78)
        assert (known.shots, known.committed, known.journal_before) == (3, 0, (bodies.JOURNAL, 3))


def test_what_was_settled_or_used_elsewhere_is_accounted_for() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), bodies.shot(1), bodies.settled(4))
        assert _known(shot_log).shots == 4
        _write(
            shot_log,
            log.UsedElsewhere(
                serial=bodies.SERIAL,
                journal_id=bodies.JOURNAL,
                shots=6,
                volume_nl=6 * bodies.DEBIT_NL,
                shots_total=10,
                volume_total_nl=10 * bodies.DEBIT_NL,
            ),
        )
        assert _known(shot_log).shots == 10


def test_the_grants_that_its_journal_may_name_are_known_after_their_session_closed() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), bodies.opened(), session=SESSION)
        _write(shot_log, bodies.grant(1, 3), bodies.settled(0, returned=3), session=SESSION)
        _write(shot_log, bodies.closed(), session=SESSION)
        assert [(each.session, each.body.grant) for each in _known(shot_log).grants] == [
            (SESSION, 1)
        ]


def _foreign(index: int) -> log.Foreign:
    what: dict[str, object] = {"kind": 1, "shots": index, "volume_total_nl": index * 20_200}
    return log.Foreign(
        serial=bodies.SERIAL,
        journal_id=bodies.JOURNAL,
        index=index,
        log_id="11" * 8,
        what=what,
    )


def test_the_first_foreign_entry_that_nobody_accepted_is_held() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.seen(), _foreign(1), _foreign(2))
        known = _known(shot_log)
        assert (known.held, known.committed, known.shots) == (1, 2, 2)
        _write(
            shot_log,
            log.ForeignAccepted(serial=bodies.SERIAL, journal_id=bodies.JOURNAL, up_to=2, by="ada"),
        )
        assert _known(shot_log).held is None
        _write(shot_log, bodies.shot(3), _foreign(4))
        assert _known(shot_log).held == 4


def test_a_conflict_is_known_for_good() -> None:
    with a_log() as shot_log:
        conflict = log.Conflict(
            serial=bodies.SERIAL, journal_id=bodies.JOURNAL, at_index=2, what={}
        )
        _write(shot_log, bodies.seen(), bodies.shot(1), conflict, bodies.shot(2))
        assert _known(shot_log).conflict == 2
        assert _known(shot_log, journal=99).conflict is None


def test_a_closed_session_leaves_nothing_but_stop_and_the_libraries() -> None:
    with a_log() as shot_log:
        _write(shot_log, bodies.opened(), bodies.grant(1, 3), session=SESSION)
        _write(shot_log, bodies.settled(0, returned=3), bodies.closed(), session=SESSION)
        _write(shot_log, log.Stop(origin="operator", by=None, serial=None))
        ledger = ledger_from(shot_log.reader)
        assert ledger.session is None
        assert ledger.open_grant is None
        assert ledger.stop_unreleased


def test_a_stop_from_before_the_session_is_inherited_with_it() -> None:
    with a_log() as shot_log:
        _write(shot_log, log.Stop(origin="operator", by=None, serial=None))
        _write(shot_log, bodies.opened(), bodies.grant(1, 3), session=SESSION)
        ledger = ledger_from(shot_log.reader)
        assert ledger.session is not None
        assert ledger.stop_unreleased
        assert ledger.remainder.shots == 3
