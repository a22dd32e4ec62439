"""pymodbus RTU: asynchronous client and server, holding registers of a status' size.

Modbus repeats a request when its timeout ends, since an RTU device says nothing to a
damaged frame. The timeout is 20 ms, the shortest that this driver waits itself and
less than anybody gives a real device.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from benchmarks.far import Turn
from benchmarks.peers.gun import frame_sizes
from benchmarks.peers.peer import BAUD, Asked, deadline_ns

_DEVICE: Final = 1
_REGISTERS: Final = 65_000
_AROUND_BYTES: Final = 5
"""Address, function, length and checksum of an answer."""
_TIMEOUT_S: Final = 0.020
_RETRIES: Final = 50


def _count() -> int:
    """How many registers make an answer of a status' size."""
    return (frame_sizes()[1] - _AROUND_BYTES) // 2


def ask(path: str, seconds: float, begin: Callable[[], None]) -> Asked:
    """See :data:`benchmarks.peers.peer.Ask`. A request's number is its first register."""
    return asyncio.run(_ask(path, seconds, begin))


async def _ask(path: str, seconds: float, begin: Callable[[], None]) -> Asked:
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    client = AsyncModbusSerialClient(path, baudrate=BAUD, timeout=_TIMEOUT_S, retries=_RETRIES)
    if not await client.connect():
        raise ConnectionError("pymodbus: the client does not connect")
    times_ns: list[int] = []
    count = _count()
    await _read(client, _REGISTERS - count, count)
    begin()
    end_ns = deadline_ns(seconds)
    before_ns = time.perf_counter_ns()
    while before_ns < end_ns and len(times_ns) < _REGISTERS - count:
        await _read(client, len(times_ns), count)
        after_ns = time.perf_counter_ns()
        times_ns.append(after_ns - before_ns)
        before_ns = after_ns
    client.close()
    return Asked(times_ns)


async def _read(client: AsyncModbusSerialClient, number: int, count: int) -> None:
    """Read until it has been read: what pymodbus gives up is asked again."""
    while True:
        try:
            answer = await client.read_holding_registers(number, count=count, device_id=_DEVICE)
        except ModbusException:
            continue
        if not answer.isError():
            return


def serve(path: str, orders: Connection) -> None:
    """See :data:`benchmarks.far.Serve`."""
    asyncio.run(_serve(path, orders))


async def _serve(path: str, orders: Connection) -> None:
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    registers = SimData(0, count=_REGISTERS, values=7, datatype=DataType.REGISTERS)
    while True:
        await asyncio.to_thread(orders.recv)
        turn = Turn()

        def seen(sending: bool, pdu: ModbusPDU, turn: Turn = turn) -> ModbusPDU:
            if not sending:
                turn.executed[pdu.address] += 1
            return pdu

        server = ModbusSerialServer(
            SimDevice(_DEVICE, registers), port=path, baudrate=BAUD, trace_pdu=seen
        )
        await server.serve_forever(background=True)
        orders.send(None)
        await asyncio.to_thread(orders.recv)
        await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus gives it no types
        turn.executed.pop(_REGISTERS - _count(), None)  # the request before the first
        orders.send(turn)
