"""The command palette and the clipboard: everything by name, and what stands on the screen."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.tui.keys import EVERYWHERE, TREATMENT
from injector.tui.palette import PLACES, ConsoleCommands
from injector.tui.screens.treatment import TreatmentScreen
from injector.tui.speech import Language, _, use
from tests.tui.bench import Hand
from tests.tui.stage import Stage, console
from tests.tui.test_on_a_terminal import open_terminal


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    use(Language.ENGLISH)


async def offered(stage: Stage) -> dict[str, str]:
    """What the palette offers, each with its key."""
    provider = ConsoleCommands(stage.app.screen)
    return {str(hit.text): str(hit.help) async for hit in provider.discover()}


@pytest.mark.parametrize("language", Language)
async def test_the_palette_offers_every_act_of_the_screen_with_its_key(
    language: Language, gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        use(language)
        found = await offered(stage)
        for key in (*EVERYWHERE, *TREATMENT):
            if key.action != "command_palette":
                assert found[_(key.help)] == f"{key.shown} · {_(key.label)}"
        assert {_(name) for name in PLACES.values()} <= set(found)


async def test_an_act_is_found_by_a_word_and_done(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("f2")
        await stage.see("What do you want to do?")
        await stage.press(*"arm the first")
        await stage.see("Arm the first unfinished step")
        await stage.press("down", "enter")
        await stage.see("A R M E D")


@pytest.mark.rule("R-STOP")
async def test_f9_is_stop_in_the_palette_and_escape_too_while_armed(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        for key in ("f9", "escape"):
            await stage.press("f2")
            await stage.see("What do you want to do?")
            await stage.press("d")  # a letter here
            assert not stage.state.latched
            await stage.press(key)
            await stage.see("S T O P P E D")
            assert hand.state["light"] == "stopped"
            await stage.press("escape")
            await stage.press("r")
            await stage.see("a arms step 1 of 2")
            await stage.press("a")
            await stage.see("A R M E D")


async def test_f3_copies_what_stands_on_the_screen_over_pages_too(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        await stage.press("f3")
        assert "R E A D Y" in stage.app.clipboard
        assert "piroxicam" in stage.app.clipboard
        await stage.press("f1")
        await stage.see("Keys")
        await stage.press("f3")
        assert "STOP at once; it latches." in stage.app.clipboard


async def test_the_selected_line_can_be_copied_where_there_is_one(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        assert "Copy the selected line." not in await offered(stage)
        monkeypatch.setattr(TreatmentScreen, "selected_line", lambda _: "shot 7")
        provider = ConsoleCommands(stage.app.screen)
        found = {str(hit.text): hit.command async for hit in provider.discover()}
        found["Copy the selected line."]()
        assert stage.app.clipboard == "shot 7"


def test_the_copy_reaches_the_terminal_as_osc_52(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    with open_terminal(gun, tmp_path / "shots.db") as terminal:
        terminal.wait("S T O P P E D", "r releases it")
        terminal.send(b"\x1bOR")
        terminal.wait("lines were copied")
        found = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", bytes(terminal.raw))
        assert found is not None
        assert "S T O P P E D" in base64.b64decode(found[1]).decode()
