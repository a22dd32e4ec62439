"""The review: sessions and their shots, page by page, and whether the log verifies."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.reckoned import reckoned
from injector.limits.side import Figure
from injector.shotlog.entries import Draft, SessionOpened
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader, Row, library_drafts
from injector.staff.roles import Role
from injector.treatment.shipped import shipped_library
from injector.tui.desk import Place
from injector.tui.records.lists import Filters, shot_seqs
from injector.tui.widgets.long_list import PAGE, LongList
from tests.control.worlds import World
from tests.shotlog.samples import NOW, closed, grant, open_log, opened, shot, uncertain
from tests.tui.bench import Hand
from tests.tui.stage import console

LIBRARY = shipped_library()
LONG = "t00000000000000c3"
SHOTS = 3_000


def write_long(log: ShotLog) -> None:
    """A session with many shots: every hundredth partial, one uncertain, some outside a soft
    limit."""
    opening = opened(LONG)
    assert isinstance(opening.body, SessionOpened)
    body = opening.body.model_copy(
        update={"patient": "00000000000000aa", "library_digest": LIBRARY.digest}
    )
    log.append([Draft(LONG, body, {**opening.texts, "/pseudonym": "blue heron"})], NOW)
    plain = grant(SHOTS)
    (first,) = log.append([Draft(LONG, plain)], NOW)
    elsewhere = grant(SHOTS, SHOTS).model_copy(
        update={"zone": "scalp", "technique": "papule", "grant": 2}
    )
    (second,) = log.append([Draft(LONG, elsewhere)], NOW)
    shots = []
    for index in range(1, SHOTS):
        told = shot(index, first.seq)
        if index % 10 == 0:
            told = told.model_copy(update={"grant_seq": second.seq, "grant": 2})
        if index % 100 == 0:
            told = told.model_copy(update={"outcome": "partial", "cause": "contact_lost"})
        shots.append(Draft(LONG, told))
    log.append(shots, NOW)
    log.append([Draft(LONG, uncertain(SHOTS, first.seq)), closed(LONG, SHOTS)], NOW)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with a long session of a patient."""
    where = tmp_path / "shots.db"
    with open_log(where) as log:
        log.append(library_drafts(LIBRARY.digest, LIBRARY.text), NOW)
        write_long(log)
    return where


def test_filters_choose_shots_by_what_the_log_says_of_them(log: Path) -> None:
    with LogReader.open(log) as reader:
        every = shot_seqs(reader, LONG, Filters())
        assert len(every) == SHOTS
        assert len(shot_seqs(reader, LONG, Filters(outcome="partial"))) == SHOTS // 100 - 1
        assert len(shot_seqs(reader, LONG, Filters(outcome="uncertain"))) == 1
        there = shot_seqs(reader, LONG, Filters(zone="scalp"))
        assert len(there) == SHOTS // 10 - 1
        assert there == shot_seqs(reader, LONG, Filters(technique="papule", zone="scalp"))
        assert shot_seqs(reader, LONG, Filters(soft=True)) == []


def test_a_page_of_shots_is_read_by_its_own_key(log: Path) -> None:
    with LogReader.open(log) as reader:
        seqs = shot_seqs(reader, LONG, Filters())
        page = seqs[2_000 : 2_000 + PAGE]
        assert list(reader.shots_at(page)) == page
        assert {str(row["session"]) for row in reader.shots_at(page).values()} == {LONG}


