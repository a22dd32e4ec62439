"""Whatever a host says and a hand does, in whatever order: the gun keeps its promises.

Histories are drawn: good requests, cheating ones, repeated frames, torn frames, STOP
bytes, hands, faults, power cuts, and time. After each step the gun's truth is held
against what was granted; at the end against its journal.
"""

from dataclasses import dataclass
from typing import Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from injector.protocol.codes import Mode
from injector.protocol.framing import STOP_BYTES
from injector.protocol.messages import (
    Beat,
    Configure,
    Disarm,
    Disarmed,
    Grant,
    Granted,
    Hello,
    MovedEntry,
    Packet,
    Prime,
    Refused,
    Release,
    Reply,
    Request,
    SelfTest,
    ShotEntry,
    Status,
    Stop,
    Stopped,
    UncertainEntry,
    Welcome,
)
from simulator import acts
from tests.simulator.bench import LOG, Bench, chance, setpoint

SETPOINTS: Final = (
    setpoint(),
    setpoint(mode=Mode.REPEAT, cadence_per_min=540, volume_nl=7_000),
    setpoint(mode=Mode.BURST, burst=3, volume_nl=200_000),
    setpoint(mode=Mode.PERFUSION, volume_nl=50_000, flow_nl_s=100_000),
    setpoint(volume_nl=201_000),  # a host that cheats
)
FAULTS: Final = get_args(acts.FaultName)


@dataclass(frozen=True)
class Step:
    """One thing that happens; ``number`` varies it."""

    what: str
    number: int


WHATS: Final = (
    *("beat",) * 6,
    *("time",) * 6,
    *("trigger",) * 5,
    *("contact",) * 3,
    *("grant",) * 4,
    *("arm",) * 2,
    "hello",
    "configure",
    "disarm",
    "stop",
    "can",
    "release",
    "repeat",
    "torn",
    "prime",
    "self_test",
    "fault",
    "power",
    "battery",
    "syringe",
    "acknowledge",
)
steps = st.builds(Step, st.sampled_from(WHATS), st.integers(0, 1_000))


