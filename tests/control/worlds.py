"""Worlds for the control room's tests: a house, a plan, and hands that a test moves itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from injector.control.autopilot import Autopilot
from injector.control.inputs import Arm, CloseSession, OpenSession, PressStop, ReleaseStop, Shutdown
from injector.control.snapshot import ConsoleState
from injector.control.states import State
from injector.control.wants import ArmPrime
from injector.limits.library import Library
from injector.protocol.framing import encode_frame
from injector.protocol.messages import Hello, Packet, encode_packet
from injector.shotlog.entries import Body, Entry
from injector.shotlog.errors import WriteFailure
from injector.shotlog.reader import LogReader
from injector.treatment.plan import Plan
from injector.treatment.shipped import shipped_library
from injector.world.clock import Clock
from injector.world.ear import Ear, Heard
from injector.world.happenings import DiskFails, Wanted
from injector.world.host import Host, Operator
from injector.world.house import House
from injector.world.invariants import Invariants
from simulator.acts import Contact, Step, Trigger, Unplug
from simulator.hand import parse_script

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
LIBRARY: Final = shipped_library()
SESSION: Final = "t0123456789abcdef"
OPERATOR: Final = "ada"
OTHER_LINK: Final = 0x41424344

PLAN: Final = Plan.parse(
    """
title = "Two steps"
indication = "tendinopathy_elbow"
needle = "4.0 mm"
syringe = "2.5 mL"

[[mixture]]
product = "piroxicam"
product_class = "nsaid"
volume = "2.2 mL"

[[step]]
technique = "nappage"
zone = "elbow"
mode = "repeat"
volume = "0.020 mL"
depth = "2.0 mm"
flow = "250 µL/s"
needle_speed = "100 mm/s"
cadence = "300/min"
shots = 40

[[step]]
technique = "point_by_point"
zone = "elbow"
mode = "single"
volume = "0.050 mL"
depth = "4.0 mm"
flow = "200 µL/s"
needle_speed = "100 mm/s"
cadence = "90/min"
shots = 4
"""
)


class Recorder(Invariants):
    """The invariants, and a record of what they were told, in its order."""

    def __init__(self, clock: Clock, library: Library) -> None:
        super().__init__(clock, library)
        self.clock = clock
        self.told: list[tuple[str, int, Entry | Heard]] = []
        self.wrote: list[tuple[int, bytes]] = []
        self._hears = Ear()
        self._wrote = Ear()

    def committed(self, entries: tuple[Entry, ...]) -> None:
        self.told += [("committed", self.clock.now_us, entry) for entry in entries]
        super().committed(entries)

    def host_started(self) -> None:
        self._wrote = Ear()
        super().host_started()

    def host_wrote(self, data: bytes) -> None:
        self.wrote.append((self.clock.now_us, data))
        self.told += [("host wrote", self.clock.now_us, heard) for heard in self._wrote.hear(data)]
        super().host_wrote(data)

    def gun_hears(self, data: bytes) -> None:
        self.told += [("gun hears", self.clock.now_us, heard) for heard in self._hears.hear(data)]
        super().gun_hears(data)

    def bodies(self, kind: type[Body]) -> list[tuple[int, Body]]:
        """Committed bodies of a kind, each with its place in what was told."""
        return [
            (place, what.body)
            for place, (_, _, what) in enumerate(self.told)
            if isinstance(what, Entry) and isinstance(what.body, kind)
        ]


class World:
    """A house, and what a practitioner does in it."""

    def __init__(
        self,
        log: Path,
        *,
        seed: int = 1,
        operator: Operator | None = None,
        hand: Iterable[Step] = (),
        watch_console: bool = False,
        plan: Plan = PLAN,
        library: Library = LIBRARY,
    ) -> None:
        self.log, self.plan, self.library = log, plan, library
        self.house = House(
            log,
            library,
            seed=seed,
            operator=operator,
            hand=hand,
            watch_console=watch_console,
            watched_by=self._watch,
        )

    def _watch(self, clock: Clock, library: Library) -> Invariants:
        self.record = Recorder(clock, library)
        return self.record

    # what there is to see

    @property
    def host(self) -> Host:
        """The host that runs."""
        assert self.house.host is not None
        return self.house.host

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.host.controller.state

    @property
    def seen(self) -> ConsoleState:
        """What a console would show."""
        return self.host.controller.snapshot()

    @property
    def now_us(self) -> int:
        """The world's time."""
        return self.house.clock.now_us

    @property
    def fired(self) -> int:
        """Shots that the gun really began."""
        return self.house.gun.mechanics.truth.shots

    def entries(self, *kinds: str) -> list[Entry]:
        """What stands in the log now."""
        with LogReader.open(self.log) as reader:
            return list(reader.entries(kinds=kinds or None))

    def alarms(self) -> set[str]:
        """The codes of the alarms that stand."""
        return {alarm.code.value for alarm in self.seen.alarms}

    # what a practitioner does

    def want(self, *intents: object) -> None:
        """Want something of the host."""
        for intent in intents:
            self.house.happen(Wanted(intent))

    def to(self, state: State) -> None:
        """Let time pass until the host is there."""
        self.house.run_to(state)

    def settle(self) -> None:
        """Let time pass until all is accounted for and the first status is in."""
        self.house.run(lambda: self.state is State.READY and self.seen.status is not None)

    def released(self) -> None:
        """Settle, and release the STOP that every boot begins with."""
        self.settle()
        if self.seen.latched:
            self.want(ReleaseStop(OPERATOR))
            self.to(State.READY)

    def opened(self) -> None:
        """Have a session open."""
        self.released()
        self.want(OpenSession(SESSION, "training", self.plan, self.library, OPERATOR))
        self.house.run(lambda: self.seen.session is not None)

    def armed(self, step: int = 0) -> None:
        """Have a step armed, the nose on skin, and a lease running."""
        self.opened()
        self.arm_again(step)

    def arm_again(self, step: int = 0) -> None:
        """Arm in the session that is open."""
        self.want(Arm(step, OPERATOR))
        self.to(State.ARMED)
        self.house.happen(Contact(on=True))
        self.house.run_for(250)

    def fire(self, shots: int = 1) -> None:
        """Hold the trigger until so many shots more have begun; it stays held."""
        enough = self.fired + shots
        self.house.happen(Trigger(held=True))
        self.house.run(lambda: self.fired >= enough)

    def let_go(self) -> None:
        """Let the trigger go."""
        self.house.happen(Trigger(held=False))

    def close_session(self) -> None:
        """End the session and see it closed."""
        self.want(CloseSession(OPERATOR))
        self.house.run(lambda: self.seen.session is None)

    def shut_down(self) -> None:
        """End the host in order."""
        self.want(Shutdown("done"))
        self.house.run()

    def other_host(self) -> None:
        """Another host says hello to the gun."""
        hello = Hello(version=1, log=b"otherlog", lease_ms=500)
        line = encode_frame(encode_packet(Packet(OTHER_LINK, 1, hello)))
        self.house.wire.to_gun.put(line, self.now_us)


