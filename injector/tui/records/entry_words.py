"""An entry of a session in one line, for people."""

from collections.abc import Mapping
from typing import Final

from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.vouching import Barred, ClockJumped, Corrected, Signed
from injector.tui.limit_words import code_words
from injector.tui.speech import _, labelled, mark, number
from injector.tui.words import alarm_name
from injector.units import format_dose_ng, format_volume_nl

KINDS: Final[Mapping[str, str]] = {
    "session_opened": mark("opened"),
    "session_closed": mark("closed"),
    "session_resumed": mark("gone on with"),
    "taken_over": mark("taken over"),
    "alarm": mark("alarm"),
    "refused": mark("refused by a limit"),
    "device_refused": mark("refused by the gun"),
    "override_given": mark("override"),
    "gap": mark("gap"),
    "gap_acknowledged": mark("gap seen"),
    "uncertain": mark("uncertain shot"),
    "adverse_event": mark("adverse event"),
    "stop": mark("STOP"),
    "release": mark("STOP released"),
    "fault": mark("fault of the gun"),
    "foreign": mark("entry of another log"),
    "conflict": mark("contradiction"),
    "hand_shots": mark("shots by hand"),
    "spilled": mark("spilled"),
    "given_elsewhere": mark("given elsewhere"),
    "syringe_loaded": mark("syringe loaded"),
    "syringe_discarded": mark("syringe discarded"),
    "syringe_differs": mark("syringe differs"),
    "needle_changed": mark("needle changed"),
    "moved": mark("moved"),
    "pain": mark("pain"),
    "result": mark("result"),
    "follow_up": mark("follow-up"),
    "checklist_answered": mark("checklist"),
    "patient_answered": mark("patient's answers"),
    "referenced": mark("reference"),
    "note": mark("note"),
    "idle_warned": mark("stood idle"),
    "signed": mark("signature"),
    "corrected": mark("correction"),
    "barred": mark("not allowed"),
    "clock_jumped": mark("clock was set"),
}
"""The kinds that a review lists, beside shots; those it does not are the log's own affair."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    mark("everything"): tuple(KINDS),
    mark("alarms"): ("alarm",),
    mark("limits and overrides"): ("refused", "device_refused", "override_given"),
    mark("gaps"): ("gap", "gap_acknowledged", "uncertain", "foreign", "conflict"),
    mark("adverse events"): ("adverse_event",),
    mark("signatures"): (
        *("session_opened", "session_closed", "session_resumed", "taken_over"),
        *("signed", "corrected"),
    ),
}
"""What a review can narrow its list to."""

WHEN: Final[Mapping[str, str]] = {"before": mark("before"), "after": mark("after")}
"""When pain was asked for, of a treatment."""
MEANINGS: Final[Mapping[str, str]] = {
    "performed": mark("performed"),
    "reviewed": mark("reviewed"),
    "approved": mark("approved"),
    "override": mark("override"),
}
"""What a signature means."""
GRAVE: Final = frozenset({"gap", "uncertain", "adverse_event", "fault", "conflict", "refused"})
"""The kinds that call for a look."""


def kind_words(kind: str) -> str:
    """What kind of entry it is."""
    return _(KINDS[kind]) if kind in KINDS else code_words(kind)


def entry_words(body: log.Body | log.Unknown) -> str:
    """What stands in it, as far as a review needs it. Private texts are not among it."""
    match body:
        case log.SessionOpened():
            return _("by {who} on {gun}").format(who=body.operator, gun=body.serial)
        case log.SessionClosed():
            return _closed(body)
        case facts.TakenOver():
            return _("{before} hands over to {who}").format(before=body.before, who=body.operator)
        case facts.SessionResumed():
            return _("by {who}").format(who=body.operator)
        case log.Alarm():
            return _alarm(body)
        case log.Refused():
            return f"{_(code_words(body.technique))}, {_(code_words(body.zone))}: " + "; ".join(
                f"{code_words(each.figure)} {each.value} > {each.bound} ({each.level})"
                for each in body.verdict.passed
            )
        case log.DeviceRefused():
            return f"{code_words(body.request)}: {code_words(body.reason)}"
        case facts.OverrideGiven():
            return _("step {step}, by {who}").format(step=body.step + 1, who=body.by)
        case log.Gap():
            return _("at most {shots} shots, {volume}").format(
                shots=body.shots_max, volume=_volume(body.volume_max_nl)
            )
        case log.GapAcknowledged():
            return _("by {who}").format(who=body.by)
        case log.Uncertain():
            return _("up to {volume} may have been given").format(volume=_volume(body.debit_nl))
        case facts.AdverseEvent():
            what = _("{what}, severity {degree}, by {who}").format(
                what=_(code_words(body.what)), degree=body.severity, who=body.by
            )
            return what if body.zone is None else labelled(what, _(code_words(body.zone)))
        case facts.HandShots():
            return _("{shots} shots, {volume}: {technique}, {zone}; by {who}").format(
                shots=body.shots,
                volume=_volume(body.volume_nl),
                technique=_(code_words(body.technique)),
                zone=_(code_words(body.zone)),
                who=body.by,
            )
        case facts.Spilled():
            return _("{volume}, by {who}").format(volume=_volume(body.volume_nl), who=body.by)
        case facts.GivenElsewhere():
            dose = number(format_dose_ng(body.dose_ng)) if body.dose_ng else ""
            return " ".join(each for each in (dose, body.product or "") if each)
        case facts.SyringeLoaded():
            return ", ".join(
                f"{_volume(item.volume_nl)} {_(code_words(item.product))}" for item in body.mixture
            )
        case facts.SyringeDiscarded():
            seen = None if body.left_nl is None else _volume(body.left_nl)
            return code_words(body.reason) if seen is None else _("{left} left").format(left=seen)
        case log.Moved():
            return f"{code_words(body.act)}: {_volume(body.volume_nl)}"
        case log.Fault():
            return code_words(body.code)
        case facts.Pain():
            return labelled(_(WHEN[body.when]), f"{body.score}/10")
        case facts.Result():
            return _(code_words(body.result))
        case facts.FollowUp():
            return body.due
        case facts.ChecklistAnswered():
            return _(code_words(body.checklist))
        case Signed():
            return _("{meaning}, by {who}").format(meaning=_(MEANINGS[body.meaning]), who=body.name)
        case Corrected():
            return _("{place} of entry {seq}, by {who}").format(
                place=body.place, seq=body.about_seq, who=body.by
            )
        case Barred():
            who = _("somebody") if body.by is None else body.by
            return _("{who} asked for it: {what}").format(who=who, what=code_words(body.what))
        case ClockJumped():
            return f"{body.by_us // 1_000_000:+d} s"
        case log.Stop():
            return body.by or code_words(body.origin)
        case _:
            by = getattr(body, "by", None)
            return "" if not isinstance(by, str) else _("by {who}").format(who=by)


def _alarm(body: log.Alarm) -> str:
    return f"{code_words(body.priority)}, {code_words(body.act)}: {alarm_name(body.alarm)}"


def _closed(body: log.SessionClosed) -> str:
    what = _("{shots} shots, {volume} counted as given").format(
        shots=body.given_shots, volume=_volume(body.given_nl)
    )
    claimed = body.signature
    if claimed is None:
        return _("{what}; not signed").format(what=what)
    return _("{what}; in the name of {who}").format(what=what, who=claimed.name)


def _volume(volume_nl: int) -> str:
    return number(format_volume_nl(volume_nl))
