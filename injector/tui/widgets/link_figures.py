"""How the line to the gun does: counts, round trips, late beats. For engineers, in English."""

from dataclasses import replace

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import LineView
from injector.tui.look import View
from injector.tui.widgets.face import Face, lines


class LinkFigures(Face[LineView | None]):
    """Three rows of figures."""

    DEFAULT_CSS = """
    LinkFigures { height: 3; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @override
    def pick(self, view: View) -> LineView | None:
        line = view.state.line
        return None if line is None else replace(line, frames=())

    @override
    def paint(self, part: LineView | None, width: int) -> Content:
        if part is None:
            return Content.styled("nothing is watched yet", "dim")
        bad = part.bad_here + part.bad_by_device
        return lines(
            [
                Content(
                    f"frames out {part.sent} in {part.heard}"
                    f"  repeats {part.repeats}  late answers {part.late}"
                ),
                Content.styled(
                    f"{'! ' if bad else ''}bad frames: here {part.bad_here},"
                    f" told by the gun {part.bad_by_device}",
                    "bold" if bad else "",
                ),
                Content(
                    f"trip ms {_ms(part.trip_last_us)} median {_ms(part.trip_median_us)}"
                    f" most {_ms(part.trip_most_us)}  beats {part.beats}, late {part.beats_late}"
                ),
            ]
        )


def _ms(us: int | None) -> str:
    return "-" if us is None else f"{us / 1000:.1f}"
