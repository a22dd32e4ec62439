"""``injector staff`` puts people's signing keys on record in the shot log."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.people import open_staff
from injector.cli.staff import staff
from injector.shotlog.reader import LogReader
from injector.shotlog.signatures import key_in_force, keys_on_record
from injector.shotlog.signing import person_key
from injector.shotlog.verify import verify
from injector.staff.file import Unlocked
from injector.staff.hashing import Hasher
from injector.staff.roles import Person, Role
from tests.shotlog.samples import open_log
from tests.staff.people import PASSPHRASE

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
