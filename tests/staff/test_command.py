"""``injector staff``: adding people, their secrets, and what ends on record in the log."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.console import console
from injector.cli.exits import Exit
from injector.cli.staff import open_staff, staff
from injector.control.recall import ledger_from
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.staff.hashing import Hasher
from injector.staff.roles import Person, Role
from tests.shotlog.samples import open_log
from tests.staff.people import PASSPHRASE, WRONG
from tests.tui.bench import Terminal

QUALIFIED = ("--diploma", "DIU mesotherapy", "--registration", "75-1")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little."""
    cheap = Hasher(passes=1, memory_kib=64, lanes=1)
    monkeypatch.setattr("injector.staff.file.Hasher", lambda: cheap)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "data" / "shots.db"


def run(log: Path, *args: str, said: tuple[str, ...] = ()) -> Result:
    stdin = () if args[0] == "list" else ("--stdin",)
    lines = "".join(f"{line}\n" for line in said)
    return CliRunner().invoke(staff, [*args, *stdin, "--log", str(log)], input=lines)


def add(log: Path, person: str, role: Role, *more: str, said: tuple[str, ...] = ()) -> Result:
    args = ("--name", f"{person.title()} Example", "--role", role.value, *more)
    return run(log, "add", person, *args, said=(*said, PASSPHRASE))


@pytest.mark.rule("R-QUALIFIED", "R-ROLES")
@pytest.mark.parametrize("role", list(Role))
def test_the_first_person_may_be_anybody_and_is_on_record_at_once(role: Role, log: Path) -> None:
    done = add(log, "ada", role, *(QUALIFIED if role is Role.PRACTITIONER else ()))
    assert done.exit_code == 0, done.output
    signed_in = open_staff(log).sign_in("ada", PASSPHRASE)
    assert signed_in == Person("ada", "Ada Example", role)
    assert log.with_name("shots.db.staff").stat().st_mode & 0o777 == 0o600
    with LogReader.open(log) as reader:
        roster = ledger_from(reader).roster
    assert roster.operators["ada"].role == role.value
    assert roster.qualified("ada") is (role is Role.PRACTITIONER)
    assert verify(log).ok


def test_a_list_tells_who_works_here_and_no_secret(log: Path) -> None:
    nobody = run(log, "list")
    assert nobody.exit_code == 0
    assert "injector staff add" in nobody.stderr
    add(log, "ada", Role.PRACTITIONER, *QUALIFIED)
    add(log, "eve", Role.ENGINEER)
    run(log, "pin", "ada", said=("4711",))
    run(log, "disable", "eve")
    lines = run(log, "list", "--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "ada", "name": "Ada Example", "role": "practitioner", "pin": True,
         "disabled": False},
        {"id": "eve", "name": "Eve Example", "role": "engineer", "pin": False, "disabled": True},
    ]  # fmt: skip
    assert "eve  Eve Example  engineer  disabled" in run(log, "list").stdout


def test_once_there_is_an_administrator_they_say_who_works_here(log: Path) -> None:
    add(log, "ann", Role.ADMINISTRATOR)
    assert "an administrator says" in add(log, "eve", Role.ENGINEER).output
    wrong = add(log, "eve", Role.ENGINEER, "--by", "ann", said=(WRONG,))
    assert "wrong id or passphrase" in wrong.output
    done = add(log, "eve", Role.ENGINEER, "--by", "ann", said=(PASSPHRASE,))
    assert done.exit_code == 0, done.output
    no = add(log, "max", Role.ENGINEER, "--by", "eve", said=(PASSPHRASE,))
    assert "no administrator" in no.output
    with LogReader.open(log) as reader:
        operators = ledger_from(reader).roster.operators
    assert {who: each.by for who, each in operators.items()} == {"ann": "ann", "eve": "ann"}
    other = "quite another passphrase"
    assert run(log, "passphrase", "eve", said=(WRONG, other)).exit_code == Exit.BAD_INPUT
    assert run(log, "passphrase", "eve", said=(PASSPHRASE, other)).exit_code == 0
    assert isinstance(open_staff(log).sign_in("eve", other), Person)
    assert run(log, "pin", "eve", "--by", "ann", said=(PASSPHRASE, "12345")).exit_code == 0
    assert run(log, "pin", "eve", "--remove", said=(other,)).exit_code == 0
    assert run(log, "pin", "ann", "--by", "eve", said=(other, "1234")).exit_code != 0


