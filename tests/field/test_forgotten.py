"""Replays: a dose that was given, and then forgotten or no longer counted."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from injector.control import journal as journal_module
from injector.control import logdesk as logdesk_module
from injector.control.inputs import Arm, Disarm, OpenSession, PressStop, ReleaseStop
from injector.control.ledger import Ledger
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader
from injector.world.happenings import DiskSlows, HostKilled, HostStarted
from simulator.acts import Contact, Fault, Power, Trigger, Unplug
from simulator.acts import Plug as PlugIn
from tests.control.conftest import MakeWorld
from tests.control.worlds import OPERATOR, SESSION, World
from tests.field.scene import (
    DEEP_MS,
    SLOW,
    bodies,
    counted,
    find,
    moved_nl,
    ready,
    shots,
    told_truly,
)

SECOND: Final = "tfedcba9876543210"

# -- a second dose within a minute because the first was forgotten ---------------------


def _forgotten_within_a_minute(world: World, away_ms: int = 5_000) -> None:
    world.opened()
    world.house.happen(DiskSlows(900_000))
    world.arm_again(1)
    world.fire()
    world.house.run_for(300)
    world.let_go()
    assert not shots(world), "the host dies before anything of the dose is committed"
    world.house.happen(HostKilled())
    world.house.run_for(away_ms)
    world.house.happen(HostStarted())
    # The person sees an idle program, and asks for the dose at once, and again.
    for wait_ms in (0, 50, 300):
        world.house.run_for(wait_ms)
        world.want(OpenSession(SECOND, "training", world.plan, world.library, OPERATOR))
        world.want(Arm(1, OPERATOR))
        assert world.state is not State.CONFIGURING
    world.settle()
    session = world.seen.session
    assert session is not None, "the session is not forgotten"
    assert (session.id, session.recovered, session.given_shots) == (SESSION, True, 1)
    [shot] = shots(world)
    assert world.entries("shot")[0].session == SESSION
    told_truly(world)
    ready(world)
    world.want(OpenSession(SECOND, "training", world.plan, world.library, OPERATOR))
    assert _denied(world) is Denial.SESSION_OPEN
    world.want(Arm(1, OPERATOR))
    assert _denied(world) is Denial.CONFIRM
    world.house.happen(Trigger(held=True))
    world.house.run_for(1_000)
    assert world.fired == 1, "the old grant gives no second one either"
    world.close_session()
    [closed] = bodies(world, log.SessionClosed)
    assert (closed.given_shots, closed.given_nl) == (1, shot.counts_nl)


def _denied(world: World) -> Denial | None:
    denied = world.seen.denied
    return None if denied is None else denied.why


def _start_afresh(patch: pytest.MonkeyPatch) -> None:
    """A host that begins with nothing, as if nothing had been before it."""
    patch.setattr(logdesk_module, "ledger_from", lambda _: Ledger())


@pytest.mark.rule("R-RESTART")
@pytest.mark.parametrize("away_ms", [0, 200, 5_000, 58_000])
def test_a_second_dose_within_a_minute_because_the_first_was_forgotten(
    make_world: MakeWorld, away_ms: int
) -> None:
    """The program was closed by the phone's system just after a dose was asked for. It came back
    knowing nothing of it, and within a minute a second one was given.

    Here what may be given is in the log before the gun is told. A host that starts reads it:
    the session is found open with its grant, nothing can be begun before the gun's journal
    is read, and that session can then be closed, or gone on with once somebody says again
    for whom and with which syringe and needle.
    """
    _forgotten_within_a_minute(make_world(), away_ms)


def test_a_forgotten_first_dose_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(_forgotten_within_a_minute, tmp_path, _start_afresh, monkeypatch)


# -- a failed dose that lost its kind and so no longer counted -------------------------


def _stop(world: World) -> None:
    world.want(PressStop("operator", OPERATOR))


def _contact_lost(world: World) -> None:
    world.house.happen(Contact(on=False))
    world.house.run_for(300)
    world.want(Disarm(OPERATOR))


def _cable(world: World) -> None:
    world.house.happen(Unplug())
    world.house.run_for(1_000)
    world.house.happen(PlugIn())


def _power(world: World) -> None:
    world.house.happen(Power(on=False))
    world.house.run_for(500)
    world.house.happen(Power(on=True))


def _occlusion(world: World) -> None:
    world.house.happen(Fault(name="occlusion", on=True))


def _drive(world: World) -> None:
    world.house.happen(Fault(name="drive", on=True))


def _air(world: World) -> None:
    world.house.happen(Fault(name="air", on=True))


def _taken(world: World) -> None:
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())


FAILURES: Final[Mapping[str, tuple[Callable[[World], None], str, str | None]]] = {
    "stopped": (_stop, "shot", "stop"),
    "contact lost": (_contact_lost, "shot", "contact_lost"),
    "cable out": (_cable, "shot", "lease"),
    "power cut": (_power, "uncertain", None),
    "needle blocked": (_occlusion, "shot", "occlusion"),
    "drive stood still": (_drive, "shot", "drive"),
    "air": (_air, "shot", "air"),
    "another link": (_taken, "shot", "link"),
}
"""How a shot in motion comes to a bad end; the kind and the cause that it is logged with."""


def _failed_in_mid_dose(world: World, failure: str) -> None:
    fail, kind, cause = FAILURES[failure]
    world.armed()
    world.fire()
    world.house.run_for(DEEP_MS + 300)
    fail(world)
    world.let_go()
    world.house.run_for(1_500)
    world.settle()
    [shot] = shots(world)
    assert shot.kind == kind
    if isinstance(shot, log.Shot):
        assert (shot.outcome, shot.cause) == ("partial", cause)
    assert 0 < moved_nl(world) < SLOW.steps[0].volume_nl
    told_truly(world)
    # It keeps its kind and counts for whoever reads the log: the next host, and the views.
    before = counted(world)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    assert counted(world) == before
    with LogReader.open(world.log) as reader:
        [row] = list(reader.shots(SESSION))
        [session] = list(reader.sessions(SESSION))
    outcome = "partial" if kind == "shot" else "uncertain"
    assert (row["outcome"], row["counted_volume_nl"]) == (outcome, shot.counts_nl)
    assert (session["shots"], session["uncertain_shots"]) == (
        int(kind == "shot"),
        int(kind == "uncertain"),
    )
    if world.seen.latched:
        world.want(ReleaseStop(OPERATOR))
        world.to(State.READY)
    world.close_session()
    [closed] = bodies(world, log.SessionClosed)
    assert (closed.given_shots, closed.given_nl) == before


def _parts_are_no_shots(patch: pytest.MonkeyPatch) -> None:
    """A dose that failed is put down as a fault, which nobody counts."""
    given = Ledger._given

    def whole_only(self: Ledger, body: Any, grant: Any) -> None:
        if isinstance(body, log.Shot) and body.outcome == "complete":
            given(self, body, grant)

    patch.setattr(Ledger, "_given", whole_only)


def _parts_count_nothing(patch: pytest.MonkeyPatch) -> None:
    counts_nl = journal_module.counts_nl

    def whole_only(entry: Any, *more: Any) -> int:
        return counts_nl(entry, *more) if entry.ending == 0 else 0

    patch.setattr(journal_module, "counts_nl", whole_only)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_dose_that_lost_its_kind_and_so_no_longer_counted(
    make_world: MakeWorld, failure: str
) -> None:
    """A dose that failed half-way was stored anew as failed. In that its kind was lost, and what
    added doses up by their kind passed it over, though a part of it was in the body.

    Here an entry is never stored anew, and a shot that fails is a shot: its kind says that it
    counts, its outcome and cause say how it ended, and it counts what it gave, or the most
    that it can have given where nobody knows.
    """
    _failed_in_mid_dose(make_world(plan=SLOW), failure)


@pytest.mark.parametrize("plant", [_parts_are_no_shots, _parts_count_nothing])
def test_a_failed_dose_that_no_longer_counts_would_be_seen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    def replay(world: World) -> None:
        _failed_in_mid_dose(world, "stopped")

    find(replay, tmp_path, plant, monkeypatch, SLOW)
