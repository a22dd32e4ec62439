"""The commands that keep a log: what they print, how they end, and that the page names no other."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from injector.cli.log import log as group
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.note import VerifierKey
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.shotlog.samples import open_log, write_sample
from tests.shotlog.test_rotation import beside

PAGE = Path(__file__).parents[2] / "docs" / "keeping.md"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_sample(tmp_path / "shots.db")
    return tmp_path / "shots.db"


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(group, [str(each) for each in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_rotation_prints_the_new_verifier_key_and_who_has_to_have_it(path: Path) -> None:
    done = run("rotate-key", "--log", path, "--by", "ada")
    assert done.exit_code == 0
    with LogReader.open(path) as reader:
        assert done.stdout == reader.vkey + "\n"
        assert open_checkpoint(reader.checkpoint, VerifierKey.parse(done.stdout)).size == 29
    assert "Hand it to your auditor" in done.stderr
    assert run("verify", "--log", path, "--key", done.stdout.strip()).exit_code == 0


def test_what_is_asked_for_in_words_that_are_no_code_is_refused_with_a_clear_word(
    path: Path,
) -> None:
    before = path.read_bytes()
    done = run("rotate-key", "--log", path, "--reason", "Because I Say So")
    assert done.exit_code == 2
    assert "reason" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert not beside(path, ".key.next").exists()


@pytest.mark.parametrize(
    "arguments", [("rotate-key",), ("erase", "--patient", "x", "--by", "a", "--reason", "b")]
)
def test_where_no_log_is_none_is_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, "--log", tmp_path / "none.db")
    assert done.exit_code == 2
    assert "there is no shot log here" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("rotate-key", "--log", "LOG"), ("succeed", "--reason", "archived", "--old", "LOG", "NEW")],
)
def test_while_an_engine_runs_they_say_that_it_has_to_end(
    path: Path, arguments: tuple[str, ...]
) -> None:
    places = {"LOG": str(path), "NEW": str(path.with_name("new.db"))}
    with open_log(path):
        done = run(*(places.get(each, each) for each in arguments))
    assert done.exit_code == 2
    assert "an engine runs on this log; end it" in done.stderr


def test_a_backup_says_what_is_in_it_and_what_is_not(path: Path) -> None:
    target = path.with_name("backup.db")
    with open_log(path):
        said = run("backup", target, "--log", path)
    assert said.exit_code == 0
    for words in ("28 entries, verified", "texts about patients, to be kept as such: 8",
                  "not here: the signing key", "goes on only where the key is"):  # fmt: skip
        assert words in said.stdout
    whole = json.loads(
        run("backup", path.with_name("w.db"), "--log", path, "--with-keys", "--json").stdout
    )
    assert (whole["size"], whole["keys"], whole["with"]) == (28, True, [".vkey", ".key"])
    refused = run("backup", target, "--log", path)
    assert refused.exit_code == 2
    assert "overwrites nothing" in refused.stderr


def test_a_restore_that_must_not_be_says_the_command_that_may(path: Path, tmp_path: Path) -> None:
    """And that command, as it is printed, works."""
    backup, there = tmp_path / "b.db", tmp_path / "there.db"
    run("backup", backup, "--log", path)
    kept = tmp_path / "kept"
    kept.write_text(run("checkpoint", "--log", path).stdout, encoding="utf-8")
    done = run("restore", backup, "--to", there, "--checkpoint", kept)
    assert done.exit_code == 1
    (line,) = [each for each in done.stderr.splitlines() if "injector log succeed" in each]
    assert "--reason lost_key" in line
    made = run(*shlex.split(line)[2:])
    assert made.exit_code == 0, made.stderr
    with LogReader.open(there) as reader:
        assert made.stdout == reader.vkey + "\n"
    assert "2 visits of 1 patients" in made.stderr
    assert verify(there, vkey=made.stdout.strip()).ok


def test_a_restore_that_may_be_says_how_it_stands(path: Path, tmp_path: Path) -> None:
    backup, there = tmp_path / "b.db", tmp_path / "there.db"
    run("backup", backup, "--log", path, "--with-keys")
    note = run("checkpoint", "--log", path).stdout
    anchors = tmp_path / "anchors"
    anchors.write_text(json.dumps({"checkpoint": note}) + "\n", encoding="utf-8")
    done = run("restore", backup, "--to", there, "--anchors", anchors)
    assert done.exit_code == 0, done.stderr
    assert "it has all 28 entries of the newest checkpoint" in done.stdout
    again = run("restore", backup, "--to", there, "--anchors", anchors)
    assert again.exit_code == 2
    assert "a log is here already" in again.stderr


def test_a_checkpoint_that_is_none_is_said_to_be_none(path: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("nothing", encoding="utf-8")
    done = run("restore", path, "--to", tmp_path / "x.db", "--checkpoint", wrong)
    assert done.exit_code == 2
    assert "not a checkpoint" in done.stderr


def commands() -> list[list[str]]:
    lines = re.findall(r"^\$ (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(line)[2:] for line in lines if line.startswith("injector log ")]


def test_every_command_of_the_page_is_one_with_these_options() -> None:
    named = set()
    for name, *arguments in commands():
        command = group.get_command(click.Context(group), name)
        assert command is not None, name
        known = {opt for each in command.params for opt in each.opts}
        given = {each for each in arguments if each.startswith("--")}
        assert given <= known, (name, given - known)
        named.add(name)
    assert named == {"backup", "restore", "succeed", "erase", "rotate-key"}
