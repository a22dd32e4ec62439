"""Who was treated, by whom, with what and why: what people recorded in a session, in words.

Private texts are read where the reader of the report asked for them. Otherwise it says
that one is recorded, or that it was erased, and not what it says.
"""

import tomllib
from collections.abc import Iterable
from typing import Any, Final

from injector.report.gathered import people
from injector.report.speech import Words, mark, moment
from injector.report.visible import visible
from injector.shotlog import entries as log
from injector.shotlog import facts, vouching
from injector.shotlog.entries import Entry
from injector.shotlog.reader import LogReader

TOLD_BY: Final = (
    "session_opened",
    "session_closed",
    "session_resumed",
    "taken_over",
    "patient_answered",
    "checklist_answered",
    "referenced",
    "override_given",
    "grant",
    "needle_changed",
    "given_elsewhere",
    "adverse_event",
    "pain",
    "result",
    "follow_up",
    "note",
    "corrected",
    "spilled",
)
"""The kinds of entries that it is told by."""


class Told:
    """What people recorded in the session, and the private texts that stand beside it."""

    def __init__(
        self, reader: LogReader, words: Words, entries: list[Entry], with_texts: bool
    ) -> None:
        self._reader, self._words, self._shown = reader, words, with_texts
        self.entries = entries

    @property
    def closed(self) -> log.SessionClosed | None:
        """How it closed; None while it is open."""
        return next((e.body for e in self.entries if isinstance(e.body, log.SessionClosed)), None)

    def text(self, seq: int, place: str) -> str:
        """The private text there as the report shows it; empty where none was recorded."""
        if not _committed(self.entries, seq, place):
            return ""
        text = self._reader.private_text(seq, place)
        if text is None:
            return self._words.say(mark("erased"))
        return text if self._shown else self._words.say(mark("recorded, not shown"))

    def texts(self) -> list[tuple[str, str, str]]:
        """The texts that no other part of the report shows: when, what, and the text."""
        found = []
        for entry in self.entries:
            for place, name in _PLACES.get(entry.body.kind, ()):
                text = self.text(entry.seq, place)
                if text:
                    found.append((moment(entry.at.utc_us), self._words.say(name), text))
        return found


_PLACES: Final = {
    "session_opened": (
        ("/pseudonym", mark("pseudonym")),
        ("/title", mark("title")),
        ("/treatments", mark("current treatments")),
        ("/prescription", mark("prescription")),
        ("/consent", mark("consent")),
    ),
    "patient_answered": (("/treatments", mark("current treatments")),),
    "referenced": (("/reference", mark("reference")),),
    "result": (("/note", mark("remark on the result")),),
    "note": (("/text", mark("note")),),
    "corrected": (("/reason", mark("reason of a correction")),),
}


def _committed(entries: Iterable[Entry], seq: int, place: str) -> bool:
    """Whether the entry holds a commitment there."""
    value: Any = next((entry.body for entry in entries if entry.seq == seq), None)
    for step in place.split("/")[1:]:
        value = getattr(value, step, None)
    return value is not None


def who(reader: LogReader, words: Words, told: Told, opened: Entry) -> list[tuple[str, str]]:
    body = opened.body
    if not isinstance(body, log.SessionOpened):
        raise TypeError("not the opening of a session")
    names = people(reader)

    def person(who: str) -> str:
        name = names.get(visible(who))
        return who if name is None else f"{name} ({who})"

    operators = [body.operator]
    operators += [e.body.operator for e in told.entries if isinstance(e.body, facts.TakenOver)]
    needles = [(body.needle_um, body.needle_lot, body.needle_expiry)]
    needles += [
        (e.body.needle_um, e.body.lot, e.body.expiry)
        for e in told.entries
        if isinstance(e.body, facts.NeedleChanged)
    ]
    none = words.say(mark("none"))
    weight = "" if body.weight_g is None else words.amount("weight_g", body.weight_g)
    pairs = [
        (mark("given by"), " \N{RIGHTWARDS ARROW} ".join(map(person, operators))),
        (mark("patient"), body.patient or words.say(mark("a manikin"))),
        (mark("body weight"), weight),
        (mark("athlete"), words.say(mark("yes") if body.athlete else mark("no"))),
        (mark("purpose"), words.code(body.purpose)),
        (mark("indication"), words.code(body.indication)),
        (mark("conditions present"),
         ", ".join(words.code(a.condition) for a in _answers(body, told) if a.present) or none),
        (mark("allergies"), ", ".join(map(words.code, _allergies(body, told))) or none),
        (mark("gun"), body.serial),
        (mark("needles"), "; ".join(_needle(words, *each) for each in needles)),
        (mark("limit library"), _library(reader, body.library_digest)),
    ]  # fmt: skip
    return [(words.say(name), value) for name, value in pairs if value]


