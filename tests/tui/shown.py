"""The console as a picture of characters, and pictures that were looked at and kept.

A picture is the text of every row, and below it how the rows are drawn: runs of cells with
a letter for each way of writing, which the legend at the foot of the file explains. It is
small, and a change can be read in a review.
"""

import difflib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from string import ascii_letters
from typing import Final

from textual._context import visible_screen_stack
from textual.widgets import Input

from injector.control.inputs import Intent
from injector.staff.file import StaffFile
from injector.tui.app import ConsoleApp
from injector.tui.desk import Desk
from injector.tui.hand import Seen, Tell
from injector.tui.handle import Mailbox, Postbox, Wires
from tests.shotlog.samples import numbered
from tests.tui.bench import library, plan
from tests.tui.scenes import Scene, Show

KEPT: Final = Path(__file__).with_name("snapshots")
WRITE: Final = "WRITE_SNAPSHOTS"
"""Set in the environment: pictures are written anew instead of compared."""
TODAY: Final = date(2027, 1, 15)
STEP_US: Final = 1_000_000


class StillEngine:
    """No engine: it does nothing with what it is given. What is shown lies in the mailbox."""

    alive = True
    failure = ""

    def post(self, intent: Intent) -> None:
        """Nothing."""

    def stop(self, by: str | None = None) -> None:
        """Nothing."""


class StillHand:
    """A hand that holds a gun on the skin and never moves."""

    def __init__(self, _path: Path, tell: Tell) -> None:
        tell(
            Seen(
                light="ready", trigger=False, contact=True, power=True, plugged=True,
                battery_pct=87, syringe_nl=2_500_000, syringe_left_nl=1_720_000, shots=24,
            )
        )  # fmt: skip

    def do(self, what: str, **fields: object) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Picture:
    """What stands on the screen."""

    rows: tuple[str, ...]
    runs: tuple[tuple[tuple[str, int], ...], ...]
    """Of each row: ways of writing, and for how many cells each."""

    @property
    def text(self) -> str:
        """All rows."""
        return "\n".join(self.rows)

    @property
    def flowing(self) -> str:
        """All rows as one line, without frames and the spaces between words."""
        return " ".join(self.text.translate(_FRAMES).split())


_FRAMES: Final = str.maketrans(dict.fromkeys("│╭╮╰╯─║═╔╗╚╝█▌▐▀▄▊▎▁▔", " "))


async def idle(show: Show) -> None:
    """Wait until the console has nothing left to do."""
    for _ in range(2):
        await show.pilot.pause()
        await show.app.workers.wait_for_complete()
    for screen in show.app.screen_stack:
        for field in screen.query(Input):
            field.cursor_blink = False
    await show.pilot.pause()


def look(show: Show) -> Picture:
    """Draw what stands on the screen, dialogs over it included."""
    app = show.app
    visible_screen_stack.set(app._background_screens)
    strips = app.screen._compositor.render_strips(app.size)
    rows, runs = [], []
    for strip in strips:
        rows.append(strip.text.rstrip())
        cells = [(str(s.style), s.cell_length) for s in strip if s.cell_length]
        runs.append(
            tuple(
                (style, sum(count for _style, count in group))
                for style, group in groupby(cells, lambda cell: cell[0])
            )
        )
    return Picture(tuple(rows), tuple(runs))


@asynccontextmanager
async def shown(
    scene: Scene, log: Path, reviewed: int, staff: StaffFile, size: tuple[int, int]
) -> AsyncIterator[Show]:
    """A console at that scene."""
    now_us = 10 * STEP_US
    engine, mailbox = StillEngine(), Mailbox()
    postbox = Postbox(engine.post)
    desk = Desk(
        wires=Wires(engine, mailbox, postbox, "/dev/ttyACM0"),
        limits=library,
        log=log,
        clock_us=lambda: now_us,
        utc_us=lambda: now_us,
        today=lambda: TODAY,
        random_bytes=numbered(),
        plan=plan() if scene.planned else None,
        staff=staff if scene.staff else None,
        control=log if scene.english else None,
    )
    mailbox.put(scene.states[0])
    app = ConsoleApp(desk, scene.who)
    try:
        async with app.run_test(size=size) as pilot:
            show = Show(app, pilot, reviewed)
            await pilot.pause()
            if scene.place is not None:
                app.go(scene.place)
            await idle(show)
            for state in scene.states[1:]:
                now_us += STEP_US
                mailbox.put(state)
                await pilot.pause()
            if scene.act is not None:
                await scene.act(show)
            yield show
    finally:
        postbox.close()


# -- pictures that are kept ---------------------------------------------------------------------


class Sheet:
    """The pictures of one scene, as they stand in one file."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}
        self._parts: list[str] = []

    def add(self, title: str, picture: Picture, *, text: bool = True) -> None:
        """One more; without ``text`` only how it is drawn."""
        rows = [f"== {title}", *picture.rows] if text else [f"== {title}"]
        rows.append("-- drawn")
        rows += self._drawn(picture)
        self._parts.append("\n".join(rows))

    def _drawn(self, picture: Picture) -> Iterator[str]:
        at = 1
        for runs, group in groupby(picture.runs):
            count = len(list(group))
            where = f"{at}" if count == 1 else f"{at}-{at + count - 1}"
            yield f"{where:>6}  " + " ".join(f"{self._letter(s)}{n}" for s, n in runs)
            at += count

    def _letter(self, style: str) -> str:
        if style not in self._letters:
            before, at = divmod(len(self._letters), len(ascii_letters))
            first = ascii_letters[before - 1] if before else ""
            self._letters[style] = first + ascii_letters[at]
        return self._letters[style]

    @property
    def text(self) -> str:
        """The whole file."""
        legend = [f"{letter}  {style}" for style, letter in self._letters.items()]
        return "\n".join([*self._parts, "== legend", *legend, ""])

    def compare(self, name: str) -> None:
        """Fail with a diff where it is not the one that was kept."""
        path = KEPT / f"{name}.txt"
        if os.environ.get(WRITE):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text, encoding="utf-8")
            return
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if kept != self.text:
            diff = difflib.unified_diff(
                kept.splitlines(), self.text.splitlines(), "as it was kept", "as it is now",
                lineterm="", n=2,
            )  # fmt: skip
            lines = "\n".join(diff)
            raise AssertionError(
                f"{name} is drawn otherwise; `make snapshots` keeps it so, look at the diff"
                f" first:\n{lines}"
            )
