"""The JSON Schema of libraries: up to date, and of one mind with the reader."""

import json
import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector import units
from injector.limits.library import Library, LibraryError
from injector.limits.schema import library_schema, schema_text
from injector.limits.written import pattern_of
from injector.units import Quantity, QuantityError, QuantityFault

QUANTITIES = [each for each in vars(units).values() if isinstance(each, Quantity)]
SCHEMA = library_schema()


def says_no(value: Any, schema: dict[str, Any]) -> str:
    """The first thing that a schema of the kind we write has against a value; empty for none."""
    if "$ref" in schema:
        return says_no(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in schema:
        found = [says_no(value, each) for each in schema["anyOf"]]
        return "" if "" in found else found[0]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and type(value) is not kinds[schema["type"]]:
        return f"{value!r} is no {schema['type']}"
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return f"{value!r} is not allowed"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return f"{value!r} does not match"
    if isinstance(value, list):
        return next(filter(None, (says_no(each, schema["items"]) for each in value)), "")
    if not isinstance(value, dict):
        return ""
    if missing := set(schema.get("required", ())) - set(value):
        return f"{missing} missing"
    for key, each in value.items():
        inner = schema.get("properties", {}).get(key)
        for pattern, other in schema.get("patternProperties", {}).items():
            inner = other if re.search(pattern, key) else inner
        if inner is None:
            return f"{key!r} is unknown"
        if wrong := says_no(each, inner):
            return f"{key}: {wrong}"
    return ""


@pytest.mark.rule("R-SCHEMA")
def test_the_schema_beside_the_shipped_library_is_what_the_model_says_now() -> None:
    stands = files("injector.limits").joinpath("library.schema.json").read_text("utf-8")
    assert stands == schema_text(), "make schema"
    assert '"null"' not in stands


@pytest.mark.rule("R-SCHEMA")
def test_the_shipped_library_is_right_by_its_schema_and_names_it(shipped: Library) -> None:
    assert says_no(tomllib.loads(shipped.text), SCHEMA) == ""
    assert shipped.text.startswith("#:schema ./library.schema.json\n")


@pytest.mark.rule("R-SCHEMA")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"4.5 mg/kg"', '"4,5 mg/kg"'),
        ('"4.5 mg/kg"', '"4.5 mg"'),
        ('"4.5 mg/kg"', "4.5"),
        ('"4.0 mm"', '"4 mm to"'),
        ("hard = 1000", 'hard = "1000"'),
        ('sessions = "2 to 4"', 'sessions = "two"'),
        ('strength = "society"', 'strength = "hearsay"'),
        ('kind = "absolute"', 'kind = "total"'),
        ('modes = ["perfusion"]', 'modes = ["often"]'),
        ("[class.nsaid]", "[class.NSAID]"),
        ("[mixture]", "[mixtures]"),
        ('every = "28 d"', ""),
    ],
)
def test_schema_and_reader_refuse_the_same(shipped: Library, right: str, wrong: str) -> None:
    assert right in shipped.text
    text = shipped.text.replace(right, wrong, 1)
    assert says_no(tomllib.loads(text), SCHEMA)
    with pytest.raises(LibraryError):
        Library.parse(text)


@pytest.mark.rule("R-SCHEMA", "R-NUMBER")
@given(
    quantity=st.sampled_from(QUANTITIES),
    amount=st.integers(0, units.MAX_AMOUNT),
    text=st.text("0123456789. ,+-eµmLgk/sdinh", max_size=12),
)
def test_what_matches_an_amounts_pattern_is_an_amount_but_for_its_size(
    quantity: Quantity, amount: int, text: str
) -> None:
    pattern = re.compile(pattern_of(quantity))
    assert pattern.fullmatch(quantity.format(amount))
    try:
        quantity.parse(text)
        parsed = True
    except QuantityError as error:
        parsed = error.fault in {QuantityFault.TOO_FINE, QuantityFault.TOO_LARGE}
    assert parsed is bool(pattern.fullmatch(text))


@pytest.mark.rule("R-SCHEMA")
def test_the_schema_is_json_that_every_reader_reads() -> None:
    assert json.loads(schema_text()) == SCHEMA
