"""What is asked before a session: conditions of the patient, and checklists."""

from enum import StrEnum, unique
from typing import Annotated

from pydantic import Field

from injector.limits.bound import Sourced
from injector.limits.written import Code, Words


@unique
class Kind(StrEnum):
    """What a condition means for the treatment."""

    ABSOLUTE = "absolute"
    """It is not given."""
    RELATIVE = "relative"
    """It is given only for a reason that the practitioner writes down."""


class Contraindication(Sourced):
    """A condition that every patient is asked for."""

    name: Words
    kind: Annotated[Kind, Field(strict=False)]


class Checklist(Sourced):
    """Points that are answered before a session; all of them are required."""

    name: Words
    items: dict[Code, Words]
    """By code, in the order in which they are asked."""
