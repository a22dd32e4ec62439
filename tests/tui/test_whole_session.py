"""Whole sessions by keys alone, on a real terminal of 80 by 24, with a real gun on a pty.

The real command, from sign-in to signed close; what is read is the screen, and what is
judged in the end is the log beside what the gun has really done.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.shotlog import facts
from injector.shotlog.entries import Alarm, SessionClosed, SessionOpened, Shot, Uncertain
from tests.tui.bench import Hand, Terminal, entries, library, until
from tests.tui.practice import ADA, BEA, MOST_STALLS, AtConsole, approve, employ
from tests.tui.test_on_a_terminal import when
from tests.tui.tongues import ENGLISH, FRENCH, Tongue

FULL_NL = 2_500_000
LARGE_NL = 5_000_000
STALLED = "console_lost"
CUT = "lease"
"""Why a shot ends that the host no longer watches."""
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("whole session")]


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice in which two practitioners work, and the limits are approved; nobody works in
    this one, its log and keys are copied."""
    folder = tmp_path_factory.mktemp("practice")
    employ(folder / "shots.db", ADA, BEA)
    approve(folder / "shots.db", ADA)
    return folder


@pytest.fixture
def log(practice: Path, tmp_path: Path) -> Path:
    """The log of such a practice."""
    return shutil.copytree(practice, tmp_path / "practice") / "shots.db"


@contextmanager
def console(gun: SimulatorProcess, log: Path, says: Tongue) -> Iterator[AtConsole]:
    """The real command, and somebody at it."""
    command = ("-m", "injector.cli.main", "console", "--port", gun.port, "--log", log)
    with Terminal(*command, "--language", says.code) as terminal:
        yield AtConsole(terminal, says)


def open_session(
    at: AtConsole,
    *steps: tuple[str, str, int],
    mixture: tuple[str, str] = ("1.5 mL", "1.0 mL"),
    syringe: str = "2.500 mL",
) -> None:
    """From home to an open session, for a patient."""
    figures = library().figures
    at.say_for_whom("heron 7")
    at.say_what_for()
    at.answer_for_the_patient(len(figures.contraindication))
    at.say_what_is_in_the_syringe(*mixture)
    at.say_with_what(syringe)
    at.plan_steps(*steps)
    at.go_through_checklists(sum(len(each.items) for each in figures.checklist.values()))
    at.open_it()


def truth(hand: Hand) -> tuple[int, int]:
    """Shots that the gun has really given, and what went into skin."""
    told = hand.do("truth")["truth"]
    return int(told["shots"]), int(told["skin_nl"])


def holds_what_was_done(
    log: Path, hand: Hand, *, by_hand: int, volume_nl: int, alarms: tuple[str, ...] = ()
) -> SessionClosed:
    """The log verifies; nothing is lost in it and nothing doubled, and no alarm was raised but
    these, that of a screen that a busy machine left undrawn, and that of a shot which a cable cut
    short that was pulled out in it."""
    told = entries(log)
    alarmed = [e.body for e in told if isinstance(e.body, Alarm) and e.body.act == "raised"]
    cut = [each for each in alarmed if each.detail.get("cause") == CUT]
    assert len(cut) <= alarms.count("link_lost")
    raised = [each.alarm for each in alarmed if each not in cut]
    assert raised.count(STALLED) <= MOST_STALLS
    assert tuple(each for each in raised if each != STALLED) == alarms
    shots = [each.body for each in told if isinstance(each.body, Shot)]
    given, given_nl = truth(hand)
    assert not [each for each in told if isinstance(each.body, Uncertain)]
    assert len(shots) == given
    assert sorted(shot.shots_total for shot in shots) == list(range(1, given + 1))
    assert abs(sum(shot.volume_nl for shot in shots) - given_nl) < given_nl // 100
    [opened] = [each.body for each in told if isinstance(each.body, SessionOpened)]
    [closed] = [each.body for each in told if isinstance(each.body, SessionClosed)]
    assert (opened.realm, opened.operator) == ("clinical", ADA.id)
    assert opened.patient is not None
    assert closed.given_shots == given + by_hand
    assert closed.given_nl == sum(shot.counts_nl for shot in shots) + volume_nl
    checked = [each.body for each in told if isinstance(each.body, facts.ChecklistAnswered)]
    assert {each.checklist for each in checked} == set(library().figures.checklist)
    assert all(item.done for each in checked for item in each.items)
    return closed


