"""What the screen of a new session reads: patients known here, their past, plans to train with.

Everything here reads files, and is called on a thread of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from injector.shotlog.errors import LogError
from injector.shotlog.reader import LogReader
from injector.treatment.plan import Plan
from injector.treatment.shipped import example_plans
from injector.tui.draft.judging import NOBODY, PatientPast
from injector.tui.draft.repeat import KnownPatient, from_last, known_patients, past_of
from injector.tui.draft.sheet import SessionDraft

COMMAND_LINE = "command_line"
"""The key of the plan that the command line gave."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before anything is entered."""

    patients: tuple[KnownPatient, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)


def known(log: Path, planned: Plan | None) -> Known:
    """Read it. A log that cannot be read knows nobody; the engine says what is wrong with it."""
    plans = {} if planned is None else {COMMAND_LINE: planned}
    plans |= example_plans()
    try:
        with LogReader.open(log) as reader:
            return Known(tuple(known_patients(reader)), plans)
    except LogError:
        return Known((), plans)


def past(log: Path, pseudonym: str) -> PatientPast:
    """What the log knows of a patient."""
    try:
        with LogReader.open(log) as reader:
            return past_of(reader, pseudonym)
    except LogError:
        return NOBODY


def last(log: Path, pseudonym: str | None) -> SessionDraft | None:
    """The plan of a patient's last session; of the last one in training where nobody is named."""
    try:
        with LogReader.open(log) as reader:
            return from_last(reader, pseudonym)
    except LogError:
        return None
