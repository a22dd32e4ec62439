"""The hand: scripts, what they say, and the examples that play the example plans."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.protocol.codes import Ending, Mode
from injector.protocol.messages import Disarm, Granted, Setpoint
from injector.units import (
    parse_cadence_per_min,
    parse_depth_um,
    parse_flow_nl_s,
    parse_needle_um_s,
    parse_volume_nl,
)
from simulator.acts import LineError, Step, parse_line
from simulator.hand import ScriptError, parse_script
from tests.simulator.bench import Bench, setpoint

EXAMPLES = Path(__file__).parents[2] / "examples"

RIGHT_LINES = [
    '{"do": "trigger", "held": true}',
    '{"do": "pull"}',
    '{"do": "pull", "ms": 200}',
    '{"do": "shoot"}',
    '{"do": "contact", "on": false}',
    '{"do": "fault", "name": "stuck_trigger", "on": true}',
    '{"do": "battery", "pct": 0}',
    '{"do": "power", "on": false}',
    '{"do": "reset"}',
    '{"do": "unplug"}',
    '{"do": "plug"}',
    '{"do": "syringe", "volume_nl": 5000000}',
    '{"do": "syringe", "volume_nl": 2000000, "size_nl": 2500000}',
    '{"do": "state"}',
    '{"do": "journal"}',
    '{"do": "truth"}',
    '{"wait": "armed"}',
    '{"wait": "grant_end"}',
    '{"wait": "shots", "count": 24}',
    '{"wait": "ms", "ms": 300}',
    '{"repeat": [{"do": "shoot"}], "times": 2}',
    '{"repeat": [{"do": "shoot"}], "until": "grant_end"}',
]

WRONG_LINES = [
    ("", "not JSON at column 1"),
    ("pull", "not JSON at column 1"),
    ('{"do": "pull"', "not JSON at column 14"),
    ("[]", "not a JSON object"),
    ("{}", "neither 'do', 'wait' nor 'repeat' is there"),
    ('{"do": "dance"}', "'do' is one of trigger, contact"),
    ('{"do": 1}', "'do' is one of"),
    ('{"wait": "godot"}', "'wait' is one of armed, grant_end, shots, ms"),
    ('{"do": "trigger"}', "'held' is missing"),
    ('{"do": "trigger", "held": 1}', "'held': "),
    ('{"do": "trigger", "held": true, "hard": true}', "'hard' is not known here"),
    ('{"do": "battery", "pct": 101}', "'pct': "),
    ('{"do": "pull", "ms": 0}', "'ms': "),
    ('{"do": "pull", "ms": 1.5}', "'ms': "),
    ('{"do": "fault", "name": "rust", "on": true}', "'name': "),
    ('{"do": "syringe", "volume_nl": -1}', "'volume_nl': "),
    ('{"repeat": [], "times": 1}', "'repeat': "),
    ('{"repeat": [{"do": "shoot"}]}', "one of 'times' and 'until'"),
    ('{"repeat": [{"do": "shoot"}], "times": 1, "until": "grant_end"}', "one of 'times'"),
    ('{"repeat": [{"do": "dance"}], "times": 1}', "'do' is one of"),
    ('{"repeat": 3, "times": 1}', "'repeat': "),
    ("[" * 10_000, "not JSON"),
    ("x" * 20_001, "a line has at most 20000 characters"),
]


@pytest.mark.parametrize("line", RIGHT_LINES)
def test_every_word_of_the_vocabulary_is_understood(line: str) -> None:
    parse_line(line)


@pytest.mark.parametrize(("line", "wrong"), WRONG_LINES, ids=lambda text: text[:30])
def test_a_line_that_is_wrong_says_why_and_shows_a_line_that_is_right(
    line: str, wrong: str
) -> None:
    with pytest.raises(LineError) as caught:
        parse_line(line)
    assert caught.value.wrong.startswith(wrong)
    parse_line(caught.value.right)


@given(st.text() | st.from_regex(r'\{"(do|wait|repeat)": .{0,40}\}'))
def test_no_line_at_all_breaks_the_parser(line: str) -> None:
    with suppress(LineError):
        parse_line(line)


def test_a_script_that_is_wrong_names_the_file_and_the_line() -> None:
    with pytest.raises(ScriptError, match=r"^h\.jsonl, line 3: 'held' is missing; right would be"):
        parse_script('# a comment\n{"do": "shoot"}\n{"do": "trigger"}\n', "h.jsonl")


def _play(bench: Bench, lines: str, ms: int, *, beats: bool = True) -> None:
    hand = bench.device.hand()
    for step in parse_script(lines, "script"):
        hand.feed(step)
    bench.run(ms, beats=beats)


def test_a_hand_waits_for_the_light_pulls_and_counts_the_shots_it_feels() -> None:
    bench = Bench()
    lines = """{"wait": "armed"}
        {"do": "contact", "on": true}
        {"do": "trigger", "held": true}
        {"wait": "shots", "count": 3}
        {"do": "trigger", "held": false}"""
    _play(bench, lines, 500, beats=False)
    assert bench.truth.shots == 0
    bench.arm(setpoint(mode=Mode.REPEAT), shots=20)
    bench.run(3_000)
    assert bench.truth.shots == 3


def test_a_hand_that_shoots_pulls_again_until_there_was_a_shot() -> None:
    bench = Bench()
    bench.arm(setpoint(cadence_per_min=60))
    _play(bench, '{"do": "contact", "on": true}\n{"do": "shoot"}\n{"do": "shoot"}', 3_000)
    assert [shot.ending for shot in bench.shots] == [Ending.COMPLETE] * 2
    assert bench.beat().pulls > 0


def test_a_hand_that_shoots_gives_up_when_the_light_is_out() -> None:
    bench = Bench()
    hand = bench.device.hand()
    hand.feed(parse_line('{"do": "shoot"}'))
    bench.run(100, beats=False)
    assert hand.idle


def test_repeat_until_the_grant_ends_leaves_when_the_light_has_gone() -> None:
    bench = Bench()
    bench.arm(shots=3)
    lines = """{"do": "contact", "on": true}
        {"repeat": [{"do": "shoot"}, {"wait": "ms", "ms": 100}], "until": "grant_end"}
        {"do": "contact", "on": false}"""
    _play(bench, lines, 5_000)
    assert bench.truth.shots == 3
    assert not bench.beat().contact


def test_two_hands_on_one_gun_do_not_disturb_each_others_order() -> None:
    bench = Bench()
    bench.arm(setpoint(mode=Mode.REPEAT), shots=20)
    _play(bench, '{"wait": "ms", "ms": 500}\n{"do": "trigger", "held": true}', 0)
    _play(bench, '{"do": "contact", "on": true}', 0)
    bench.run(700)
    assert bench.truth.shots == 2


def _setpoint(plan: dict[str, Any], step: dict[str, Any]) -> Setpoint:
    return Setpoint(
        volume_nl=parse_volume_nl(step["volume"]),
        depth_um=parse_depth_um(step["depth"]),
        flow_nl_s=parse_flow_nl_s(step["flow"]),
        needle_um_s=parse_needle_um_s(step["needle_speed"]),
        cadence_per_min=parse_cadence_per_min(step["cadence"]),
        mode=Mode[step["mode"].upper()],
        burst=step.get("burst", 0),
        needle_um=parse_depth_um(plan["needle"]),
        syringe_nl=parse_volume_nl(plan["syringe"]),
    )


def _script(name: str) -> list[Step]:
    path = EXAMPLES / f"{name}.hand.jsonl"
    return parse_script(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("name", ["elbow-tendinopathy", "hair-loss", "mesolift"])
def test_each_example_plan_is_played_whole_by_its_hand_in_20_to_40_seconds(name: str) -> None:
    plan = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
    bench = Bench(syringe_nl=None)
    hand = bench.device.hand()
    for step in _script(name):
        hand.feed(step)
    bench.hello()
    bench.release()
    began_us = bench.now_us
    planned = 0
    for step in plan["step"]:
        bench.ask(Disarm())
        bench.configure(_setpoint(plan, step))
        assert isinstance(bench.permit(step["shots"]), Granted)
        planned += step["shots"]
        while len(bench.shots) < planned:
            bench.run(100)
            assert bench.now_us - began_us < 40_000_000, f"{len(bench.shots)} of {planned}"
    assert planned >= 60
    assert bench.now_us - began_us > 20_000_000
    assert {shot.ending for shot in bench.shots} == {Ending.COMPLETE}
    assert bench.truth.shots == planned
    # Every shot lies whole in the skin but for what the tip may drop.
    assert bench.truth.air_nl == 0
