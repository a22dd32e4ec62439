"""A list of a million rows reads and draws what is in sight."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from injector.tui.widgets.long_list import PAGE, Column, Line, LongList

MANY: Final = 1_000_000
DEADLINE_S: Final = 10.0
COLUMNS: Final = (
    Column("number", 8, right=True),
    Column("wide only", 10, least=70),
    Column("what", 10),
)


class Million:
    """A million rows that note who asked for them."""

    def __init__(self, count: int = MANY, *, held: asyncio.Event | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._count = count
        self._held = held

    def count(self) -> int:
        return self._count

    async def read(self, first: int, count: int) -> Sequence[Line]:
        self.asked.append((first, count))
        if self._held is not None:
            await self._held.wait()
        return [
            Line((str(row), "w", f"row {row}"), marked=row % 7 == 0)
            for row in range(first, min(self._count, first + count))
        ]


class Listed(App[None]):
    """A list and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[int] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"notice-medium": "#ffb000"}

    def compose(self) -> ComposeResult:
        yield LongList(COLUMNS, empty="nothing here")

    def on_long_list_chosen(self, message: LongList.Chosen) -> None:
        self.chosen.append(message.row)


@asynccontextmanager
async def listed(
    rows: Million, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Listed, Pilot[None], LongList]]:
    app = Listed()
    async with app.run_test(size=size) as pilot:
        one = app.query_one(LongList)
        one.focus()
        one.set_rows(rows)
        await pilot.pause()
        yield app, pilot, one


def text(app: Listed) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size)]


async def see(app: Listed, what: str) -> list[str]:
    end_s = time.monotonic() + DEADLINE_S
    while not any(what in line for line in text(app)):
        assert time.monotonic() < end_s, "\n".join(text(app))
        await asyncio.sleep(0.01)
    return text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_of_a_million_rows_only_those_in_sight_are_read(size: tuple[int, int]) -> None:
    rows = Million()
    async with listed(rows, size) as (app, pilot, one):
        lines = await see(app, "row 5")
        assert lines[0].split()[0] == "number"
        assert ("wide only" in lines[0]) is (size[0] >= 70)
        assert one.virtual_size.height == MANY + 1
        await pilot.press("end")
        assert "row 999999" in (await see(app, "row 999999"))[size[1] - 1]
        await pilot.press("home", "pagedown", "down")
        await see(app, f"▸{size[1] - 1:>9}")
    assert sum(count for _, count in rows.asked) <= 6 * PAGE
    assert all(count <= PAGE for _, count in rows.asked)


async def test_who_scrolls_faster_than_rows_come_gets_those_where_they_stop() -> None:
    held = asyncio.Event()
    rows = Million(held=held)
    async with listed(rows) as (app, pilot, one):
        for at in range(0, MANY, 50_000):
            one.cursor = at
            await pilot.pause()
        assert len(rows.asked) == 1
        assert any(line.strip() == "·" for line in text(app))
        held.set()
        await see(app, f"row {MANY - 50_000}")
    assert len(rows.asked) <= 4


async def test_a_row_that_calls_for_a_look_has_a_sign_and_the_cursor_one_of_its_own() -> None:
    async with listed(Million()) as (app, _pilot, _):
        lines = await see(app, "row 8")
        assert lines[1].startswith("▸")
        assert lines[8].startswith("!")
        assert lines[9].startswith(" ")


async def test_enter_and_the_mouse_choose() -> None:
    async with listed(Million()) as (app, pilot, one):
        await see(app, "row 3")
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert app.chosen == [2]
        await pilot.click(LongList, offset=(3, 6))
        await pilot.pause()
        assert one.cursor == 5
        await pilot.click(LongList, offset=(3, 6), times=2)
        await pilot.pause()
        assert app.chosen == [2, 5]


async def test_an_empty_list_says_so_and_chooses_nothing() -> None:
    async with listed(Million(0)) as (app, pilot, one):
        await see(app, "nothing here")
        await pilot.press("down", "end", "enter")
        assert app.chosen == []
        assert one.cursor == 0


async def test_other_rows_take_the_place_of_those_that_are_still_on_their_way() -> None:
    held = asyncio.Event()
    slow = Million(held=held)
    async with listed(slow) as (app, _pilot, one):
        one.set_rows(Million(3), cursor=0)
        held.set()
        lines = await see(app, "row 2")
        assert not any("row 3" in line for line in lines)


async def test_keys_held_down_in_a_million_rows_stay_fluid() -> None:
    async with listed(Million()) as (app, _pilot, one):
        await see(app, "row 5")
        began_s = time.process_time()
        for _ in range(300):
            one.action_page(1)
            text(app)
            await asyncio.sleep(0)
        assert time.process_time() - began_s < 300 * 0.033  # a page in a thirtieth of a second
