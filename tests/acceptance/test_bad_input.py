"""Bad input anywhere gives one clear error that says where and what would be right, ends
with its own status, and leaves the log as it was."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import start_simulator
from injector.driver.gun import Gun
from tests.acceptance.conftest import Finished
from tests.acceptance.stage import (
    EXAMPLES,
    ROOT,
    Hand,
    Recorder,
    Running,
    assert_clear,
    assert_log_equals_gun,
    copy_log,
    entries,
    hand_on,
    holding_hand,
    injector,
    sessions,
    step,
    temporary_files,
    until,
    verify,
    write_plan,
    written,
)

LIBRARY: Final = ROOT / "injector" / "limits" / "mesotherapy.toml"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan that is right, with a hand."""
    return write_plan(tmp_path, step(), hand=holding_hand())


def refuse(
    log: Path, plan: Path, *options: str | Path, status: int = 2, words: tuple[str, ...] = ()
) -> None:
    """A run that must end with one clear error, and leave the log as it is."""
    before = written(log) if log.exists() else None
    beside = temporary_files(log.parent)
    ran = injector("run", plan, "--log", log, *options)
    assert_clear(ran, status, *words)
    if before is None:
        assert temporary_files(log.parent) == beside
    else:
        assert written(log) == before


# -- the plan -------------------------------------------------------------------------------------

_GOOD: Final = (EXAMPLES / "elbow-tendinopathy.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('needle = "4.0 mm"', 'needle = "4.0 mm', ("line", "column", "TOML")),
        ('needle = "4.0 mm"', "needle = 4.0", ("needle",)),
        ('needle = "4.0 mm"', 'needle = "4.0"', ("needle", "unit is missing", "mm")),
        ('needle = "4.0 mm"', 'needle = "4.0 cm"', ("needle", "cm", "mm")),
        ('needle = "4.0 mm"', "", ("needle", "missing")),
        ('volume = "0.020 mL"', 'volume = "-0.020 mL"', ("step 1.volume",)),
        ('volume = "0.020 mL"', 'volume = "0,020 mL"', ("step 1.volume",)),
        ('volume = "0.020 mL"', 'volume = "1e9 mL"', ("step 1.volume",)),
        ('volume = "0.020 mL"', 'volume = "0.0000000001 mL"', ("step 1.volume",)),
        ('mode = "single"', 'mode = "twice"', ("step 2.mode", "twice", "single", "burst")),
        ("shots = 48", "shots = 0", ("step 1.shots", "at least 1")),
        ("shots = 48", "shots = 48.0", ("step 1.shots",)),
        ("shots = 48", "shots = true", ("step 1.shots",)),
        ("shots = 48", "shoots = 48", ("step 1.shoots", "unknown", "step 1.shots", "missing")),
        ('zone = "elbow"', 'zone = ""', ("step 1.zone",)),
        ('title = "', 'title = "\\u0000', ("title",)),
        ("[[step]]", "[[stop]]", ("stop", "step")),
        (_GOOD, "", ("missing",)),
        (_GOOD, "[[step]]", ("missing",)),
        (_GOOD, "nonsense", ("not TOML",)),
    ],
    ids=lambda value: value[:28] if isinstance(value, str) and value != _GOOD else "",
)  # fmt: skip
def test_a_plan_with_a_fault_is_refused_with_its_place(
    mine: Path, tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    assert old in _GOOD
    bad = tmp_path / "bad.toml"
    bad.write_text(_GOOD.replace(old, new), encoding="utf-8")
    refuse(mine, bad, "--port", "/dev/null", "--operator", "Ada", words=(str(bad), *words))


def test_all_faults_of_a_plan_are_told_at_once(mine: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(
        _GOOD.replace("shots = 48", "shots = 0")
        .replace('mode = "single"', 'mode = "twice"')
        .replace('needle = "4.0 mm"', ""),
        encoding="utf-8",
    )
    refuse(
        mine, bad, "--port", "/dev/null", "--operator", "Ada",
        words=("3 faults", "step 1.shots", "step 2.mode", "needle: missing"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe", "UTF-8"), (b"\x00" * 64, "line 1"), (b"a = 1\r\r", "line 1")],
    ids=["not-utf-8", "zeros", "carriage-returns"],
)
def test_a_plan_that_is_no_text_is_refused(
    mine: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(content)
    refuse(mine, bad, "--port", "/dev/null", "--operator", "Ada", words=(str(bad), words))


def test_a_plan_that_is_not_there_or_is_a_folder_is_refused(mine: Path, tmp_path: Path) -> None:
    refuse(mine, tmp_path / "none.toml", "--port", "/dev/null", words=("none.toml", "No such file"))
    refuse(mine, tmp_path, "--port", "/dev/null", words=(str(tmp_path), "directory"))


# -- who, library, hand, options ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 65, "a\nb", "\x1b[2J", b"\xff".decode("utf-8", "surrogateescape")],
    ids=["empty", "blank", "too-long", "two-lines", "escape", "not-utf-8"],
)  # fmt: skip
def test_an_operator_without_a_proper_name_is_refused_before_anything_is_opened(
    mine: Path, plan: Path, name: str
) -> None:
    with Recorder() as port:
        refuse(mine, plan, "--port", port.path, "--operator", name, words=("operator",))
        assert port.heard == b""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: "", ("format", "missing")),
        (lambda text: text.replace("format = 1", "format = 2"), ("format 1", "2")),
        (lambda text: text.replace('hard = "9/s"', 'hard = "9/h"'), ("9/h",)),
        (lambda text: text.replace('hard = "9/s", ', ""), ("cadence", "hard")),
        (lambda text: text + "\n[zone.moon]\n", ("zone.moon",)),
        (lambda text: text + "\n[extra]\n", ("extra",)),
        (lambda _: _GOOD, ("format",)),
    ],
    ids=["empty", "newer", "unit", "no-hard-limit", "zone", "unknown-table", "a-plan"],
)
def test_a_library_with_a_fault_is_refused_with_its_place(
    mine: Path, plan: Path, tmp_path: Path, change: object, words: tuple[str, ...]
) -> None:
    assert callable(change)
    bad = tmp_path / "library.toml"
    bad.write_text(change(LIBRARY.read_text(encoding="utf-8")), encoding="utf-8")
    refuse(mine, plan, "--port", "/dev/null", "--library", bad, words=(str(bad), *words))


