"""The words that a person's hand understands: one JSON object for each act.

The control channel and the hand scripts share them. A line says what to ``do``,
what to ``wait`` for, or what to ``repeat``. A line that cannot be understood is
a :class:`LineError`: what is wrong, and a line of the same kind that is right.
"""

import json
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_HOUR_MS: Final = 3_600_000
_MAX_LINE: Final = 20_000

Milliseconds: TypeAlias = Annotated[int, Field(ge=1, le=_HOUR_MS)]
FaultName: TypeAlias = Literal["occlusion", "air", "empty", "drive", "stuck_trigger"]


class LineError(ValueError):
    """A line is no act. ``wrong`` says why, ``right`` is a line that would do."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(f"{wrong}; right would be {right}")
        self.wrong = wrong
        self.right = right


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    RIGHT: ClassVar[str]
    """A line of this kind that is right; errors show it."""


class Trigger(_Line):
    """Pull the trigger and keep it, or let it go."""

    RIGHT: ClassVar[str] = '{"do": "trigger", "held": true}'
    do: Literal["trigger"] = "trigger"
    held: bool


class Pull(_Line):
    """Pull the trigger and let it go ``ms`` later."""

    RIGHT: ClassVar[str] = '{"do": "pull", "ms": 200}'
    do: Literal["pull"] = "pull"
    ms: Milliseconds = 100


class Shoot(_Line):
    """Pull until there was a shot: what a person does where a pull gave none.

    Each pull lasts ``ms`` and at least as long as the shot; between two pulls pass
    250 ms. Given up when the light says that there is nothing to shoot.
    """

    RIGHT: ClassVar[str] = '{"do": "shoot"}'
    do: Literal["shoot"] = "shoot"
    ms: Milliseconds = 80


class Contact(_Line):
    """Put the nose on the skin, or take it off."""

    RIGHT: ClassVar[str] = '{"do": "contact", "on": true}'
    do: Literal["contact"] = "contact"
    on: bool


class Fault(_Line):
    """Break something, or mend it."""

    RIGHT: ClassVar[str] = '{"do": "fault", "name": "occlusion", "on": true}'
    do: Literal["fault"] = "fault"
    name: FaultName
    on: bool


class Battery(_Line):
    """Set the battery's charge."""

    RIGHT: ClassVar[str] = '{"do": "battery", "pct": 4}'
    do: Literal["battery"] = "battery"
    pct: Annotated[int, Field(ge=0, le=100)]


class Power(_Line):
    """Cut the power, or give it back: the gun boots."""

    RIGHT: ClassVar[str] = '{"do": "power", "on": false}'
    do: Literal["power"] = "power"
    on: bool


class Reset(_Line):
    """Cut the power and give it back at once."""

    RIGHT: ClassVar[str] = '{"do": "reset"}'
    do: Literal["reset"] = "reset"


class Unplug(_Line):
    """Pull the cable out."""

    RIGHT: ClassVar[str] = '{"do": "unplug"}'
    do: Literal["unplug"] = "unplug"


class Plug(_Line):
    """Put the cable in again."""

    RIGHT: ClassVar[str] = '{"do": "plug"}'
    do: Literal["plug"] = "plug"


class Syringe(_Line):
    """Put in a fresh syringe, filled to ``volume_nl``; of the size fitted unless it says."""

    RIGHT: ClassVar[str] = '{"do": "syringe", "volume_nl": 5000000}'
    do: Literal["syringe"] = "syringe"
    volume_nl: Annotated[int, Field(ge=0, le=10_000_000)]
    size_nl: Literal[2_000_000, 2_500_000, 5_000_000, 10_000_000] | None = None


class State(_Line):
    """Look at the gun."""

    RIGHT: ClassVar[str] = '{"do": "state"}'
    do: Literal["state"] = "state"


class Journal(_Line):
    """Read permanent memory, past the wire. For tests only."""

    RIGHT: ClassVar[str] = '{"do": "journal"}'
    do: Literal["journal"] = "journal"


class Truth(_Line):
    """Ask what was really moved. For tests only."""

    RIGHT: ClassVar[str] = '{"do": "truth"}'
    do: Literal["truth"] = "truth"


class WaitArmed(_Line):
    """Wait for the light that says a pull on skin would shoot."""

    RIGHT: ClassVar[str] = '{"wait": "armed"}'
    wait: Literal["armed"] = "armed"


