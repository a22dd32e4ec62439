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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from injector.cli.config import LANGUAGE, THEME, read_config, speak
from injector.cli.exits import CommandError, Exit
from injector.cli.guns import Place, place_of_gun
from injector.cli.log import default_log_path
from injector.cli.plans import (
    judge_plan,
    read_library,
    read_plan,
    refuse_unless_allowed,
    tell_doubts,
    tell_flags,
)
from injector.cli.run import SOFTWARE, check_person, remember
from injector.control.config import EngineConfig
from injector.control.process import EngineStartError
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.limits.library import Library
from injector.staff.roles import Person, Role
from injector.treatment.plan import Plan
from injector.tui.settings import Settings
from injector.units import format_volume_nl

if TYPE_CHECKING:
    from injector.staff.file import StaffFile
    from injector.tui.desk import Desk
    from injector.tui.handle import Wires

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", type=_FILE, required=False)
@click.option(
    "--port", help="The gun: a device path, or socket://HOST:PORT; else the ports that were named."
)
@click.option("--simulate", is_flag=True, help="On a simulated gun that is started beside it.")
@click.option("--log", "log_path", type=_FILE, help="The shot log; the user's own unless given.")
@click.option("--library", "library_path", type=_FILE, help="The limits; else the shipped ones.")
@click.option("--operator", help="With PLAN: who answers for it; else the plan says, or you.")
@LANGUAGE
@THEME
def console(
    *,
    plan: Path | None,
    port: str | None,
    simulate: bool,
    log_path: Path | None,
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
    path = log_path or default_log_path(os.environ)
    library = read_library(library_path)
    if plan is None:
        if operator is not None:
            raise CommandError(
                "without a plan one signs in", where="--operator", right="leave it out"
            )
        from injector.cli.staff import (  # noqa: PLC0415 - hashing, only where one signs in
            open_staff,
            somebody,
        )

        file = open_staff(path)
        somebody(file)
        start = partial(run_signed_in, library, file)
    else:
        meant = read_plan(plan)
        who = operator if operator is not None else meant.operator or getpass.getuser()
        check_person(who)
        judged = judge_plan(meant, library)
        refuse_unless_allowed(plan, judged)
        tell_flags(judged)
        tell_doubts(meant)
        start = partial(run_console, meant, library, operator=who)
    need_terminal()
    if log_path is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    with place_of_gun(port, simulate=simulate) as gun:
        status = start(gun=gun, log=path, settings=settings)
    raise SystemExit(status)


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
    plan: Plan,
    library: Library,
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
        lambda wires, chosen: desk(wires, library, log, plan, chosen, gun.control),
        person,
        gun,
        log,
        settings,
    )


def run_signed_in(
    library: Library,
    staff: "StaffFile",
    *,
    gun: Place,
    log: Path,
    settings: Settings | None = None,
) -> int:
    """The same without a plan: whoever is in ``staff`` signs in."""
    return _run(
        lambda wires, chosen: replace(
            desk(wires, library, log, None, chosen, gun.control), staff=staff
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
    from injector.tui.app import ConsoleApp  # noqa: PLC0415 - Textual, only once it is needed
    from injector.tui.running import run  # noqa: PLC0415 - the same

    chosen = read_config().settings if settings is None else settings
    speak(chosen)
    config = EngineConfig(
        port=gun.port, ports=gun.ports, log=log, software=SOFTWARE, watch_console=True
    )
    try:
        ended = run(config, lambda wires: ConsoleApp(build(wires, chosen), person))
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
    library: Library,
    log: Path,
    plan: Plan | None,
    settings: Settings | None = None,
    control: Path | None = None,
) -> "Desk":
    """What lies ready for a console, with the clocks and the chance of this computer."""
    from injector.tui.desk import Desk  # noqa: PLC0415 - Textual, only once it is needed

    return Desk(
        wires=wires,
        library=library,
        log=log,
        clock_us=lambda: time.monotonic_ns() // 1000,
        today=lambda: datetime.now(tz=UTC).date(),
        random_bytes=secrets.token_bytes,
        plan=plan,
        settings=Settings() if settings is None else settings,
        control=control,
    )


def _say(last: ConsoleState | None, log: Path, *, in_order: bool) -> None:
    if last is None:
        return
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
