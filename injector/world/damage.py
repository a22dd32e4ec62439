"""What can happen to a gun's permanent memory, done to its cells.

The names of the cells are the firmware's own; nothing but a test may know them.
"""

from typing import Final, assert_never

from injector.protocol.codes import FaultCode
from injector.protocol.messages import FaultEntry
from injector.world.happenings import Hurt
from simulator.memory import PermanentMemory
from simulator.worn import WornMedium

LASTING: Final = frozenset({Hurt.WORN_RECORD, Hurt.WORN_SLOTS})
"""What goes on until the memory is mended."""
_SLOT: Final = "slot/"
_EVERYTHING: Final = (_SLOT, "journal", "shots", "volume", "stops", "acknowledged", "begun")


def hurt(medium: WornMedium, how: Hurt) -> None:
    """Do it to the cells, as they are now."""
    match how:
        case Hurt.ERASED:
            medium.lose(*_EVERYTHING)
        case Hurt.REFORMATTED:
            medium.lose(_SLOT, "journal", "acknowledged")
        case Hurt.CORRUPT:
            _spoil_a_slot(medium)
        case Hurt.COUNTERS:
            medium.lose("shots", "volume")
            _spoil_a_slot(medium)
        case Hurt.WORN_RECORD:
            medium.worn.add("begun")
        case Hurt.WORN_SLOTS:
            medium.worn.update(f"{_SLOT}{first}" for first in (1, 3, 5))
        case _:
            assert_never(how)


def fill(memory: PermanentMemory, room: int) -> None:
    """Note faults in the journal until only ``room`` slots are free."""
    while memory.begun is None and memory.room > room:
        memory.append(
            FaultEntry(
                journal=memory.journal_id,
                index=memory.newest + 1,
                boot=0,
                t_us=0,
                log=bytes(8),
                under_link=0,
                shots=memory.shots,
                volume_total_nl=memory.volume_nl,
                code=FaultCode.LOW_BATTERY,
                detail=0,
            )
        )


def _spoil_a_slot(medium: WornMedium) -> None:
    slots = [name for name in medium.names() if name.startswith(_SLOT)]
    medium.write(slots[len(slots) // 2] if slots else f"{_SLOT}1", b"\xff")
