"""What is wrong in a file that a person wrote, every fault with its place.

Libraries and plans are TOML. Whoever writes one gets all of its faults at once,
each with the place in the file's own words (``technique.papule.depth.hard``,
``step 2.volume``), what is wrong there, and what would be right.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from typing_extensions import override

MAX_FILE_BYTES: Final = 1_000_000
"""No library or plan is longer; a longer text is refused before it is read."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a file."""

    place: str
    """Where, in the words of the file; empty for the file as a whole."""
    wrong: str
    """What is wrong there and what would be right."""

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}" if self.place else self.wrong


class FileError(ValueError):
    """A file cannot be used. ``faults`` are all of its faults, in the order of the file's model.

    Never raised itself; a library raises `LibraryError`, a plan `PlanError`.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def read_toml(data: bytes) -> dict[str, Any] | Fault:
    """The tables of a TOML text in UTF-8, or the one fault that keeps it from being read."""
    if len(data) > MAX_FILE_BYTES:
        return Fault("", f"longer than {MAX_FILE_BYTES:,} bytes, which no such file needs")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Fault(f"line {line}", "not UTF-8 text; save the file in UTF-8")
    except tomllib.TOMLDecodeError as error:
        wrong, _, where = str(error).rpartition(" (at ")
        place = where.rstrip(")") if re.match(r"line|end", where) else ""
        return Fault(place, f"not TOML: {wrong or error}")
    except RecursionError:
        return Fault("", "not usable: arrays or tables are nested too deeply")


def faults_in(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Every fault that pydantic found, in the words of the file.

    ``model`` is the model of the whole file; it tells which keys a table knows.
    """
    return [
        Fault(place_of(found["loc"]), _wrong(found["type"], found, _known(model, found["loc"])))
        for found in error.errors(include_url=False)
    ]


def place_of(loc: Sequence[int | str]) -> str:
    """A place as the file's reader counts: ``("step", 0, "volume")`` is ``step 1.volume``."""
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f" {part + 1}"
        elif part != "[key]":
            place += f".{part}" if place else part
    return place


def _known(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The keys that the table around ``loc`` may have, as far as the models tell."""
    here: type[BaseModel] | None = model
    for part in loc[:-1]:
        if here is None or isinstance(part, int) or part not in _fields(here):
            continue
        here = _model_in(_fields(here)[part])
    return sorted(_fields(here)) if here is not None else []


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field, a list of it or a table of it holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _wrong(kind: str, found: Any, known: list[str]) -> str:
    context: dict[str, Any] = found.get("ctx", {})
    match kind:
        case "missing":
            return "missing"
        case "extra_forbidden":
            return "unknown key" + (f"; known here: {', '.join(known)}" if known else "")
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"{_shown(found['input'])} is no code; codes are small letters, digits and _"
        case "string_type":
            return f"{_shown(found['input'])} is not text in quotes"
        case "int_type":
            return f"{_shown(found['input'])} is not a whole number"
        case "greater_than_equal":
            return f"{_shown(found['input'])} is too low; at least {context['ge']}"
        case "less_than_equal":
            return f"{_shown(found['input'])} is too high; at most {context['le']}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"too long; at most {context['max_length']} characters"
        case "enum" | "literal_error":
            return f"{_shown(found['input'])} is none of {context['expected']}"
        case "model_type" | "dict_type":
            return f"{_shown(found['input'])} is not a table"
        case "tuple_type" | "list_type":
            return f"{_shown(found['input'])} is not a list"
        case _:
            message = str(found["msg"])
            return message[0].lower() + message[1:]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
