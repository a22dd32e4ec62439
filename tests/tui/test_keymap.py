"""Other keys for acts: what may be asked for, and that screen and bytes follow."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.cli.simulator_process import SimulatorProcess
from injector.tui.desk import Place
from injector.tui.keymap import faults_of, keymap, keys_of, stop_keys
from injector.tui.keys import EVERYWHERE, SCREENS, STOP, Key, key_of, use_keys
from injector.tui.screens.places import build
from injector.tui.settings import Settings
from tests.tui.bench import Hand
from tests.tui.stage import console
from tests.tui.test_on_a_terminal import open_terminal

ACTS = sorted({key.action for table in (EVERYWHERE, *SCREENS) for key in table})
FIT = [f"f{number}" for number in range(1, 13)] + list("abcxyzABC019.;/é") + ["?", "-"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"fire": "x"}, "keys.fire: no such act; known here: "),
        ({"arm": "ctrl+enter"}, "keys.arm: 'ctrl+enter': not every terminal sends a key held"),
        ({"arm": "shift+f5"}, "keys.arm: 'shift+f5': not every terminal sends a key held"),
        ({"arm": "escape"}, "keys.arm: 'escape': this key moves and answers everywhere"),
        ({"arm": "enter"}, "keys.arm: 'enter': this key moves"),
        ({"arm": "f13"}, "keys.arm: 'f13': not every terminal sends this key"),
        ({"arm": ""}, "keys.arm: '': not every terminal sends this key"),
        ({"arm": " "}, "keys.arm: ' ': not every"),
        ({"arm": "ab"}, "keys.arm: 'ab': not every"),
        ({"arm": ","}, "keys.arm: ',': not every"),
        ({"arm": "o"}, "keys.arm: 'o' is the key of 'open_session'; each act needs its own"),
        ({"arm": "r"}, "keys.arm: 'r' is the key of 'release'"),
        ({"arm": "f9"}, "keys.arm: 'f9' is the key of 'stop'"),
        ({"disarm": "?"}, "keys.disarm: '?' is the key of 'help'"),
        ({"arm": "f5", "limits": "f5"}, "keys.limits: 'f5' is the key of 'arm'"),
        ({"stop": "x"}, "keys.stop: 'x': the second key of STOP is a function key"),
        ({"stop": "f1"}, "keys.stop: 'f1' is the key of 'help'"),
        ({"stop": "f12", "arm": "f12"}, "keys.arm: 'f12' is the key of 'stop'"),
    ],
)
def test_a_key_that_cannot_be_relied_on_is_refused(keys: dict[str, str], told: str) -> None:
    found = faults_of(keys)
    assert len(found) == 1
    assert str(found[0]).startswith(told)


@pytest.mark.parametrize("screen", SCREENS)
def test_no_two_acts_of_a_screen_have_one_key_to_begin_with(screen: tuple[Key, ...]) -> None:
    keys = [key.key for key in (*EVERYWHERE, *screen)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("place", Place)
def test_every_screens_keys_are_known_to_the_map(place: Place) -> None:
    screen = build(place)
    if place is Place.SIGN_IN:
        return  # there one types and chooses, with the keys that do so everywhere
    assert set(screen.KEYS) <= {key for table in SCREENS for key in table}


def test_keys_can_be_exchanged() -> None:
    assert faults_of({"arm": "o", "open_session": "a"}) == []
    assert faults_of({"help": "r", "release": "f1"}) == []


@given(st.dictionaries(st.sampled_from(ACTS), st.sampled_from(FIT), max_size=6))
def test_f9_is_stop_under_every_map_and_no_two_acts_of_a_screen_share_a_key(
    keys: dict[str, str],
) -> None:
    assert "f9" in stop_keys(keys)
    assert keymap(keys).get("stop", "f9").startswith("f9")
    if faults_of(keys):
        return
    for screen in SCREENS:
        all_keys = [each for key in (*EVERYWHERE, *screen) for each in keys_of(key, keys)]
        assert len(all_keys) == len(set(all_keys))
        assert "?" not in all_keys or keys.get("help") == "?"


def test_texts_name_the_key_that_was_chosen() -> None:
    try:
        use_keys({"arm": "f5", "stop": "f12"})
        assert key_of("arm") == "F5"
        assert STOP.shown == "F9"
    finally:
        use_keys({})


async def test_the_screen_shows_and_follows_other_keys(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    keys = {"arm": "o", "open_session": "f5", "release": "x", "help": "f11", "disarm": "."}
    settings = Settings(keys=keys)
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=(140, 40), settings=settings) as stage:
        await stage.see("x releases it", " F5  open", " o  arm", " x  release", " F11  help")
        await stage.press("r")  # no longer a key
        await stage.press("x")
        await stage.see("R E A D Y", "F5 opens the session")
        await stage.press("f5")
        await stage.see("o arms step 1 of 2")
        await stage.press("o")
        await stage.see("A R M E D")
        await stage.press("full_stop")
        await stage.see("R E A D Y")
        await stage.press("f11")
        await stage.see("Keys", " F5  Open a session with the plan.")
        await stage.press("escape", "o")
        await stage.see("A R M E D")
        await stage.press("f9")
        await stage.see("S T O P P E D", "x releases it")


@pytest.mark.rule("R-STOP")
async def test_a_pedal_is_stop_for_the_bindings_too(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    settings = Settings(keys={"stop": "f12"})
    async with console(gun.port, tmp_path / "shots.db", settings=settings) as stage:
        await stage.to_armed()
        await stage.press("f12")
        await stage.see("S T O P P E D")
        await stage.press("r")
        await stage.see("a arms step 1 of 2")
        await stage.press("a")
        await stage.see("A R M E D")
        await stage.press("f9")
        await stage.see("S T O P P E D")


@pytest.mark.rule("R-STOP")
def test_a_pedal_on_a_real_terminal_is_stop(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    folder = tmp_path / "config" / "injector"
    folder.mkdir(parents=True)
    (folder / "console.toml").write_text('[keys]\nstop = "f12"\narm = "f5"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    with open_terminal(gun, tmp_path / "shots.db", env=env) as terminal:
        terminal.wait("S T O P P E D", "r releases it")
        terminal.send(b"r")
        terminal.wait("F9  STOP", "o opens")
        terminal.send(b"o")
        terminal.wait("F5 arms step 1")
        terminal.send(b"\x1b[15~")
        terminal.wait("A R M E D")
        terminal.send(b"\x1b[24~")
        terminal.wait("S T O P P E D")
        assert hand.state["light"] == "stopped"
