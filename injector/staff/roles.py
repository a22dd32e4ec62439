"""Roles, and what each may do. The one table from which console and engine decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final


@unique
class Role(StrEnum):
    """What somebody is in this installation."""

    PRACTITIONER = "practitioner"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@unique
class Act(StrEnum):
    """What a role may or may not do. STOP is no act: everybody may, always."""

    TREAT = "treat"
    """Open and give a clinical session."""
    TRAIN = "train"
    """Open and give a training session."""
    REVIEW = "review"
    """Read sessions."""
    WORK = "work"
    """Use the workbench: frames, journal, and a simulated gun's hand and faults."""
    STAFF = "staff"
    """Say who works here."""
    APPROVE = "approve"
    """Approve a limit library for this installation."""


_MAY: Final[Mapping[Role, frozenset[Act]]] = {
    Role.PRACTITIONER: frozenset({Act.TREAT, Act.TRAIN, Act.REVIEW, Act.APPROVE}),
    Role.ENGINEER: frozenset({Act.TRAIN, Act.REVIEW, Act.WORK}),
    Role.AUDITOR: frozenset({Act.REVIEW}),
    Role.ADMINISTRATOR: frozenset({Act.REVIEW, Act.STAFF}),
}


def may(role: Role, act: Act) -> bool:
    """Whether somebody in that role may do that."""
    return act in _MAY[role]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: str
    """What entries name them by."""
    name: str
    role: Role

    def may(self, act: Act) -> bool:
        """Whether they may do that."""
        return may(self.role, act)
