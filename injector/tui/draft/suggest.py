"""What the library suggests: for an indication what is usual, for a technique its figures.

A suggestion fills only what nobody filled, and stays a proposal until somebody accepts
it. Where a range has no source, nothing is proposed for it. Of a range that has one the
cautious part is: its least amount where it has one, else its middle; the soft range where
there is one. What is proposed passes every limit that is known by then, since whatever
does not is replaced by what would.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from injector.limits.bound import Bound, Strength
from injector.limits.context import Context, DeviceEnvelope
from injector.limits.library import Library
from injector.limits.setpoint import MAX_FIGURE, ModeKind, Single
from injector.limits.side import Figure
from injector.limits.tables.indications import Indication
from injector.limits.verdict import judge
from injector.tui.draft.judging import ANY_DEVICE, setpoint_of
from injector.tui.draft.reading import FIGURES, Reading
from injector.tui.draft.sheet import SessionDraft
from injector.tui.speech import number

_JUDGED: Final[Mapping[Figure, str]] = {
    Figure.VOLUME: "volume",
    Figure.CHARGE: "volume",
    Figure.DEPTH: "depth",
    Figure.FLOW: "flow",
    Figure.NEEDLE_SPEED: "needle_speed",
    Figure.CADENCE: "cadence",
}
_TRIES: Final = 4
"""What would pass one limit may pass another; after so many rounds it is left as it is."""


def indication_of(draft: SessionDraft, library: Library) -> Indication | None:
    """The indication that was chosen, where the library knows it."""
    return library.figures.indication.get(draft.get("indication"))


def usual_first(usual: Iterable[str], every: Iterable[str]) -> list[str]:
    """The codes of ``every``, those that are usual first, in the order of the library."""
    known = list(every)
    first = [code for code in usual if code in known]
    return first + [code for code in known if code not in first]


def suggest_for_indication(draft: SessionDraft, library: Library) -> None:
    """An indication was chosen: propose what it leaves no choice about."""
    draft.withdraw("purpose")
    for at in range(draft.steps):
        draft.withdraw(f"step.{at}.zone")
    chosen = indication_of(draft, library)
    if chosen is None:
        return
    source = f"indication.{draft.get('indication')}"
    if len(chosen.purposes) == 1:
        draft.propose("purpose", chosen.purposes[0], f"{source}.purposes")
    if len(chosen.zones) == 1:
        for at in range(draft.steps):
            draft.propose(f"step.{at}.zone", chosen.zones[0], f"{source}.zones")


def suggest_for_step(
    draft: SessionDraft, at: int, reading: Reading, library: Library, device: DeviceEnvelope | None
) -> None:
    """Propose the figures of a step whose technique was chosen, in what is known of its zone."""
    place = f"step.{at}"
    technique = library.figures.technique.get(draft.get(f"{place}.technique"))
    for name in ("mode", *FIGURES):
        draft.withdraw(f"{place}.{name}")
    if technique is None:
        return
    code = f"technique.{draft.get(f'{place}.technique')}"
    if technique.modes and technique.modes[0] is not ModeKind.PERFUSION:
        draft.propose(f"{place}.mode", technique.modes[0].value, f"{code}.modes")
    depth_um = reading.steps[at].figures.get("depth")
    figures: dict[str, tuple[int, str]] = {}
    _take(figures, "volume", technique.volume, f"{code}.volume")
    _take(figures, "depth", technique.depth, f"{code}.depth")
    if depth_um is None and "depth" in figures:
        depth_um = _passing(figures, at, draft, reading, library, device)["depth"]
    _take(figures, "flow", library.figures.shot.flow, "shot.flow")
    for row, pace in enumerate(library.figures.pace):
        if depth_um is not None and pace.down_to >= depth_um:
            where = f"pace.{row + 1}"
            _take(figures, "needle_speed", pace.needle_speed, f"{where}.needle_speed")
            _take(figures, "cadence", pace.cadence, f"{where}.cadence")
            break
    for name, amount in _passing(figures, at, draft, reading, library, device).items():
        text = number(FIGURES[name].format(amount))
        draft.propose(f"{place}.{name}", text, figures[name][1])


def _take(figures: dict[str, tuple[int, str]], name: str, bound: Bound | None, source: str) -> None:
    """Take a cautious amount of a bound, unless nobody says where the bound comes from."""
    if bound is None or bound.strength is Strength.NONE:
        return
    span = bound.hard if bound.soft is None else bound.soft
    amount = span.least or span.most // 2
    if amount:
        figures[name] = (amount, source)


def _passing(
    figures: Mapping[str, tuple[int, str]],
    at: int,
    draft: SessionDraft,
    reading: Reading,
    library: Library,
    device: DeviceEnvelope | None,
) -> dict[str, int]:
    """The figures, each replaced by what would pass where a limit on the shot is passed."""
    known = reading.steps[at].figures
    free = {name: amount for name, (amount, _) in figures.items() if name not in known}
    context = Context(
        library=library,
        device=ANY_DEVICE if device is None else device,
        technique=draft.get(f"step.{at}.technique"),
        zone=draft.get(f"step.{at}.zone"),
        needle_um=MAX_FIGURE if reading.needle_um is None else reading.needle_um,
        syringe_nl=MAX_FIGURE,
        syringe_left_nl=MAX_FIGURE,
        planned_shots=1,
        mixture=reading.mixture,
        today=date.max,
    )
    for _ in range(_TRIES):
        passed = judge(setpoint_of(known | free, Single()), context).passed
        better = {
            _JUDGED[each.figure]: each.would_pass
            for each in reversed(passed)  # so that the most limiting has the last word
            if each.figure in _JUDGED and each.would_pass is not None
        }
        changed = {
            name: amount
            for name, amount in better.items()
            if name in free and amount and free[name] != amount
        }
        if not changed:
            break
        free |= changed
    return free
