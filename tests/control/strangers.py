"""Another host on the same line: what it takes to fire the gun from somewhere else."""

from injector.protocol.codes import LEASE_MS, PROTOCOL_VERSION, Mode
from injector.protocol.framing import encode_frame
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
from simulator.acts import Trigger
from tests.control.worlds import OTHER_LINK, World

SETPOINT = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=250_000,
    needle_um_s=100_000,
    cadence_per_min=300,
    mode=Mode.SINGLE,
    burst=0,
    needle_um=4_000,
    syringe_nl=2_500_000,
)


def fire_as_another_host(world: World, *, shots: int, log: bytes = b"otherlog") -> None:
    """Take the link, fire so many shots, and leave the gun alone again."""
    gun = world.house.gun
    assert gun.firmware is not None
    memory = gun.firmware.memory
    number = 0

    def say(message: Request) -> None:
        nonlocal number
        number += 1
        line = encode_frame(encode_packet(Packet(OTHER_LINK, number, message)))
        world.house.wire.to_gun.put(line, world.now_us)
        world.house.run_for(20)

    say(Hello(version=PROTOCOL_VERSION, log=log, lease_ms=LEASE_MS))
    say(Release(stop_count=memory.stop_count))
    say(Configure(setpoint=SETPOINT))
    say(
        Grant(
            grant=1,
            digest=SETPOINT.digest()[:4],
            shots_limit=memory.shots + shots,
            volume_limit_nl=memory.volume_nl + 20_200 * shots,
        )
    )
    for echo in range(shots * 4):
        say(Beat(echo=echo, acknowledge=0))
        world.house.happen(Trigger(held=echo % 4 == 2))
        world.house.run_for(80)
    assert world.fired >= shots
