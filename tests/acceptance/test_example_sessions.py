"""The main job, end to end: three example plans, and every shot in a log that verifies."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from injector.cli.simulator_process import start_simulator
from injector.treatment.plan import Plan
from tests.acceptance.stage import (
    EXAMPLES,
    Hand,
    Ran,
    Running,
    assert_log_equals_gun,
    entries,
    hand_on,
    sessions,
    shots,
    verify,
)

# The sessions take as long as they would in a practice; all of them run side by side, once.
pytestmark = pytest.mark.xdist_group("examples")

NAMES: Final = ("elbow-tendinopathy", "hair-loss", "mesolift")


@dataclass(frozen=True, slots=True)
class Played:
    """An example plan, run to its end on a gun that still answers."""

    plan: Plan
    ran: Ran
    log: Path
    hand: Hand
    shots: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """All sessions under way."""

    examples: dict[str, tuple[Running, Path, Hand]]
    simulated: tuple[Running, Path]
    """The issue's own line, which brings its gun."""
    demo: tuple[Running, Path]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("examples")
    elbow = EXAMPLES / "elbow-tendinopathy.toml"
    with ExitStack() as stack:
        examples = {}
        for name in NAMES:
            gun = stack.enter_context(start_simulator(hand=EXAMPLES / f"{name}.hand.jsonl"))
            hand = stack.enter_context(hand_on(gun))
            log = folder / f"{name}.db"
            running = Running(
                "run", EXAMPLES / f"{name}.toml", "--port", gun.port,
                "--log", log, "--operator", "Ada", "--json",
            )  # fmt: skip
            examples[name] = (stack.enter_context(running), log, hand)
        log, demo_log = folder / "L", folder / "demo.db"
        simulated = stack.enter_context(Running("run", elbow, "--simulate", "--log", log, "--json"))
        demo = stack.enter_context(Running("demo", "--log", demo_log))
        yield Stage(examples, (simulated, log), (demo, demo_log))


@pytest.fixture(scope="module")
def played(stage: Stage) -> dict[str, Played]:
    done = {}
    for name, (running, log, hand) in stage.examples.items():
        plan = Plan.parse((EXAMPLES / f"{name}.toml").read_bytes())
        ran = running.end()
        assert ran.status == 0, ran
        done[name] = Played(plan, ran, log, hand, shots(log))
    return done


@pytest.fixture(params=NAMES)
def example(played: dict[str, Played], request: pytest.FixtureRequest) -> Played:
    return played[request.param]


def test_run_with_simulate_plays_the_elbow_plan_and_its_log_verifies(stage: Stage) -> None:
    running, log = stage.simulated
    ran = running.end()
    assert ran.status == 0, ran
    assert ran.object()["result"] == "done"
    assert ran.object()["shots"] == 64
    assert verify(log)["ok"]


def test_the_demo_without_a_terminal_ends_with_what_verify_checked(stage: Stage) -> None:
    running, log = stage.demo
    ran = running.end()
    assert ran.status == 0, ran
    assert "64 shots" in ran.out
    assert "every leaf hash is that of its entry" in ran.out
    assert ran.out.endswith("The log verifies.\n")
    assert verify(log)["ok"]


def test_the_result_says_what_was_given_and_where_it_stands(example: Played) -> None:
    result = example.ran.object()
    (session,) = sessions(example.log)
    assert result["result"] == "done"
    assert (result["session"], result["log"]) == (session["session"], str(example.log))
    assert result["shots"] == len(example.shots) == session["shots"] >= 60
    assert result["given_nl"] == session["counted_volume_nl"]
    assert example.ran.err == ""


def test_the_shots_in_the_log_equal_the_gun_s_journal_and_what_was_really_moved(
    example: Played,
) -> None:
    assert_log_equals_gun(example.log, example.hand)


def test_the_volume_moved_is_the_plan_s_within_the_drive_s_tolerance(example: Played) -> None:
    # On a machine that was busy for half a second the lease may have cut a shot in two.
    assert {shot["cause"] for shot in example.shots} <= {None, "lease"}
    whole_nl = sum(s["setpoint_volume_nl"] for s in example.shots if s["cause"] is None)
    cut_nl = sum(s["volume_nl"] for s in example.shots if s["cause"] is not None)
    planned_nl = sum(step.shots * step.setpoint.volume_nl for step in example.plan.steps)
    assert abs(example.hand.truth["moved_nl"] - cut_nl - whole_nl) <= planned_nl // 100
    assert example.hand.truth["moved_nl"] <= planned_nl + planned_nl // 100