class History:
    """A gun, and what a host that keeps count may expect of it at most."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.limit = (0, 0)
        """Shots and volume that the open grant allows; zeros where none is open."""
        self.last_line = b""
        self.links = 0
        self.refused = False
        self.bench.hello()
        self.bench.release()
        self.bench.configure(SETPOINTS[1])

    def take(self, step: Step) -> None:
        before = self._counters()
        self._do(step)
        shots, volume_nl = self._counters()
        truth = self.bench.truth
        assert shots <= max(before[0], self.limit[0])
        assert volume_nl <= max(before[1], self.limit[1])
        assert truth.shots <= shots
        assert truth.moved_nl <= volume_nl

    def _counters(self) -> tuple[int, int]:
        if self.bench.device.firmware is None:
            self.bench.power(on=True)
            self.bench.hello(link=self._fresh_link())
        memory = self.bench.memory
        return memory.shots, memory.volume_nl

    def _fresh_link(self) -> int:
        self.links += 1
        return 0x51525354 + self.links

    def _do(self, step: Step) -> None:
        bench, number = self.bench, step.number
        memory = bench.memory
        match step.what:
            case "beat":
                self._ask(Beat(echo=bench.echo + (number % 7 == 0), acknowledge=0))
            case "acknowledge":
                self._ask(Beat(echo=bench.echo, acknowledge=number % 20))
            case "time":
                bench.run(number, beats=number % 3 > 0)
            case "trigger":
                bench.trigger(held=number % 2 == 0)
            case "contact":
                bench.contact(on=number % 4 > 0)
            case "arm":
                self._arm(number)
            case "grant":
                bench.grant_id += number % 5 > 0
                wanted = Grant(
                    grant=bench.grant_id,
                    digest=bench.setpoint.digest()[:4],
                    shots_limit=memory.shots + number % 7,
                    volume_limit_nl=memory.volume_nl + number * 1_000,
                )
                self._ask(wanted)
            case "hello":
                before = bench.link, bench.next_id
                bench.link, bench.next_id = self._fresh_link(), 1
                self._ask(Hello(version=1, log=LOG, lease_ms=100 + number % 450))
                if self.refused:
                    bench.link, bench.next_id = before
            case "configure":
                bench.setpoint = SETPOINTS[number % len(SETPOINTS)]
                self._ask(Configure(setpoint=bench.setpoint))
            case "disarm":
                self._ask(Disarm())
            case "stop":
                self._ask(Stop())
            case "can":
                self.limit = (0, 0)
                bench.send(STOP_BYTES[: 2 + number % 3] + b"~")
            case "release":
                self._ask(Release(stop_count=memory.stop_count - number % 2))
            case "repeat":
                self._said(bench.send(self.last_line))
            case "torn":
                line = bench.frame(Disarm())
                self._said(bench.send(line[: number % len(line)] + b"~"))
            case "prime":
                self._ask(Prime(volume_nl=1 + number * 600))
            case "self_test":
                self._ask(SelfTest())
            case "fault":
                fault = acts.Fault(name=FAULTS[number % len(FAULTS)], on=number % 3 == 0)
                bench.device.act(fault, bench.now_us)
                bench.heard()
            case "battery":
                bench.device.act(acts.Battery(pct=number % 101), bench.now_us)
                bench.heard()
            case "syringe":
                if bench.device.mechanics.due() is None:
                    bench.device.act(acts.Syringe(volume_nl=number * 5_000), bench.now_us)
            case "power":
                self.limit = (0, 0)
                bench.power(on=False)
            case _:
                pytest.fail(step.what)

    def _arm(self, number: int) -> None:
        """What an honest host and a practised hand do from any state."""
        bench = self.bench
        for name in FAULTS:
            bench.device.act(acts.Fault(name=name, on=False), bench.now_us)
        bench.device.act(acts.Battery(pct=100), bench.now_us)
        bench.trigger(held=False)
        bench.heard()
        bench.run(1_000, beats=False)
        bench.device.act(acts.Syringe(volume_nl=5_000_000), bench.now_us)
        self._ask(Release(stop_count=bench.memory.stop_count))
        bench.setpoint = SETPOINTS[number % 4]
        self._ask(Disarm())
        self._ask(Configure(setpoint=bench.setpoint))
        bench.grant_id += 1
        self._ask(
            Grant(
                grant=bench.grant_id,
                digest=bench.setpoint.digest()[:4],
                shots_limit=bench.memory.shots + 1 + number % 7,
                volume_limit_nl=bench.memory.volume_nl + 10**6,
            )
        )
        bench.contact(on=True)
        bench.lease()
        bench.trigger(held=True)

    def _ask(self, message: Request) -> None:
        self.last_line = self.bench.frame(message)
        self._said(self.bench.send(self.last_line))

    def _said(self, said: list[Packet[Reply]]) -> None:
        self.refused = False
        for packet in said:
            reply = packet.message
            self.refused = isinstance(reply, Refused)
            if isinstance(reply, Granted):
                self.limit = (reply.shots_limit, reply.volume_limit_nl)
            elif isinstance(reply, Disarmed | Stopped | Welcome):
                self.limit = (0, 0)
            if isinstance(reply, Welcome):  # of an old hello too, where that was repeated
                self.bench.link = packet.link
            if isinstance(reply, Status):
                self.bench.echo = reply.number

    def settle(self) -> None:
        """Let everything end, and hold the journal against the truth."""
        bench = self.bench
        self._counters()
        bench.send(STOP_BYTES + b"~")
        bench.run(3_000, beats=False)
        journal = bench.device.journal()
        assert [entry.index for entry in journal] == list(range(1, len(journal) + 1))
        given_ = [e for e in journal if isinstance(e, ShotEntry)]
        unsure = [e for e in journal if isinstance(e, UncertainEntry) and e.grant]
        assert len(given_) + len(unsure) == bench.truth.shots == bench.memory.shots
        assert sorted(e.shots for e in given_ + unsure) == list(range(1, bench.truth.shots + 1))
        measured_nl = sum(entry.volume_nl for entry in given_)
        unsure_nl = sum(entry.debit_nl for entry in unsure)
        assert measured_nl * 997 // 1_000 - len(given_) <= bench.truth.moved_nl
        assert bench.truth.moved_nl <= measured_nl * 1_003 // 1_000 + unsure_nl + len(given_)
        assert all(entry.volume_nl <= entry.debit_nl for entry in given_)
        others = [e for e in journal if isinstance(e, MovedEntry)]
        assert len(others) <= bench.truth.others
        pushed = [entry.index for entry in bench.pushed]
        assert len(pushed) == len(set(pushed))


@pytest.mark.rule("R-GRANT-KEPT", "INV-2")
@settings(max_examples=120, deadline=None)
@given(st.lists(steps, min_size=5, max_size=60))
def test_no_history_exceeds_what_was_granted_and_every_shot_is_journalled_exactly_once(
    history: list[Step],
) -> None:
    gun = History()
    for step in history:
        gun.take(step)
    gun.settle()


def test_the_histories_reach_what_they_are_meant_to_try() -> None:
    """Over a fixed crowd of histories there are shots, cuts, uncertain ones and endings."""
    drawn = chance(7)
    seen: set[str] = set()
    shots = 0
    for _ in range(60):
        gun = History()
        for _ in range(60):
            gun.take(Step(drawn.choice(WHATS), drawn.randint(0, 1_000)))
        gun.settle()
        shots += gun.bench.truth.shots
        for entry in gun.bench.device.journal():
            seen.add(type(entry).__name__)
            seen.add(getattr(getattr(entry, "ending", None), "name", ""))
    assert shots > 60
    assert seen >= {"ShotEntry", "UncertainEntry", "MovedEntry", "FaultEntry"}
    assert seen >= {"COMPLETE", "STOP", "LEASE", "LINK", "CONTACT_LOST", "TRIGGER"}
