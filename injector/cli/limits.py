"""``injector limits``: the limits that a plan lives under, and what they say to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from injector.cli.exits import Exit
from injector.cli.plans import (
    judge_plan,
    read_library,
    read_plan,
    reasons,
    tell_doubts,
    tell_flags,
)
from injector.limits.envelope import envelope
from injector.limits.side import Level, Rule, SetBy, Side
from injector.limits.verdict import as_log
from injector.report.json_text import to_json
from injector.treatment.check import PlanVerdict, StepVerdict
from injector.treatment.plan import Plan
from injector.tui.limit_words import FIGURES, code_words, figure_words, passed_words
from injector.units import format_volume_nl

_FILE = click.Path(dir_okay=False, path_type=Path)
_HEAD = ("limit", "planned", "bound", "level", "set by", "where", "source")
_SIGNS = {Rule.MOST: "at most", Rule.LEAST: "at least", Rule.STEP: "in steps of"}


@click.group()
def limits() -> None:
    """The limits that a plan lives under, and what they say to it."""


@limits.command()
@click.argument("plan", type=_FILE)
@click.option("--library", "library_path", type=_FILE, help="The limits; else the shipped ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(*, plan: Path, library_path: Path | None, as_json: bool) -> None:
    """Print every limit on each step of PLAN, who set it, and each verdict.

    No gun is asked, so the gun's own limits are not among them. Exit status 3 where the
    limits refuse the plan.
    """
    found = read_library(library_path)
    meant = read_plan(plan)
    verdict = judge_plan(meant, found)
    if as_json:
        told = {
            "library": found.digest,
            **verdict.as_log(),
            "multi_dose": [each.product for each in meant.mixture if each.multi_dose],
            "envelopes": [[_as_json(*each) for each in _sides(step)] for step in verdict.steps],
        }
        click.echo(to_json(told))
    else:
        click.echo(_mixture(meant))
        for step in verdict.steps:
            click.echo(_table(step))
        click.echo(_conclusion(verdict))
        tell_flags(verdict)
        tell_doubts(meant)
    raise SystemExit(Exit.OK if verdict.allowed else Exit.REFUSED)


def _mixture(plan: Plan) -> str:
    """What is in the syringe; a vial that serves more than one patient is marked."""
    lines = [
        f"  {format_volume_nl(each.volume_nl)} {code_words(each.product)}"
        + (", from a multi-dose vial" if each.multi_dose else "")
        for each in plan.mixture
    ]
    return "\n".join(["mixture", *lines, ""])


def _sides(step: StepVerdict) -> Iterator[tuple[Side, int]]:
    """Every side on the step, and the figure once all its shots are given."""
    for side, use in envelope(step.step.setpoint, step.context):
        if side.set_by is not SetBy.DEVICE and side.limit != SetBy.PLAN.value:
            yield side, use.of(step.step.shots)


def _as_json(side: Side, value: int) -> dict[str, Any]:
    return {
        "figure": side.figure.value,
        "subject": side.subject,
        "value": value,
        "rule": side.rule.value,
        "bound": side.bound,
        "level": side.level.value,
        "set_by": side.set_by.value,
        "limit": side.limit,
        "source": side.source,
        "strength": side.strength.value,
        "passed": side.passed_by(value),
    }


def _table(step: StepVerdict) -> str:
    planned = step.step
    rows = [_HEAD, *(_row(side, value) for side, value in _sides(step))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    what = f"{code_words(planned.technique)}, {code_words(planned.zone)}"
    lines = [f"step {step.number}: {what}, {planned.shots} shots"]
    lines += [
        "  "
        + "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _row(side: Side, value: int) -> tuple[str, ...]:
    form = FIGURES[side.figure][1]
    sign = _SIGNS.get(side.rule)
    over = "! " if side.passed_by(value) else ""
    return (
        over + figure_words(side.figure, side.subject),
        form(value) if sign else ("yes" if value else "no"),
        f"{sign} {form(side.bound)}"
        if sign
        else ("no" if side.rule is Rule.FORBIDDEN else "unset"),
        "soft" if side.level is Level.SOFT else "hard",
        side.set_by.value,
        side.limit,
        f"{side.source} [{side.strength.value}]" if side.source else "",
    )


def _conclusion(verdict: PlanVerdict) -> str:
    lines = []
    for step in verdict.steps:
        outcome = as_log(step.verdict)["outcome"]
        overridden = outcome == "soft" and step.allowed
        lines.append(f"step {step.number}: {'soft, overridden' if overridden else outcome}")
        if overridden:
            lines += [f"  {passed_words(each)}" for each in step.verdict.passed]
    why = [f"  {where}: {passed_words(each)}" for where, each in reasons(verdict)]
    return "\n".join([*lines, "the plan is allowed" if verdict.allowed else "refused:", *why])
