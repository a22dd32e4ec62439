"""The report of one session: a page that says what was done to whom, and what vouches for it.

Every figure comes from the session's tables (`injector.report.deriving`), made for this
session alone, so that a report costs the same in a log of any size. What only the
controller's rules can say (a total beside its limits), and what only `verify` can say, is
handed in by who has it; without it the page says that it is missing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from injector.limits.naming import FIGURES
from injector.limits.reckoned import Reckoned
from injector.limits.side import Level
from injector.report import tables
from injector.report.body_map import ZONES, body_map
from injector.report.charts import Point, shots_chart
from injector.report.deriving import Cell, derived_session
from injector.report.details import details
from injector.report.gathered import TABLES, rows_of, whole
from injector.report.page import render
from injector.report.speech import Language, Words, mark, moment
from injector.report.told import TOLD_BY, Told, what, who
from injector.report.vouched import vouched
from injector.report.zones import in_zones
from injector.shotlog import entries as log
from injector.shotlog.findings import Report
from injector.shotlog.reader import LogReader

_MOST_EXCEPTIONS: Final = 60
"""Exceptional shots that are listed one by one; the dense list has all of them."""
_OUTCOMES: Final = {
    "complete": mark("complete"),
    "partial": mark("partial"),
    "uncertain": mark("uncertain"),
}
OUTCOME_SIGNS: Final = {
    "complete": "",
    "partial": "\N{BLACK UP-POINTING TRIANGLE}",
    "uncertain": "\N{BLACK SQUARE}",
}
"""How an outcome looks where there is no room for a word; as in the charts."""
SOFT_SIGN: Final = "!"
UNGRANTED_SIGN: Final = "?"
_REALMS: Final = {"clinical": mark("clinical"), "training": mark("training")}


class NoSuchSessionError(ValueError):
    """A session that the log does not have."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure against its limits."""

    figure: str
    subject: str
    value: str
    soft: str
    hard: str
    passed: str
    """The gravest level of the limits that it passes; empty for none."""
    limit: str
    """Where the tightest hard limit stands, else the soft one."""
    drawn: Markup


def session_html(
    reader: LogReader,
    session: str,
    *,
    made_utc_us: int,
    language: Language = Language.ENGLISH,
    with_texts: bool = False,
    reckoned: Sequence[Reckoned] | None = None,
    verified: Report | None = None,
) -> str:
    """Return the report of a session as one page of HTML.

    ``session`` is the whole id; `NoSuchSessionError` without one. ``made_utc_us`` is when the
    report is made. ``reckoned`` are the totals beside their limits (`injector.control.reckoned`
    adds them up), ``verified`` is what `verify` said of the whole log; where they are None the
    page says so. ``with_texts`` shows private texts. Raises the reader's errors, and
    `NotDerivedError` for entries that are not what the format says.
    """
    words = Words(language)
    opened = reader.last("session_opened", session=session)
    if opened is None or not isinstance(opened.body, log.SessionOpened):
        raise NoSuchSessionError(f"there is no session {session}")
    size, vouching = reader.size, vouched(words, reader, verified)
    with derived_session(reader, session) as derived:
        found = {name: rows_of(derived, table) for name, table in TABLES.items()}
    # What came in after the session had closed is of its grants all the same.
    late = [each for each in found["shot"] if each["session"] is None]
    found["shot"] = [each for each in found["shot"] if each["session"] is not None]
    told = Told(reader, words, list(reader.entries(session=session, kinds=TOLD_BY)), with_texts)
    of = found[tables.SESSION.name][0]
    zones = in_zones(found, told.closed)
    return render(
        "session.html",
        words,
        made=moment(made_utc_us),
        session=session,
        of=of,
        training=of["realm"] == "training",
        realm=words.say(_REALMS[str(of["realm"])]),
        who=who(reader, words, told, opened),
        what=what(words, told),
        texts=told.texts(),
        with_texts=with_texts,
        doses=found["dose"],
        syringes=found["syringe"],
        ingredients=found["ingredient"],
        bars=None if reckoned is None else [_bar(words, each) for each in reckoned],
        charts=_charts(words, found["shot"]),
        zones=zones,
        body=body_map(
            [(str(zone), volume_nl) for zone, _, volume_nl in zones],
            words.say(mark("front")),
            words.say(mark("back")),
        ),
        unmapped=[zone for zone, _, _ in zones if zone is None or zone not in ZONES],
        exceptions=_exceptions(words, found["shot"]),
        dense=_dense(words, found["shot"]),
        late=late,
        most_exceptions=_MOST_EXCEPTIONS,
        hand_shots=found["hand_shots"],
        overrides=[_override(words, told, each) for each in found["override"]],
        refused=[_refusal(words, each) for each in found["refused"]],
        alarms=[each | {"details": details(words, each["detail"])} for each in found["alarm"]],
        gaps=found["gap"],
        adverse=[
            each | {"note": told.text(whole(each["seq"]), "/note")}
            for each in found["adverse_event"]
        ],
        signatures=found["signature"],
        signed=any(each["form"] == "key" for each in found["signature"]),
        vouched=vouching,
        size=size,
        origin=reader.opened.origin,
    )


