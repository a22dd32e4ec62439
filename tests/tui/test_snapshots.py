"""Every screen and every dialog as it was looked at and kept, in three sizes and two languages.

``make snapshots`` writes the pictures anew (`tests/tui/snapshots`); what has changed in
them is then read in the diff.
"""

from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from injector.anchors.beside import catch_up
from injector.shotlog.kept import default_path
from injector.shotlog.reader import LogReader
from injector.tui.app import ConsoleApp
from injector.tui.look import headline
from injector.tui.speech import DOMAIN, LOCALE, Language, use
from tests.staff.people import PIN, Office
from tests.tui.scenes import SCENES, Scene, write_log
from tests.tui.shown import KEPT, Picture, Sheet, StillHand, idle, look, shown

SIZES: Final = ((60, 20), (80, 24), (120, 40))
_SHORT: Final = 12
"""Words so short may be the same in both languages, or part of a name."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, Office]:
    """A log, its session to review, and who works here."""
    folder = tmp_path_factory.mktemp("pictures")
    office = Office(folder / "shots.db.staff")
    office.add("ada", pin=PIN)
    office.add("bob")
    log = folder / "shots.db"
    reviewed = write_log(log)
    with LogReader.open(log) as reader:
        catch_up(reader, default_path(log), 0)  # as an engine does at each close
    return log, reviewed, office


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("injector.tui.screens.workbench.Hand", StillHand)
    yield
    use(Language.ENGLISH)


def english() -> dict[str, str]:
    """Each part of a text that French says otherwise, and the text."""
    with (LOCALE / "fr" / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    french = " ".join(catalogue.values())
    found = {}
    for key, said in catalogue.items():
        text = key[0] if isinstance(key, tuple) else key
        if text == said:
            continue
        for part, *_field in Formatter().parse(text):
            words = " ".join(part.split())
            if len(words) > _SHORT and words not in french:
                found[words] = text
    return found


ENGLISH: Final = english()


def check(app: ConsoleApp, picture: Picture, size: tuple[int, int], language: Language) -> None:
    """What holds for every picture."""
    width, height = size
    assert len(picture.rows) == height
    assert all(sum(count for _style, count in row) == width for row in picture.runs)
    assert "STOP F9" in picture.text
    view = app.view
    assert view is not None
    said = headline(view)
    word = f"{said.symbol}  {' '.join(said.word)}  {said.symbol}"
    assert word in picture.text, f"the state's word is cut off:\n{picture.text}"
    if language is Language.FRENCH:
        left = {text for part, text in ENGLISH.items() if part in picture.flowing}
        assert not left, f"English on a French screen: {left}\n{picture.text}"


async def pictures(
    scene: Scene,
    world: tuple[Path, int, Office],
    language: Language,
    sizes: tuple[tuple[int, int], ...],
) -> dict[tuple[int, int], Picture]:
    """The scene in each size, looked at in one run."""
    log, reviewed, office = world
    use(language)
    found = {}
    async with shown(scene, log, reviewed, office.staff, (80, 24)) as show:
        for size in sizes:
            await show.pilot.resize_terminal(*size)
            await idle(show)
            found[size] = look(show)
            spoken = Language.ENGLISH if scene.english else language
            check(show.app, found[size], size, spoken)
    return found


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", SCENES)
async def test_it_is_drawn_as_it_was_kept(
    name: str,
    language: Language,
    world: tuple[Path, int, Office],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, sheet = SCENES[name], Sheet()
    drawn = await pictures(scene, world, language, SIZES)
    for (width, height), picture in drawn.items():
        sheet.add(f"{width}x{height}", picture)
    if language is Language.ENGLISH:
        monkeypatch.setenv("NO_COLOR", "1")
        [grey] = (await pictures(scene, world, language, ((80, 24),))).values()
        assert grey.rows == drawn[80, 24].rows, "NO_COLOR takes nothing away but colour"
        sheet.add("80x24 NO_COLOR", grey, text=False)
    sheet.compare(f"{language.value}/{name}")


def test_no_picture_is_kept_of_what_is_gone() -> None:
    wanted = {f"{language.value}/{name}.txt" for language in Language for name in SCENES}
    assert {path.relative_to(KEPT).as_posix() for path in KEPT.rglob("*.txt")} <= wanted
