"""Another host on the same line: it takes the link, grants some shots and goes away."""

from collections.abc import Iterator
from random import Random
from typing import Final

from injector.protocol.codes import JOURNAL_RESERVE, LEASE_MS, PROTOCOL_VERSION, Mode
from injector.protocol.framing import encode_frame, pick_link
from injector.protocol.messages import (
    Beat,
    Configure,
    Grant,
    Hello,
    Packet,
    Release,
    Request,
    Setpoint,
    encode_packet,
)
from injector.world.happenings import OtherHostComes
from simulator.memory import PermanentMemory

_LOG: Final = b"otherlog"
_EVERY_US: Final = 40_000
_BEATS: Final = 14
_SETPOINT: Final = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=250_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Mode.REPEAT,
    burst=0,
    needle_um=4_000,
    syringe_nl=10_000_000,
)
_DEBIT_NL: Final = 20_200


class Stranger:
    """The frames that it sends, each when it is due. It hears nothing, and asks no one."""

    def __init__(self, coming: OtherHostComes, chance: Random, now_us: int) -> None:
        self._link = pick_link(chance.randbytes)
        self._coming = coming
        self._says: Iterator[Request] | None = None
        self._number = 0
        self.due_us: int | None = now_us

    def speak(self, memory: PermanentMemory, now_us: int) -> bytes:
        """Return its next frame. What a host would have heard is read from ``memory``."""
        if self._says is None:
            self._says = self._frames(memory)
        request = next(self._says, None)
        if request is None:
            self.due_us = None
            return b""
        self._number += 1
        self.due_us = now_us + _EVERY_US
        return encode_frame(encode_packet(Packet(self._link, self._number, request)))

    def _frames(self, memory: PermanentMemory) -> Iterator[Request]:
        yield Hello(version=PROTOCOL_VERSION, log=_LOG, lease_ms=LEASE_MS)
        yield Release(stop_count=memory.stop_count)
        yield Configure(setpoint=_SETPOINT)
        shots = max(0, min(self._coming.shots, memory.room - JOURNAL_RESERVE))
        yield Grant(
            grant=1,
            digest=_SETPOINT.digest()[:4],
            shots_limit=memory.shots + shots,
            volume_limit_nl=memory.volume_nl + _DEBIT_NL * shots,
        )
        for echo in range(_BEATS):
            newest = memory.newest - (memory.begun is not None)
            yield Beat(echo=echo, acknowledge=newest if self._coming.acknowledges else 0)
