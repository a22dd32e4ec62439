"""What strangers answered for a checkpoint is written by the engine: at all times, as it is."""

import pytest

from injector.control.engine import INTENT_US, _expired
from injector.control.inputs import Arm
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.wants import RecordAnchored
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree
from injector.shotlog.vouching import Anchored
from injector.staff.roles import Person, Role
from injector.tui.presence import Presence
from tests.anchors.strangers import Witness
from tests.control.test_facts import denial, wait
from tests.control.worlds import OPERATOR, World, bring_to


def answer(world: World) -> RecordAnchored:
    """A witness' true word about the log's first entry: a world's log is verified at its end."""
    with LogReader.open(world.log) as reader:
        root, vkey = LogTree(reader).root(1), reader.vkey
    witness = Witness(vkey)
    line = witness.line(Checkpoint(vkey.split("+")[0], 1, root).text())
    return RecordAnchored(
        Anchored(
            size=1, root=root.hex(), place="witness", name=witness.name, receipt=line,
            at_utc_us=witness.seconds * 1_000_000,
        )
    )  # fmt: skip


@pytest.mark.parametrize("state", [State.OFFLINE, State.READY, State.ARMED, State.TAKEN])
def test_it_is_an_entry_in_no_session_whatever_else_goes_on(world: World, state: State) -> None:
    bring_to(world, state)
    said = answer(world)
    world.want(said)
    wait(world, "anchored")
    [entry] = world.entries("anchored")
    assert entry.body == said.anchored
    assert entry.session is None


def test_it_changes_neither_what_was_denied_nor_what_is_armed(world: World) -> None:
    world.opened()
    world.want(Arm(99, OPERATOR))
    assert denial(world) is Denial.NO_SUCH_STEP
    world.want(answer(world))
    assert denial(world) is Denial.NO_SUCH_STEP
    world.arm_again()
    world.want(answer(world))
    wait(world, "anchored")
    assert world.state is State.ARMED


def test_it_is_written_however_late_it_comes_and_while_nobody_is_there(world: World) -> None:
    world.released()
    said = answer(world)
    assert not _expired(said, 60 * INTENT_US)
    presence = Presence(Person("ada", "Ada", Role.PRACTITIONER))
    presence.lock()
    assert presence.permits(said)
    assert not presence.permits(Arm(0, OPERATOR))
