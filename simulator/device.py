"""The gun as a thing: firmware, mechanics, power, cable, and the hands on it.

It still owns no port and no clock: bytes and time come in, bytes go out. The
runner in :mod:`simulator.gun` drives it in real time, tests in virtual time.
"""

from collections.abc import Callable
from random import Random
from typing import Final, assert_never

from injector.protocol.codes import PROTOCOL_VERSION
from injector.protocol.messages import JournalEntry
from simulator import acts
from simulator.acts import Act, LineError
from simulator.faults import SWITCHES
from simulator.firmware import Firmware, Light
from simulator.hand import Hand, Shown, Sight
from simulator.mechanics import Condition, Mechanics, Truth
from simulator.medium import HeldMedium, Medium
from simulator.memory import PermanentMemory

DEFAULT_SYRINGE_NL: Final = 5_000_000
_NEVER_US: Final = 1 << 62


class Device:
    """One gun. It is powered on at ``now_us``, on the caller's monotonic clock.

    ``chance`` is where ids and noise come from: a seeded ``Random`` makes a gun that
    can be repeated exactly. ``medium`` holds permanent memory. ``syringe_nl`` is the
    syringe fitted, which the holder feels; None: whichever a setpoint names is put
    in, full. ``serial`` counts for a blank medium only. ``protocol`` is the version of
    the wire that it speaks.
    """

    def __init__(
        self,
        now_us: int,
        chance: Random,
        *,
        medium: Medium | None = None,
        serial: str | None = None,
        syringe_nl: int | None = None,
        viscosity_upas: int = 1_000,
        protocol: int = PROTOCOL_VERSION,
    ) -> None:
        self._now_us = now_us
        self._protocol = protocol
        self._draw: Callable[[int], bytes] = chance.randbytes
        self._medium = HeldMedium() if medium is None else medium
        self._serial = serial
        self._holder_adapts = syringe_nl is None
        self.mechanics: Final = Mechanics(
            chance,
            syringe_nl=DEFAULT_SYRINGE_NL if syringe_nl is None else syringe_nl,
            viscosity_upas=viscosity_upas,
        )
        self.plugged = True
        """Whether the cable is in; the runner opens and closes the port after it."""
        self._held = False
        self._jammed = False
        self._contact = False
        self._battery_pct = 100
        self._ended_before = 0
        self._hands: list[Hand] = []
        self._quiet_until_us: int | None = None
        """Until then nothing happens by itself; None: that is not known."""
        self.firmware: Firmware | None = None
        """The program that runs; None while there is no power."""
        self._boot()

    def hand(self) -> Hand:
        """Return a new hand on this gun; :meth:`drop` takes it off."""
        self.stir()
        hand = Hand(self)
        self._hands.append(hand)
        return hand

    def drop(self, hand: Hand) -> None:
        """Take ``hand`` off; what it had not done stays undone."""
        self._hands.remove(hand)
        self.stir()

    def receive(self, data: bytes, now_us: int) -> None:
        """Take bytes from the line; without power they are lost."""
        self.tick(now_us)
        if self.firmware is not None:
            self.firmware.receive(data, self._now_us)
        self.stir()
        self.tick(now_us)

    def take_output(self) -> bytes:
        """Return the bytes to send."""
        return b"" if self.firmware is None else self.firmware.take_output()

    def tick(self, now_us: int) -> None:
        """Let time pass: firmware and hands do what falls due, in order."""
        due_us = self._quiet_until_us
        if due_us is None:
            self._settle()
            due_us = self._soonest_us()
        elif now_us < due_us:
            self._now_us = max(self._now_us, now_us)
            return
        while due_us <= now_us:
            self._now_us = max(self._now_us, due_us)
            self._settle()
            due_us = self._soonest_us()
        if self._now_us < now_us:
            self._now_us = now_us
            self._settle()
            due_us = self._soonest_us()
        self._quiet_until_us = due_us

    def stir(self) -> None:
        """Something was done to the gun or a hand: when it does something next is not known."""
        self._quiet_until_us = None

    def due(self) -> int | None:
        """Return the next instant at which something changes by itself; None for never."""
        due_us = self._quiet_until_us
        if due_us is None:
            due_us = self._soonest_us()
        return None if due_us == _NEVER_US else due_us

    def act(self, act: Act, now_us: int) -> Shown:
        """Do ``act`` to the gun; return what it lets a person see."""
        self.stir()
        self._now_us = max(self._now_us, now_us)
        match act:
            case acts.Trigger():
                self._held = act.held
                self._feel_trigger()
            case acts.Contact():
                self._touch(on=act.on)
            case acts.Fault():
                SWITCHES[act.name](self, self._now_us, on=act.on)
            case acts.Battery():
                self._battery_pct = act.pct
                if self.firmware is not None:
                    self.firmware.battery(self._now_us, pct=act.pct)
            case acts.Power():
                self._power(on=act.on)
            case acts.Reset():
                self._power(on=False)
                self._power(on=True)
            case acts.Plug() | acts.Unplug():
                self.plugged = isinstance(act, acts.Plug)
            case acts.Syringe():
                self._fit(act)
            case acts.State():
                return {"state": self._state()}
            case acts.Journal():
                return {"journal": [entry_json(entry) for entry in self.journal()]}
            case acts.Truth():
                return {"truth": truth_json(self.mechanics.truth_at(self._now_us))}
            case _:
                assert_never(act)
        return {}

    @property
    def pulled(self) -> bool:
        """Whether the trigger is pulled now, by a hand or because it is stuck."""
        return self._held or self._jammed

    @property
    def on_skin(self) -> bool:
        """Whether the nose is on skin."""
        return self._contact

    def sight(self) -> Sight:
        """Return what there is to see and feel."""
        ended = 0 if self.firmware is None else self.firmware.ended
        return Sight(
            light=Light.OFF if self.firmware is None else self.firmware.light(),
            begun=self.mechanics.truth.shots,
            ended=self._ended_before + ended,
        )

    def journal(self) -> list[JournalEntry]:
        """Return what permanent memory holds, oldest first. For tests only."""
        if self.firmware is not None:
            return self.firmware.memory.entries()
        return PermanentMemory(self._medium, self._draw).entries()

    def set_condition(self, condition: Condition, now_us: int, *, on: bool) -> None:
        """Break or mend a moving part."""
        self.stir()
        if self.firmware is not None:
            self.firmware.tick(now_us)
        self.mechanics.set_condition(condition, now_us, on=on)
        if self.firmware is not None:
            self.firmware.sense(now_us)

    def jam_trigger(self, now_us: int, *, on: bool) -> None:
        """Make the trigger stay pulled, whatever the hand does."""
        self.stir()
        self._now_us = max(self._now_us, now_us)
        self._jammed = on
        self._feel_trigger()

    def _soonest_us(self) -> int:
        """When firmware or a hand goes on by itself, asked of each of them."""
        firmware_us = None if self.firmware is None else self.firmware.due()
        soonest_us = _NEVER_US if firmware_us is None else firmware_us
        for hand in self._hands:
            due_us = hand.due()
            if due_us is not None and due_us < soonest_us:
                soonest_us = due_us
        return soonest_us

    def _settle(self) -> None:
        """Let firmware and hands act at this instant until neither has more to do."""
        moved = True
        while moved:
            if self.firmware is not None:
                self.firmware.tick(self._now_us)
            moved = False
            for hand in self._hands:
                moved = hand.tick(self._now_us) or moved

    def _boot(self) -> None:
        memory = PermanentMemory(self._medium, self._draw, serial=self._serial)
        self.firmware = Firmware(
            memory,
            self.mechanics,
            self._draw,
            self._now_us,
            trigger=self.pulled,
            contact=self._contact,
            battery_pct=self._battery_pct,
            holder_adapts=self._holder_adapts,
            protocol=self._protocol,
        )

    def _power(self, *, on: bool) -> None:
        firmware = self.firmware
        if on is (firmware is not None):
            return
        if firmware is None:
            self._boot()
            return
        before = self.mechanics.truth_at(self._now_us).shots
        firmware.power_cut(self._now_us)
        self._ended_before = before  # what ran has ended now, journalled or not
        self.firmware = None

    def _touch(self, *, on: bool) -> None:
        if self.firmware is not None:
            self.firmware.contact(self._now_us, on=on)
        self._contact = on
        self.mechanics.set_skin(self._now_us, on=on)

    def _feel_trigger(self) -> None:
        if self.firmware is not None:
            self.firmware.trigger(self._now_us, held=self.pulled)

    def _fit(self, act: acts.Syringe) -> None:
        size_nl = self.mechanics.syringe_nl if act.size_nl is None else act.size_nl
        if act.volume_nl > size_nl:
            raise LineError(
                f"'volume_nl': a syringe of {size_nl} nL does not hold {act.volume_nl} nL",
                f'{{"do": "syringe", "volume_nl": {size_nl}}}',
            )
        if self.firmware is not None and self.mechanics.due() is not None:
            raise LineError("the plunger moves", '{"do": "trigger", "held": false}')
        self.mechanics.fit(size_nl, act.volume_nl)

    def _state(self) -> Shown:
        return {
            "power": self.firmware is not None,
            "plugged": self.plugged,
            "light": self.sight().light.value,
            "trigger": self.pulled,
            "contact": self._contact,
            "battery_pct": self._battery_pct,
            "syringe_nl": self.mechanics.syringe_nl,
            "syringe_left_nl": self.mechanics.left_nl(self._now_us),
            "shots_felt": self.sight().ended,
        }


def truth_json(truth: Truth) -> Shown:
    """Return the truth, ready for JSON."""
    return {
        "shots": truth.shots,
        "moved_nl": truth.moved_nl,
        "skin_nl": truth.skin_nl,
        "air_nl": truth.air_nl,
        "others": truth.others,
        "primed_nl": truth.primed_nl,
    }


def entry_json(entry: JournalEntry) -> Shown:
    """Return a journal entry, ready for JSON: bytes in hex, codes by name."""
    shown: Shown = {"entry": type(entry).__name__}
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        if isinstance(value, bytes):
            shown[name] = value.hex()
        elif hasattr(value, "name"):
            shown[name] = value.name.lower()
        else:
            shown[name] = value
    return shown
