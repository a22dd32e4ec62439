"""The console places checkpoints outside by itself, shows them to be kept, and waits for nobody."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp

from injector.anchors.standing import Kind
from injector.cli.simulator_process import SimulatorProcess
from injector.shotlog.entries import Anchor
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import Anchored
from injector.tui.desk import Place
from injector.tui.settings import AnchorSettings, Settings
from tests.anchors.strangers import Authority, Witness, needs_openssl, nobody, raw, served
from tests.shotlog.samples import open_log, write_session
from tests.tui.stage import Stage, console


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of one session, of which nothing is outside yet."""
    where = tmp_path / "shots.db"
    with open_log(where) as made:
        write_session(made)
    return where


def note_of(log: Path) -> str:
    with LogReader.open(log) as reader:
        anchor = reader.last("anchor")
    assert anchor is not None
    assert isinstance(anchor.body, Anchor)
    return anchor.body.checkpoint


def anchored(log: Path) -> list[Anchored]:
    with LogReader.open(log) as reader:
        found = reader.entries(kinds=["anchored"])
        return [entry.body for entry in found if isinstance(entry.body, Anchored)]


async def until(stage: Stage, met: Callable[[], bool]) -> None:
    """Let the console go on until it is so; it fails only where it hangs."""
    end_s = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end_s, f"it never came to this:\n{stage.text}"
        await asyncio.sleep(0.02)


async def whole_page(stage: Stage) -> str:
    """All lines of the page on top, those below the window too."""
    await stage.pilot.pause()
    from textual.widgets import Static

    return "\n".join(str(each.render()) for each in stage.app.screen.query(Static))


def seen_by_a_camera(page: str) -> str:
    code = [line for line in page.splitlines() if set(line.strip()) & set("█▀▄") and len(line) > 50]
    modules: list[list[bool]] = []
    for line in code:
        modules += [[mark in "█▀" for mark in line], [mark in "█▄" for mark in line]]
    data = b"".join(b"".join((b"\xff" if m else b"\x00") * 3 for m in row) * 3 for row in modules)
    picture = memoryview(data).cast("B", shape=[len(modules) * 3, len(modules[0]) * 3])
    [found] = zxingcpp.read_barcodes(picture)
    return str(found.text)


@pytest.mark.parametrize("size", [(80, 24), (140, 50)])
async def test_a_key_on_the_home_screen_shows_the_five_lines_and_the_code(
    gun: SimulatorProcess, log: Path, size: tuple[int, int]
) -> None:
    note = note_of(log)
    async with console(gun.port, log, size=size) as stage:
        stage.app.go(Place.HOME)
        await stage.see("The shot log")
        await stage.insist("c", "The newest session's checkpoint")
        page = await whole_page(stage)
        for line in note.splitlines():
            assert line in page
        assert seen_by_a_camera(page) == note
        await stage.pilot.press("escape")
        await stage.see("The shot log")


async def test_without_a_closed_session_it_says_so(gun: SimulatorProcess, tmp_path: Path) -> None:
    async with console(gun.port, tmp_path / "new.db") as stage:
        stage.app.go(Place.HOME)
        await stage.see("The shot log")
        await stage.insist("c", "No session has closed yet.")


@needs_openssl
async def test_as_it_starts_the_console_places_what_waits_and_the_engine_writes_it(
    gun: SimulatorProcess, log: Path, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "tsa")
    witness = Witness(log.with_name("shots.db.vkey").read_text().strip())
    with served(authority.behave) as stamps, served(witness.behave) as cosigns:
        settings = Settings(
            anchors=AnchorSettings(
                timestamp_url=stamps,
                timestamp_certificates=str(authority.root),
                witness_url=cosigns,
                witness_vkey=witness.vkey,
            )
        )
        async with console(gun.port, log, settings=settings) as stage:
            await until(stage, lambda: len(anchored(log)) == 2)
            stage.app.go(Place.HOME)
            await stage.see("The shot log")
            assert "waits" not in stage.text
            assert stage.app.unplaced == {}
    assert [each.place for each in anchored(log)] == ["timestamp", "witness"]
    assert witness.asked == [0]


async def test_offline_it_says_what_waits_since_when_and_why(
    gun: SimulatorProcess, log: Path
) -> None:
    settings = Settings(
        anchors=AnchorSettings(witness_url=nobody(), witness_vkey=Witness("a+b+c").vkey)
    )
    async with console(gun.port, log, size=(140, 50), settings=settings) as stage:
        stage.app.go(Place.HOME)
        await stage.see("1 session waits for the witness")
        await until(stage, lambda: Kind.WITNESS in stage.app.unplaced)
        await stage.insist("c", "not reached")
    assert anchored(log) == []


async def test_a_witness_that_never_answers_holds_up_neither_keys_nor_the_end(
    gun: SimulatorProcess, log: Path
) -> None:
    """It is asked as the console starts; the home screen is drawn and left meanwhile."""
    asked: list[bytes] = []

    def silent(connection: socket.socket) -> None:
        with connection:
            asked.append(connection.recv(4096))
            while connection.recv(4096):
                pass

    with raw(silent) as url:
        settings = Settings(
            anchors=AnchorSettings(witness_url=url, witness_vkey=Witness("a+b+c").vkey)
        )
        async with console(gun.port, log, settings=settings) as stage:
            await until(stage, lambda: bool(asked))
            stage.app.go(Place.HOME)
            await stage.see("The shot log")
            await stage.insist("c", "The newest session's checkpoint")
        # and the console has ended, with the witness still silent
        assert not stage.app.is_running
