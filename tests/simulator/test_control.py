"""The control channel and the command: a person's words in, clear answers out."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from injector.cli.exits import CommandError, Exit
from injector.cli.simulate import simulate
from injector.cli.simulator_process import start_simulator
from injector.protocol.messages import Welcome
from tests.simulator.host import COMMAND, DEADLINE_S, Gun, control, gun, host, until
from tests.simulator.test_hand import WRONG_LINES


@pytest.fixture(scope="module")
def a_gun() -> Iterator[Gun]:
    with gun("--seed", "1") as running:
        yield running


def test_bad_lines_are_answered_in_their_turn_and_the_channel_goes_on(a_gun: Gun) -> None:
    with control(a_gun.control) as channel:
        channel.say('{"do": "pull", "ms": 100}')
        channel.say("nonsense")
        channel.say(b"\xff\xfe")
        channel.say('{"do": "state"}')
        assert channel.hear() == {"ok": True}
        assert channel.hear()["error"].startswith("not JSON")
        assert channel.hear()["error"] == "not UTF-8"
        assert channel.hear()["state"]["light"] == "stopped"


@pytest.mark.parametrize(("line", "wrong"), WRONG_LINES, ids=lambda text: text[:30])
def test_bad_input_gets_one_error_line_that_says_what_would_be_right(
    a_gun: Gun, line: str, wrong: str
) -> None:
    with control(a_gun.control) as channel:
        answer = channel.ask(line)
        assert set(answer) == {"error", "right"}
        assert answer["error"].startswith(wrong)
        assert "state" in channel.ask('{"do": "state"}')


def test_a_line_without_end_is_cut_off_and_the_channel_goes_on(a_gun: Gun) -> None:
    with control(a_gun.control) as channel:
        assert channel.ask("x" * 200_000)["error"].startswith("a line has at most")
        answers = [channel.ask('{"do": "state"}')]
        while "state" not in answers[-1]:  # the rest of the long line is an error of its own
            answers.append(channel.hear())
        assert answers[-1]["state"]["power"] is True


def test_a_syringe_that_cannot_hold_its_volume_is_refused_by_the_gun(a_gun: Gun) -> None:
    with control(a_gun.control) as channel:
        line = '{"do": "syringe", "volume_nl": 2000001, "size_nl": 2000000}'
        assert "does not hold" in channel.ask(line)["error"]


def test_the_channel_shows_what_a_person_sees_on_the_gun() -> None:
    with gun("--syringe", "2 mL") as running, control(running.control) as channel:
        channel.ask('{"do": "contact", "on": true}')
        channel.ask('{"do": "battery", "pct": 50}')
        assert channel.ask('{"do": "state"}')["state"] == {
            "power": True,
            "plugged": True,
            "light": "stopped",
            "trigger": False,
            "contact": True,
            "battery_pct": 50,
            "syringe_nl": 2_000_000,
            "syringe_left_nl": 2_000_000,
            "shots_felt": 0,
        }
        channel.ask('{"do": "power", "on": false}')
        assert channel.ask('{"do": "state"}')["state"]["light"] == "off"
        assert channel.ask('{"do": "journal"}') == {"ok": True, "journal": []}
        channel.ask('{"do": "power", "on": true}')
        assert channel.ask('{"do": "truth"}')["truth"]["shots"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_gun_and_leaves_no_link_socket_or_folder(
    tmp_path: Path, number: signal.Signals
) -> None:
    link, channel = tmp_path / "gun", tmp_path / "control"
    running = Gun("--link", str(link), "--control", str(channel))
    assert (running.port, running.control) == (str(link), str(channel))
    assert link.exists()
    assert channel.is_socket()
    running.process.send_signal(number)
    _, talk = running.process.communicate(timeout=DEADLINE_S)
    assert running.process.returncode == Exit.OK
    assert talk == ""
    assert list(tmp_path.iterdir()) == []


def test_without_json_the_path_alone_is_on_stdout_and_the_talk_on_stderr() -> None:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    assert Path(port).is_symlink()
    process.send_signal(signal.SIGTERM)
    rest, talk = process.communicate(timeout=DEADLINE_S)
    assert rest == ""
    assert port in talk


def test_a_gun_with_a_state_file_is_the_same_after_it_was_killed(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    welcomes = []
    for _ in range(2):
        places = ("--link", str(tmp_path / "gun"), "--control", str(tmp_path / "control"))
        running = Gun("--state", state, *places)
        with host(running.port) as one:
            welcomes.append(one.hello())
        running.process.kill()
        running.process.communicate()
    first, second = welcomes
    assert isinstance(first, Welcome)
    assert isinstance(second, Welcome)
    assert (first.serial, first.journal) == (second.serial, second.journal)
    assert second.stop_count == first.stop_count + 1


def test_a_gun_takes_the_place_of_one_that_was_killed_and_of_no_other(tmp_path: Path) -> None:
    options = ["--link", str(tmp_path / "gun"), "--control", str(tmp_path / "control")]
    killed = Gun(*options)
    killed.process.kill()
    killed.process.communicate()
    assert (tmp_path / "control").is_socket()
    with gun(*options) as running:
        result = CliRunner().invoke(simulate, options)
        assert result.exit_code == Exit.BAD_INPUT
        assert "Address already in use; give a path that is free" in result.stderr
        with control(running.control) as channel, host(running.port) as one:
            assert channel.ask('{"do": "state"}')["ok"] is True
            assert isinstance(one.hello(), Welcome)


def test_the_gun_is_called_as_it_was_asked_to_be() -> None:
    with gun("--serial", "WARD-7") as running, host(running.port) as one:
        welcome = one.hello()
    assert isinstance(welcome, Welcome)
    assert welcome.serial == "WARD-7"


BAD_OPTIONS = [
    (["--syringe", "3 mL"], "there are syringes of 2.000 mL, 2.500 mL, 5.000 mL, 10.000 mL"),
    (["--syringe", "5mL"], "one space"),
    (["--tcp", "localhost"], "a host and a port, as in '127.0.0.1:0'"),
    (["--serial", "x" * 21], "1 to 20 printable ASCII characters"),
    (["--viscosity", "0"], "--viscosity"),
    (["--link", "a", "--tcp", "127.0.0.1:0"], "a gun has one port"),
    (["--hand", "no-such-script.jsonl"], "no-such-script.jsonl"),
    (["--link", "/no/such/folder/gun"], "/no/such/folder/gun: No such file or directory"),
    (["--state", "/no/such/folder/state"], "/no/such/folder/state: No such file or directory"),
    (["--control", "/no/such/folder/c"], "/no/such/folder/c: No such file or directory"),
]


@pytest.mark.parametrize(("options", "wrong"), BAD_OPTIONS)
def test_bad_options_give_one_clear_error_and_exit_status_2(options: list[str], wrong: str) -> None:
    result = CliRunner().invoke(simulate, options)
    assert result.exit_code == Exit.BAD_INPUT
    assert wrong in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_a_bad_hand_script_is_refused_before_a_gun_is_there(tmp_path: Path) -> None:
    script = tmp_path / "h.jsonl"
    script.write_text('{"do": "shoot"}\n{"do": "dance"}\n')
    result = CliRunner().invoke(simulate, ["--hand", str(script)])
    assert result.exit_code == Exit.BAD_INPUT
    assert f"{script}, line 2: 'do' is one of" in result.stderr


def _ctl(running: Gun, *words: str, stdin: str = "") -> tuple[int, list[object], str]:
    result = CliRunner().invoke(simulate, ["ctl", running.control, *words], input=stdin)
    return (
        result.exit_code,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )


CTL = [
    ["trigger", "down"],
    ["trigger", "up"],
    ["pull", "--ms", "20"],
    ["shoot"],
    ["contact", "on"],
    ["contact", "off"],
    ["fault", "occlusion", "on"],
    ["fault", "occlusion", "off"],
    ["battery", "80"],
    ["power", "off"],
    ["power", "on"],
    ["reset"],
    ["unplug"],
    ["plug"],
    ["syringe", "4.5 mL"],
    ["syringe", "1.5 mL", "--size", "2 mL"],
    ["state"],
    ["journal"],
    ["truth"],
]


@pytest.mark.parametrize("words", CTL, ids=" ".join)
def test_ctl_says_every_word_and_prints_the_answer(a_gun: Gun, words: list[str]) -> None:
    status, answers, talk = _ctl(a_gun, *words)
    assert (status, talk) == (0, "")
    assert [answer["ok"] for answer in answers if isinstance(answer, dict)] == [True]


def test_ctl_passes_json_lines_and_ends_with_2_when_one_was_bad(a_gun: Gun) -> None:
    lines = '{"do": "state"}\nnonsense\n\n{"do": "truth"}\n'
    status, answers, talk = _ctl(a_gun, "-", stdin=lines)
    assert status == Exit.BAD_INPUT
    assert [sorted(answer) for answer in answers if isinstance(answer, dict)] == [
        ["ok", "state"],
        ["error", "right"],
        ["ok", "truth"],
    ]
    assert "the gun did not take every line" in talk


def test_ctl_refuses_what_the_gun_refuses_and_says_what_would_be_right(a_gun: Gun) -> None:
    status, answers, talk = _ctl(a_gun, "fault", "rust", "on")
    assert (status, answers) == (Exit.BAD_INPUT, [])
    assert '{"do": "fault", "name": "occlusion", "on": true}' in talk


def test_ctl_without_a_gun_says_where_it_looked_and_ends_with_4(tmp_path: Path) -> None:
    result = CliRunner().invoke(simulate, ["ctl", str(tmp_path / "none"), "state"])
    assert result.exit_code == Exit.DEVICE
    assert "no simulated gun answers here" in result.stderr


def test_ctl_does_not_wait_for_ever(a_gun: Gun) -> None:
    words = ["ctl", "--timeout", "0.2", a_gun.control, "pull", "--ms", "60000"]
    result = CliRunner().invoke(simulate, words)
    assert result.exit_code == Exit.DEVICE
    assert "no answer in time" in result.stderr


def test_a_command_starts_its_own_gun_and_ends_it() -> None:
    with start_simulator(syringe="2 mL", seed=3) as running, host(running.port) as one:
        assert isinstance(one.hello(), Welcome)
    assert running.process.returncode == 0
    assert not Path(running.port).exists()


def test_a_gun_that_does_not_start_says_why() -> None:
    with pytest.raises(CommandError, match="there are syringes of") as caught:
        start_simulator(syringe="3 mL")
    assert caught.value.exit_code == Exit.BAD_INPUT


def test_a_gun_ends_when_the_process_that_started_it_is_killed() -> None:
    code = (
        "from injector.cli.simulator_process import start_simulator; import signal\n"
        "print(start_simulator().port, flush=True)\n"
        "signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    port = Path(parent.stdout.readline().strip())
    assert port.exists()
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    until(lambda: not port.parent.exists())