def access(log: Path) -> list[tuple[str, str | None]]:
    """Who came to the console and left it."""
    bodies = [each.body for each in entries(log)]
    return [(body.what, body.person) for body in bodies if isinstance(body, facts.Access)]


@pytest.mark.parametrize("says", [ENGLISH, FRENCH], ids=lambda says: says.code)
def test_a_clinical_session_from_sign_in_to_signed_close(
    says: Tongue, gun: SimulatorProcess, hand: Hand, log: Path
) -> None:
    hand.do("syringe", volume_nl=FULL_NL, size_nl=FULL_NL)
    with console(gun, log, says) as at:
        at.sign_in(ADA)
        at.release_stop()
        at.see(says.today_none)
        open_session(at, (says.nappage, "300/min", 8), (says.point_by_point, "150/min", 4))

        at.arm(step=1, of=2)
        at.shoot(hand, 8)
        at.see(says.ready, says.armed_by.format(step=2, steps=2), says.complete, "8/8")
        at.record_by_hand(3, says.amount("0.03 mL"))
        at.write_note("dark red, quickly gone")
        at.arm(step=2, of=2)
        at.disarm()
        at.arm(step=2, of=2)
        at.shoot(hand, 4)
        at.see(says.ready, "4/4")
        at.close(ADA)

        at.press("b")
        at.see(says.today_one, says.shots.format(count=15))
        at.press("v")
        at.see(says.clinical, " 15 ")
        at.press("c")
        at.see(says.verified)
        at.press("enter")
        at.see("heron 7", says.shots.format(count=15))
        at.press("2")
        at.see(says.shots.format(count=12), says.complete)
        at.press("b")
        at.see(says.verified)
        at.press("q")
        assert at.terminal.end() == 0
    closed = holds_what_was_done(log, hand, by_hand=3, volume_nl=30_000)
    assert closed.signature is not None
    assert (closed.signature.by, closed.signature.meaning) == (ADA.id, "performed")
    assert (closed.reason, truth(hand)[0]) == ("done", 12)
    [opened] = [e.body for e in entries(log) if isinstance(e.body, SessionOpened)]
    assert [(item.lot, item.expiry, item.volume_nl) for item in opened.mixture] == [
        ("A7", "2031-02-28", 1_500_000), ("B-22", "2031-05-31", 1_000_000),
    ]  # fmt: skip
    assert (opened.weight_g, opened.needle_lot, opened.needle_um) == (72_000, "SET-9", 4_000)
    result = next(e.body for e in entries(log) if isinstance(e.body, facts.Result))
    assert (result.result, result.by) == ("better", ADA.id)
    assert access(log) == [("signed_in", ADA.id), ("signed_out", ADA.id)]


