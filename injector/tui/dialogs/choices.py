"""What a form lets one choose from: zones, techniques, kinds of adverse events."""

from collections.abc import Mapping
from typing import Final, get_args

from injector.limits.library import Library
from injector.limits.setpoint import ModeKind
from injector.shotlog.facts import AdverseKind
from injector.tui.limit_words import code_words
from injector.tui.speech import _, mark

ADVERSE: Final[Mapping[str, str]] = {
    "bruising": mark("bruising"),
    "redness": mark("redness"),
    "itching": mark("itching"),
    "pain": mark("pain"),
    "haematoma": mark("haematoma"),
    "infection": mark("infection"),
    "allergy": mark("allergy"),
    "necrosis": mark("necrosis"),
    "pigmentation": mark("pigmentation"),
    "granuloma": mark("granuloma"),
    "other": mark("other"),
}
"""Each kind of adverse event in words."""
MODES: Final[Mapping[ModeKind, str]] = {
    ModeKind.SINGLE: mark("single"),
    ModeKind.REPEAT: mark("repeat"),
    ModeKind.BURST: mark("burst"),
    ModeKind.PERFUSION: mark("perfusion"),
}
"""Each mode in words."""


def zones(library: Library) -> list[tuple[str, str]]:
    """Every zone of the library, and its name."""
    return [(code, code_words(code)) for code in library.figures.zone]


def techniques(library: Library) -> list[tuple[str, str]]:
    """Every technique of the library, and its name."""
    return [(code, code_words(code)) for code in library.figures.technique]


def modes() -> list[tuple[ModeKind, str]]:
    """Every mode."""
    return [(mode, _(MODES[mode])) for mode in ModeKind]


def adverse_kinds() -> list[tuple[AdverseKind, str]]:
    """Every kind of adverse event."""
    kinds: tuple[AdverseKind, ...] = get_args(AdverseKind)
    return [(kind, _(ADVERSE[kind])) for kind in kinds]