def test_a_bad_hand_script_is_bad_input_with_its_line(
    mine: Path, plan: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('# a hand\n{"do": "contact", "on": true}\n{"do": "fly"}\n', encoding="utf-8")
    refuse(mine, plan, "--simulate", "--hand", bad, words=(str(bad), "line 3", "fly", "trigger"))
    refuse(mine, plan, "--simulate", "--hand", tmp_path / "none", words=("none", "hand"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ("--port", "--simulate")),
        (["--simulate", "--port", "/dev/null"], ("--port", "--simulate")),
        (["--port", "/dev/null", "--hand", "h"], ("--hand", "--simulate")),
        (["--frobnicate"], ("--frobnicate",)),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    mine: Path, plan: Path, options: list[str], words: tuple[str, ...]
) -> None:
    refuse(mine, plan, *options, words=words)


# -- the port -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("/dev/no-such-port", ("/dev/no-such-port", "No such file", "injector ports")),
        ("/dev/null", ("/dev/null", "injector ports")),
        ("/", ("/",)),
        (str(EXAMPLES / "mesolift.toml"), ("mesolift.toml",)),
        ("socket://127.0.0.1:1", ("socket://127.0.0.1:1", "refused")),
        ("socket://", ("socket://HOST:PORT",)),
        ("socket://nowhere", ("socket://HOST:PORT",)),
        ("loop://", ("loop://",)),
        ("foo://bar", ("foo://bar",)),
        ("", ("--port",)),
    ],
)
def test_a_port_that_cannot_be_opened_is_told_at_once_and_the_log_is_not_touched(
    mine: Path, plan: Path, tmp_path: Path, port: str, words: tuple[str, ...]
) -> None:
    refuse(mine, plan, "--port", port, words=words)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    ran = injector("run", plan, "--port", port, "--log", fresh / "shots.db")
    assert_clear(ran, 2, *words)
    assert "Errno" not in ran.err
    assert "instances of" not in ran.err
    assert temporary_files(fresh) == []


def test_a_port_where_no_gun_answers_ends_with_4_and_fires_nothing(mine: Path, plan: Path) -> None:
    with Recorder() as port:
        ran = injector("run", plan, "--port", port.path, "--log", mine)
        assert_clear(ran, 4, port.path, "no gun answered", "injector ports")
        assert port.heard  # a person named it, so it was asked
    assert verify(mine)["ok"]
    assert len(sessions(mine)) == 2


# -- where the log is -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Hand]]:
    """A gun with a hand that would fire it."""
    plan = write_plan(tmp_path_factory.mktemp("ready"), step(), hand=holding_hand())
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun, hand_on(gun) as hand:
        yield gun.port, hand


