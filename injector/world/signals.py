"""What can be waited for in a house: the kinds of its steps, and what they brought about.

``gun``, ``to gun``, ``to host``, ``line``, ``committed``, ``reported``, ``looked``:
    a step of that kind was made (`injector.world.house`).
``begun``:
    a shot began.
``committed:KIND``:
    an entry of that kind is durable, and the host has not heard of it yet.
``state:STATE``:
    the host came into that state.
"""

from injector.world.house import House


class Signals:
    """Tells what the step that was made last brought about."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._begun = house.begun
        self._state = house.state

    def latest(self) -> set[str]:
        """Return the signals of the newest step. Called after every step that is waited for."""
        house = self._house
        latest, begun, state = house.latest, house.begun, house.state
        signals = {latest}
        if begun != self._begun:
            self._begun = begun
            signals.add("begun")
        if state is not self._state:
            self._state = state
            if state is not None:
                signals.add(f"state:{state.value}")
        if latest == "committed":
            signals.update(f"committed:{entry.body.kind}" for entry in house.invariants.newest)
        return signals