def test_a_session_is_reckoned_against_its_own_library(log: Path) -> None:
    with LogReader.open(log) as reader:
        found = reckoned(reader, LONG)
        assert found is not None
        figures = {each.figure: each for each in found}
        assert figures[Figure.SESSION_SHOTS].value == SHOTS
        hard = figures[Figure.SESSION_SHOTS].hard
        assert hard is not None
        assert figures[Figure.SESSION_SHOTS].passed is not None
        assert Figure.DEPTH in figures
        assert reckoned(reader, "t0000000000000000") is None


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 40)])
async def test_sessions_then_one_of_them_then_its_shots(
    gun: SimulatorProcess, log: Path, size: tuple[int, int]
) -> None:
    async with console(gun.port, log, size=size, role=Role.PRACTITIONER) as stage:
        stage.app.go(Place.REVIEW)
        await stage.see("opened (UTC)", "2027-01-15", str(SHOTS), "▸")
        await stage.press("enter")
        await stage.see("The session", "blue heron", "indication")
        await stage.press("2")
        await stage.see("given/set mL", f"{SHOTS} shots", "complete")
        await stage.press("end")
        await stage.see("uncertain", f"{SHOTS}")
        await stage.press("o", "o")
        await stage.see(f"{SHOTS // 100 - 1} shots", "partial", "contact lost")
        await stage.press("o", "o", "y")
        await stage.press("3")
        await stage.see("uncertain shot", "closed", "everything")
        await stage.press("o")
        await stage.see("alarms", "Nothing of the kind")
        await stage.press("1")
        await stage.see("The session")
        await stage.press("b")
        await stage.see("opened (UTC)", "▸")


async def test_only_pages_in_sight_are_read(
    gun: SimulatorProcess, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    read = LogReader.shots_at

    def counted(reader: LogReader, seqs: Sequence[int]) -> dict[int, Row]:
        asked.append(len(seqs))
        return read(reader, seqs)

    monkeypatch.setattr(LogReader, "shots_at", counted)
    async with console(gun.port, log) as stage:
        stage.app.go(Place.REVIEW)
        await stage.see("opened (UTC)", str(SHOTS))
        await stage.press("enter")
        await stage.see("The session")
        await stage.press("2")
        await stage.see("complete")
        await stage.press("end")
        await stage.see("uncertain")
    assert max(asked) <= PAGE
    assert sum(asked) <= 5 * PAGE


async def test_who_gives_no_treatment_sees_no_pseudonym_in_a_review(
    gun: SimulatorProcess, log: Path
) -> None:
    async with console(gun.port, log, size=(140, 40), role=Role.AUDITOR) as stage:
        stage.app.go(Place.REVIEW)
        await stage.see("opened (UTC)", str(SHOTS), "00000000")
        assert "blue heron" not in stage.text
        await stage.press("enter")
        await stage.see("The session", "00000000")
        assert "blue heron" not in stage.text


async def test_the_log_is_verified_beside_the_console(
    gun: SimulatorProcess, tmp_path: Path
) -> None:
    log = tmp_path / "lived.db"
    world = World(log)  # what it tells really happened, so that every verdict comes out
    world.armed()
    world.fire(4)
    world.let_go()
    world.close_session()
    world.shut_down()
    world.house.close()
    async with console(gun.port, log) as stage:
        stage.app.go(Place.REVIEW)
        await stage.see("was not verified in this run")
        await stage.press("c")
        await stage.see("Verified up to entry")
        stage.app.go(Place.HOME)
        await stage.see("The gun")
        stage.app.go(Place.REVIEW)
        await stage.see("Verified up to entry")


async def test_a_log_that_does_not_verify_is_said_with_the_entry(
    gun: SimulatorProcess, log: Path, tmp_path: Path
) -> None:
    async with console(gun.port, log) as stage:
        stage.app.go(Place.REVIEW)
        await stage.see("opened (UTC)", str(SHOTS))
        db = sqlite3.connect(log)
        (trigger,) = db.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'entries_never_change'"
        ).fetchone()
        db.execute("DROP TRIGGER entries_never_change")
        db.execute("UPDATE entries SET body = replace(body, 'complete', 'complied') WHERE seq = 40")
        db.execute(trigger)
        db.commit()
        db.close()
        await stage.press("c")
        await stage.see("does NOT verify", "40")


@pytest.mark.rule("R-STOP")
async def test_stop_in_a_review(gun: SimulatorProcess, hand: Hand, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "shots.db") as stage:
        await stage.to_ready()
        for on in ("list", "session"):
            stage.app.arm()
            await stage.see("A R M E D")
            if on == "list":
                stage.app.go(Place.REVIEW)
                await stage.see("opened (UTC)", "OPEN")
            else:
                stage.app.screen.query_one(LongList).focus()
                await stage.press("enter")
                await stage.see("The session")
            await stage.insist("f9", "S T O P P E D")
            assert hand.state["light"] == "stopped"
            await stage.insist("r", "R E A D Y")
