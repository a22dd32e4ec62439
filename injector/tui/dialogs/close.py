"""The end of a session: what is left, how the patient is, when to see them again, who signs."""

from collections.abc import Sequence
from typing import Final, Literal

from typing_extensions import override

from injector.control.inputs import CloseSession
from injector.control.snapshot import SessionView
from injector.control.wants import Record
from injector.shotlog import facts
from injector.shotlog.fields import TO_BE_SEALED
from injector.staff.roles import Act
from injector.tui.desk import Console
from injector.tui.dialogs.fields import Amount, Choice, Day, Field, Score, Text
from injector.tui.dialogs.form import FormDialog, Intents
from injector.tui.figures import Side, volume_ml
from injector.tui.look import next_step
from injector.tui.speech import _, number, plural
from injector.units import VOLUME

MEANING: Final = "performed"
"""What a signature at the end means: whoever signs has given this session."""
_Result = Literal["resolved", "better", "same", "worse"]


class CloseDialog(FormDialog):
    """Asks what is to be known, then closes. Nothing of it must be answered."""

    def __init__(self, session: SessionView, console: Console) -> None:
        super().__init__()
        self._session, self._by, self._person = session, console.by, console.person
        self._can_sign = console.desk.staff is not None
        left = number(f"{volume_ml(session.syringe_left_nl, Side.DOWN)} mL")
        self._left = Amount(
            _("left in the syringe"),
            VOLUME,
            hint=_("as you see it; {left} by the log").format(left=left),
        )
        self._pain = Score(_("pain now, 0 to 10"), facts.MAX_PAIN, hint=_("not asked"))
        results: list[tuple[_Result | None, str]] = [
            (None, _("not known yet")),
            ("resolved", _("resolved")),
            ("better", _("better")),
            ("same", _("the same")),
            ("worse", _("worse")),
        ]
        self._result = Choice[_Result | None](_("result"), results)
        self._note = Text(_("remark"))
        self._due = Day(_("see again"), console.desk.today(), hint=_("a day, or days from today"))
        self._sign = Choice(_("signature"), self._signers())

    def _signers(self) -> list[tuple[bool, str]]:
        nobody = (False, _("unsigned"))
        # Whoever signs has had the session in hand, and a passphrase that opens their key.
        if self._person is None or not self._can_sign or self._by != self._session.operator:
            return [nobody]
        may = Act.TREAT if self._session.realm == "clinical" else Act.TRAIN
        me = (True, _("{name} has performed it").format(name=self._person.name))
        return [me, nobody] if self._person.may(may) else [nobody]

    @override
    def heading(self) -> str:
        left = sum(max(0, step.planned - step.done) for step in self._session.steps)
        if not left or self._session.recovered:
            return _("End the session?")
        missing = plural(
            "{count} planned shot is not given.", "{count} planned shots are not given.", left
        )
        return f"{_('End the session?')} {missing}"

    @override
    def fields(self) -> Sequence[Field]:
        return (self._left, self._pain, self._result, self._note, self._due, self._sign)

    @override
    def wanted(self) -> tuple[str, Intents]:
        told: list[Record] = []
        pain = self._pain.score
        if pain is not None:
            told.append(Record(facts.Pain(when="after", score=pain, by=self._by)))
        note, result = self._note.maybe, self._result.chosen
        if result is not None:
            sealed = None if note is None else TO_BE_SEALED
            fact = facts.Result(result=result, note=sealed, by=self._by)
            told.append(Record(fact, {} if note is None else {"/note": note}))
        elif note is not None:
            raise self._note.fault(_("a remark belongs to a result; use a note for anything else"))
        due = self._due.day
        if due is not None:
            follow = facts.FollowUp(due=due.isoformat(), why="follow_up", by=self._by)
            told.append(Record(follow))
        signature = None
        if self._person is not None and self._sign.chosen:
            signature = facts.Signature(by=self._person.id, name=self._person.name, meaning=MEANING)
        done = self._session.recovered or next_step(self._session) is None
        close = CloseSession(
            self._by,
            "done" if done else "cut_short",
            signature=signature,
            left_nl=self._left.amount,
        )
        signed = _("unsigned") if signature is None else _("signed by {name}")
        words = _("the session ends, {signed}").format(
            signed=signed.format(name="" if signature is None else signature.name)
        )
        return words, (*told, close)
