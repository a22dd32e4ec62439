"""``injector run``: a plan as a training session, on a gun or on the simulator."""

import getpass
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Final

import click

from injector.cli.config import anchors_file
from injector.cli.defaults import SOFTWARE
from injector.cli.exits import CommandError, Exit
from injector.cli.guns import open_once, remember
from injector.cli.log_place import log_option, make_room
from injector.cli.plans import (
    judge_plan,
    read_library,
    read_plan,
    refuse_unless_allowed,
    tell_doubts,
    tell_flags,
)
from injector.cli.simulator_process import start_simulator
from injector.control.alarms import AlarmCode
from injector.control.autopilot import Autopilot, Result
from injector.control.config import EngineConfig
from injector.control.engine import Engine
from injector.control.snapshot import ConsoleState, Denial
from injector.control.states import State
from injector.report.json_text import to_json
from injector.shotlog.entries import new_session_id
from injector.shotlog.errors import LogError, LogWriteFailed, WriteFailure
from injector.treatment.plan import Plan
from injector.tui.words import denied_words
from injector.units import format_volume_nl

MAX_NAME: Final = 64
FIND_S: Final = 10.0
"""How long a gun may take to answer at the start before the run gives up."""
AWAY_S: Final = 120.0
"""How long a gun may stay away in mid-session."""
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", type=_FILE)
@click.option("--port", help="The gun: a device path, or socket://HOST:PORT.")
@click.option("--simulate", is_flag=True, help="Bring a simulated gun and a scripted hand.")
@click.option("--hand", type=_FILE, help="The hand's script; PLAN's own unless given.")
@log_option
@click.option("--library", "library_path", type=_FILE, help="The limits; else the shipped ones.")
@click.option("--operator", help="Who answers for it; else as the plan says, else you.")
@click.option(
    "--accept-foreign",
    is_flag=True,
    help="Acknowledge entries that the gun made under another log; they are logged here too.",
)
@click.option(
    "--accept-ahead",
    is_flag=True,
    help="Go on though the gun did more than this log knows of: you know why.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def run(
    *,
    plan: Path,
    port: str | None,
    simulate: bool,
    hand: Path | None,
    path: Path,
    library_path: Path | None,
    operator: str | None,
    accept_foreign: bool,
    accept_ahead: bool,
    as_json: bool,
) -> None:
    """Run PLAN as a training session: every limit enforced, every shot logged.

    The plan is judged before anything is sent; where a limit refuses, every reason
    is printed and the exit status is 3.
    """
    meant = read_plan(plan)
    library = read_library(library_path)
    if (port is None) is not simulate:
        raise CommandError(
            "one gun is needed", right="give --port PORT, or --simulate for a simulated gun"
        )
    if hand is not None and not simulate:
        raise CommandError("--hand goes with --simulate", right="a real gun has a real hand")
    who = operator if operator is not None else meant.operator or getpass.getuser()
    check_person(who)
    judged = judge_plan(meant, library)
    refuse_unless_allowed(plan, judged)
    tell_flags(judged)
    tell_doubts(meant)
    make_room(path)
    with _gun(port, plan, hand) as where, _bar(meant) as progress:
        result = run_session(
            Autopilot(
                meant,
                library,
                operator=who,
                session=new_session_id("training", secrets.token_bytes(8)),
                accept_foreign=accept_foreign,
                accept_ahead=accept_ahead,
            ),
            port=where,
            log=path,
            name=plan,
            progress=progress,
            named=port is not None,
        )
    if as_json:
        click.echo(to_json(result))
    else:
        click.echo(
            f"session {result['session']}: {result['result']}, {result['shots']} shots,"
            f" {format_volume_nl(result['given_nl'])} counted as given; log {path}"
        )
    if result["denied"] is not None:
        click.echo(result["denied"]["words"], err=True)
        if result["denied"]["why"] == Denial.FOREIGN_OPEN:
            click.echo("  with --accept-foreign they are acknowledged", err=True)
        if result["denied"]["why"] == Denial.GUN_AHEAD:
            click.echo("  once you know why, go on with --accept-ahead", err=True)
    raise SystemExit(_EXITS[Result(result["result"])])


_EXITS: Final = {
    Result.DONE: Exit.OK,
    Result.STOPPED: Exit.FAILED,
    Result.DENIED: Exit.REFUSED,
    Result.GAP: Exit.FAILED,
    Result.FAULT: Exit.DEVICE,
    Result.TAKEN: Exit.DEVICE,
    Result.LOG_FAILED: Exit.LOG,
    Result.ENDED: Exit.INTERRUPTED,
}


def check_person(name: str) -> None:
    """Raise ``CommandError`` where ``name`` cannot stand in the log as who answers."""
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise CommandError(
            f"{name!r} cannot stand in a log as who answers",
            where="the operator's name",
            right=f"1 to {MAX_NAME} printable characters",
        )


@contextmanager
def _gun(port: str | None, plan: Path, hand: Path | None) -> Iterator[str]:
    if port is not None:
        open_once(port)
        yield port
        return
    script = hand or plan.with_suffix(".hand.jsonl")
    if not script.is_file():
        raise CommandError(
            "there is no hand to hold the simulated gun",
            where=str(script),
            right="give --hand FILE, or drive `injector simulate` yourself and use --port",
        )
    with start_simulator(hand=script) as simulator:
        yield simulator.port


