"""Fields for fast hands: what is typed behind Enter belongs to the next field.

Textual hands a key to whatever has the focus at that moment, and runs what Enter is bound
to only after the key has gone through every widget. Whoever types an id, Enter and a
passphrase in one go, or a scanner that does, would write the passphrase in clear behind
the id. Here Enter is taken in its turn, and until everything that was typed ahead is used
up keys are passed on to the next field, in their order.
"""

from textual import events
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Input
from typing_extensions import override


class Prompt(Input):
    """A field. Enter goes on to ``then``, or is the form's where there is none."""

    then: "Prompt | None" = None

    def __init__(self, value: str = "", *, placeholder: str, name: str, secret: bool) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=secret,
            id=name,
            select_on_focus=not secret,  # what was typed ahead is not to be typed over
        )
        self._handing: Handing | None = None

    async def _on_key(self, event: events.Key) -> None:
        if self._handing is not None and self._handing.takes(event):
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            await self.enter()

    async def enter(self) -> None:
        """Enter was pressed."""
        if self.then is None:
            await self.action_submit()
        else:
            self._handing = Handing(self, self.then)

    @override
    def action_cut(self) -> None:
        if not self.password:  # a secret would lie in the clipboard
            super().action_cut()

    @override
    def action_copy(self) -> None:
        if not self.password:
            super().action_copy()


class Handing:
    """Hands the keys that still come to ``giver`` over to ``field``, then the focus."""

    def __init__(self, giver: MessagePump, field: Prompt) -> None:
        self._giver, self._field = giver, field
        self._quiet = False
        self._over = False
        giver.call_later(self._settle)

    def takes(self, event: events.Key) -> bool:
        """Whether the key is the field's, which has it then."""
        screen: Screen[object] = self._field.screen
        if self._over and screen.focused is not self._field:
            return False
        self._quiet = False
        if event.is_printable and event.character is not None:
            self._field.insert_text_at_cursor(event.character)
        elif event.key == "enter":
            self._field.call_later(self._field.enter)
        elif event.key == "backspace":
            self._field.action_delete_left()
        return True

    def _settle(self) -> None:
        """Give the focus away once nothing was waiting, twice running."""
        empty = self._giver.message_queue_size == 0
        if empty and self._quiet:
            self._over = True
            self._field.screen.set_focus(self._field)
            return
        self._quiet = empty
        self._giver.call_later(self._settle)
