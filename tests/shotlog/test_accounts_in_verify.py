"""What verify finds in a log that is signed and whole, and yet does not come out.

Each log here is written by the log itself, so that every hash and signature is right: only
what the entries say about guns, journals and grants is wrong.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from injector.shotlog.entries import (
    Body,
    DeviceSeen,
    Draft,
    Fault,
    Gap,
    Moved,
    Settled,
    UsedElsewhere,
)
from injector.shotlog.fields import Record
from injector.shotlog.findings import Check, CheckResult, Code, Remark, Report, Status
from injector.shotlog.verify import verify
from tests.shotlog.samples import (
    JOURNAL,
    NOW,
    SERIAL,
    SESSION,
    closed,
    grant,
    open_log,
    opened,
    shot,
    uncertain,
)

OPENED, GRANT, FIRST = 1, 2, 3  # where they stand in what `session` writes


def changed(body: Record, **fields: object) -> Body:
    return type(body).model_validate(body.model_dump() | fields)  # type: ignore[return-value]


def fired(*indexes: int, **fields: object) -> list[Body]:
    return [changed(shot(index, GRANT), **fields) for index in indexes]


def seen(oldest: int, newest: int, acknowledged: int, shots: int, link: int = 7) -> DeviceSeen:
    return DeviceSeen(
        serial=SERIAL, model="gun", firmware="1", protocol=1, boot_id=99, journal_id=JOURNAL,
        oldest=oldest, newest=newest, acknowledged=acknowledged, shots=shots,
        volume_nl=shots * 20_200, stop_count=0, link=link, port="tty",
    )  # fmt: skip


def gap(first: int, last: int, shots: int) -> Gap:
    return Gap(
        serial=SERIAL, journal_id=JOURNAL, first=first, last=last, shots_max=shots,
        volume_max_nl=shots * 20_200, reason="memory_lost",
    )  # fmt: skip


def elsewhere(shots: int, total: int) -> UsedElsewhere:
    return UsedElsewhere(
        serial=SERIAL, journal_id=JOURNAL, shots=shots, volume_nl=shots * 20_200,
        shots_total=total, volume_total_nl=total * 20_200,
    )  # fmt: skip


def settled(shots: int) -> Settled:
    return Settled(
        serial=SERIAL, link=7, shots=shots, volume_nl=shots * 20_200, returned_shots=0,
        returned_nl=0,
    )  # fmt: skip


def primed(index: int, shots: int) -> Moved:
    return Moved(
        serial=SERIAL, journal_id=JOURNAL, index=index, link=7, boot_id=99, act="prime",
        outcome="complete", cause=None, volume_nl=50_000, debit_nl=50_000, t_us=0, duration_us=1,
        shots_total=shots, volume_total_nl=shots * 20_200,
    )  # fmt: skip


def fault(index: int, shots: int) -> Fault:
    return Fault(
        serial=SERIAL, journal_id=JOURNAL, index=index, link=7, boot_id=99, code="occlusion",
        detail=1, t_us=0, shots_total=shots, volume_total_nl=shots * 20_200,
    )  # fmt: skip


Written = Callable[..., Report]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a session with these entries in it, closed on a gun that gave so many; verify it."""

    def write(*bodies: Body, shots: int, granted: Body | None = None) -> Report:
        with open_log(tmp_path / "shots.db") as log:
            log.append([opened()], NOW)
            log.append([Draft(SESSION, granted or grant())], NOW)
            for body in bodies:
                log.append([Draft(SESSION, body)], NOW)
            newest = max((getattr(body, "index", 0) for body in bodies), default=0)
            log.append([Draft(SESSION, changed(closed(SESSION, shots).body, newest=newest))], NOW)
        return verify(tmp_path / "shots.db")

    return write


def of(report: Report, check: Check) -> CheckResult:
    return next(result for result in report.checks if result.check is check)


