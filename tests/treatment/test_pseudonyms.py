"""Free text that looks like a name or a birth date is questioned; nothing else is."""

import pytest

from injector.treatment.pseudonyms import Doubt, doubts


@pytest.mark.rule("R-PSEUDONYM")
@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("1985-03-07", Doubt.DATE),
        ("7.3.85", Doubt.DATE),
        ("07/03/1985", Doubt.DATE),
        ("7 mars 1985", Doubt.DATE),
        ("March 7, 1985", Doubt.DATE),
        ("heron 07031985", Doubt.DATE),
        ("19850307", Doubt.DATE),
        ("heron 1985", Doubt.YEAR),
        ("Mrs heron", Doubt.TITLE),
        ("Dr.Heron", Doubt.TITLE),
        ("M. heron", Doubt.TITLE),
        ("Ada Lovelace", Doubt.NAME),
        ("Lovelace, Ada", Doubt.NAME),
        ("A. Lovelace", Doubt.NAME),
        ("Jean-Luc de la Tour", Doubt.NAME),
        ("Zoë Müller", Doubt.NAME),
        ("2 85 03 75 116 001 42", Doubt.NUMBER),
    ],
)
def test_what_looks_like_a_name_or_a_birth_date_is_questioned(text: str, doubt: Doubt) -> None:
    assert doubt in doubts(text)


@pytest.mark.rule("R-PSEUDONYM")
@pytest.mark.parametrize(
    "text",
    [
        "blue heron", "Heron 7", "patient 12", "k7-lemon", "", "elbow, left", "A17", "3 x 4 mm",
        "room 2112", "ADA", "from 2 to 10 mL",
    ],
)  # fmt: skip
def test_a_pseudonym_that_tells_nothing_is_not_questioned(text: str) -> None:
    assert doubts(text) == ()
