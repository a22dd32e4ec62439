"""``injector demo``: a whole session on the simulator, from start to a verified log."""

import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from injector.cli.exits import Exit
from injector.cli.guns import Place
from injector.cli.log import verify as verify_command
from injector.cli.plans import read_plan
from injector.cli.run import run_session
from injector.cli.simulator_process import start_simulator
from injector.control.autopilot import Autopilot
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.shotlog.entries import new_session_id
from injector.treatment.shipped import examples_folder, shipped_library
from injector.units import format_volume_nl

_PLAN = "elbow-tendinopathy"


@click.command()
@click.option(
    "--log",
    "log_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The shot log; a new one in the temporary folder unless given.",
)
@click.option("--no-console", is_flag=True, help="Print progress even where there is a terminal.")
def demo(*, log_path: Path | None, no_console: bool) -> None:
    """A training session on a simulated gun, held by a scripted hand.

    In a terminal this is the operator console. Without one the session runs by
    itself, prints its progress and ends with the verified log.
    """
    log = log_path or Path(tempfile.mkdtemp(prefix="injector-demo-")) / "shots.db"
    plan_path = examples_folder() / f"{_PLAN}.toml"
    hand = plan_path.with_suffix(".hand.jsonl")
    plan, library = read_plan(plan_path), shipped_library()
    with start_simulator(hand=hand) as simulator:
        click.echo(f"simulated gun at {simulator.port}", err=True)
        screens = (sys.stdin, sys.stdout, sys.stderr)
        if all(screen.isatty() for screen in screens) and not no_console:
            from injector.cli.console import run_console  # noqa: PLC0415 -- brings Textual

            gun = Place(simulator.port, control=Path(simulator.control))
            status = run_console(plan, library, gun=gun, log=log, operator="demo")
        else:
            click.echo(f"training session: {plan.title}, {plan.shots} shots planned")
            result = run_session(
                Autopilot(
                    plan,
                    library,
                    operator="demo",
                    session=new_session_id("training", secrets.token_bytes(8)),
                ),
                port=simulator.port,
                log=log,
                name=plan_path,
                progress=_progress(),
            )
            status = Exit.OK if result["result"] == "done" else Exit.FAILED
            click.echo(
                f"{result['result']}: {result['shots']} shots,"
                f" {format_volume_nl(result['given_nl'])} counted as given"
            )
    if status != Exit.OK:
        raise SystemExit(status)
    click.echo(f"the shot log is {log}")
    ctx = click.get_current_context()
    ctx.invoke(verify_command, path=log, as_json=False, against=None, vkey=None)


def _progress() -> Callable[[ConsoleState], None]:
    """Print a line whenever the state changes, and every eight shots."""
    state, shots = State.OFFLINE, 0

    def show(seen: ConsoleState) -> None:
        nonlocal state, shots
        given = shots if seen.session is None else seen.session.given_shots
        if seen.state is state and given < shots + 8:
            return
        state, shots = seen.state, given
        gun = "" if seen.gun is None else f"  {seen.gun.serial}"
        volume = "" if seen.session is None else f"  {format_volume_nl(seen.session.given_nl)}"
        click.echo(f"{seen.state.value:<12}{given:>4} shots{volume}{gun}")

    return show