def test_every_step_is_given_as_planned_in_order(example: Played) -> None:
    given = iter(example.shots)
    for step in example.plan.steps:
        for _ in range(step.shots):
            shot = next(given)
            assert (shot["technique"], shot["zone"]) == (step.technique, step.zone)
            assert shot["setpoint_volume_nl"] == step.setpoint.volume_nl
            assert shot["setpoint_depth_um"] == step.setpoint.depth_um
            assert shot["setpoint_flow_nl_s"] == step.setpoint.flow_nl_s
            assert shot["setpoint_cadence_per_min"] == step.setpoint.cadence_per_min
    assert next(given, None) is None


def test_every_shot_shows_setpoint_measures_times_place_grant_and_verdict(
    example: Played,
) -> None:
    for shot in example.shots:
        assert all(
            shot[name] is not None
            for name in (
                "setpoint_volume_nl", "setpoint_depth_um", "setpoint_flow_nl_s",
                "setpoint_needle_um_s", "setpoint_cadence_per_min", "mode",
                "volume_nl", "depth_um", "flow_nl_s", "peak_pressure_pa",
                "t_us", "duration_us", "logged_utc_us",
                "technique", "zone", "grant_seq", "verdict", "armed_by",
            )
        ), shot  # fmt: skip
        assert shot["grant_seq"] < shot["seq"]
        assert shot["verdict"] == "allow"
        if shot["outcome"] == "complete":
            assert shot["peak_pressure_pa"] > 0
            assert abs(shot["depth_um"] - shot["setpoint_depth_um"]) <= 100
            off_nl = abs(shot["volume_nl"] - shot["setpoint_volume_nl"])
            assert off_nl * 100 <= shot["setpoint_volume_nl"], shot


def test_no_shot_comes_faster_than_its_cadence(example: Played) -> None:
    for before, after in zip(example.shots, example.shots[1:], strict=False):
        if before["boot_id"] == after["boot_id"]:
            apart_us = after["t_us"] - before["t_us"]
            assert apart_us * after["setpoint_cadence_per_min"] >= 60_000_000


def test_every_grant_stands_in_the_log_before_its_first_shot_and_is_never_passed(
    example: Played,
) -> None:
    grants = {body["seq"]: body for body in entries(example.log, "grant")}
    for body in entries(example.log, "shot"):
        grant = grants[body["grant_seq"]]
        assert grant["seq"] < body["seq"]
        assert body["setpoint_digest"] == grant["setpoint_digest"]
        # A later grant under the same setpoint may have raised the limits meanwhile.
        limits = [
            (each["shots_limit"], each["volume_limit_nl"])
            for each in grants.values()
            if each["seq"] < body["seq"] and each["link"] == body["link"]
        ]
        assert body["shots_total"] <= max(shots for shots, _ in limits)
        assert body["volume_total_nl"] <= max(volume for _, volume in limits)


def test_a_session_opens_and_closes_with_the_gun_s_counters_and_the_library_s_digest(
    example: Played,
) -> None:
    (opened,) = entries(example.log, "session_opened")
    (closed,) = entries(example.log, "session_closed")
    assert opened["realm"] == "training"
    assert (opened["shots"], opened["volume_nl"]) == (0, 0)
    assert closed["shots"] == example.hand.truth["shots"]
    assert closed["serial"] == opened["serial"] == example.shots[0]["serial"]
    assert closed["library_digest"] == opened["library_digest"]
    kinds = [body["kind"] for body in entries(example.log)]
    assert kinds[kinds.index("session_closed") + 1] == "anchor"
    parts = entries(example.log, "library_part")
    assert {part["digest"] for part in parts} == {opened["library_digest"]}


def test_the_gun_is_left_disarmed(example: Played) -> None:
    assert example.hand.state["light"] == "idle"


def test_the_log_verifies_with_its_own_checkpoint(example: Played, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(example.ran.object()["checkpoint"], encoding="utf-8")
    report = verify(example.log, "--against", kept)
    assert report["ok"]
    assert all(check["status"] == "passed" for check in report["checks"]), report
