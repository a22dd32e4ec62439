"""The heartbeat holds while the disk or the console does not (INV-3 from its other side).

What is asserted is order and the lease, not speed: the gun tells of every beat that renewed
its lease, and that it never ran out.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.config import EngineConfig
from injector.control.controller import CONSOLE_US
from injector.control.effects import Append
from injector.control.engine import IDLE_US, Engine
from injector.control.inputs import Arm, CommitFailed, Committed
from injector.control.logdesk import LogDesk
from injector.control.states import State
from injector.protocol import cbor
from injector.protocol.codes import LEASE_MS
from injector.shotlog import entries as log
from injector.shotlog.entries import Moment
from injector.shotlog.verify import verify
from tests.acceptance.stage import Hand, hand_on, until
from tests.processes.beats import Beats, telling_gun
from tests.processes.desk import DEADLINE_S, Desk, Sight, a_plan, engine_process, now_us, of
from tests.processes.metronome import until_no_stumble

LEASE_US = LEASE_MS * 1000
FSYNC_S = 2.0
BLOCKED_S = 5.0


class SlowDisk:
    """While it is slow, whatever is committed takes two seconds more."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.slow = False
        self.waits: list[tuple[int, int]] = []
        """When each slow commit began and ended."""
        commit = LogDesk.commit

        def slowly(
            desk: LogDesk, jobs: Sequence[Append], at: Moment
        ) -> list[Committed | CommitFailed]:
            if self.slow:
                began_us = now_us()
                time.sleep(FSYNC_S)
                self.waits.append((began_us, now_us()))
            return commit(desk, jobs, at)

        patch.setattr(LogDesk, "commit", slowly)


@contextmanager
def gun_and_hand() -> Iterator[tuple[SimulatorProcess, Beats, Hand]]:
    """A gun that tells of its lease, and a hand on it."""
    with telling_gun("--syringe", "2 mL") as (gun, beats), hand_on(gun) as hand:
        yield gun, beats, hand


def _config(gun: SimulatorProcess, folder: Path, *, watch: bool = False) -> EngineConfig:
    return EngineConfig(port=gun.port, log=folder / "log", software="tests", watch_console=watch)


@contextmanager
def engine_thread(gun: SimulatorProcess, folder: Path, desk: Desk) -> Iterator[Engine]:
    """An engine on a thread of this process, ended in order."""
    engine = Engine(_config(gun, folder), desk.see)
    engine.start()
    try:
        yield engine
    finally:
        engine.shut_down("done")
        assert engine.wait(DEADLINE_S)


def _folder(inside: Path, number: int) -> Path:
    folder = inside / str(number)
    folder.mkdir()
    return folder


def test_an_fsync_of_two_seconds_costs_no_beat_and_does_not_disarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    until_no_stumble(lambda number: _fire_on_a_slow_disk(_folder(tmp_path, number), disk))


def _fire_on_a_slow_disk(folder: Path, disk: SlowDisk) -> int:
    disk.waits.clear()
    desk = Desk()
    with gun_and_hand() as (gun, beats, hand), engine_thread(gun, folder, desk) as engine:
        desk.arm(engine, a_plan(folder))
        hand.do("contact", on=True)
        hand.wait("armed")
        disk.slow = True
        hand.do("trigger", held=True)
        hand.wait("shots", count=10)
        hand.do("trigger", held=False)
        until(lambda: len(disk.waits) >= 2, "two slow commits")
        disk.slow = False
        fired = hand.truth["shots"]
        state = desk.until(
            lambda s: s.session is not None and s.session.given_shots == fired, "every entry"
        )
        lapses = beats.lapses
    # Whatever the lease did, nothing is lost, nothing doubled.
    shots = [body for _, body in of(folder / "log", log.Shot)]
    assert [shot.index for shot in shots] == list(range(1, fired + 1))
    assert verify(folder / "log").ok
    if lapses == 0:
        assert state.state is State.ARMED
        assert {shot.outcome for shot in shots} == {"complete"}
        raised = {body.alarm for _, body in of(folder / "log", log.Alarm)}
        assert not raised & {"link_lost", "device_let_go"}
        for began_us, ended_us in disk.waits:
            held = [began_us, *beats.between(began_us, ended_us), ended_us]
            assert max(later - earlier for earlier, later in pairwise(held)) < LEASE_US
    return lapses


