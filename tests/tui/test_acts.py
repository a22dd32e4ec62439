"""Every act inside a session by its key, with the real engine and a real gun on a pty."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.shotlog.entries import Body
from injector.shotlog.reader import LogReader
from injector.tui.app import ConsoleApp
from injector.tui.dialogs.base import ConsoleDialog
from injector.tui.widgets.body_map import BodyMap
from injector.tui.widgets.pull import PullReason
from injector.tui.widgets.stop import StopTarget
from tests.tui.bench import DEADLINE_S, Hand, entries
from tests.tui.stage import Stage, console

NEWS_US = 250_000


@pytest.fixture
async def stage(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> AsyncIterator[Stage]:
    """A console with a session open, and nothing armed."""
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        yield stage


def bodies(tmp_path: Path, kind: str) -> list[Body]:
    """What the log has of a kind by now."""
    with LogReader.open(tmp_path / "shots.db") as reader:
        return [entry.body for entry in reader.entries(kinds=(kind,))]  # type: ignore[misc]


async def written(tmp_path: Path, kind: str, number: int = 1) -> Body:
    """Wait for that entry."""
    end_s = time.monotonic() + DEADLINE_S
    while len(found := bodies(tmp_path, kind)) < number:
        assert time.monotonic() < end_s, f"no {kind} was written"
        await asyncio.sleep(0.02)
    return found[-1]


async def type_in(stage: Stage, text: str) -> None:
    """Type a text."""
    await stage.press(*("space" if c == " " else c for c in text))


# -- steps ------------------------------------------------------------------------------


async def test_another_step_of_the_plan_is_armed_once_the_present_grant_is_let_go(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.press("a")
    await stage.see("A R M E D", "Step 1 of 2")
    await stage.press("z")
    await stage.see("Go on with which step?", "point by point, elbow")
    await stage.press("2")
    await stage.see("A R M E D", "Step 2 of 2")
    kinds = [e.body.kind for e in entries(tmp_path / "shots.db")]
    assert kinds.count("disarmed") == 1
    grants = bodies(tmp_path, "grant")
    assert [grant.step for grant in grants] == [0, 1]  # type: ignore[union-attr]
    assert not bodies(tmp_path, "stop")[1:], "changing a step latches nothing"


async def test_after_a_stop_no_step_that_waited_is_armed(stage: Stage, tmp_path: Path) -> None:
    await stage.press("a")
    await stage.see("A R M E D")
    await stage.press("z")
    await stage.see("Go on with which step?")
    await stage.press("2", "f9")
    await stage.see("S T O P P E D", "r releases it")
    granted = len(bodies(tmp_path, "grant"))
    await stage.press("r")
    await stage.see("R E A D Y")
    await asyncio.sleep(0.5)
    assert stage.state.state is State.READY
    assert len(bodies(tmp_path, "grant")) == granted


@pytest.mark.rule("R-STEP-ADDED")
async def test_another_zone_is_chosen_on_the_body_and_is_a_step_of_its_own(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.press("z")
    await stage.see("Go on with which step?")
    await stage.press("n")
    await stage.see("Which zone?", "ankle and foot", "front", "back")
    await stage.press("l", "enter")  # the knee
    await stage.see("One more step: knee")
    await stage.press("1", "2", "enter")
    await stage.see("one more step: nappage, knee, 12 shots")
    await stage.press("enter")
    added = await written(tmp_path, "step_added")
    assert (added.zone, added.technique, added.shots) == ("knee", "nappage", 12)  # type: ignore[union-attr]
    await stage.see("a arms step 1 of 3")
    await stage.press("z")
    await stage.see("nappage, knee", "0/12")
    await stage.press("3")
    await stage.see("A R M E D", "Step 3 of 3: nappage, knee")


# -- what is given, and what it is given with --------------------------------------------


async def test_shots_by_hand_are_recorded_and_count(stage: Stage, tmp_path: Path) -> None:
    await stage.press("h")
    await stage.see("Shots by hand")
    await stage.press("5", "down")
    await type_in(stage, "0.5 mL")
    await stage.press("enter")
    await stage.see("5 shots by hand, together 0.500 mL, elbow")
    await stage.press("enter")
    shots = await written(tmp_path, "hand_shots")
    assert (shots.shots, shots.volume_nl, shots.zone) == (5, 500_000, "elbow")  # type: ignore[union-attr]
    await stage.see("0.500 mL, 5 shots")


async def test_what_is_no_amount_is_said_and_nothing_is_recorded(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.press("h")
    await stage.see("Shots by hand")
    await stage.press("enter")
    await stage.see("✖ shots: a whole number from 1 on")
    await stage.press("5", "down")
    await type_in(stage, "0,5 mL")
    await stage.press("enter")
    await stage.see("✖ volume of all")
    await stage.press("escape")
    await stage.see("a arms step 1 of 2")
    assert not bodies(tmp_path, "hand_shots")


async def test_priming_is_armed_with_a_volume(stage: Stage, tmp_path: Path) -> None:
    await stage.press("p")
    await stage.see("Prime", "0.050 mL")
    await stage.press("enter", "enter")
    await stage.see("P R I M I N G")
    armed = await written(tmp_path, "prime_armed")
    assert armed.volume_nl == 50_000  # type: ignore[union-attr]
    await stage.press("d")
    await stage.see("R E A D Y")


async def test_a_syringe_is_changed_in_three_keys_while_armed(stage: Stage, tmp_path: Path) -> None:
    await stage.press("a")
    await stage.see("A R M E D")
    await stage.press("y", "enter", "enter")
    loaded = await written(tmp_path, "syringe_loaded")
    assert (loaded.fill, loaded.place, loaded.syringe_nl) == (1, "gun", 2_500_000)  # type: ignore[union-attr]
    await stage.see("R E A D Y")
    end_s = time.monotonic() + DEADLINE_S
    while stage.state.session is None or stage.state.session.fill != 1:
        assert time.monotonic() < end_s, f"the new syringe is not told:\n{stage.text}"
        await asyncio.sleep(0.02)


async def test_what_is_left_in_the_old_syringe_is_told(stage: Stage, tmp_path: Path) -> None:
    await stage.press("y")
    await stage.see("left in the old one")
    await type_in(stage, "2.19 mL")
    await stage.press("enter", "enter")
    discarded = await written(tmp_path, "syringe_discarded")
    assert discarded.left_nl == 2_190_000  # type: ignore[union-attr]


async def test_a_needle_is_changed_in_three_keys(stage: Stage, tmp_path: Path) -> None:
    await stage.press("n", "enter", "enter")
    changed = await written(tmp_path, "needle_changed")
    assert (changed.needle_um, changed.lot) == (4_000, None)  # type: ignore[union-attr]


async def test_a_needle_s_lot_and_last_day_are_recorded(stage: Stage, tmp_path: Path) -> None:
    await stage.press("n", "down")
    await type_in(stage, "N-8")
    await stage.press("down")
    await type_in(stage, "2031-05-31")
    await stage.press("enter", "enter")
    changed = await written(tmp_path, "needle_changed")
    assert (changed.lot, changed.expiry) == ("N-8", "2031-05-31")  # type: ignore[union-attr]


# -- what is said ------------------------------------------------------------------------


async def test_a_note_is_written_with_one_enter_and_letters_do_nothing_else(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.press("a")
    await stage.see("A R M E D")
    await stage.press("m")
    await stage.see("A note in the record")
    await type_in(stage, "dark red, quickly gone")
    assert stage.state.state is State.ARMED, "d is a letter here"
    await stage.press("enter")
    await written(tmp_path, "note")
    with LogReader.open(tmp_path / "shots.db") as reader:
        [note] = list(reader.entries(kinds=("note",)))
        assert reader.private_text(note.seq, "/text") == "dark red, quickly gone"


async def test_an_adverse_event_is_recorded(stage: Stage, tmp_path: Path) -> None:
    await stage.press("v")
    await stage.see("Adverse event", "bruising")
    await stage.press("2", "down", "3", "down", "backspace", "1", "0", "enter")
    await stage.see("record the adverse event: redness")
    await stage.press("enter")
    event = await written(tmp_path, "adverse_event")
    assert (event.what, event.severity, event.onset_minutes_ago, event.zone) == (  # type: ignore[union-attr]
        "redness", 3, 10, "elbow",
    )  # fmt: skip


async def test_another_kind_of_event_needs_words(stage: Stage, tmp_path: Path) -> None:
    await stage.press("v")
    await stage.see("Adverse event")
    await stage.press("left", "enter")
    await stage.see("✖ note: say what it is")
    await type_in(stage, "fainted")
    await stage.press("enter", "enter")
    event = await written(tmp_path, "adverse_event")
    assert event.what == "other"  # type: ignore[union-attr]


@pytest.mark.rule("R-TAKE-OVER")
async def test_a_colleague_takes_over_and_acts_from_then_on(stage: Stage, tmp_path: Path) -> None:
    await stage.press("c")
    await stage.see("A colleague takes the session over")
    await type_in(stage, "bea")
    await stage.press("enter")
    taken = await written(tmp_path, "taken_over")
    assert (taken.before, taken.operator) == ("Dr Test", "bea")  # type: ignore[union-attr]
    await stage.see("· bea")
    await stage.press("a")
    await stage.see("A R M E D")
    assert bodies(tmp_path, "grant")[-1].armed_by == "bea"  # type: ignore[union-attr]


@pytest.mark.rule("R-OVERRIDE")
async def test_a_soft_limit_is_overridden_with_a_reason(stage: Stage, tmp_path: Path) -> None:
    await stage.press("u")
    await stage.see("Let soft limits be passed")
    await stage.press("enter")
    await stage.see("✖ reason: say it in words")
    await type_in(stage, "thick skin")
    await stage.press("enter")
    await stage.see("soft limits may be passed in step 1")
    await stage.press("enter")
    given = await written(tmp_path, "override_given")
    assert (given.step, given.by) == (0, "Dr Test")  # type: ignore[union-attr]


async def test_the_end_asks_and_where_nobody_signs_in_it_is_unsigned(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.press("e")
    await stage.see("End the session?", "64 planned shots")
    await type_in(stage, "2.2 mL")
    await stage.press("down", "3", "down", "3", "down")
    await type_in(stage, "well")
    await stage.press("down", "1", "4", "enter")
    await stage.see("the session ends, unsigned")
    await stage.press("enter")
    closed = await written(tmp_path, "session_closed")
    assert closed.signature is None  # type: ignore[union-attr]
    assert bodies(tmp_path, "pain")[0].score == 3  # type: ignore[union-attr]
    assert bodies(tmp_path, "result")[0].result == "better"  # type: ignore[union-attr]
    due = (stage.app.desk.today() + timedelta(days=14)).isoformat()
    assert bodies(tmp_path, "follow_up")[0].due == due  # type: ignore[union-attr]
    assert bodies(tmp_path, "syringe_discarded")[0].left_nl == 2_200_000  # type: ignore[union-attr]


async def test_pausing_never_latches(stage: Stage, hand: Hand, tmp_path: Path) -> None:
    for _ in range(3):
        await stage.press("a")
        await stage.see("A R M E D")
        await stage.press("d")
        await stage.see("R E A D Y")
        assert not stage.state.latched
    assert len(bodies(tmp_path, "stop")) == len(bodies(tmp_path, "release")) or not bodies(
        tmp_path, "stop"
    )


@pytest.mark.rule("R-RESTART")
async def test_a_session_found_open_goes_on_when_all_is_said_again(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log) as stage:
        await stage.to_ready()
        session = stage.state.session
        assert session is not None
        stage.kill_engine()
    async with console(gun.port, log) as stage:
        await stage.see("R E A D Y", "w goes on with it")
        await stage.press("w")
        await stage.see("Go on with the open session")
        await type_in(stage, "4.0 mm")
        await stage.press("enter")
        await stage.see("the session goes on")
        await stage.press("enter")
        await written(tmp_path, "session_resumed")
        await stage.see("a arms step 1 of 2")
        assert stage.state.session is not None
        assert stage.state.session.id == session.id
        await stage.press("a")
        await stage.see("A R M E D")


# -- STOP, over everything ----------------------------------------------------------------

DIALOGS = (
    ("e", "End the session?"),
    ("q", "Leave the console?"),
    ("l", "Limits of"),
    ("f1", "Keys"),
    ("z", "Go on with which step?"),
    ("z n", "Which zone?"),
    ("z n enter", "One more step"),
    ("h", "Shots by hand"),
    ("p", "Prime"),
    ("y", "Another syringe"),
    ("n", "A fresh needle"),
    ("m", "A note in the record"),
    ("v", "Adverse event"),
    ("c", "A colleague takes"),
    ("u", "Let soft limits"),
    ("i", "No alarm stands"),
)


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("way", ["f9", "escape", "mouse"])
async def test_stop_works_in_every_dialog(stage: Stage, hand: Hand, way: str) -> None:
    for keys, title in DIALOGS:
        await stage.press("a")
        await stage.see("A R M E D")
        await stage.press(*keys.split())
        await stage.see(title)
        if way == "mouse":
            dialog = stage.app.screen
            assert isinstance(dialog, ConsoleDialog)
            await stage.pilot.mouse_down(dialog.query_one(StopTarget))
        else:
            await stage.press(way)
        await stage.see("S T O P P E D", "r releases it")
        assert hand.state["light"] == "stopped"
        await stage.press("escape", "r")
        await stage.see("a arms step 1 of 2")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_every_dialog_fits_and_leaves_state_and_stop_in_sight(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=size) as stage:
        await stage.to_ready()
        for keys, title in DIALOGS:
            await stage.press(*keys.split())
            await stage.see(title[:18], "R E A D Y", "STOP F9")
            whole = stage.app.screen.region
            for widget in stage.app.screen.children:
                assert whole.contains_region(widget.region), (title, widget)
            await stage.press("escape")


# -- a pull without a shot ---------------------------------------------------------------


@pytest.mark.rule("R-PULL-REASON")
async def test_a_pull_without_a_shot_says_why_in_large_letters_and_beeps_at_once(
    stage: Stage, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells: list[float] = []
    monkeypatch.setattr(ConsoleApp, "bell", lambda _app: bells.append(time.monotonic()))
    told: list[float] = []
    drawn: list[float] = []
    put = stage.mailbox.put

    def notice(state: ConsoleState) -> None:
        if not told and state.status is not None and state.status.pull_inhibits:
            told.append(time.monotonic())
        put(state)

    paint = PullReason.render_lines

    def painted(face: PullReason, *args: object) -> object:
        if not drawn and face.display:
            drawn.append(time.monotonic())
        return paint(face, *args)  # type: ignore[arg-type]

    await stage.press("a")
    await stage.see("A R M E D")
    monkeypatch.setattr(stage.mailbox, "put", notice)
    monkeypatch.setattr(PullReason, "render_lines", painted)
    pulled = time.monotonic()
    await asyncio.to_thread(hand.do, "pull", ms=50)
    await stage.see("NO SHOT: no contact with the skin", "█   █  ██      ███  ██  █   █ █████")
    assert (drawn[0] - told[0]) * 1_000_000 < NEWS_US
    assert bells, "and it is heard"
    assert bells[0] - pulled < 1


# -- the body ----------------------------------------------------------------------------


async def test_a_zone_is_chosen_by_arrows_and_by_a_click(stage: Stage, tmp_path: Path) -> None:
    await stage.press("z", "n")
    await stage.see("Which zone?")
    body = stage.app.screen.query_one(BodyMap)
    assert body.zone == "elbow"
    await stage.press("down")
    assert body.zone == "wrist_and_hand"
    await stage.press("a")
    assert body.zone == "face"
    await stage.pilot.click(BodyMap, offset=(7, 12 - 4))  # the front's abdomen
    await stage.see("One more step: abdomen")
