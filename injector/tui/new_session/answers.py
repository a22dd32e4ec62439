"""What the patient is asked: the library's conditions, one by one, and what limits go by."""

from injector.limits.tables.questions import Kind as Condition
from injector.tui.new_session.field import Desk, Field, Kind, Option, named
from injector.tui.speech import _, number
from injector.units import WEIGHT


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft, figures = desk.draft, desk.library.figures
    found = []
    for code, condition in figures.contraindication.items():
        found.append(Field(f"condition.{code}", _(condition.name), Kind.YES_NO))
        if condition.kind is Condition.RELATIVE and draft.said(f"condition.{code}"):
            found.append(
                Field(f"reason.{code}", _("reason"), example=_("why the treatment is given"))
            )
    products = named(figures.product, figures.product)
    classes = tuple(
        Option(each.code, _("all: {name}").format(name=each.words))
        for each in named(figures.product_class, figures.product_class)
    )
    example = number(WEIGHT.format(70_000))
    found += [
        Field("allergies", _("allergies"), Kind.SEVERAL, products + classes),
        Field("athlete", _("athlete, subject to anti-doping rules"), Kind.YES_NO),
        Field("weight", _("weight"), example=_("as in {amount}").format(amount=example), most=20),
        Field("treatments", _("treatments"), example=_("current ones, in the patient's words")),
    ]
    return found
