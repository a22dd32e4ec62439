"""Cables are pulled, power fails, hosts are killed, people press Ctrl-C: no shot is lost
and none is counted twice (INV-2), and nothing moves that nobody watches (INV-3)."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from tests.acceptance.stage import (
    DEADLINE_S,
    Hand,
    Running,
    assert_clear,
    assert_log_equals_gun,
    entries,
    hand_on,
    holding_hand,
    injector,
    sessions,
    shots,
    step,
    until,
    verify,
    write_plan,
    written,
)

BURSTS = step(mode="burst", burst=8, flow="200 µL/s", cadence="8/s", shots=16)
SLOW = step(volume="0.030 mL", flow="40 µL/s", cadence="60/min", shots=4)
"""Each shot flows for three quarters of a second: long enough to be cut in two."""


@dataclass(frozen=True, slots=True)
class Room:
    """A gun that runs, a free hand on it beside the scripted one, a plan and a log."""

    gun: SimulatorProcess
    hand: Hand
    plan: Path
    log: Path

    def run(self) -> Running:
        """Start the plan on the gun."""
        return Running("run", self.plan, "--port", self.gun.port, "--log", self.log, "--json")

    def shots_begun(self, count: int) -> None:
        """Wait until so many shots have begun."""
        until(lambda: self.hand.truth["shots"] >= count, f"{count} shots")


@contextmanager
def room(folder: Path, *steps: str, held: int = 8, tcp: str | None = None) -> Iterator[Room]:
    plan = write_plan(folder, *steps, hand=holding_hand(held))
    with (
        start_simulator(hand=plan.with_suffix(".hand.jsonl"), tcp=tcp) as gun,
        hand_on(gun) as hand,
    ):
        yield Room(gun, hand, plan, folder / "shots.db")


# -- the cable ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [None, "127.0.0.1:0"], ids=["pty", "tcp"])
@pytest.mark.parametrize("pulled_at", [(3,), (2, 7, 13)], ids=["once", "three-times"])
def test_unplugged_in_mid_burst_and_plugged_in_again_the_run_goes_on_and_finishes(
    tmp_path: Path, tcp: str | None, pulled_at: tuple[int, ...]
) -> None:
    with room(tmp_path, BURSTS, tcp=tcp) as here, here.run() as running:
        for count in pulled_at:
            here.shots_begun(count)
            here.hand.do("unplug")
            # Whoever is not heard may not go on: the lease ends what is in motion.
            until(lambda: here.hand.state["light"] == "idle", "the lease's end")
            here.hand.do("plug")
        ran = running.end()
        assert ran.status == 0, ran
        assert ran.object()["result"] == "done"
        assert verify(here.log)["ok"]
        assert_log_equals_gun(here.log, here.hand)
        # A shot that the lease cut in two was a shot: it is not given again.
        assert len(shots(here.log)) == 16
        assert len(entries(here.log, "device_seen")) > len(pulled_at)


def test_a_cable_that_is_back_at_once_loses_nothing_either(tmp_path: Path) -> None:
    with room(tmp_path, BURSTS) as here, here.run() as running:
        for count in (2, 6, 10, 14):
            here.shots_begun(count)
            here.hand.do("unplug")
            here.hand.do("plug")
        assert running.end().status == 0
        assert verify(here.log)["ok"]
        assert_log_equals_gun(here.log, here.hand)


@pytest.mark.rule("INV-3")
def test_while_the_cable_is_out_no_shot_begins_later_than_the_lease(tmp_path: Path) -> None:
    with room(tmp_path, BURSTS) as here, here.run() as running:
        here.shots_begun(3)
        here.hand.do("unplug")
        at_pull = here.hand.truth["shots"]
        until(lambda: here.hand.state["light"] == "idle", "the lease's end")
        after_lease = here.hand.truth
        assert after_lease["shots"] - at_pull <= 5  # 500 ms at 8 a second, and the one in motion
        here.hand.wait("ms", ms=700)
        assert here.hand.truth == after_lease
        here.hand.do("plug")
        assert running.end().status == 0


# -- the power ------------------------------------------------------------------------------------


def test_a_power_cut_in_mid_shot_makes_one_uncertain_shot_that_counts_in_full(
    tmp_path: Path,
) -> None:
    with room(tmp_path, SLOW, held=4) as here:
        with here.run() as running:
            here.shots_begun(2)
            here.hand.do("power", on=False)
            here.hand.do("power", on=True)
            ran = running.end()
        # A gun that has booted is stopped, and only a person releases that.
        assert ran.status == 1, ran
        assert ran.object()["result"] == "stopped"
        (uncertain,) = entries(here.log, "uncertain")
        assert uncertain["counts_nl"] == uncertain["debit_nl"] >= 30_000
        assert_log_equals_gun(here.log, here.hand)
        assert verify(here.log)["ok"]
        with here.run() as again:
            assert again.end().status == 0
        assert_log_equals_gun(here.log, here.hand)
        assert [each["closed_reason"] for each in sessions(here.log)] == ["stopped", "done"]
        assert verify(here.log)["ok"]


# -- the host -------------------------------------------------------------------------------------


def test_a_host_that_is_killed_leaves_a_log_that_the_next_one_settles_and_closes(
    tmp_path: Path,
) -> None:
    with room(tmp_path, BURSTS) as here:
        with here.run() as running:
            here.shots_begun(5)
            running.kill()
        until(lambda: here.hand.state["light"] == "idle", "the lease's end")
        orphaned = here.hand.truth["shots"]
        assert verify(here.log)["ok"]  # as it was left: nothing is half written
        (left,) = sessions(here.log)
        assert left["closed_seq"] is None

        with here.run() as again:
            ran = again.end()
        assert ran.status == 0, ran
        old, new = sessions(here.log)
        assert old["session"] == left["session"]
        assert old["closed_reason"] == "interrupted"
        assert old["closed_seq"] < new["opened_seq"]
        assert old["shots"] + old["uncertain_shots"] == orphaned
        assert new["session"] == ran.object()["session"]
        assert_log_equals_gun(here.log, here.hand)
        assert verify(here.log)["ok"]


def test_hosts_that_are_killed_again_and_again_lose_no_shot(tmp_path: Path) -> None:
    with room(tmp_path, BURSTS) as here:
        for count in (1, 4, 9):
            with here.run() as running:
                here.shots_begun(count)
                running.kill()
        with here.run() as last:
            assert last.end().status == 0
        assert_log_equals_gun(here.log, here.hand)
        assert verify(here.log)["ok"]
        assert all(each["closed_seq"] is not None for each in sessions(here.log))


# -- a signal -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_ends_the_run_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with room(tmp_path, BURSTS) as here:
        with here.run() as running:
            here.shots_begun(3)
            running.signal(number)
            ran = running.end()
        assert ran.status == 130, ran
        assert ran.object()["result"] == "ended"
        assert "Traceback" not in ran.err
        assert here.hand.state["light"] == "idle"
        moved = here.hand.truth
        (session,) = sessions(here.log)
        assert session["closed_seq"] is not None
        assert session["shots"] == moved["shots"]
        assert entries(here.log)[-1]["kind"] == "engine_ended"
        assert_log_equals_gun(here.log, here.hand)
        assert verify(here.log)["ok"]


@pytest.mark.parametrize("shots", [1, 2, 3])
def test_an_impatient_person_s_many_signals_do_not_disturb_the_order(
    tmp_path: Path, shots: int
) -> None:
    """A handler may be interrupted by the next signal anywhere, even where it holds a lock."""
    with room(tmp_path, BURSTS) as here:
        with here.run() as running:
            here.shots_begun(shots)
            for _ in range(100):  # in a few milliseconds, while the end has just begun
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    running.signal(number)
            ran = running.end()
        assert ran.status == 130, ran
        assert "Traceback" not in ran.err
        (session,) = sessions(here.log)
        assert session["closed_seq"] is not None
        assert verify(here.log)["ok"]


def test_a_signal_handler_may_wake_the_engine_wherever_it_interrupts_the_program() -> None:
    """The same without luck: a handler that rings the bell while the bell is being rung."""
    script = (
        "import signal\n"
        "from injector.driver.wake import Bell\n"
        "bell = Bell()\n"
        "def ring(*_):\n"
        "    bell.ring()\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.0005)\n"
        "signal.signal(signal.SIGALRM, ring)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.0005)\n"
        "for _ in range(200_000):\n"
        "    bell.ring()\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "print('rung')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, encoding="utf-8", timeout=DEADLINE_S, check=True,
    )  # fmt: skip
    assert done.stdout == "rung\n"


def test_a_signal_while_no_gun_answers_ends_the_run_too(tmp_path: Path) -> None:
    with room(tmp_path, BURSTS) as here:
        with here.run() as running:
            here.shots_begun(2)
            here.hand.do("unplug")
            running.signal(signal.SIGTERM)
            ran = running.end()
        assert ran.status == 130, ran
        assert verify(here.log)["ok"]
        here.hand.do("plug")
        with here.run() as again:
            assert again.end().status == 0
        assert_log_equals_gun(here.log, here.hand)


# -- two hosts ------------------------------------------------------------------------------------


LONG = step(flow="200 µL/s", cadence="4/s", shots=140)
"""Goes on for longer than any second host needs to be turned away."""


def assert_undisturbed(here: Room, running: Running) -> None:
    """The first host is still on its first link, and is ended now."""
    seen = here.hand.truth["shots"]
    here.shots_begun(seen + 2)
    running.signal(signal.SIGINT)
    assert running.end().status == 130
    assert len(entries(here.log, "device_seen")) == 1
    assert entries(here.log, "alarm") == []
    assert_log_equals_gun(here.log, here.hand)
    assert verify(here.log)["ok"]


def test_a_second_run_on_the_same_log_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    with room(tmp_path, LONG) as here, start_simulator() as other, hand_on(other) as idle:
        with here.run() as running:
            here.shots_begun(2)
            second = injector("run", here.plan, "--port", other.port, "--log", here.log)
            assert_clear(second, 2, str(here.log), str(running.process.pid), "one at a time")
            assert_undisturbed(here, running)
        assert idle.truth["shots"] == 0


@pytest.mark.rule("R-OTHER-GUN")
def test_a_second_host_on_the_same_gun_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    with room(tmp_path, LONG) as here:
        other = tmp_path / "other.db"
        with here.run() as running:
            here.shots_begun(2)
            second = injector("run", here.plan, "--port", here.gun.port, "--log", other)
            assert_clear(second, 2, here.gun.port, "another program has it open")
            assert_undisturbed(here, running)
        assert not other.exists()


# -- what was fired for somebody else -------------------------------------------------------------


@pytest.mark.rule("R-FOREIGN")
def test_shots_made_under_another_log_are_never_taken_for_ours(tmp_path: Path) -> None:
    with room(tmp_path, BURSTS) as here:
        with here.run() as running:
            here.shots_begun(4)
            running.kill()
        until(lambda: here.hand.state["light"] == "idle", "the lease's end")
        theirs = here.hand.truth["shots"]
        ours = tmp_path / "ours.db"
        ran = injector("run", here.plan, "--port", here.gun.port, "--log", ours, "--json")
        assert "Traceback" not in ran.err, ran
        own = [body["index"] for body in entries(ours, "shot")]
        assert not set(own) & set(range(1, theirs + 1))
        assert verify(ours)["ok"]
        # What they had not acknowledged is still there for the log it belongs to.
        size, _ = written(here.log)
        with here.run() as back:
            back.end()
        assert written(here.log)[0] > size
        indexes = {b["index"] for b in entries(here.log) if b["kind"] in ("shot", "uncertain")}
        assert set(range(1, theirs + 1)) <= indexes
        assert verify(here.log)["ok"]
