"""What counts as given in each zone of the body, in one session."""

from injector.report.deriving import Cell
from injector.report.gathered import whole
from injector.shotlog.entries import SessionClosed


def in_zones(
    found: dict[str, list[dict[str, Cell]]], closed: SessionClosed | None
) -> list[tuple[str | None, int, int]]:
    """Return zone, shots and volume that count as given there, most first.

    Those that the session closed with; of an open one, what its shots count as. What a gap
    may hide is in no known zone: None.
    """
    if closed is not None:
        given = [(each.zone, each.shots, each.volume_nl) for each in closed.zones]
    else:
        given = _of_open(found)
    return sorted((each for each in given if each[1] or each[2]), key=lambda each: -each[2])


def _of_open(found: dict[str, list[dict[str, Cell]]]) -> list[tuple[str | None, int, int]]:
    sums: dict[Cell, tuple[int, int]] = {}
    counted = [(each["zone"], 1, each["counts_nl"]) for each in found["shot"]]
    counted += [(e["zone"], whole(e["shots"]), e["volume_nl"]) for e in found["hand_shots"]]
    for zone, shots, volume_nl in counted:
        before = sums.get(zone, (0, 0))
        sums[zone] = before[0] + shots, before[1] + whole(volume_nl)
    of = found["session"][0]
    hidden = (
        whole(of["given_shots"]) - sum(shots for shots, _ in sums.values()),
        whole(of["given_nl"]) - sum(volume_nl for _, volume_nl in sums.values()),
    )
    nowhere = sums.get(None, (0, 0))
    sums[None] = max(0, nowhere[0] + hidden[0]), max(0, nowhere[1] + hidden[1])
    return [(None if zone is None else str(zone), *both) for zone, both in sums.items()]