# -- figures -------------------------------------------------------------------------------


def _bar(words: Words, of: Reckoned) -> Bar:
    form = FIGURES[of.figure][1]
    tightest = of.hard or of.soft
    return Bar(
        figure=words.say(FIGURES[of.figure][0]),
        subject=", ".join(words.code(each) for each in of.subject.split(", ")),
        value=words.number(form(of.value)),
        soft="" if of.soft is None else words.number(form(of.soft.bound)),
        hard="" if of.hard is None else words.number(form(of.hard.bound)),
        passed="" if of.passed is None else words.say(_LEVELS[of.passed]),
        limit="" if tightest is None else tightest.limit,
        drawn=bar(
            of.value,
            None if of.soft is None else of.soft.bound,
            None if of.hard is None else of.hard.bound,
        ),
    )


_LEVELS: Final = {Level.HARD: mark("hard limit passed"), Level.SOFT: mark("soft limit passed")}
_BAR: Final = 300
"""The length of a bar, in its own units, up to the largest of value and limits."""


def bar(value: int, soft: int | None, hard: int | None) -> Markup:
    """Draw a value against a soft limit (a dashed line) and a hard one (a thick line)."""
    most = max(value, soft or 0, hard or 0, 1)

    def at(amount: int) -> int:
        return _BAR * amount // most

    beyond = max(0, value - hard) if hard is not None else 0
    parts = [
        f'<svg class="bar" viewBox="-2 0 {_BAR + 4} 20" role="img">',
        f'<rect x="0" y="3" width="{_BAR}" height="14" fill="#eeeeee"/>',
        f'<rect x="0" y="3" width="{at(value)}" height="14" fill="#0072B2"/>',
    ]
    if beyond and hard is not None:
        parts.append(
            f'<rect x="{at(hard)}" y="3" width="{at(value) - at(hard)}" height="14" '
            'fill="#D55E00"/>'
        )
    if soft is not None:
        parts.append(
            f'<path d="M{at(soft)} 0v20" stroke="#000000" stroke-width="2" stroke-dasharray="3,2"/>'
        )
    if hard is not None:
        parts.append(f'<path d="M{at(hard)} 0v20" stroke="#000000" stroke-width="4"/>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 -- numbers of our own


def _charts(words: Words, shots: list[dict[str, Cell]]) -> list[Markup]:
    if not shots:
        return []
    depth = [
        Point(number, _number(each["set_depth_um"]),
              _number(each["depth_um"] if each["depth_um"] is not None else each["set_depth_um"]),
              str(each["outcome"]))
        for number, each in enumerate(shots, 1)
    ]  # fmt: skip
    volume = [
        Point(number, _number(each["set_volume_nl"]),
              _number(each["measured_nl"] if each["measured_nl"] is not None
                      else each["counts_nl"]),
              str(each["outcome"]))
        for number, each in enumerate(shots, 1)
    ]  # fmt: skip
    return [
        shots_chart("depth", words.say(mark("Depth of every shot, in mm")), depth, words.number),
        shots_chart("volume", words.say(mark("Volume of every shot, in µL")), volume, words.number),
    ]


def _number(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) else None


def _exceptions(words: Words, shots: list[dict[str, Cell]]) -> list[Mapping[str, object]]:
    """Shots that are not as they were meant to be, with why.

    Those that an override let pass a soft limit are as they were meant to be: they bear a
    sign in the list of all shots, and the override says how many they are.
    """
    found: list[Mapping[str, object]] = []
    for number, each in enumerate(shots, 1):
        why = []
        if each["outcome"] != "complete":
            why.append(words.say(_OUTCOMES.get(str(each["outcome"]), str(each["outcome"]))))
        if each["cause"] is not None:
            why.append(words.code(each["cause"]))
        if each["grant_seq"] is None or each["technique"] is None:
            why.append(words.say(mark("not granted by this log")))
        if why:
            found.append(each | {"number": number, "why": "; ".join(why)})
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """Shots one after the other that were granted alike."""

    head: str
    shots: list[tuple[int, str, str, str]]
    """Number, volume in microlitres, depth in millimetres, signs."""


def _dense(words: Words, shots: list[dict[str, Cell]]) -> list[Run]:
    runs: list[Run] = []
    before: object = None
    for number, each in enumerate(shots, 1):
        like = tuple(
            each[name]
            for name in ("step", "technique", "zone", "mode", "set_volume_nl", "set_depth_um")
        )
        if like != before:
            runs.append(Run(_head(words, each), []))
            before = like
        signs = OUTCOME_SIGNS.get(str(each["outcome"]), UNGRANTED_SIGN)
        signs += SOFT_SIGN if each["verdict"] == "soft" else ""
        signs += UNGRANTED_SIGN if each["technique"] is None else ""
        runs[-1].shots.append(
            (
                number,
                words.thousandths(_number(each["measured_nl"])) or "-",
                words.thousandths(_number(each["depth_um"])) or "-",
                signs,
            )
        )
    return runs


def _head(words: Words, of: dict[str, Cell]) -> str:
    if of["technique"] is None:
        return words.say(mark("not granted by this log"))
    return words.say(
        mark("step {step}: {technique}, {zone}, {mode}; set {volume}, {depth}")
    ).format(
        step=whole(of["step"]) + 1,
        technique=words.code(of["technique"]),
        zone=words.code(of["zone"]),
        mode=words.code(of["mode"]),
        volume=words.volume(_number(of["set_volume_nl"])),
        depth=words.depth(_number(of["set_depth_um"])),
    )


# -- what went otherwise -----------------------------------------------------------------------


def _listed(cell: Cell) -> list[str]:
    """The texts of a cell that holds a JSON array, each once."""
    found = json.loads(str(cell)) if cell is not None else []
    return list(dict.fromkeys(map(str, found)))


def _override(words: Words, told: Told, of: dict[str, Cell]) -> Mapping[str, object]:
    seq = whole(of["seq"])
    reason = told.text(seq, "/reason") or told.text(seq, "/verdict/override/reason")
    figures = ", ".join(words.figure(code) for code in _listed(of["limits_passed"]))
    return of | {"reason": reason, "figures": figures}


def _refusal(words: Words, of: dict[str, Cell]) -> Mapping[str, object]:
    asked = []
    if of["mode"] is not None:
        asked = [
            words.code(of["technique"]),
            words.code(of["zone"]),
            words.volume(_number(of["volume_nl"])),
            words.depth(_number(of["depth_um"])),
        ]
    by_limits = of["refused_by"] == "limits"
    figure = words.figure(of["figure"]) if by_limits else words.code(of["figure"])
    value, bound = _number(of["value"]), _number(of["bound"])
    why = figure if by_limits else f"{figure}: {words.code(of['reason'])}"
    if by_limits and value is not None:
        why = f"{figure} {words.amount(of['figure'], value)}"
    limit = words.amount(of["figure"], bound) if by_limits else ""
    return of | {"asked": ", ".join(filter(None, asked)), "why": why, "limit": limit}
