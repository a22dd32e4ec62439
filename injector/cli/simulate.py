"""``injector simulate``: a gun without a gun, and the hand that holds it."""

import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from types import FrameType
from typing import Final

import click

from injector.cli.exits import CommandError, Exit
from injector.report.json_text import to_json
from injector.units import QuantityError, format_volume_nl, parse_volume_nl
from simulator.control import ControlServer
from simulator.device import Device
from simulator.endpoints import Endpoint, EndpointError, PtyEndpoint, TcpEndpoint
from simulator.gun import Gun, monotonic_us
from simulator.hand import ScriptError, parse_script
from simulator.mechanics import SYRINGES_NL
from simulator.medium import FileMedium, HeldMedium, StateFileError

_CONNECT_S: Final = 5.0


class _SyringeSize(click.ParamType[int]):
    """A size that a syringe has, written as an amount: ``5 mL``."""

    name = "volume"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        sizes = ", ".join(format_volume_nl(size) for size in SYRINGES_NL)
        if isinstance(value, int):
            return value
        try:
            size_nl = parse_volume_nl(str(value))
        except QuantityError as error:
            self.fail(str(error), param, ctx)
        if size_nl not in SYRINGES_NL:
            self.fail(f"{value!r}: there are syringes of {sizes}", param, ctx)
        return size_nl


class _Address(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``."""

    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, colon, port = str(value).rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            self.fail(f"{value!r}: a host and a port, as in '127.0.0.1:0'", param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


class _Serial(click.ParamType[str]):
    """A gun's serial number: what fits the welcome."""

    name = "text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value)
        if not 1 <= len(text) <= 20 or not text.isascii() or not text.isprintable():
            self.fail(f"{value!r}: 1 to 20 printable ASCII characters", param, ctx)
        return text


@click.group(invoke_without_command=True)
@click.option("--link", type=click.Path(path_type=Path), help="Where the port shall be found.")
@click.option("--tcp", type=_Address(), help="Serve on TCP instead of a pty; port 0 takes one.")
@click.option("--control", type=click.Path(path_type=Path), help="Socket of the control channel.")
@click.option("--state", type=click.Path(path_type=Path), help="File that is permanent memory.")
@click.option("--serial", type=_Serial(), help="Serial number; drawn where it is not given.")
@click.option(
    "--hand",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Script for the hand that holds the gun.",
)
@click.option(
    "--syringe",
    type=_SyringeSize(),
    help="Syringe fitted, full, as in '5 mL'; else the one that the host's setpoint names.",
)
@click.option(
    "--viscosity",
    type=click.IntRange(100, 100_000),
    default=1_000,
    show_default=True,
    help="Viscosity of the mixture in µPa·s.",
)
@click.option("--seed", type=click.IntRange(0), help="Makes ids and sensor noise repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as one JSON object.")
@click.option("--until-eof", is_flag=True, hidden=True, help="End when standard input ends, too.")
@click.pass_context
def simulate(
    ctx: click.Context,
    *,
    link: Path | None,
    tcp: tuple[str, int] | None,
    control: Path | None,
    state: Path | None,
    serial: str | None,
    hand: Path | None,
    syringe: int | None,
    viscosity: int,
    seed: int | None,
    as_json: bool,
    until_eof: bool,
) -> None:
    """Serve a simulated gun on a pty (or TCP) until it is interrupted.

    Prints the port to open. The gun begins as a real one does: stopped, with the
    trigger let go and off the skin.
    """
    if ctx.invoked_subcommand is not None:
        return
    if link is not None and tcp is not None:
        raise CommandError("a gun has one port", where="--link, --tcp", right="give one of the two")
    # A seed makes a gun that can be repeated; without one its ids are truly drawn.
    chance = SystemRandom() if seed is None else Random(seed)  # noqa: S311 - no secrets
    try:
        with _wakes(until_eof=until_eof) as wakes, _folder(link, control) as folder:
            steps = [] if hand is None else parse_script(_text(hand), str(hand))
            medium = HeldMedium() if state is None else FileMedium(state)
            device = Device(
                monotonic_us(),
                chance,
                medium=medium,
                serial=serial,
                syringe_nl=syringe,
                viscosity_upas=viscosity,
            )
            endpoint: Endpoint = (
                PtyEndpoint(folder / "gun" if link is None else link)
                if tcp is None
                else TcpEndpoint(*tcp)
            )
            socket_path = folder / "control" if control is None else control
            server = ControlServer(socket_path, device)
            try:
                endpoint.open()
                _say(endpoint.address, str(socket_path), as_json=as_json)
                scripted = device.hand()
                for step in steps:
                    scripted.feed(step)
                Gun(device, endpoint, server, wakes).run()
            finally:
                server.close()
                endpoint.close()
                if isinstance(medium, FileMedium):
                    medium.close()
    except (EndpointError, ScriptError, StateFileError) as error:
        raise CommandError(str(error)) from error


@simulate.group()
@click.argument("control", type=click.Path(path_type=Path))
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds to wait for an answer.",
)
@click.pass_context
def ctl(ctx: click.Context, control: Path, timeout: float) -> None:
    """Speak to a simulated gun through its control channel.

    Each command prints the gun's answer, one JSON object. The command '-' passes
    JSON lines from standard input.
    """
    ctx.obj = (control, timeout)


