"""Promise: a patient's card and a clinic's period say what the entries say, worked out anew."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from injector.report.card import NotThePatientsError, card_html, sessions_of
from injector.report.deriving import NotDerivedError
from injector.report.period import Period, PeriodError, period_html
from injector.report.session import session_html
from injector.report.speech import Language
from injector.report.visible import visible
from injector.shotlog.entries import Alarm, Draft
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.report import busy_log, hostile_log, long_session, two_months
from tests.report.bodies import bodies_of, of_kind
from tests.report.page_reading import Page, mg, ml, second, tidy, whole
from tests.report.reckoning import given, of_session, reckoned_doses, words
from tests.shotlog import samples

NONE: Final = "\N{EN DASH}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.db"
    long_session.write(path)
    return path


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "busy.db"
    busy_log.write(path)
    return path


def card(path: Path, *sessions: str, patient: str = long_session.PATIENT, **more: Any) -> Page:
    options = {"pseudonym": long_session.PSEUDONYM} | more
    with LogReader.open(path) as reader:
        return Page(card_html(reader, patient, sessions, **options))


def period(path: Path, text: str, **more: Any) -> Page:
    return Page(period_page(path, text, **more))


def period_page(path: Path, text: str, **more: Any) -> str:
    with LogReader.open(path) as reader:
        return period_html(reader, Period.parse(text), made_utc_us=samples.NOW.utc_us, **more)


# -- the card ------------------------------------------------------------------------------


def test_a_card_names_products_lots_zones_and_volumes(made: Path) -> None:
    found = bodies_of(made, long_session.SESSION)
    (opened,) = (b for b in found if b["kind"] == "session_opened")
    (closed,) = (b for b in found if b["kind"] == "session_closed")
    loaded_nl = sum(item["volume_nl"] for item in opened["mixture"])
    shown = card(made, long_session.SESSION)
    assert shown.rows["products"] == [
        [item["product"], item["lot"] or NONE,
         ml(-(-closed["given_nl"] * item["volume_nl"] // loaded_nl))]
        for item in opened["mixture"]
    ]  # fmt: skip
    zones = sorted(closed["zones"], key=lambda each: -each["volume_nl"])
    assert shown.rows["places"] == [
        *([z["zone"], whole(z["shots"]), ml(z["volume_nl"])] for z in zones),
        ["in all", whole(closed["given_shots"]), ml(closed["given_nl"])],
    ]
    assert shown.ids["patient"] == long_session.PSEUDONYM
    assert "2027-01-15" in shown.text
    assert "Ada Example" in shown.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.ENGLISH,
            ["Compression", "Cold", "No intense exercise for 24 hours", "Do not touch",
             "signs of infection", "as your practitioner told you"],
        ),
        (
            Language.FRENCH,
            ["Compression", "Froid", "Pas d\N{RIGHT SINGLE QUOTATION MARK}effort intense",
             "Ne touchez pas", "signes d\N{RIGHT SINGLE QUOTATION MARK}infection",
             "comme votre praticien vous"],
        ),
    ],
)  # fmt: skip
def test_a_card_says_what_to_do_for_24_hours_in_the_patients_language(
    made: Path, language: Language, said: list[str]
) -> None:
    text = card(made, long_session.SESSION, language=language).text
    assert [each for each in said if each in text] == said


def test_a_card_holds_no_other_private_text(made: Path) -> None:
    shown = card(made, long_session.SESSION)
    assert "Elbow, left" not in shown.text
    assert "lumbar" not in shown.text


def test_a_session_of_somebody_else_comes_on_no_card(made: Path) -> None:
    with pytest.raises(NotThePatientsError):
        card(made, long_session.TRAINING)


def test_a_card_of_several_visits_says_of_each_what_its_entries_come_to(tmp_path: Path) -> None:
    """One with two syringes, a gap and shots by hand; one with another syringe for those."""
    path = tmp_path / "shots.db"
    two_months.write(path)
    found, visits = bodies_of(path), [busy_log.BUSY, busy_log.OPEN]
    shown = card(path, *visits, patient=busy_log.PATIENT, pseudonym=None)
    products, places = [], []
    for visit in visits:
        doses = [row for row in reckoned_doses(found) if row["session"] == visit]
        products += [
            [row["product"], ", ".join(row["lots"] or [NONE]), ml(row["given_nl"])]
            for row in doses
            if row["given_nl"]
        ]
        (zone,) = {b["zone"] for b in of_session(found, visit) if b["kind"] == "hand_shots"}
        shots, volume_nl = given(found, visit)
        places += [[name, str(shots), ml(volume_nl)] for name in (zone, "in all")]
    assert shown.rows["products"] == products
    assert shown.rows["places"] == places
    assert shown.ids["patient"] == busy_log.PATIENT
    assert len(products) > 4


def test_a_patients_sessions_are_found_by_the_random_id(busy: Path) -> None:
    with LogReader.open(busy) as reader:
        assert sessions_of(reader, busy_log.PATIENT) == [busy_log.BUSY, busy_log.OPEN]
        assert sessions_of(reader, "ffffffffffffffff") == []


# -- the period ----------------------------------------------------------------------------


def test_a_period_counts_what_its_sessions_hold(busy: Path) -> None:
    found = [b for b in bodies_of(busy) if b["session"]]
    kinds = Counter(b["kind"] for b in found)
    words = {(b["session"], b["step"], b["by"]) for b in found if b["kind"] == "override_given"}
    words |= {
        (b["session"], b["step"], b["verdict"]["override"]["by"])
        for b in found
        if b["kind"] == "grant" and b["verdict"]["override"]
    }
    closed = [b for b in found if b["kind"] == "session_closed"]
    of_open = [b for b in found if b["session"] == busy_log.OPEN]
    open_shots = [b for b in of_open if b["kind"] == "shot"]
    by_hand = [b for b in of_open if b["kind"] == "hand_shots"]
    shown = period(busy, "2027-01")
    assert {name: shown.ids[name] for name in shown.ids if name in BOXES} == {
        "sessions": str(kinds["session_opened"]),
        "given_shots": whole(
            sum(b["given_shots"] for b in closed) + len(open_shots)
            + sum(b["shots"] for b in by_hand)
        ),
        "given_nl": ml(
            sum(b["given_nl"] for b in closed) + sum(b["counts_nl"] for b in open_shots)
            + sum(b["volume_nl"] for b in by_hand)
        ),
        "overrides": str(len(words)),
        "alarms": str(sum(b["kind"] == "alarm" and b["act"] == "raised" for b in found)),
        "gaps": str(kinds["gap"]),
        "refused_by_limits": str(kinds["refused"]),
        "refused_by_gun": str(kinds["device_refused"]),
        "adverse_events": str(kinds["adverse_event"]),
        "unsigned": "2",
        "unreviewed": "2",
    }  # fmt: skip
    assert shown.rows["overriders"] == [["ada", "", str(len(words)), "1"]]
    assert shown.rows["gap_rows"][0][1] == busy_log.BUSY


BOXES: Final = frozenset(
    {
        "sessions", "given_shots", "given_nl", "overrides", "alarms", "gaps",
        "refused_by_limits", "refused_by_gun", "adverse_events", "unsigned", "unreviewed",
    }
)  # fmt: skip


def test_doses_of_a_period_are_added_up_by_product_and_realm(made: Path) -> None:
    closed = next(b for b in bodies_of(made) if b["kind"] == "session_closed")
    shown = period(made, "2027-01-15..2027-01-15").rows
    doses = {row[0]: row[2] for row in shown["products_clinical"]}
    assert doses == {each["product"]: mg(each["dose_ng"]) for each in closed["doses"]} | {
        "saline": NONE
    }
    training = bodies_of(made, long_session.TRAINING)
    counted = sum(b["counts_nl"] for b in training if b["kind"] == "shot")
    assert shown["products_training"] == [["saline", ml(counted), NONE]]


def test_a_dose_that_some_sessions_do_not_know_is_told_as_the_least(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    busy_log.write(path)
    with samples.open_log(path) as log:
        log.append([samples.closed(busy_log.OPEN)], busy_log.later(250))
    closed = {b["session"]: b for b in bodies_of(path) if b["kind"] == "session_closed"}
    known = {each["product"]: each["dose_ng"] for each in closed[busy_log.BUSY]["doses"]}
    of_open = [each["product"] for each in closed[busy_log.OPEN]["doses"]]
    assert "lidocaine" not in of_open, "of this one nobody knows the dose"
    shown = period(path, "2027-01").rows
    doses = {row[0]: row[2] for row in shown["products_clinical"]}
    assert doses["lidocaine"] == (
        f"at least {mg(known['lidocaine'])} (sessions without a known dose: 1)"
    )
    assert doses["biotin"] == mg(known["biotin"]), "every session with it knows its dose"


def test_a_period_lists_what_its_entries_tell(busy: Path) -> None:
    found = bodies_of(busy)
    shown = period(busy, "2027-01").rows
    raised = [b for b in of_kind(found, "alarm") if b["act"] == "raised"]
    assert [[row[1], *row[2:]] for row in shown["alarm_rows"]] == counted(
        (b["alarm"].replace("_", " "), b["priority"], b["session"]) for b in raised
    )
    assert [[row[0], *row[2:]] for row in shown["refused_rows"]] == counted(
        ("limits" if b["kind"] == "refused" else "gun", b["seq"], b["session"])
        for b in of_kind(found, "refused", "device_refused")
    )[::-1]
    chosen = {
        b["gap_seq"]: f"{b['choice']} ({b['by']})" for b in of_kind(found, "gap_acknowledged")
    }
    assert shown["gap_rows"] == [
        [
            second(b["utc_us"]), b["session"], b["serial"], str(b["shots_max"]),
            ml(b["volume_max_nl"]), b["reason"].replace("_", " "),
            chosen[b["seq"]].replace("_", " "),
        ]
        for b in of_kind(found, "gap")
    ]  # fmt: skip
    assert [row[:4] + row[5:] for row in shown["adverse_rows"]] == [
        [second(b["utc_us"]), b["session"], b["what"], f"{b['severity']} / 3", b["by"]]
        for b in of_kind(found, "adverse_event")
    ]


def counted(of: Iterable[tuple[object, ...]]) -> list[list[str]]:
    """What comes with each first name: how often, and in how many sessions; most first."""
    times: dict[tuple[object, ...], list[object]] = {}
    for *by, session in of:
        times.setdefault(tuple(by), []).append(session)
    ordered = sorted(times.items(), key=lambda each: -len(each[1]))
    return [[str(by[0]), str(len(mine)), str(len(set(mine)))] for by, mine in ordered]


def test_a_period_names_the_sessions_that_want_something(busy: Path) -> None:
    found = bodies_of(busy)
    closed = {b["session"] for b in of_kind(found, "session_closed")}
    signed = {(b["session"], b["meaning"]) for b in of_kind(found, "signed")}
    rows = {}
    for opened in of_kind(found, "session_opened"):
        name, mine = opened["session"], of_session(found, opened["session"])
        rows[name] = [
            second(opened["utc_us"]), name, "clinical" if name[0] == "c" else "training",
            opened["operator"], whole(given(found, name)[0]),
            str(sum(each.session == name for each in words(found))),
            str(sum(b["act"] == "raised" for b in of_kind(mine, "alarm"))),
            str(len(of_kind(mine, "gap"))), str(len(of_kind(mine, "adverse_event"))),
        ]  # fmt: skip
    expected = [rows[name] for name in rows if name not in closed]
    expected += [rows[name] for name in rows if (name, "performed") not in signed]
    expected += [rows[name] for name in rows if (name, "reviewed") not in signed]
    assert period(busy, "2027-01").rows[""] == expected
    assert len(expected) == 5


@pytest.mark.parametrize(
    ("text", "columns"),
    [("2027-01-01..2027-03-31", ["2027-01", "2027-02", "2027-03"]),
     ("2027-01-15..2027-02-15", ["2027-01-15", *[None] * 30, "2027-02-15"])],
)  # fmt: skip
def test_realms_of_a_period_stand_apart_and_each_column_is_as_high_as_its_shots(
    tmp_path: Path, text: str, columns: list[str | None]
) -> None:
    path = tmp_path / "shots.db"
    two_months.write(path)
    found, html = bodies_of(path), period_page(path, text)
    opened = of_kind(found, "session_opened")
    for realm in "ct":
        mine = [b for b in opened if b["session"][0] == realm]
        amounts = [given(found, b["session"]) for b in mine]
        patients = {b["patient"] for b in mine} - {None}
        shots, volume_nl = (sum(each) for each in zip(*amounts, strict=True))
        said = f"{len(mine)} sessions, {len(patients)} patients, {shots} shots, {ml(volume_nl)}"
        assert said in tidy(Page(html).text)
    sums = [
        sum(given(found, b["session"])[0] for b in opened if day(b["utc_us"]).startswith(column))
        if column else 0
        for column in columns
    ]  # fmt: skip
    svg = html[html.index('id="chart-shots"') :]
    heights = [float(h) for h in re.findall(r'<rect[^>]*height="([\d.]+)"[^>]*class="rect', svg)]
    assert heights == pytest.approx([max(heights) * each / max(sums) for each in sums], abs=0.1)
    assert sum(each > 0 for each in sums) == 2


def day(utc_us: int) -> str:
    return second(utc_us)[:10]


@pytest.mark.parametrize("text", ["2026-12", "2027-02-01..2027-02-28", "2027-01-14"])
def test_what_is_not_in_a_period_is_not_counted(made: Path, text: str) -> None:
    shown = period(made, text)
    assert shown.ids["sessions"] == "0"
    assert shown.ids["given_nl"] == "0.000 mL"


def test_a_period_says_what_vouches_for_it_as_a_session_does(made: Path) -> None:
    report = verify(made)
    with LogReader.open(made) as reader:
        session = Page(
            session_html(
                reader, long_session.SESSION, made_utc_us=samples.NOW.utc_us, verified=report
            )
        )
    shown = period(made, "2027-01", verified=report)
    assert len(shown.rows["checks"]) >= len(report.checks) // 2
    assert shown.rows["checks"] == session.rows["checks"]
    assert {name: shown.ids[name] for name in ("verified", "checkpoint")} == {
        name: session.ids[name] for name in ("verified", "checkpoint")
    }
    assert "was not verified" in period(made, "2027-01").ids["verified"]


def test_what_stands_outside_sessions_belongs_to_the_period_it_happened_in(tmp_path: Path) -> None:
    path, day_s = tmp_path / "shots.db", 86_400
    alarm = Alarm(alarm="gun_ahead", priority="high", act="raised", by=None, detail={"shots": 3})
    with samples.open_log(path) as log:
        for days in (0, 1, 1, 40):
            log.append([Draft(None, alarm)], busy_log.later(days * day_s))
    day = "2027-01-16..2027-01-16"
    assert period(path, day).rows["alarm_rows"] == [["▲ high", "gun ahead", "2", "0"]]
    assert period(path, "2027-01").ids["alarms"] == "3"


def test_a_period_reads_nothing_of_sessions_outside_it(tmp_path: Path) -> None:
    path, later = tmp_path / "shots.db", busy_log.later(40 * 86_400)
    with samples.open_log(path) as log:
        samples.write_session(log)
        log.append([samples.opened(samples.SECOND_SESSION)], later)
        log.append([samples.closed(samples.SECOND_SESSION)], later)
    before = period(path, "2027-01")
    at = f"session = '{samples.SECOND_SESSION}' AND kind = 'session_closed'"
    samples.tamper(path, f"UPDATE entries SET body = json_remove(body, '$.doses') WHERE {at}")  # noqa: S608 -- our own names
    assert period(path, "2027-01").text == before.text
    with pytest.raises(NotDerivedError):
        period(path, "2027-02")


def test_a_period_is_said_in_french(made: Path) -> None:
    assert "Dérogations par praticien" in period(
        made, "2027-01", language=Language.FRENCH
    ).text  # fmt: skip


@pytest.mark.parametrize("text", ["", "2027", "2027-13", "2027-01-32", "2027-02-01..2027-01-01"])
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        Period.parse(text)


def test_a_february_has_its_own_length() -> None:
    assert Period.parse("2028-02").days == 29


# -- hostile texts -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A log with a hostile text wherever one fits, and the text of each session."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.db"
    return path, hostile_log.write(path)


def only_text(shown: Page, plain: Page, text: str) -> None:
    """Nothing of the page is obeyed: it has the elements of a plain one, and is all visible."""
    assert shown.tags <= plain.tags, text
    of = {(tag, name) for tag, name, _ in shown.attributes}
    assert of <= {(tag, name) for tag, name, _ in plain.attributes}, text
    assert shown.text.replace("\n", "").replace("\u202f", " ").isprintable(), text


def as_shown(text: str) -> str:
    return tidy(visible(text))


@pytest.mark.parametrize("language", Language)
def test_a_hostile_text_is_text_on_a_card(
    hostile: tuple[Path, dict[str, str]], busy: Path, language: Language
) -> None:
    path, texts = hostile
    plain = card(busy, busy_log.CLOSED, patient=hostile_log.PATIENT, language=language)
    shown = card(path, *texts, patient=hostile_log.PATIENT, language=language)
    only_text(shown, plain, "all of them")
    assert [row[:2] for row in shown.rows["products"]] == [
        [as_shown(text.replace("_", " ")), as_shown(text)] for text in texts.values()
    ]
    by = {"en": "Given by {}.", "fr": "Donné par {}."}[language.value]
    for text in texts.values():
        assert tidy(by.format(as_shown(text))) in tidy(shown.text), text


def test_a_hostile_pseudonym_is_text_on_a_card(
    hostile: tuple[Path, dict[str, str]], busy: Path
) -> None:
    path, texts = hostile
    plain = card(busy, patient=hostile_log.PATIENT)
    for text in texts.values():
        shown = card(path, patient=hostile_log.PATIENT, pseudonym=text)
        only_text(shown, plain, text)
        assert tidy(shown.ids["patient"]) == as_shown(text)


def test_a_hostile_text_is_text_in_a_period(
    hostile: tuple[Path, dict[str, str]], busy: Path, tmp_path: Path
) -> None:
    path, texts = hostile
    shown = period(path, "2027-01")
    only_text(shown, period(busy, "2027-01"), "all of them")
    people = sorted([as_shown(text[:64]), as_shown(text), "1", "1"] for text in texts.values())
    assert sorted(shown.rows["overriders"]) == people
    ids = [as_shown(text[:64]) for text in texts.values()]
    assert [row[5] for row in shown.rows["adverse_rows"]] == ids
    assert [row[6] for row in shown.rows["gap_rows"]] == [
        tidy(f"go on ({visible(text[:64])})") for text in texts.values()
    ]
    assert {row[3] for row in shown.rows[""]} == set(ids)
    products = sorted(as_shown(text.replace("_", " ")) for text in texts.values())
    assert sorted(row[0] for row in shown.rows["products_training"]) == products
    assert "products_clinical" not in shown.rows
