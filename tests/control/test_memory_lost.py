"""A gun whose memory was lost, went back, or holds another log's entries."""

import pytest

from injector.control.inputs import AcceptForeign, AcknowledgeGap, Arm, ReleaseStop
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.protocol import cbor
from injector.shotlog.entries import Foreign, Gap, Settled
from injector.world import ear
from injector.world.ear import Said
from injector.world.happenings import HostKilled, HostStarted
from injector.world.house import SERIAL
from injector.world.wire import Passed, untroubled
from simulator.acts import Contact, Plug, Power, Reset, Unplug
from tests.control.strangers import fire_as_another_host
from tests.control.worlds import OPERATOR, World

FIRED = 2
"""As many as the lease lets the gun fire of which it has heard nothing."""


def _fire_unheard(world: World) -> None:
    """Fire shots of which the host hears nothing, and cut the gun's power."""
    world.armed()
    world.house.wire.to_host.trouble = lambda *_: ()
    world.fire(FIRED)
    world.let_go()
    world.house.run_for(250)
    world.house.happen(Power(on=False))
    world.house.wire.to_host.trouble = untroubled


def _back(world: World) -> None:
    world.house.happen(Power(on=True))
    world.settle()


def _granted(world: World) -> int:
    return sum(entry.body.shots for entry in world.entries("grant"))


@pytest.mark.rule("INV-2", "R-UNKNOWN-MOST")
def test_a_journal_that_was_formatted_leaves_a_gap_of_what_its_counters_tell(
    world: World,
) -> None:
    _fire_unheard(world)
    world.house.media[SERIAL].write("slot/1", b"\xff")
    _back(world)
    [gap] = [entry.body for entry in world.entries("gap")]
    assert isinstance(gap, Gap)
    assert (gap.shots_max, gap.volume_max_nl) == (FIRED, FIRED * 20_200)
    [settled] = [entry.body for entry in world.entries("settled")]
    assert isinstance(settled, Settled)
    assert settled.returned_shots == _granted(world) - FIRED
    assert world.seen.session is not None
    assert (world.seen.session.given_shots, world.seen.session.remainder_shots) == (FIRED, 0)


@pytest.mark.rule("R-UNKNOWN-MOST")
def test_counters_that_fell_prove_nothing_and_all_that_was_granted_counts_as_given(
    world: World,
) -> None:
    _fire_unheard(world)
    medium = world.house.media[SERIAL]
    medium.write("slot/1", b"\xff")
    medium.write("shots", cbor.encode(0))
    medium.write("volume", cbor.encode(0))
    _back(world)
    granted = _granted(world)
    [gap] = [entry.body for entry in world.entries("gap")]
    assert gap.shots_max == granted
    assert world.seen.session is not None
    assert world.seen.session.given_shots == granted


def test_counters_that_fell_below_what_the_log_knows_are_no_witness_either(world: World) -> None:
    world.armed()
    world.fire(5)
    world.let_go()
    world.house.run_for(500)
    world.house.wire.to_host.trouble = lambda *_: ()
    world.fire(FIRED)
    world.let_go()
    world.house.run_for(250)
    world.house.happen(Power(on=False))
    world.house.wire.to_host.trouble = untroubled
    medium = world.house.media[SERIAL]
    medium.write("slot/1", b"\xff")
    medium.write("shots", cbor.encode(3))
    medium.write("volume", cbor.encode(3 * 20_200))
    _back(world)
    assert world.seen.session is not None
    assert world.seen.session.given_shots == _granted(world)
    assert "gap" in world.alarms()


def test_what_was_told_before_the_counters_fell_was_used_elsewhere(world: World) -> None:
    world.released()
    world.shut_down()
    world.house.happen(Contact(on=True))
    fire_as_another_host(world, shots=FIRED)
    world.house.happen(HostStarted())
    world.house.run(lambda: len(world.entries("device_seen")) == 2)
    world.house.happen(HostKilled())
    medium = world.house.media[SERIAL]
    medium.lose("slot/", "journal", "shots", "volume", "acknowledged")
    world.house.invariants.hurt(SERIAL, lasting=False)
    world.house.happen(Reset())
    world.house.happen(HostStarted())
    world.settle()
    [used] = [entry.body for entry in world.entries("used_elsewhere")]
    assert (used.shots, used.volume_nl) == (FIRED, FIRED * 20_200)


