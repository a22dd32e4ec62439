"""This driver: the real beat and the real status, through the product's own code.

The near end is :class:`injector.driver.gun.Gun`, as an engineer's script uses it. The
far end is the device's side of the connection on a port, with nothing behind it: it
answers a beat with a full status whose figures are those of a session, not zeros.
"""

import select
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Final, assert_never

from benchmarks.far import Turn
from benchmarks.peers.peer import BAUD, Asked, deadline_ns
from injector.driver.gun import Gun
from injector.driver.port import Port
from injector.protocol.codes import (
    PROTOCOL_VERSION,
    DeviceState,
    Ending,
    Faults,
    Inhibits,
    Reason,
)
from injector.protocol.device import DeviceConnection, StopBytes
from injector.protocol.framing import encode_frame
from injector.protocol.messages import (
    Beat,
    Configure,
    Disarm,
    Grant,
    Granted,
    HardEnvelope,
    Hello,
    Identify,
    Packet,
    Prime,
    ReadJournal,
    Refused,
    Release,
    Reply,
    Request,
    SelfTest,
    ShotEntry,
    Status,
    Stop,
    Stopped,
    Welcome,
    encode_packet,
)

SHOTS: Final = 1_234_567
VOLUME_NL: Final = 24_691_340_000
NEWEST: Final = 70_000
DIGEST: Final = bytes.fromhex("a1b2c3d4e5f60718")
PATIENCE_S: Final = 10.0
"""A machine that stalls is no lost answer."""
_LOOK_UP_MS: Final = 100
"""How long the far end may be deaf to its orders. It looks only when nothing comes."""
_LINK: Final = 0x41424344
_ID: Final = 1_000
_LOG: Final = b"bench-00"

_ENVELOPE: Final = HardEnvelope(
    volume_min_nl=1_000,
    volume_max_nl=100_000,
    volume_step_nl=500,
    depth_max_um=13_000,
    depth_step_um=100,
    flow_max_nl_s=1_000_000,
    needle_max_um_s=200_000,
    cadence_max_per_min=420,
    burst_max=10,
    prime_max_nl=200_000,
    tolerance_ppm=10_000,
)


_STATUS: Final = Status(
    number=0,
    state=DeviceState.ARMED,
    faults=Faults(0),
    inhibits=Inhibits.TRIGGER_HELD,
    contact=True,
    trigger=False,
    battery_pct=87,
    syringe_left_nl=1_980_000,
    grant=12,
    shots_left=40,
    volume_left_nl=808_000,
    shots=SHOTS,
    volume_nl=VOLUME_NL,
    newest=NEWEST,
    stop_count=3,
    pulls=300,
    pull_inhibits=Inhibits.CONTACT,
    t_us=3_600_000_000,
    room=240,
)


def _status(number: int) -> Status:
    return _STATUS.but(number=number)


def frame_sizes() -> tuple[int, int]:
    """How many bytes a beat and a status take on the line."""
    beat = Packet(_LINK, _ID, Beat(echo=_ID, acknowledge=NEWEST))
    status = Packet(_LINK, _ID, _status(_ID))
    return len(encode_frame(encode_packet(beat))), len(encode_frame(encode_packet(status)))


def ask(path: str, seconds: float, begin: Callable[[], None]) -> Asked:
    """See :data:`benchmarks.peers.peer.Ask`. Each beat's echo is its number,
    since a link's first beat echoes 0 and the far end numbers its statuses from 1."""
    times_ns: list[int] = []
    with Gun.open(path, baud=BAUD) as gun:
        begin()
        end_ns = deadline_ns(seconds)
        before_ns = time.perf_counter_ns()
        while before_ns < end_ns:
            gun.beat(seconds=PATIENCE_S)
            after_ns = time.perf_counter_ns()
            times_ns.append(after_ns - before_ns)
            before_ns = after_ns
    return Asked(times_ns)


def serve(path: str, orders: Connection) -> None:
    """See :data:`benchmarks.far.Serve`."""
    while True:
        orders.recv()
        with closing(Port.open(path)) as port:
            orders.send(None)
            turn = _serve_turn(port, orders)
            orders.recv()
        orders.send(turn)


def _serve_turn(port: Port, orders: Connection) -> Turn:
    turn, connection = Turn(), DeviceConnection()
    poll = select.poll()
    poll.register(port, select.POLLIN)
    while True:
        if not poll.poll(_LOOK_UP_MS):
            if orders.poll():
                return turn
            continue
        connection.receive(port.read())
        while (event := connection.next_event()) is not None:
            if isinstance(event, StopBytes):
                turn.stops_ns.append(time.monotonic_ns())
                continue
            if isinstance(event.message, Beat):
                turn.executed[event.message.echo] += 1
            connection.answer(_reply(event.message, turn))
        output = connection.take_output()
        if output:
            port.write(output)


def _reply(request: Request, turn: Turn) -> Reply:
    match request:
        case Beat():
            return _status(request.echo + 1)
        case Hello():
            return _welcome()
        case ReadJournal():
            return _entry(request.index)
        case Grant():
            return Granted(
                grant=request.grant,
                digest=DIGEST,
                shots_limit=request.shots_limit,
                volume_limit_nl=request.volume_limit_nl,
                shots=SHOTS,
                volume_nl=VOLUME_NL,
            )
        case Stop():
            return Stopped(
                stop_count=len(turn.stops_ns), shots=SHOTS, volume_nl=VOLUME_NL, newest=NEWEST
            )
        case Configure() | Disarm() | Release() | Prime() | SelfTest() | Identify():
            return Refused(reason=Reason.ARMED, field=0, bound=0)
        case _:
            assert_never(request)


def _welcome() -> Welcome:
    return Welcome(
        version=PROTOCOL_VERSION,
        model="Bench",
        serial="BENCH-0001",
        firmware="1.0.0",
        boot=0x51525354,
        journal=0x61626364,
        oldest=NEWEST - 200,
        newest=NEWEST,
        capabilities=0b11110,
        envelope=_ENVELOPE,
        shots=SHOTS,
        volume_nl=VOLUME_NL,
        stop_count=3,
        acknowledged=NEWEST,
        room=240,
    )


def _entry(index: int) -> ShotEntry:
    return ShotEntry(
        journal=0x61626364,
        index=index,
        boot=0x51525354,
        t_us=3_600_000_000,
        log=_LOG,
        under_link=_LINK,
        shots=SHOTS,
        volume_total_nl=VOLUME_NL,
        grant=12,
        digest=DIGEST,
        debit_nl=20_200,
        ending=Ending.COMPLETE,
        duration_us=180_000,
        volume_nl=20_010,
        depth_um=4_000,
        flow_nl_s=249_000,
        pressure_pa=180_000,
        slice=0,
    )
