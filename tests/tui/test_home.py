"""The home screen tells how gun, library and log stand, and leads everywhere by one key."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.history import courses, libraries_of
from injector.shotlog import facts
from injector.shotlog.entries import Draft, Moment, SessionClosed, SessionOpened
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader, library_drafts
from injector.staff.roles import Role
from injector.treatment.shipped import shipped_library
from injector.tui.app import ConsoleApp
from injector.tui.desk import Place
from tests.shotlog.samples import closed, open_log, opened
from tests.tui.bench import DEADLINE_S, Hand
from tests.tui.stage import Stage, console

LIBRARY = shipped_library()


def at(days_ago: int) -> Moment:
    """That many days before now, at noon."""
    noon = datetime.now(tz=UTC).replace(hour=12, minute=34, second=0, microsecond=0)
    return Moment(int((noon - timedelta(days=days_ago)).timestamp()) * 1_000_000, 1_000_000)


def visit(log: ShotLog, number: int, days_ago: int, pseudonym: str, shots: int = 8) -> None:
    """A closed session of a patient with neck pain."""
    session = f"t{number:016x}"
    opening, closing = opened(session), closed(session, shots)
    assert isinstance(opening.body, SessionOpened)
    assert isinstance(closing.body, SessionClosed)
    body = opening.body.model_copy(
        update={
            "patient": f"{sum(pseudonym.encode()):016x}",
            "library_digest": LIBRARY.digest,
            "indication": "neck_pain",
        }
    )
    moment = at(days_ago)
    log.append([Draft(session, body, {**opening.texts, "/pseudonym": pseudonym})], moment)
    log.append([closing], moment)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with two courses: one is overdue, one was treated today."""
    where = tmp_path / "shots.db"
    with open_log(where) as log:
        log.append(library_drafts(LIBRARY.digest, LIBRARY.text), at(60))
        log.append(
            [
                Draft(
                    None,
                    facts.OperatorRecorded(
                        person="ada",
                        name="Dr Ada Lund",
                        role="practitioner",
                        diploma="d-1",
                        registration="r-1",
                        by="root",
                    ),
                )
            ],
            at(60),
        )
        log.append(
            [
                Draft(
                    None,
                    facts.LibraryApproved(
                        digest=LIBRARY.digest,
                        name=LIBRARY.figures.name,
                        version=LIBRARY.figures.version,
                        by="ada",
                        registration="r-1",
                    ),
                )
            ],
            at(60),
        )
        visit(log, 1, 50, "blue heron")
        visit(log, 2, 0, "grey owl")
    return where


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 50)])
async def test_gun_library_log_sessions_and_what_is_due(
    gun: SimulatorProcess, log: Path, size: tuple[int, int]
) -> None:
    with LogReader.open(log) as reader:
        due = [each.due(libraries_of(reader)) for each in courses(reader)]
    async with console(gun.port, log, size=size, role=Role.PRACTITIONER) as stage:
        stage.app.go(Place.HOME)
        await stage.see("The gun", "IJ-SIM", "battery", "in its life", "self-test")
        wanted = {
            "none in the log", "by Dr Ada Lund", LIBRARY.digest[:8], "12:34", "blue heron",
            "grey owl", "! overdue", "anchor", "key",
        }  # fmt: skip
        assert all(due)
        wanted |= {each.day.isoformat() for each in due if each is not None}
        end_s = time.monotonic() + DEADLINE_S
        seen = await whole_home(stage)
        while missing := [text for text in wanted if text not in seen]:
            assert time.monotonic() < end_s, f"{missing} never came:\n{seen}"
            seen = await whole_home(stage)


async def whole_home(stage: Stage) -> str:
    """All that the page says: what does not fit is a key away."""
    home = stage.app.screen.query_one("#home")
    home.scroll_to(y=0, animate=False)
    await stage.pilot.pause()
    seen = stage.text
    while home.scroll_offset.y < home.max_scroll_y:
        home.scroll_relative(y=3, animate=False)
        await stage.pilot.pause()
        seen += stage.text
    return seen


async def test_who_gives_no_treatment_sees_no_pseudonym(gun: SimulatorProcess, log: Path) -> None:
    async with console(gun.port, log, size=(140, 50), role=Role.AUDITOR) as stage:
        stage.app.go(Place.HOME)
        await stage.see("What is due", "neck pain", "! overdue")
        assert "blue heron" not in stage.text
        assert f"{sum(b'blue heron'):016x}"[:8] in stage.text


async def test_without_an_approval_it_says_training_only(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        stage.app.go(Place.HOME)
        await stage.see("by nobody: training only", "Today: 0 sessions")


async def test_every_key_leads_where_it_says(
    gun: SimulatorProcess, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Place] = []
    go = ConsoleApp.go
    async with console(gun.port, log) as stage:
        stage.app.go(Place.HOME)
        await stage.see("The gun", "v  review")
        for key, shows in (("v", "opened (UTC)"), ("w", "trip ms")):
            await stage.insist(key, shows)
            await stage.insist("h", "What is due")
        await stage.insist("b", "No session is open")
        monkeypatch.setattr(ConsoleApp, "go", lambda _, place: gone.append(place))
        await stage.press("n")
        await stage.pilot.pause()
        monkeypatch.setattr(ConsoleApp, "go", go)
    assert gone == [Place.NEW_SESSION]


async def test_an_auditor_begins_no_session(gun: SimulatorProcess, log: Path) -> None:
    async with console(gun.port, log, role=Role.AUDITOR) as stage:
        stage.app.go(Place.HOME)
        await stage.see("The gun")
        await stage.insist("n", "Your role gives no sessions")


async def test_a_session_that_is_open_is_offered_first_in_large_words(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=(60, 20)) as stage:
        await stage.to_ready()
        stage.app.go(Place.HOME)
        await stage.see("A   S E S S I O N   I S   O P E N", "b goes on with it")
        await stage.insist("b", "No shots yet")


async def test_what_happens_in_the_log_shows_within_seconds(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=(140, 50)) as stage:
        await stage.to_ready()
        stage.app.go(Place.HOME)
        await stage.see("Today: 1 session", "OPEN")
        await asyncio.sleep(0)
        stage.app.end_session()
        await stage.see("End the session?")
        await stage.press("enter")
        await stage.see("the session ends, unsigned")  # nobody here has a key
        await stage.press("enter")
        await stage.see("cut short")


@pytest.mark.rule("R-STOP")
async def test_stop_on_the_home_screen(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_armed()
        stage.app.go(Place.HOME)
        await stage.see("The gun", "A R M E D")
        await stage.press("f9")
        await stage.see("S T O P P E D")
        assert hand.state["light"] == "stopped"
