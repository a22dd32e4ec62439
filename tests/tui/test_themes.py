"""Colours: enough contrast in every theme, kept apart by the colour-blind, and never alone."""

import re
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.tui.settings import Settings, ThemeName
from injector.tui.themes import INKS, THEMES
from tests.tui.bench import ROOT, Hand
from tests.tui.stage import console
from tests.tui.test_on_a_terminal import open_terminal

LEAST = {ThemeName.DARK: 4.5, ThemeName.HIGH_CONTRAST: 7.0, ThemeName.COLOUR_BLIND_SAFE: 4.5}
OKABE_ITO = {"#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}


def colour(theme: ThemeName, name: str) -> str:
    """A colour of a theme."""
    made = THEMES[theme]
    grounds = {
        each: getattr(made, each) for each in ("background", "foreground", "surface", "panel")
    }
    return str({**grounds, **made.variables}[name])


def luminance(text: str) -> float:
    """WCAG 2's relative luminance."""
    parts = [int(text[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize(("ink", "ground"), INKS)
def test_what_is_written_can_be_read(theme: ThemeName, ink: str, ground: str) -> None:
    assert contrast(colour(theme, ink), colour(theme, ground)) >= LEAST[theme]


def test_every_theme_has_the_same_variables() -> None:
    names = [set(theme.variables) for theme in THEMES.values()]
    assert all(each == names[0] for each in names)
    assert set(THEMES) == set(ThemeName)


def test_the_colour_blind_safe_theme_tells_tones_apart_by_okabe_and_itos_colours() -> None:
    tones = ("busy", "ready", "live", "firing", "halt")
    used = [colour(ThemeName.COLOUR_BLIND_SAFE, tone) for tone in tones]
    assert set(used) <= OKABE_ITO
    assert len(set(used)) == len(tones)


def test_style_sheets_name_variables_and_no_colours() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|\brgb\(|\bhsl\(")
    sheets = [ROOT / "injector" / "tui" / "console.tcss"]
    code = (ROOT / "injector" / "tui").rglob("*.py")
    css = [
        (path, text)
        for path in code
        for text in re.findall(r'DEFAULT_CSS[^"]*"""(.*?)"""', path.read_text("utf-8"), re.DOTALL)
    ]
    css += [(path, path.read_text("utf-8")) for path in sheets]
    assert [(path.name, literal.findall(text)) for path, text in css if literal.search(text)] == []


@pytest.mark.parametrize("theme", ThemeName)
async def test_the_theme_that_was_chosen_is_drawn(
    theme: ThemeName, gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", settings=Settings(theme=theme)) as stage:
        await stage.see("S T O P P E D")
        picture = stage.app.export_screenshot()
        assert colour(theme, "halt") in picture
        assert colour(theme, "stop") in picture


def test_no_color_draws_no_colour(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    env = {"NO_COLOR": "1", "COLORTERM": "truecolor"}
    with open_terminal(gun, tmp_path / "shots.db", env=env) as terminal:
        terminal.wait("S T O P P E D", "r releases it")
        drawn = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", bytes(terminal.raw))
        assert drawn
        assert [each for each in drawn if len(set(each)) > 1] == []
        assert b"[38;5;" not in terminal.raw
