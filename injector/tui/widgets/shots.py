"""The last shots, each measured against set, the newest on top."""

from typing import Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import ShotView
from injector.shotlog.facts import Setpoint
from injector.tui.figures import depth_mm, flow_ul_s, pressure_kpa, volume_ml
from injector.tui.look import View
from injector.tui.speech import _, mark, number
from injector.tui.widgets.face import Face, lines
from injector.tui.words import outcome_words

_TITLES: Final = (
    mark("shot"),
    mark("volume/set mL"),
    mark("depth/set mm"),
    mark("flow/set µL/s"),
    mark("peak kPa"),
)


class _Part(NamedTuple):
    shots: tuple[ShotView, ...]
    setpoints: tuple[Setpoint, ...]


class Shots(Face[_Part]):
    """As many of the last shots as there is room for."""

    @override
    def pick(self, view: View) -> _Part:
        session = view.state.session
        steps = () if session is None else session.steps
        return _Part(view.state.shots, tuple(step.setpoint for step in steps))

    @override
    def paint(self, part: _Part, width: int) -> Content:
        if not part.shots:
            return Content.styled(_("No shots yet"), "dim")
        wide = width >= 76
        titles = tuple(_(each) for each in _TITLES)
        head = f"{titles[0]:>6} {titles[1]:>15} {titles[2]:>12}"
        head += f" {titles[3]:>13} {titles[4]:>9}" if wide else ""
        rows = [Content.styled(f"{head}  " + _("outcome"), "bold underline")]
        room = max(1, self.content_size.height - 1)
        rows += [_row(shot, part.setpoints, wide=wide) for shot in reversed(part.shots[-room:])]
        return lines(rows)


def _row(shot: ShotView, setpoints: tuple[Setpoint, ...], *, wide: bool) -> Content:
    held = setpoints[shot.step] if shot.step is not None and shot.step < len(setpoints) else None
    set_ml = "?" if shot.set_nl is None else volume_ml(shot.set_nl, decimals=4)
    set_mm = "?" if held is None else depth_mm(held.depth_um)
    set_ul_s = "?" if held is None else flow_ul_s(held.flow_nl_s)
    volume = f"{volume_ml(shot.volume_nl, decimals=4)}/{set_ml}"
    depth, flow = f"{depth_mm(shot.depth_um)}/{set_mm}", f"{flow_ul_s(shot.flow_nl_s)}/{set_ul_s}"
    pressure = pressure_kpa(shot.pressure_pa)
    if shot.kind == "uncertain":  # nothing was measured; it counts as the most it can have given
        volume, depth, flow, pressure = f"≤{volume}", f"?/{set_mm}", f"?/{set_ul_s}", "?"
    row = f"{shot.index:>6} {volume:>15} {depth:>12}"
    row += f" {flow:>13} {pressure:>9}" if wide else ""
    row = number(row)
    words = outcome_words(shot.outcome, shot.cause)
    if shot.outcome == "complete":
        return Content(f"{row}  {words}")
    return Content.styled(f"{row}  ! {words}", "bold $notice-medium")
