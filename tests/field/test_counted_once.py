"""Replays: a dose that was counted twice, or taken back twice."""

from pathlib import Path

import pytest

from injector.control import recall as recall_module
from injector.control.ledger import Ledger
from injector.control.states import State
from injector.limits.exposure import SessionExposure
from injector.shotlog import entries as log
from injector.shotlog.errors import JournalRepeated
from injector.shotlog.log import ShotLog
from injector.world.happenings import DiskSlows, GunSwapped, HostKilled, HostStarted
from injector.world.house import SERIAL
from simulator.acts import Contact, Fault, FaultName, Plug, Reset, Unplug
from tests.control.conftest import MakeWorld
from tests.control.worlds import World
from tests.field.scene import (
    DEEP_MS,
    SLOW,
    bodies,
    counted,
    find,
    moved_nl,
    mute,
    ready,
    shots,
    told_truly,
    unmute,
)

# -- a fault treated as a lost reply, and subtracted twice -----------------------------


def _fault_in_mid_dose(world: World, fault: FaultName = "drive", *, unheard: bool = False) -> None:
    world.armed()
    world.fire()
    world.house.run_for(DEEP_MS + 200)
    if unheard:
        mute(world)
    world.house.happen(Fault(name=fault, on=True))
    world.let_go()
    world.house.run_for(700)
    assert counted(world)[0] >= world.fired
    unmute(world)
    world.settle()
    told_truly(world)
    [shot] = shots(world)
    assert isinstance(shot, log.Shot)
    assert shot.outcome == "partial"
    once = counted(world)
    # The fault stands, and the link is lost and found: nothing is taken off a second time.
    for _ in range(3):
        world.house.happen(Unplug())
        world.house.run_for(700)
        world.house.happen(Plug())
        world.settle()
        assert counted(world) == once
        told_truly(world)
    assert len(world.entries("settled")) == 1
    assert len(world.entries("fault")) == 1


def _take_off_at_the_fault_too(patch: pytest.MonkeyPatch) -> None:
    """The fault is taken for the lost reply of the dose, which then was not given."""
    apply = Ledger.apply

    def twice(self: Ledger, entry: log.Entry) -> None:
        apply(self, entry)
        session = self.session
        if isinstance(entry.body, log.Fault) and session is not None:
            session.given = SessionExposure()

    patch.setattr(Ledger, "apply", twice)


@pytest.mark.parametrize("unheard", [False, True], ids=["heard", "unheard"])
@pytest.mark.parametrize("fault", ["occlusion", "drive", "air", "empty"])
def test_a_fault_treated_as_a_lost_reply_and_subtracted_twice(
    make_world: MakeWorld, fault: FaultName, unheard: bool
) -> None:
    """The device stopped with a fault. The program took the missing reply for a dose that was
    not given and took off what was left; when the fault was read, it took it off again, so that
    less stood in the record than in the body.

    Here nothing is ever taken off. A shot enters with what it gave; what was permitted and not
    used goes with its grant, in one entry that waits for the final counters, and a
    grant that is gone cannot give anything back.
    """
    _fault_in_mid_dose(make_world(plan=SLOW), fault, unheard=unheard)


def test_what_is_subtracted_at_the_fault_too_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_fault_in_mid_dose, tmp_path, _take_off_at_the_fault_too, monkeypatch, SLOW)


# -- one dose with two identities ------------------------------------------------------


def _told_again_and_again(world: World) -> None:
    """Each shot is told by push, by reading on other links, by other boots, to other hosts."""
    world.armed()
    world.house.happen(DiskSlows(60_000))
    world.fire(5)
    world.let_go()
    world.house.run(lambda: len(shots(world)) >= 3)
    gun = world.house.gun
    assert gun.firmware is not None
    memory = gun.firmware.memory
    assert memory.acknowledged < memory.newest, "not all of them are acknowledged"
    for entry in memory.entries():
        gun.firmware._connection.push(entry)  # the gun tells all of it once more
    links = {bodies(world, log.DeviceSeen)[-1].link}
    for happening in (Reset(), HostKilled(), Unplug(), Reset()):
        world.house.happen(happening)
        if isinstance(happening, HostKilled):
            world.house.happen(HostStarted())
        if isinstance(happening, Unplug):
            world.house.happen(Plug())
        world.settle()
        world.house.run_for(300)
        links.add(bodies(world, log.DeviceSeen)[-1].link)
        told_truly(world)
    assert len(links) == 5, "each time by another link"
    assert len({(s.serial, s.journal_id, s.index) for s in shots(world)}) == world.fired
    assert "entry_conflict" not in world.alarms()


