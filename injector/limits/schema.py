"""The JSON Schema of library files, for editors that check while one types."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from injector.limits.tables.figures import Figures


def library_schema() -> dict[str, Any]:
    """The schema, made from the model that reads the files."""
    made = without_null(Figures.model_json_schema())
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Limit library",
        "description": "Limits for injection guns; docs/limits.md says what each means.",
    }
    return {**head, **{key: value for key, value in made.items() if key not in head}}


def without_null(part: Any) -> Any:
    """The same without ``null``: in TOML what is absent is left out."""
    if isinstance(part, list):
        return [without_null(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: without_null(value) for key, value in part.items()}
    if {"type": "null"} in made.get("anyOf", ()):
        del made["default"]
        others = [each for each in made.pop("anyOf") if each != {"type": "null"}]
        made |= others[0] if len(others) == 1 else {"anyOf": others}
    return made


def schema_text() -> str:
    """The schema as it stands in ``library.schema.json``."""
    return json.dumps(library_schema(), indent=2, ensure_ascii=False) + "\n"