def _answers(body: log.SessionOpened, told: Told) -> tuple[facts.PatientAnswer, ...]:
    """The newest answer to each condition."""
    newest = {answer.condition: answer for answer in body.answers}
    for entry in told.entries:
        if isinstance(entry.body, facts.PatientAnswered):
            newest |= {answer.condition: answer for answer in entry.body.answers}
    return tuple(newest.values())


def _allergies(body: log.SessionOpened, told: Told) -> tuple[str, ...]:
    known = body.allergies
    for entry in told.entries:
        if isinstance(entry.body, facts.PatientAnswered) and entry.body.allergies is not None:
            known = entry.body.allergies
    return known


def _needle(words: Words, length_um: int, lot: str | None, expiry: str | None) -> str:
    said = words.depth(length_um)
    if lot:
        said += ", " + words.say(mark("lot {lot}")).format(lot=lot)
    return said + (", " + words.say(mark("to {day}")).format(day=expiry) if expiry else "")


def _library(reader: LogReader, digest: str) -> str:
    text = reader.library_text(digest)
    try:
        said = {} if text is None else tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        said = {}
    names = [str(said[key]) for key in ("name", "version") if key in said]
    return " ".join([*names, f"(SHA-256 {digest[:16]}\N{HORIZONTAL ELLIPSIS})"])


def what(words: Words, told: Told) -> list[tuple[str, str]]:
    """What people recorded beside shots: one line each."""
    said = []
    for entry in told.entries:
        match entry.body:
            case facts.Pain(when="before"):
                line = words.say(mark("pain before: {score} of 10")).format(score=entry.body.score)
            case facts.Pain():
                line = words.say(mark("pain after: {score} of 10")).format(score=entry.body.score)
            case facts.Result():
                line = words.say(mark("result: {result}")).format(
                    result=words.code(entry.body.result)
                )
            case facts.FollowUp():
                line = words.say(mark("to be seen again on {day}")).format(day=entry.body.due)
            case facts.GivenElsewhere():
                line = words.say(mark("given elsewhere: {product}, {dose}, {volume}")).format(
                    product=words.code(entry.body.product) or "-",
                    dose=words.dose(entry.body.dose_ng),
                    volume=words.volume(entry.body.volume_nl),
                )
            case facts.ChecklistAnswered():
                done = sum(item.done for item in entry.body.items)
                line = words.say(mark("checklist {name}: {done} of {all} done")).format(
                    name=words.code(entry.body.checklist), done=done, all=len(entry.body.items)
                )
            case facts.SessionResumed():
                line = words.say(mark("the session was gone on with, by {person}")).format(
                    person=entry.body.operator
                )
            case facts.Spilled():
                line = words.say(mark("spilled: {volume}")).format(
                    volume=words.volume(entry.body.volume_nl)
                )
            case vouching.Corrected():
                line = words.say(
                    mark("correction of entry {seq}, {place}: {before} should be {after}")
                ).format(
                    seq=entry.body.about_seq, place=entry.body.place,
                    before=_value(entry.body.before), after=_value(entry.body.after),
                )  # fmt: skip
            case _:
                continue
        said.append((moment(entry.at.utc_us), line))
    return said


def _value(of: Any) -> str:
    value = of.get("value")
    return "-" if isinstance(value, dict) else str(value)
