"""The steps of the session: go on with another one, or add one."""

from typing import ClassVar, Final, Literal, TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static
from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.look import View, next_step, step_at_hand, step_words
from injector.tui.speech import _, number
from injector.tui.widgets.face import bar, lines
from injector.units import format_depth_um, format_volume_nl

StepChoice: TypeAlias = int | Literal["add"] | None
_ADD: Final = "n"


class StepList(Widget, can_focus=True):
    """One row for each step, the marked one in sight."""

    def __init__(self, session: SessionView) -> None:
        super().__init__()
        self._session = session
        beyond = next_step(session)
        self.at = (step_at_hand(session) or 0) if beyond is None else beyond

    def follow(self, session: SessionView) -> None:
        """Show the steps as they are now; the marked one stays."""
        if session.steps != self._session.steps:
            self._session = session
            self.refresh(layout=True)

    def move(self, by: int) -> None:
        """Mark another one."""
        if self._session.steps:
            self.at = (self.at + by) % len(self._session.steps)
            self.refresh()

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._session.steps))

    @override
    def render(self) -> Content:
        steps = self._session.steps
        height = max(1, self.content_size.height)
        first = max(0, min(self.at - height // 2, len(steps) - height))
        return lines([self._row(at) for at in range(first, min(len(steps), first + height))])

    def _row(self, at: int) -> Content:
        step, here = self._session.steps[at], at == self.at
        held = step.setpoint
        words = f"{'▸' if here else ' '} {step_words(step)}"
        amounts = number(f"{format_volume_nl(held.volume_nl)}, {format_depth_um(held.depth_um)}")
        done = f" {step.done}/{step.planned}"
        room = self.content_size.width - 4 - len(done) - len(amounts) - 2
        drawn = bar(step.done, step.planned, 8)
        if room < len(words) + 10:
            amounts, room = "", room + len(amounts)
        return Content.assemble(
            (f"{at + 1:>2} ", "bold reverse"),
            (f"{words:<{max(4, room - 10)}}"[: max(4, room)], "bold" if here else ""),
            f" {amounts} ",
            (drawn, "$bar"),
            done,
        )


class StepsDialog(ConsoleDialog[StepChoice]):
    """Asks which step is next; the result is its number from 0, ``add``, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter", "choose", show=False),
        Binding(_ADD, "add", show=False),
        Binding("escape", "leave", show=False),
    ]

    def __init__(self, session: SessionView) -> None:
        super().__init__()
        self._session = session

    @override
    def show(self, view: View) -> None:
        super().show(view)
        session = view.state.session
        if session is not None and session.id == self._session.id:
            self._session = session
            self.query_one(StepList).follow(session)

    @override
    def body(self) -> ComposeResult:
        with Vertical(classes="map"):
            yield Static(
                Content.assemble(
                    (_("Go on with which step?"), "bold"),
                    "\n",
                    (" Enter ", "bold reverse"),
                    f" {_('arm it')}  ",
                    (f" {_ADD} ", "bold reverse"),
                    f" {_('another zone or technique')}",
                )
            )
            yield StepList(self._session)

    def action_move(self, by: int) -> None:
        """Mark another one."""
        self.query_one(StepList).move(by)

    def action_choose(self) -> None:
        """That one."""
        self.dismiss(self.query_one(StepList).at if self._session.steps else None)

    def action_add(self) -> None:
        """One that is not there."""
        self.dismiss("add")

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """A digit chooses the step of that number."""
        if event.key.isdigit() and 0 < int(event.key) <= len(self._session.steps):
            event.stop()
            self.dismiss(int(event.key) - 1)
