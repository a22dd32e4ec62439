"""The STOP target for the mouse. The key needs no widget: the input thread sends it."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from typing_extensions import override

from injector.tui.keys import STOP


class StopTarget(Widget):
    """STOP, as large as the band is high; pressed is enough, it need not be let go."""

    class Pressed(Message):
        """The operator wants STOP."""

    @override
    def render(self) -> Content:
        return Content(f"\n■ STOP {STOP.shown}\n")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.post_message(self.Pressed())
