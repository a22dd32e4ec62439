"""The driver as a library, for a bench: open, configure, read back, grant, shoot, stop.

    python examples/driver_library.py /dev/ttyUSB0

There is no patient, no limit but the gun's own, and no shot log here. For a session
use `injector run` or the console.
"""

import sys

from injector.driver.gun import Gun
from injector.protocol.codes import Mode
from injector.protocol.messages import Setpoint, ShotEntry

SETPOINT = Setpoint(
    volume_nl=20_000,
    depth_um=2_000,
    flow_nl_s=200_000,
    needle_um_s=100_000,
    cadence_per_min=120,
    mode=Mode.SINGLE,
    burst=0,
    needle_um=4_000,
    syringe_nl=5_000_000,
)
SHOTS = 3
# What the gun debits for each: the volume and its drive's tolerance of 1 %.
DEBIT_NL = 20_200


def main(port: str) -> None:
    """Take three shots at the bench: pull the trigger three times within ten seconds."""
    with Gun.open(port) as gun:
        print(f"{gun.welcome.model} {gun.welcome.serial}")
        gun.release()
        held = gun.configure(SETPOINT)
        print(f"holds {held.setpoint.volume_nl} nL at {held.setpoint.depth_um} µm")
        gun.grant(SETPOINT, shots=SHOTS, volume_nl=SHOTS * DEBIT_NL)
        shots = 0
        for entry in gun.entries(seconds=10):
            print(entry)
            shots += isinstance(entry, ShotEntry)
            if shots == SHOTS:
                break
        gun.stop()
        print(f"stopped: {gun.wait_stopped()}")


if __name__ == "__main__":
    main(sys.argv[1])
