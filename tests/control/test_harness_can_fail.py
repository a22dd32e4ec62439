"""The world's checks can fail: a mistake planted in host or gun is found by its invariant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from injector.control import journal as journal_module
from injector.control.arming import ArmingDesk
from injector.control.inputs import PressStop
from injector.control.journal import JournalDesk, Offer
from injector.control.outbox import Outbox
from injector.control.states import State
from injector.shotlog import entries as log
from injector.world.happenings import DiskSlows, HostKilled, HostStarted
from injector.world.invariants import BrokenError, Invariant
from simulator.acts import Unplug
from simulator.answers import Answers
from simulator.lease import Lease
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, World

Plant = Callable[[pytest.MonkeyPatch], None]
Play = Callable[[World], None]


def _fire_on_a_slow_disk(world: World) -> None:
    world.armed()
    world.house.happen(DiskSlows(400_000))
    world.fire(6)
    world.house.run_for(2_000)


def _fire_and_stop(world: World) -> None:
    world.armed()
    world.fire(3)
    world.want(PressStop("operator", OPERATOR))
    world.house.run_for(1_000)


def _fire_and_unplug(world: World) -> None:
    world.armed()
    world.fire(3)
    world.house.happen(Unplug())
    world.house.run_for(2_000)


def _die_while_firing(world: World) -> None:
    world.armed()
    world.house.happen(DiskSlows(100_000))
    world.fire(6)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.let_go()
    world.settle()


def _stop_in_mid_flow(world: World) -> None:
    world.armed()
    world.fire(3)
    world.house.run_for(90)
    world.want(PressStop("operator", OPERATOR))
    world.to(State.READY)


def _acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JournalDesk, "acknowledge", property(lambda desk: desk.taken))


def _send_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The grant's frame is asked for with its entry, not after it."""
    append = Outbox.append

    def hasty(self: Outbox, body: log.Body, **more: Any) -> None:
        append(self, body, **more)
        if isinstance(body, log.Grant) and _DESKS:
            _DESKS[-1].committed(body)

    make = ArmingDesk.__init__

    def remember(self: ArmingDesk, *args: Any) -> None:
        make(self, *args)
        _DESKS.append(self)

    more = ArmingDesk._grant_more

    def grant_more(self: ArmingDesk, *args: Any) -> bool:
        self._pending = True
        return more(self, *args)

    patch.setattr(ArmingDesk, "__init__", remember)
    patch.setattr(ArmingDesk, "_grant_more", grant_more)
    patch.setattr(Outbox, "append", hasty)


_DESKS: list[Any] = []


def _ignore_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Answers, "stop", lambda *_: None)


def _ignore_the_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lease, "echo", lambda self, *_: setattr(self, "end_us", 1 << 60))


def _count_parts_as_nothing(patch: pytest.MonkeyPatch) -> None:
    counts = journal_module.counts_nl

    def forgetful(entry: Any, *more: Any) -> int:
        return counts(entry, *more) if entry.ending == 0 else 0

    patch.setattr(journal_module, "counts_nl", forgetful)


def _lose_every_third_entry(patch: pytest.MonkeyPatch) -> None:
    offer = JournalDesk.offer

    def careless(self: JournalDesk, entry: Any) -> Offer:
        if entry.index % 3 == 0 and entry.index == self.taken + 1:
            self.taken = self.committed = entry.index
            return Offer.KNOWN
        return offer(self, entry)

    patch.setattr(JournalDesk, "offer", careless)


PLANTED: dict[str, tuple[Plant, Play, Invariant]] = {
    "acknowledge before commit": (_acknowledge_before_commit, _fire_on_a_slow_disk, Invariant.ONCE),
    "send before commit": (_send_before_commit, _fire_on_a_slow_disk, Invariant.EXPOSURE),
    "STOP ignored": (_ignore_stop, _fire_and_stop, Invariant.LEASE),
    "lease ignored": (_ignore_the_lease, _fire_and_unplug, Invariant.LEASE),
    "a part counts as nothing": (_count_parts_as_nothing, _stop_in_mid_flow, Invariant.EXPOSURE),
    "an entry skipped": (_lose_every_third_entry, _die_while_firing, Invariant.ONCE),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found_by_its_invariant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plant, play, invariant = PLANTED[name]
    world = World(tmp_path / "world.log")
    plant(monkeypatch)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    with pytest.raises(BrokenError) as error:
        play(world)
    assert error.value.invariant is invariant
    world.house.abandon()  # what a mistake has written need not verify


@pytest.mark.parametrize("play", sorted({play for _, play, _ in PLANTED.values()}, key=str))
def test_the_same_histories_without_a_mistake_break_nothing(
    make_world: MakeWorld, play: Play
) -> None:
    play(make_world())
