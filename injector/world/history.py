"""A history: everything that is decided before a world begins, and nothing else.

The seed makes the people, the guns and the line; the *events* are what happens to them
from outside. Each event has a cue instead of a time (after so many shots, then at the
next step of a kind, then so much later), so that it still finds its place in the history
from which others were left out. Written as JSON, one event a line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, TypeAlias, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from injector.control.inputs import CloseSession, Disarm, PressStop, Shutdown
from injector.control.wants import LoadSyringe, TakeOver
from injector.world.happenings import Happening, Wanted

_FORMAT: Final = 1
Spoken: TypeAlias = PressStop | Disarm | CloseSession | Shutdown | TakeOver | LoadSyringe
"""What a person may want out of turn."""


class HistoryError(ValueError):
    """A history cannot be read; the message says where, and what would be right."""


@dataclass(frozen=True, slots=True)
class Cue:
    """When something happens."""

    shots: int
    """Not before the guns have begun so many shots, all together."""
    on: str = ""
    """Then after the next step of this kind (`injector.world.signals`); empty: at once."""
    wait_us: int = 0
    """Then so much later."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens, and what ends it where something does."""

    cue: Cue
    what: Happening
    then_us: int = 0
    """How long after ``what`` the end comes."""
    then: Happening | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What a world is made from."""

    seed: int
    shots: int
    """Shots after which it comes to its end."""
    events: tuple[Event, ...]

    def to_json(self) -> str:
        """Return the history as text."""
        lines = [json.dumps(_event_json(event)) for event in self.events]
        joined = ",\n  ".join(lines)
        return (
            f'{{"format": {_FORMAT}, "seed": {self.seed}, "shots": {self.shots}, "events": [\n'
            f"  {joined}\n]}}\n"
        )

    @classmethod
    def from_json(cls, text: str) -> "History":
        """Read a history. Raises ``HistoryError``."""
        try:
            said = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise HistoryError("not JSON; give a file that `injector soak` wrote") from error
        match said:
            case {"format": 1, "seed": int(seed), "shots": int(shots), "events": list(events)}:
                return cls(seed, shots, tuple(_event(at, each) for at, each in enumerate(events)))
            case _:
                raise HistoryError(
                    f"no history; give format {_FORMAT} with 'seed', 'shots' and 'events'"
                )


_KINDS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in get_args(Happening) if kind is not Wanted
}
_WANTS: Final[Mapping[str, type]] = {kind.__name__: kind for kind in get_args(Spoken)}


def name_of(what: Happening) -> str:
    """Return the name by which a happening is counted and written."""
    return type(what.intent if isinstance(what, Wanted) else what).__name__


def _event_json(event: Event) -> dict[str, object]:
    cue = {"shots": event.cue.shots, "on": event.cue.on, "wait_us": event.cue.wait_us}
    said: dict[str, object] = {"cue": cue, "what": _json(event.what)}
    if event.then is not None:
        said |= {"then_us": event.then_us, "then": _json(event.then)}
    return said


def _json(what: Happening) -> dict[str, object]:
    if isinstance(what, BaseModel):
        return {"kind": name_of(what), **what.model_dump()}
    held = what.intent if isinstance(what, Wanted) else what
    values = {each.name: getattr(held, each.name) for each in fields(held)}
    return {"kind": name_of(what), **values}


def _event(at: int, said: object) -> Event:
    try:
        match said:
            case {"cue": dict(cue), "what": dict(what), **more}:
                then = more.get("then")
                return Event(
                    TypeAdapter(Cue).validate_python(cue),
                    _happening(what),
                    TypeAdapter(int).validate_python(more.get("then_us", 0)),
                    _happening(then) if isinstance(then, dict) else None,
                )
            case _:
                raise HistoryError(f"event {at}: 'cue' or 'what' is missing")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HistoryError(f"event {at}: '{where}': {first['msg']}") from error


def _happening(said: dict[str, object]) -> Happening:
    values = {key: value for key, value in said.items() if key != "kind"}
    name = said.get("kind")
    if name in _WANTS:
        intent: Spoken = TypeAdapter(_WANTS[str(name)]).validate_python(values)
        return Wanted(intent)
    if name not in _KINDS:
        known = ", ".join([*_KINDS, *_WANTS])
        raise HistoryError(f"'kind' is one of {known}, not {str(name)[:40]!r}")
    happening: Happening = TypeAdapter(_KINDS[str(name)]).validate_python(values)
    return happening