def _lose_the_next_of(world: World, fired: int) -> int:
    """Fire one shot, then ``fired`` unheard of which the first has a worn slot, and cut the
    power; return the index that is lost."""
    world.armed()
    world.fire(1)
    world.let_go()
    world.house.run_for(500)
    [shot] = world.entries("shot")
    lost: int = shot.body.index + 1
    world.house.media[SERIAL].worn.add(f"slot/{lost}")
    world.house.invariants.hurt(SERIAL, lasting=True)
    world.house.wire.to_host.trouble = lambda *_: ()
    world.fire(fired)
    world.let_go()
    world.house.run_for(250)
    world.house.happen(Power(on=False))
    world.house.wire.to_host.trouble = untroubled
    return lost


def _check_one_is_lost(world: World, lost: int) -> None:
    [gap] = [entry.body for entry in world.entries("gap")]
    assert (gap.first, gap.last, gap.shots_max, gap.volume_max_nl) == (lost, lost, 1, 20_200)
    assert [entry.body.index for entry in world.entries("shot")] == [lost - 1, lost + 1]
    assert world.seen.session is not None
    assert (world.seen.session.given_shots, world.seen.session.remainder_shots) == (3, 0)


def test_an_entry_whose_slot_is_worn_is_a_gap_of_its_index_and_holds_up_nothing(
    world: World,
) -> None:
    lost = _lose_the_next_of(world, FIRED)
    _back(world)
    _check_one_is_lost(world, lost)


def test_a_gap_is_written_with_the_entry_that_shows_it_and_outlives_a_host_that_dies_there(
    world: World,
) -> None:
    lost = _lose_the_next_of(world, FIRED)
    world.house.happen(Power(on=True))
    world.house.run(lambda: any(e.body.index > lost for e in world.entries("shot")))
    assert not world.entries("settled")
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    _check_one_is_lost(world, lost)


@pytest.mark.rule("INV-2")
def test_what_the_counters_tell_is_told_once_by_a_host_that_dies_as_soon_as_it_is_written(
    world: World,
) -> None:
    _fire_unheard(world)
    world.house.media[SERIAL].write("slot/1", b"\xff")
    world.house.happen(Power(on=True))
    world.house.run(lambda: bool(world.entries("gap")))
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    [gap] = [entry.body for entry in world.entries("gap")]
    assert gap.shots_max == FIRED
    assert world.seen.session is not None
    assert (world.seen.session.given_shots, world.seen.session.remainder_shots) == (FIRED, 0)


def test_a_journal_of_which_nothing_can_be_read_is_passed_over_at_once(world: World) -> None:
    _fire_unheard(world)
    medium = world.house.media[SERIAL]
    medium.lose("slot/")
    medium.write("acknowledged", cbor.encode(200))
    world.house.invariants.hurt(SERIAL, lasting=False)
    _back(world)
    [gap] = [entry.body for entry in world.entries("gap")]
    assert (gap.first, gap.last, gap.shots_max) == (1, 200, FIRED)


def test_a_gun_that_lost_its_journal_while_its_welcome_was_on_the_way_is_greeted_anew(
    world: World,
) -> None:
    world.armed()
    world.fire(1)
    world.let_go()
    world.house.run_for(500)
    before = len(world.entries("device_seen"))
    world.house.happen(HostKilled())
    world.house.wire.to_host.trouble = lambda data, _: (Passed(data, late_us=100_000),)
    world.house.happen(HostStarted())
    world.house.run_for(20)
    world.house.media[SERIAL].write("slot/1", b"\xff")
    world.house.invariants.hurt(SERIAL, lasting=False)
    world.house.happen(Reset())
    world.house.run(lambda: len(world.entries("device_seen")) > before)
    world.house.wire.to_host.trouble = untroubled
    world.settle()
    first, second = world.entries("device_seen")[before:]
    assert first.body.link != second.body.link
    assert first.body.journal_id != second.body.journal_id


@pytest.mark.rule("R-GAP")
def test_a_gap_is_acknowledged_before_anything_is_armed(world: World) -> None:
    _fire_unheard(world)
    world.house.media[SERIAL].write("slot/1", b"\xff")
    _back(world)
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.seen.denied.why is Denial.GAP_OPEN
    [gap] = world.seen.gaps
    world.want(AcknowledgeGap(gap, OPERATOR))
    world.house.run_for(5)
    assert not world.seen.gaps
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)


@pytest.mark.rule("INV-2")
def test_a_gap_is_found_once_however_often_the_link_is_lost_meanwhile(world: World) -> None:
    _fire_unheard(world)
    world.house.media[SERIAL].write("slot/1", b"\xff")
    world.house.happen(Power(on=True))
    for _ in range(3):
        world.to(State.SETTLING)
        world.house.happen(Unplug())
        world.house.run_for(10)
        world.house.happen(Plug())
    world.settle()
    gaps = [entry.body for entry in world.entries("gap")]
    assert sum(gap.shots_max for gap in gaps) == FIRED


