"""Signing at the console, with the real engine and a real gun on a pty."""

import asyncio
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from textual.widgets import Input

from injector.cli.simulator_process import SimulatorProcess
from injector.control.inputs import Intent
from injector.control.registering import record_key, record_operator, write_vouched
from injector.control.snapshot import Denied
from injector.control.wants import RecordKey, RecordSigned, Vouching
from injector.shotlog.entries import Entry, Moment
from injector.shotlog.facts import Access, OperatorRecorded
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import OperatorKey, Signed
from injector.staff.file import Unlocked
from injector.staff.roles import Role
from injector.tui import signing
from injector.tui.signing import Signing, Told
from tests.shotlog import samples
from tests.staff.people import PASSPHRASE, PIN, WRONG, Office
from tests.tui.bench import DEADLINE_S, Hand
from tests.tui.stage import Stage, console
from tests.tui.test_sign_in import sign_in, write

NOW = Moment(1_800_000_000_000_000, 1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


@pytest.fixture
def office(log: Path) -> Office:
    """A practitioner and an auditor, on record; neither has a key on record yet."""
    office = Office(log.with_name("shots.db.staff"))
    for person, role in (("ada", Role.PRACTITIONER), ("bob", Role.AUDITOR)):
        office.add(person, role, pin=PIN)
        qualified = role is Role.PRACTITIONER
        recorded = OperatorRecorded(
            person=person,
            name=f"{person.title()} Example",
            role=role.value,
            diploma="DIU mesotherapy" if qualified else None,
            registration="75-1" if qualified else None,
            by="ada",
        )
        record_operator(log, recorded, now=NOW, random_bytes=bytes_of, software="tests")
    return office


def bytes_of(count: int) -> bytes:
    bytes_of.made += 1  # type: ignore[attr-defined]
    return bytes_of.made.to_bytes(count)  # type: ignore[attr-defined]


bytes_of.made = 0  # type: ignore[attr-defined]


async def written(log: Path, kind: str, number: int = 1) -> list[Entry]:
    """Wait for so many entries of a kind."""
    end_s = time.monotonic() + DEADLINE_S
    while True:
        with LogReader.open(log) as reader:
            found = list(reader.entries(kinds=[kind]))
        if len(found) >= number:
            return found
        assert time.monotonic() < end_s, f"no {kind} was written"
        await asyncio.sleep(0.05)


def holds(log: Path, kind: str) -> list[Entry]:
    with LogReader.open(log) as reader:
        return list(reader.entries(kinds=[kind]))


async def end(stage: Stage) -> None:
    """End the session, as far as the passphrase."""
    await stage.press("e")
    await stage.see("End the session?")
    await stage.press("enter")
    await stage.see("the session ends, signed by Ada Example")
    await stage.press("enter")
    await stage.see("Ada Example signs that they have performed")


async def give(stage: Stage, passphrase: str) -> None:
    """The passphrase again."""
    stage.app.screen.query_one("#secret", Input).focus()
    await write(stage, passphrase)
    await stage.press("enter")


@pytest.mark.rule("R-SIGNATURES")
async def test_a_session_is_signed_at_its_end_with_its_overrides_for_one_passphrase(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        [key] = await written(log, "operator_key")
        assert isinstance(key.body, OperatorKey)
        assert (key.body.person, key.body.reason) == ("ada", "first")
        await stage.to_ready()
        await stage.press("u")
        await stage.see("Who lets soft limits be passed?", "ada")
        await give(stage, PIN)
        await stage.see("Let soft limits be passed")
        await write(stage, "thick skin")
        await stage.press("enter")
        await stage.see("soft limits may be passed in step 1")
        await stage.press("enter")
        await written(log, "override_given")
        await end(stage)
        assert holds(log, "session_closed") == [], "nothing ends before the passphrase is given"
        await give(stage, WRONG)
        await stage.see("wrong id or passphrase")
        await give(stage, PASSPHRASE)
        signed = await written(log, "signed", 2)
        await stage.see("signed: Ada Example")
    made = [each.body for each in signed if isinstance(each.body, Signed)]
    assert [(each.meaning, each.by) for each in made] == [("override", "ada"), ("performed", "ada")]
    [anchor] = holds(log, "anchor")
    assert {each.size for each in made} == {anchor.seq}
    assert [each.body.what for each in holds(log, "access") if isinstance(each.body, Access)][
        :2
    ] == ["signed_in", "sign_in_failed"]
    assert verify(log).ok


@pytest.mark.rule("R-SIGNATURES")
async def test_who_gives_no_passphrase_signs_nothing_and_the_session_goes_on(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_ready()
        await end(stage)
        await stage.press("escape")
        await stage.see("nothing was signed")
        assert stage.state.session is not None
        assert holds(log, "session_closed") == []


@pytest.mark.rule("R-SIGNATURES")
async def test_a_colleague_reviews_from_the_list_of_what_nobody_reviewed(
    gun: SimulatorProcess, hand: Hand, log: Path, office: Office
) -> None:
    unlocked = office.staff.unlock("bob", PASSPHRASE)
    assert isinstance(unlocked, Unlocked)
    record_key(log, "bob", unlocked.seed, by="bob", now=NOW, random_bytes=bytes_of, software="t")
    async with console(gun.port, log, who=None, staff=office.staff) as stage:
        await sign_in(stage, "ada")
        await stage.to_ready()
        await end(stage)
        await give(stage, PASSPHRASE)
        await written(log, "signed")
        await stage.see("no session")
        await stage.press("f4")
        await stage.see("LOCKED")
        await stage.press("x")
        await sign_in(stage, "bob")
        await stage.insist("b", "No session is open")
        await stage.insist("v", "indication")
        await stage.press("n")
        await stage.see("only sessions that nobody")
        await stage.press("enter")
        await stage.see("reviewed", "by nobody")
        await stage.press("w")
        await stage.see("Bob Example signs that they have reviewed")
        await give(stage, PASSPHRASE)
        await stage.see("signed: Bob Example")
        await stage.press("b")
        await stage.insist("n", "No session is in the log yet")
    assert [
        each.body.meaning for each in holds(log, "signed") if isinstance(each.body, Signed)
    ] == [
        "performed",
        "reviewed",
    ]
    assert len(holds(log, "operator_key")) == 2, "bob's was on record already"
    assert verify(log).ok


# -- one who signs, without a console ---------------------------------------------------------


def engine(log: Path) -> Callable[[Intent], None]:
    """Takes what is to be signed as an engine does."""

    def take(intent: Intent) -> None:
        assert isinstance(intent, RecordKey | RecordSigned)
        write_vouched(log, lambda _: [intent], now=NOW, random_bytes=bytes_of, software="tests")

    return take


def nobody(_intent: Intent) -> None:
    pytest.fail("what cannot be signed was sent")


def sign(
    log: Path,
    office: Office,
    person: str,
    meaning: Literal["performed", "reviewed"],
    post: Callable[[Intent], None],
) -> Told:
    """Sign the first sample session; what came of it."""
    unlocked = office.staff.unlock(person, PASSPHRASE)
    assert isinstance(unlocked, Unlocked)
    told: queue.Queue[Told] = queue.Queue()
    Signing(
        log, samples.SESSION, unlocked, meaning,
        post=post, tell=told.put, utc_us=lambda: NOW.utc_us,
    ).start()  # fmt: skip
    return told.get(timeout=DEADLINE_S)


@pytest.fixture
def closed(log: Path, office: Office) -> Path:
    """A log with a session that ada gave, and with the keys of both on record."""
    with samples.open_log(log) as writing:
        samples.write_session(writing)
    for person in ("ada", "bob"):
        unlocked = office.staff.unlock(person, PASSPHRASE)
        assert isinstance(unlocked, Unlocked)
        record_key(
            log, person, unlocked.seed, by=person, now=NOW, random_bytes=bytes_of, software="t"
        )
    return log


@pytest.mark.parametrize(
    ("person", "meaning", "name"),
    [("ada", "performed", "Ada Example"), ("bob", "reviewed", "Bob Example")],
)
def test_who_has_signed_it_already_is_told_so_and_nothing_is_signed_twice(
    closed: Path,
    office: Office,
    person: str,
    meaning: Literal["performed", "reviewed"],
    name: str,
) -> None:
    assert f"signed: {name}" in sign(closed, office, person, meaning, engine(closed)).words
    again = sign(closed, office, person, meaning, nobody)
    assert again == Told(f"{name} has signed it already")
    assert len(holds(closed, "signed")) == 1


@pytest.mark.parametrize(
    ("person", "meaning", "why"),
    [
        ("bob", "performed", "the role of Bob Example does not include it, or it was not theirs"),
        ("ada", "reviewed", "Ada Example gave this session, so a colleague reviews it"),
    ],
)
def test_what_an_engine_would_refuse_is_said_at_once_with_the_reason(
    closed: Path,
    office: Office,
    person: str,
    meaning: Literal["performed", "reviewed"],
    why: str,
) -> None:
    told = sign(closed, office, person, meaning, nobody)
    assert told == Told(f"NOT signed: {why}", wrong=True)


def test_who_is_not_on_record_in_this_log_is_told_so(log: Path, tmp_path: Path) -> None:
    with samples.open_log(log) as writing:
        samples.write_session(writing)
    elsewhere = Office(tmp_path / "elsewhere.staff")
    elsewhere.add("ada")
    told = sign(log, elsewhere, "ada", "performed", nobody)
    assert told == Told("NOT signed: Ada Example is not on record in this shot log", wrong=True)


def test_an_entry_that_is_gone_is_said_in_one_line(closed: Path, office: Office) -> None:
    samples.tamper(closed, "DELETE FROM entries WHERE kind = 'grant'")
    told = sign(closed, office, "ada", "performed", nobody)
    assert told.wrong
    assert told.words.startswith("NOT signed: the shot log does not hold what is to be signed: ")


def test_a_file_that_cannot_be_read_on_is_said_in_one_line(closed: Path, office: Office) -> None:
    data = closed.read_bytes()
    page = int.from_bytes(data[16:18])
    kept = data.rindex(b"CREATE") // page + 1  # the schema is whole
    closed.write_bytes(data[: kept * page] + bytes(len(data) - kept * page))
    told = sign(closed, office, "ada", "performed", nobody)
    assert told.wrong
    assert told.words.startswith("NOT signed: the shot log cannot be read: ")


# -- the order ------------------------------------------------------------------------------


@pytest.mark.rule("R-SIGNATURES")
def test_a_signature_is_sent_only_once_its_key_is_on_record(log: Path, office: Office) -> None:
    with samples.open_log(log) as writing:
        samples.write_session(writing)
    order: list[str] = []

    def taken(intent: Intent) -> None:
        with LogReader.open(log) as reader:
            keys = len(list(reader.entries(kinds=["operator_key"])))
        order.append(f"{type(intent).__name__}, with {keys} keys on record")
        assert isinstance(intent, Vouching)
        written = write_vouched(
            log, lambda _: [intent], now=NOW, random_bytes=bytes_of, software="t"
        )
        assert not isinstance(written, Denied)

    told = sign(log, office, "bob", "reviewed", taken)
    assert not told.wrong, told
    assert order == [
        "RecordKey, with 0 keys on record",
        "RecordSigned, with 1 keys on record",
    ]


@pytest.mark.rule("R-SIGNATURES")
def test_where_the_key_is_not_taken_no_signature_is_sent(
    log: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "TAKE_S", 0.3)
    with samples.open_log(log) as writing:
        samples.write_session(writing)
    sent: list[Intent] = []
    told = sign(log, office, "bob", "reviewed", sent.append)
    assert told == Told("NOT signed: the engine did not take it", wrong=True)
    assert [type(each) for each in sent] == [RecordKey]
