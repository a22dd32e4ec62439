"""Both sides through a line that damages, loses, doubles and cuts, under a seed.

The promise: every request is acted on at most once, in the order asked, and is
finally answered. Time is virtual; a failing seed replays exactly.
"""

from random import Random
from typing import Any

import pytest

from injector.protocol.framing import STOP_BYTES
from injector.protocol.host import Answered, HostConnection, Pushed
from injector.protocol.messages import Beat, Hello, Identify, Prime, Request, ShotEntry, Stop
from tests.protocol.shapes import LINK, smallest
from tests.protocol.wires import ANSWERS, Gun, LossyChannel, line_of

HELLO = Hello(version=1, log=b"logid-00", lease_ms=500)
ANY_ENTRY = smallest(ShotEntry)
PATIENCE_US = 60_000_000


class World:
    """A host, a gun and the two directions of the line between them."""

    def __init__(self, seed: int, trouble: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - a seed that replays, no secret
        self.host = HostConnection(link=LINK)
        self.gun = Gun()
        self.there = LossyChannel(self.rng, trouble)
        self.back = LossyChannel(self.rng, trouble)
        self.now = 0
        self.events: list[Any] = []

    def step(self) -> None:
        """Go to the next moment at which something happens, and let it happen."""
        dues = [self.there.due(), self.back.due(), self.host.due()]
        moments = [due for due in dues if due is not None]
        assert moments, "nobody will ever do anything again"
        self.now = max(self.now, min(moments))
        self.back.write(self.gun.hear(self.there.read(self.now)), self.now)
        self.events += self.host.receive(self.back.read(self.now), self.now)
        self.events += self.host.tick(self.now)
        self.there.write(self.host.take_output(self.now), self.now)

    def ask(self, request: Request) -> None:
        """Ask and wait for the answer."""
        asked_at = self.now
        self.host.request(request, self.now)
        while self.host.busy:
            self.step()
            assert self.now - asked_at < PATIENCE_US, "nobody answers"


def requests(count: int) -> list[Request]:
    """Requests that are all different, so that a second doing of one would show."""
    return [Beat(echo=n, acknowledge=n) if n % 3 else Prime(volume_nl=n) for n in range(count)]


@pytest.mark.parametrize("trouble", [0, 10, 50, 100])
@pytest.mark.parametrize("seed", range(12))
def test_every_request_is_done_once_in_order_and_is_answered(seed: int, trouble: int) -> None:
    world = World(seed, trouble)
    asked = [HELLO, *requests(60)]
    for request in asked:
        world.ask(request)
    assert world.gun.done == asked
    answers = [event for event in world.events if isinstance(event, Answered)]
    assert [answer.request for answer in answers] == asked
    assert all(type(answer.reply) is ANSWERS[type(answer.request)] for answer in answers)


@pytest.mark.parametrize("seed", range(12))
def test_an_entry_that_is_pushed_between_replies_disturbs_none_of_them(seed: int) -> None:
    world = World(seed, trouble=20)
    asked = [HELLO, *requests(40)]
    for request in asked:
        world.ask(request)
        world.gun.connection.push(ANY_ENTRY)
        world.back.write(world.gun.connection.take_output(), world.now)
    assert world.gun.done == asked
    pushed = [event for event in world.events if isinstance(event, Pushed)]
    assert pushed
    assert all(event.entry == ANY_ENTRY for event in pushed)


@pytest.mark.parametrize("trouble", [0, 100])
@pytest.mark.parametrize("seed", range(12))
def test_a_stop_at_any_moment_leaves_each_request_done_once_or_not_at_all(
    seed: int, trouble: int
) -> None:
    world = World(seed, trouble)
    world.ask(HELLO)
    asked: list[Request] = []
    for request in requests(40):
        world.host.request(request, world.now)
        asked.append(request)
        for _ in range(world.rng.randrange(4)):
            if world.host.busy:
                world.step()
        if world.rng.randrange(3) == 0:
            world.there.write(STOP_BYTES, world.now)
            world.host.stop(world.now)
            asked.append(Stop())
        while world.host.busy:
            world.step()
    done = world.gun.done[1:]
    stops = done.count(Stop())
    assert stops == asked.count(Stop()), "every STOP by frame is done once"
    left = iter(asked)
    assert all(request in left for request in done), "in order, none twice, none invented"
    assert world.gun.stops > 0


@pytest.mark.parametrize("seed", range(12))
def test_after_any_trouble_the_line_is_as_good_as_new(seed: int) -> None:
    world = World(seed, trouble=120)
    world.ask(HELLO)
    for request in requests(10):
        world.ask(request)
    world.there.trouble = world.back.trouble = 0
    world.ask(Identify())  # whatever was still on its way has come by now
    world.there.coming.clear()
    world.back.coming.clear()
    world.ask(Identify())  # its flags end what was cut off just now
    before = world.host.statistics.repeats
    for request in requests(30):
        world.ask(request)
    assert world.host.statistics.repeats == before


def test_a_line_of_frames_run_together_by_a_lost_flag_is_not_believed() -> None:
    gun = Gun()
    gun.hear(line_of(LINK, 1, HELLO))
    first, second = line_of(LINK, 2, Identify()), line_of(LINK, 3, Prime(volume_nl=1))
    gun.hear(first[:-1] + second[1:])
    assert gun.done == [HELLO]
