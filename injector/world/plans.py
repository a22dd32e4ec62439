"""The plans that worlds treat by: small shots at a fast cadence, in every mode of a stroke.

Fast, because a beat comes ten times a second whether anybody shoots or not.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from injector.treatment.plan import Plan
from simulator.acts import Step
from simulator.hand import parse_script

_BURST: Final = 5
_LIFT_MS: Final = 40
_TREATING: Final = """
{{"do": "contact", "on": true}}
{{"repeat": [{{"wait": "armed"}}, {{"do": "trigger", "held": true}}, \
{{"wait": "ms", "ms": {held}}}, {{"do": "trigger", "held": false}}, \
{{"wait": "ms", "ms": {rest}}}], "times": 100000}}
"""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is given, and how the trigger is held for it."""

    plans: tuple[Plan, ...]
    """They follow each other."""
    hand: tuple[Step, ...]


def draw_treatment(chance: Random) -> Treatment:
    """Return what is treated in a world: mostly runs of shots, sometimes one by one."""
    mode = chance.choice(("repeat", "repeat", "repeat", "burst", "single"))
    held_ms, rest_ms = {
        "repeat": (chance.randrange(400, 2_500), chance.randrange(_LIFT_MS, 200)),
        "burst": (_BURST * 115, _LIFT_MS),
        "single": (80, _LIFT_MS),
    }[mode]
    hand = parse_script(_TREATING.format(held=held_ms, rest=rest_ms), "hand")
    return Treatment(tuple(_draw(chance, mode) for _ in range(2)), tuple(hand))


def _draw(chance: Random, mode: str) -> Plan:
    little = chance.random() < 0.25
    steps = [_step(chance, mode, little=little) for _ in range(chance.randrange(1, 3))]
    return Plan.model_validate(
        {
            "title": "A drawn session",
            "indication": "tendinopathy_elbow",
            "needle": "4.0 mm",
            "syringe": "10 mL",
            "mixture": [
                {
                    "product": "piroxicam",
                    "product_class": "nsaid",
                    "volume": "0.6 mL" if little else "9 mL",
                }
            ],
            "step": steps,
        }
    )


def _step(chance: Random, mode: str, *, little: bool) -> dict[str, object]:
    step: dict[str, object] = {
        "technique": "nappage",
        "zone": chance.choice(("elbow", "knee", "scalp")),
        "mode": mode,
        "volume": chance.choice(("0.010 mL", "0.012 mL", "0.020 mL")),
        "depth": "2.0 mm",
        "flow": "300 µL/s",
        "needle_speed": "150 mm/s",
        "cadence": "540/min",
        "shots": _BURST * chance.randrange(*((1, 3) if little else (3, 24))),
        "override": "a drawn session goes beyond soft limits",
    }
    return step | {"burst": _BURST} if mode == "burst" else step
