"""Which ports there are, and which of them a person has named.

A serial port may have anything at its other end, and bytes meant for a gun may
do harm there. So nothing is ever written to a port that a person has not named
once: by opening it with ``--port``, or with ``injector ports name``. What was named
is kept in a small file, by an identity that survives another USB socket where the
adapter has one.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from serial.tools import list_ports

from injector.driver.gun import Gun, GunError
from injector.driver.port import PortError
from injector.protocol.messages import Welcome


class PortsFileError(Exception):
    """The file of named ports cannot be read or written."""


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port of this computer."""

    path: str
    description: str
    identity: str
    """What it is recognised by: the adapter's serial number, else its path."""
    named: bool


Candidates: TypeAlias = Callable[[], tuple[FoundPort, ...]]
"""The ports on which a gun may be looked for now, each named by a person. Asked anew on
each round. Raises ``PortsFileError``."""


@dataclass(frozen=True, slots=True)
class OnePort:
    """Looks on the one port that somebody gave, and on no other."""

    path: str
    """Device path or ``socket://HOST:PORT``."""

    def __call__(self) -> tuple[FoundPort, ...]:
        """That port, whether it is there or not."""
        return (FoundPort(self.path, "given", self.path, named=True),)


@dataclass(frozen=True, slots=True)
class Probe:
    """What answered on a port."""

    welcome: Welcome | None
    why_not: str
    """Empty when a gun answered."""


class NamedPorts:
    """The ports that a person has named, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of_user(cls, environ: Mapping[str, str]) -> "NamedPorts":
        """The file of this user: ``$XDG_STATE_HOME/injector/ports.json``."""
        home = Path(environ.get("XDG_STATE_HOME", ""))
        if not home.is_absolute():
            home = Path(environ.get("HOME") or "~").expanduser() / ".local" / "state"
        return cls(home / "injector" / "ports.json")

    def all(self) -> frozenset[str]:
        """Every identity that was named. Raises ``PortsFileError``."""
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise PortsFileError(f"{self._path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise PortsFileError(f"{self._path}: not JSON") from error
        if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
            raise PortsFileError(f"{self._path}: must be a JSON list of texts")
        return frozenset(said)

    def there(self) -> tuple[FoundPort, ...]:
        """The named ports that are there now. Raises ``PortsFileError``."""
        return tuple(port for port in found_ports(self.all()) if port.named)

    def add(self, identity: str) -> None:
        """Keep that this port was named. Raises ``PortsFileError``."""
        self._write(self.all() | {identity})

    def remove(self, identity: str) -> None:
        """Forget it. Raises ``PortsFileError``."""
        self._write(self.all() - {identity})

    def _write(self, named: frozenset[str]) -> None:
        beside = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(sorted(named), indent=1) + "\n", encoding="utf-8")
            beside.replace(self._path)
        except OSError as error:
            raise PortsFileError(f"{self._path}: {error.strerror}") from error


def identity_of(path: str) -> str:
    """What a port is recognised by next time."""
    for port in list_ports.comports():
        if port.device == path:
            return _identity(port.device, port.serial_number)
    return path


def found_ports(named: frozenset[str]) -> list[FoundPort]:
    """The serial ports of this computer, and the named ones among all others (a pty,
    a ``socket://`` URL) that the system does not list. Writes to none."""
    found = [
        FoundPort(
            port.device,
            port.description or "",
            _identity(port.device, port.serial_number),
            _identity(port.device, port.serial_number) in named,
        )
        for port in sorted(list_ports.comports(), key=lambda port: port.device)
    ]
    known = {port.identity for port in found}
    found += [
        FoundPort(each, "named", each, named=True)
        for each in sorted(named - known)
        if "://" in each or Path(each).exists()
    ]
    return found


def probe(port: FoundPort) -> Probe:
    """Say hello on a named port. Raises ``ValueError`` for one that was not named."""
    if not port.named:
        raise ValueError(f"{port.path} was never named; nothing is written to it")
    try:
        with Gun.open(port.path) as gun:
            return Probe(gun.welcome, "")
    except (PortError, GunError) as error:
        return Probe(None, str(error))


def _identity(path: str, serial_number: str | None) -> str:
    return f"usb:{serial_number}" if serial_number else path
