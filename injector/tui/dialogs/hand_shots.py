"""Shots that were given by hand: where, how many, how much, and from which syringe."""

from collections.abc import Sequence

from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import Record
from injector.limits.library import Library
from injector.shotlog import facts
from injector.tui.dialogs.choices import techniques, zones
from injector.tui.dialogs.fields import Amount, Choice, Count, Field
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.limit_words import code_words
from injector.tui.look import step_at_hand
from injector.tui.speech import _, number, plural
from injector.units import VOLUME


class HandShotsDialog(FormDialog):
    """Records them. A fact is never refused: it counts, whatever the limits say."""

    def __init__(self, session: SessionView, library: Library, by: str) -> None:
        super().__init__()
        self._by = by
        at = step_at_hand(session)
        step = session.steps[at] if at is not None and session.steps else None
        self._technique = Choice(
            _("technique"), techniques(library), None if step is None else step.technique
        )
        self._zone = Choice(_("zone"), zones(library), None if step is None else step.zone)
        self._shots = Count(_("shots"), least=1, hint="5")
        self._volume = Amount(
            _("volume of all"), VOLUME, hint=number(VOLUME.format(250_000)), needed=True
        )
        fills = [(fill.number, fill_words(fill.number, fill.place)) for fill in session.fills]
        self._fill = Choice(_("syringe"), fills or [(session.fill, str(session.fill))])

    @override
    def heading(self) -> str:
        return _("Shots by hand")

    @override
    def fields(self) -> Sequence[Field]:
        return (self._shots, self._volume, self._zone, self._technique, self._fill)

    @override
    def wanted(self) -> tuple[str, Intents]:
        shots, volume_nl = self._shots.count, self._volume.sure
        fact = facts.HandShots(
            technique=self._technique.chosen,
            zone=self._zone.chosen,
            fill=self._fill.chosen,
            shots=shots,
            volume_nl=volume_nl,
            by=self._by,
        )
        said = plural(
            "{count} shot by hand, {volume}, {zone}",
            "{count} shots by hand, together {volume}, {zone}",
            shots,
            volume=number(VOLUME.format(volume_nl)),
            zone=code_words(fact.zone),
        )
        return said, (Record(fact),)


def fill_words(fill: int, place: str) -> str:
    """A filling: its number, and where it is."""
    where = _("in the gun") if place == "gun" else _("by hand")
    return _("syringe {number}, {where}").format(number=fill + 1, where=where)
