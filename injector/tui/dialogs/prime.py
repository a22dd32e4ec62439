"""Priming: how much to push out, off the skin. The trigger does it, not this console."""

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from injector.control.wants import ArmPrime
from injector.tui.dialogs.fields import Amount, Field
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.speech import _, number
from injector.units import VOLUME

PROPOSED_NL: Final = 50_000


class PrimeDialog(FormDialog):
    """Arms priming."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self._by = by
        self._volume = Amount(_("at most"), VOLUME, PROPOSED_NL, needed=True)

    @override
    def heading(self) -> str:
        return _("Prime: hold the gun off the skin, then pull the trigger")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._volume,)

    @override
    def wanted(self) -> tuple[str, Intents]:
        volume_nl = self._volume.sure
        said = _("prime with at most {volume}, off the skin").format(
            volume=number(VOLUME.format(volume_nl))
        )
        return said, (ArmPrime(volume_nl, self._by),)
