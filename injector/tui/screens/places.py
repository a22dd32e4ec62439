"""Which screen stands for which place. Each is imported when one first goes there."""

from typing import assert_never

from injector.tui.desk import Place
from injector.tui.screens.base import ConsoleScreen


def build(place: Place) -> ConsoleScreen:
    """A new screen for that place."""
    match place:
        case Place.SIGN_IN:
            from injector.tui.screens.sign_in import SignInScreen  # noqa: PLC0415 - as above

            return SignInScreen()
        case Place.TREATMENT:
            from injector.tui.screens.treatment import TreatmentScreen  # noqa: PLC0415 - as above

            return TreatmentScreen()
        case Place.HOME:
            from injector.tui.screens.home import HomeScreen  # noqa: PLC0415 - as above

            return HomeScreen()
        case Place.REVIEW:
            from injector.tui.screens.review import ReviewScreen  # noqa: PLC0415 - as above

            return ReviewScreen()
        case Place.WORKBENCH:
            from injector.tui.screens.workbench import WorkbenchScreen  # noqa: PLC0415 - as above

            return WorkbenchScreen()
        case Place.NEW_SESSION:
            from injector.tui.screens.new_session import NewSessionScreen  # noqa: PLC0415 - as above

            return NewSessionScreen()
        case _:
            assert_never(place)