@pytest.mark.rule("R-RESTART")
def test_a_session_goes_on_after_its_console_was_killed(
    gun: SimulatorProcess, hand: Hand, log: Path
) -> None:
    says = ENGLISH
    hand.do("syringe", volume_nl=FULL_NL, size_nl=FULL_NL)
    with console(gun, log, says) as at:
        at.sign_in(ADA)
        at.release_stop()
        open_session(at, (says.nappage, "300/min", 8), (says.point_by_point, "150/min", 2))
        at.arm(step=1, of=2)
        at.shoot(hand, 5)
        given = truth(hand)[0]
        at.see(f"{given}/8")
        os.kill(at.terminal.process.pid, signal.SIGKILL)
        at.terminal.process.wait()
        when(log, "engine_ended", "console_lost")
        assert hand.state["light"] != "armed"
    with console(gun, log, says) as at:
        at.sign_in(ADA)
        at.see(says.open_session)
        at.press("b")
        at.see(says.clinical, says.shots.format(count=given), "w goes on with it")
        at.go_on("heron 7", says.amount("4.0 mm"), "2031-02-28")
        at.arm(step=1, of=2)
        at.shoot(hand, 8 - given)
        at.see(says.ready, "8/8")
        at.arm(step=2, of=2)
        at.shoot(hand, 2)
        at.see(says.ready, "2/2")
        at.close(ADA)
        at.press("q")
        assert at.terminal.end() == 0
    closed = holds_what_was_done(log, hand, by_hand=0, volume_nl=0)
    assert closed.signature is not None
    assert truth(hand)[0] == 10
    told = [each.body.kind for each in entries(log)]
    assert told.count("session_resumed") == told.count("session_opened") == 1


@pytest.mark.rule("R-TAKE-OVER")
def test_a_long_session_loses_nothing_and_doubles_nothing(
    gun: SimulatorProcess, hand: Hand, log: Path
) -> None:
    """250 shots of two techniques; a fresh syringe and needle in mid-nappage, an adverse
    event, a colleague who takes over, and a cable that is pulled out while it shoots."""
    says = ENGLISH
    hand.do("syringe", volume_nl=LARGE_NL, size_nl=LARGE_NL)
    with console(gun, log, says) as at:
        at.sign_in(ADA)
        at.release_stop()
        open_session(
            at,
            (says.nappage, "540/min", 224),
            (says.point_by_point, "300/min", 26),
            mixture=("3.0 mL", "2.0 mL"),
            syringe="5.000 mL",
        )
        at.arm(step=1, of=2)
        at.shoot(hand, 90)
        at.record_redness()
        at.hand_over_to(BEA)
        at.arm(step=1, of=2)
        at.shoot(hand, 60)
        at.disarm()

        at.change_syringe("5.000 mL")
        hand.do("syringe", volume_nl=LARGE_NL, size_nl=LARGE_NL)
        at.change_needle("SET-10", "2031-05-31")
        at.arm(step=1, of=2)
        hand.do("contact", on=True)
        hand.do("trigger", held=True)
        before = hand.shots
        until(lambda: hand.shots > before + 10, "it shoots")
        hand.do("unplug")
        at.see(says.offline)
        hand.do("trigger", held=False)
        until(lambda: hand.state["light"] != "moving", "the last one has ended")
        hand.do("contact", on=False)
        hand.do("plug")
        at.see(says.ready, says.went_away)
        at.press("k")
        until(lambda: says.went_away not in at.terminal.text, "the alarm is acknowledged")
        at.arm(step=1, of=2)
        at.shoot(hand, 224 - hand.shots)
        at.see(says.ready, "224/224")
        at.arm(step=2, of=2)
        at.shoot(hand, 26)
        at.see(says.ready, "26/26", says.shots.format(count=250))
        given = next(line for line in at.terminal.text.splitlines() if "250 shots" in line)
        at.close(BEA)
        at.press("q")
        assert at.terminal.end() == 0
    closed = holds_what_was_done(log, hand, by_hand=0, volume_nl=0, alarms=("link_lost",))
    assert truth(hand)[0] == 250
    assert f" {-(-closed.given_nl // 1000) / 1000:.3f} mL" in given, "as the screen said"
    assert closed.signature is not None
    assert closed.signature.by == BEA.id
    kinds = [each.body.kind for each in entries(log)]
    for kind in ("adverse_event", "taken_over", "syringe_loaded", "needle_changed"):
        assert kinds.count(kind) == 1, kind
    assert access(log) == [
        ("signed_in", ADA.id), ("signed_out", ADA.id),
        ("signed_in", BEA.id), ("signed_out", BEA.id),
    ]  # fmt: skip