def bring_to(world: World, state: State) -> None:
    """Bring a fresh world's host into ``state``."""
    match state:
        case State.OFFLINE:
            world.settle()
            world.house.happen(Unplug())
        case State.GREETING | State.SETTLING | State.READY:
            world.to(state)
        case State.CONFIGURING | State.GRANTING | State.ARMED:
            world.opened()
            world.want(Arm(0, OPERATOR))
            world.to(state)
        case State.PRIMING:
            world.opened()
            world.want(ArmPrime(20_000, OPERATOR))
            world.to(state)
        case State.DISARMING:
            world.armed()
            world.want(CloseSession(OPERATOR))
        case State.STOPPING:
            world.armed()
            world.want(PressStop("operator", OPERATOR))
        case State.RELEASING:
            world.settle()
            world.want(ReleaseStop(OPERATOR))
        case State.TAKEN:
            world.settle()
            world.other_host()
            world.to(state)
        case State.LOG_FAILED:
            world.opened()
            world.house.happen(DiskFails(WriteFailure.DISK_FULL))
            world.want(Arm(0, OPERATOR))
            world.to(state)
        case State.ENDED:
            raise ValueError("a host that has ended is gone")
    assert world.state is state


STATES: Final = tuple(state for state in State if state is not State.ENDED)


def example(name: str) -> tuple[Plan, list[Step]]:
    """A plan from the examples and the hand that plays it."""
    plan = Plan.parse((EXAMPLES / f"{name}.toml").read_bytes())
    script = EXAMPLES / f"{name}.hand.jsonl"
    return plan, parse_script(script.read_text(encoding="utf-8"), script.name)


def pilot(plan: Plan) -> Autopilot:
    """An operator who follows ``plan``."""
    return Autopilot(plan, LIBRARY, operator=OPERATOR, session=SESSION)
