"""Writes the gettext catalogues of the console and of the reports; ``--check`` only compares.

What is in them: every literal text in the code that is said with ``_()``, marked with
``mark()`` or counted with ``plural()``, in the reports' templates too, and every word for
people in the shipped limit library. `DOMAINS` says which code each speaks for.

Translations are kept: one whose text has gone stays in the file as obsolete and comes back
with its text. Nothing is ever guessed from a similar text. English says every text as it
stands.

``--check`` fails where a catalogue is not what this would write, or where a text
has no translation, a doubtful one, or one that would not be filled in as the text is.
"""

import ast
import io
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "injector" / "report"
NAMES = ROOT / "injector" / "limits" / "naming.py"
"""Names of figures, which both say."""
LIBRARY = ROOT / "injector" / "limits" / "mesotherapy.toml"
LANGUAGES = ("en", "fr")
CALLS = {"_": 1, "mark": 1, "plural": 2}
"""How many literals each takes."""
CODED = (
    "technique",
    "zone",
    "group",
    "device_class",
    "class",
    "product",
    "contraindication",
    "schedule",
    "indication",
    "purpose",
    "checklist",
)
"""Tables of a library whose codes are shown as words, underscores as spaces."""

Id = str | tuple[str, str]


@dataclass(frozen=True)
class Domain:
    """One set of catalogues."""

    name: str
    """The files' name."""
    locale: Path
    """Where they stand."""

    def sources(self) -> Iterator[Path]:
        """The files that it speaks for."""
        for path in sorted((ROOT / "injector").rglob("*.py")):
            of_reports = path.is_relative_to(REPORT)
            if path == NAMES or of_reports is (self is REPORTS):
                yield path
        if self is REPORTS:
            yield from sorted((REPORT / "templates").glob("*.html"))


CONSOLE = Domain("injector", ROOT / "injector" / "tui" / "locale")
REPORTS = Domain("report", REPORT / "locale")
DOMAINS = (CONSOLE, REPORTS)


class CatalogueError(Exception):
    """Something in the code or in a catalogue is not as it must be; says where."""


