"""What the console's pictures show: snapshots that never change, and a log made with a fixed clock.

What is tested with them is drawing, so no engine runs: snapshots lie ready, and intents go
nowhere.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from textual.pilot import Pilot
from textual.screen import ModalScreen

from injector.control.alarms import PRIORITY, Alarm, AlarmCode
from injector.control.snapshot import (
    ConsoleState,
    Denial,
    Denied,
    FillView,
    FrameView,
    GapView,
    Gun,
    LimitView,
    LineView,
    ProductView,
    SessionView,
    ShotView,
    StepView,
)
from injector.control.states import State
from injector.limits.context import Axis, DeviceEnvelope
from injector.limits.realm import Realm
from injector.protocol.codes import DeviceState, Faults, Inhibits
from injector.protocol.messages import Status
from injector.shotlog import facts
from injector.shotlog.entries import Draft, Moment, Note, SessionClosed, SessionOpened
from injector.shotlog.facts import Setpoint
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader, library_drafts
from injector.staff.roles import Act, Person, Role
from injector.tui.app import ConsoleApp
from injector.tui.desk import Place
from injector.tui.dialogs.add_step import AddStepDialog
from injector.tui.dialogs.adverse import AdverseDialog
from injector.tui.dialogs.ask import AskDialog
from injector.tui.dialogs.checkpoint import checkpoint_of, checkpoint_page
from injector.tui.dialogs.close import CloseDialog
from injector.tui.dialogs.colleague import ColleagueDialog
from injector.tui.dialogs.gap import GapDialog
from injector.tui.dialogs.hand_shots import HandShotsDialog
from injector.tui.dialogs.limit_override import OverrideDialog
from injector.tui.dialogs.needle import NeedleDialog
from injector.tui.dialogs.note import NoteDialog
from injector.tui.dialogs.pages import PageDialog, help_page
from injector.tui.dialogs.passphrase import PassphraseDialog
from injector.tui.dialogs.pick import PickDialog
from injector.tui.dialogs.pin import PinDialog
from injector.tui.dialogs.prime import PrimeDialog
from injector.tui.dialogs.resume import ResumeDialog
from injector.tui.dialogs.steps import StepsDialog
from injector.tui.dialogs.syringe import SyringeDialog
from injector.tui.dialogs.zone import ZoneDialog
from injector.tui.draft.plans import from_plan
from injector.tui.draft.sheet import NO, YES
from injector.tui.keys import TREATMENT
from injector.tui.limit_words import code_words
from injector.tui.new_session.pages import PAGES
from injector.tui.screens.new_session import NewSessionScreen
from injector.tui.screens.session_review import SessionReviewScreen
from injector.tui.speech import _
from tests.shotlog.samples import closed, grant, numbered, opened, shot, uncertain
from tests.tui.bench import library, plan

NOON: Final = Moment(utc_us=1_800_014_400_000_000, mono_us=5_000_000)
"""2027-01-15, at noon."""
PATIENT: Final = "00000000000000aa"
REVIEWED: Final = "t00000000000000c3"
ADA: Final = Person("ada", "Dr Ada Lund", Role.PRACTITIONER)
EVE: Final = Person("eve", "Eve Example", Role.ENGINEER)

# -- snapshots --------------------------------------------------------------------------------

_NAPPAGE: Final = StepView(
    "nappage", "elbow", Setpoint(volume_nl=20_000, depth_um=2_000, flow_nl_s=250_000,
    needle_um_s=100_000, cadence_per_min=300, mode="repeat", burst=0), planned=48, done=0,
)  # fmt: skip
_POINTS: Final = StepView(
    "point_by_point", "elbow", Setpoint(volume_nl=50_000, depth_um=4_000, flow_nl_s=200_000,
    needle_um_s=100_000, cadence_per_min=90, mode="single", burst=0), planned=16, done=0,
)  # fmt: skip
_CHOSEN: Final = "chosen; no published figure found"
_DEPTH: Final = "below 2 mm SFM; to 4 mm training pages"


def _limits(shots: int, given_nl: int) -> tuple[LimitView, ...]:
    rows: tuple[tuple[str, str, int, int, str, str], ...] = (
        ("volume_nl", "hard", 200_000, 20_000, "device", ""),
        ("volume_nl", "soft", 40_000, 20_000, "technique", "training pages"),
        ("charge_nl", "hard", 50_000, 20_200, "technique", "training pages"),
        ("depth_um", "hard", 4_000, 2_000, "technique", _DEPTH),
        ("depth_um", "soft", 2_000, 2_000, "technique", _DEPTH),
        ("depth_um", "hard", 6_000, 2_000, "zone", "chosen: skin over bone and nerve"),
        ("flow_nl_s", "hard", 500_000, 250_000, "library", _CHOSEN),
        ("flow_nl_s", "soft", 300_000, 250_000, "library", _CHOSEN),
        ("cadence_per_min", "hard", 540, 300, "library", "fastest cadence of guns of this type"),
        ("needle_um_s", "hard", 200_000, 100_000, "library", _CHOSEN),
        ("group_volume_nl", "hard", 20_000_000, given_nl, "group", "training pages"),
        ("group_volume_nl", "soft", 10_000_000, given_nl, "group", "training pages"),
        ("session_shots", "hard", 1_000, shots, "session", "training pages"),
        ("session_volume_nl", "hard", 20_000_000, given_nl, "session",
         "chosen: the body's figure for the whole session"),
    )  # fmt: skip
    return tuple(LimitView(f, level, b, v, who, source) for f, level, b, v, who, source in rows)  # type: ignore[arg-type]


SESSION: Final = SessionView(
    id="t37d07733e2db9d66", realm="training", operator="ada",
    title="Elbow tendinopathy, a weekly session", recovered=False, steps=(_NAPPAGE, _POINTS),
    step=None, given_shots=0, given_nl=0, remainder_shots=0, syringe_nl=2_500_000,
    syringe_left_nl=2_200_000, limits=(), needle_um=4_000, needle_lot="SET-9",
    needle_expiry="2031-02-28", fills=(FillView(0, "gun", 2_500_000, 2_200_000, 2_200_000),),
    products=(
        ProductView("piroxicam", 145_455, 7_273, 0, 0, 640_000),
        ProductView("thiocolchicoside", 14_546, 7_273, 0, 0, 640_000),
        ProductView("pentoxifylline", 109_091, 5_455, 0, 0, 480_000),
    ),
)  # fmt: skip
GIVEN: Final = replace(
    SESSION, realm="clinical", patient=PATIENT, title="Elbow, left", step=0,
    steps=(replace(_NAPPAGE, done=24), _POINTS), given_shots=24, given_nl=480_281,
    remainder_shots=22, syringe_left_nl=1_719_719, limits=_limits(46, 924_681),
    fills=(FillView(0, "gun", 2_500_000, 1_719_719, 1_720_620),),
    products=(
        ProductView("piroxicam", 145_455, 7_273, 3_492_953, 174_648, 640_000),
        ProductView("thiocolchicoside", 14_546, 7_273, 349_296, 174_648, 640_000),
        ProductView("pentoxifylline", 109_091, 5_455, 2_619_715, 130_986, 480_000),
    ),
)  # fmt: skip
STATUS: Final = Status(
    number=51, state=DeviceState.IDLE, faults=Faults(0), inhibits=Inhibits(0), contact=False,
    trigger=False, battery_pct=87, syringe_left_nl=2_200_000, grant=0, shots_left=0,
    volume_left_nl=0, shots=12_480, volume_nl=251_300_000, newest=24, stop_count=1, pulls=0,
    pull_inhibits=Inhibits(0), t_us=5_249_763, room=255,
)  # fmt: skip
READY: Final = ConsoleState(
    state=State.READY, latched=False, gun=Gun("IJ-SIM 1", "SIM-7E57", "1.0", "/dev/ttyACM0"),
    away="",
    envelope=DeviceEnvelope(
        volume_nl=Axis(1_000, 200_000, 1_000), depth_um=Axis(0, 13_000, 100),
        flow_nl_s=Axis(1, 1_000_000, 1), needle_um_s=Axis(1, 200_000, 1),
        cadence_per_min=Axis(1, 540, 1), tolerance_ppm=10_000,
    ),
    status=STATUS, session=None, shots=(), alarms=(), sound=False, denied=None, gaps=(),
    foreign=False, log_size=33,
)  # fmt: skip
OFFLINE: Final = replace(
    READY, state=State.OFFLINE, gun=None, envelope=None, status=None,
    away="/dev/ttyACM0: No such file or directory",
)  # fmt: skip
STOPPED: Final = replace(READY, latched=True)
OPEN: Final = replace(READY, session=SESSION)


def _shot(index: int) -> ShotView:
    noise = (index * 37) % 11 - 5
    return ShotView(
        seq=index + 9, index=index, kind="shot", outcome="complete", cause=None, step=0,
        set_nl=20_000, volume_nl=20_000 + noise * 15, depth_um=2_000 + noise * 4,
        flow_nl_s=250_000 + noise * 150, pressure_pa=73_000 + noise * 250,
    )  # fmt: skip


SHOTS: Final = (
    *(_shot(index) for index in range(1, 23)),
    replace(_shot(23), outcome="partial", cause="contact_lost", volume_nl=11_940),
    _shot(24),
)
MID: Final = replace(READY, session=GIVEN, shots=SHOTS, log_size=61)
ARMED_STATUS: Final = STATUS.model_copy(
    update={
        "state": DeviceState.ARMED, "contact": True, "grant": 2, "shots_left": 22,
        "volume_left_nl": 444_400, "syringe_left_nl": 1_720_000,
    }
)  # fmt: skip
ARMED: Final = replace(MID, state=State.ARMED, status=ARMED_STATUS)
FIRING: Final = replace(
    ARMED,
    status=ARMED_STATUS.model_copy(update={"state": DeviceState.FIRING, "trigger": True}),
)
OFF_SKIN: Final = replace(
    ARMED,
    status=ARMED_STATUS.model_copy(update={"contact": False, "inhibits": Inhibits.CONTACT}),
)
PULLED: Final = replace(
    ARMED,
    status=ARMED_STATUS.model_copy(
        update={
            "contact": False, "inhibits": Inhibits.CONTACT, "pulls": 1,
            "pull_inhibits": Inhibits.CONTACT,
        }
    ),
)  # fmt: skip


def _alarm(code: AlarmCode, *, count: int = 1, active: bool = True, seen: bool = False) -> Alarm:
    return Alarm(code, PRIORITY[code], 0, {}, count=count, active=active, acknowledged=seen)


WITH_ALARMS: Final = replace(
    MID,
    alarms=(
        _alarm(AlarmCode.DEVICE_FAULT),
        _alarm(AlarmCode.PARTIAL_RUN, count=2, active=False),
        _alarm(AlarmCode.NEEDLE_DUE, seen=True),
    ),
    denied=Denied("arm", Denial.FAULT),
    sound=True,
)
HIGH: Final = replace(MID, alarms=(_alarm(AlarmCode.OVER_DELIVERY), *WITH_ALARMS.alarms))
GAP: Final = replace(
    MID, gaps=(44,), lost=(GapView(44, 25, 27, 3, 60_600, "memory_lost"),),
    alarms=(_alarm(AlarmCode.GAP, active=False, seen=True),),
)  # fmt: skip
FOUND_OPEN: Final = replace(
    READY, session=replace(GIVEN, recovered=True, confirm=True, steps=(), step=None, limits=())
)
_LINE: Final = LineView(
    frames=(
        FrameView(1, 5_000_000, True, bytes.fromhex("7e010203047e")),
        FrameView(2, 5_012_000, False, bytes.fromhex("7e05060708097e")),
    ),
    sent=812, heard=2_431, repeats=1, late=0, bad_here=0, bad_by_device=0, trip_last_us=3_900,
    trip_median_us=4_100, trip_most_us=11_800, beats=120, beats_late=0,
)  # fmt: skip
WATCHED: Final = replace(MID, line=_LINE)

# -- the log ----------------------------------------------------------------------------------


def write_log(path: Path) -> int:
    """A log with patients, sessions and shots. The entry that opens the one to review."""
    limits = library()
    with ShotLog.open(path, now=NOON, random_bytes=numbered(), software="pictures") as log:
        log.append(library_drafts(limits.digest, limits.text), NOON)
        log.append(
            [
                Draft(
                    None,
                    facts.OperatorRecorded(
                        person=ADA.id, name=ADA.name, role="practitioner",
                        diploma="DIU mesotherapy", registration="75-1", by=ADA.id,
                    ),
                ),
                Draft(
                    None,
                    facts.LibraryApproved(
                        digest=limits.digest, name=limits.figures.name,
                        version=limits.figures.version, by=ADA.id, registration="75-1",
                    ),
                ),
            ],
            NOON,
        )  # fmt: skip
        for number, days_ago, pseudonym in ((1, 50, "blue heron"), (2, 7, "grey owl")):
            session = f"t{number:016x}"
            log.append([_opened(session, pseudonym)], _before(days_ago))
            log.append([_closed(session, 8)], _before(days_ago))
        return _write_reviewed(log)


def _before(days: int) -> Moment:
    return Moment(NOON.utc_us - days * 86_400_000_000, 1_000_000)


def _opened(session: str, pseudonym: str) -> Draft:
    draft = opened(session)
    assert isinstance(draft.body, SessionOpened)
    body = draft.body.model_copy(
        update={
            "patient": f"{sum(pseudonym.encode()):016x}",
            "library_digest": library().digest,
            "indication": "tendinopathy_elbow",
        }
    )
    return Draft(session, body, {**draft.texts, "/pseudonym": pseudonym})


def _closed(session: str, shots: int) -> Draft:
    draft = closed(session, shots)
    assert isinstance(draft.body, SessionClosed)
    return Draft(session, draft.body.model_copy(update={"reason": "done"}))


def _write_reviewed(log: ShotLog) -> int:
    (opening,) = log.append([_opened(REVIEWED, "red kite")], NOON)
    (granted,) = log.append([Draft(REVIEWED, grant(40))], NOON)
    shots = []
    for index in range(1, 40):
        told = shot(index, granted.seq, 20_000 + (index * 37) % 11 * 15)
        if index % 13 == 0:
            told = told.model_copy(update={"outcome": "partial", "cause": "contact_lost"})
        shots.append(Draft(REVIEWED, told))
    log.append(shots, NOON)
    log.append([Draft(REVIEWED, uncertain(40, granted.seq))], NOON)
    log.append(
        [
            Draft(REVIEWED, Note(text=TO_BE_SEALED, by="ada"), {"/text": "reddened a little"}),
            Draft(REVIEWED, facts.Pain(when="after", score=3, by="ada")),
        ],
        NOON,
    )
    log.append([_closed(REVIEWED, 40)], NOON)
    return opening.seq


# -- scenes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Show:
    """A console that is being looked at."""

    app: ConsoleApp
    pilot: Pilot[None]
    reviewed: int
    """The entry that opens the session to review."""

    async def dialog(self, dialog: ModalScreen[Any]) -> None:
        """Open a dialog."""
        self.app.push_screen(dialog)
        await self.pilot.pause()


@dataclass(frozen=True)
class Scene:
    """What is to be seen, and how to get there."""

    states: tuple[ConsoleState, ...] = (READY,)
    """Snapshots, a second apart."""
    place: Place | None = None
    who: Person | None = ADA
    staff: bool = False
    planned: bool = True
    english: bool = False
    """For engineers: it stays English."""
    act: Callable[[Show], Awaitable[None]] | None = field(default=None, compare=False)
    """What is done once the last snapshot is drawn."""


def _lock() -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        show.app.action_lock()

    return act


def _do(action: str) -> Callable[[Show], Awaitable[None]]:
    """Not by a key: one that a busy machine could not look at for a second does nothing."""

    async def act(show: Show) -> None:
        await show.app.run_action(action, default_namespace=show.app.screen)

    return act


def _over(build: Callable[[Show], ModalScreen[Any]]) -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        await show.dialog(build(show))

    return act


def _pin() -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        staff = show.app.desk.staff
        assert staff is not None
        why = _("Who lets soft limits be passed?")
        await show.dialog(PinDialog(staff, why, known="ada", act=Act.TREAT))

    return act


def _passphrase() -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        staff = show.app.desk.staff
        assert staff is not None
        why = _("{name} signs that they have performed this session, with every override given")
        await show.dialog(PassphraseDialog(staff, ADA, why.format(name=ADA.name)))

    return act


def _checkpoint() -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        desk = show.app.desk
        with LogReader.open(desk.log) as reader:
            found = checkpoint_of(reader, desk.settings.anchors.places())
        assert found is not None
        outside = tuple(replace(each, name=Path(each.name).name) for each in found.outside)
        page = checkpoint_page(replace(found, outside=outside), {}, Path("shots.db"))
        await show.dialog(PageDialog(page))

    return act


def _page(number: int) -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        screen = show.app.screen
        assert isinstance(screen, NewSessionScreen)
        await show.app.workers.wait_for_complete()
        await show.pilot.pause()
        draft = from_plan(plan(), Realm.CLINICAL)
        screen.entering.draft = draft
        for place, text in _said().items():
            draft.put(place, text)
        await screen._show_page(number, "pseudonym" if number == 0 else None)

    return act


def _said() -> dict[str, str]:
    """What somebody has answered of a patient who is new."""
    figures = library().figures
    said = {
        "realm": "clinical",
        "pseudonym": "red kite 2",
        "weight": "70 kg",
        "purpose": "curative",
    }
    said |= {f"condition.{code}": NO for code in figures.contraindication}
    for code, checklist in figures.checklist.items():
        said |= {f"check.{code}.{item}": YES for item in checklist.items}
    return said


def _review(page: str) -> Callable[[Show], Awaitable[None]]:
    async def act(show: Show) -> None:
        show.app.show_instead(SessionReviewScreen(show.reviewed))
        await show.pilot.pause()
        await show.app.workers.wait_for_complete()
        await show.app.run_action(f"page_{page}", default_namespace=show.app.screen)

    return act


def _products() -> list[tuple[str, str]]:
    return [(code, _(code_words(code))) for code in library().figures.product]


SCENES: Final[dict[str, Scene]] = {
    "sign-in": Scene((STOPPED,), who=None, staff=True, planned=False),
    "lock": Scene((MID,), staff=True, act=_lock()),
    "home": Scene((READY,), Place.HOME, planned=False, staff=True),
    "home-offline": Scene((OFFLINE,), Place.HOME, planned=False, staff=True),
    "home-session": Scene((FOUND_OPEN,), Place.HOME, planned=False, staff=True),
    "new-session-empty": Scene((READY,), Place.NEW_SESSION, planned=False, staff=True),
    **{
        f"new-session-{number + 1}": Scene(
            (READY,), Place.NEW_SESSION, planned=False, staff=True, act=_page(number)
        )
        for number in range(len(PAGES))
    },
    "new-session-pick": Scene(
        (READY,),
        Place.NEW_SESSION,
        staff=True,
        planned=False,
        act=_over(lambda _show: PickDialog(_("product"), _products(), ["piroxicam"])),
    ),
    "treatment-none": Scene((READY,)),
    "treatment-offline": Scene((OFFLINE,)),
    "treatment-ready": Scene((OPEN,)),
    "treatment-armed": Scene((ARMED,)),
    "treatment-firing": Scene((FIRING,)),
    "treatment-stopped": Scene((replace(MID, latched=True),)),
    "treatment-alarms": Scene((WITH_ALARMS,)),
    "treatment-pull": Scene((OFF_SKIN, PULLED)),
    "treatment-gap": Scene((GAP,)),
    "review": Scene((READY,), Place.REVIEW, staff=True),
    "review-figures": Scene((READY,), Place.REVIEW, staff=True, act=_review("figures")),
    "review-shots": Scene((READY,), Place.REVIEW, staff=True, act=_review("shots")),
    "review-events": Scene((READY,), Place.REVIEW, staff=True, act=_review("events")),
    "workbench": Scene((WATCHED,), Place.WORKBENCH, staff=True, who=EVE, english=True),
    "workbench-journal": Scene(
        (WATCHED,), Place.WORKBENCH, staff=True, who=EVE, english=True, act=_do("journal")
    ),
    "dialog-alarm": Scene((HIGH,)),
    "dialog-checkpoint": Scene((READY,), Place.HOME, staff=True, act=_checkpoint()),
    "dialog-passphrase": Scene((MID,), staff=True, act=_passphrase()),
    "dialog-gap": Scene((GAP,), act=_over(lambda _show: GapDialog(GAP))),
    "dialog-help": Scene((MID,), act=_over(lambda _show: PageDialog(help_page(TREATMENT)))),
    "dialog-limits": Scene((ARMED,), act=_do("limits")),
    "dialog-palette": Scene((MID,), act=_do("app.command_palette")),
    "dialog-quit": Scene(
        (MID,),
        act=_over(
            lambda _show: AskDialog(
                _("Leave the console?"), yes=_("yes, end it"), no=_("no, go on")
            )
        ),
    ),
    "dialog-steps": Scene((MID,), act=_over(lambda _show: StepsDialog(GIVEN))),
    "dialog-zone": Scene(
        (MID,), act=_over(lambda _show: ZoneDialog(tuple(library().figures.zone), "elbow"))
    ),
    "dialog-add-step": Scene(
        (MID,), act=_over(lambda _show: AddStepDialog(GIVEN, library(), "knee", "ada"))
    ),
    "dialog-by-hand": Scene(
        (MID,), act=_over(lambda _show: HandShotsDialog(GIVEN, library(), "ada"))
    ),
    "dialog-prime": Scene((MID,), act=_over(lambda _show: PrimeDialog("ada"))),
    "dialog-syringe": Scene((MID,), act=_over(lambda _show: SyringeDialog(GIVEN, "ada"))),
    "dialog-needle": Scene(
        (MID,), act=_over(lambda show: NeedleDialog(GIVEN, show.app.desk.today(), "ada"))
    ),
    "dialog-note": Scene((MID,), act=_over(lambda _show: NoteDialog("ada"))),
    "dialog-adverse": Scene(
        (MID,), act=_over(lambda _show: AdverseDialog(GIVEN, library(), "ada"))
    ),
    "dialog-colleague": Scene((MID,), act=_over(lambda _show: ColleagueDialog(Role.PRACTITIONER))),
    "dialog-override": Scene((MID,), act=_over(lambda _show: OverrideDialog(GIVEN, "ada"))),
    "dialog-pin": Scene((MID,), staff=True, act=_pin()),
    "dialog-go-on": Scene(
        (FOUND_OPEN,),
        act=_over(
            lambda show: ResumeDialog(FOUND_OPEN.session or GIVEN, show.app, plan(), library())
        ),
    ),
    "dialog-end": Scene((MID,), staff=True, act=_over(lambda show: CloseDialog(GIVEN, show.app))),
}
"""Every screen and every dialog, by the name of its picture."""
