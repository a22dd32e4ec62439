"""What stands on the screen, as text: for the clipboard."""

from typing import Any

from textual._context import visible_screen_stack
from textual.app import App


def screen_text(app: App[Any]) -> str:
    """Every line of the screen, dialogs over it included, without spaces at the ends."""
    visible_screen_stack.set(app._background_screens)  # noqa: SLF001 - as the app itself draws
    strips = app.screen._compositor.render_strips(app.size)  # noqa: SLF001 - the same
    return "\n".join(strip.text.rstrip() for strip in strips).strip("\n")
