"""Everybody who works or worked here, as the staff file holds them.

Format 2. Format 1 had no signing keys: whoever is in such a file gets one when their
passphrase is next given. Whoever changes their own passphrase gives the old one, which
opens the key to seal it again; where somebody else sets it, the key is gone with it.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from injector.staff.keys import SealedKey
from injector.staff.lockout import MOST_PIN_FAILURES, Failures
from injector.staff.roles import Person, Role
from injector.staff.rules import MAX_ID, MAX_NAME, same_id

Hash: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\$argon2id\$", max_length=400)]
"""An encoded argon2id hash, parameters and salt in it."""


class Member(BaseModel):
    """One person."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
    """As it is printed."""
    role: Annotated[Role, Field(strict=False)]
    passphrase: Annotated[Hash, Field(repr=False)]
    pin: Annotated[Hash | None, Field(repr=False)] = None
    key: SealedKey | None = None
    """With which they sign; None until their passphrase is next given."""
    disabled: bool = False
    """They no longer work here. Nobody is ever taken out: the log speaks of them."""
    failures: Failures = Failures()
    pin_failures: Annotated[int, Field(ge=0)] = 0

    @property
    def person(self) -> Person:
        """Who that is, without any secret."""
        return Person(self.id, self.name, self.role)

    @property
    def pin_locked(self) -> bool:
        """Whether no PIN counts until the passphrase was given."""
        return self.pin_failures >= MOST_PIN_FAILURES


class Roll(BaseModel):
    """All of them, in the order in which they were added."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal[1, 2] = 2
    people: Annotated[tuple[Member, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [member.id.casefold() for member in self.people]
        if len(set(ids)) < len(ids):
            raise ValueError("two people have the same id")
        return self

    def find(self, person: str) -> Member | None:
        """Whoever has or had that id."""
        return next((each for each in self.people if same_id(each.id, person)), None)

    def working(self, person: str) -> Member | None:
        """Whoever has that id and works here."""
        found = self.find(person)
        return None if found is None or found.disabled else found

    def everybody(self) -> Iterator[Member]:
        """Those who work here."""
        return (each for each in self.people if not each.disabled)

    def put(self, member: Member) -> Self:
        """With that member, in their own place or as the newest."""
        known = self.find(member.id) is not None
        people = tuple(member if same_id(each.id, member.id) else each for each in self.people)
        return type(self)(people=people if known else (*people, member))
