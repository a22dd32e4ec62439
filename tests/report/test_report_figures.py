"""Promise: the limits' bars and the body map of a session's report show what its entries say.

Values are worked out from the bodies, limits are read in the text of the library, and what is
drawn is measured: a bar's length, the place of a limit's line, the shade of a zone.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from html import unescape
from math import ceil
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pytest

from injector.control.history import courses
from injector.control.reckoned import reckoned
from injector.control.succession import Reason, succeed
from injector.limits.side import Figure
from injector.report.session import bar, session_html
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.entries import Draft
from injector.shotlog.reader import LogReader
from tests.report import busy_log, long_session
from tests.report.bodies import Body, bodies_of, of_kind
from tests.report.page_reading import Page, mg, ml, mm
from tests.report.reckoning import given, of_session
from tests.shotlog import samples

NONE: Final = "\N{EN DASH}"


class Logs(NamedTuple):
    busy: Path
    long: Path


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    folder = tmp_path_factory.mktemp("reports")
    made = Logs(folder / "busy.db", folder / "long.db")
    busy_log.write(made.busy)
    long_session.write(made.long)
    return made


def report(path: Path, session: str, *, limits: bool = False) -> str:
    with LogReader.open(path) as reader:
        of = reckoned(reader, session) if limits else None
        return session_html(reader, session, made_utc_us=samples.NOW.utc_us, reckoned=of)


# -- limits --------------------------------------------------------------------------------

LENGTH: Final = 300
"""Of a bar."""
UNITS: Final = {
    "mL": 1_000_000, "mm": 1_000, "µL/s": 1_000, "mm/s": 1_000, "mg": 1_000_000, "/s": 60, "": 1,
}  # fmt: skip
"""Nanolitres, micrometres, nanolitres and micrometres a second, nanograms, times a minute."""


class Shown(NamedTuple):
    """A row of the table, with what is drawn in it."""

    value: str
    soft: str
    hard: str
    where: str
    passed: bool
    lengths: list[int]
    """Of the whole, of what was given, of what is beyond the hard limit."""
    soft_at: int | None
    hard_at: int | None


def shown(html: str) -> Iterator[tuple[str, Shown]]:
    table = html[html.index('<table id="limits">') :]
    table = table[: table.index("</table>")]
    for row in re.findall(r"<tr><td>.*?</tr>", table, re.DOTALL):
        figure, svg, *cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        name, _, passed = figure.partition(" <b>")
        texts = [unescape(cell) for cell in cells]
        yield unescape(name), Shown(*texts, passed="soft limit passed" in passed, **drawn(svg))


def drawn(svg: str) -> dict[str, Any]:
    lines = re.findall(r'<path d="M(\d+) 0v20"[^>]*stroke-width="(\d)"', svg)
    at = {int(width): int(place) for place, width in lines}
    return {
        "lengths": [int(each) for each in re.findall(r'<rect[^>]*?width="(\d+)"', svg)],
        "soft_at": at.get(2),
        "hard_at": at.get(4),
    }


@pytest.mark.rule("R-UNTOLD")
@pytest.mark.parametrize("ug_ml", [10_000, None])
@pytest.mark.parametrize("place", ["hand", "gun"])
def test_a_dose_that_nobody_can_tell_is_held_against_no_limit(
    tmp_path: Path, place: Literal["hand", "gun"], ug_ml: int | None
) -> None:
    """What came out of other syringes is less than was given, and would look well within."""
    lidocaine = facts.MixtureItem(
        product="lidocaine", product_class="local_anaesthetic", concentration_ug_ml=ug_ml,
        lot=None, expiry=None, volume_nl=1_000_000, multi_dose=False,
    )  # fmt: skip
    loaded = facts.SyringeLoaded(
        fill=1, place=place, mixture=(lidocaine,), flagged=(), syringe_nl=1_000_000,
        mixed_by=None, mixed_where=None, by="ada",
    )  # fmt: skip
    given_by_hand = facts.HandShots(
        technique="papule", zone="knee", fill=1, shots=1, volume_nl=10_000, by="ada"
    )
    log_at = tmp_path / "long.db"
    # The gun's shots are in the closing, which does not say from which syringe they were.
    long_session.write(log_at, by_hand=[loaded, *[given_by_hand][: place == "hand"]])
    with LogReader.open(log_at) as reader:
        found = reckoned(reader, long_session.SESSION)
        ((visit, *_),) = (each.visits for each in courses(reader, long_session.PSEUDONYM))
    assert found is not None
    held = {(each.figure, each.subject) for each in found}
    known = ug_ml is not None
    assert ((Figure.DOSE, "lidocaine") in held) is known
    assert any(each is Figure.SHARED_MAXIMUM for each, _ in held) is known
    assert (visit.doses_ng["lidocaine"] is not None) is known
    assert visit.doses_ng["magnesium"] is not None


@pytest.mark.rule("R-DAY")
def test_on_the_first_day_of_a_new_log_what_the_one_before_gave_is_in_the_day(
    tmp_path: Path,
) -> None:
    before, after = tmp_path / "long.db", tmp_path / "next.db"
    long_session.write(before)
    with samples.open_log(before) as made:
        made.append([samples.closed(long_session.TRAINING, 0)], long_session.later(2_000))
    again, at = "c00000000000000f6", long_session.later(3_000)
    succeed(
        before, after, reason=Reason.ARCHIVED, by="ada", notes=(), now=at,
        random_bytes=os.urandom, software="tests",
    )  # fmt: skip
    with LogReader.open(before) as reader:
        opened = next(reader.entries(session=long_session.SESSION, kinds=["session_opened"])).body
        granted = next(reader.entries(session=long_session.SESSION, kinds=["grant"])).body
        closed = reader.last("session_closed", session=long_session.SESSION)
    assert closed is not None
    assert isinstance(closed.body, log.SessionClosed)
    assert isinstance(opened, log.SessionOpened)
    assert isinstance(granted, log.Grant)
    with samples.open_log(after) as made:
        bare = opened.model_copy(update={"pseudonym": None, "title": None, "answers": ()})
        made.append([Draft(again, bare), Draft(again, granted)], at)
        found = reckoned(made.reader, again)
    assert found is not None
    (here_nl,) = {each.value for each in found if each.figure is Figure.SESSION_VOLUME}
    (day_nl,) = {each.value for each in found if each.figure is Figure.DAY_VOLUME}
    assert day_nl == closed.body.given_nl + here_nl > here_nl


class Limits:
    """The text of the library that is in the log, read without our reader."""

    def __init__(self, text: str) -> None:
        self._read = tomllib.loads(text)

    def __call__(self, place: str, level: str) -> int:
        """The upper bound there, in the unit that entries have it in."""
        found: Any = self._read
        for name in place.split("."):
            found = found[int(name) - 1] if name.isdigit() else found[name]
        number, _, unit = str(found[level]).rpartition(" to ")[2].partition(" ")
        if not unit:
            number, slash, per = number.partition("/")
            unit = slash + per
        return int(Fraction(number) * UNITS[unit])


def written(figure: str, amount: int | None) -> str:
    """An amount as people read it."""
    if amount is None:
        return NONE
    match figure.partition(" (")[0]:
        case "depth":
            return mm(amount)
        case "flow":
            return f"{amount // 1000} µL/s"
        case "needle speed":
            return f"{amount // 1000} mm/s"
        case "cadence":
            return f"{amount}/min"
        case "shots of the session":
            return str(amount)
        case "dose in 24 hours":
            return mg(amount)
        case "sum of the doses' parts of their maxima":
            whole, rest = divmod(amount, 10_000)
            return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"
        case _:
            return ml(amount)


Rows = dict[str, tuple[int, int | None, int | None]]
"""By figure, the value and the tightest soft and hard limit."""


def of_steps(found: list[Body], limit: Limits) -> Rows:
    """What each shot of a technique in a zone was set to, against its limits.

    A drive is taken to be as far off as the grant allows for, and never more than a tenth.
    """
    rows: Rows = {}
    for grant in of_kind(found, "grant"):
        of, code, zone = grant["setpoint"], grant["technique"], grant["zone"]
        where = f"({code.replace('_', ' ')}, {zone})"
        technique = f"technique.{code}"
        volume_soft = None if code == "intra_epidermal" else limit(f"{technique}.volume", "soft")
        if volume_soft is not None:
            rows[f"volume per shot {where}"] = (of["volume_nl"], volume_soft, None)
        charge_nl = min(grant["volume_nl"] // grant["shots"], of["volume_nl"] * 11 // 10)
        rows[f"volume per shot with the drive's tolerance {where}"] = (
            charge_nl, None, limit(f"{technique}.volume", "hard"),
        )  # fmt: skip
        depth_soft = {"nappage": limit("technique.nappage.depth", "soft"),
                      "intra_epidermal": limit("zone.shoulder.depth", "soft")}  # fmt: skip
        rows[f"depth {where}"] = (
            of["depth_um"], depth_soft.get(code), limit(f"{technique}.depth", "hard"),
        )  # fmt: skip
        rows[f"flow {where}"] = (
            of["flow_nl_s"], limit("shot.flow", "soft"), limit("shot.flow", "hard"),
        )  # fmt: skip
        pace = "pace.1" if of["depth_um"] <= 2_000 else "pace.2"
        fastest = min(limit("shot.cadence", "hard"), limit(f"{pace}.cadence", "hard"))
        rows[f"cadence {where}"] = (of["cadence_per_min"], None, fastest)
        rows[f"needle speed {where}"] = (
            of["needle_um_s"], None, limit(f"{pace}.needle_speed", "hard"),
        )  # fmt: skip
    return rows


def of_the_whole(found: list[Body], limit: Limits) -> Rows:
    """What the session came to, against its limits."""
    (closed,) = of_kind(found, "session_closed")
    (lidocaine,) = (d["dose_ng"] for d in closed["doses"] if d["product"] == "lidocaine")
    (opened,) = of_kind(found, "session_opened")
    per_kg = int(Fraction("4.5") * 1_000_000 * opened["weight_g"] / 1000)
    most_ng = min(limit("product.lidocaine.per_day", "hard"), per_kg)
    volume_nl = sum(zone["volume_nl"] for zone in closed["zones"])
    body = [limit("group.body.volume", level) for level in ("soft", "hard")]
    return {
        "volume in these zones (body)": (volume_nl, body[0], body[1]),
        "shots of the session": (closed["given_shots"], None, limit("session.shots", "hard")),
        "volume of the session": (closed["given_nl"], None, limit("session.volume", "hard")),
        "dose in 24 hours (lidocaine)": (lidocaine, None, most_ng),
        "sum of the doses' parts of their maxima (local anaesthetic)": (
            ceil(Fraction(lidocaine * 1_000_000, most_ng)), None, 1_000_000,
        ),
    }  # fmt: skip


def test_every_bar_is_as_long_as_the_entries_and_the_library_say(logs: Logs) -> None:
    found = bodies_of(logs.long, long_session.SESSION)
    limit = Limits("".join(b["text"] for b in of_kind(bodies_of(logs.long), "library_part")))
    expected = of_steps(found, limit) | of_the_whole(found, limit)
    rows = dict(shown(report(logs.long, long_session.SESSION, limits=True)))
    assert rows.keys() == expected.keys()
    for figure, (value, soft, hard) in expected.items():
        row, most = rows[figure], max(value, soft or 0, hard or 0)
        of = {"value": value, "soft": soft, "hard": hard}
        assert row[:3] == tuple(written(figure, of[name]) for name in of), figure
        assert row.passed == (soft is not None and value > soft), figure
        assert row.lengths == [LENGTH, LENGTH * value // most], figure
        assert row.soft_at == (None if soft is None else LENGTH * soft // most), figure
        assert row.hard_at == (None if hard is None else LENGTH * hard // most), figure
    assert sum(row.passed for row in rows.values()) == 2


def test_what_is_beyond_a_hard_limit_is_drawn_in_another_colour() -> None:
    svg = bar(40, 10, 30)
    assert drawn(svg) == {"lengths": [300, 300, 75], "soft_at": 75, "hard_at": 225}
    (beyond,) = re.findall(r'<rect x="(\d+)"[^>]*fill="#D55E00"', svg)
    assert int(beyond) == 225


# -- the body map --------------------------------------------------------------------------

SHADES: Final = ("#d6e6f2", "#a6cbe5", "#6aa9d3", "#2f83bb", "#00568a")
"""From little to much, in fifths of the most."""


def shades(html: str) -> dict[str, set[str]]:
    """The shade under each number of the map, and under none."""
    svg = html[html.index('<svg class="body"') :]
    svg = svg[: svg.index("</svg>")]
    found: dict[str, set[str]] = {}
    numbers = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*font-weight="bold"[^>]*>(\d+)<', svg)
    for (x, y, width, height), fill in shapes(svg):
        on_it = {n for nx, ny, n in numbers if within(int(nx) - x, int(ny) - 4 - y, width, height)}
        for number in on_it or {""}:
            found.setdefault(number, set()).add(fill)
    return found


def within(x: int, y: int, width: int, height: int) -> bool:
    return x == 0 and abs(y) <= height // 2


def shapes(svg: str) -> Iterator[tuple[tuple[int, int, int, int], str]]:
    """Middle, half width and half height of each zone, and its colour."""
    round_ = r'<ellipse cx="(\d+)" cy="(\d+)" rx="(\d+)" ry="(\d+)" fill="([^"]*)"'
    for *at, fill in re.findall(round_, svg):
        x, y, width, height = map(int, at)
        yield (x, y, width, height), fill
    square = r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"[^>]*fill="([^"]*)"'
    for *at, fill in re.findall(square, svg):
        x, y, width, height = map(int, at)
        yield (x + width // 2, y + height // 2, width // 2, height // 2), fill


@pytest.mark.parametrize(
    ("name", "session"),
    [("long", long_session.SESSION), ("busy", busy_log.BUSY), ("busy", busy_log.OPEN)],
)
def test_a_zone_on_the_map_is_as_dark_as_what_it_was_given(
    logs: Logs, name: str, session: str
) -> None:
    bodies = bodies_of(getattr(logs, name))
    ends = of_kind(of_session(bodies, session), "session_closed")
    volumes = {z["zone"]: z["volume_nl"] for end in ends for z in end["zones"]} or {
        "elbow": given(bodies, session)[1]  # of an open one: all its shots went there
    }
    ordered = sorted(volumes.values(), reverse=True)
    html = report(getattr(logs, name), session)
    assert [row[1] for row in Page(html).rows["zones"]] == sorted(
        volumes, key=lambda zone: -volumes[zone]
    )
    assert shades(html) == {"": {"#ffffff"}} | {
        str(number): {SHADES[min(4, 5 * volume_nl // ordered[0])]}
        for number, volume_nl in enumerate(ordered, 1)
    }


def test_what_a_gap_of_an_open_session_may_hide_is_in_no_known_zone(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    busy_log.write(path)
    gap = log.Gap(
        serial=samples.SERIAL, journal_id=samples.JOURNAL, first=301, last=303, shots_max=3,
        volume_max_nl=60_600, reason="journal_lost",
    )  # fmt: skip
    with samples.open_log(path) as made:
        made.append([Draft(busy_log.OPEN, gap)], busy_log.later(300))
    shots, volume_nl = given(bodies_of(path), busy_log.OPEN)
    shown = Page(report(path, busy_log.OPEN))
    assert sorted(row[1:] for row in shown.rows["zones"]) == [
        ["elbow", str(shots), ml(volume_nl - 60_600)],
        ["nobody knows where", "3", ml(60_600)],
    ]
    assert (shown.ids["given_shots"], shown.ids["given_nl"]) == (str(shots + 3), ml(volume_nl))
