"""For whom: a manikin, or a patient by their pseudonym."""

from injector.limits.realm import Realm
from injector.tui.new_session.field import Desk, Field, Kind, Option, with_current
from injector.tui.speech import _


def fields(desk: Desk) -> list[Field]:
    """The page's fields."""
    draft = desk.draft
    words = {Realm.TRAINING: _("training, on a manikin"), Realm.CLINICAL: _("clinical")}
    realms = tuple(Option(realm.value, words[realm]) for realm in desk.realms)
    found = [Field("realm", _("session"), Kind.CHOICE, realms)]
    if draft.realm is Realm.CLINICAL:
        found.append(Field("pseudonym", _("pseudonym"), Kind.PATIENT, example=_("as in heron 7")))
        if desk.reading.doubts or draft.get("stands_by"):
            words_of_it = _("this tells nobody who the patient is")
            found.append(Field("stands_by", words_of_it, Kind.CHECK))
    plans = tuple(Option(key, title) for key, title in desk.plans.items())
    chosen = draft.get("plan")
    found.append(Field("plan", _("from a plan"), Kind.CHOICE, with_current(plans, chosen)))
    return found