Progress = Callable[[ConsoleState], None]


@contextmanager
def _bar(plan: Plan) -> Iterator[Progress]:
    """A progress bar on stderr, where that is a terminal."""
    with click.progressbar(
        length=plan.shots, label="shots", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def show(seen: ConsoleState) -> None:
            if seen.session is not None:
                bar.update(seen.session.given_shots - bar.pos)

        yield show


def run_session(
    pilot: Autopilot, *, port: str, log: Path, name: Path, progress: Progress, named: bool = False
) -> dict[str, Any]:
    """Let ``pilot`` run its plan, from the file ``name``, and return what is to be said.

    With ``named`` a person gave the port, which is remembered once a gun answers.

    Raises ``CommandError`` where the log cannot be opened (2), no gun answers (4) or
    the gun's own envelope refuses the plan (3).
    """
    seen: SimpleQueue[ConsoleState] = SimpleQueue()
    anchors = anchors_file()
    engine = Engine(EngineConfig(port=port, log=log, software=SOFTWARE, anchors=anchors), seen.put)
    try:
        engine.start()
    except LogError as error:
        raise log_error(error) from error
    judged = False
    try:
        with _signals(engine):
            state = _first(seen, port)
            if named:
                remember(port)
            while True:
                progress(state)
                if not judged and state.envelope is not None:
                    judged = True
                    verdict = judge_plan(pilot.plan, pilot.library, state.envelope)
                    refuse_unless_allowed(name, verdict)
                intent = pilot.look(state)
                if intent is not None:
                    engine.post(intent)
                if state.state is State.ENDED or engine.wait(0):
                    break
                state = _next(seen, engine, state)
    finally:
        engine.shut_down("host_ended")
        engine.wait()
        while not seen.empty():
            state = seen.get()
    if engine.unkept:
        click.echo(f"the checkpoint is not kept outside the log: {engine.unkept}", err=True)
    return _summary(log, pilot, engine, state)


_CURES: Final = {
    WriteFailure.READ_ONLY: "make the file and its folder writable, or give another --log",
    WriteFailure.DISK_FULL: "free some space, or give another --log",
    WriteFailure.BUSY: "end the program that holds it",
}


def log_error(error: LogError) -> CommandError:
    """What is to be said where a log cannot be opened for writing."""
    cure = _CURES.get(error.reason, "") if isinstance(error, LogWriteFailed) else ""
    return CommandError(str(error), right=cure)


def _first(seen: "SimpleQueue[ConsoleState]", port: str) -> ConsoleState:
    """The first snapshot with a gun in it."""
    deadline = time.monotonic() + FIND_S
    while (left_s := deadline - time.monotonic()) > 0:
        try:
            state = seen.get(timeout=left_s)
        except Empty:
            break
        if state.gun is not None or state.state in (State.LOG_FAILED, State.ENDED):
            return state
        if any(alarm.code is AlarmCode.PROTOCOL_MISMATCH for alarm in state.alarms):
            raise CommandError(
                "what answers does not speak this protocol", where=port, exit_code=Exit.DEVICE
            )
    raise CommandError(
        f"no gun answered within {FIND_S:.0f} s",
        where=port,
        right="`injector ports` lists what is there",
        exit_code=Exit.DEVICE,
    )


def _next(seen: "SimpleQueue[ConsoleState]", engine: Engine, now: ConsoleState) -> ConsoleState:
    """The next snapshot; the one at hand where none came while the engine ended."""
    away_s = AWAY_S if now.state in (State.OFFLINE, State.GREETING) else None
    deadline = None if away_s is None else time.monotonic() + away_s
    while True:
        try:
            return seen.get(timeout=0.25)
        except Empty:
            if engine.wait(0):
                return now
            if deadline is not None and time.monotonic() > deadline:
                engine.shut_down("gun_away")
                deadline = None


@contextmanager
def _signals(engine: Engine) -> Iterator[None]:
    """A signal ends the run in order: disarm, settle, close the log."""

    def end(_: int, __: FrameType | None) -> None:
        engine.shut_down("signal")

    before = {number: signal.signal(number, end) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(log: Path, pilot: Autopilot, engine: Engine, state: ConsoleState) -> dict[str, Any]:
    result = pilot.result or Result.ENDED
    if engine.reason == "signal":
        result = Result.ENDED
    closed = next((each for each in state.closed if each.id == pilot.session), None)
    open_ = state.session if state.session is not None else None
    return {
        "result": result.value,
        "session": pilot.session if closed is not None or open_ is not None else None,
        "closed": closed is not None,
        "shots": closed.given_shots if closed else open_.given_shots if open_ else 0,
        "given_nl": closed.given_nl if closed else open_.given_nl if open_ else 0,
        "log": str(log),
        "entries": engine.log_size,
        "checkpoint": engine.checkpoint,
        "denied": None
        if pilot.denied is None
        else {
            "intent": pilot.denied.intent,
            "why": pilot.denied.why.value,
            "words": denied_words(pilot.denied),
            "passed": [each.as_log() for each in pilot.denied.passed],
        },
    }