@pytest.fixture
def idle(ready: tuple[str, Hand]) -> Iterator[tuple[str, Hand]]:
    """A gun on which nothing may happen."""
    _, hand = ready
    yield ready
    assert (hand.truth["shots"], hand.journal, hand.state["light"]) == (0, [], "stopped")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no/such/folder/shots.db", None, ("no such folder",)),
        ("text.db", b"hello, I am no database\n", ("not a shot log", "nothing was changed")),
        ("empty.db", b"", ("not a shot log",)),
        ("short.db", b"SQLite format 3\x00", ("not a shot log",)),
    ],
)
def test_a_log_path_where_no_log_can_be_is_refused_and_stays_as_it_is(
    tmp_path: Path,
    plan: Path,
    idle: tuple[str, Hand],
    name: str,
    content: bytes | None,
    words: tuple[str, ...],
) -> None:
    port, _ = idle
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / name
    if content is not None:
        log.write_bytes(content)
    ran = injector("run", plan, "--port", port, "--log", log)
    assert_clear(ran, 2, str(log.parent), *words)
    assert not log.exists() if content is None else log.read_bytes() == content
    if content is None:
        assert temporary_files(folder) == []


def test_a_folder_a_device_and_a_stranger_s_database_are_no_log(
    tmp_path: Path, plan: Path, idle: tuple[str, Hand]
) -> None:
    port, _ = idle
    strange = tmp_path / "strange.db"
    connection = sqlite3.connect(strange)
    connection.execute("CREATE TABLE entries (seq, body)")
    connection.close()
    before = strange.read_bytes()
    for path in (tmp_path, strange):
        assert_clear(injector("run", plan, "--port", port, "--log", path), 2, str(path))
    assert strange.read_bytes() == before


def test_a_log_of_a_newer_format_is_refused_by_every_command_and_stays_as_it_is(
    mine: Path, plan: Path, idle: tuple[str, Hand]
) -> None:
    port, _ = idle
    connection = sqlite3.connect(mine)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = mine.read_bytes()
    for command in (
        ("run", plan, "--port", port),
        ("log", "verify"),
        ("log", "sessions"),
        ("log", "shots", "last"),
        ("log", "show", "last"),
        ("log", "checkpoint"),
    ):
        assert_clear(injector(*command, "--log", mine), 2, str(mine), "format 2", "newer")
    assert mine.read_bytes() == before


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda key: key.unlink(), id="missing"),
        pytest.param(lambda key: key.write_text("nonsense\n"), id="nonsense"),
        pytest.param(lambda key: key.chmod(0o644), id="open-to-all"),
    ],
)
def test_a_log_whose_key_cannot_be_used_takes_no_session(
    mine: Path, plan: Path, idle: tuple[str, Hand], spoil: object
) -> None:
    assert callable(spoil)
    port, _ = idle
    key = mine.with_name("shots.db.key")
    spoil(key)
    before = written(mine)
    assert_clear(injector("run", plan, "--port", port, "--log", mine), 2, str(key))
    assert written(mine) == before
    assert verify(mine)["ok"]  # reading needs no signing key


def test_another_log_s_key_is_refused(
    finished: Finished, mine: Path, tmp_path: Path, plan: Path, idle: tuple[str, Hand]
) -> None:
    port, _ = idle
    elsewhere = tmp_path / "elsewhere.db"
    assert injector("run", plan, "--port", "/dev/null", "--log", elsewhere).status == 2
    key = mine.with_name("shots.db.key")
    text = key.read_text(encoding="utf-8")
    *named, secret = text.split("+", 4)  # base64 can hold a plus itself
    other = ("B" if secret[20] == "A" else "A").join((secret[:20], secret[21:]))
    key.write_text("+".join((*named, other)), encoding="utf-8")
    assert_clear(injector("run", plan, "--port", port, "--log", mine), 2, str(key))


def test_a_log_that_is_gone_while_its_key_is_here_is_not_begun_anew(
    mine: Path, plan: Path, idle: tuple[str, Hand]
) -> None:
    port, _ = idle
    mine.unlink()
    assert_clear(injector("run", plan, "--port", port, "--log", mine), 2, "the log is gone", "key")
    assert not mine.exists()


# -- a log that cannot be written -----------------------------------------------------------------


@pytest.fixture
def immutable(mine: Path) -> Iterator[Path]:
    """A log that not even root can write."""
    tool = shutil.which("chattr")
    if tool is None:
        pytest.skip("chattr is not installed here")
    if subprocess.run([tool, "+i", mine], capture_output=True, check=False).returncode:
        pytest.skip("this file system, or this user, cannot make a file immutable")
    try:
        yield mine
    finally:
        subprocess.run([tool, "-i", mine], check=True)


