"""What is typed ahead goes where it was meant to go, however fast it comes."""

from pathlib import Path

import pytest
from textual import events

from injector.cli.simulator_process import SimulatorProcess
from injector.control.states import State
from injector.tui.app import STALE_US
from tests.tui.bench import Hand
from tests.tui.stage import Stage, console
from tests.tui.test_new_session import ADA, ready, told, type_in, until


def at_once(stage: Stage, *keys: str) -> None:
    """All of these keys in one go, as a terminal hands over what was typed meanwhile."""
    driver = stage.app._driver
    assert driver is not None
    for key in keys:
        name = "space" if key == " " else key
        event = events.Key(name, key if len(key) == 1 else None)
        event.set_sender(stage.app)
        driver.send_message(event)


async def test_a_list_takes_what_was_typed_before_it_was_there(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA, planned=False) as stage:
        await ready(stage)
        await type_in(stage, "heron 7")
        await stage.press("f8")
        await stage.see("2/8 What for")
        # Few keys: on a busy machine what waits for more than three seconds is dropped.
        at_once(stage, "enter", *"elb", "enter", "space", "tab", *"f7", "home", "delete")
        await told(stage, "tendinopathy of the elbow", "curative")
        draft = stage.app.screen.entering.draft  # type: ignore[attr-defined]
        await until(stage, lambda: draft.get("consent") == "7", "entered in its order")


async def test_a_key_that_waited_for_its_turn_has_its_effect_as_the_letters_before_it(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA, planned=False) as stage:
        await ready(stage)
        await type_in(stage, "heron 7")
        await stage.press("f8")
        await stage.see("2/8 What for")
        give = stage.app._turns._give

        async def late(event: events.Key | events.Paste) -> None:
            event.time -= 1.5 * STALE_US / 1_000_000
            await give(event)

        monkeypatch.setattr(stage.app._turns, "_give", late)
        await stage.press("enter")
        await stage.see("type to filter")
        await stage.press(*"elb")
        await stage.see("tendinopathy of the elbow")
        await stage.press("enter")
        await told(stage, "tendinopathy of the elbow")
        await until(stage, lambda: "type to filter" not in stage.text, "Enter chose it")


async def test_a_form_takes_what_was_typed_before_it_was_there_and_d_is_a_letter_of_it(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        at_once(stage, "m", *"dark red")
        await stage.see("A note in the record", "dark red")
        assert stage.state.state is State.ARMED
        at_once(stage, "enter", "d")
        await stage.until(State.READY)


async def test_a_step_that_is_added_is_proposed_the_only_zone(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", planned=False) as stage:
        await ready(stage)
        screen = stage.app.screen
        screen._enter("indication", "tendinopathy_elbow")  # type: ignore[attr-defined]
        await screen._show_page(5)  # type: ignore[attr-defined]
        await stage.press("insert")
        await stage.see("Step 2 of 2")
        draft = screen.entering.draft  # type: ignore[attr-defined]
        assert draft.proposed["step.1.zone"] == "indication.tendinopathy_elbow.zones"


async def test_b_leads_home_and_back_to_the_session(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("b")
        await stage.see("Today: 1 session", "What is due")
        await stage.press("b")
        await stage.see("a arms step 1 of 2", "Step 1 of 2")
