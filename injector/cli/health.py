"""Whether this computer is fit for the console: one finding for each thing that is looked at.

Nothing is changed and nothing is written to any port. A finding *fails* where the console or
the gun cannot be used so, and *warns* where they can, and something will be missed.
"""

import grp
import locale
import os
import pwd
import select
import shutil
import sqlite3
import stat
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from injector.anchors.beside import check
from injector.anchors.places import Places
from injector.anchors.standing import file_of
from injector.anchors.standing import look as look_outside
from injector.cli.anchor_words import KINDS
from injector.cli.log_words import moment
from injector.driver.ports import FoundPort, NamedPorts, PortsFileError, found_ports, identity_of
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.errors import LogContradicted, LogError, LogMissing, LogUnsupported
from injector.shotlog.note import NoteError, VerifierKey
from injector.shotlog.reader import LogReader, check_sqlite
from injector.tui.config import Config, ConfigError, config_path, load
from injector.tui.speech import DOMAIN, LOCALE, Language
from injector.tui.terminal.tap import QUESTION, Heard, InputTap

SMALLEST: Final = (60, 20)
"""Columns and rows that the console needs."""
ANSWER_S: Final = 0.5
NEEDED_BYTES: Final = 64_000_000
"""Room for some hundred sessions, and for SQLite's own files beside the log."""
YEARS: Final = range(2024, 2100)
"""Years in which a clock that was set may stand."""
SLACK_US: Final = 60_000_000
"""So much the clock may have been set back since the log's newest entry."""


@unique
class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and where it is not as it should be, what would be right."""

    name: str
    level: Level
    told: str
    right: str = ""


def _ok(name: str, told: str) -> Finding:
    return Finding(name, Level.OK, told)


def _warn(name: str, told: str, right: str) -> Finding:
    return Finding(name, Level.WARN, told, right)


def _fail(name: str, told: str, right: str) -> Finding:
    return Finding(name, Level.FAIL, told, right)


def look(environ: Mapping[str, str], log: Path) -> Iterator[Finding]:
    """Look at everything, the terminal first."""
    yield from terminal(environ)
    yield encoding(environ)
    settings, found = config(environ)
    yield settings
    language = None if found is None else found.settings.language
    yield catalogue(language or Language.ENGLISH)
    yield from ports(environ)
    yield sqlite()
    yield disk(log)
    yield from permissions(log)
    yield from shot_log(log)
    yield from outside(log, Places() if found is None else found.settings.anchors.places())
    yield from clock(log)


# -- the terminal ------------------------------------------------------------------------


def terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The terminal: that there is one, its kind, size and colours, and that it answers."""
    missing = [n for n, number in (("input", 0), ("output", 1), ("error", 2)) if not _tty(number)]
    if missing:
        told = f"standard {', '.join(missing)} is no terminal; it was not looked at"
        yield _warn("terminal", told, "run this on the terminal that the console will have")
        return
    kind = environ.get("TERM", "")
    if kind in ("", "dumb"):
        yield _fail("terminal", f"TERM is {kind!r}", "for instance TERM=xterm-256color")
    else:
        yield _ok("terminal", f"TERM is {kind!r}")
    yield size(*os.get_terminal_size(1))
    yield colours(environ)
    yield answers(0, 1)


