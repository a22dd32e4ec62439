"""The JSON Schema of config files, for editors that check while one types."""

import json

from pydantic.json_schema import GenerateJsonSchema

from injector.limits.schema import without_null
from injector.tui.keymap import KEY
from injector.tui.keys import EVERYWHERE, SCREENS
from injector.tui.settings import Settings


def schema_text() -> str:
    """The JSON Schema of config files, as it stands in ``settings.schema.json``."""
    made = without_null(Settings.model_json_schema())
    made["properties"]["keys"] = {
        "type": "object",
        "description": "Another key for an act; for stop a second one beside f9.",
        "additionalProperties": False,
        "properties": {
            key.action: {"type": "string", "description": key.help, "pattern": f"^({KEY.pattern})$"}
            for table in (EVERYWHERE, *SCREENS)
            for key in table
        },
    }
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Console settings",
        "description": "console.toml of the operator console; docs/console.md tells more.",
    }
    whole = {**head, **{key: value for key, value in made.items() if key not in head}}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
