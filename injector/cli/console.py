"""``injector console``: the operator console on a gun."""

import getpass
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from injector.cli.config import LANGUAGE, THEME, read_config, speak
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError, Exit
from injector.cli.guns import Place, place_of_gun, remember
from injector.cli.log_place import log_option, make_room
from injector.cli.people import open_staff, somebody
from injector.control.config import EngineConfig
from injector.control.process import EngineStartError
from injector.staff.file import StaffFile
from injector.staff.roles import Person, Role
from injector.tui.running import run
from injector.tui.settings import Settings

if TYPE_CHECKING:  # the first screen is drawn before these are loaded
    from injector.control.snapshot import ConsoleState
    from injector.limits.library import Library
    from injector.treatment.plan import Plan
    from injector.tui.app import ConsoleApp
    from injector.tui.desk import Desk
    from injector.tui.handle import Wires

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", type=_FILE, required=False)
@click.option(
    "--port", help="The gun: a device path, or socket://HOST:PORT; else the ports that were named."
)
@click.option("--simulate", is_flag=True, help="On a simulated gun that is started beside it.")
@log_option
@click.option("--library", "library_path", type=_FILE, help="The limits; else the shipped ones.")
@click.option("--operator", help="With PLAN: who answers for it; else the plan says, or you.")
@LANGUAGE
@THEME
def console(
    *,
    plan: Path | None,
    port: str | None,
    simulate: bool,
    path: Path,
    library_path: Path | None,
    operator: str | None,
    language: str | None,
    theme: str | None,
) -> None:
    """The operator console. With PLAN: give it, as a training session, and nothing else.

    Without PLAN one signs in (see `injector staff`). Without --port the gun is looked for on
    the ports that a person has named (see `injector ports`), and on no other. F9 is STOP, on
    every screen. F1 shows the keys.
    """
    settings = read_config(language=language, theme=theme).settings
    start: Callable[..., int]
    if plan is None:
        if operator is not None:
            raise CommandError(
                "without a plan one signs in", where="--operator", right="leave it out"
            )
        staff = open_staff(path)
        somebody(staff)
        start = partial(run_signed_in, _limits(library_path), staff)
    else:
        start = _planned(plan, library_path, operator)
    need_terminal()
    make_room(path)
    with place_of_gun(port, simulate=simulate) as gun:
        status = start(gun=gun, log=path, settings=settings)
    raise SystemExit(status)


def _limits(path: Path | None) -> "Callable[[], Library]":
    """Reads the library when it is asked for, and once; one that a person gave at once."""

    def shipped() -> "Library":
        from injector.treatment.shipped import shipped_library  # noqa: PLC0415 - see above

        return shipped_library()

    if path is None:
        return cache(shipped)
    from injector.cli.plans import read_library  # noqa: PLC0415 - see above

    library = read_library(path)
    return lambda: library


def _planned(path: Path, library_path: Path | None, operator: str | None) -> "Callable[..., int]":
    """The console with a plan, which the limits must allow."""
    from injector.cli import plans  # noqa: PLC0415 - see above
    from injector.cli.run import check_person  # noqa: PLC0415 - see above

    meant, library = plans.read_plan(path), plans.read_library(library_path)
    who = operator if operator is not None else meant.operator or getpass.getuser()
    check_person(who)
    judged = plans.judge_plan(meant, library)
    plans.refuse_unless_allowed(path, judged)
    plans.tell_flags(judged)
    plans.tell_doubts(meant)
    return partial(run_console, meant, library, operator=who)


def need_terminal() -> None:
    """Raise ``CommandError`` where there is no terminal to draw on."""
    streams = {"standard input": 0, "standard output": 1, "standard error": 2}
    missing = [name for name, number in streams.items() if not os.isatty(number)]
    if missing:
        raise CommandError(
            f"the console needs a terminal, and {', '.join(missing)} is none",
            right="`injector run` gives a plan without a terminal",
        )
    if os.environ.get("TERM") in (None, "", "dumb"):
        raise CommandError(
            f"the console cannot draw on this terminal (TERM is {os.environ.get('TERM')!r})",
            where="TERM",
            right="for instance xterm-256color",
        )


