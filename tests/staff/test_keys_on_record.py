"""``injector staff`` puts people's signing keys on record in the shot log."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.exits import Exit
from injector.cli.people import open_staff
from injector.cli.staff import staff
from injector.shotlog.facts import Access, OperatorRecorded
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import key_in_force, keys_on_record
from injector.shotlog.signing import person_key
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Barred
from injector.staff.file import Unlocked
from injector.staff.hashing import Hasher
from injector.staff.lockout import MOST_FAILURES
from injector.staff.roles import Person, Role
from tests.shotlog.samples import open_log
from tests.staff.people import PASSPHRASE, WRONG

NEW = "some other words entirely"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Hasher(passes=1, memory_kib=64, lanes=1)
    monkeypatch.setattr("injector.staff.file.Hasher", lambda: cheap)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "shots.db"


def run(log: Path, *args: str, said: tuple[str, ...] = ()) -> Result:
    lines = "".join(f"{line}\n" for line in said)
    done = CliRunner().invoke(staff, [*args, "--stdin", "--log", str(log)], input=lines)
    assert done.exit_code == 0, done.output
    return done


def add(log: Path, person: str, role: Role, *more: str, said: tuple[str, ...] = ()) -> Result:
    args = ("--name", f"{person.title()} Example", "--role", role.value, *more)
    return run(log, "add", person, *args, said=(*said, PASSPHRASE))


def seed(log: Path, person: str, passphrase: str = PASSPHRASE) -> bytes:
    unlocked = open_staff(log).unlock(person, passphrase)
    assert isinstance(unlocked, Unlocked)
    return unlocked.seed


def in_force(log: Path, person: str, seed: bytes) -> bool:
    with LogReader.open(log) as reader:
        return (
            key_in_force(reader, person) == person_key(reader.opened.origin, person, seed).verifier
        )


def test_who_is_added_has_their_key_on_record_and_the_log_verifies(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    add(log, "bea", Role.AUDITOR, "--by", "ada", said=(PASSPHRASE,))
    assert in_force(log, "ada", seed(log, "ada"))
    assert in_force(log, "bea", seed(log, "bea"))
    with LogReader.open(log) as reader:
        assert [(each.person, each.reason, each.by) for each in keys_on_record(reader)] == [
            ("ada", "first", "ada"),
            ("bea", "first", "ada"),
        ]
    assert verify(log).ok


def test_who_changes_their_own_passphrase_keeps_the_key_on_record(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    before = seed(log, "ada")
    run(log, "passphrase", "ada", said=(PASSPHRASE, NEW))
    assert seed(log, "ada", NEW) == before
    with LogReader.open(log) as reader:
        assert len(keys_on_record(reader)) == 1


def test_where_nobody_administers_who_gives_the_old_passphrase_keeps_the_key(log: Path) -> None:
    add(log, "ada", Role.PRACTITIONER)
    before = seed(log, "ada")
    run(log, "passphrase", "ada", "--by", "ADA", said=(PASSPHRASE, NEW))
    assert seed(log, "ada", NEW) == before
    told = run(log, "passphrase", "ada", said=(PASSPHRASE,))
    assert "new signing key" in told.output
    assert seed(log, "ada") != before


def test_a_reset_by_an_administrator_ends_the_key(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    add(log, "bea", Role.AUDITOR, "--by", "ada", said=(PASSPHRASE,))
    before = seed(log, "bea")
    run(log, "passphrase", "bea", "--by", "ada", said=(PASSPHRASE, NEW))
    assert open_staff(log).read().people[1].key is None
    assert isinstance(open_staff(log).sign_in("bea", NEW), Person)
    after = seed(log, "bea", NEW)
    assert after != before
    run(log, "passphrase", "bea", said=(NEW, PASSPHRASE))
    with LogReader.open(log) as reader:
        assert [(each.person, each.reason) for each in keys_on_record(reader)] == [
            ("ada", "first"),
            ("bea", "first"),
            ("bea", "reset"),
        ]
    assert in_force(log, "bea", after)
    assert verify(log).ok


def test_while_an_engine_runs_the_key_waits_for_the_next_sign_in(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    run(log, "passphrase", "ada", "--by", "ada", said=(PASSPHRASE, NEW))
    with open_log(log):
        told = run(log, "passphrase", "ada", said=(NEW, PASSPHRASE))
    assert "goes on record at the next sign-in" in told.output


def failing(log: Path, *args: str, said: tuple[str, ...] = ()) -> Result:
    lines = "".join(f"{line}\n" for line in said)
    done = CliRunner().invoke(staff, [*args, "--stdin", "--log", str(log)], input=lines)
    assert done.exit_code == Exit.BAD_INPUT, done.output
    return done


def bodies(log: Path, kind: str) -> list[object]:
    with LogReader.open(log) as reader:
        return [entry.body for entry in reader.entries(kinds=[kind])]


@pytest.mark.rule("R-BARRED")
def test_who_is_no_administrator_and_says_who_works_here_is_an_entry(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    add(log, "bea", Role.AUDITOR, "--by", "ada", said=(PASSPHRASE,))
    args = ("--name", "Eve Example", "--role", "auditor", "--by", "bea")
    assert "no administrator" in failing(log, "add", "eve", *args, said=(PASSPHRASE,)).output
    assert bodies(log, "barred") == [Barred(what="staff", by="bea")]


@pytest.mark.rule("R-ACCESS")
def test_a_wrong_passphrase_to_a_command_is_an_entry_as_one_at_the_door(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    for _ in range(MOST_FAILURES):
        failing(log, "disable", "ada", "--by", "ada", said=(WRONG,))
    assert [each.what for each in bodies(log, "access") if isinstance(each, Access)] == [
        *["sign_in_failed"] * MOST_FAILURES,
        "locked_out",
    ]


def test_an_id_is_never_used_again_after_who_had_it_was_withdrawn(log: Path) -> None:
    add(log, "ada", Role.ADMINISTRATOR)
    add(log, "bea", Role.AUDITOR, "--by", "ada", said=(PASSPHRASE,))
    run(log, "disable", "bea", "--by", "ada", said=(PASSPHRASE,))
    for again in ("bea", "BEA"):
        args = ("--name", "Another Bea", "--role", "engineer", "--by", "ada")
        assert "never used again" in failing(log, "add", again, *args, said=(PASSPHRASE,)).output
    roles = [each.role for each in bodies(log, "operator_recorded")
             if isinstance(each, OperatorRecorded) and each.person.casefold() == "bea"]  # fmt: skip
    assert roles == ["auditor", "withdrawn"], "and nothing new is on record under it"
    assert len(bodies(log, "operator_key")) == 2


def test_no_key_goes_on_record_of_who_is_not_on_record_themselves(log: Path) -> None:
    """The staff file knows her; the log is a new one."""
    add(log, "ada", Role.ADMINISTRATOR)
    for each in log.parent.glob("shots.db*"):
        if each.suffix != ".staff":
            each.unlink()
    open_log(log).close()
    run(log, "passphrase", "ada", said=(PASSPHRASE, NEW))
    with LogReader.open(log) as reader:
        assert keys_on_record(reader) == []
    assert verify(log).ok
