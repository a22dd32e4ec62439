"""What a person can set about the console. Nothing here may change a limit or a dose."""

from enum import StrEnum, unique
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from injector.tui.keymap import faults_of
from injector.tui.speech import Language

if TYPE_CHECKING:  # loaded where a checkpoint is placed
    from injector.anchors.places import Places


@unique
class ThemeName(StrEnum):
    """How the console is coloured."""

    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"
    COLOUR_BLIND_SAFE = "colour_blind_safe"


class AnchorSettings(BaseModel):
    """Where the shot log's checkpoints go outside this computer."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    file: str | None = None
    """The file that keeps each session's checkpoint, an absolute path; else beside the log."""
    timestamp_url: str | None = None
    """A time-stamping authority (RFC 3161)."""
    timestamp_certificates: str | None = None
    """The file with the authority's certificates and their root (PEM), an absolute path."""
    witness_url: str | None = None
    """A witness (C2SP tlog-witness): its submission prefix."""
    witness_vkey: str | None = None
    """The witness' verifier key."""

    @field_validator("file", "timestamp_certificates")
    @classmethod
    def _absolute(cls, path: str | None) -> str | None:
        if path is not None and not Path(path).is_absolute():
            raise ValueError("an absolute path")
        return path

    @field_validator("timestamp_url", "witness_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        from injector.anchors.exchange import check_url  # noqa: PLC0415 - few settings name one

        return check_url(url)

    @field_validator("witness_vkey")
    @classmethod
    def _key(cls, vkey: str | None) -> str | None:
        if vkey is None:
            return None
        from injector.shotlog.cosignature import WitnessKey  # noqa: PLC0415 - the same

        return str(WitnessKey.parse(vkey))

    @model_validator(mode="after")
    def _together(self) -> "AnchorSettings":
        if (self.timestamp_url is None) is not (self.timestamp_certificates is None):
            raise ValueError("timestamp_url and timestamp_certificates go together")
        if (self.witness_url is None) is not (self.witness_vkey is None):
            raise ValueError("witness_url and witness_vkey go together")
        return self

    def places(self) -> "Places":
        """The same as those that place checkpoints need it."""
        from injector.anchors.places import Authority, Places, Witness  # noqa: PLC0415 - the same

        stamps = witness = None
        if self.timestamp_url is not None and self.timestamp_certificates is not None:
            stamps = Authority(self.timestamp_url, Path(self.timestamp_certificates))
        if self.witness_url is not None and self.witness_vkey is not None:
            witness = Witness(self.witness_url, self.witness_vkey)
        return Places(None if self.file is None else Path(self.file), stamps, witness)


class Settings(BaseModel):
    """The console's settings, as the config file holds them."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    language: Annotated[Language | None, Field(strict=False)] = None
    """None: the terminal's own locale decides."""
    theme: Annotated[ThemeName, Field(strict=False)] = ThemeName.DARK
    idle_lock_s: Annotated[int, Field(ge=30, le=3_600)] = 300
    """Without a key or a shot for so long the console locks."""
    anchors: AnchorSettings = Field(default_factory=AnchorSettings)
    """Where checkpoints go outside."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Another key for an act, by the act's name in `injector.tui.keys`; for STOP a second one."""

    @field_validator("keys")
    @classmethod
    def _usable(cls, keys: dict[str, str]) -> dict[str, str]:
        found = faults_of(keys)
        if found:
            raise ValueError("; ".join(str(fault).removeprefix("keys.") for fault in found))
        return keys
