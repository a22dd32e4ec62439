"""What shots may be given with: needles, syringes, and kinds of devices."""

from typing import Annotated

from injector.limits.bound import Sourced
from injector.limits.written import Table, Words, amount
from injector.units import DEPTH, VOLUME


class Needle(Table):
    """A needle that may be used."""

    length: Annotated[int, amount(DEPTH)]
    """In micrometres."""


class Syringe(Table):
    """A syringe that may be used."""

    volume: Annotated[int, amount(VOLUME)]
    """In nanolitres."""


class DeviceClass(Table):
    """A kind of device. One that is not listed is refused."""

    name: Words
    refused: Sourced | None = None
    """Where it stands, the device is refused in clinical sessions, for this reason."""