def found(report: Report) -> list[tuple[Check, Code, int | None, str]]:
    """Everything that is wrong in it."""
    return [
        (result.check, each.code, each.seq, each.detail)
        for result in report.checks
        for each in result.findings
    ]


def remarks(report: Report, check: Check) -> list[tuple[Remark, int]]:
    return [(each.remark, each.count) for each in of(report, check).remarks]


# -- guns --------------------------------------------------------------------------------------


def test_shots_uncertain_ones_primes_and_faults_account_for_a_gun(written: Written) -> None:
    report = written(
        *fired(1, 2), uncertain(3, GRANT), primed(4, 3), fault(5, 3), settled(3), shots=3
    )
    assert found(report) == []
    assert of(report, Check.DEVICES).status is Status.PASSED
    assert of(report, Check.DEVICES).counted == 7, "five of the journal, an opening, a close"
    assert remarks(report, Check.DEVICES) == []


def test_a_shot_that_is_not_in_the_log_shows_as_a_hole_in_the_journal(written: Written) -> None:
    report = written(*fired(1, 2, 4), shots=4)
    assert found(report) == [
        (Check.DEVICES, Code.JOURNAL_HOLE, FIRST + 2, "3 to 3"),
        (Check.DEVICES, Code.COUNTERS_AHEAD, FIRST + 2, "1 shots, 20200 nL"),
    ]


def test_the_newest_shots_left_out_show_in_the_counters_at_the_close(written: Written) -> None:
    report = written(*fired(1, 2), shots=5)
    assert found(report) == [(Check.DEVICES, Code.COUNTERS_DIFFER, FIRST + 2, "3 shots, 60600 nL")]


def test_counters_that_run_ahead_of_a_journal_without_a_hole_are_found(written: Written) -> None:
    later = changed(shot(3, GRANT), shots_total=4, volume_total_nl=80_800)
    report = written(*fired(1, 2), later, shots=4)
    assert found(report) == [(Check.DEVICES, Code.COUNTERS_AHEAD, FIRST + 2, "1 shots, 20200 nL")]


def test_the_first_shots_left_out_show_in_the_counters_at_the_opening(written: Written) -> None:
    report = written(*fired(3), shots=3)
    assert found(report) == [
        (Check.DEVICES, Code.JOURNAL_HOLE, FIRST, "1 to 2"),
        (Check.DEVICES, Code.COUNTERS_AHEAD, FIRST, "2 shots, 40400 nL"),
    ]


def test_counters_that_settle_above_what_entries_tell_are_found(written: Written) -> None:
    report = written(*fired(1), settled(2), shots=2)
    assert found(report) == [(Check.DEVICES, Code.COUNTERS_AHEAD, FIRST + 1, "1 shots, 20200 nL")]


def test_a_gap_accounts_for_what_it_says_and_no_more(written: Written) -> None:
    assert found(written(*fired(1), gap(2, 3, 2), *fired(4), shots=4)) == []


def test_more_than_a_gap_says_is_found(written: Written) -> None:
    report = written(*fired(1), gap(2, 4, 2), *fired(5), shots=5)
    assert found(report) == [(Check.DEVICES, Code.COUNTERS_AHEAD, FIRST + 2, "3 shots, 60600 nL")]


def test_a_gap_accounts_once(written: Written) -> None:
    report = written(*fired(1), gap(2, 2, 1), *fired(3, 5), shots=5)
    assert found(report) == [
        (Check.DEVICES, Code.JOURNAL_HOLE, FIRST + 3, "4 to 4"),
        (Check.DEVICES, Code.COUNTERS_AHEAD, FIRST + 3, "1 shots, 20200 nL"),
    ]


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ([(5, 8)], "2 to 4"),
        ([(9, 12)], "2 to 4"),
        ([(0, 0)], "2 to 4"),
        ([(2, 3)], "4 to 4"),
        ([(3, 4)], "2 to 2"),
        ([(3, 3)], "2 to 2, 4 to 4"),
    ],
)
def test_a_gap_excuses_only_the_indexes_that_it_names(
    written: Written, told: list[tuple[int, int]], left: str
) -> None:
    gaps = [gap(first, last, 3) for first, last in told]
    report = written(*fired(1), *gaps, *fired(5), shots=5)
    assert found(report) == [(Check.DEVICES, Code.JOURNAL_HOLE, FIRST + 1 + len(told), left)]