def test_a_gap_names_the_journal_that_was_lost_from_the_first_index_that_is_missing(
    world: World,
) -> None:
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(500)
    old = world.house.gun.firmware.memory.journal_id
    world.house.wire.to_host.trouble = lambda *_: ()
    world.fire(2)
    world.let_go()
    world.house.run_for(250)
    world.house.happen(Power(on=False))
    world.house.wire.to_host.trouble = untroubled
    world.house.media[SERIAL].write("slot/2", b"\xff")
    _back(world)
    [gap] = [entry.body for entry in world.entries("gap")]
    assert isinstance(gap, Gap)
    assert (gap.journal_id, gap.first, gap.shots_max) == (old, 4, 2)


@pytest.mark.rule("R-FAULT")
def test_a_journal_that_went_back_under_its_id_is_a_conflict_and_nothing_is_armed(
    world: World,
) -> None:
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(500)
    world.house.happen(Power(on=False))
    medium = world.house.media[SERIAL]
    for slot in (2, 3):
        medium.write(f"slot/{slot}", b"")
    medium.write("acknowledged", cbor.encode(1))
    _back(world)
    assert "entry_conflict" in world.alarms()
    world.want(ReleaseStop(OPERATOR))
    world.to(State.READY)
    world.want(Arm(0, OPERATOR))
    assert world.seen.denied is not None
    assert world.state is State.READY


def _foreign_gun(world: World) -> None:
    """A gun with two entries of another log, on a fresh host."""
    world.released()
    world.house.happen(Contact(on=True))
    world.house.happen(HostKilled())
    fire_as_another_host(world, shots=2)
    world.house.happen(HostStarted())
    world.settle()


def _acknowledged(world: World) -> int:
    memory = world.house.gun.firmware.memory
    return memory.acknowledged


@pytest.mark.rule("R-FOREIGN")
def test_entries_of_another_log_are_kept_and_acknowledged_only_on_the_operators_word(
    world: World,
) -> None:
    _foreign_gun(world)
    world.house.run_for(500)
    foreign = [entry.body for entry in world.entries("foreign")]
    assert [body.index for body in foreign if isinstance(body, Foreign)] == [1, 2]
    assert _acknowledged(world) == 0
    world.want(AcceptForeign(OPERATOR))
    world.house.run_for(500)
    assert _acknowledged(world) == 2
    assert "foreign_entries" not in world.alarms()


@pytest.mark.parametrize("how", ["port", "host"])
def test_entries_of_another_log_stay_unacknowledged_on_the_next_link_too(
    world: World, how: str
) -> None:
    _foreign_gun(world)
    if how == "port":
        world.house.happen(Unplug())
        world.house.happen(Plug())
    else:
        world.house.happen(HostKilled())
        world.house.happen(HostStarted())
    world.settle()
    world.house.run_for(1_000)
    assert _acknowledged(world) == 0
    assert world.seen.foreign
    assert "foreign_entries" in world.alarms()


def test_the_operators_word_on_another_logs_entries_outlives_the_host(world: World) -> None:
    _foreign_gun(world)
    world.want(AcceptForeign(OPERATOR))
    world.house.run_for(5)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    world.house.run_for(500)
    assert _acknowledged(world) == 2
    assert not world.seen.foreign


@pytest.mark.rule("R-FAULT")
def test_an_entry_told_with_two_contents_is_never_acknowledged_whatever_a_person_says(
    world: World,
) -> None:
    world.armed()
    world.fire(1)
    world.let_go()
    world.house.run(lambda: bool(world.entries("shot")))
    # The gun tells entry 1 again, with another volume, before it was acknowledged.
    memory = world.house.gun.firmware.memory
    other = memory.entry(1).model_copy(update={"volume_nl": 1})
    world.house.gun.firmware._connection.push(other)
    world.house.run_for(300)
    assert "entry_conflict" in world.alarms()
    acknowledged = _acknowledged(world)
    world.want(AcceptForeign(OPERATOR))
    world.house.happen(Unplug())
    world.house.happen(Plug())
    world.settle()
    world.house.run_for(500)
    assert _acknowledged(world) == acknowledged
    beats = [
        what.number(2)
        for who, _, what in world.record.told
        if who == "host wrote" and isinstance(what, Said) and what.code == ear.BEAT
    ]
    assert beats[-1] == 0
