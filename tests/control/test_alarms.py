"""The board of alarms: what stands, in which order, and that every change is an entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.control.alarms import CONDITIONS, PAUSE_US, PRIORITY, AlarmBoard, AlarmCode

EVENTS = sorted(set(AlarmCode) - CONDITIONS)
ORDER = {"high": 0, "medium": 1, "low": 2}


@pytest.mark.rule("R-ALARMS")
@pytest.mark.parametrize("code", AlarmCode)
def test_every_alarm_has_a_priority(code: AlarmCode) -> None:
    assert PRIORITY[code] in ORDER


@pytest.mark.rule("R-ALARMS")
@pytest.mark.parametrize("code", EVENTS)
def test_what_happened_stays_visible_until_it_is_acknowledged(code: AlarmCode) -> None:
    board = AlarmBoard()
    raised = board.raise_(code, 5, {"index": 3})
    assert raised is not None
    assert (raised.act, raised.by, raised.detail) == ("raised", None, {"index": 3})
    assert board.clear(code) is None, "it was over as soon as it was told"
    [alarm] = board.standing()
    assert not alarm.active
    acknowledged = board.acknowledge(code, "ada")
    assert acknowledged is not None
    assert (acknowledged.act, acknowledged.by) == ("acknowledged", "ada")
    assert board.standing() == ()


@pytest.mark.rule("R-ALARMS")
@pytest.mark.parametrize("code", sorted(CONDITIONS))
def test_what_lasts_stands_until_it_is_over_and_acknowledged_in_either_order(
    code: AlarmCode,
) -> None:
    board = AlarmBoard()
    board.raise_(code, 5)
    assert board.clear(code) is not None
    assert [alarm.active for alarm in board.standing()] == [False]
    assert board.acknowledge(code, "ada") is not None
    assert board.standing() == ()
    board.raise_(code, 6)
    assert board.acknowledge(code, "ada") is not None
    assert [alarm.acknowledged for alarm in board.standing()] == [True]
    assert board.clear(code) is not None
    assert board.standing() == ()


def test_raised_again_it_counts_and_keeps_its_first_cause_and_time() -> None:
    board = AlarmBoard()
    board.raise_(AlarmCode.PARTIAL_SHOT, 5, {"index": 1})
    assert board.raise_(AlarmCode.PARTIAL_SHOT, 9, {"index": 2}) is None
    [alarm] = board.standing()
    assert (alarm.count, alarm.raised_us, dict(alarm.detail)) == (2, 5, {"index": 1})


def test_raised_after_it_was_acknowledged_it_is_a_new_one() -> None:
    board = AlarmBoard()
    board.raise_(AlarmCode.GAP, 5)
    board.acknowledge(AlarmCode.GAP, "ada")
    assert board.raise_(AlarmCode.GAP, 9) is not None
    assert [alarm.raised_us for alarm in board.standing()] == [9]


def test_a_condition_that_passed_and_comes_again_is_raised_again_in_the_log() -> None:
    board = AlarmBoard()
    board.raise_(AlarmCode.LINK_LOST, 5)
    board.clear(AlarmCode.LINK_LOST)
    again = board.raise_(AlarmCode.LINK_LOST, 9)
    assert again is not None
    assert again.act == "raised"


def test_what_does_not_stand_is_neither_cleared_nor_acknowledged() -> None:
    board = AlarmBoard()
    assert board.clear(AlarmCode.GAP) is None
    assert board.acknowledge(AlarmCode.GAP, "ada") is None


def test_a_pause_silences_what_sounds_for_120_seconds_and_a_new_alarm_ends_it() -> None:
    board = AlarmBoard()
    assert board.pause(0, "ada") == []
    board.raise_(AlarmCode.GAP, 1)
    assert board.sounds(1)
    [paused] = board.pause(2, "ada")
    assert (paused.act, paused.by, paused.alarm) == ("paused", "ada", "gap")
    assert not board.sounds(2 + PAUSE_US - 1)
    assert board.sounds(2 + PAUSE_US)
    board.pause(3, "ada")
    board.raise_(AlarmCode.READBACK, 4)
    assert board.sounds(4)
    for code in (AlarmCode.GAP, AlarmCode.READBACK):
        board.acknowledge(code, "ada")
    assert not board.sounds(5)


SOME = [AlarmCode.LINK_LOST, AlarmCode.DEVICE_FAULT, AlarmCode.GAP, AlarmCode.PARTIAL_SHOT]
ACTS = st.lists(
    st.tuples(st.sampled_from(["raise_", "clear", "acknowledge"]), st.sampled_from(SOME)),
    max_size=60,
)


@pytest.mark.rule("R-ALARMS")
@given(ACTS)
def test_the_board_is_always_what_its_entries_say(acts: list[tuple[str, AlarmCode]]) -> None:
    """Folding raised, cleared and acknowledged from the log gives what stands."""
    board, from_log = AlarmBoard(), dict[str, tuple[bool, bool]]()
    for now_us, (act, code) in enumerate(acts):
        more = {"raise_": (now_us,), "clear": (), "acknowledge": ("ada",)}[act]
        entry = getattr(board, act)(code, *more)
        if entry is None:
            continue
        lasting, (active, acknowledged) = code in CONDITIONS, from_log.get(code, (False, False))
        match entry.act:
            case "raised":
                active, acknowledged = lasting, False
            case "cleared":
                active = False
            case "acknowledged":
                acknowledged = True
        from_log[code] = (active, acknowledged)
        if acknowledged and not active:
            del from_log[code]
    assert {a.code: (a.active, a.acknowledged) for a in board.standing()} == from_log


@given(st.lists(st.sampled_from(list(AlarmCode)), max_size=20))
def test_the_most_urgent_comes_first_and_of_equals_the_oldest(codes: list[AlarmCode]) -> None:
    board = AlarmBoard()
    for now_us, code in enumerate(codes):
        board.raise_(code, now_us)
    keys = [(ORDER[alarm.priority], alarm.raised_us) for alarm in board.standing()]
    assert keys == sorted(keys)
