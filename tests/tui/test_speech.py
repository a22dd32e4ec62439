"""What people read, in every language: complete, filled in alike, and no number to misread."""

import importlib.util
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st

from injector import units
from injector.limits.side import Figure, Level, Rule, SetBy
from injector.limits.verdict import Passed
from injector.tui.limit_words import FIGURES, LEVELS, SETTERS, STRENGTHS, code_words, passed_words
from injector.tui.speech import (
    LOCALE,
    DecimalSignError,
    Language,
    _,
    number,
    plural,
    read_amount,
    spoken,
    use,
)
from injector.tui.widgets.limits import MODES
from injector.units import Quantity, QuantityError
from tests.tui.bench import ROOT, library

QUANTITIES: Final = [each for each in vars(units).values() if isinstance(each, Quantity)]
WRONG: Final = [
    "",
    "5" * 50 + " mL",
    " 5 mL",
    "\N{ARABIC-INDIC DIGIT FIVE} mL",
    "-5 mL",
    "1,2,3 mL",
    ",5 mL",
    "05 mL",
    "1e3 mL",
    "many mL",
    "5",
    "5mL",
    "5 kg",
    "0,0000001 mL",
    "9999999999999999999 mL",
]


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    use(Language.ENGLISH)


@pytest.fixture(scope="module")
def making() -> ModuleType:
    """The script that makes the catalogues."""
    spec = importlib.util.spec_from_file_location(
        "make_catalogues", ROOT / "docs" / "make_catalogues.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def compiled(language: Language) -> GNUTranslations:
    """A catalogue as the console reads it."""
    path = LOCALE / language.value / "LC_MESSAGES" / "injector.mo"
    with path.open("rb") as file:
        return GNUTranslations(file)


def test_the_catalogues_are_what_the_code_and_the_library_say(making: ModuleType) -> None:
    assert making.main(check=True) == []


@pytest.mark.parametrize("language", Language)
def test_every_text_is_in_every_catalogue(making: ModuleType, language: Language) -> None:
    known = compiled(language)._catalog  # type: ignore[attr-defined]
    for each in making.messages():
        key = each if isinstance(each, str) else (each[0], 0)
        assert known.get(key), f"{language.value} does not say {each!r}"


def test_nothing_of_the_shipped_library_falls_back_to_english(making: ModuleType) -> None:
    known = compiled(Language.FRENCH)._catalog  # type: ignore[attr-defined]
    figures = library().figures
    named = [
        *figures.technique.values(),
        *figures.zone.values(),
        *figures.product.values(),
        *figures.product_class.values(),
        *figures.contraindication.values(),
        *figures.indication.values(),
        *figures.purpose.values(),
        *figures.schedule.values(),
        *figures.checklist.values(),
    ]
    asked = [item for each in figures.checklist.values() for item in each.items.values()]
    codes = [*figures.technique, *figures.zone, *figures.product, *figures.indication]
    for words in [each.name for each in named] + asked + [c.replace("_", " ") for c in codes]:
        assert words in known, f"{words!r} has no translation"


def test_english_says_every_text_as_it_stands(making: ModuleType) -> None:
    use(Language.ENGLISH)
    for each in making.messages():
        if isinstance(each, str):
            assert _(each) == each


@pytest.mark.parametrize(
    ("text", "said", "fault"),
    [
        ("of {most}", "", "has no translation"),
        ("of {most}", "sur {plus}", "is filled in with ['plus']"),
        ("of {most}", "sur", "is filled in with []"),
        ("of {most}", "sur {most", "expected '}'"),
        ("of {most}", "sur {most} ", "begins or ends with a space"),
        ("left", "reste\N{NO-BREAK SPACE}!", "holds what a screen does not show"),
        (("{count} shot", "{count} shots"), ("un tir", "{count} tirs"), "is filled in with []"),
        (("one", "{count} shots"), ("un tir", "des tirs"), "is filled in with []"),
    ],
)
def test_a_translation_that_would_be_filled_in_otherwise_is_found(
    making: ModuleType, text: str | tuple[str, str], said: str | tuple[str, str], fault: str
) -> None:
    catalogue = Catalog(locale="fr")
    catalogue.add(text, said)
    found = making.faults("fr", catalogue)
    assert found
    assert fault in found[0]


def test_a_doubtful_translation_is_found(making: ModuleType) -> None:
    catalogue = Catalog(locale="fr")
    catalogue.add("left", "reste", flags=["fuzzy"])
    assert "marked as doubtful" in making.faults("fr", catalogue)[0]


def test_a_value_that_is_filled_in_before_translation_is_found(
    making: ModuleType, tmp_path: Path
) -> None:
    code = tmp_path / "wrong.py"
    code.write_text('x = _(f"of {most}")\n')
    making.ROOT = tmp_path
    try:
        with pytest.raises(making.CatalogueError, match=r"wrong\.py:1: fill in values after"):
            list(making._said(code))
    finally:
        making.ROOT = ROOT


def test_a_translation_outlives_its_text_and_comes_back_with_it(
    making: ModuleType, tmp_path: Path
) -> None:
    domain = making.Domain("injector", tmp_path)
    path = tmp_path / "fr" / "LC_MESSAGES" / "injector.po"
    path.parent.mkdir(parents=True)

    def write(texts: list[str]) -> str:
        made = making.catalogue(domain, "fr", {each: ["a.py"] for each in texts})
        path.write_bytes(making.written(made)[0])
        return path.read_text(encoding="utf-8")

    assert 'msgid "left"\nmsgstr ""' in write(["left"])
    path.write_text(path.read_text().replace('"left"\nmsgstr ""', '"left"\nmsgstr "reste"'))
    assert '#~ msgid "left"\n#~ msgstr "reste"' in write(["other"])
    assert '\nmsgid "left"\nmsgstr "reste"' in write(["left", "other"])


def test_forms_follow_the_language() -> None:
    forms = ("{count} shot", "{count} shots")
    assert [plural(*forms, n) for n in (0, 1, 2)] == ["0 shots", "1 shot", "2 shots"]
    use(Language.FRENCH)
    assert spoken() is Language.FRENCH
    assert [plural(*forms, n) for n in (0, 1, 2)] == ["0 tir", "1 tir", "2 tirs"]


@pytest.mark.rule("R-NUMBER")
@given(st.sampled_from(QUANTITIES), st.integers(0, 10**12), st.sampled_from(list(Language)))
def test_what_is_written_is_read_as_the_same_amount(
    quantity: Quantity, amount: int, language: Language
) -> None:
    use(language)
    assert read_amount(number(quantity.format(amount)), quantity.parse) == amount


@pytest.mark.rule("R-NUMBER")
@given(st.sampled_from(QUANTITIES), st.integers(0, 10**12))
def test_the_other_languages_decimal_sign_is_refused(quantity: Quantity, amount: int) -> None:
    english = quantity.format(amount)
    use(Language.FRENCH)
    french = number(english)
    if english == french:
        return  # no decimals: both write it alike
    with pytest.raises(DecimalSignError, match="virgule"):
        read_amount(english, quantity.parse)
    use(Language.ENGLISH)
    with pytest.raises(QuantityError):
        read_amount(french, quantity.parse)


@pytest.mark.rule("R-NUMBER")
@given(st.integers(1, 999), st.integers(0, 999))
def test_no_sign_is_ever_taken_for_a_separator_of_thousands(whole: int, rest: int) -> None:
    typed = {Language.ENGLISH: f"{whole},{rest:03} mL", Language.FRENCH: f"{whole}.{rest:03} mL"}
    for language, text in typed.items():
        use(language)
        with pytest.raises(ValueError, match=r"decimal sign|signe décimal"):
            read_amount(text, units.parse_volume_nl)


@pytest.mark.rule("R-NUMBER")
@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_an_amount_is_said_in_french(text: str) -> None:
    use(Language.FRENCH)
    with pytest.raises(QuantityError) as wrong:
        read_amount(text, units.parse_volume_nl)
    assert wrong.value.why.endswith("comme « 0,050 mL »")
    assert wrong.value.text == text


def test_amounts_inside_a_sentence_are_written_with_a_comma_and_versions_are_not_meant() -> None:
    use(Language.FRENCH)
    assert number("0.050 mL of 2.5 mL") == "0,050 mL of 2,5 mL"
    assert number("≈0.050 mL") == "≈0,050 mL"
    assert number("120/min") == "120/min"


def test_a_language_that_is_not_installed_is_an_error_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("injector.tui.speech.LOCALE", tmp_path)
    with pytest.raises(OSError, match=r"injector\.mo"):
        use(Language.FRENCH)
    assert spoken() is Language.ENGLISH
    monkeypatch.undo()


def test_every_name_in_a_table_is_said_in_french() -> None:
    use(Language.FRENCH)
    known = compiled(Language.FRENCH)._catalog  # type: ignore[attr-defined]
    tables = [SETTERS, LEVELS, STRENGTHS, MODES]
    words = [text for table in tables for text in table.values()]  # type: ignore[attr-defined]
    words += [name for name, _form in FIGURES.values()]
    assert [each for each in words if each not in known] == []


def test_a_limit_that_is_passed_is_said_in_french() -> None:
    use(Language.FRENCH)
    passed = Passed(
        figure=Figure.DEPTH,
        rule=Rule.MOST,
        bound=4_000,
        level=Level.SOFT,
        set_by=SetBy.ZONE,
        limit="zone.face.depth",
        source="chosen; no published figure found",
        strength=next(each for each in STRENGTHS if each.value == "weak"),
        subject="",
        value=4_500,
        would_pass=4_000,
    )
    assert passed_words(passed) == (
        "profondeur 4,5 mm : limite souple maximale 4,0 mm, exige une dérogation, fixée par : zone"
        " (zone.face.depth) ; source : choisi ; aucune valeur publiée trouvée [faible] ; serait"
        " accepté : 4,0 mm"
    )
    assert code_words("point_by_point") == "point par point"
