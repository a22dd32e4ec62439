"""Corrections: what a field should have said, as an entry that shows old and new.

What a person typed can be corrected, and nothing else: neither what a device told, nor
what the log or the limits made of it, nor who said it. A correction never makes what counts
as given less, and never makes it more either: limits go by the entries as they were
written. So an amount that was recorded too low is not corrected; what is missing is
recorded, and counts from then on.

Who may treat in a session may correct what was typed in it, once it has closed; before that a
newer fact does. The one rule is here, because `verify` judges old corrections by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

from pydantic import ValidationError

from injector.shotlog import canonical, facts
from injector.shotlog.entries import Draft, Entry, Note, SessionOpened, Unknown
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.signing import Realm, may_sign
from injector.shotlog.vouching import Corrected

_TYPED: Final[Mapping[type[Any], frozenset[str]]] = {
    SessionOpened: frozenset(
        {"title", "purpose", "indication", "weight_g", "athlete", "answers", "allergies",
         "treatments", "prescription", "consent", "mixture", "syringe_nl", "mixed_by",
         "mixed_where", "needle_um", "needle_lot", "needle_expiry"}
    ),
    facts.PatientAnswered: frozenset({"weight_g", "answers", "allergies", "treatments"}),
    facts.ChecklistAnswered: frozenset({"items"}),
    facts.Referenced: frozenset({"what", "reference"}),
    facts.OverrideGiven: frozenset({"reason"}),
    facts.SyringeLoaded: frozenset({"mixture", "syringe_nl", "mixed_by", "mixed_where"}),
    facts.SyringeDiscarded: frozenset({"left_nl"}),
    facts.NeedleChanged: frozenset({"needle_um", "lot", "expiry"}),
    facts.Spilled: frozenset({"volume_nl"}),
    facts.HandShots: frozenset({"technique", "zone", "shots", "volume_nl"}),
    facts.GivenElsewhere: frozenset(
        {"minutes_ago", "product", "dose_ng", "zone", "shots", "volume_nl", "device_class"}
    ),
    facts.AdverseEvent: frozenset({"what", "severity", "onset_minutes_ago", "zone", "note"}),
    facts.Pain: frozenset({"when", "score"}),
    facts.Result: frozenset({"result", "note"}),
    facts.FollowUp: frozenset({"due", "why"}),
    Note: frozenset({"text"}),
}  # fmt: skip
"""By kind, the fields that a person typed."""
_COUNTED: Final = frozenset({"shots", "volume_nl", "dose_ng"})
"""Amounts that limits add up: they are never corrected upwards."""
_PRIVATE: Final = "hmac_sha256"
_ANY_TEXT: Final = "?"
"""In the place of a text that is sealed."""


@unique
class Uncorrectable(StrEnum):
    """Why something cannot be corrected."""

    NO_ENTRY = "no_entry"
    """None that stands before, of a known kind."""
    NO_SESSION = "no_session"
    """It stands in no session of this log."""
    NOT_ALLOWED = "not_allowed"
    """The person's role on record does not include it."""
    SESSION_OPEN = "session_open"
    """It has not closed: a newer fact does there."""
    NO_REASON = "no_reason"
    NOT_TYPED = "not_typed"
    """Nobody typed it: a device, the log or the limits made it."""
    NO_PLACE = "no_place"
    """The entry has nothing there."""
    NOT_A_VALUE = "not_a_value"
    """The entry could not have said that."""
    NOTHING_NEW = "nothing_new"
    MORE = "more"
    """More was given than was recorded: what is missing is recorded, not corrected."""
    OTHER_SESSION = "other_session"
    """The correction stands in another session than what it corrects."""
    OTHER_VALUE = "other_value"
    """What it shows as the old value is not what the entry says, or not as it is shown."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody wants corrected."""

    about_seq: int
    place: str
    """JSON Pointer."""
    value: object
    """What should stand there, as JSON; free text as a string."""
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that a correction is judged by, as the log has it at that place."""

    entry: Entry | None
    """What is to be corrected."""
    realm: Realm | None
    """Of its session; None where this log did not open one."""
    closed: bool
    """Whether that session has closed."""
    operator: facts.OperatorRecorded | None
    """Who corrects, as they are on record."""


def correct(wanted: Correction, case: Case) -> Draft | Uncorrectable:
    """Return the entry that corrects another one, in the same session; or why it cannot."""
    entry = case.entry
    if entry is None or isinstance(entry.body, Unknown):
        return Uncorrectable.NO_ENTRY
    if entry.session is None or case.realm is None:
        return Uncorrectable.NO_SESSION
    if not may_sign("override", case.operator, case.realm):
        return Uncorrectable.NOT_ALLOWED
    if not case.closed:
        return Uncorrectable.SESSION_OPEN
    if not wanted.reason.strip():
        return Uncorrectable.NO_REASON
    steps = [step.replace("~1", "/").replace("~0", "~") for step in wanted.place.split("/")]
    typed = _TYPED.get(type(entry.body), frozenset[str]())
    if steps[0] or len(steps) < 2 or steps[1] not in typed:
        return Uncorrectable.NOT_TYPED
    fields = entry.body.model_dump(mode="json")
    try:
        holder, step = _holder(fields, steps[1:])
        before = holder[step]
    except (KeyError, IndexError, ValueError, TypeError):
        return Uncorrectable.NO_PLACE
    texts = {"/reason": wanted.reason}
    old: dict[str, object] = {"value": before}
    new: dict[str, object] = {"value": wanted.value}
    after = wanted.value
    if isinstance(before, dict) and before.keys() == {_PRIVATE}:
        if not isinstance(wanted.value, str) or not wanted.value.strip():
            return Uncorrectable.NOT_A_VALUE
        # The old text stands in its own entry alone, so that erasing it erases it.
        old, new = {}, {"value": TO_BE_SEALED.model_dump()}
        texts["/after/value"] = wanted.value
        after = before
    elif before == wanted.value:
        return Uncorrectable.NOTHING_NEW
    elif step in _COUNTED and _is_more(before, wanted.value):
        return Uncorrectable.MORE
    holder[step] = after
    return _draft(entry, fields, wanted, old, new, texts)


def correction_fault(corrected: Corrected, session: str | None, case: Case) -> Uncorrectable | None:
    """Return why an entry, which stands in ``session``, corrects nothing; None when it does.

    It has to be the entry that `correct` makes of what it says. What free text said is not asked.
    """
    text = not corrected.before
    value = _ANY_TEXT if text else corrected.after.get("value")
    wanted = Correction(corrected.about_seq, corrected.place, value, _ANY_TEXT, corrected.by)
    meant = correct(wanted, case)
    if isinstance(meant, Uncorrectable):
        return meant
    if meant.session != session:
        return Uncorrectable.OTHER_SESSION
    made = meant.body
    if not isinstance(made, Corrected) or not _equal(made.before, corrected.before):
        return Uncorrectable.OTHER_VALUE
    if text:
        sealed = corrected.after.get("value")
        shown = isinstance(sealed, dict) and sealed.keys() == {_PRIVATE}
        return None if shown and len(corrected.after) == 1 else Uncorrectable.OTHER_VALUE
    return None if _equal(made.after, corrected.after) else Uncorrectable.OTHER_VALUE


def _equal(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two values are written alike: to Python, true is 1."""
    return canonical.encode(one) == canonical.encode(other)


def _draft(
    entry: Entry,
    fields: dict[str, Any],
    wanted: Correction,
    old: dict[str, object],
    new: dict[str, object],
    texts: dict[str, str],
) -> Draft | Uncorrectable:
    try:
        type(entry.body).model_validate(fields)  # type: ignore[union-attr]
        corrected = Corrected(
            about_seq=entry.seq,
            place=wanted.place,
            before=old,
            after=new,
            reason=TO_BE_SEALED,
            by=wanted.by,
        )
    except (ValidationError, ValueError):
        return Uncorrectable.NOT_A_VALUE
    return Draft(entry.session, corrected, texts)


def _holder(fields: dict[str, Any], steps: list[str]) -> tuple[Any, Any]:
    """Return what holds the last step, and that step as its key."""
    value: Any = fields
    for step in steps[:-1]:
        value = value[_key(value, step)]
    return value, _key(value, steps[-1])


def _key(value: object, step: str) -> str | int:
    if not isinstance(value, list):
        return step
    if not (step.isascii() and step.isdigit()):
        raise ValueError(step)
    return int(step)


def _is_more(before: object, after: object) -> bool:
    return isinstance(before, int) and isinstance(after, int) and after > before
