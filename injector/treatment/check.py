"""What the limits say to a whole plan, before anything is sent.

Steps add up: the third step is judged as it will be met, with what the first two
will have given. Each shot that is not given yet counts as the most it can give. So
a plan that passes here leaves room for its last shot, and one that does not is
told every reason at every step at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, assert_never

from injector.limits.bound import Strength
from injector.limits.context import Context, DeviceEnvelope
from injector.limits.exposure import Exposure, SessionExposure, charge_nl
from injector.limits.flags import Flag, flags
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.realm import Realm
from injector.limits.side import Figure, Level, Rule, SetBy
from injector.limits.verdict import Allow, Passed, Refuse, Soft, Verdict, VerdictLog, as_log, judge
from injector.treatment.plan import Plan, Step


class PlanVerdictLog(TypedDict):
    """A plan's verdict as scripts read it."""

    allowed: bool
    mixture: VerdictLog
    steps: list[VerdictLog]
    flags: list[str]


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What the limits say to one step, after those before it."""

    number: int
    """From 1."""
    step: Step
    context: Context
    """What it was judged in."""
    verdict: Verdict

    @property
    def allowed(self) -> bool:
        """Whether it can be given: no limit is passed, or soft ones are overridden."""
        match self.verdict:
            case Allow():
                return True
            case Soft():
                return self.step.override is not None
            case Refuse():
                return False
            case _:
                assert_never(self.verdict)


@dataclass(frozen=True, slots=True)
class PlanVerdict:
    """What the limits say to a plan."""

    mixture: Allow | Refuse
    """Whether the mixture fits into the syringe."""
    steps: tuple[StepVerdict, ...]
    flags: tuple[Flag, ...] = ()
    """What somebody should know, and no limit refuses."""

    @property
    def allowed(self) -> bool:
        """Whether the whole plan can be given as it stands."""
        return isinstance(self.mixture, Allow) and all(step.allowed for step in self.steps)

    def as_log(self) -> PlanVerdictLog:
        """For output that scripts read."""
        return {
            "allowed": self.allowed,
            "mixture": as_log(self.mixture),
            "steps": [as_log(step.verdict) for step in self.steps],
            "flags": [flag.product for flag in self.flags],
        }


def check_plan(
    plan: Plan, library: Library, device: DeviceEnvelope, *, today: date | None = None
) -> PlanVerdict:
    """Judges every step of ``plan`` with the exposure that the steps before it will have added.

    Without ``today`` a product that has an expiry is refused.
    """
    steps = []
    given = SessionExposure()
    mixture = plan.contents
    left = min(plan.mixture_nl, plan.syringe_nl)
    for number, step in enumerate(plan.steps, start=1):
        given_nl = given.total().volume_nl
        doses = {each: mixture.dose_ng(each, given_nl) or 0 for each in mixture.products}
        context = step_context(
            plan,
            step,
            library,
            device,
            given=given,
            syringe_left_nl=left,
            doses=doses,
            today=today,
        )
        steps.append(StepVerdict(number, step, context, judge(step.setpoint, context)))
        volume = step.shots * charge_nl(step.volume_nl, device.tolerance_ppm)
        given = given.plus(step.zone, Exposure(step.shots, volume))
        left = max(0, left - volume)
    asked = plan.patient.patient if plan.patient else None
    return PlanVerdict(_judge_mixture(plan), tuple(steps), flags(mixture, asked, library))


def step_context(
    plan: Plan,
    step: Step,
    library: Library,
    device: DeviceEnvelope,
    *,
    given: SessionExposure,
    syringe_left_nl: int,
    doses: Mapping[str, int] | None = None,
    before: Given | None = None,
    today: date | None = None,
    realm: Realm = Realm.TRAINING,
) -> Context:
    """The context in which ``step`` is met, before its first shot.

    ``before`` is what the plan says was given elsewhere, unless somebody knows better.

    A controller that is inside the step replaces ``planned_shots`` by what the step
    still wants, and ``exposure``, ``doses``, ``mixture`` and ``syringe_left_nl`` by what
    they have become.
    """
    elsewhere = plan.patient.given if plan.patient else Given()
    return Context(
        library=library,
        device=device,
        technique=step.technique,
        zone=step.zone,
        needle_um=plan.needle_um,
        syringe_nl=plan.syringe_nl,
        syringe_left_nl=syringe_left_nl,
        planned_shots=step.shots,
        exposure=given,
        overridden=step.override is not None,
        realm=realm,
        mixture=plan.contents,
        doses={} if doses is None else doses,
        patient=plan.patient.patient if plan.patient else None,
        before=elsewhere if before is None else before,
        today=today,
        purpose=plan.purpose,
        indication=plan.indication,
    )


def _judge_mixture(plan: Plan) -> Allow | Refuse:
    if plan.mixture_nl <= plan.syringe_nl:
        return Allow()
    return Refuse(
        (
            Passed(
                figure=Figure.MIXTURE_VOLUME,
                value=plan.mixture_nl,
                rule=Rule.MOST,
                bound=plan.syringe_nl,
                level=Level.HARD,
                set_by=SetBy.SYRINGE,
                limit=SetBy.SYRINGE.value,
                source="",
                strength=Strength.LABEL,
                would_pass=plan.syringe_nl,
            ),
        )
    )
