"""A bench for guns: a device in virtual time, and a host that says just what a test wants."""

from random import Random
from typing import Final, get_args

from injector.protocol.codes import LEASE_MS, PROTOCOL_VERSION, Mode, Reason
from injector.protocol.framing import FrameDecoder, GoodFrame, encode_frame
from injector.protocol.messages import (
    Beat,
    Configure,
    Grant,
    Granted,
    Hello,
    JournalEntry,
    Packet,
    Refused,
    Release,
    Reply,
    Request,
    Setpoint,
    ShotEntry,
    Status,
    Welcome,
    decode_reply,
    encode_packet,
)
from simulator.acts import Contact, Power, Trigger
from simulator.device import Device
from simulator.mechanics import Truth
from simulator.medium import HeldMedium, Medium
from simulator.memory import PermanentMemory

LINK: Final = 0x41424344
LOG: Final = b"testlog1"
START_US: Final = 5_000_000
BEAT_MS: Final = 100

SINGLE: Final = Setpoint(
    volume_nl=50_000,
    depth_um=4_000,
    flow_nl_s=500_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Mode.SINGLE,
    burst=0,
    needle_um=4_000,
    syringe_nl=5_000_000,
)
"""A shot of 50 µL: needle down 45 ms, flow 100 ms, settled 6 ms, needle up 45 ms."""


def chance(seed: int) -> Random:
    """Return a source of chance that can be repeated."""
    return Random(seed)  # noqa: S311 - noise and ids of a simulated gun, no secrets


def setpoint(**changes: object) -> Setpoint:
    """Return ``SINGLE`` with changes."""
    return Setpoint.model_validate({**dict(SINGLE), **changes})


class Bench:
    """One gun and one host, in virtual time."""

    def __init__(
        self,
        *,
        seed: int = 1,
        medium: Medium | None = None,
        syringe_nl: int | None = 5_000_000,
        viscosity_upas: int = 1_000,
    ) -> None:
        self.now_us = START_US
        self.medium = HeldMedium() if medium is None else medium
        self.device = Device(
            self.now_us,
            chance(seed),
            medium=self.medium,
            syringe_nl=syringe_nl,
            viscosity_upas=viscosity_upas,
        )
        self.link = LINK
        self.next_id = 1
        self.echo = 0
        self.grant_id = 0
        self.setpoint = SINGLE
        self.pushed: list[JournalEntry] = []
        self._decoder = FrameDecoder()

    # the line

    def send(self, data: bytes) -> list[Packet[Reply]]:
        """Put bytes on the line; return what comes back."""
        self.device.receive(data, self.now_us)
        return self.heard()

    def heard(self) -> list[Packet[Reply]]:
        """Return what the gun has said; pushed entries are kept too."""
        said: list[Packet[Reply]] = []
        for event in self._decoder.feed(self.device.take_output()):
            assert isinstance(event, GoodFrame), event
            packet = decode_reply(event.payload)
            assert isinstance(packet, Packet), packet
            if packet.id == 0 and isinstance(packet.message, get_args(JournalEntry)):
                self.pushed.append(packet.message)
            said.append(packet)
        return said

    def frame(self, message: Request, number: int | None = None) -> bytes:
        """Return the frame for ``message`` with the next id, or with ``number``."""
        if number is None:
            number = self.next_id
            self.next_id += 1
        return encode_frame(encode_packet(Packet(self.link, number, message)))

    def ask(self, message: Request) -> Reply:
        """Send a request and return its reply."""
        number = self.next_id
        [reply] = [p.message for p in self.send(self.frame(message)) if p.id == number]
        return reply

    def refused(self, message: Request) -> Refused:
        """Send a request and return its refusal."""
        reply = self.ask(message)
        assert isinstance(reply, Refused), reply
        return reply

    # what hosts do

    def hello(self, *, lease_ms: int = LEASE_MS, link: int | None = None) -> Welcome:
        """Begin a link."""
        if link is not None:
            self.link, self.next_id = link, 1
        self.echo = self.grant_id = 0
        welcome = self.ask(Hello(version=PROTOCOL_VERSION, log=LOG, lease_ms=lease_ms))
        assert isinstance(welcome, Welcome), welcome
        return welcome

    def beat(self, *, acknowledge: int = 0) -> Status:
        """Beat once, with the echo of the newest status."""
        status = self.ask(Beat(echo=self.echo, acknowledge=acknowledge))
        assert isinstance(status, Status)
        self.echo = status.number
        return status

    def permit(self, shots: int, volume_nl: int = 10_000_000) -> Reply:
        """Grant that many shots more than the counters read."""
        memory = self.memory
        self.grant_id += 1
        return self.ask(
            Grant(
                grant=self.grant_id,
                digest=self.setpoint.digest()[:4],
                shots_limit=memory.shots + shots,
                volume_limit_nl=memory.volume_nl + volume_nl,
            )
        )

    def release(self) -> None:
        """Release the STOP there is."""
        reply = self.ask(Release(stop_count=self.memory.stop_count))
        assert not isinstance(reply, Refused), reply

    def configure(self, held: Setpoint) -> Reply:
        """Configure a setpoint and remember it for grants."""
        self.setpoint = held
        return self.ask(Configure(setpoint=held))

    def arm(self, held: Setpoint = SINGLE, *, shots: int = 10) -> None:
        """Do all that a host does until a pull on skin gives a shot."""
        self.hello()
        self.release()
        self.configure(held)
        granted = self.permit(shots)
        assert isinstance(granted, Granted), granted
        self.lease()

    def lease(self) -> None:
        """Make the lease run: two beats, the second of which echoes the first."""
        self.beat()
        self.beat()

    # time and hand

    def run(self, ms: int, *, beats: bool = True) -> None:
        """Let time pass, with a beat every 100 ms unless the host is dead."""
        until_us = self.now_us + ms * 1_000
        while beats and self.now_us + BEAT_MS * 1_000 <= until_us:
            self.tick(self.now_us + BEAT_MS * 1_000)
            self.beat()
        self.tick(until_us)

    def tick(self, now_us: int) -> None:
        """Let time pass until ``now_us``."""
        self.now_us = now_us
        self.device.tick(now_us)
        self.heard()

    def pull(self, *, ms: int = 50) -> None:
        """Pull the trigger and let it go."""
        self.trigger(held=True)
        self.run(ms, beats=False)
        self.trigger(held=False)

    def trigger(self, *, held: bool) -> None:
        """Pull the trigger, or let it go."""
        self.device.act(Trigger(held=held), self.now_us)
        self.heard()

    def contact(self, *, on: bool) -> None:
        """Touch the skin, or leave it."""
        self.device.act(Contact(on=on), self.now_us)
        self.heard()

    def power(self, *, on: bool) -> None:
        """Cut the power, or give it back."""
        self.device.act(Power(on=on), self.now_us)
        self.device.take_output()
        self._decoder = FrameDecoder()

    # what there is to see

    @property
    def memory(self) -> PermanentMemory:
        """Permanent memory of the gun that runs."""
        assert self.device.firmware is not None
        return self.device.firmware.memory

    @property
    def truth(self) -> Truth:
        """What was really moved."""
        return self.device.mechanics.truth_at(self.now_us)

    @property
    def shots(self) -> list[ShotEntry]:
        """The shots in the journal."""
        return [entry for entry in self.device.journal() if isinstance(entry, ShotEntry)]


def reason(reply: Reply) -> Reason:
    """Return why ``reply`` refuses."""
    assert isinstance(reply, Refused), reply
    return reply.reason