def _tty(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False


def size(columns: int, rows: int) -> Finding:
    """Whether the console fits."""
    told = f"{columns}x{rows}"
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        return _fail("size", told, f"at least {SMALLEST[0]}x{SMALLEST[1]}; 80x24 is comfortable")
    return _ok("size", told)


def colours(environ: Mapping[str, str]) -> Finding:
    """What colours the terminal says that it has."""
    if environ.get("NO_COLOR") is not None:
        return _ok("colours", "shades of grey, as NO_COLOR asks")
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return _ok("colours", "all")
    if "256color" in environ.get("TERM", "") or "kitty" in environ.get("TERM", ""):
        return _ok("colours", "256")
    right = "a terminal with 256 colours (TERM=xterm-256color), or COLORTERM=truecolor"
    return _warn("colours", "16 or fewer, as far as TERM says", right)


def answers(read_from: int, write_to: int) -> Finding:
    """Whether the terminal says that it has taken what was drawn."""
    name = "answer"
    before = termios.tcgetattr(read_from)
    tap, heard, end_s = InputTap(), False, time.monotonic() + ANSWER_S
    try:
        tty.setcbreak(read_from)
        os.write(write_to, QUESTION.encode())
        while not heard and (left_s := end_s - time.monotonic()) > 0:
            if select.select([read_from], [], [], left_s)[0]:
                data = os.read(read_from, 256)
                if not data:
                    break
                heard = Heard.ANSWER in tap.feed(data)
    finally:
        termios.tcsetattr(read_from, termios.TCSADRAIN, before)
    if heard:
        return _ok(name, "the terminal answers when it is asked (ESC [ 5 n)")
    right = "another terminal program: with this one a screen that freezes is noticed late"
    return _warn(name, f"no answer to ESC [ 5 n within {ANSWER_S} s", right)


def encoding(environ: Mapping[str, str]) -> Finding:
    """Whether text is UTF-8 here."""
    said = next((environ[n] for n in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(n)), "")
    right = "a UTF-8 locale that is installed, for instance LANG=C.UTF-8"
    try:
        locale.setlocale(locale.LC_CTYPE, said or "C")
    except locale.Error:
        return _fail("locale", f"{said!r} is not installed", right)
    codes = locale.nl_langinfo(locale.CODESET)
    if codes.upper().replace("-", "") != "UTF8":
        return _fail("locale", f"{said or 'C'!r} writes {codes}, not UTF-8", right)
    return _ok("locale", f"{said!r}, UTF-8")


# -- settings ----------------------------------------------------------------------------


def config(environ: Mapping[str, str]) -> tuple[Finding, Config | None]:
    """The settings in force."""
    path = config_path()
    try:
        found = load(environ, {})
    except ConfigError as error:
        told = "; ".join(str(fault) for fault in error.faults)
        return _fail("config", f"{path}: {told}", "mend it; see `injector config check`"), None
    told = str(path) if path.exists() else f"no {path}; every setting has its default"
    return _ok("config", told), found


def catalogue(language: Language, folder: Path = LOCALE) -> Finding:
    """Whether the console can speak the language in use."""
    path = folder / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
    name = "language"
    if not path.is_file():
        return _fail(name, f"{language.value}: {path} is missing", "install the package anew")
    return _ok(name, f"{language.value}")


# -- the gun -----------------------------------------------------------------------------


def ports(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The serial ports, which are named, and whether they may be opened."""
    named_file = NamedPorts.of_user(environ)
    try:
        named = named_file.all()
    except PortsFileError as error:
        yield _fail("ports", str(error), "mend or remove that file")
        return
    found = found_ports(named)
    if not found:
        yield _warn("ports", "no serial port", "plug the gun in")
    for each in found:
        yield port(each)
    known = {each.identity for each in found} | {identity_of(each.path) for each in found}
    absent = sorted(named - known)
    if absent:
        told = f"named, and not there: {', '.join(absent)}"
        yield _warn("ports", told, "plug it in, or `injector ports forget PORT`")
    if found and not named:
        right = "`injector ports name PORT` for the gun's; nothing is written to any other"
        yield _warn("ports", "no port is named", right)


def port(found: FoundPort) -> Finding:
    """Whether a port may be opened by who runs this."""
    told = f"{found.path}{', named' if found.named else ''}"
    if "://" in found.path or os.access(found.path, os.R_OK | os.W_OK):
        return _ok("ports", told)
    owner = "its owner"
    with suppress(OSError, KeyError):
        owner = grp.getgrgid(Path(found.path).stat().st_gid).gr_name
    who = pwd.getpwuid(os.geteuid()).pw_name
    right = f"`sudo usermod -aG {owner} {who}`, then sign in anew"
    level = Level.FAIL if found.named else Level.WARN
    return Finding("ports", level, f"{told}: {who} may not read and write it", right)


# -- the shot log ------------------------------------------------------------------------


def sqlite() -> Finding:
    """Whether SQLite can hold a log."""
    try:
        check_sqlite()
    except LogUnsupported as error:
        return _fail("sqlite", str(error), "a Python that comes with a newer SQLite")
    return _ok("sqlite", sqlite3.sqlite_version)


def disk(
    log: Path, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> Finding:
    """Whether there is room where the log lies."""
    folder = _folder(log)
    left = free(folder)
    told = f"{left // 1_000_000} MB free in {folder}"
    if left < NEEDED_BYTES:
        return _fail("disk", told, f"at least {NEEDED_BYTES // 1_000_000} MB")
    return _ok("disk", told)


def _folder(log: Path) -> Path:
    """The folder of the log, or the nearest one above it that is there."""
    return next(each for each in log.absolute().parents if each.is_dir())


def permissions(log: Path) -> Iterator[Finding]:
    """Whether the log can be written by who runs this, and read by nobody else."""
    name, folder = "files", _folder(log)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield _fail(name, f"{folder} cannot be written", "a folder of your own, or another --log")
        return
    key = log.with_name(log.name + ".key")
    if log.exists() and not os.access(log, os.R_OK | os.W_OK):
        yield _fail(name, f"{log} cannot be read and written", "its owner, or another --log")
    elif log.exists() and _mode(log) & 0o007 and _reached(log):
        told = f"everybody may read {log} (mode {_mode(log):04o})"
        yield _warn(name, told, f"`chmod 640 {log}`, or 600")
    else:
        yield _ok(name, f"{folder} can be written")
    if key.exists() and _mode(key) & 0o077:
        told = f"others may read or change {key} (mode {_mode(key):04o})"
        yield _fail(name, told, f"`chmod 600 {key}`, and ask who did")
    elif key.exists() and not os.access(key, os.R_OK):
        yield _fail(name, f"{key} cannot be read", "its owner")
    elif key.exists():
        yield _ok(name, f"{key.name} is for its owner alone")


def _reached(log: Path) -> bool:
    """Whether everybody may go through every folder above the log."""
    return all(_mode(each) & 0o001 for each in log.absolute().parents)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def shot_log(log: Path) -> Iterator[Finding]:
    """Whether the log opens and its newest checkpoint is signed and reaches its end."""
    name = "log"
    try:
        with LogReader.open(log) as reader:
            checkpoint = open_checkpoint(reader.checkpoint, VerifierKey.parse(reader.vkey))
            entries = reader.size
    except LogMissing as error:
        if log.with_name(log.name + ".key").exists():
            yield _fail(name, str(error), "its key is here: find out where the log is")
        else:
            yield _ok(name, f"none yet at {log}")
        return
    except (LogError, NoteError, sqlite3.Error) as error:
        yield _fail(name, f"{log}: {error}", "`injector log verify` says more; docs/recovery.md")
        return
    told = f"{log}: {entries} entries, the newest checkpoint is signed"
    if checkpoint.size > entries:
        wrong = f"{log}: signed for {checkpoint.size} entries, and holds {entries}"
        yield _fail(name, wrong, "`injector log verify` says more; docs/recovery.md")
    elif checkpoint.size < entries:
        yield _warn(name, f"{told}, for {checkpoint.size} of them", "`injector log verify`")
    else:
        yield _ok(name, told)


def outside(log: Path, places: Places) -> Iterator[Finding]:
    """Whether every session's checkpoint stands where the settings want it, outside the log."""
    name = "anchors"
    try:
        with LogReader.open(log) as reader:
            try:
                check(reader, file_of(log, places))
            except LogContradicted as error:
                yield _fail(name, str(error), "docs/recovery.md")
                return
            found = look_outside(reader, places)
    except (LogError, NoteError, sqlite3.Error):
        return  # the log's own finding says what is wrong
    for each in found:
        waiting, held = each.waiting, f"{KINDS[each.kind]} {each.name}: {each.size} entries"
        if waiting.sessions:
            since = moment(waiting.since_utc_us)
            told = f"{held}; {waiting.sessions} session(s) wait since {since} UTC"
            yield _warn(name, told, "`injector log anchor` places what waits")
        else:
            yield _ok(name, held)


# -- the clock ---------------------------------------------------------------------------


def clock(
    log: Path, now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)
) -> Iterator[Finding]:
    """Whether the clock was set, is not behind the log, and the monotonic one goes on."""
    name, here = "clock", now()
    told = here.isoformat(timespec="seconds")
    if here.year not in YEARS:
        yield _fail(name, f"it says {told}", "set the clock; schedules and expiries go by it")
        return
    newest_us = _newest_us(log)
    if newest_us is not None and here.timestamp() * 1_000_000 < newest_us - SLACK_US:
        newest = datetime.fromtimestamp(newest_us / 1_000_000, tz=UTC)
        wrong = f"it says {told}, and the log's newest entry is of {newest.isoformat()}"
        yield _fail(name, wrong, "set the clock")
    elif not time.get_clock_info("monotonic").monotonic or not _goes_on():
        yield _fail(name, "the monotonic clock stands still", "another kernel or computer")
    else:
        yield _ok(name, told)


def _newest_us(log: Path) -> int | None:
    with suppress(LogError, sqlite3.Error), LogReader.open(log) as reader:
        for entry in reader.entries(after=reader.size - 2, limit=1):
            return entry.at.utc_us
    return None


def _goes_on() -> bool:
    first = time.monotonic_ns()
    end = time.perf_counter() + 0.1
    while time.perf_counter() < end:
        if time.monotonic_ns() > first:
            return True
    return False
