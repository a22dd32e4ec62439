"""The limit library: every figure that limits a shot, read from one TOML file.

A library belongs to a clinic. The package ships one, ``mesotherapy.toml``, as a
start; a clinic copies it, changes it, and approves its own. The file is written
for people: amounts carry their units, and each bound its source and strength.

What each table says:

========================== ===========================================================
``[shot]``                 flow and cadence of any shot
``[[pace]]``               the deeper the shot, the lower cadence and needle speed
``[technique.CODE]``       depth and volume of a shot, and the modes, of a technique
``[zone.CODE]``            depth in a zone, and the group the zone belongs to
``[group.CODE]``           volume, and optionally shots, of one session in a group of
                           zones (face, body)
``[session]``              shots, and optionally volume and duration, of one session;
                           when to change the needle, when an idle session ends
``[needle.CODE]``          a needle's length: the needles that may be used
``[syringe.CODE]``         a syringe's volume: the syringes that may be used
``[device_class.CODE]``    kinds of devices, and which are refused
``[mixture]``              how many products
``[class.CODE]``           classes of products: refused, or sharing one maximum
``[product.CODE]``         products that may be used, their doses per day and weight
``[contraindication.CODE]`` conditions that forbid a treatment, or want a reason
``[schedule.CODE]``        how the sessions of a course follow each other
``[indication.CODE]``      what is treated, with its schedule; suggestions
``[purpose.CODE]``         what a session is for
``[checklist.CODE]``       what is answered before a session
========================== ===========================================================

**What has no limit is absent, and absent means refused.** A technique whose depth
nobody bounded stands here without ``depth``, and no shot of it is ever allowed.
So a library that is valid may still allow nothing; only what it says wrongly is
a fault.

The library is text for the log, too: ``text`` and ``digest`` are exactly the
file's bytes, so that an auditor sees the figures that were in force.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Self

from pydantic import ValidationError
from typing_extensions import override

from injector.limits.faults import Fault, FileError, faults_in, read_toml
from injector.limits.prepared import Prepared
from injector.limits.tables.across import faults_across
from injector.limits.tables.figures import Figures

FORMAT: Final = 1
"""The format of library files that this code reads."""


class LibraryError(FileError):
    """A library file cannot be used; ``faults`` are all the reasons, each with its place."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library in use: its figures, and the text they were read from."""

    figures: Figures
    text: str
    """The file, as it stands."""
    digest: str
    """SHA-256 of the file's bytes, in hex: the library's identity."""
    sides: Prepared = field(init=False, repr=False, compare=False)
    """What the figures limit, made once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sides", Prepared.of(self.figures))

    @override
    def __reduce__(self) -> tuple[type["Library"], tuple[Figures, str, str]]:
        """Another process makes the sides anew."""
        return Library, (self.figures, self.text, self.digest)

    @classmethod
    def parse(cls, source: str | bytes) -> Self:
        """Reads a library file.

        ``source`` is the file's bytes, or its text if that was read without
        changing line ends. Raises `LibraryError` with every fault.
        """
        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        tables = read_toml(data)
        if isinstance(tables, Fault):
            raise LibraryError([tables])
        found = tables.get("format")
        if type(found) is not int or found != FORMAT:
            raise LibraryError([_unknown_format(found)])
        try:
            figures = Figures.model_validate(tables)
        except ValidationError as error:
            raise LibraryError(faults_in(error, Figures)) from None
        faults = faults_across(figures)
        if faults:
            raise LibraryError(faults)
        return cls(figures, data.decode("utf-8"), hashlib.sha256(data).hexdigest())


def _unknown_format(found: object) -> Fault:
    if found is None:
        return Fault("format", f"missing; a library file begins with `format = {FORMAT}`")
    return Fault("format", f"this program reads format {FORMAT}, and the file says {found!r}")