def test_nothing_is_acknowledged_while_its_commit_takes_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other half of the promise: the beats that hold the lease acknowledge nothing early."""
    disk, desk, state = SlowDisk(monkeypatch), Desk(), tmp_path / "gun.state"
    with (
        telling_gun("--syringe", "2 mL", "--state", state) as (gun, _),
        hand_on(gun) as hand,
        engine_thread(gun, tmp_path, desk) as engine,
    ):
        desk.arm(engine, a_plan(tmp_path))
        hand.do("contact", on=True)
        hand.wait("armed")
        disk.slow = True
        hand.do("pull", ms=100)
        hand.wait("shots", count=1)

        def committed() -> bool:
            cells = state.read_bytes()  # first: what is committed by now may be committed since
            logged = len(of(tmp_path / "log", log.Shot))
            assert _acknowledged(cells) <= logged
            return logged == 1

        until(committed, "its entry")
        disk.slow = False
        until(lambda: _acknowledged(state.read_bytes()) == 1, "its acknowledgement")
    [(_, shot)] = of(tmp_path / "log", log.Shot)
    assert shot.index == 1
    assert verify(tmp_path / "log").ok


def _acknowledged(cells: bytes) -> int:
    """What the gun's state file says was acknowledged: the last line about it holds."""
    lines = [line for line in cells.split(b"\n")[:-1] if b'"acknowledged"' in line]
    _, value = json.loads(lines[-1].partition(b" ")[2])
    index = cbor.decode(bytes.fromhex(value))
    assert isinstance(index, int)
    return index


def test_a_console_blocked_for_five_seconds_costs_no_beat_and_the_grant(tmp_path: Path) -> None:
    """Nobody who cannot see the console could use it to stop: the engine disarms, on time."""
    until_no_stumble(lambda number: _block_the_console(_folder(tmp_path, number)))


def _block_the_console(folder: Path) -> int:
    desk, path = Desk(), folder / "log"
    with gun_and_hand() as (gun, beats, hand):
        with engine_process(_config(gun, folder, watch=True), desk) as engine:
            with Sight(engine) as sight:
                desk.arm(engine, a_plan(folder))
                hand.do("contact", on=True)
                hand.wait("armed")
                hand.do("trigger", held=True)
                hand.wait("shots", count=2)
                desk.frozen.set()
            blocked_us = now_us()
            Event().wait(BLOCKED_S)
            over_us = now_us()
            light, lapses = hand.state["light"], beats.lapses
            during = beats.between(blocked_us, over_us)
            desk.frozen.clear()
            desk.thaw.set()
            desk.until(lambda s: s.state is State.READY, "a picture of what happened")
        fired = hand.truth["shots"]
    assert light == "idle", "the trigger is still held, and gives nothing"
    assert len(of(path, log.Shot)) == fired
    assert verify(path).ok
    if lapses == 0:
        held = [blocked_us, *during, over_us]
        assert max(later - earlier for earlier, later in pairwise(held)) < LEASE_US
        [(alarm_us, alarm)] = [(us, a) for us, a in of(path, log.Alarm) if a.act == "raised"]
        [(disarmed_us, disarmed)] = of(path, log.Disarmed)
        assert (alarm.alarm, disarmed.reason) == ("console_lost", "console_lost")
        assert alarm_us <= disarmed_us
        # The engine looks at least once in IDLE_US; and were it later than that by a lease,
        # the gun would have let go by itself, which it did not.
        assert CONSOLE_US < disarmed_us - sight.last_us < CONSOLE_US + IDLE_US + LEASE_US
    return lapses


@pytest.mark.rule("R-CONSOLE")
def test_a_console_that_never_showed_that_it_can_be_seen_arms_nothing(tmp_path: Path) -> None:
    desk = Desk()
    with gun_and_hand() as (gun, _, hand):
        with engine_process(_config(gun, tmp_path, watch=True), desk) as engine:
            desk.open(engine, a_plan(tmp_path))
            engine.post(Arm(0, "Ada"))
            desk.until(lambda s: any(a.code == "console_lost" for a in s.alarms), "an alarm")
            desk.until(lambda s: s.state is State.READY, "a gun that holds nothing")
        assert hand.truth["shots"] == 0
    assert [body.reason for _, body in of(tmp_path / "log", log.Disarmed)] == ["console_lost"]
    assert not of(tmp_path / "log", log.Grant)