def test_a_read_only_log_is_refused_for_writing_and_can_still_be_read(
    immutable: Path, plan: Path, idle: tuple[str, Hand]
) -> None:
    port, _ = idle
    before = immutable.read_bytes()
    ran = injector("run", plan, "--port", port, "--log", immutable)
    assert_clear(ran, 2, str(immutable), "written", "read")
    assert immutable.read_bytes() == before
    assert verify(immutable)["ok"]
    assert len(sessions(immutable)) == 2


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=1m", "tiny", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(made, capture_output=True, check=False).returncode
    ):
        pytest.skip("this user cannot mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_where_too_little_room_is_left_nothing_is_armed(tiny: Path, plan: Path) -> None:
    log = tiny / "shots.db"
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun, hand_on(gun) as hand:
        ran = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert ran.status == 5, ran
        assert "Traceback" not in ran.err
        assert ran.object()["result"] == "log_failed"
        assert hand.truth["shots"] == 0
        assert hand.state["light"] in ("idle", "stopped")
    assert entries(log, "grant") == []
    assert verify(log)["ok"]


def test_where_there_is_no_room_at_all_no_log_is_begun_in_part(tiny: Path, plan: Path) -> None:
    (tiny / "full").write_bytes(b"")
    with (tiny / "full").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    with start_simulator() as gun, hand_on(gun) as hand:
        ran = injector("run", plan, "--port", gun.port, "--log", tiny / "shots.db")
        assert ran.status in (2, 5), ran
        assert_clear(ran, ran.status, str(tiny / "shots.db"))
        assert hand.truth["shots"] == 0
    assert not (tiny / "shots.db").exists()


def test_when_the_log_cannot_be_written_any_more_firing_ends_and_no_shot_is_lost(
    tmp_path: Path,
) -> None:
    """In mid-session the file may grow no further; the shots wait in the gun's journal."""
    plan = write_plan(tmp_path, step(shots=30), hand=holding_hand(10))
    log = tmp_path / "shots.db"
    with start_simulator(hand=plan.with_suffix(".hand.jsonl")) as gun, hand_on(gun) as hand:
        with Running("run", plan, "--port", gun.port, "--log", log, "--json") as running:
            until(lambda: hand.truth["shots"] >= 6, "six shots")
            # What a full disk does, to this process alone: no file of it may grow.
            subprocess.run(
                ["prlimit", f"--pid={running.process.pid}", "--fsize=1:1"],
                check=True,
                capture_output=True,
            )
            ran = running.end()
        assert ran.status == 5, ran
        assert ran.object()["result"] == "log_failed"
        assert "Traceback" not in ran.err
        assert hand.state["light"] in ("idle", "stopped")
        given = hand.truth["shots"]
        assert given < 30
        assert verify(log)["ok"]  # shorter than what happened, and whole
        kept = entries(log, "shot")
        assert len(kept) < given
        with Gun.open(gun.port) as asked:  # what is not in the log was not acknowledged
            assert asked.welcome.acknowledged <= kept[-1]["index"] < asked.welcome.newest

        again = injector("run", plan, "--port", gun.port, "--log", log, "--json")
        assert again.status == 0, again
        old, new = sessions(log)
        assert old["shots"] == given
        assert None not in (old["closed_seq"], new["closed_seq"])
        assert_log_equals_gun(log, hand)
        assert verify(log)["ok"]


# -- the control channel, and what else is given to the simulator ---------------------------------


@pytest.fixture(scope="module")
def handled() -> Iterator[Hand]:
    """A gun that is told many things."""
    with start_simulator() as gun, hand_on(gun) as hand:
        yield hand


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[]", b"null", b"1e999", b'"\\ud800"', b"\xff\xfe", b"\x00", b"{}",
        b'{"do": 1}',
        b'{"do": "fly"}', b'{"do": "trigger"}', b'{"do": "trigger", "held": 1}',
        b'{"do": "contact", "on": true, "more": 1}', b'{"wait": "shots", "count": 0}',
        b'{"do": "syringe", "volume_nl": 99000000}', b'{"do": "syringe", "volume_nl": -1}',
        b'{"repeat": [], "times": 1}', b'{"repeat": [{"do": "fly"}], "times": 1}',
        b'{"do": "battery", "pct": 101}', b"[" * 19_000, b'{"a":' * 3_000, b"x" * 50_000,
    ],
    ids=lambda line: repr(line[:24])[2:-1] or "nothing",
)  # fmt: skip
def test_garbage_on_the_control_channel_is_answered_with_what_would_be_right(
    handled: Hand, line: bytes
) -> None:
    before = handled.state, handled.journal
    answer = handled.raw(line)
    assert set(answer) == {"error", "right"}, answer
    assert answer["error"]
    assert (handled.state, handled.journal) == before
    json.loads(answer["right"])