class Plain(Catalog):
    """A catalogue with a head that is the same whenever and wherever it is written."""

    @property
    def num_plurals(self) -> int:
        """Every language here has two forms, for one and for more."""
        return 2

    @property
    def plural_expr(self) -> str:
        """Which form is said of how many: in French nothing is said as one is."""
        return "(n > 1)" if self.locale_identifier == "fr" else "(n != 1)"

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The head's lines."""
        return [
            ("Project-Id-Version", "injector"),
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def messages(domain: Domain = CONSOLE) -> dict[Id, list[str]]:
    """Every text that people read, and the files in which it stands."""
    found: dict[Id, set[str]] = {}
    for path in domain.sources():
        place = str(path.relative_to(ROOT))
        for each in _said(path) if path.suffix == ".py" else _said_in_template(path):
            found.setdefault(each, set()).add(place)
    for words in _library(tomllib.loads(LIBRARY.read_text(encoding="utf-8"))):
        found.setdefault(words, set()).add(str(LIBRARY.relative_to(ROOT)))
    return {each: sorted(found[each]) for each in sorted(found, key=_first)}


def _first(each: Id) -> str:
    return each if isinstance(each, str) else each[0]


def _said(path: Path) -> Iterator[Id]:
    """The literals of one file. Raises ``CatalogueError`` for one that is filled in too early."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = CALLS.get(node.func.id, 0)
        given = node.args[:count]
        literals = tuple(
            each.value
            for each in given
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )
        if any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in given):
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            raise CatalogueError(f"{where}: fill in values after {node.func.id}(), with .format()")
        if count and len(literals) == count:
            yield literals[0] if count == 1 else (literals[0], literals[1])


def _said_in_template(path: Path) -> Iterator[Id]:
    """The literals of one template."""
    parser = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    found = parser.extract_translations(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    for _line, _call, text in found:
        if isinstance(text, str):
            yield text


def _library(tables: Mapping[str, Any]) -> Iterator[str]:
    """Every word for people in a limit library: names, questions, sources, codes as words."""
    for key, table in tables.items():
        if key in CODED:
            yield from (code.replace("_", " ") for code in table)
    for checklist in tables["checklist"].values():
        yield from checklist["items"].values()
    yield from _named(tables)


def _named(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("name", "source") and isinstance(each, str):
                yield each
            else:
                yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)


def catalogue(domain: Domain, language: str, texts: Mapping[Id, list[str]]) -> Plain:
    """The catalogue of a language with these texts, and with the translations there are."""
    old = _read(domain, language)
    new = Plain(locale=language, header_comment="# Made by docs/make_catalogues.py.", fuzzy=False)
    for each, places in texts.items():
        said = each if language == "en" else _translation(old, each)
        before = old.get(_first(each))
        flags = before.flags if before is not None and language != "en" else ()
        new.add(each, said, locations=[(place, 0) for place in places], flags=_doubt(flags))
    if language != "en":
        kept = [*old, *old.obsolete.values()]
        gone = {m.id: m for m in kept if m.id and m.string and m.id not in texts}
        for message in gone.values():
            new.obsolete[_first(message.id)] = Message(message.id, message.string)
    return new


def _read(domain: Domain, language: str) -> Catalog:
    path = _po(domain, language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _translation(old: Catalog, each: Id) -> str | tuple[str, ...]:
    for message in (old.get(_first(each)), old.obsolete.get(_first(each))):
        if message is not None and message.id == each and message.string:
            said: str | tuple[str, ...] = message.string
            return said
    return "" if isinstance(each, str) else ("", "")


def _doubt(flags: object) -> list[str]:
    return ["fuzzy"] if isinstance(flags, set) and "fuzzy" in flags else []


def _po(domain: Domain, language: str) -> Path:
    return domain.locale / language / "LC_MESSAGES" / f"{domain.name}.po"


def written(made: Catalog) -> tuple[bytes, bytes]:
    """The catalogue as text and compiled."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, made, width=96, sort_output=True, include_lineno=False)
    write_mo(mo, made)
    return po.getvalue(), mo.getvalue()


def faults(language: str, made: Catalog) -> list[str]:
    """What is wrong with the translations of a language."""
    found = []
    for message in made:
        if not message.id:
            continue
        name = f"{language}: {_first(message.id)!r}"
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        if not all(forms):
            found.append(f"{name} has no translation")
        elif "fuzzy" in message.flags:
            found.append(f"{name}: its translation is marked as doubtful")
        else:
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            found += [f"{name}: {why}" for why in _unlike(ids, forms)]
    return found


def _unlike(ids: list[str], forms: list[str]) -> Iterator[str]:
    """In what translations would be filled in or shown otherwise than their texts are."""
    rights = [_fields(each) for each in ids]
    for number, form in enumerate(forms):
        try:
            fields = _fields(form)
        except ValueError as error:
            yield f"{form!r}: {error}"
            continue
        allowed = rights if number < len(forms) - 1 else rights[-1:]
        if fields not in allowed:
            yield f"{form!r} is filled in with {fields}, and not with {rights[-1]}"
        leads = ids[-1][:1] in ";:!?"  # French sets a space before these
        begins = form[:1].isspace() is not ids[-1][:1].isspace() and not leads
        if begins or form[-1:].isspace() is not ids[-1][-1:].isspace():
            yield f"{form!r} begins or ends with a space where its text does not, or lacks one"
        if not all(letter.isprintable() or letter == "\n" for letter in form):
            yield f"{form!r} holds what a screen does not show"


def _fields(text: str) -> list[str]:
    return sorted(field for _, field, _, _ in Formatter().parse(text) if field is not None)


def main(*, check: bool) -> list[str]:
    """Write the catalogues, or compare; what is wrong is returned."""
    wrong = []
    for domain in DOMAINS:
        try:
            texts = messages(domain)
        except CatalogueError as error:
            return [str(error)]
        for language in LANGUAGES:
            wrong += _one(domain, language, texts, check=check)
    return wrong


def _one(
    domain: Domain, language: str, texts: Mapping[Id, list[str]], *, check: bool
) -> Iterator[str]:
    """Write one catalogue, or compare it; yields what is wrong."""
    made = catalogue(domain, language, texts)
    text, compiled = written(made)
    po = _po(domain, language)
    for path, data in ((po, text), (po.with_suffix(".mo"), compiled)):
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            yield f"{path.relative_to(ROOT)} is not up to date; run `make catalogues`"
    yield from faults(language, made)


if __name__ == "__main__":
    checking = "--check" in sys.argv
    found_wrong = main(check=checking)
    for line in found_wrong:
        print(line, file=sys.stderr)
    if checking and found_wrong:
        sys.exit(1)
    if found_wrong:
        print(f"{len(found_wrong)} to do", file=sys.stderr)
