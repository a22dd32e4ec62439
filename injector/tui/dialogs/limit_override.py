"""An override: a practitioner lets soft limits be passed in one step, and says why."""

from collections.abc import Sequence

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import Override
from injector.tui.dialogs.fields import Choice, Field, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.look import step_at_hand, step_words
from injector.tui.speech import _


class OverrideDialog(FormDialog):
    """Asks for the step and the reason. Whose word it is, is asked afterwards."""

    def __init__(self, session: SessionView, by: str) -> None:
        super().__init__()
        self._by = by
        steps = [(at, f"{at + 1} {step_words(step)}") for at, step in enumerate(session.steps)] or [
            (0, "1")
        ]
        self._step = Choice(_("step"), steps, step_at_hand(session))
        self._reason = Text(_("reason"), needed=True)

    @override
    def heading(self) -> str:
        return _("Let soft limits be passed in one step; hard limits hold all the same")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._reason, self._step)

    @override
    def wanted(self) -> tuple[str, Intents]:
        step = self._step.chosen
        said = _("soft limits may be passed in step {step}, in this session only")
        return said.format(step=step + 1), (Override(step, self._reason.text, self._by),)
