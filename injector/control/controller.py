"""The controller: what the host does next, as a pure function of what happened.

Theory
------
:meth:`Controller.handle` takes one input and the time and returns effects. It
reads no clock, opens nothing, waits for nothing. Where it stands is one `State`
of the table in `injector.control.states`; everything else it knows is either the
device's last word or folded from committed entries (`Ledger`). Three rules shape
every line:

- **Written first.** A grant or a release goes on the line only after its entry
  came back as committed. A journal entry is acknowledged only after the same.
- **Unknown is given.** What was granted counts until ``settled`` is written, and
  that waits for final counters and every entry up to them.
- **The host never fires.** It grants at most some seconds ahead and takes back.

The parts have a file each: `Line` (whose turn it is), `Device` (who is there and
is it accounted for), `SessionDesk` (opened and closed), `ArmingDesk` (from a step to
an open grant), `WantsDesk` (what people record and change), `Outbox` (what leaves).
Here stands what connects them. After every input :meth:`_advance` looks at the state
and does what follows from it; at its end at most one request goes on the line.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, assert_never

from injector.control.alarms import AlarmCode
from injector.control.allowed import Acting, may_go_on, not_allowed
from injector.control.arming import ArmingDesk
from injector.control.device import Device
from injector.control.effects import Effect, Ended, EndLink
from injector.control.envelopes import envelope_of, is_possible
from injector.control.granting import Arming
from injector.control.inputs import (
    AcceptForeign,
    AcknowledgeAlarm,
    AcknowledgeGap,
    Arm,
    CloseSession,
    CommitFailed,
    Committed,
    ConsoleGone,
    ConsoleSeen,
    DeviceRecall,
    Disarm,
    FromDevice,
    Input,
    Judged,
    LinkDrawn,
    NotSent,
    OpenSession,
    PauseAlarms,
    PortLost,
    PortOpened,
    PressStop,
    ReleaseStop,
    Shutdown,
    TakeLink,
    Tick,
    UtcJumped,
    Watch,
)
from injector.control.ledger import Ledger
from injector.control.line import Line
from injector.control.outbox import Outbox, Standing
from injector.control.pictures import gap_view, session_view, shot_view
from injector.control.sessions import SessionDesk
from injector.control.snapshot import (
    ConsoleState,
    Denial,
    Denied,
    Gun,
    SessionView,
    ShotView,
)
from injector.control.states import GRANTING, LINKED, State, Turn, possible
from injector.control.vouched import is_barred, vouched_by, vouching_name
from injector.control.wanting import WantsDesk
from injector.control.wants import (
    AddStep,
    ApproveLibrary,
    ArmPrime,
    ChangeNeedle,
    Correct,
    DiscardSyringe,
    LoadSyringe,
    Override,
    Record,
    RecordAccess,
    RecordAnchored,
    RecordKey,
    RecordOperator,
    RecordSigned,
    Resume,
    TakeOver,
)
from injector.control.watches import Idle, Watches
from injector.protocol import messages as wire
from injector.protocol.codes import DeviceState, Reason
from injector.protocol.framing import BadCause
from injector.protocol.host import Answered, BadSeen, HostEvent, LinkLost, Pushed, Silent
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.vouching import Barred, ClockJumped
from injector.treatment.plan import Plan

CONSOLE_US: Final = 1_000_000
"""How long a console may show no sign that a person can see it while a grant is open."""
_SHOTS_SHOWN: Final = 50
_NO_ACTIVITY: Final = (
    FromDevice,
    Tick,
    Committed,
    ConsoleSeen,
    PortOpened,
    LinkDrawn,
    PortLost,
    NotSent,
    CommitFailed,
    DeviceRecall,
    Judged,
    UtcJumped,
    RecordAccess,
    RecordAnchored,
    Watch,
)
"""Inputs that come by themselves: a session with no others stands idle."""


class Controller:
    """One host, one log, one gun at a time.

    ``ledger`` is folded from the log as it was found, ``log_size`` its entries.
    With ``watch_console`` the gun is disarmed when the console shows no sign of life.
    """

    def __init__(
        self, *, log_id: bytes, ledger: Ledger, log_size: int, watch_console: bool = False
    ) -> None:
        self._standing = Standing()
        self._ledger = ledger
        self._outbox = Outbox(self._standing, ledger)
        self._line = Line(self._standing, self._outbox, log_id)
        self._arming = ArmingDesk(self._outbox, ledger, self._line)
        self._sessions = SessionDesk(self._outbox, ledger)
        self._wants = WantsDesk(
            self._standing, self._outbox, ledger, self._line, self._sessions, self._disarm
        )
        self._watches = Watches(self._outbox, ledger)
        self._log_id = log_id
        self._device = Device(self._outbox, ledger, log_id)
        self._port = ""
        self._away = ""
        self._log_size = log_size
        self._watch_console = watch_console
        self._console_seen_us: int | None = None
        self._denied: Denied | None = None
        self._drawn: tuple[tuple[int, Plan | None, Arming | None], SessionView | None] | None = None
        self._shots: deque[ShotView] = deque(maxlen=_SHOTS_SHOWN)
        self._ending: Shutdown | None = None

    @property
    def state(self) -> State:
        """Where the host stands."""
        return self._standing.state

    @property
    def session_open(self) -> bool:
        """Whether a session is open, and with it the gun that it was opened on is meant."""
        return self._ledger.session is not None

    def next_beat_us(self) -> int | None:
        """When the next beat is due; None without a link, or while an answer is awaited."""
        linked = self._standing.state in LINKED
        return self._line.due_us(self._device.desk) if linked else None

    def handle(self, what: Input, now_us: int) -> tuple[Effect, ...]:
        """Take one input at ``now_us`` (monotonic) and return what is to be done."""
        self._standing.now_us = self._ledger.time_us = now_us
        if not isinstance(what, _NO_ACTIVITY):
            self._watches.active(now_us)
        barred = not_allowed(what, self._ledger) if isinstance(what, Acting) else None
        if barred is None or not isinstance(what, Acting):
            self._take(what)
        else:
            self._bar(barred, what.by)
        self._advance()
        return self._outbox.drain()

    def _take(self, what: Input) -> None:
        """Do what an input asks for, of itself."""
        match what:
            case FromDevice():
                self._from_device(what.event)
            case Tick():
                self._watch()
            case Committed():
                self._outbox.pending -= 1
                self._all_committed(what.entries)
            case PortOpened():
                self._port, self._away = what.port, ""
                self._port_opened(what.link)
            case LinkDrawn():
                if self.state is State.GREETING:
                    self._line.greet(what.link)
            case PortLost():
                self._away = what.reason
                self._port_lost(what.reason)
            case NotSent():
                self._not_sent(what.request)
            case CommitFailed():
                self._commit_failed(what.reason)
            case DeviceRecall():
                self._device.recalled(what)
            case Judged():
                self._judged(what)
            case UtcJumped():
                self._outbox.append(ClockJumped(by_us=what.by_us))
                self._outbox.raise_(AlarmCode.CLOCK_JUMPED, {"by_s": what.by_us // 1_000_000})
            case OpenSession():
                self._denied = self._open_session(what)
            case Arm():
                self._denied = self._arm(what)
            case Disarm():
                self._disarm(what.reason, what.by)
            case PressStop():
                self._stop(what.origin, what.by)
            case ReleaseStop():
                self._denied = self._release(what)
            case CloseSession():
                self._denied = self._close_session(what)
            case (
                Record()
                | LoadSyringe()
                | DiscardSyringe()
                | ChangeNeedle()
                | TakeOver()
                | Override()
                | AddStep()
                | Resume()
                | ArmPrime()
                | RecordOperator()
                | ApproveLibrary()
                | RecordKey()
                | RecordSigned()
                | Correct()
            ):
                ending = self._ending is not None
                self._denied = self._wants.handle(what, self._device, ending=ending)
            case RecordAccess() | RecordAnchored():
                # Who comes and goes, or keeps a checkpoint, is no answer to what was wanted before.
                self._wants.handle(what, self._device, ending=self._ending is not None)
            case AcknowledgeAlarm():
                self._outbox.acknowledge(what.code, what.by)
            case PauseAlarms():
                self._outbox.pause(what.by)
            case AcknowledgeGap():
                self._acknowledge_gap(what)
            case AcceptForeign():
                self._accept_foreign(what.by)
            case TakeLink():
                if self.state is State.TAKEN:
                    self._turn(Turn.TAKE_BACK)
                    self._line.draw()
            case ConsoleSeen():
                self._console_seen_us = self._standing.now_us
                self._outbox.clear(AlarmCode.CONSOLE_LOST)
            case ConsoleGone():
                self._shutdown(Shutdown("console_lost", leave_open=True))
            case Shutdown():
                self._shutdown(what)
            case Watch():
                pass  # the conductor's
            case _:
                assert_never(what)

    def snapshot(self) -> ConsoleState:
        """The picture that a console draws."""
        device = self._device
        welcome = device.welcome
        gun = None
        if welcome is not None:
            gun = Gun(welcome.model, welcome.serial, welcome.firmware, self._port)
        return ConsoleState(
            state=self.state,
            latched=device.latched or self._ledger.stop_unreleased,
            gun=gun,
            away=self._away,
            envelope=None if welcome is None else envelope_of(welcome),
            status=device.status,
            session=self._session_view(),
            shots=tuple(self._shots),
            alarms=self._outbox.alarms.standing(),
            sound=self._outbox.alarms.sounds(self._standing.now_us),
            denied=self._denied,
            gaps=tuple(self._ledger.gaps),
            lost=tuple(gap_view(seq, body) for seq, body in self._ledger.gaps.items()),
            foreign=device.desk is not None and device.desk.held is not None,
            log_size=self._log_size,
            closed=tuple(self._sessions.closed),
        )

    def _session_view(self) -> SessionView | None:
        """The session as it is drawn, drawn anew only when something changed."""
        plan, library = self._sessions.whole, self._sessions.library
        armed = self._arming.shown
        key = (self._ledger.version, plan, armed)
        if self._drawn is None or self._drawn[0] != key:
            title = "" if plan is None else plan.title
            self._drawn = (key, session_view(self._ledger, plan, library, title, armed))
        return self._drawn[1]

    # -- the line ----------------------------------------------------------------------

    def _port_opened(self, link: int) -> None:
        if possible(self.state, Turn.PORT_OPENED):
            self._turn(Turn.PORT_OPENED)
            self._new_device()
            self._line.greet(link)

    def _port_lost(self, reason: str) -> None:
        if self.state in GRANTING:
            self._outbox.raise_(AlarmCode.LINK_LOST, {"reason": reason[:200] or "unknown"})
        self._turn(Turn.PORT_LOST)
        self._line.end()
        self._new_device()

    def _new_device(self) -> None:
        self._device = Device(self._outbox, self._ledger, self._log_id)
        self._arming.new_link()

    def _from_device(self, event: HostEvent) -> None:
        match event:
            case Answered():
                self._line.answered()
                self._answered(event.request, event.reply)
            case Pushed():
                self._journalled(event.entry)
            case LinkLost():
                self._link_lost(event.reason)
            case Silent():
                if self.state in GRANTING:
                    self._outbox.raise_(AlarmCode.LINK_LOST, {"reason": "silent"})
            case BadSeen():
                if event.by_device and event.cause >= BadCause.NOT_CANONICAL:
                    self._mismatch(event.cause.name.lower())
            case _:
                assert_never(event)

    def _link_lost(self, reason: Reason) -> None:
        self._line.answered()
        if self.state not in LINKED:
            return
        if self.state in GRANTING:
            self._outbox.raise_(AlarmCode.LINK_LOST, {"reason": reason.name.lower()})
        if reason is Reason.WRONG_LINK:
            self._outbox.raise_(AlarmCode.LINK_TAKEN)
            self._turn(Turn.LINK_TAKEN)
            self._line.end()
        else:
            self._turn(Turn.LINK_GONE)
            self._line.draw()
        self._new_device()

    def _answered(self, request: wire.Request, reply: wire.Reply) -> None:
        match reply:
            case wire.Welcome():
                self._welcomed(reply)
            case wire.Configured():
                self._configured(reply)
            case wire.Granted():
                self._granted(reply)
            case wire.Status():
                self._status(reply)
            case wire.Disarmed():
                if self.state is State.DISARMING:
                    self._turn(Turn.DISARMED)
                    self._arming.let_go()
                    self._device.wound_up(reply.shots, reply.volume_nl, reply.newest)
            case wire.Stopped():
                self._stopped(reply)
            case wire.Released():
                if self.state is State.RELEASING:
                    self._device.latched = False
                    self._turn(Turn.RELEASED)
            case wire.Refused():
                self._refused(request, reply)
            case wire.ShotEntry() | wire.UncertainEntry() | wire.MovedEntry() | wire.FaultEntry():
                self._journalled(reply)
            case wire.Done():
                self._wants.taken(reply)
            case wire.BadFrameSeen():
                pass
            case _:
                assert_never(reply)

    def _welcomed(self, welcome: wire.Welcome) -> None:
        if self.state is not State.GREETING:
            return
        if not is_possible(welcome):
            # What no gun can do bounds nothing: it would be written down for good, and no
            # verdict could be given under it.
            self._not_welcome("envelope")
            return
        self._turn(Turn.WELCOMED)
        self._outbox.clear(AlarmCode.LINK_LOST, AlarmCode.LINK_TAKEN)
        self._device.greeted(welcome, link=self._line.link, port=self._port)

    def _not_welcome(self, why: str) -> None:
        """What answers does not speak as the protocol says: leave it alone."""
        self._mismatch(why)
        if possible(self.state, Turn.NOT_WELCOME):
            self._turn(Turn.NOT_WELCOME)
        self._line.end()

    def _journalled(self, entry: wire.JournalEntry) -> None:
        if self._device.began_anew(entry):
            self._link_lost(Reason.NO_LINK)
        elif self.state in LINKED and not self._device.journalled(entry):
            self._disarm("entry_conflict", None)

    def _status(self, status: wire.Status) -> None:
        if self._device.began_anew(status):
            self._link_lost(Reason.NO_LINK)
            return
        self._device.spoke(status, releasing=self.state is State.RELEASING)
        self._outbox.clear(AlarmCode.LINK_LOST)
        self._arming.heard()
        self._wants.heard(status)
        if status.state is DeviceState.STOPPED and self.state in GRANTING:
            self._stop("device", None)
        elif status.faulted:
            self._disarm("device_fault", None)

    def _refused(self, request: wire.Request, reply: wire.Refused) -> None:
        welcome = self._device.welcome
        if welcome is None:
            self._not_welcome(reply.reason.name.lower())
            return
        if isinstance(request, wire.ReadJournal) and reply.reason is Reason.NO_ENTRY:
            if not self._device.cannot_read(request.index, oldest=reply.bound):
                self._line.read_later()
            return
        grant = self._ledger.open_grant if isinstance(request, wire.Grant) else None
        asked, reason = type(request).__name__.lower(), reply.reason.name.lower()
        self._outbox.append(
            log.DeviceRefused(
                serial=welcome.serial,
                link=self._line.link,
                request=asked,
                reason=reason,
                bound=reply.bound,
                grant_seq=None if grant is None else grant.seq,
            )
        )
        self._outbox.raise_(AlarmCode.DEVICE_REFUSED, {"request": asked, "reason": reason})
        match request:
            case wire.Configure() if self.state is State.CONFIGURING:
                self._arming.let_go()
                self._turn(Turn.NOT_READ_BACK)
            case wire.Grant() | wire.Prime():
                self._disarm("device_refused", None)
            case wire.Release() if self.state is State.RELEASING:
                self._turn(Turn.NOT_RELEASED)
                stale = reply.reason is Reason.STALE_RELEASE
                count = reply.bound if stale else self._device.stop_count
                self._outbox.append(log.StopConfirmed(serial=welcome.serial, stop_count=count))
            case _:
                pass

    def _not_sent(self, request: wire.Request) -> None:
        # A grant that fits no short frame is committed and stays counted; without
        # it on the line the device just stops sooner.
        self._line.answered()
        if isinstance(request, wire.Grant):
            self._disarm("grant_not_sent", None)

    def _mismatch(self, why: str) -> None:
        self._outbox.raise_(AlarmCode.PROTOCOL_MISMATCH, {"why": why})

    # -- the session -------------------------------------------------------------------

    def _open_session(self, what: OpenSession) -> Denied | None:
        if self.state is not State.READY:
            return self._out_of_order("open_session")
        denied = self._sessions.open(what, self._device)
        if denied is None:
            self._shots.clear()
        return denied

    def _arm(self, what: Arm) -> Denied | None:
        if not possible(self.state, Turn.ARM) or self._ending is not None:
            return self._out_of_order("arm")
        sessions = self._sessions
        if self._wants.under_way:
            return self._out_of_order("arm")
        why_not = sessions.why_not_arm(self._device, what.by)
        if why_not is Denial.FAULT:
            # A fault whose cause has gone is cleared by a disarm; then it can be armed.
            self._line.ask(wire.Disarm())
        plan = sessions.whole
        if why_not is not None or plan is None or sessions.library is None:
            return Denied("arm", why_not or Denial.NO_SESSION)
        denied = self._arming.judge(
            plan,
            what.step,
            sessions.library,
            device=self._device,
            by=what.by,
            override=sessions.overrides.get(what.step),
        )
        if denied is None:
            self._turn(Turn.ARM)
        return denied

    def _configured(self, reply: wire.Configured) -> None:
        if self.state is not State.CONFIGURING:
            return
        if not self._arming.read_back(reply):
            self._arming.let_go()
            self._turn(Turn.NOT_READ_BACK)
            return
        self._turn(Turn.READ_BACK)

    def _granted(self, reply: wire.Granted) -> None:
        if self.state not in (State.GRANTING, State.ARMED):
            return
        if not self._arming.confirmed(reply):
            self._disarm("readback", None)
        elif self.state is State.GRANTING:
            self._arming.opened()
            self._turn(Turn.GRANTED)

    def _disarm(self, reason: str, by: str | None) -> None:
        if self.state in GRANTING:
            self._turn(Turn.DISARM)
            self._outbox.append(log.Disarmed(reason=reason, by=by))
            self._line.ask(wire.Disarm())

    def _stop(self, origin: str, by: str | None) -> None:
        """STOP: on the line first, then in the log."""
        if self.state is State.ENDED:
            return
        linked, again = self.state in LINKED, self.state is State.STOPPING
        self._line.stop(linked=linked)
        self._device.latched = True
        if linked and not again:
            self._arming.let_go()
            self._turn(Turn.STOP)
        if not again:
            welcome = self._device.welcome
            serial = None if welcome is None else welcome.serial
            self._outbox.append(log.Stop(origin=origin, by=by, serial=serial))

    def _stopped(self, reply: wire.Stopped) -> None:
        self._device.latched = True
        self._device.stop_count = reply.stop_count
        welcome = self._device.welcome
        if self.state is State.STOPPING and welcome is not None:
            confirmed = log.StopConfirmed(serial=welcome.serial, stop_count=reply.stop_count)
            self._outbox.append(confirmed)
            self._turn(Turn.STOPPED)
            self._device.wound_up(reply.shots, reply.volume_nl, reply.newest)

    def _release(self, what: ReleaseStop) -> Denied | None:
        welcome = self._device.welcome
        if not possible(self.state, Turn.RELEASE) or welcome is None:
            return self._out_of_order("release")
        self._turn(Turn.RELEASE)
        count = self._device.stop_count
        self._outbox.append(log.Release(serial=welcome.serial, stop_count=count, by=what.by))
        return None

    def _close_session(self, what: CloseSession) -> Denied | None:
        if self._ledger.session is None:
            return Denied("close_session", Denial.NO_SESSION)
        if self.state not in LINKED:
            return Denied("close_session", Denial.UNSETTLED)
        why_not = self._sessions.why_not_close(what)
        if why_not is not None:
            return Denied("close_session", why_not)
        self._sessions.closing = what
        self._disarm("session_closing", what.by)
        return None

    def _acknowledge_gap(self, what: AcknowledgeGap) -> None:
        if what.gap_seq in self._ledger.gaps:
            self._outbox.append(
                log.GapAcknowledged(gap_seq=what.gap_seq, by=what.by, choice="go_on")
            )

    def _accept_foreign(self, by: str) -> None:
        desk = self._device.desk
        if self.state in LINKED and desk is not None and desk.held is not None:
            self._outbox.append(
                log.ForeignAccepted(
                    serial=desk.serial, journal_id=desk.journal_id, up_to=desk.committed, by=by
                )
            )

    def _judged(self, what: Judged) -> None:
        """What somebody vouches for is durable, or they are told why it is not."""
        self._outbox.pending -= 1
        if not isinstance(what.answer, Denial):
            self._all_committed(what.answer)
            return
        denied = Denied(vouching_name(what.what), what.answer)
        if is_barred(what.what, what.answer, self._ledger.roster.operators):
            self._bar(denied, vouched_by(what.what))
        else:
            self._denied = denied

    def _bar(self, denied: Denied, by: str) -> None:
        """Somebody's role does not include what they asked for: they are told, and it is kept."""
        self._denied = denied
        self._outbox.append(Barred(what=denied.intent, by=by))

    def _out_of_order(self, intent: str) -> Denied:
        failed = self.state is State.LOG_FAILED
        return Denied(intent, Denial.LOG_FAILED if failed else Denial.OUT_OF_ORDER)

    # -- the log -----------------------------------------------------------------------

    def _all_committed(self, entries: Iterable[log.Entry]) -> None:
        for entry in entries:
            self._committed(entry)
        self._wants.compare()

    def _committed(self, entry: log.Entry) -> None:
        self._log_size = max(self._log_size, entry.seq + 1)
        self._ledger.apply(entry)
        body = entry.body
        self._wants.committed(body)
        match body:
            case log.Shot() | log.Uncertain():
                grant = self._ledger.grant_of(body.serial, body.link, body.grant)
                self._shots.append(shot_view(entry.seq, body, grant))
                self._device.committed(body)
                self._watches.active(self._standing.now_us)
                self._watches.shot(self._sessions.library)
            case log.Moved() | log.Fault() | log.Foreign():
                self._device.committed(body)
            case log.ForeignAccepted():
                self._foreign_accepted(body)
            case log.Grant():
                if self.state in (State.GRANTING, State.ARMED):
                    self._arming.committed(body)
            case log.Release():
                if self.state is State.RELEASING:
                    self._line.ask(wire.Release(stop_count=body.stop_count))
            case log.SessionOpened():
                self._sessions.opened(body)
                self._sessions.tell_flags()
                self._show(body.operator)
            case facts.OperatorRecorded():
                if not may_go_on(body.person, self._ledger) and self._in_hand_of(body.person):
                    self._disarm("withdrawn", body.by)
            case facts.SyringeLoaded():
                self._sessions.tell_flags()
            case facts.SessionResumed():
                self._sessions.tell_flags()
                self._show(body.operator)
            case log.SessionClosed():
                self._sessions.committed(entry.session, body)
                self._arming.shown = None
            case _:
                pass

    def _in_hand_of(self, person: str) -> bool:
        """Whether that person armed what is armed, or is in charge of the session."""
        session, armed = self._ledger.session, self._arming.shown
        in_charge = session is not None and session.operator == person
        return in_charge or (armed is not None and armed.by == person)

    def _show(self, by: str) -> None:
        plan, library = self._sessions.whole, self._sessions.library
        if plan is not None and library is not None:
            self._arming.show(plan, library, self._device, by)

    def _foreign_accepted(self, body: log.ForeignAccepted) -> None:
        desk = self._device.desk
        if desk is None or (desk.serial, desk.journal_id) != (body.serial, body.journal_id):
            return
        if desk.held is not None and desk.held <= body.up_to:
            desk.held = None
            self._outbox.acknowledge(AlarmCode.FOREIGN_ENTRIES, body.by)
            self._outbox.clear(AlarmCode.FOREIGN_ENTRIES)

    def _commit_failed(self, reason: str) -> None:
        self._outbox.pending = max(0, self._outbox.pending - 1)
        if self.state in (State.LOG_FAILED, State.ENDED):
            return
        linked = self.state in LINKED
        # It cannot be logged, but it can be shown.
        detail = {"reason": reason}
        self._outbox.alarms.raise_(AlarmCode.LOG_FAILED, self._standing.now_us, detail)
        self._turn(Turn.LOG_FAILED)
        self._arming.let_go()
        if linked:
            self._line.ask(wire.Disarm())

    # -- what follows ------------------------------------------------------------------

    def _watch(self) -> None:
        self._watch_idle()
        if not self._watch_console or self.state not in GRANTING:
            return
        seen = self._console_seen_us
        if seen is None or self._standing.now_us - seen > CONSOLE_US:
            self._outbox.raise_(AlarmCode.CONSOLE_LOST)
            self._disarm("console_lost", None)

    def _watch_idle(self) -> None:
        match self._watches.idle(self._standing.now_us, self._sessions.library):
            case Idle.WARN:
                self._disarm("idle", None)
            case Idle.CLOSE if self._sessions.closing is None:
                self._disarm("idle", None)
                self._sessions.closing = CloseSession(None, "idle")
            case _:
                pass

    def _shutdown(self, what: Shutdown) -> None:
        if self._ending is None:
            self._ending = what
            self._disarm(what.reason, None)

    def _advance(self) -> None:
        """Do what follows from where we stand, then let the line take its next request."""
        standing, device = self._standing, self._device
        if standing.state is State.SETTLING and device.settled():
            self._turn(Turn.SETTLED)
        if standing.state is State.READY and not self._outbox.pending:
            self._when_ready()
        if standing.state is State.GRANTING and not self._arming.grant_first(device):
            self._denied = Denied("arm", Denial.NO_ROOM)
            self._disarm("no_room", None)
        if standing.state is State.ARMED and not self._wants.figures_pending:
            reason = self._arming.why_end(device)
            if reason is not None:
                self._disarm(reason, None)
        if self._ending is not None:
            self._end_where_possible(self._ending)
        state, status = standing.state, device.status
        if state is State.LOG_FAILED:
            self._line.pump(None, 0)
        elif state in LINKED and state is not State.STOPPING:
            self._line.pump(device.desk, 0 if status is None else status.number)

    def _when_ready(self) -> None:
        session = self._ledger.session
        inherits = self._ledger.stop_unreleased and not self._device.latched
        if inherits and self._device.status is not None:
            self._stop("inherited", None)
        elif self._wants.changes_wait:
            self._denied = self._wants.write_change() or self._denied
        elif (closing := self._sessions.closing) is not None:
            self._sessions.write_close(closing, self._device)
        elif self._ending is not None and not self._ending.leave_open and session is not None:
            closing = CloseSession(session.operator, self._ending.reason)
            self._sessions.write_close(closing, self._device)

    def _end_where_possible(self, ending: Shutdown) -> None:
        if self.state is State.ENDED or self._outbox.pending:
            return
        over = self._ledger.session is None or (
            ending.leave_open and self._sessions.closing is None
        )
        settled = self.state is State.READY and over
        # Without a gun on the line there is nothing to wait for: a session that is
        # open stays open in the log, and the next start settles it.
        away = self.state in (State.OFFLINE, State.GREETING, State.TAKEN)
        failed = self.state is State.LOG_FAILED and not self._line.waiting
        if settled or away or failed:
            self._turn(Turn.END)
            self._outbox.put(EndLink(), Ended(ending.reason))

    def _turn(self, turn: Turn) -> None:
        self._standing.turn(turn)
