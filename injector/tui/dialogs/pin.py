"""A PIN: somebody shows quickly, inside a session, that it is they who decide.

``push_screen(PinDialog(...), callback)`` calls back with the person's id, or None where the
dialog was closed. Failures are entries, and three of them end PINs until the passphrase was
given.
"""

from injector.staff.file import Refusal, StaffFile, Why
from injector.staff.roles import Act, Person, may
from injector.tui.dialogs.proof import ProofDialog
from injector.tui.speech import _
from injector.tui.widgets.sign_in import Proof, SignInForm


class PinDialog(ProofDialog[str]):
    """Asks for a PIN of somebody who may do ``act``. Escape closes it.

    ``why`` says what it is for; ``known`` is an id that is expected, and can be changed.
    """

    def __init__(
        self, staff: StaffFile, why: str, *, known: str = "", act: Act = Act.TREAT
    ) -> None:
        super().__init__(by_pin(staff, act), why, known)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """That is who decides."""
        self.dismiss(message.person.id)


def by_pin(staff: StaffFile, act: Act) -> Proof:
    """Everybody who may do that and has a PIN, by it."""

    def people() -> tuple[Person, ...]:
        everybody = staff.read().everybody()
        return tuple(each.person for each in everybody if each.pin and may(each.role, act))

    return Proof(
        people=people,
        check=lambda who, pin: staff.check_pin(who, pin, act),
        secret=_("PIN"),
        failed="pin_failed",
        words=_words,
    )


def _words(refusal: Refusal) -> str:
    name = "" if refusal.person is None else refusal.person.name
    match refusal.why:
        case Why.WRONG:
            return _("wrong id or PIN")
        case Why.LOCKED_NOW | Why.LOCKED:
            words = _("too many wrong PINs: {name} must first sign in with the passphrase")
            return words.format(name=name)
        case Why.NO_PIN:
            return _("{name} has no PIN; `injector staff pin` gives one").format(name=name)
        case Why.NOT_ALLOWED:
            return _("the role of {name} does not include it").format(name=name)
