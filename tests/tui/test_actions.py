"""Every act of the console, with the real engine and a real gun on a pty."""

import asyncio
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.control.states import State
from injector.driver.gun import Gun
from injector.protocol.codes import Mode
from injector.protocol.messages import Setpoint
from injector.tui.widgets.stop import StopTarget
from tests.tui.bench import Hand, entries, hand_on, kinds
from tests.tui.stage import console


async def test_a_session_from_release_to_close_by_keys_alone(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log) as stage:
        await stage.to_armed()
        assert "TRAINING" in stage.text
        await asyncio.to_thread(hand.shoot)
        given = hand.shots
        assert given > 0
        await stage.see("complete", f"{given}/48", f", {given} shot")
        await stage.press("d")
        await stage.see("R E A D Y")
        await stage.press("e")
        await stage.see("End the session?", f"{64 - given} planned shots")
        await stage.press("enter")
        await stage.see("the session ends, unsigned")  # nobody here has a key
        await stage.press("enter")
        await stage.see("o opens the session")
        await stage.press("q")
        await stage.until(State.ENDED)
    closed = next(e.body for e in entries(log) if e.body.kind == "session_closed")
    assert closed.reason == "cut_short"
    assert closed.given_shots == given
    assert "engine_ended" in kinds(log)


@pytest.mark.rule("R-STOP")
async def test_f9_is_stop_on_the_screen_in_dialogs_and_on_pages(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        for opens, shows in (
            ("", "A R M E D"),
            ("e", "End the session?"),
            ("f1", "Keys"),
            ("l", "Limits of"),
        ):
            if opens:
                await stage.press(opens)
            await stage.see(shows)
            await stage.press("f9")
            await stage.see("S T O P P E D")
            assert stage.state.latched
            assert hand.state["light"] == "stopped"
            if opens:
                await stage.press("escape")
            await stage.see("r releases it")
            await stage.press("r")
            await stage.see("a arms step 1 of 2")
            await stage.press("a")
            await stage.see("A R M E D")
    stops = [e.body for e in entries(tmp_path / "shots.db") if e.body.kind == "stop"]
    assert [(stop.origin, stop.by) for stop in stops] == [("operator", "Dr Test")] * 4


async def test_escape_is_stop_while_armed_and_closes_dialogs_otherwise(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("f1")
        await stage.see("Keys")
        await stage.press("escape")
        await stage.see("a arms step 1 of 2")
        assert not stage.state.latched
        await stage.press("a")
        await stage.see("A R M E D")
        await stage.press("f1", "escape")
        await stage.until(State.READY)
        assert stage.state.latched


async def test_the_mouse_stops_when_the_button_goes_down(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        await stage.pilot.mouse_down(StopTarget)
        await stage.see("S T O P P E D")
        assert stage.state.latched


async def test_disarming_never_latches(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        await stage.press("f1")  # a page is open: disarming works all the same
        await stage.see("Keys")
        await stage.press("d")
        await stage.until(State.READY)
        assert not stage.state.latched


@pytest.mark.rule("R-DENIED-WORDS")
async def test_what_is_not_followed_is_said_in_words(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.see("S T O P P E D")
        await stage.press("a")
        await stage.see("Not armed: no session is open")
        await stage.press("o")
        await stage.see("Elbow tendinopathy")
        await stage.press("a")
        await stage.see("Not armed: STOP is latched; release it first")
        await stage.press("r")
        await stage.see("R E A D Y")
        assert "Not armed" not in stage.text
        await stage.press("o")
        await stage.see("a session is open already")


async def test_a_pull_without_a_shot_says_why(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        await stage.see("no contact with the skin")
        await asyncio.to_thread(hand.do, "pull", ms=100)
        await stage.see("NO SHOT: no contact with the skin")


@pytest.mark.rule("R-ALARMS")
async def test_an_alarm_shows_its_priority_and_goes_when_acknowledged(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log) as stage:
        await stage.to_armed()
        await asyncio.to_thread(hand.do, "unplug")
        await stage.see("O F F L I N E", "! MEDIUM", "The gun went away while it was armed")
        await asyncio.to_thread(hand.do, "plug")
        await stage.see("R E A D Y", "- over")
        await stage.press("k")
        await stage.until(State.READY)
        while "MEDIUM" in stage.text:
            await asyncio.sleep(0.02)
    acts = [e.body.act for e in entries(log) if e.body.kind == "alarm"]
    assert acts == ["raised", "cleared", "acknowledged"]


@pytest.mark.rule("R-GAP")
@pytest.mark.parametrize("choice", ["k", "e"])
async def test_a_gap_asks_for_a_choice_and_follows_it(choice: str, tmp_path: Path) -> None:
    """A gun whose memory was lost while it was armed cannot say what it gave."""
    log, link = tmp_path / "shots.db", tmp_path / "gun"
    with start_simulator(link=link, serial="LOST") as first, hand_on(first.control) as hand:
        async with console(str(link), log) as stage:
            await stage.to_armed()
            await asyncio.to_thread(hand.shoot)
            await stage.see("complete")
            await asyncio.to_thread(hand.do, "unplug")
            await stage.see("O F F L I N E")
            await asyncio.to_thread(first.stop)
            with start_simulator(link=link, serial="LOST"):
                await stage.see("Shots may be unaccounted for", "for your word")
                await stage.acknowledge()
                await stage.press("g")
                await stage.see("seen, go on", "end the session", "counted as given", "at most")
                await stage.press(choice)
                if choice == "e":
                    await stage.see("no session")
                else:
                    while stage.state.gaps:
                        await asyncio.sleep(0.02)
    assert ("gap_acknowledged" in kinds(log)) is (choice == "k")


async def test_entries_of_another_log_wait_for_the_operators_word(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    setpoint = Setpoint(
        volume_nl=20_000,
        depth_um=2_000,
        flow_nl_s=250_000,
        needle_um_s=100_000,
        cadence_per_min=60,
        mode=Mode.SINGLE,
        burst=0,
        needle_um=4_000,
        syringe_nl=2_500_000,
    )
    with Gun.open(gun.port, log_id=b"\x01" * 8) as other:
        other.release()
        other.configure(setpoint)
        other.grant(setpoint, shots=1, volume_nl=20_600)
        shot = asyncio.create_task(asyncio.to_thread(hand.shoot))
        while not shot.done():
            other.beat()
            await asyncio.sleep(0)
        await shot
        other.disarm()
    log = tmp_path / "shots.db"
    async with console(gun.port, log) as stage:
        await stage.see("The gun holds entries of another log", "wait for your word: f")
        await stage.press("f")
        while stage.state.foreign:
            await asyncio.sleep(0.02)
    assert "foreign" in kinds(log)


async def test_leaving_asks_first_while_shots_are_planned(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("q")
        await stage.see("Leave the console?", "64 planned shots")
        await stage.press("n")
        await stage.see("a arms step 1 of 2")
        await stage.press("q")
        await stage.see("Leave the console?")
        await stage.press("y")
        await stage.until(State.ENDED)
    assert "session_closed" in kinds(tmp_path / "shots.db")


@pytest.mark.rule("R-TRAINING")
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 40)])
async def test_everything_that_matters_is_on_the_screen_in_every_size(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=size) as stage:
        await stage.to_armed()
        await asyncio.to_thread(hand.shoot)
        text = await stage.see("complete", "A R M E D")  # the shot is over, too
        for needed in ("TRAINING", "A R M E D", "STOP F9", "Step 1 of 2", "volume", "depth", "flow",
                       "left", "syringe", "/48", "0.02", "contact", "help"):  # fmt: skip
            assert needed in text, f"{needed!r} is missing:\n{text}"
        await stage.press("l")
        await stage.see("set by technique", "hard")
