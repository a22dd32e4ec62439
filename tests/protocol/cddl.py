"""A strict reader of the part of CDDL that ``protocol.cddl`` is written in.

The tests put two readers on the same text. pycddl is somebody else's and knows
the whole language, but lets much pass: a further key in a map inside an array,
bytes where a range of numbers stands, text where bytes stand. This one knows
ranges, sizes, choices, maps and arrays only, and takes them at their word.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pycddl  # type: ignore[import-untyped]  # it has no stubs

import injector.protocol

PATH: Final = Path(injector.protocol.__file__).with_name("protocol.cddl")
TEXT: Final = PATH.read_text(encoding="ascii")

_RULE = re.compile(r"^([\w-]+) = ", re.MULTILINE)
_TOKEN = re.compile(r"\s*(=>|\.\.|\.size|[\w-]+|[\[\]{}(),/])")
_FIELD = re.compile(r"^ +(\d+) => ([\w-]+), +; (\w+)(?:, ([^:]+))?: \S.*$")


@cache
def independent(rule: str) -> pycddl.Schema:
    """Return pycddl's reading of the contract, with ``rule`` for its root."""
    return pycddl.Schema(f"root = {rule}\n{TEXT}")


def independently_valid(rule: str, payload: bytes) -> bool:
    """Whether pycddl takes ``payload`` for an item of ``rule``."""
    try:
        independent(rule).validate_cbor(payload)
    except pycddl.ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a map: a field as its author wrote it down."""

    key: int
    type: str
    name: str
    note: str
    """Unit or length; empty where the field has none."""


def rules() -> dict[str, str]:
    """Return the text of every rule under its name, comments included."""
    found = list(_RULE.finditer(TEXT))
    ends = [match.start() for match in found[1:]] + [len(TEXT)]
    return {match[1]: TEXT[match.end() : end] for match, end in zip(found, ends, strict=True)}


def lines(rule: str) -> list[Line]:
    """Return the fields of the map in ``rule``. Every line with ``=>`` is one."""
    fields = []
    for line in rules()[rule].splitlines():
        if "=>" in line:
            match = _FIELD.match(line)
            assert match, f"this line of {rule} does not say name, unit and meaning: {line}"
            fields.append(Line(int(match[1]), match[2], match[3], match[4] or ""))
    return fields


Node = tuple[Any, ...]


class _Parser:
    def __init__(self, text: str) -> None:
        bare = re.sub(r";.*", "", text).strip()
        self.tokens = _TOKEN.findall(bare)
        assert "".join(self.tokens) == re.sub(r"\s", "", bare), f"more than the subset: {bare}"
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        word = self.peek()
        assert word, "the rule ends too early"
        assert not wanted or word == wanted, f"{wanted} was to come, not {word}"
        self.at += 1
        return word

    def choice(self) -> Node:
        options = [self.one()]
        while self.peek() == "/":
            self.take()
            options.append(self.one())
        return options[0] if len(options) == 1 else ("choice", options)

    def one(self) -> Node:
        word = self.take()
        if word == "[":
            items = []
            while self.peek() != "]":
                items.append(self.choice())
                if self.peek() == ",":
                    self.take()
            self.take("]")
            return ("array", items)
        if word == "{":
            fields = {}
            while self.peek() != "}":
                key = int(self.take())
                self.take("=>")
                fields[key] = self.choice()
                self.take(",")
            self.take("}")
            return ("map", fields)
        if word.isdigit():
            if self.peek() == "..":
                self.take()
                return ("range", int(word), int(self.take()))
            return ("range", int(word), int(word))
        if self.peek() == ".size":
            for expected in (".size", "("):
                self.take(expected)
            low = int(self.take())
            self.take("..")
            high = int(self.take())
            self.take(")")
            return ("size", word, low, high)
        return ("name", word)


@cache
def tree(rule: str) -> Node:
    """Return ``rule`` taken apart."""
    parser = _Parser(rules()[rule])
    node = parser.choice()
    assert not parser.peek(), f"{rule} goes on after its end"
    return node


def resolve(rule: str) -> Node:
    """Return what ``rule`` is once names for names have been followed."""
    node: Node = tree(rule) if rule != "bool" else ("bool",)
    while node[0] == "name":
        node = resolve(node[1])
    return node


def members(rule: str) -> list[int]:
    """Return the numbers that a rule which is a choice of numbers admits."""
    kind, *rest = resolve(rule)
    options = rest[0] if kind == "choice" else [("range", *rest)]
    numbers = []
    for option in options:
        kind, low, high = resolve(option[1]) if option[0] == "name" else option
        assert (kind, low) == ("range", high)
        numbers.append(low)
    return numbers


def accepts(rule: str, value: object) -> bool:
    """Whether ``value`` is an item of ``rule``, to the letter."""
    return _fits(("name", rule), value)


def _fits(node: Node, value: object) -> bool:
    match node:
        case ("name", "bool"):
            return isinstance(value, bool)
        case ("name", name):
            return _fits(tree(name), value)
        case ("choice", options):
            return any(_fits(option, value) for option in options)
        case ("range", low, high):
            return type(value) is int and low <= value <= high
        case ("size", "tstr", low, high):
            return isinstance(value, str) and low <= len(value.encode()) <= high
        case ("size", "bstr", low, high):
            return isinstance(value, bytes) and low <= len(value) <= high
        case ("array", items):
            return (
                isinstance(value, list)
                and len(value) == len(items)
                and all(_fits(item, part) for item, part in zip(items, value, strict=True))
            )
        case ("map", fields):
            return (
                isinstance(value, dict)
                and value.keys() == fields.keys()
                and not any(isinstance(key, bool) for key in value)
                and all(_fits(fields[key], part) for key, part in value.items())
            )
        case _:
            raise AssertionError(f"no rule for {node}")