def test_ctl_tells_a_bad_line_and_a_channel_that_is_not_there(tmp_path: Path) -> None:
    missing = injector("simulate", "ctl", tmp_path / "none", "state")
    assert_clear(missing, 4, str(tmp_path / "none"), "no simulated gun answers here")
    with start_simulator() as gun:
        bad = injector("simulate", "ctl", gun.control, "fault", "boredom", "on")
        assert_clear(bad, 2, "occlusion", "right would be")
        lines = injector(
            "simulate", "ctl", gun.control, "-", given='{"do": "fly"}\n{"do": "state"}\n'
        )
        assert lines.status == 2
        assert [line.startswith('{"error"') for line in lines.out.splitlines()] == [True, False]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tcp", "nonsense"], ("--tcp", "127.0.0.1:0")),
        (["--tcp", "203.0.113.1:1"], ("203.0.113.1:1",)),
        (["--syringe", "3 mL"], ("3 mL", "2.5")),
        (["--syringe", "3"], ("unit",)),
        (["--serial", "x" * 21], ("20",)),
        (["--link", str(EXAMPLES / "mesolift.toml")], ("mesolift.toml", "is there already")),
        (["--link", "/no/such/folder/gun"], ("/no/such/folder/gun",)),
        (["--control", "/no/such/folder/hand"], ("/no/such/folder/hand",)),
        (["--state", str(EXAMPLES / "mesolift.toml")], ("mesolift.toml", "not a gun's state")),
        (["--hand", str(EXAMPLES / "mesolift.toml")], ("mesolift.toml", "line")),
        (["--link", "a", "--tcp", "127.0.0.1:0"], ("--link", "--tcp")),
    ],
)
def test_a_simulator_that_cannot_be_what_it_was_told_says_so(
    options: list[str], words: tuple[str, ...]
) -> None:
    before = (EXAMPLES / "mesolift.toml").read_bytes()
    assert_clear(injector("simulate", *options), 2, *words)
    assert (EXAMPLES / "mesolift.toml").read_bytes() == before


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["sessions"], ["shots", "last"], ["show", "last"], ["verify"]])
def test_reading_a_log_that_is_none_says_so_and_makes_nothing(
    tmp_path: Path, command: list[str]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "text.db").write_text("hello")
    for name in ("none.db", "text.db"):
        ran = injector("log", *command, "--log", folder / name)
        assert_clear(ran, 2, str(folder / name), "shot log")
    assert temporary_files(folder) == ["text.db"]


def test_a_session_that_is_not_in_the_log_is_told(mine: Path) -> None:
    assert_clear(injector("log", "show", "nobody", "--log", mine), 2, "nobody", "log sessions")


def test_a_checkpoint_that_is_none_is_bad_input_and_no_verdict(mine: Path, tmp_path: Path) -> None:
    bad = tmp_path / "kept.txt"
    for content in (b"", b"hello\n", b"\xff" * 100, mine.read_bytes()[:200]):
        bad.write_bytes(content)
        assert_clear(injector("log", "verify", "--log", mine, "--against", bad), 2, "--against")
    none = injector("log", "verify", "--log", mine, "--against", tmp_path / "none.txt")
    assert_clear(none, 2, "none.txt")


def test_reading_does_not_change_a_log(mine: Path, tmp_path: Path) -> None:
    before = mine.read_bytes()
    for command in (["sessions"], ["shots", "last"], ["show", "last"], ["verify"], ["checkpoint"]):
        assert injector("log", *command, "--log", mine).status == 0
    assert mine.read_bytes() == before


def test_a_reader_that_goes_away_early_is_no_trouble(mine: Path) -> None:
    from tests.acceptance.stage import COMMAND

    script = f'{" ".join(COMMAND)} log shots last --json --log "{mine}" | head -n 1'
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, encoding="utf-8", check=False, env=os.environ
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_the_copy_that_tests_spoil_is_a_whole_log(finished: Finished, tmp_path: Path) -> None:
    assert written(copy_log(finished.log, tmp_path)) == written(finished.log)
