"""Syringe and needle, and the sterile set that the needle comes from."""

from injector.tui.new_session.field import Desk, Field, Kind, Option, with_current
from injector.tui.new_session.mixture import syringes
from injector.tui.speech import _, number
from injector.units import DEPTH


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft = desk.draft
    lengths = sorted({each.length for each in desk.library.figures.needle.values()})
    needles = tuple(Option(text, text) for text in (number(DEPTH.format(um)) for um in lengths))
    return [
        Field(
            "syringe", _("syringe"), Kind.CHOICE, with_current(syringes(desk), draft.get("syringe"))
        ),
        Field("needle", _("needle"), Kind.CHOICE, with_current(needles, draft.get("needle"))),
        Field("set", _("The needle's sterile set"), Kind.HEADING),
        Field("scan.needle", _("scan the code"), Kind.SCAN, example=_("fills in the two below")),
        Field("needle_lot", _("lot")),
        Field("needle_expiry", _("expiry"), example="2031-02-28", most=10),
    ]
