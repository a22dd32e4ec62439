"""A step that the plan does not have: another zone or technique, by itself as the one at hand."""

from collections.abc import Sequence

from pydantic import ValidationError
from typing_extensions import override

from injector.control.snapshot import SessionView
from injector.control.wants import AddStep
from injector.limits.library import Library
from injector.limits.setpoint import ModeKind
from injector.treatment.plan import Step
from injector.tui.dialogs.choices import modes, techniques
from injector.tui.dialogs.fields import Amount, Choice, Count, Field, FormFaultError
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.limit_words import code_words
from injector.tui.look import step_at_hand
from injector.tui.speech import _, plural
from injector.units import CADENCE, DEPTH, FLOW, NEEDLE_SPEED, VOLUME, Quantity


class AddStepDialog(FormDialog):
    """Asks for everything that a plan's step says, in that zone."""

    def __init__(self, session: SessionView, library: Library, zone: str, by: str) -> None:
        super().__init__()
        self._zone, self._by = zone, by
        at = step_at_hand(session)
        held = session.steps[at if at is not None else -1] if session.steps else None
        of = None if held is None else held.setpoint
        self._technique = Choice(
            _("technique"), techniques(library), None if held is None else held.technique
        )
        self._mode = Choice(_("mode"), modes(), None if of is None else ModeKind(of.mode))
        self._burst = Count(_("shots in a burst"), 0 if of is None else of.burst)
        self._volume = _amount(_("volume of a shot"), VOLUME, None if of is None else of.volume_nl)
        self._depth = _amount(_("depth"), DEPTH, None if of is None else of.depth_um)
        self._flow = _amount(_("flow"), FLOW, None if of is None else of.flow_nl_s)
        self._speed = _amount(
            _("needle speed"), NEEDLE_SPEED, None if of is None else of.needle_um_s
        )
        self._cadence = _amount(_("cadence"), CADENCE, None if of is None else of.cadence_per_min)
        self._shots = Count(_("shots"), least=1, hint="20")

    @override
    def heading(self) -> str:
        return _("One more step: {zone}").format(zone=code_words(self._zone))

    @override
    def fields(self) -> Sequence[Field]:
        return (
            self._shots,
            self._technique,
            self._volume,
            self._depth,
            self._flow,
            self._cadence,
            self._speed,
            self._mode,
            self._burst,
        )

    @override
    def wanted(self) -> tuple[str, Intents]:
        shots, burst = self._shots.count, self._burst.count
        in_bursts = self._mode.chosen is ModeKind.BURST
        try:
            step = Step.model_validate(
                {
                    "technique": self._technique.chosen,
                    "zone": self._zone,
                    "mode": self._mode.chosen.value,
                    "burst": burst if in_bursts else None,
                    "volume": VOLUME.format(self._volume.sure),
                    "depth": DEPTH.format(self._depth.sure),
                    "flow": FLOW.format(self._flow.sure),
                    "needle_speed": NEEDLE_SPEED.format(self._speed.sure),
                    "cadence": CADENCE.format(self._cadence.sure),
                    "shots": shots,
                }
            )
        except ValidationError as error:
            raise FormFaultError(error.errors()[0]["msg"]) from None
        said = plural(
            "one more step: {technique}, {zone}, {count} shot",
            "one more step: {technique}, {zone}, {count} shots",
            shots,
            technique=code_words(step.technique),
            zone=code_words(step.zone),
        )
        return said, (AddStep(step, self._by),)


def _amount(label: str, quantity: Quantity, value: int | None) -> Amount:
    return Amount(label, quantity, value, needed=True)
