"""What is treated, and what for."""

from pydantic import Field

from injector.limits.written import Code, Table, Words


class Purpose(Table):
    """What a session is for."""

    name: Words


class Indication(Table):
    """What is treated. Techniques and zones are suggestions: they limit nothing."""

    name: Words
    purposes: tuple[Code, ...] = Field(default=(), strict=False)
    techniques: tuple[Code, ...] = Field(default=(), strict=False)
    zones: tuple[Code, ...] = Field(default=(), strict=False)
    schedule: Code | None = None
    """The schedule its sessions follow."""
