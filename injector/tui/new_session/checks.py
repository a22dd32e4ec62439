"""The library's checklists, point by point."""

from injector.tui.new_session.field import Desk, Field, Kind
from injector.tui.speech import _


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    found = []
    for code, checklist in desk.library.figures.checklist.items():
        heading = _("Checklist: {name}").format(name=_(checklist.name))
        found.append(Field(f"check.{code}", heading, Kind.HEADING))
        found += [
            Field(f"check.{code}.{item}", _(words), Kind.CHECK)
            for item, words in checklist.items.items()
        ]
    return found