@pytest.mark.parametrize("told", [[(2, 4)], [(1, 9)], [(2, 3), (4, 4)], [(3, 4), (2, 3)]])
def test_gaps_excuse_a_hole_together(written: Written, told: list[tuple[int, int]]) -> None:
    gaps = [gap(first, last, 3) for first, last in told]
    assert found(written(*fired(1), *gaps, *fired(5), shots=5)) == []


def test_a_gap_of_another_journal_excuses_no_hole_in_the_middle_of_this_one(
    written: Written,
) -> None:
    other = changed(gap(2, 4, 3), journal_id=JOURNAL + 1)
    report = written(*fired(1), other, *fired(5), shots=5)
    assert found(report) == [(Check.DEVICES, Code.JOURNAL_HOLE, FIRST + 2, "2 to 4")]


def test_a_gun_that_lost_its_memory_may_have_lost_the_first_of_its_new_journal_too(
    written: Written,
) -> None:
    """The gap names what is missing of the journal before."""
    anew = changed(shot(4, GRANT), journal_id=JOURNAL + 1, index=3)
    assert found(written(*fired(1), gap(2, 3, 2), anew, shots=4)) == []


def test_use_elsewhere_accounts_for_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([opened(), closed()], NOW)
        log.append([Draft(None, elsewhere(3, 3)), Draft(None, settled(3))], NOW)
        log.append([opened("t00000000000000b2", 3), closed("t00000000000000b2", 0, 3)], NOW)
    assert found(verify(path)) == []