class WaitGrantEnd(_Line):
    """Wait until the light says that nothing is left to shoot."""

    RIGHT: ClassVar[str] = '{"wait": "grant_end"}'
    wait: Literal["grant_end"] = "grant_end"


class WaitShots(_Line):
    """Wait for ``count`` shots, felt to end since the last wait for ``armed`` or shots.

    It is over too when the light says that there is nothing left to shoot.
    """

    RIGHT: ClassVar[str] = '{"wait": "shots", "count": 24}'
    wait: Literal["shots"] = "shots"
    count: Annotated[int, Field(ge=1, le=100_000)]


class WaitMs(_Line):
    """Let time pass."""

    RIGHT: ClassVar[str] = '{"wait": "ms", "ms": 300}'
    wait: Literal["ms"] = "ms"
    ms: Milliseconds


class Repeat(_Line):
    """Do ``repeat`` over and over: ``times`` times, or until the grant ends.

    With ``until`` the light is looked at before each round and between two steps;
    the round is left where the light has gone.
    """

    RIGHT: ClassVar[str] = '{"repeat": [{"do": "shoot"}], "times": 12}'
    repeat: Annotated[tuple["Step", ...], Field(min_length=1, max_length=100, strict=False)]
    times: Annotated[int, Field(ge=1, le=100_000)] | None = None
    until: Literal["grant_end"] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> "Repeat":
        if (self.times is None) is (self.until is None):
            raise ValueError("one of 'times' and 'until' says when to end")
        return self


Act: TypeAlias = (
    Trigger
    | Contact
    | Fault
    | Battery
    | Power
    | Reset
    | Unplug
    | Plug
    | Syringe
    | State
    | Journal
    | Truth
)
"""What is done in an instant."""
Step: TypeAlias = Act | Pull | Shoot | WaitArmed | WaitGrantEnd | WaitShots | WaitMs | Repeat
"""One line: an act, or something that takes time."""

Repeat.model_rebuild()

_DOES: Final[Mapping[str, type[Step]]] = {
    str(kind.model_fields["do"].default): kind
    for kind in get_args(Step)
    if "do" in kind.model_fields
}
_WAITS: Final[Mapping[str, type[Step]]] = {
    str(kind.model_fields["wait"].default): kind
    for kind in get_args(Step)
    if "wait" in kind.model_fields
}


def parse_line(line: str) -> Step:
    """Return the step that ``line`` says. Raises ``LineError`` where it says none.

    >>> parse_line('{"do": "contact", "on": true}')
    Contact(do='contact', on=True)
    >>> parse_line('{"do": "contact"}')
    Traceback (most recent call last):
        ...
    simulator.acts.LineError: 'on' is missing; right would be {"do": "contact", "on": true}
    """
    if len(line) > _MAX_LINE:
        raise LineError(f"a line has at most {_MAX_LINE} characters", State.RIGHT)
    try:
        said = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise LineError(f"not JSON{where}", State.RIGHT) from error
    return _step(said)


def _step(said: object) -> Step:
    if not isinstance(said, dict):
        raise LineError("not a JSON object", State.RIGHT)
    if "repeat" in said:
        steps = said["repeat"]
        if isinstance(steps, list):
            said = {**said, "repeat": tuple(_step(step) for step in steps)}
        kind: type[Step] = Repeat
    else:
        kind = _kind(said)
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise LineError(_first(error), kind.RIGHT) from error


def _kind(said: Mapping[object, object]) -> type[Step]:
    for key, kinds in (("do", _DOES), ("wait", _WAITS)):
        if key not in said:
            continue
        word = said[key]
        kind = kinds.get(word) if isinstance(word, str) else None
        if kind is None:
            raise LineError(
                f"'{key}' is one of {', '.join(kinds)}, not {json.dumps(word)[:40]}",
                next(iter(kinds.values())).RIGHT,
            )
        return kind
    raise LineError("neither 'do', 'wait' nor 'repeat' is there", State.RIGHT)


def _first(error: ValidationError) -> str:
    """Return the first thing that is wrong, in words."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"'{place}' is missing"
    if first["type"] == "extra_forbidden":
        return f"'{place[:40]}' is not known here"
    if not place:
        return str(first["msg"]).removeprefix("Value error, ")
    return f"'{place}': {first['msg']}"
