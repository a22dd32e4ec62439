"""What is in the syringe: products, with volume, concentration, lot and expiry."""

from injector.tui.new_session.field import Desk, Field, Kind, Option, named, with_current
from injector.tui.speech import _, number
from injector.units import CONCENTRATION, VOLUME


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft, figures = desk.draft, desk.library.figures
    products = named(figures.product, figures.product)
    found, below = [], _("fills in the two below")
    for at in range(draft.products):
        place = f"mixture.{at}"
        known = with_current(products, draft.get(f"{place}.product"))
        volume = number(VOLUME.format(1_000_000))
        strength = number(CONCENTRATION.format(20_000))
        found += [
            Field(
                place,
                _("Product {number} of {count}").format(number=at + 1, count=draft.products),
                Kind.HEADING,
            ),
            Field(f"{place}.product", _("product"), Kind.CHOICE, known),
            Field(
                f"{place}.volume",
                _("volume"),
                example=_("as in {amount}").format(amount=volume),
                most=20,
            ),
            Field(
                f"{place}.concentration",
                _("concentration"),
                example=_("as in {amount}").format(amount=strength),
                most=20,
            ),
            Field(f"scan.{place}", _("scan the code"), Kind.SCAN, example=below),
            Field(f"{place}.lot", _("lot")),
            Field(f"{place}.expiry", _("expiry"), example="2031-02-28", most=10),
            Field(f"{place}.multi_dose", _("from a multi-dose vial"), Kind.CHECK),
        ]
    found += [
        Field("mixing", _("Mixing"), Kind.HEADING),
        Field("mixed_by", _("mixed by"), most=64),
        Field("mixed_where", _("mixed where")),
    ]
    return found


def syringes(desk: Desk) -> tuple[Option, ...]:
    """The syringes that the library lists, by their volume."""
    listed = sorted({each.volume for each in desk.library.figures.syringe.values()})
    return tuple(Option(text, text) for text in (number(VOLUME.format(nl)) for nl in listed))
