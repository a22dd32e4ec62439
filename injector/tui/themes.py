"""The console's colours: three themes, each a table of the same variables.

A style sheet names variables only. Each tone of the state has a ground and an ink (`away`,
`away-ink`), and no colour says anything that a word and a symbol do not say as well.

*dark* is the console's own. *high contrast* has at least seven to one everywhere (WCAG 2,
AAA). *colour-blind safe* takes its grounds from Okabe and Ito's palette, whose colours stay
apart in every kind of colour blindness; at least 4.5 to one (AA), like *dark*.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from textual.theme import Theme

from injector.tui.settings import ThemeName

_DARK: Final = {
    "away": "#3a424a",
    "away-ink": "#ffffff",
    "busy": "#24507a",
    "busy-ink": "#ffffff",
    "ready": "#1f7a3d",
    "ready-ink": "#ffffff",
    "live": "#ffb000",
    "live-ink": "#000000",
    "firing": "#7fd7ff",
    "firing-ink": "#000000",
    "halt": "#b00020",
    "halt-ink": "#ffffff",
    "stop": "#d00024",
    "stop-ink": "#ffffff",
    "stop-hover": "#e0002c",
    "notice-high": "#ff6b6b",
    "notice-medium": "#ffb000",
    "notice-low": "#7fc8ff",
    "bar": "#7fc8ff",
    "bar-over": "#ffb000",
}
_HIGH_CONTRAST: Final = {
    "away": "#303030",
    "away-ink": "#ffffff",
    "busy": "#00308f",
    "busy-ink": "#ffffff",
    "ready": "#005c1f",
    "ready-ink": "#ffffff",
    "live": "#ffd000",
    "live-ink": "#000000",
    "firing": "#a8ecff",
    "firing-ink": "#000000",
    "halt": "#9c0000",
    "halt-ink": "#ffffff",
    "stop": "#9c0000",
    "stop-ink": "#ffffff",
    "stop-hover": "#a80000",
    "notice-high": "#ff9a9a",
    "notice-medium": "#ffd000",
    "notice-low": "#a8ecff",
    "bar": "#a8ecff",
    "bar-over": "#ffd000",
}
_COLOUR_BLIND_SAFE: Final = {
    "away": "#3a424a",
    "away-ink": "#ffffff",
    "busy": "#0072b2",
    "busy-ink": "#ffffff",
    "ready": "#009e73",
    "ready-ink": "#000000",
    "live": "#f0e442",
    "live-ink": "#000000",
    "firing": "#56b4e9",
    "firing-ink": "#000000",
    "halt": "#d55e00",
    "halt-ink": "#000000",
    "stop": "#d55e00",
    "stop-ink": "#000000",
    "stop-hover": "#e69f00",
    "notice-high": "#e69f00",
    "notice-medium": "#f0e442",
    "notice-low": "#56b4e9",
    "bar": "#56b4e9",
    "bar-over": "#e69f00",
}


class _Grounds(NamedTuple):
    background: str
    foreground: str
    surface: str
    panel: str


_NIGHT: Final = _Grounds("#101418", "#e8e8e8", "#161c22", "#1c242c")
_BLACK: Final = _Grounds("#000000", "#ffffff", "#000000", "#141414")


def _theme(name: ThemeName, colours: Mapping[str, str], grounds: _Grounds) -> Theme:
    """A theme: the console's own variables, and Textual's made to go with them."""
    return Theme(
        name=f"injector-{name.value}",
        primary=colours["bar"],
        secondary=colours["busy"],
        accent=colours["live"],
        warning=colours["notice-medium"],
        error=colours["notice-high"],
        success=colours["ready"],
        variables=dict(colours),
        background=grounds.background,
        foreground=grounds.foreground,
        surface=grounds.surface,
        panel=grounds.panel,
    )


THEMES: Final[Mapping[ThemeName, Theme]] = {
    name: _theme(name, colours, grounds)
    for name, colours, grounds in (
        (ThemeName.DARK, _DARK, _NIGHT),
        (ThemeName.HIGH_CONTRAST, _HIGH_CONTRAST, _BLACK),
        (ThemeName.COLOUR_BLIND_SAFE, _COLOUR_BLIND_SAFE, _NIGHT),
    )
}
INKS: Final = (
    *((f"{tone}-ink", tone) for tone in ("away", "busy", "ready", "live", "firing", "halt")),
    ("stop-ink", "stop"),
    ("stop-ink", "stop-hover"),
    *((ink, "panel") for ink in ("notice-high", "notice-medium", "notice-low", "foreground")),
    *((ink, "background") for ink in ("bar", "bar-over", "foreground")),
    ("notice-medium", "surface"),
    ("foreground", "surface"),
)
"""What is written on what."""
