"""Promise: a session's report says what the entries say, and nothing in it can be obeyed.

What it must say is worked out here from the bodies, as JSON, with none of our code.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from injector.control.reckoned import reckoned
from injector.report.page import POLICY
from injector.report.session import NoSuchSessionError, session_html
from injector.report.speech import Language
from injector.report.visible import visible
from injector.shotlog.entries import Alarm, Draft
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.report import busy_log, hostile_log, long_session
from tests.report.bodies import bodies_of, of_kind
from tests.report.page_reading import Page, mg, ml, mm, second, tidy, whole
from tests.shotlog import samples

NONE: Final = "\N{EN DASH}"
BOXES: Final = frozenset(
    {
        "given_shots", "given_nl", "overrides", "alarms", "gaps", "refused_by_limits",
        "refused_by_gun", "adverse_events",
        "shots", "partial_shots", "uncertain_shots", "hand_shots", "measured_nl", "hand_nl",
    }
)  # fmt: skip
MADE: Final = samples.NOW.utc_us


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    paths = {"busy": folder / "busy.db", "long": folder / "long.db"}
    busy_log.write(paths["busy"])
    long_session.write(paths["long"])
    return paths


def page(path: Path, session: str, **options: Any) -> Page:
    with LogReader.open(path) as reader:
        return Page(session_html(reader, session, made_utc_us=MADE, **options))


EVERY: Final = [
    ("busy", busy_log.CLOSED),
    ("busy", busy_log.BUSY),
    ("long", long_session.SESSION),
]


@pytest.mark.parametrize(("name", "session"), EVERY)
def test_every_box_is_what_the_entries_add_up_to(
    logs: dict[str, Path], name: str, session: str
) -> None:
    found, shown = bodies_of(logs[name], session), page(logs[name], session).ids
    (closed,) = of_kind(found, "session_closed")
    shots, by_hand = of_kind(found, "shot"), of_kind(found, "hand_shots")
    words = {(b["step"], b["by"]) for b in of_kind(found, "override_given")}
    words |= {
        (b["step"], b["verdict"]["override"]["by"])
        for b in of_kind(found, "grant")
        if b["verdict"]["override"]
    }
    assert {key: shown[key] for key in shown if key in BOXES} == {
        "given_shots": whole(closed["given_shots"]),
        "given_nl": ml(closed["given_nl"]),
        "overrides": str(len(words)),
        "alarms": str(sum(b["act"] == "raised" for b in of_kind(found, "alarm"))),
        "gaps": str(len(of_kind(found, "gap"))),
        "refused_by_limits": str(len(of_kind(found, "refused"))),
        "refused_by_gun": str(len(of_kind(found, "device_refused"))),
        "adverse_events": str(len(of_kind(found, "adverse_event"))),
        "shots": whole(len(shots)),
        "partial_shots": str(sum(b["outcome"] == "partial" for b in shots)),
        "uncertain_shots": str(len(of_kind(found, "uncertain"))),
        "hand_shots": str(sum(b["shots"] for b in by_hand)),
        "measured_nl": ml(sum(b["volume_nl"] for b in shots)),
        "hand_nl": ml(sum(b["volume_nl"] for b in by_hand)),
    }


@pytest.mark.parametrize(("name", "session"), EVERY)
def test_every_shot_stands_in_the_dense_list_with_its_volume_depth_and_sign(
    logs: dict[str, Path], name: str, session: str
) -> None:
    found = bodies_of(logs[name], session)
    grants = {b["seq"]: b for b in of_kind(found, "grant")}
    right = []
    for number, shot in enumerate(of_kind(found, "shot", "uncertain"), 1):
        sure = shot["kind"] == "shot"
        grant = grants.get(shot["grant_seq"])
        sign = "" if sure and shot["outcome"] == "complete" else "▲" if sure else "■"
        sign += "!" if grant and grant["verdict"]["outcome"] == "soft" else ""
        sign += "" if grant else "?"
        micro = [f"{shot[k] / 1000:.3f}" for k in ("volume_nl", "depth_um")] if sure else ["-"] * 2
        right.append([str(number), *micro, *([sign] if sign else [])])
    assert [line.split() for line in page(logs[name], session).dense] == right
    assert len(right) >= 8


def test_a_point_is_drawn_for_every_shot_in_its_own_shape(logs: dict[str, Path]) -> None:
    found = bodies_of(logs["long"], long_session.SESSION)
    with LogReader.open(logs["long"]) as reader:
        html = session_html(reader, long_session.SESSION, made_utc_us=MADE)
    shots = of_kind(found, "shot")
    partial = sum(b["outcome"] == "partial" for b in shots)
    for chart in ("chart-depth", "chart-volume"):
        svg = html[html.index(f'id="{chart}"') :]
        svg = svg[: svg.index("</svg>")]
        assert svg.count("<circle") == len(shots) - partial
        assert len(re.findall(r'class="dot" d="M[^"]*l6 11', svg)) == partial
        assert len(re.findall(r'class="dot" d="M[^"]*h10v10', svg)) == len(
            of_kind(found, "uncertain")
        )


def test_doses_and_lots_are_those_that_the_session_closed_with(logs: dict[str, Path]) -> None:
    found = bodies_of(logs["long"], long_session.SESSION)
    (opened,), (closed,) = of_kind(found, "session_opened"), of_kind(found, "session_closed")
    loaded_nl = sum(item["volume_nl"] for item in opened["mixture"])
    doses = {each["product"]: mg(each["dose_ng"]) for each in closed["doses"]}
    assert page(logs["long"], long_session.SESSION).rows["doses"] == [
        [
            item["product"],
            item["lot"] or "",
            ml(-(-closed["given_nl"] * item["volume_nl"] // loaded_nl)),
            doses.get(item["product"], NONE),
        ]
        for item in opened["mixture"]
    ]


@pytest.mark.parametrize(("name", "session"), EVERY)
def test_zones_are_those_that_the_session_closed_with(
    logs: dict[str, Path], name: str, session: str
) -> None:
    (closed,) = of_kind(bodies_of(logs[name], session), "session_closed")
    zones = sorted(closed["zones"], key=lambda each: -each["volume_nl"])
    assert page(logs[name], session).rows["zones"] == [
        [str(number), z["zone"], str(z["shots"]), ml(z["volume_nl"])]
        for number, z in enumerate(zones, 1)
    ]


def test_zones_of_an_open_session_are_added_up_from_its_shots(logs: dict[str, Path]) -> None:
    found = bodies_of(logs["busy"], busy_log.OPEN)
    shots, by_hand = of_kind(found, "shot"), of_kind(found, "hand_shots")
    counted = sum(b["counts_nl"] for b in shots) + sum(b["volume_nl"] for b in by_hand)
    count = len(shots) + sum(b["shots"] for b in by_hand)
    shown = page(logs["busy"], busy_log.OPEN)
    assert shown.rows["zones"] == [["1", "elbow", str(count), ml(counted)]]
    assert shown.ids["given_nl"] == ml(counted)
    assert "still open" in shown.text


def test_totals_stand_beside_the_limits_of_the_library_in_the_log(logs: dict[str, Path]) -> None:
    found = bodies_of(logs["long"], long_session.SESSION)
    (closed,) = of_kind(found, "session_closed")
    with LogReader.open(logs["long"]) as reader:
        library = tomllib.loads(reader.library_text(closed["library_digest"]) or "")
        of = reckoned(reader, long_session.SESSION)
    rows = {row[0]: row[2:5] for row in page(
        logs["long"], long_session.SESSION, reckoned=of
    ).rows["limits"]}  # fmt: skip
    lidocaine = next(d["dose_ng"] for d in closed["doses"] if d["product"] == "lidocaine")
    assert library["session"]["volume"]["hard"] == "20 mL"
    assert rows["volume of the session"] == [ml(closed["given_nl"]), NONE, "20.000 mL"]
    assert rows["shots of the session"] == [
        str(closed["given_shots"]), NONE, str(library["session"]["shots"]["hard"]),
    ]  # fmt: skip
    assert rows["dose in 24 hours (lidocaine)"] == [mg(lidocaine), NONE, "300 mg"]
    assert rows["volume in these zones (body) ▲ soft limit passed"] == [
        ml(closed["given_nl"]), "10.000 mL", "20.000 mL",
    ]  # fmt: skip
    assert rows["depth (nappage, back) ▲ soft limit passed"] == ["3.0 mm", "2.0 mm", "4.0 mm"]


def test_without_its_library_a_report_says_that_limits_cannot_be_shown(
    logs: dict[str, Path],
) -> None:
    assert "no limits can be shown" in page(logs["busy"], busy_log.BUSY).text


def test_what_went_otherwise_is_listed_entry_by_entry(logs: dict[str, Path]) -> None:
    found, shown = bodies_of(logs["busy"], busy_log.BUSY), page(logs["busy"], busy_log.BUSY).rows
    assert [[row[0], row[1]] for row in shown["override_rows"]] == [
        [second(of_kind(found, "override_given")[0]["utc_us"]), "ada"],
        [second(of_kind(found, "grant")[1]["utc_us"]), "ada"],
    ]
    assert [row[4] for row in shown["override_rows"]] == ["3", "6"]
    assert [[row[0], row[2], row[3]] for row in shown["alarm_rows"]] == [
        [second(b["utc_us"]), b["alarm"].replace("_", " "), b["act"]]
        for b in of_kind(found, "alarm")
    ]
    (gap,) = of_kind(found, "gap")
    assert shown["gap_rows"] == [
        [second(gap["utc_us"]), gap["serial"], f"{gap['first']} \N{EN DASH} {gap['last']}",
         str(gap["shots_max"]), ml(gap["volume_max_nl"]), "journal lost", "go on (bea)"]
    ]  # fmt: skip
    assert [(row[1], row[3]) for row in shown["refused_rows"]] == [
        ("limits", "depth 9000"),
        ("gun", "grant: journal full"),
    ]
    assert [[row[0], row[2], row[3], row[5]] for row in shown["adverse_rows"]] == [
        [second(b["utc_us"]), b["what"], f"{b['severity']} / 3", b["by"]]
        for b in of_kind(found, "adverse_event")
    ]
    exceptions = [
        (number, b) for number, b in enumerate(of_kind(found, "shot", "uncertain"), 1)
        if b.get("outcome") != "complete" or b["grant_seq"] is None
    ]  # fmt: skip
    assert [row[:2] for row in shown["exceptions"]] == [
        [str(number), str(b["seq"])] for number, b in exceptions
    ]
    assert [row[6] for row in shown["exceptions"]] == [
        mm(b["depth_um"]) if "depth_um" in b else NONE for _, b in exceptions
    ]


def test_a_signature_is_shown_with_who_what_it_means_and_how(logs: dict[str, Path]) -> None:
    found = bodies_of(logs["long"], long_session.SESSION)
    (signed,) = of_kind(found, "signed")
    shown = page(logs["long"], long_session.SESSION)
    assert shown.rows["signature_rows"][-1] == [
        second(signed["signed_utc_us"]), signed["name"], signed["by"], "performed",
        "with a key of their own", str(signed["about_seq"]),
    ]  # fmt: skip
    assert "UNSIGNED" not in shown.text


def test_a_session_that_only_a_name_stands_for_is_called_unsigned(logs: dict[str, Path]) -> None:
    shown = page(logs["busy"], busy_log.CLOSED)
    assert "UNSIGNED" in shown.ids["signed"]
    assert [row[4] for row in shown.rows["signature_rows"]] == ["named at closing, without a key"]


def test_a_training_session_is_marked_so_and_no_clinical_one_is(logs: dict[str, Path]) -> None:
    mark = "TRAINING \N{EN DASH} nobody was treated"
    assert mark in page(logs["long"], long_session.TRAINING).text
    assert mark not in page(logs["long"], long_session.SESSION).text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.ENGLISH,
            [
                "fill 1, missing 0.02005 mL",
                "fill 0, missing \N{MINUS SIGN}0.500 mL",
                "shots 9, shots again 8, volume again 0.160 mL, volume 0.180 mL",
                "bound 8.0 mm, figure depth, limit zone.elbow.depth_um, value 9.0 mm",
                "jump \N{MINUS SIGN}3600 s",
                "cause contact lost, index 3",
                "products lidocaine, procaine",
                "depth 4.25 mm, flow 200 µL/s",
            ],
        ),
        (
            Language.FRENCH,
            [
                "remplissage 1, manque 0,02005 mL",
                "remplissage 0, manque \N{MINUS SIGN}0,500 mL",
                "tirs 9, tirs recomptés 8, volume recompté 0,160 mL, volume 0,180 mL",
                "borne 8,0 mm, grandeur profondeur, limite zone.elbow.depth_um, valeur 9,0 mm",
                "saut \N{MINUS SIGN}3600 s",
                "cause contact perdu, numéro 3",
                "produits lidocaïne, procaïne",
                "profondeur 4,25 mm, débit 200 µL/s",
            ],
        ),
    ],
)
def test_an_alarms_figures_have_their_units_and_its_codes_are_words(
    tmp_path: Path, language: Language, said: list[str]
) -> None:
    path = tmp_path / "alarms.db"
    busy_log.write(path)
    told: list[dict[str, int | str]] = [
        {"fill": 1, "missing_nl": 20_050},
        {"fill": 0, "missing_nl": -500_000},
        {"shots": 9, "volume_nl": 180_000, "shots_again": 8, "volume_again_nl": 160_000},
        {"figure": "depth_um", "limit": "zone.elbow.depth_um", "value": 9_000, "bound": 8_000},
        {"by_s": -3_600},
        {"index": 3, "cause": "contact_lost"},
        {"products": "lidocaine, procaine"},
        {"depth_um": 4_250, "flow_nl_s": 200_000},
    ]
    alarms = [
        Alarm(alarm="syringe_differs", priority="low", act="raised", by=None, detail=each)
        for each in told
    ]
    with samples.open_log(path) as log:
        log.append([Draft(busy_log.OPEN, each) for each in alarms], busy_log.later(250))
    rows = page(path, busy_log.OPEN, language=language).rows["alarm_rows"]
    assert [row[4] for row in rows] == said


def test_private_texts_are_shown_only_where_they_are_asked_for(logs: dict[str, Path]) -> None:
    path, session = logs["long"], long_session.SESSION
    texts = [long_session.PSEUDONYM, "deeper over the lumbar muscles", "Elbow, left"]
    hidden, shown = page(path, session), page(path, session, with_texts=True)
    assert not [text for text in texts if text in hidden.text]
    assert hidden.rows["override_rows"][0][5] == "recorded, not shown"
    assert [text for text in texts if text in shown.text] == texts


def test_an_erased_text_is_said_to_be_so(logs: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "erased.db"
    busy_log.write(path)
    samples.tamper(path, "DELETE FROM private_text WHERE place = '/pseudonym'")
    shown = page(path, busy_log.BUSY, with_texts=True)
    assert ["pseudonym", "erased"] in [row[1:] for row in shown.rows["told"]]


def test_the_state_of_the_log_is_said_at_the_top(logs: dict[str, Path]) -> None:
    good, bad = verify(logs["long"]), verify(logs["busy"])
    assert good.ok
    assert not bad.ok
    said = [
        page(logs["long"], long_session.SESSION, verified=good).ids["verified"],
        page(logs["busy"], busy_log.BUSY, verified=bad).ids["verified"],
        page(logs["busy"], busy_log.BUSY).ids["verified"],
    ]
    assert "The log verifies" in said[0]
    assert "does NOT verify" in said[1]
    assert "was not verified" in said[2]


def test_each_check_stands_in_it_with_its_result(logs: dict[str, Path]) -> None:
    report = verify(logs["busy"])
    rows = page(logs["busy"], busy_log.BUSY, verified=report).rows["checks"]
    cells = [cell for row in rows for cell in row]
    shown = {cells[at]: cells[at + 1].lstrip("▲✓\N{EN DASH} ") for at in range(0, len(cells), 3)}
    said = {"passed": "passed", "failed": "FAILED", "not_checked": "not checked"}
    assert shown == {
        each.check.value.replace("_", " "): said[each.status.value] for each in report.checks
    }


def test_the_checkpoint_stands_in_it_line_for_line(logs: dict[str, Path]) -> None:
    with LogReader.open(logs["long"]) as reader:
        note = reader.checkpoint
    assert page(logs["long"], long_session.SESSION).ids["checkpoint"] == note
    assert note.count("\n") == 5


def test_a_report_of_a_thousand_shots_has_no_script_and_asks_nobody_for_anything(
    logs: dict[str, Path],
) -> None:
    with LogReader.open(logs["long"]) as reader:
        html = session_html(reader, long_session.SESSION, made_utc_us=MADE)
    shown = Page(html)
    assert f'content="{POLICY}"' in html
    assert not shown.tags & {"script", "link", "iframe", "img", "object", "embed", "form", "a"}
    assert {value for _, name, value in shown.attributes if "://" in value} == {
        "http://www.w3.org/2000/svg"  # the name of a vocabulary, which nobody fetches
    }
    assert not [name for _, name, _ in shown.attributes if name.startswith("on") or "href" in name]
    assert not re.search(r"url\(|@import", html)
    assert len(html) < 500_000


def test_every_hostile_text_is_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    texts = hostile_log.write(path)
    plain = page(path, next(iter(texts)), with_texts=True)
    for session, text in texts.items():
        with LogReader.open(path) as reader:
            html = session_html(reader, session, made_utc_us=MADE, with_texts=True)
        shown = Page(html)
        assert shown.tags <= plain.tags, text
        assert {(t, n) for t, n, _ in shown.attributes} <= {
            (t, n) for t, n, _ in plain.attributes
        }, text
        seen = tidy(visible(text))
        lots = [row[3] for row in shown.rows[""] if len(row) == 6]
        assert seen in lots, text
        assert seen in tidy(shown.text)
        drawn = shown.text.replace("\n", "").replace("\u202f", " ")
        assert drawn.isprintable(), text


def test_french_says_the_same_figures_with_a_comma(logs: dict[str, Path]) -> None:
    english = page(logs["long"], long_session.SESSION)
    french = page(logs["long"], long_session.SESSION, language=Language.FRENCH)
    assert "Rapport de séance" in french.text
    for name in ("given_shots", "given_nl", "measured_nl", "partial_shots"):
        assert french.ids[name] == english.ids[name].replace(".", ",")
    assert [line.replace(",", ".") for line in french.dense] == english.dense


def test_a_session_that_is_not_there_is_said_so(logs: dict[str, Path]) -> None:
    with LogReader.open(logs["long"]) as reader, pytest.raises(NoSuchSessionError, match="c0123"):
        session_html(reader, "c0123", made_utc_us=MADE)


def test_a_shot_that_came_in_after_the_close_is_listed_apart(tmp_path: Path) -> None:
    path = tmp_path / "late.db"
    with samples.open_log(path) as log:
        granted = samples.write_session(log, shots=3)
        late = samples.shot(4, granted)
        log.append([Draft(None, late)], samples.NOW)
    shown = page(path, samples.SESSION)
    assert [row[0] for row in shown.rows["late"]] == [str(granted + 3 + 4)]
    assert shown.ids["shots"] == "3"
    assert len(shown.dense) == 3
