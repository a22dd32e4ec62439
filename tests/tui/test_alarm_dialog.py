"""The alarm over everything: what it says, and what it takes to make it go."""

import asyncio
from pathlib import Path

import pytest
from textual import events

from injector.cli.simulator_process import SimulatorProcess
from injector.control.alarms import PRIORITY, AlarmCode
from injector.control.inputs import AcknowledgeAlarm, Intent
from injector.control.states import State
from injector.control.wants import Record
from injector.shotlog import facts
from injector.tui.alarm_words import PRIORITIES, next_words
from injector.tui.dialogs.alarm import QUIET_US, AlarmDialog
from tests.tui.bench import Hand, entries
from tests.tui.stage import Stage, console

TOO_MUCH = facts.HandShots(
    technique="nappage", zone="elbow", fill=0, shots=5, volume_nl=21_000_000, by="Dr Test"
)
"""A fact that passes a limit: it counts, and the alarm is high."""


@pytest.mark.rule("R-ALARMS")
def test_every_alarm_says_what_to_do_next_in_one_sentence() -> None:
    for code in AlarmCode:
        words = next_words(code)
        assert words.endswith(".")
        assert words.count(".") == 1
        assert len(words) <= 90
    assert {PRIORITY[code] for code in AlarmCode} == set(PRIORITIES)
    for at in range(2):  # symbols, words: each alone tells them apart
        assert len({each[at] for each in PRIORITIES.values()}) == len(PRIORITIES)


async def alarmed(stage: Stage) -> None:
    """A high alarm, raised by the engine."""
    stage.app.post(Record(TOO_MUCH))
    await stage.see("‼ HIGH ‼", "Look at the limits before anything more is given.", "k  seen")


@pytest.mark.rule("R-ALARMS")
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_high_alarm_goes_over_everything_and_leaves_state_and_stop_in_sight(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, size: tuple[int, int]
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=size) as stage:
        await stage.to_armed()
        await stage.press("l")
        await stage.see("Limits of")
        stage.app.post(Record(TOO_MUCH))
        text = await stage.see("‼ HIGH ‼", "k  seen")
        await stage.see("R E A D Y")
        assert "STOP F9" in text
        await stage.acknowledge()
        await stage.see("Limits of")
    acts = [
        (e.body.act, e.body.by)
        for e in entries(log)
        if e.body.kind == "alarm" and e.body.alarm == "over_limit"
    ]
    assert acts == [("raised", None), ("acknowledged", "Dr Test")]


@pytest.mark.rule("R-ALARMS")
async def test_who_types_on_acknowledges_nothing(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("m")
        await stage.see("A note in the record")
        await stage.press("k", "n")
        await alarmed(stage)
        dialog = stage.app.screen
        assert isinstance(dialog, AlarmDialog)
        posted: list[Intent] = []
        monkeypatch.setattr(stage.app, "post", posted.append)
        opened_us = typed_us = dialog._typed_us

        def typed(key: str, after_us: int) -> None:
            nonlocal typed_us
            typed_us += after_us
            event = events.Key(key, key)
            event.time = typed_us / 1_000_000
            dialog.on_key(event)

        for _ in range(8):  # each within half a second of the one before
            typed("k", QUIET_US - 1_000)
        assert typed_us - opened_us > 2 * QUIET_US
        typed("x", 2 * QUIET_US)
        assert not posted
        typed("k", 2 * QUIET_US)
        assert posted == [AcknowledgeAlarm(AlarmCode.OVER_LIMIT, "Dr Test")]
        monkeypatch.undo()
        await stage.acknowledge()
        await stage.see("A note in the record")
        await stage.press("e", "enter")
        with_text = [e for e in entries(tmp_path / "shots.db") if e.body.kind == "note"]
        while not with_text:
            await asyncio.sleep(0.02)
            with_text = [e for e in entries(tmp_path / "shots.db") if e.body.kind == "note"]


async def test_its_sound_is_paused_with_s_and_it_stays(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await alarmed(stage)
        await asyncio.sleep(QUIET_US / 1_000_000 + 0.1)
        await stage.press("s")
        while stage.state.sound:
            await asyncio.sleep(0.02)
        assert isinstance(stage.app.screen, AlarmDialog)


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("way", ["f9", "d"])
async def test_stop_and_disarm_work_over_an_alarm(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, way: str
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        stage.app.show_alarms()
        await stage.see("No alarm stands")
        await stage.press(way)
        await stage.until(State.READY)
        assert stage.state.latched is (way == "f9")


async def test_other_alarms_are_looked_at_with_a_key(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        await asyncio.to_thread(hand.do, "unplug")
        await stage.see("O F F L I N E", "! MEDIUM")
        assert not isinstance(stage.app.screen, AlarmDialog)
        await stage.press("i")
        await stage.see("! MEDIUM !", "Nothing can be fired; look at cable and battery.")
        await asyncio.sleep(QUIET_US / 1_000_000 + 0.1)
        await stage.press("escape")
        await stage.see("Step 1 of 2")
