"""What a person can set about the console. Nothing here may change a limit or a dose."""

from enum import StrEnum, unique
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from injector.tui.keymap import faults_of
from injector.tui.speech import Language


@unique
class ThemeName(StrEnum):
    """How the console is coloured."""

    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"
    COLOUR_BLIND_SAFE = "colour_blind_safe"


class Settings(BaseModel):
    """The console's settings, as the config file holds them."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    language: Annotated[Language | None, Field(strict=False)] = None
    """None: the terminal's own locale decides."""
    theme: Annotated[ThemeName, Field(strict=False)] = ThemeName.DARK
    idle_lock_s: Annotated[int, Field(ge=30, le=3_600)] = 300
    """Without a key or a shot for so long the console locks."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Another key for an act, by the act's name in `injector.tui.keys`; for STOP a second one."""

    @field_validator("keys")
    @classmethod
    def _usable(cls, keys: dict[str, str]) -> dict[str, str]:
        found = faults_of(keys)
        if found:
            raise ValueError("; ".join(str(fault).removeprefix("keys.") for fault in found))
        return keys
