"""The steps: a technique in a zone at a setpoint, and how many shots."""

from injector.limits.setpoint import ModeKind
from injector.tui.draft.reading import FIGURES
from injector.tui.draft.suggest import indication_of, usual_first
from injector.tui.new_session.field import Desk, Field, Kind, Option, named, with_current
from injector.tui.speech import _, mark, number

_LABELS = {
    "volume": mark("volume of a shot"),
    "depth": mark("depth"),
    "flow": mark("flow"),
    "needle_speed": mark("needle speed"),
    "cadence": mark("cadence"),
}
_MODES = {
    ModeKind.SINGLE: mark("single: a shot for each pull"),
    ModeKind.REPEAT: mark("repeat: while the trigger is held"),
    ModeKind.BURST: mark("burst: so many for each pull"),
    ModeKind.PERFUSION: mark("perfusion: flow while it is held"),
}


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft, figures = desk.draft, desk.library.figures
    usual = indication_of(draft, desk.library)
    techniques = named(
        usual_first(() if usual is None else usual.techniques, figures.technique), figures.technique
    )
    zones = named(usual_first(() if usual is None else usual.zones, figures.zone), figures.zone)
    found = []
    for at in range(draft.steps):
        place = f"step.{at}"
        technique = draft.get(f"{place}.technique")
        found += [
            Field(
                place,
                _("Step {number} of {count}").format(number=at + 1, count=draft.steps),
                Kind.HEADING,
            ),
            Field(
                f"{place}.technique",
                _("technique"),
                Kind.CHOICE,
                with_current(techniques, technique),
            ),
            Field(
                f"{place}.zone",
                _("zone"),
                Kind.CHOICE,
                with_current(zones, draft.get(f"{place}.zone")),
            ),
            Field(f"{place}.mode", _("mode"), Kind.CHOICE, _modes(desk, technique, place)),
        ]
        if draft.get(f"{place}.mode") == ModeKind.BURST:
            found.append(Field(f"{place}.burst", _("shots of a burst"), most=4))
        found += [
            Field(
                f"{place}.{name}",
                _(label),
                example=_("as in {amount}").format(
                    amount=number(FIGURES[name].format(FIGURES[name].example))
                ),
                most=20,
            )
            for name, label in _LABELS.items()
        ]
        found.append(Field(f"{place}.shots", _("shots"), example=_("how many"), most=6))
    return found


def _modes(desk: Desk, technique: str, place: str) -> tuple[Option, ...]:
    """The modes that the technique may be given in; all of them where it is not known."""
    known = desk.library.figures.technique.get(technique)
    modes = tuple(ModeKind) if known is None else known.modes
    options = tuple(Option(mode.value, _(_MODES[mode])) for mode in modes)
    return with_current(options, desk.draft.get(f"{place}.mode"))