def _begin_at_the_first(patch: pytest.MonkeyPatch) -> None:
    """What came over another link is another dose: every link reads the journal from 1."""
    patch.setattr(recall_module, "_committed", lambda *_: 0)


@pytest.mark.rule("INV-2")
def test_one_dose_with_two_identities(make_world: MakeWorld) -> None:
    """A dose got a number when it was asked for and another one when the device's history was
    read. Nobody saw that the two were one, and it stood in the record twice.

    Here a shot has one identity, which the gun gave it and wrote down before it moved: serial,
    journal, index. Neither link nor boot nor host is part of it, and the database itself
    refuses a second entry with the same one.
    """
    _told_again_and_again(make_world())


def test_one_dose_with_two_identities_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_told_again_and_again, tmp_path, _begin_at_the_first, monkeypatch)


def test_the_database_refuses_a_second_entry_for_the_same_dose(make_world: MakeWorld) -> None:
    """Below all of the program's care: the same dose under another link and grant, by hand."""
    world = make_world()
    world.armed()
    world.fire()
    world.let_go()
    world.house.run(lambda: bool(shots(world)))
    moment = world.house.clock.moment()
    world.house.happen(HostKilled())
    [shot] = shots(world)
    again = shot.model_copy(update={"link": shot.link + 1, "grant": 9, "grant_seq": None})
    with (
        ShotLog.open(world.log, now=moment, random_bytes=bytes, software="again") as shot_log,
        pytest.raises(JournalRepeated),
    ):
        shot_log.append([log.Draft(None, again)], moment)
    assert len(shots(world)) == 1
    world.house.happen(HostStarted())
    ready(world)
    told_truly(world)


# -- a pending and a stored dose both counted ------------------------------------------


def _counted_at_every_step(world: World) -> None:
    """From grant to settled, through a host's death: each shot is pending or stored, not both."""
    world.armed()
    world.house.happen(DiskSlows(40_000))
    world.house.happen(Contact(on=True))
    world.fire()
    pending = 0
    died = False
    while not died or world.state is not State.READY or world.seen.status is None:
        if world.fired == 20 and not died:
            died = True
            world.house.happen(HostKilled())
            world.house.happen(HostStarted())
        world.house.step()
        number, given_nl = counted(world)
        pending = max(pending, number - world.fired)
        assert world.fired <= number <= _permitted(world)
        assert given_nl <= 1.02 * moved_nl(world)
    world.let_go()
    told_truly(world)
    assert pending > 3, "there was something pending to be counted"


def _permitted(world: World) -> int:
    """What was granted and not given back, in the entries that the host has heard of."""
    permitted = 0
    for entry in world.entries("grant", "settled"):
        if entry.seq < world.seen.log_size:
            match entry.body:
                case log.Grant():
                    permitted += entry.body.shots
                case log.Settled():
                    permitted -= entry.body.returned_shots
                case _:
                    pass
    return permitted


def _leave_the_pending_one(patch: pytest.MonkeyPatch) -> None:
    """A shot is stored, and what was permitted for it stays as well."""
    patch.setattr(Ledger, "_is_open", lambda *_: False)


@pytest.mark.rule("R-LATE")
def test_a_pending_and_a_stored_dose_both_counted(make_world: MakeWorld) -> None:
    """A dose was kept as pending before it was sent and stored when it was done. The pending
    one was not taken away, both were counted, and the next dose was withheld.

    Here a shot that is committed takes its place out of what the grant still permits in the
    same fold of the same entry. At every step what counts lies between what was fired and
    what was granted, also for a host that has just read its log.
    """
    _counted_at_every_step(make_world())


def test_a_pending_dose_beside_its_stored_one_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_counted_at_every_step, tmp_path, _leave_the_pending_one, monkeypatch)


def test_a_gap_that_stands_for_pending_doses_shrinks_by_each_that_is_found(
    make_world: MakeWorld,
) -> None:
    """The same with the gun taken away: its grant becomes a gap at its most. When the gun is
    back, what its journal tells comes out of the gap and is not added to it."""
    world = make_world()
    world.armed()
    world.fire(3)
    world.house.happen(Unplug())
    world.let_go()
    world.house.run_for(1_000)
    before = counted(world)[0]
    world.house.happen(GunSwapped("WORLD-2"))
    world.settle()
    assert counted(world)[0] == before
    world.house.happen(GunSwapped(SERIAL))
    world.settle()
    assert counted(world)[0] == before
    assert len(shots(world)) == world.fired
    [gap] = bodies(world, log.Gap)
    assert gap.shots_max >= world.fired - 3
