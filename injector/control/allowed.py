"""Who may ask for what, by the role that the log has them on record in.

What arms, changes or goes on with a session, and what takes away something that keeps the
gun from moving, is for those who may give that session. Whatever makes it safer (STOP,
disarming, the session's end) and every fact is open to everybody.
"""

from typing import Final, Literal, TypeAlias

from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeGap,
    Arm,
    OpenSession,
    ReleaseStop,
    TakeLink,
)
from injector.control.ledger import Ledger
from injector.control.snapshot import Denial, Denied
from injector.control.wants import (
    AddStep,
    ArmPrime,
    ChangeNeedle,
    DiscardSyringe,
    LoadSyringe,
    Override,
    Resume,
    TakeOver,
)
from injector.staff.roles import Act

Acting: TypeAlias = (
    OpenSession
    | Arm
    | ReleaseStop
    | AcknowledgeGap
    | AcceptForeign
    | TakeLink
    | ArmPrime
    | LoadSyringe
    | DiscardSyringe
    | ChangeNeedle
    | TakeOver
    | Override
    | AddStep
    | Resume
)
"""What only somebody may ask for who may give the session."""
_NAMES: Final[dict[type[Acting], str]] = {
    OpenSession: "open_session",
    Arm: "arm",
    ReleaseStop: "release",
    AcknowledgeGap: "acknowledge_gap",
    AcceptForeign: "accept_foreign",
    TakeLink: "take_link",
    ArmPrime: "prime",
    LoadSyringe: "load_syringe",
    DiscardSyringe: "discard_syringe",
    ChangeNeedle: "change_needle",
    TakeOver: "take_over",
    Override: "override",
    AddStep: "add_step",
    Resume: "resume",
}


def not_allowed(what: Acting, ledger: Ledger) -> Denied | None:
    """Why a person's role does not let them have that; None where it does."""
    act = _to_give(what.realm) if isinstance(what, OpenSession) else _at_hand(ledger)
    barred = ledger.roster.barred(what.by, act)
    return Denied(_NAMES[type(what)], Denial.NOT_ALLOWED) if barred else None


def may_go_on(person: str, ledger: Ledger) -> bool:
    """Whether what that person armed in the session at hand may stay armed."""
    return not ledger.roster.barred(person, _at_hand(ledger))


def _at_hand(ledger: Ledger) -> Act:
    """What it is to arm anything now."""
    return Act.TRAIN if ledger.session is None else _to_give(ledger.session.body.realm)


def _to_give(realm: Literal["training", "clinical"]) -> Act:
    return Act.TREAT if realm == "clinical" else Act.TRAIN
