"""What a snapshot comes to for a person: one word, one colour, what to do next.

Pure: snapshots in, words out. It decides nothing that matters; what may be done is
the engine's word alone.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, assert_never

from injector.control.alarms import Alarm
from injector.control.snapshot import ConsoleState, SessionView, StepView
from injector.control.states import State
from injector.protocol.codes import DeviceState, Inhibits
from injector.protocol.messages import Status
from injector.tui.keys import TREATMENT, key_of
from injector.tui.limit_words import code_words
from injector.tui.plain import printable
from injector.tui.speech import _, plural
from injector.tui.terminal.sight import By
from injector.tui.words import fault_words, inhibit_words

PULLED_US: Final = 4_000_000
"""How long the reason for a pull without a shot stays on the screen."""
ARMED: Final = frozenset(
    {State.CONFIGURING, State.GRANTING, State.ARMED, State.PRIMING, State.DISARMING}
)
"""The states in which Escape is STOP: on the way to a grant, under one, out of one."""


@unique
class Tone(StrEnum):
    """What a state means for the hand that holds the gun. The style sheet colours it."""

    AWAY = "away"
    """No gun, or not ours."""
    BUSY = "busy"
    """Something is under way; nothing can be fired."""
    READY = "ready"
    LIVE = "live"
    """The trigger fires."""
    FIRING = "firing"
    HALT = "halt"
    """Nothing can be fired until somebody does something."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The state in one word, one symbol and one colour, and what to do next."""

    word: str
    symbol: str
    tone: Tone
    next: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a screen shows: the snapshot, and how the console itself stands."""

    state: ConsoleState
    sight: By
    pulled: Inhibits
    """Why the newest pull gave no shot, for as long as that is news."""
    leaving: bool
    """The console is about to end."""
    port: str
    silent: bool
    """The engine has ended or says nothing: what the snapshot shows is over."""
    nobody: bool = False
    """Nobody is at the console, or it is locked: nothing can be armed."""
    acts: frozenset[str] = frozenset(key.action for key in TREATMENT)
    """What has a key on the screen at hand: nothing else is to be offered there."""
    realm: str | None = "training"
    """What a session that is opened from here is; None where that is not known yet."""


def headline(view: View) -> Headline:
    """The state in one word."""
    state = view.state
    if view.silent and state.state is not State.ENDED:
        return Headline(
            _("NO ENGINE"),
            "✖",
            Tone.HALT,
            _("the gun gets no word and disarms itself; {key} leaves").format(key=key_of("quit")),
        )
    match state.state:
        case State.ENDED:
            return Headline(
                _("ENDED"),
                "■",
                Tone.AWAY,
                _("the gun was let go; {key} leaves").format(key=key_of("quit")),
            )
        case State.LOG_FAILED:
            return Headline(
                _("LOG FAILED"),
                "✖",
                Tone.HALT,
                _("nothing may be fired; {key} ends the console").format(key=key_of("quit")),
            )
        case State.TAKEN:
            return Headline(
                _("TAKEN"),
                "✖",
                Tone.HALT,
                _("another host has the gun; {key} takes it back").format(key=key_of("take")),
            )
        case State.OFFLINE:
            why = printable(state.away or _("no gun on {port}").format(port=view.port))
            return Headline(_("OFFLINE"), "○", Tone.AWAY, _("{why}; still trying").format(why=why))
        case State.GREETING:
            why = _("no answer yet on {port}").format(port=view.port)
            return Headline(_("OFFLINE"), "○", Tone.AWAY, why)
        case State.STOPPING:
            return Headline(
                _("STOPPING"), "■", Tone.HALT, _("STOP was sent; the gun is to confirm it")
            )
        case _ if state.latched:
            releasing = state.state is State.RELEASING
            return Headline(
                _("STOPPED"),
                "■",
                Tone.HALT,
                _("being released") if releasing else _how_to_release(view),
            )
        case State.SETTLING:
            return Headline(_("SETTLING"), "…", Tone.BUSY, _("accounting for what the gun did"))
        case State.RELEASING:
            return Headline(_("RELEASING"), "…", Tone.BUSY, _("STOP is being released"))
        case State.READY:
            after = _("nothing is armed; sign in to go on") if view.nobody else ""
            return Headline(_("READY"), "●", Tone.READY, after or _next_when_ready(view))
        case State.CONFIGURING | State.GRANTING:
            return Headline(_("ARMING"), "…", Tone.BUSY, _("the setpoint is being read back"))
        case State.PRIMING:
            return Headline(_("PRIMING"), "●", Tone.BUSY, _("off the skin; the trigger moves it"))
        case State.DISARMING:
            return Headline(_("DISARMING"), "…", Tone.BUSY, _("the grant is being taken back"))
        case State.ARMED:
            return _armed(view)
        case _:
            assert_never(state.state)


def _armed(view: View) -> Headline:
    status = view.state.status
    if status is not None and status.state is DeviceState.FIRING:
        return Headline(_("FIRING"), "▶", Tone.FIRING, _("a shot is in motion"))
    why = no_shot_words(view)
    return Headline(_("ARMED"), "▲", Tone.LIVE, why or _("the trigger fires"))


def no_shot_words(view: View) -> str:
    """Why a pull gave no shot, or would give none; empty where it would."""
    if view.pulled:
        return _("NO SHOT: {why}").format(why=inhibit_words(view.pulled))
    status = view.state.status
    if status is None or view.state.state is not State.ARMED:
        return ""
    # Between two shots the cadence inhibits by design: that is no news.
    lasting = status.inhibits & ~Inhibits.CADENCE
    return inhibit_words(lasting)


def _how_to_release(view: View) -> str:
    if view.nobody:
        return _("STOP is latched; sign in to release it")
    return _("STOP is latched; {key} releases it").format(key=key_of("release"))


def _next_when_ready(view: View) -> str:
    state, session = view.state, view.state.session
    if session is None:
        return _how_to_open(view.acts)
    if "arm" not in view.acts:
        return _elsewhere(view.acts)
    if session.recovered and "resume" not in view.acts:
        return _elsewhere(view.acts)
    if session.recovered:
        return _("a session is open: {go} goes on with it, {end} ends it").format(
            go=key_of("resume"), end=key_of("end_session")
        )
    if session.confirm:
        return _("{key}: say patient, syringe and needle again").format(key=key_of("resume"))
    if state.gaps:
        return _("a gap waits for your word: {key}").format(key=key_of("gap"))
    if state.foreign:
        return _("entries of another log wait for your word: {key}").format(key=key_of("foreign"))
    if state.status is not None and state.status.faults:
        return _("the gun has a fault: {faults}").format(faults=fault_words(state.status.faults))
    number = next_step(session)
    if number is None:
        return _("every planned shot is given; {key} ends the session").format(
            key=key_of("end_session")
        )
    step = session.steps[number]
    left = step.planned - step.done
    return plural(
        "{key} arms step {number} of {steps}: {step}, {count} shot",
        "{key} arms step {number} of {steps}: {step}, {count} shots",
        left,
        key=key_of("arm"),
        number=str(number + 1),
        steps=str(len(session.steps)),
        step=step_words(step),
    )


def _how_to_open(acts: frozenset[str]) -> str:
    if "open_session" in acts:
        return _("{key} opens the session").format(key=key_of("open_session"))
    if "new_session" in acts:
        return _("{key} begins a session").format(key=key_of("new_session"))
    return _("nothing is armed")


def _elsewhere(acts: frozenset[str]) -> str:
    """A session is open, and it is not gone on with on this screen."""
    if "back_to_session" not in acts:
        return _("a session is open, and nothing is armed")
    return _("a session is open: {key} goes to it").format(key=key_of("back_to_session"))


def step_words(step: StepView) -> str:
    """A step in words: technique and zone."""
    return f"{code_words(step.technique)}, {code_words(step.zone)}"


def next_step(session: SessionView) -> int | None:
    """The first step that is not finished, from 0; None where all are."""
    for number, step in enumerate(session.steps):
        if step.done < step.planned:
            return number
    return None


def step_at_hand(session: SessionView) -> int | None:
    """The step armed now or last; before the first arming, the one that comes first."""
    return session.step if session.step is not None else next_step(session)


def to_acknowledge(state: ConsoleState) -> Alarm | None:
    """The most urgent alarm that nobody has acknowledged."""
    return next((alarm for alarm in state.alarms if not alarm.acknowledged), None)


def urgent(state: ConsoleState) -> Alarm | None:
    """An alarm of high priority that nobody has acknowledged."""
    alarm = to_acknowledge(state)
    return alarm if alarm is not None and alarm.priority == "high" else None


def is_news(before: ConsoleState | None, now: ConsoleState) -> bool:
    """Whether somebody waits for it: a state, STOP, an alarm, a denial, a pull, a change.

    All the rest (shots, what is left, battery) is drawn with the next batch.
    """
    return before is None or _news(before) != _news(now)


def _news(state: ConsoleState) -> tuple[object, ...]:
    session, status = state.session, state.status
    return (
        state.state,
        state.latched,
        tuple((each.code, each.active, each.acknowledged) for each in state.alarms),
        state.denied,
        state.gaps,
        state.foreign,
        state.gun,
        state.away,
        None if status is None else (_pull(status), status.faults),
        None
        if session is None
        else (
            session.id,
            session.operator,
            session.confirm,
            session.recovered,
            session.step,
            session.fill,
            session.needle_um,
            len(session.steps),
        ),
    )


def _pull(status: Status) -> int:
    """The newest pull, where it gave no shot."""
    return status.pulls if status.pull_inhibits else 0


class PullWatch:
    """Notices pulls of the trigger that gave no shot, and forgets them in time."""

    def __init__(self) -> None:
        self.news = False
        """Whether the last look saw a new one."""
        self._last: Status | None = None
        self._why = Inhibits(0)
        self._until_us = 0

    def look(self, status: Status | None, now_us: int) -> Inhibits:
        """Look at the newest status; why the newest pull gave no shot, while that is news."""
        last, self._last = self._last, status
        new = status is not None and last is not None and status.pulls > last.pulls
        self.news = new and status is not None and bool(status.pull_inhibits)
        if status is None or last is None:
            self._why = Inhibits(0)
            return self._why
        if status.pulls > last.pulls:
            self._why, self._until_us = status.pull_inhibits, now_us + PULLED_US
        elif status.shots > last.shots or now_us >= self._until_us:
            self._why = Inhibits(0)
        return self._why
