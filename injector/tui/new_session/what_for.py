"""What is treated and what for; where consent and prescription stand; how much it hurts."""

from injector.shotlog.facts import MAX_PAIN
from injector.tui.draft.suggest import indication_of, usual_first
from injector.tui.new_session.field import Desk, Field, Kind, named, with_current
from injector.tui.speech import _


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft, figures = desk.draft, desk.library.figures
    chosen = indication_of(draft, desk.library)
    indications = named(figures.indication, figures.indication)
    usual = () if chosen is None else chosen.purposes
    purposes = named(usual_first(usual, figures.purpose), figures.purpose)
    return [
        Field(
            "indication",
            _("indication"),
            Kind.CHOICE,
            with_current(indications, draft.get("indication")),
        ),
        Field("purpose", _("purpose"), Kind.CHOICE, with_current(purposes, draft.get("purpose"))),
        Field("consent", _("consent"), example=_("where it stands")),
        Field("prescription", _("prescription"), example=_("where it stands")),
        Field(
            "pain",
            _("pain before"),
            example=_("from 0 to {most}").format(most=MAX_PAIN),
            most=2,
        ),
    ]
