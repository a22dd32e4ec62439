"""The workbench: frames decoded as they pass, the journal, and a hand on a simulated gun."""

import asyncio
import time
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.snapshot import FrameView
from injector.protocol.framing import STOP_BYTES, encode_frame
from injector.protocol.messages import Beat, encode_message
from injector.staff.roles import Role
from injector.tui.desk import Place
from injector.tui.records.frame_words import frame_words
from injector.tui.widgets.frames import Frames
from tests.tui.bench import DEADLINE_S, Hand
from tests.tui.stage import Stage, console

SIZES = [(80, 24), (60, 20), (140, 40)]


async def until(met: object, stage: Stage) -> None:
    assert callable(met)
    end_s = time.monotonic() + DEADLINE_S
    while not await asyncio.to_thread(met):
        assert time.monotonic() < end_s, stage.text
        await asyncio.sleep(0.02)


def test_a_frame_is_decoded_field_by_field_and_a_bad_one_says_why() -> None:
    line = encode_frame(encode_message(7, 12, Beat(echo=3, acknowledge=9)))
    assert frame_words(FrameView(1, 0, out=True, line=line)) == "Beat #12 echo=3 acknowledge=9"
    assert frame_words(FrameView(1, 0, out=True, line=STOP_BYTES)).startswith("STOP")
    broken = line[:-3] + bytes([line[-3] ^ 1]) + line[-2:]
    assert frame_words(FrameView(1, 0, out=True, line=broken)) == "BAD FRAME: crc"
    assert frame_words(FrameView(1, 0, out=False, line=line)) == "BAD MESSAGE: unknown_type"
    assert frame_words(FrameView(1, 0, out=False, line=b"\x00\x01")) == "noise"


@pytest.mark.parametrize("size", SIZES)
async def test_frames_pass_decoded_with_figures_of_the_line(
    gun: SimulatorProcess, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=size, control=gun.control) as stage:
        await stage.see("S T O P P E D")
        assert stage.state.line is None
        stage.app.go(Place.WORKBENCH)
        await stage.see("→ gun Beat #", "← gun Status #", "7e ", "trip ms", "beats ")
        await stage.see("hand: light stopped")
        await stage.press("h")
        await stage.see("The gun")
        await until(lambda: stage.state.line is None, stage)


async def test_frames_stand_still_while_paused(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        stage.app.go(Place.WORKBENCH)
        await stage.see("← gun Status #")
        screen = stage.app.screen
        await until(lambda: screen.query_one(Frames).max_scroll_y > 20, stage)
        await stage.press("p")
        await stage.see("paused: arrow keys scroll")

        def frames() -> list[str]:
            return [line for line in stage.text.split("\n") if " gun " in line and "#" in line]

        before = frames()
        count = stage.state.line
        assert count is not None
        sent = count.sent
        await until(
            lambda: stage.state.line is not None and stage.state.line.sent > sent + 5, stage
        )
        assert frames() == before
        end_s = time.monotonic() + DEADLINE_S
        while frames() == before:
            assert time.monotonic() < end_s, stage.text
            await stage.press("up")
        await stage.press("p")
        await until(lambda: frames()[-1] not in before, stage)


@pytest.mark.parametrize("key", ["space", "m"])
async def test_the_hand_really_fires_and_the_journal_has_it(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, key: str
) -> None:
    async with console(gun.port, tmp_path / "shots.db", control=gun.control) as stage:
        await stage.to_ready()
        stage.app.go(Place.WORKBENCH)
        await stage.see("hand: light", "off the skin")
        await stage.press("c")
        await stage.see("● on the skin")
        await stage.insist("a", "A R M E D")
        await stage.see("light armed")
        await stage.press(key)
        await until(lambda: hand.shots > 0, stage)
        if key == "space":
            await stage.see("▼ pulled")
            await stage.press(key)
        await stage.see("△ let go")
        await stage.see(f"shots {hand.shots}")
        await stage.press("j")
        await stage.see("as told", "outcome=complete", "entries in the log")


async def test_every_fault_is_a_switch(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db", control=gun.control) as stage:
        await stage.to_ready()
        stage.app.go(Place.WORKBENCH)
        await stage.see("hand: light", "faults: none")
        await stage.press("1", "2", "3", "4", "5")
        await stage.see("faults: air, drive, empty, occlusion, stuck")
        await stage.press("1", "2", "3", "4", "5")
        await stage.see("faults: none")
        await stage.press("6")
        await stage.see("battery 4 %")
        await stage.press("6")
        await stage.see("battery 100 %")
        await stage.press("0")
        await stage.see("syringe 2.500 mL")
        await stage.press("9")
        await stage.see("UNPLUGGED", "O F F L I N E")
        await stage.press("9")
        await stage.see("R E A D Y")
        await stage.press("7")
        await stage.see("POWER OFF")
        await stage.press("7")
        await stage.see("S T O P P E D")  # every boot of a gun is stopped
        await stage.press("r")
        await stage.see("R E A D Y")
        await stage.press("8")
        await stage.see("S T O P P E D")


@pytest.mark.rule("R-STOP")
async def test_stop_on_the_workbench(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db", control=gun.control) as stage:
        await stage.to_ready()
        stage.app.go(Place.WORKBENCH)
        await stage.see("hand: light idle")
        for key in ("f9", "escape"):
            await stage.insist("a", "A R M E D")
            await stage.insist(key, "S T O P P E D")
            passed = [said for said, _ in stage.app.screen.query_one(Frames)._came]
            assert any("STOP, past every queue" in said for said in passed)
            assert hand.state["light"] == "stopped"
            await stage.insist("r", "R E A D Y")


async def test_who_leaves_the_workbench_lets_the_trigger_go(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", control=gun.control) as stage:
        stage.app.go(Place.WORKBENCH)
        await stage.see("hand: light")
        await stage.press("space")
        await until(lambda: hand.state["trigger"], stage)
        await stage.press("h")
        await until(lambda: not hand.state["trigger"], stage)


async def test_a_real_gun_has_no_hand_here(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        stage.app.go(Place.WORKBENCH)
        await stage.see("← gun Status #")
        assert "hand:" not in stage.text
        await stage.press("space")
        await stage.see("only a simulated gun")


async def test_a_simulator_that_is_gone_is_said(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db", control=str(tmp_path / "nobody")) as stage:
        stage.app.go(Place.WORKBENCH)
        await stage.see("no hand on the gun")


async def test_the_workbench_is_for_engineers(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db", role=Role.PRACTITIONER) as stage:
        stage.app.go(Place.HOME)
        await stage.see("The gun")
        await stage.insist("w", "The workbench is for engineers")
        assert "trip ms" not in stage.text
