"""What the fields of entries are made of.

Structure is checked here, not meaning: a fact that a device reports is recorded
whatever it says, and `verify` judges it later.
"""

from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema
from typing_extensions import override

from injector.shotlog import canonical

Count: TypeAlias = Annotated[int, Field(ge=0, le=canonical.MAX_INTEGER)]
"""A number of things, an amount in the unit that the field's name ends in, or a counter."""
Number: TypeAlias = Annotated[int, Field(ge=-canonical.MAX_INTEGER, le=canonical.MAX_INTEGER)]
"""An amount that may be negative."""
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,63}$")]
"""A name that software reads; people get words made from it."""
MAX_LABEL: Final = 200
Label: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL)]
"""A short text about things, never about a person: a product, a source, a firmware."""
Person: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""The id of someone who answers for what is recorded. Never a patient's name."""
Serial: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,64}$")]
"""A device's serial number."""
Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""8 random bytes in hex: a log, a session, a patient."""
Digest: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes in hex: a SHA-256, or an HMAC with it."""
ShortDigest: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""The first 8 bytes of a SHA-256, in hex."""


def _canonical(value: dict[str, object]) -> dict[str, object]:
    canonical.encode(value)
    return value


JsonObject: TypeAlias = Annotated[dict[str, object], AfterValidator(_canonical)]
"""An object that has a canonical form (see `canonical`). Free text in it is a `Private`."""
Detail: TypeAlias = Annotated[dict[str, Number | Label], AfterValidator(_canonical)]
"""Figures and names by name, flat."""


class Record(BaseModel):
    """Base of everything an entry holds: frozen, strict, no field unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    @classmethod
    @override
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Fields are kept in the order of their names, as the canonical form has them.

        So what pydantic writes of a record that it has read is canonical (`envelope`).
        """
        schema = handler(source)
        inner: Any = schema
        while inner["type"] != "model-fields":
            inner = inner["schema"]
        inner["fields"] = dict(sorted(inner["fields"].items()))
        return schema


class Private(Record):
    """A text that can be erased for good while the entry that mentions it stays.

    The entry holds HMAC-SHA256(salt, text) with 32 random bytes of salt; salt and
    text stand in the table ``private_text``. With them the entry proves the text;
    without them it tells nothing about it, not even to someone who guesses.
    """

    hmac_sha256: Digest


TO_BE_SEALED: Final = Private(hmac_sha256="0" * 64)
"""Stands in a draft where a text of `Draft.texts` belongs, until the log seals it."""
