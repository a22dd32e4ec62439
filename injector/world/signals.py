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

from collections.abc import Iterator

from injector.world.house import House


class Signals:
    """Tells what the step that was made last brought about."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._begun = house.begun
        self._state = house.state

    def latest(self) -> Iterator[str]:
        """Yield the signals of the newest step. Called after every step."""
        house = self._house
        yield house.latest
        if house.begun != self._begun:
            self._begun = house.begun
            yield "begun"
        if house.state is not self._state:
            self._state = house.state
            if house.state is not None:
                yield f"state:{house.state.value}"
        if house.latest == "committed":
            for entry in house.invariants.newest:
                yield f"committed:{entry.body.kind}"
