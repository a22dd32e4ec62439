"""``injector log review``, ``sign`` and ``correct``, and an approval that is signed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.approve import approve
from injector.cli.exits import Exit
from injector.cli.log import log as log_command
from injector.cli.people import open_staff
from injector.control.registering import NotSignedError, approve_library, record_key
from injector.control.snapshot import Denial, Denied
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.entries import Draft, Entry
from injector.shotlog.facts import OperatorRecorded
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Barred, Signed
from injector.staff.hashing import Hasher
from injector.staff.lockout import MOST_FAILURES
from injector.staff.roles import Role
from injector.treatment.shipped import shipped_library
from tests.shotlog.samples import (
    NOW,
    SECOND_SESSION,
    SERIAL,
    SESSION,
    closed,
    open_log,
    opened,
    setpoint,
    write_session,
)
from tests.staff.people import PASSPHRASE, WRONG
from tests.tui.bench import Terminal

THIRD = "t00000000000000c3"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Hasher(passes=1, memory_kib=64, lanes=1)
    monkeypatch.setattr("injector.staff.file.Hasher", lambda: cheap)


def person(path: Path, who: str, role: Role) -> None:
    qualified = role is Role.PRACTITIONER
    recorded = OperatorRecorded(
        person=who,
        name=f"{who.title()} Example",
        role=role.value,
        diploma="DIU mesotherapy" if qualified else None,
        registration="75-1" if qualified else None,
        by="ada",
    )
    with open_log(path) as log:
        log.append([Draft(None, recorded)], NOW)
    unlocked = open_staff(path).add(who, f"{who.title()} Example", role, PASSPHRASE)
    record_key(path, who, unlocked.seed, by=who, now=NOW, random_bytes=os.urandom, software="tests")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Ada gave three sessions, the second with an override; Bea is an auditor."""
    path = tmp_path / "shots.db"
    person(path, "ada", Role.PRACTITIONER)
    person(path, "bea", Role.AUDITOR)
    with open_log(path) as log:
        write_session(log, SESSION)
        with_override(log)
        write_session(log, THIRD, first=9)
    return path


def with_override(log: ShotLog) -> None:
    log.append([opened(SECOND_SESSION, before=8)], NOW)
    given = facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada")
    log.append([Draft(SECOND_SESSION, given, {"/reason": "a deep one"})], NOW)
    pain = facts.Pain(when="after", score=3, by="ada")
    log.append([Draft(SECOND_SESSION, pain), closed(SECOND_SESSION, before=8)], NOW)


@contextmanager
def said(passphrase: str) -> Iterator[str]:
    """A file descriptor that gives a passphrase."""
    reading, writing = os.pipe()
    os.write(writing, passphrase.encode() + b"\n")
    os.close(writing)
    yield str(reading)
    os.close(reading)


def run(path: Path, *args: str, passphrase: str = PASSPHRASE) -> Result:
    with said(passphrase) as fd:
        return CliRunner().invoke(log_command, [*args, "--passphrase-fd", fd, "--log", str(path)])


def entries(path: Path, *kinds: str) -> list[Entry]:
    with LogReader.open(path) as reader:
        return list(reader.entries(kinds=kinds))


