"""The passphrase again: whoever signs shows that it is they, and their key opens for it.

``push_screen(PassphraseDialog(...), callback)`` calls back with the key, or None where the
dialog was closed. A wrong one counts as one at the door, and is an entry.
"""

from injector.staff.file import StaffFile, Unlocked
from injector.staff.roles import Person
from injector.tui.dialogs.proof import ProofDialog
from injector.tui.speech import _
from injector.tui.widgets.sign_in import Proof, SignInForm


class PassphraseDialog(ProofDialog[Unlocked]):
    """Asks one person for their passphrase. Escape closes it. ``why`` says what it is for."""

    def __init__(self, staff: StaffFile, person: Person, why: str) -> None:
        proof = Proof(
            people=lambda: (person,),
            # Whatever stands in the id's field, nobody but who is at the console signs here.
            check=lambda _who, secret: staff.unlock(person.id, secret),
            secret=_("passphrase"),
            failed="sign_in_failed",
            words=lambda _refusal: _("wrong id or passphrase"),
        )
        super().__init__(proof, why, person.id)

    def on_sign_in_form_admitted(self, message: SignInForm.Admitted) -> None:
        """That is who signs."""
        self.dismiss(message.shown.unlocked)