def run_console(
    plan: "Plan",
    library: "Library",
    *,
    gun: Place,
    log: Path,
    operator: str,
    settings: Settings | None = None,
) -> int:
    """Run the console with ``plan`` on that gun and return the exit status.

    Needs a terminal (see :func:`need_terminal`). Raises ``CommandError`` where the log
    cannot be opened. A port that a person gave is remembered once a gun answered on it. What
    became of the session is said on stderr. Without ``settings`` those of the environment
    and the config file hold.
    """
    person = Person(operator, operator, Role.ENGINEER)
    return _run(
        lambda wires, chosen: desk(wires, lambda: library, log, plan, chosen, gun.control),
        person,
        gun,
        log,
        settings,
    )


def run_signed_in(
    limits: "Callable[[], Library]",
    staff: StaffFile,
    *,
    gun: Place,
    log: Path,
    settings: Settings | None = None,
) -> int:
    """The same without a plan: whoever is in ``staff`` signs in."""
    return _run(
        lambda wires, chosen: replace(
            desk(wires, limits, log, None, chosen, gun.control), staff=staff
        ),
        None,
        gun,
        log,
        settings,
    )


def _run(
    build: "Callable[[Wires, Settings], Desk]",
    person: Person | None,
    gun: Place,
    log: Path,
    settings: Settings | None,
) -> int:
    chosen = read_config().settings if settings is None else settings
    speak(chosen)
    config = EngineConfig(
        port=gun.port,
        ports=gun.ports,
        log=log,
        software=SOFTWARE,
        watch_console=True,
        anchors=chosen.anchors.places().file,
    )

    def app(wires: "Wires") -> "ConsoleApp":
        from injector.tui.app import ConsoleApp  # noqa: PLC0415 - once the engine has begun

        return ConsoleApp(build(wires, chosen), person)

    try:
        ended = run(config, app)
    except EngineStartError as error:
        raise CommandError(str(error), exit_code=Exit.BAD_INPUT) from error
    if gun.named and ended.last is not None and ended.last.gun is not None:
        remember(gun.port)
    _say(ended.last, log, in_order=ended.in_order)
    if ended.crashed:
        return Exit.FAILED
    if ended.signal is not None:
        _say_line(f"ended by {signal.Signals(ended.signal).name}")
        return Exit.INTERRUPTED
    if ended.last is not None and any(a.code.value == "log_failed" for a in ended.last.alarms):
        return Exit.LOG
    return Exit.OK


def desk(
    wires: "Wires",
    limits: "Callable[[], Library]",
    log: Path,
    plan: "Plan | None",
    settings: Settings | None = None,
    control: Path | None = None,
) -> "Desk":
    """What lies ready for a console, with the clocks and the chance of this computer."""
    from injector.tui.desk import Desk  # noqa: PLC0415 - Textual, only once it is needed

    return Desk(
        wires=wires,
        limits=limits,
        log=log,
        clock_us=lambda: time.monotonic_ns() // 1000,
        utc_us=lambda: time.time_ns() // 1000,
        today=lambda: datetime.now(tz=UTC).date(),
        random_bytes=secrets.token_bytes,
        plan=plan,
        settings=Settings() if settings is None else settings,
        control=control,
    )


def _say(last: "ConsoleState | None", log: Path, *, in_order: bool) -> None:
    if last is None:
        return
    from injector.control.states import State  # noqa: PLC0415 - see above
    from injector.units import format_volume_nl  # noqa: PLC0415 - see above

    for session in last.closed:
        _say_line(
            f"session {session.id}: closed, {session.given_shots} shots,"
            f" {format_volume_nl(session.given_nl)} counted as given; log {log}"
        )
    if last.session is not None:
        _say_line(f"session {last.session.id}: left open in {log}; the next start settles it")
    if not in_order or last.state is not State.ENDED:
        _say_line("the engine did not end in time; the gun disarms by itself")


def _say_line(text: str) -> None:
    """Say it on stderr, unless that terminal takes nothing any more."""
    if select.select([], [sys.stderr], [], 0)[1]:
        click.echo(text, err=True)