@pytest.mark.parametrize(
    ("args", "said", "wrong"),
    [
        (("add", "bob", "--name", "Bob", "--role", "engineer"), ("short",), "12 characters"),
        (("add", "bob", "--name", "Bob", "--role", "engineer"), (), "standard input"),
        (("add", "Ada", "--name", "Bob", "--role", "engineer"), (PASSPHRASE,), "never used again"),
        (("add", " ", "--name", "Bob", "--role", "engineer"), (PASSPHRASE,), "nobody's id"),
        (("add", "bob", "--name", "", "--role", "engineer"), (PASSPHRASE,), "printed name"),
        (("add", "bob", "--name", "B", "--role", "king"), (PASSPHRASE,), "king"),
        (("add", "bob", "--name", "B", "--role", "auditor", *QUALIFIED), (PASSPHRASE,), "auditor"),
        (("add", "bob", "--name", "B", "--role", "practitioner", *QUALIFIED[:2]), (PASSPHRASE,),
         "not all"),
        (("pin", "ada"), ("12",), "4 to 8 digits"),
        (("pin", "bob"), ("1234",), "nobody who works here"),
        (("passphrase", "bob"), (PASSPHRASE,), "nobody who works here"),
        (("disable", "bob"), (), "nobody who works here"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_and_changes_nothing(
    args: tuple[str, ...], said: tuple[str, ...], wrong: str, log: Path
) -> None:
    add(log, "ada", Role.PRACTITIONER)
    before = log.with_name("shots.db.staff").read_bytes()
    with LogReader.open(log) as reader:
        size = reader.size
    refused = run(log, *args, said=said)
    assert refused.exit_code == Exit.BAD_INPUT
    assert wrong in refused.output
    assert log.with_name("shots.db.staff").read_bytes() == before
    with LogReader.open(log) as reader:
        assert reader.size == size


@pytest.mark.rule("R-ROLES")
def test_who_is_disabled_is_withdrawn_on_record_and_signs_in_no_more(log: Path) -> None:
    add(log, "ada", Role.PRACTITIONER, *QUALIFIED)
    assert run(log, "disable", "ada").exit_code == 0
    assert not isinstance(open_staff(log).sign_in("ada", PASSPHRASE), Person)
    with LogReader.open(log) as reader:
        assert ledger_from(reader).roster.operators["ada"].role == "withdrawn"


def test_where_an_engine_runs_nobody_is_added_and_who_is_disabled_is_at_once(log: Path) -> None:
    add(log, "ada", Role.PRACTITIONER)
    with open_log(log):
        refused = add(log, "eve", Role.ENGINEER)
        assert "an engine runs on this log" in refused.output
        half = run(log, "disable", "ada")
        assert half.exit_code == Exit.BAD_INPUT
        assert "not withdrawn on record" in half.output
    assert [each.id for each in open_staff(log).read().people] == ["ada"]
    assert not isinstance(open_staff(log).sign_in("ada", PASSPHRASE), Person)
    assert run(log, "disable", "ada").exit_code == 0


def test_a_file_that_others_may_read_is_a_clear_error(log: Path) -> None:
    add(log, "ada", Role.PRACTITIONER)
    log.with_name("shots.db.staff").chmod(0o644)
    for args in (("list",), ("pin", "ada")):
        refused = run(log, *args, said=("1234",))
        assert refused.exit_code == Exit.BAD_INPUT
        assert "chmod 600 shots.db.staff" in refused.output


def test_no_hash_ever_enters_the_log_or_what_leaves_it(log: Path, tmp_path: Path) -> None:
    add(log, "ada", Role.PRACTITIONER, *QUALIFIED)
    run(log, "pin", "ada", said=("4711",))
    copy = tmp_path / "copy.db"
    connection = sqlite3.connect(log)
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    for file in (*log.parent.iterdir(), copy):
        if file.name != "shots.db.staff":
            assert b"argon2" not in file.read_bytes(), file


def test_a_passphrase_comes_from_a_terminal_or_is_announced(log: Path) -> None:
    args = ["add", "ada", "--name", "Ada", "--role", "auditor", "--log", str(log)]
    refused = CliRunner().invoke(staff, args, input=f"{PASSPHRASE}\n")
    assert refused.exit_code == Exit.BAD_INPUT
    assert "--stdin" in refused.output


@pytest.mark.parametrize("again", [PASSPHRASE, WRONG])
def test_on_a_terminal_a_passphrase_is_said_twice_and_never_shown(again: str, log: Path) -> None:
    command = ("-m", "injector.cli.main", "staff", "add", "ada", "--name", "Ada Example",
               "--role", "auditor", "--log", log)  # fmt: skip
    with Terminal(*command) as terminal:
        terminal.wait("passphrase of ada:")
        terminal.send(PASSPHRASE.encode() + b"\n")
        terminal.wait("again:")
        terminal.send(again.encode() + b"\n")
        status = terminal.end()
        terminal.wait("ada is auditor here" if again == PASSPHRASE else "the two differ")
        assert PASSPHRASE.encode() not in terminal.raw
        assert WRONG.encode() not in terminal.raw
    assert status == (0 if again == PASSPHRASE else Exit.BAD_INPUT)
    assert open_staff(log).exists is (again == PASSPHRASE)


def test_without_a_staff_file_the_console_says_how_to_add_somebody(log: Path) -> None:
    refused = CliRunner().invoke(console, ["--log", str(log), "--port", "/dev/null"])
    assert refused.exit_code == Exit.BAD_INPUT
    assert "nobody works here yet" in refused.output
    assert "injector staff add" in refused.output
    add(log, "ada", Role.PRACTITIONER)
    run(log, "disable", "ada")
    assert "nobody works here" in CliRunner().invoke(console, ["--log", str(log)]).output
    add(log, "bea", Role.PRACTITIONER)
    without_port = CliRunner().invoke(console, ["--log", str(log)]).output
    assert "needs a terminal" in without_port  # the gun is looked for on the ports that were named
