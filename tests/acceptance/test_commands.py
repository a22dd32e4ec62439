"""Promises that hold of all commands together."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import click
import pytest
from click.testing import CliRunner

from injector.cli.exits import CommandError
from injector.cli.log import log as log_command
from injector.cli.main import cli
from injector.shotlog.reader import LogReader
from tests.shotlog.samples import write_sample

HOSTILE: Final = "a\x7f\u202e\x9bb"
"""DEL, a mark that turns the line around, and a C1 control that begins what terminals obey."""
ROOT: Final = Path(__file__).parents[2]
CLI: Final = ROOT / "injector" / "cli"


class _Told(NamedTuple):
    said: str
    path: tuple[str, ...]
    about: str


def _commands(group: click.Group) -> dict[tuple[str, ...], click.Command]:
    """What `--help` of every level lists, but groups that do nothing by themselves.

    A group that takes an argument of its own is one command here.
    """
    found: dict[tuple[str, ...], click.Command] = {}
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        takes = any(isinstance(each, click.Argument) for each in command.params)
        if isinstance(command, click.Group) and not takes:
            found |= {(name, *path): each for path, each in _commands(command).items()}
            if not command.invoke_without_command:
                continue
        found[(name,)] = command
    return found


COMMANDS: Final = _commands(cli)


def _readme() -> list[_Told]:
    """The lines of README.md that are commands of ours."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = []
    for line in re.findall(r"^injector .*$", text, re.MULTILINE):
        said, _, about = line.partition(" # ")
        words = tuple(shlex.split(said)[1:])
        paths = [path for path in COMMANDS if words[: len(path)] == path]
        found.append(_Told(said.strip(), max(paths, key=len, default=words), about.strip()))
    return found


README: Final = _readme()


@pytest.mark.parametrize(
    "written",
    [
        'f"injector {__version__}"', "Moment(time.time_ns()", 'show_default="$XDG_DATA_HOME/',
        "an engine runs on this log", "except NotDerivedError", "judge=JudgedAgain()",
    ],
)  # fmt: skip
def test_what_commands_have_in_common_is_written_once(written: str) -> None:
    """The name of this program, the clocks of a command, where the log is, why it cannot be
    written or made into tables, and how it is verified."""
    places = [
        path.name
        for path in sorted(CLI.glob("*.py"))
        for _ in range(path.read_text(encoding="utf-8").count(written))
    ]
    assert len(places) == 1, places


def test_json_for_people_is_printed_by_the_one_that_is_safe_to_look_at() -> None:
    """Only numbers under names of our own are printed otherwise."""
    raw = {
        path.name
        for path in CLI.glob("*.py")
        if "echo(json.dumps" in path.read_text(encoding="utf-8")
    }
    assert raw == {"soak.py"}


def test_every_command_that_the_program_names_is_one() -> None:
    """In errors, hints and pages: what somebody is told to type is there."""
    named = {
        words
        for file in (ROOT / "injector").rglob("*.py")
        for words in re.findall(r"`injector ([a-z][^`]*)`", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    groups = {path[:1] for path in COMMANDS}
    for said in named:
        words = tuple(re.sub(r"--[a-z-]+ [a-z]+", "--option", said).split())
        length = max((len(path) for path in COMMANDS if words[: len(path)] == path), default=0)
        rest = words[max(length, 1) :]
        assert length or words[:1] in groups, said
        # What follows is an option, a place to fill in, or the newest session.
        assert all(re.fullmatch(r"--[a-z-]+|[A-Z]+|\{\w+\}|last", word) for word in rest), said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_sample(tmp_path / "shots.db")
    return tmp_path / "shots.db"


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "--json", "TARGET"),
        ("export", "--json", "--tiles", "TARGET"),
        ("export", "--json", "--format", "csv", "--out", "TARGET"),
        ("package", "--json", "last", "--out", "TARGET"),
        ("prove", "--json", "SHOT", "--out", "TARGET"),
    ],
)
def test_a_strangers_text_in_json_is_seen_and_means_the_same(
    path: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    target = str(tmp_path / HOSTILE)
    with LogReader.open(path) as reader:
        shot = str(next(reader.entries(kinds=["shot"])).seq)
    given = [{"TARGET": target, "SHOT": shot}.get(each, each) for each in arguments]
    done = CliRunner().invoke(log_command, [*given, "--log", str(path)])
    assert done.exit_code == 0, done.stderr
    assert target in json.loads(done.stdout).values()
    assert done.stdout.rstrip("\n").isprintable()


def test_a_strangers_text_in_a_proof_is_seen_when_it_is_checked(path: Path, tmp_path: Path) -> None:
    with LogReader.open(path) as reader:
        shot = str(next(reader.entries(kinds=["shot"])).seq)
    folder = tmp_path / "proof"
    run = CliRunner().invoke
    assert (
        run(log_command, ["prove", shot, "--out", str(folder), "--log", str(path)]).exit_code == 0
    )
    (folder / "checkpoint").write_text(f"{HOSTILE}\n1\nAAAA\n\n", encoding="utf-8")
    for each in folder.glob("*.tlog-proof"):
        each.write_text(f"{HOSTILE}\n", encoding="utf-8")
    done = run(log_command, ["check-proof", str(folder), "--json"])
    assert done.exit_code == 1
    json.loads(done.stdout)
    assert done.stdout.rstrip("\n").isprintable()


def test_a_strangers_text_in_an_error_is_seen(tmp_path: Path) -> None:
    """Lines stay lines: an error has one for what is wrong, and one for what would be right."""
    done = CliRunner().invoke(log_command, ["verify", "--log", str(tmp_path / HOSTILE)])
    assert done.exit_code == 2
    assert "a\\x7f\\u202e\\x9bb" in done.stderr
    assert done.stderr.replace("\n", "").isprintable()
    error = CommandError(f"one {HOSTILE}", right="two")
    shown = CliRunner().invoke(_ending(error)).stderr
    assert shown == "error: one a\\x7f\\u202e\\x9bb\n  two\n"


def test_a_strangers_option_is_seen_in_the_error_about_it() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("injector"), f"--{HOSTILE}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "a\\x7f\\u202e\\x9bb" in done.stderr
    assert done.stderr.replace("\n", "").isprintable()


def test_the_readme_lists_every_command_with_a_line_about_it() -> None:
    assert {told.path for told in README} == set(COMMANDS)
    assert [told.said for told in README if not told.about] == []


@pytest.mark.parametrize("told", README, ids=lambda told: told.said)
def test_what_the_readme_says_can_be_said(
    told: _Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to what would be done: its arguments and options are there, and all that is needed."""
    monkeypatch.chdir(tmp_path)
    for stood_for in ("OLD", "BACKUP"):
        Path(stood_for).touch()
    words = [
        {"SHOT": "7", "ENTRY": "7"}.get(each, each)
        for each in shlex.split(told.said)[1 + len(told.path) :]
    ]
    COMMANDS[told.path].make_context(told.said, words)


def test_all_that_one_may_do_to_a_simulated_gun_is_described() -> None:
    text = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    (about,) = re.findall(
        r"^`injector simulate ctl CONTROL (.+?)\n\n", text, re.MULTILINE | re.DOTALL
    )
    named = {quoted.split()[0] for quoted in re.findall(r"`([^`]+)`", f"`{about}")}
    ctl = COMMANDS["simulate", "ctl"]
    assert isinstance(ctl, click.Group)
    assert named - {"..."} == set(ctl.list_commands(click.Context(ctl)))


def _ending(error: CommandError) -> click.Command:
    @click.command()
    def ending() -> None:
        raise error

    return ending