def _onoff(word: str) -> bool:
    return word in ("on", "down")


@ctl.command("trigger")
@click.argument("position", type=click.Choice(["down", "up"]))
@click.pass_obj
def ctl_trigger(where: tuple[Path, float], position: str) -> None:
    """Pull the trigger, or let it go."""
    _tell(where, {"do": "trigger", "held": _onoff(position)})


@ctl.command("pull")
@click.option("--ms", type=int, default=100, show_default=True, help="How long.")
@click.pass_obj
def ctl_pull(where: tuple[Path, float], ms: int) -> None:
    """Pull the trigger and let it go; answered when it is let go."""
    _tell(where, {"do": "pull", "ms": ms})


@ctl.command("shoot")
@click.pass_obj
def ctl_shoot(where: tuple[Path, float]) -> None:
    """Pull until there was a shot, or the light says that there is none to be had."""
    _tell(where, {"do": "shoot"})


@ctl.command("contact")
@click.argument("touch", type=click.Choice(["on", "off"]))
@click.pass_obj
def ctl_contact(where: tuple[Path, float], touch: str) -> None:
    """Put the nose on the skin, or take it off."""
    _tell(where, {"do": "contact", "on": _onoff(touch)})


@ctl.command("fault")
@click.argument("name")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def ctl_fault(where: tuple[Path, float], name: str, switch: str) -> None:
    """Break something or mend it: occlusion, air, empty, drive, stuck_trigger."""
    _tell(where, {"do": "fault", "name": name, "on": _onoff(switch)})


@ctl.command("battery")
@click.argument("pct", type=int)
@click.pass_obj
def ctl_battery(where: tuple[Path, float], pct: int) -> None:
    """Set the battery's charge in percent."""
    _tell(where, {"do": "battery", "pct": pct})


@ctl.command("power")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def ctl_power(where: tuple[Path, float], switch: str) -> None:
    """Cut the power, or give it back."""
    _tell(where, {"do": "power", "on": _onoff(switch)})


@ctl.command("reset")
@click.pass_obj
def ctl_reset(where: tuple[Path, float]) -> None:
    """Cut the power and give it back at once."""
    _tell(where, {"do": "reset"})


@ctl.command("unplug")
@click.pass_obj
def ctl_unplug(where: tuple[Path, float]) -> None:
    """Pull the cable out."""
    _tell(where, {"do": "unplug"})


@ctl.command("plug")
@click.pass_obj
def ctl_plug(where: tuple[Path, float]) -> None:
    """Put the cable in again."""
    _tell(where, {"do": "plug"})


