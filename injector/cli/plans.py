"""Plans and libraries that a command is given: read, judged, refused in words."""

from datetime import date, datetime
from pathlib import Path
from typing import Final

import click

from injector.cli.exits import CommandError, Exit
from injector.limits.context import Axis, DeviceEnvelope
from injector.limits.library import Library, LibraryError
from injector.limits.side import Figure
from injector.limits.verdict import Passed
from injector.treatment.check import PlanVerdict, check_plan
from injector.treatment.plan import Plan, PlanError
from injector.treatment.pseudonyms import doubts
from injector.treatment.shipped import shipped_library
from injector.tui.limit_words import code_words, passed_words
from injector.tui.words import DOUBTS

_WIDEST: Final = Axis(0, 1_000_000_000)
ANY_DEVICE: Final = DeviceEnvelope(
    volume_nl=_WIDEST,
    depth_um=_WIDEST,
    flow_nl_s=_WIDEST,
    needle_um_s=_WIDEST,
    cadence_per_min=_WIDEST,
    tolerance_ppm=0,
)
"""Before a gun has said hello, only the library can refuse."""

OF_THE_PLAN: Final = frozenset(
    {
        Figure.NEEDLE,
        Figure.NEEDLE_LOT,
        Figure.NEEDLE_EXPIRY,
        Figure.SYRINGE,
        Figure.DEVICE_CLASS,
        Figure.MIXTURE,
        Figure.PRODUCTS,
        Figure.PRODUCT,
        Figure.PRODUCT_CLASS,
        Figure.CONCENTRATION,
        Figure.GIVEN,
        Figure.EXPIRY,
        Figure.PATIENT,
        Figure.WEIGHT,
        Figure.CONTRAINDICATION,
        Figure.ALLERGY,
        Figure.PURPOSE,
        Figure.INDICATION,
        Figure.SCHEDULE,
        Figure.COURSE_SESSIONS,
        Figure.COURSE_DAYS,
    }
)
"""Figures that no step decides: they are told once, and not at each step again."""


def read_plan(path: Path) -> Plan:
    """The plan in that file. Raises ``CommandError`` with every fault in it."""
    try:
        return Plan.parse(path.read_bytes())
    except OSError as error:
        raise CommandError(error.strerror or "cannot be read", where=str(path)) from error
    except PlanError as error:
        raise CommandError(_faults(error), where=str(path)) from error


def read_library(path: Path | None) -> Library:
    """The library in that file, or the shipped one."""
    if path is None:
        return shipped_library()
    try:
        return Library.parse(path.read_bytes())
    except OSError as error:
        raise CommandError(error.strerror or "cannot be read", where=str(path)) from error
    except LibraryError as error:
        raise CommandError(_faults(error), where=str(path)) from error


def _faults(error: PlanError | LibraryError) -> str:
    if len(error.faults) == 1:
        return str(error.faults[0])
    return f"{len(error.faults)} faults\n" + "\n".join(f"  {fault}" for fault in error.faults)


def today() -> date:
    """The day it is here, by this computer's clock."""
    return datetime.now().astimezone().date()


def judge_plan(plan: Plan, library: Library, device: DeviceEnvelope = ANY_DEVICE) -> PlanVerdict:
    """What the limits say to ``plan`` today."""
    return check_plan(plan, library, device, today=today())


def reasons(verdict: PlanVerdict) -> list[tuple[str, Passed]]:
    """Every reason against ``verdict``'s plan, with where it arises: the plan, or a step of it.

    What is passed in a step that has an override is no reason, unless it is hard.
    """
    found = [("mixture", each) for each in verdict.mixture.passed]
    refused = [step for step in verdict.steps if not step.allowed]
    whole = [each for step in refused for each in step.verdict.passed if each.figure in OF_THE_PLAN]
    found += [("plan", each) for each in dict.fromkeys(whole)]
    found += [
        (f"step {step.number}", each)
        for step in refused
        for each in step.verdict.passed
        if each.figure not in OF_THE_PLAN
    ]
    return found


def refuse_unless_allowed(plan: Path, verdict: PlanVerdict) -> None:
    """Raise ``CommandError`` with every reason where the limits do not allow the plan."""
    if verdict.allowed:
        return
    lines = [f"  {where}: {passed_words(each)}" for where, each in reasons(verdict)]
    raise CommandError(
        "refused by the limits; nothing was sent\n" + "\n".join(lines),
        where=str(plan),
        exit_code=Exit.REFUSED,
    )


def tell_flags(verdict: PlanVerdict) -> None:
    """Say what nobody refuses and somebody should know."""
    for flag in verdict.flags:
        click.echo(
            f"note: {code_words(flag.product)} is on a doping list, and the patient is an athlete;"
            f" source: {flag.source} [{flag.strength.value}]",
            err=True,
        )


def tell_doubts(plan: Plan) -> None:
    """Question free text of the plan that looks as if it told who the patient is.

    The text itself is not repeated: where it is a name, it has been seen often enough.
    """
    texts = [("title", plan.title)]
    texts += [
        (f"step {number}.override", step.override)
        for number, step in enumerate(plan.steps, start=1)
        if step.override is not None
    ]
    for where, text in texts:
        for doubt in doubts(text):
            click.echo(
                f"note: {where} looks like {DOUBTS[doubt]}; a plan says nothing of the patient",
                err=True,
            )
