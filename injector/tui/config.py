"""Where the console's settings come from: flags over the environment over the config file.

The file lies in the platform's place for such files and is read strictly: what it says
wrongly keeps the console from starting, every fault with its place, since a setting that is
quietly not followed (a pedal's key) is worse than a message. Without a file everything
has its default. The language, where nobody chose one, is the terminal's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path
from pydantic import ValidationError

from injector.limits.faults import Fault, FileError, faults_in, read_toml
from injector.tui.keymap import faults_of
from injector.tui.settings import Settings
from injector.tui.speech import Language

ENVIRONMENT: Final[Mapping[str, str]] = {
    "language": "INJECTOR_LANGUAGE",
    "theme": "INJECTOR_THEME",
    "idle_lock_s": "INJECTOR_IDLE_LOCK_S",
}
"""The variable of each setting that has one. One that is empty is not set."""
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What decides the language where nobody chose one; the first that is set counts (POSIX)."""
DEFAULT: Final = "default"


class ConfigError(FileError):
    """The settings cannot be used; ``faults`` are all the reasons, each with its place."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, and where each comes from."""

    settings: Settings
    """With the language chosen."""
    origins: Mapping[str, str]
    """By setting, a key by ``keys.ACT``, an anchor's by ``anchors.NAME``: a flag, a variable, the
    file's path, or `DEFAULT`."""


def config_path() -> Path:
    """Where this user's config file lies, or would."""
    return user_config_path("injector") / "console.toml"


def load(
    environ: Mapping[str, str], flags: Mapping[str, str | None], path: Path | None = None
) -> Config:
    """The settings in force. ``flags`` are those of the command line, None where not given.

    Raises `ConfigError`, also where there is a file that cannot be read.
    """
    file = config_path() if path is None else path
    said, origins = _file(file), dict.fromkeys(ENVIRONMENT, DEFAULT)
    origins |= {key: str(file) for key in said if key in origins}
    for table in ("keys", "anchors"):
        named = said.get(table, {})
        if isinstance(named, dict):
            origins |= {f"{table}.{name}": str(file) for name in named}
    faults = _faults(said)
    for setting, name in ENVIRONMENT.items():
        given = (f"--{setting.replace('_', '-')}", flags.get(setting)), (name, environ.get(name))
        for origin, value in given:
            if value:
                said[setting], origins[setting] = _value(setting, value), origin
                faults += [Fault(origin, each.wrong) for each in _faults({setting: said[setting]})]
                break
    if faults:
        raise ConfigError(faults)
    settings = Settings.model_validate(said)
    if settings.language is None:
        language, origins["language"] = language_of(environ)
        settings = settings.model_copy(update={"language": language})
    return Config(settings, origins)


def language_of(environ: Mapping[str, str]) -> tuple[Language, str]:
    """The language of the terminal's locale, and what says so. English where it says nothing
    that the console speaks."""
    for name in _LOCALE:
        value = environ.get(name, "")
        if value:
            code = value.partition("_")[0].partition(".")[0].lower()
            found = next((each for each in Language if each.value == code), None)
            return found or Language.ENGLISH, f"{name}={value}"
    return Language.ENGLISH, DEFAULT


def check(data: bytes) -> list[Fault]:
    """Every fault of a config file's text."""
    said = read_toml(data)
    return [said] if isinstance(said, Fault) else _faults(said)


def _file(path: Path) -> dict[str, Any]:
    try:
        said = read_toml(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError([Fault("", f"cannot be read: {error.strerror}")]) from error
    if isinstance(said, Fault):
        raise ConfigError([said])
    return said


def _faults(said: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with these settings; each key with its own place."""
    try:
        Settings.model_validate(said)
    except ValidationError as error:
        found = faults_in(error, Settings)
        keys = said.get("keys")
        if isinstance(keys, dict) and any(each.place == "keys" for each in found):
            found = [each for each in found if each.place != "keys"] + faults_of(keys)
        return found
    return []


def _value(setting: str, text: str) -> str | int:
    """A value from a flag or a variable as the file would hold it."""
    whole = setting == "idle_lock_s" and text.isascii() and text.isdecimal()
    return int(text) if whole else text