@ctl.command("syringe")
@click.argument("volume")
@click.option("--size", type=_SyringeSize(), help="Its size, where it is another one.")
@click.pass_obj
def ctl_syringe(where: tuple[Path, float], volume: str, size: int | None) -> None:
    """Put in a fresh syringe with that VOLUME in it, as in '4.5 mL'."""
    try:
        volume_nl = parse_volume_nl(volume)
    except QuantityError as error:
        raise CommandError(str(error), where="VOLUME") from error
    line: dict[str, object] = {"do": "syringe", "volume_nl": volume_nl}
    _tell(where, line if size is None else {**line, "size_nl": size})


@ctl.command("state")
@click.pass_obj
def ctl_state(where: tuple[Path, float]) -> None:
    """Look at the gun."""
    _tell(where, {"do": "state"})


@ctl.command("journal")
@click.pass_obj
def ctl_journal(where: tuple[Path, float]) -> None:
    """Read the journal past the wire; for tests only."""
    _tell(where, {"do": "journal"})


@ctl.command("truth")
@click.pass_obj
def ctl_truth(where: tuple[Path, float]) -> None:
    """Ask what was really moved; for tests only."""
    _tell(where, {"do": "truth"})


@ctl.command("-")
@click.pass_obj
def ctl_lines(where: tuple[Path, float]) -> None:
    """Pass JSON lines from standard input, one after the other."""
    wrong = False
    with _channel(where) as ask:
        for line in sys.stdin:
            if line.strip():
                answer = ask(line.rstrip("\n"))
                click.echo(to_json(answer))
                wrong = wrong or "error" in answer
    if wrong:
        raise CommandError("the gun did not take every line", where="standard input")


def _tell(where: tuple[Path, float], line: dict[str, object]) -> None:
    with _channel(where) as ask:
        answer = ask(json.dumps(line))
    if "error" in answer:
        raise CommandError(
            str(answer["error"]), where=str(where[0]), right=f"right would be {answer['right']}"
        )
    click.echo(to_json(answer))


class _Channel:
    """A connection to a control channel: a line goes out, its answer comes back."""

    def __init__(self, path: Path, line: socket.socket) -> None:
        self._path = path
        self._line = line
        self._buffer = bytearray()

    def __call__(self, text: str) -> dict[str, object]:
        try:
            self._line.sendall(text.encode("utf-8") + b"\n")
            while b"\n" not in self._buffer:
                data = self._line.recv(65_536)
                if not data:
                    raise self._gone("the gun ended")
                self._buffer += data
        except TimeoutError as error:
            raise self._gone("no answer in time; --timeout gives it longer") from error
        except OSError as error:
            raise self._gone(error.strerror or str(error)) from error
        answer, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        parsed: dict[str, object] = json.loads(answer)
        return parsed

    def _gone(self, wrong: str) -> CommandError:
        return CommandError(wrong, where=str(self._path), exit_code=Exit.DEVICE)


@contextmanager
def _channel(where: tuple[Path, float]) -> Iterator[_Channel]:
    path, timeout = where
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_CONNECT_S)
        try:
            line.connect(str(path))
        except OSError as error:
            raise CommandError(
                f"no simulated gun answers here ({error.strerror or error})",
                where=str(path),
                right="'injector simulate --json' prints the path of its control channel",
                exit_code=Exit.DEVICE,
            ) from error
        line.settimeout(timeout)
        yield _Channel(path, line)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(str(error), where=str(path), right="a script is UTF-8 text") from error


def _say(port: str, control: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(to_json({"port": port, "control": control}))
    else:
        click.echo(port)
        click.echo(f"The gun is on {port}", err=True)
        click.echo(f"Its control channel is {control}", err=True)
        click.echo("Ctrl-C ends it.", err=True)


@contextmanager
def _folder(*given: Path | None) -> Iterator[Path]:
    """A folder for port and channel where not both paths were given; removed at the end."""
    if None not in given:
        yield Path()
        return
    folder = Path(tempfile.mkdtemp(prefix=f"injector-{secrets.token_hex(2)}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _wakes(*, until_eof: bool) -> Iterator[list[int]]:
    """Descriptors that become readable when it is time to end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def _caught(_number: int, _frame: FrameType | None) -> None:
        os.write(writing, b"!")

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _caught) for number in numbers]
    try:
        yield [reading, *([sys.stdin.fileno()] if until_eof else [])]
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