def queue(path: Path) -> list[dict[str, object]]:
    result = CliRunner().invoke(log_command, ["review", "--json", "--log", str(path)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def sign(path: Path, session: str, meaning: str, who: str = "ada") -> Result:
    return run(path, "sign", session, "--meaning", meaning, "--by", who)


# -- signing --------------------------------------------------------------------------------


@pytest.mark.rule("R-SIGNATURES")
def test_who_gave_a_session_signs_it_with_its_overrides_and_the_log_verifies(path: Path) -> None:
    result = sign(path, SECOND_SESSION, "performed")
    assert result.exit_code == 0, result.output
    made = [entry.body for entry in entries(path, "signed")]
    assert [each.meaning for each in made if isinstance(each, Signed)] == ["override", "performed"]
    assert "performed, by Ada Example (ada)" in result.output
    assert verify(path).ok
    again = sign(path, SECOND_SESSION, "performed")
    assert again.exit_code == Exit.BAD_INPUT
    assert "signed it already" in again.output


@pytest.mark.rule("R-SIGNATURES", "R-BARRED")
def test_an_auditor_reviews_and_performs_nothing(path: Path) -> None:
    refused = sign(path, SESSION, "performed", "bea")
    assert refused.exit_code == Exit.FAILED
    assert "role on record of bea" in refused.output
    [entry] = entries(path, "barred")
    assert entry.body == Barred(what="sign", by="bea")
    assert sign(path, SESSION, "reviewed", "bea").exit_code == 0
    assert verify(path).ok


@pytest.mark.rule("R-SIGNATURES", "R-LOCKOUT", "R-ACCESS")
def test_a_wrong_passphrase_signs_nothing_counts_and_is_an_entry(path: Path) -> None:
    for _ in range(MOST_FAILURES):
        refused = run(
            path, "sign", SESSION, "--meaning", "performed", "--by", "ada", passphrase=WRONG
        )
        assert refused.exit_code == Exit.BAD_INPUT
        assert WRONG not in refused.output
    told = [entry.body for entry in entries(path, "access")]
    assert [each.what for each in told if isinstance(each, facts.Access)] == [
        *["sign_in_failed"] * MOST_FAILURES,
        "locked_out",
    ]
    locked = sign(path, SESSION, "performed")
    assert locked.exit_code == Exit.BAD_INPUT
    assert "locked out for 5 min" in locked.output
    assert entries(path, "signed") == []


def test_a_session_that_is_open_is_not_signed(path: Path) -> None:
    with open_log(path) as log:
        log.append([opened("t00000000000000d4", before=16)], NOW)
    refused = sign(path, "last", "performed")
    assert refused.exit_code == Exit.BAD_INPUT
    assert "still open" in refused.output


def test_while_an_engine_runs_one_signs_at_the_console(path: Path) -> None:
    with open_log(path):
        refused = sign(path, SESSION, "performed")
    assert refused.exit_code == Exit.BAD_INPUT
    assert "sign at the console" in refused.output


def test_a_passphrase_is_never_an_argument_and_a_terminal_does_not_show_it(path: Path) -> None:
    without = CliRunner().invoke(
        log_command,
        ["sign", SESSION, "--meaning", "performed", "--by", "ada", "--log", str(path)],
    )
    assert without.exit_code == Exit.BAD_INPUT
    assert "--passphrase-fd" in without.output
    open_staff(path).reset_passphrase("ada", PASSPHRASE)  # with the cost of a real one
    command = ("-m", "injector.cli.main", "log", "sign", SESSION, "--meaning", "performed",
               "--by", "ada", "--log", path)  # fmt: skip
    with Terminal(*command) as terminal:
        terminal.wait("passphrase of ada:")
        terminal.send(PASSPHRASE.encode() + b"\n")
        assert terminal.end() == 0
        assert PASSPHRASE.encode() not in terminal.raw
    assert len(entries(path, "signed")) == 1
    assert verify(path).ok


# -- the review queue -----------------------------------------------------------------------


def test_the_queue_lists_what_nobody_reviewed_exceptions_first(path: Path) -> None:
    assert [each["session"] for each in queue(path)] == [SESSION, SECOND_SESSION, THIRD]
    assert [each["exceptions"] for each in queue(path)] == [1, 2, 1]  # all are unsigned
    for session in (SESSION, SECOND_SESSION, THIRD):
        sign(path, session, "performed")
    assert [(each["session"], each["exceptions"]) for each in queue(path)] == [
        (SECOND_SESSION, 1),
        (SESSION, 0),
        (THIRD, 0),
    ]
    sign(path, SESSION, "reviewed", "bea")
    assert [each["session"] for each in queue(path)] == [SECOND_SESSION, THIRD]
    for session in (SECOND_SESSION, THIRD):
        sign(path, session, "reviewed", "bea")
    assert queue(path) == []
    said = CliRunner().invoke(log_command, ["review", "--log", str(path)])
    assert "has been reviewed" in said.output


def test_the_queue_shows_each_exception_to_people(path: Path) -> None:
    shown = CliRunner().invoke(log_command, ["review", "--log", str(path)]).stdout.splitlines()
    assert shown[0].split() == [
        "session", "opened", "(UTC)", "by", "gaps", "uncertain", "overrides", "alarms", "adverse",
        "refused", "by", "limits", "refused", "by", "gun", "signed",
    ]  # fmt: skip
    assert shown[2].split() == [SECOND_SESSION, "2027-01-15", "08:00:00", "ada", "1", "NO"]


def test_what_limits_refuse_and_what_the_gun_refuses_are_two_figures(path: Path) -> None:
    verdict = log.Verdict(rules=1, outcome="refuse", passed=(), override=None)
    limits = log.Refused(what=setpoint(), technique="papule", zone="elbow", verdict=verdict)
    gun = log.DeviceRefused(
        serial=SERIAL, link=7, request="grant", reason="journal_full", bound=4, grant_seq=None
    )
    with open_log(path) as made:
        made.append([Draft(THIRD, body) for body in (limits, gun, gun)], NOW)
    of = next(each for each in queue(path) if each["session"] == THIRD)
    assert (of["refused_by_limits"], of["refused_by_gun"]) == (1, 2)
    assert of["exceptions"] == 4, "with that nobody signed it"
    shown = CliRunner().invoke(log_command, ["review", "--log", str(path)]).stdout.splitlines()
    (line,) = (each for each in shown if each.startswith(THIRD))
    assert line.split()[-3:] == ["1", "2", "NO"]


def test_an_open_session_is_in_no_queue(path: Path) -> None:
    with open_log(path) as log:
        log.append([opened("t00000000000000d4", before=16)], NOW)
    assert len(queue(path)) == 3


# -- corrections ----------------------------------------------------------------------------


@pytest.mark.rule("R-CORRECTED")
def test_a_correction_shows_old_and_new_in_the_session(path: Path) -> None:
    [pain] = entries(path, "pain")
    done = run(path, "correct", str(pain.seq), "/score", "4", "--reason", "misread", "--by", "ada")
    assert done.exit_code == 0, done.output
    [override] = entries(path, "override_given")
    run(path, "correct", str(override.seq), "/reason", "a thick one", "--reason", "typing",
        "--by", "ada")  # fmt: skip
    shown = CliRunner().invoke(log_command, ["show", SECOND_SESSION, "--log", str(path)]).stdout
    assert f'/score of entry {pain.seq}, by ada: 3 -> 4 ("misread")' in shown
    assert f'/reason of entry {override.seq}, by ada: "a deep one" -> "a thick one"' in shown
    assert verify(path).ok


@pytest.mark.rule("R-CORRECTED")
def test_what_a_device_told_is_not_corrected(path: Path) -> None:
    shot = entries(path, "shot")[0]
    refused = run(
        path, "correct", str(shot.seq), "/volume_nl", "0", "--reason", "no", "--by", "ada"
    )
    assert refused.exit_code == Exit.FAILED
    assert "nobody typed" in refused.output
    assert entries(path, "corrected") == []


# -- approvals ------------------------------------------------------------------------------


def approving(path: Path, who: str, passphrase: str = PASSPHRASE) -> Result:
    with said(passphrase) as fd:
        args = ["shipped", "--by", who, "--passphrase-fd", fd, "--log", str(path)]
        return CliRunner().invoke(approve, args)


@pytest.mark.rule("R-APPROVAL", "R-SIGNATURES")
def test_where_somebody_works_here_an_approval_is_signed_with_the_passphrase(path: Path) -> None:
    assert approving(path, "ada", WRONG).exit_code == Exit.BAD_INPUT
    assert entries(path, "library_approved", "signed") == []
    assert approving(path, "ada").exit_code == 0
    [approved] = entries(path, "library_approved")
    [signed] = entries(path, "signed")
    assert isinstance(signed.body, Signed)
    assert (signed.body.about_seq, signed.body.meaning) == (approved.seq, "approved")
    assert signed.session is None
    assert verify(path).ok


@pytest.mark.rule("R-APPROVAL", "R-QUALIFIED", "R-BARRED")
def test_an_auditor_approves_nothing_and_asking_is_an_entry(path: Path) -> None:
    assert approving(path, "bea").exit_code == Exit.BAD_INPUT
    assert entries(path, "library_approved", "signed") == []
    [entry] = entries(path, "barred")
    assert entry.body == Barred(what="approve_library", by="bea")


# -- keys -----------------------------------------------------------------------------------


def recorded(path: Path, who: str, seed: bytes) -> list[Entry] | Denied:
    return record_key(path, who, seed, by=who, now=NOW, random_bytes=os.urandom, software="tests")


@pytest.mark.rule("R-SIGNATURES", "R-BARRED")
def test_who_is_not_on_record_or_was_withdrawn_gets_no_key_on_record(path: Path) -> None:
    gone = OperatorRecorded(
        person="ada",
        name="Ada Example",
        role="withdrawn",
        diploma=None,
        registration=None,
        by="bea",
    )
    with open_log(path) as log:
        log.append([Draft(None, gone)], NOW)
    before = len(entries(path, "operator_key"))
    for who in ("ada", "nobody"):
        assert recorded(path, who, who[:1].encode() * 32) == Denied(
            "record_key", Denial.NOT_ALLOWED
        )
    assert len(entries(path, "operator_key")) == before
    assert [entry.body for entry in entries(path, "barred")] == [
        Barred(what="record_key", by="ada"),
        Barred(what="record_key", by="nobody"),
    ]
    assert verify(path).ok


@pytest.mark.rule("R-SIGNATURES")
def test_a_key_that_was_on_record_before_does_not_come_back(path: Path) -> None:
    old, new = b"x" * 32, b"y" * 32
    assert isinstance(recorded(path, "ada", old), list)
    assert isinstance(recorded(path, "ada", new), list)
    assert recorded(path, "ada", new) == [], "it is the newest already"
    assert recorded(path, "ada", old) == Denied("record_key", Denial.NOT_SIGNED)
    library = shipped_library()
    with pytest.raises(NotSignedError):
        approve_library(
            path, library, by="ada", seed=old, now=NOW, random_bytes=os.urandom, software="tests"
        )
    assert entries(path, "library_approved") == [], "an approval is not written to stay unsigned"
    assert verify(path).ok