def test_a_session_that_opens_on_other_counters_than_the_one_before_left_is_found(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([opened(), closed()], NOW)
        log.append([opened("t00000000000000b2", 3), closed("t00000000000000b2", 0, 3)], NOW)
    assert found(verify(path)) == [(Check.DEVICES, Code.COUNTERS_DIFFER, 4, "3 shots, 60600 nL")]


def test_indexes_in_which_nothing_moved_are_counted_and_said(written: Written) -> None:
    """An entry that told of a fault may be worn away; the counters go on over it."""
    later = [changed(shot(3, GRANT), index=5, shots_total=3)]
    report = written(*fired(1, 2), *later, shots=3)
    assert found(report) == []
    assert remarks(report, Check.DEVICES) == [(Remark.INDEXES_EMPTY, 2)]


def test_a_journal_that_goes_back_is_found(written: Written) -> None:
    back = changed(shot(2, GRANT), index=1)
    report = written(*fired(2, shots_total=1, volume_total_nl=20_200), back, shots=2)
    assert found(report) == [(Check.DEVICES, Code.JOURNAL_BACKWARDS, FIRST + 1, "1")]


def test_counters_that_fell_are_said_and_what_is_lost_with_them_is_not_guessed(
    written: Written,
) -> None:
    report = written(*fired(1, 2), settled(0), shots=0)
    assert found(report) == []
    assert remarks(report, Check.DEVICES) == [(Remark.COUNTERS_FELL, 1)]


def test_what_a_gun_did_before_this_log_saw_it_is_not_this_log_s(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        log.append([Draft(None, seen(oldest=41, newest=52, acknowledged=50, shots=52))], NOW)
        log.append([Draft(None, shot(index)) for index in (51, 52)], NOW)
        log.append([opened(SESSION, 52), closed(SESSION, 0, 52)], NOW)
    assert found(verify(path)) == []


# -- grants --------------------------------------------------------------------------------------


def test_every_shot_inside_its_grant_passes_and_is_counted(written: Written) -> None:
    report = written(*fired(1, 2), uncertain(3, GRANT), shots=3)
    assert found(report) == []
    assert of(report, Check.GRANTS).status is Status.PASSED
    assert of(report, Check.GRANTS).counted == 3


@pytest.mark.parametrize("named", [0, OPENED, FIRST, 4_000])
def test_a_shot_that_names_no_grant_before_it_is_found(written: Written, named: int) -> None:
    report = written(*fired(1, grant_seq=named), shots=1)
    assert found(report) == [(Check.GRANTS, Code.GRANT_MISSING, FIRST, str(named))]


@pytest.mark.parametrize(
    "fields", [{"link": 8}, {"grant": 2}, {"setpoint_digest": "ffffffffffffffff"}]
)
def test_a_shot_under_another_link_number_or_setpoint_than_its_grant_s_is_found(
    written: Written, fields: dict[str, object]
) -> None:
    report = written(*fired(1, **fields), shots=1)
    assert found(report) == [(Check.GRANTS, Code.GRANT_DIFFERS, FIRST, str(GRANT))]


def test_a_shot_of_another_gun_than_its_grant_s_is_found(written: Written) -> None:
    report = written(*fired(1, serial="PG-0002"), shots=0)
    assert found(report) == [(Check.GRANTS, Code.GRANT_DIFFERS, FIRST, str(GRANT))]


def test_a_shot_in_another_session_than_its_grant_s_is_found(tmp_path: Path) -> None:
    path, other = tmp_path / "shots.db", "t00000000000000b2"
    with open_log(path) as log:
        log.append([opened(), Draft(SESSION, grant()), closed(SESSION)], NOW)
        log.append([opened(other), Draft(other, shot(1, GRANT)), closed(other, 1)], NOW)
    assert found(verify(path)) == [(Check.GRANTS, Code.GRANT_DIFFERS, 6, str(GRANT))]


def test_one_shot_too_many_is_found(written: Written) -> None:
    """One that moved nothing, so that no volume tells."""
    nothing = changed(
        shot(3, GRANT), outcome="partial", cause="trigger", volume_nl=0, counts_nl=0, debit_nl=0,
        volume_total_nl=40_400,
    )  # fmt: skip
    stands = changed(settled(3), volume_nl=40_400)
    report = written(*fired(1, 2), nothing, stands, shots=3, granted=grant(2))
    assert found(report) == [
        (Check.DEVICES, Code.COUNTERS_DIFFER, FIRST + 4, "0 shots, 20200 nL"),
        (Check.GRANTS, Code.BEYOND_GRANT, FIRST + 2, str(GRANT)),
    ]


def test_a_volume_above_the_grant_s_is_found(written: Written) -> None:
    """One shot of two that were permitted, after fluid was lost: both fit no more."""
    lost = changed(gap(0, 0, 0), volume_max_nl=30_000)
    late = changed(shot(1, GRANT), volume_total_nl=50_200)
    report = written(lost, late, shots=1, granted=grant(2))
    assert found(report) == [
        (Check.DEVICES, Code.COUNTERS_DIFFER, FIRST + 2, "0 shots, -30000 nL"),
        (Check.GRANTS, Code.BEYOND_GRANT, FIRST + 1, str(GRANT)),
    ]


def test_a_shot_debited_at_more_than_its_setpoint_is_found(written: Written) -> None:
    """Within the grant's total, and more than one shot of its setpoint can be."""
    twice = changed(shot(1, GRANT), debit_nl=40_400, volume_total_nl=40_400)
    report = written(twice, changed(settled(1), volume_nl=40_400), shots=1)
    assert found(report) == [
        (Check.DEVICES, Code.COUNTERS_DIFFER, FIRST + 2, "0 shots, -20200 nL"),
        (Check.GRANTS, Code.BEYOND_GRANT, FIRST, str(GRANT)),
    ]


def test_a_shot_that_counts_as_less_than_was_given_is_found(written: Written) -> None:
    report = written(*fired(1, counts_nl=19_999), shots=1)
    assert found(report) == [(Check.GRANTS, Code.COUNTED_SHORT, FIRST, "19999 nL")]


def test_a_grant_whose_absolute_limits_are_wider_than_what_it_permits_is_found(
    written: Written,
) -> None:
    wide = changed(grant(), shots_limit=50)
    assert found(written(shots=0, granted=wide)) == [(Check.GRANTS, Code.GRANT_TOO_WIDE, GRANT, "")]


def test_a_grant_that_tops_another_up_adds_to_its_limits(written: Written) -> None:
    more = changed(grant(10, 10), grant=2)
    assert found(written(*fired(1, 2), more, *fired(3), shots=3)) == []


def test_a_grant_that_was_settled_is_not_added_to(written: Written) -> None:
    """Eight shots of it were taken back: the next one begins where the gun stands."""
    more = changed(grant(10, 10), grant=2)
    report = written(*fired(1, 2), settled(2), more, shots=2)
    assert found(report) == [(Check.GRANTS, Code.GRANT_TOO_WIDE, FIRST + 3, "")]
    assert of(report, Check.GRANTS).status is Status.FAILED


def test_after_a_settlement_a_grant_adds_to_the_counters(written: Written) -> None:
    first, second = changed(grant(10, 2), grant=2), changed(grant(10, 12), grant=3)
    assert found(written(*fired(1, 2), settled(2), first, second, shots=2)) == []


def test_a_grant_s_number_used_again_on_a_link_is_found(written: Written) -> None:
    assert found(written(grant(10, 10), shots=0)) == [
        (Check.GRANTS, Code.GRANT_REPEATED, FIRST, "1")
    ]


def test_a_shot_that_nobody_granted_is_counted_and_said(written: Written) -> None:
    report = written(*fired(1, 2, grant_seq=None), shots=2)
    assert found(report) == []
    assert remarks(report, Check.GRANTS) == [(Remark.NOT_GRANTED, 2)]


def test_a_shot_that_gave_more_than_was_debited_is_counted_and_said(written: Written) -> None:
    report = written(*fired(1, volume_nl=25_000, counts_nl=25_000), shots=1)
    assert found(report) == []
    assert remarks(report, Check.GRANTS) == [(Remark.OVER_DELIVERED, 1)]


def test_a_grant_of_long_ago_is_found_again_for_what_a_gun_held_back(tmp_path: Path) -> None:
    path, late = tmp_path / "shots.db", "PG-0002"
    with open_log(path) as log:
        log.append([opened(), Draft(SESSION, changed(grant(), serial=late))], NOW)
        log.append(
            [Draft(SESSION, changed(grant(1, number), grant=number + 1)) for number in range(600)],
            NOW,
        )
        log.append([Draft(SESSION, each) for each in fired(1, 2, serial=late)], NOW)
        log.append([Draft(SESSION, each) for each in fired(3, serial=late, link=9)], NOW)
        log.append([closed()], NOW)
        size = log.size
    assert found(verify(path)) == [(Check.GRANTS, Code.GRANT_DIFFERS, size - 3, str(GRANT))]


# -- sessions ------------------------------------------------------------------------------------


def test_a_session_that_closed_unsigned_or_only_says_who_signed_is_counted_and_said(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        unsigned = changed(closed().body, signature=None)
        log.append([opened(), Draft(SESSION, unsigned)], NOW)
        for number in (2, 3):
            session = f"t{number:016x}"
            log.append([opened(session), closed(session)], NOW)
    report = verify(path)
    assert found(report) == []
    assert remarks(report, Check.SESSIONS) == [
        (Remark.SIGNATURE_CLAIMED, 2),
        (Remark.NOT_SIGNED, 1),
    ]
