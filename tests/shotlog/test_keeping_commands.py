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
from tests.shotlog.samples import NOW, closed, open_log, opened, write_sample
from tests.shotlog.test_rotation import beside

THIRD = "t00000000000000c3"
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


def followed_as_printed(said: str) -> None:
    """The command that a refused restore prints makes the successor, and retires the old key."""
    (line,) = [each for each in said.splitlines() if "injector log succeed" in each]
    made = run(*shlex.split(line)[2:])
    assert made.exit_code == 0, made.stderr
    assert "b.db.key.followed now: nothing can be added to the old log" in made.stderr


def test_a_backup_with_its_key_that_may_be_behind_is_followed_and_goes_on_no_more(
    path: Path, tmp_path: Path
) -> None:
    backup, there = tmp_path / "b.db", tmp_path / "there.db"
    run("backup", backup, "--log", path, "--with-keys")
    done = run("restore", backup, "--to", there)
    assert done.exit_code == 1
    followed_as_printed(done.stderr)
    refused = run("rotate-key", "--log", backup)
    assert refused.exit_code != 0
    assert "another log follows this one" in refused.stderr


def backed_up_with_a_checkpoint(path: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A backup along with which a checkpoint came, and a place in a folder of its own."""
    backup, there = tmp_path / "b.db", tmp_path / "new" / "shots.db"
    there.parent.mkdir()
    note = run("checkpoint", "--log", path).stdout
    beside(path, ".anchors").write_text(json.dumps({"checkpoint": note}) + "\n", encoding="utf-8")
    run("backup", backup, "--log", path, "--with-keys")
    return backup, there


def test_the_checkpoints_that_came_along_with_a_backup_do_not_say_that_nothing_came_after_it(
    path: Path, tmp_path: Path
) -> None:
    """The log wrote more, and was lost with all that was kept beside it."""
    backup, there = backed_up_with_a_checkpoint(path, tmp_path)
    came = beside(backup, ".anchors")
    assert came.exists()
    with open_log(path) as more:
        more.append([opened(THIRD), closed(THIRD)], NOW)
    for named in ((), ("--anchors", came)):
        done = run("restore", backup, "--to", there, *named)
        assert done.exit_code == 1
        assert "no checkpoint can be shown but those that came along with it" in done.stderr
        assert "or --nothing-newer" in done.stderr
        assert not there.exists()
    followed_as_printed(done.stderr)


def test_with_somebody_s_word_a_backup_and_what_came_along_goes_on(
    path: Path, tmp_path: Path
) -> None:
    backup, there = backed_up_with_a_checkpoint(path, tmp_path)
    done = run("restore", backup, "--to", there, "--nothing-newer")
    assert done.exit_code == 0, done.stderr
    assert "of the newest checkpoint" not in done.stdout
    assert beside(there, ".anchors").exists()


def test_checkpoints_beside_a_backup_tell_that_it_is_behind(path: Path, tmp_path: Path) -> None:
    backup, there = tmp_path / "b.db", tmp_path / "new" / "shots.db"
    there.parent.mkdir()
    run("backup", backup, "--log", path, "--with-keys")
    with open_log(path) as more:
        more.append([opened(THIRD), closed(THIRD)], NOW)
    note = run("checkpoint", "--log", path).stdout
    came = beside(backup, ".anchors")
    came.write_text(json.dumps({"checkpoint": note}) + "\n", encoding="utf-8")
    done = run("restore", backup, "--to", there, "--nothing-newer")
    assert done.exit_code == 1
    assert "going on from here would contradict them" in done.stderr
    assert "or --nothing-newer" not in done.stderr


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


@pytest.fixture
def kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings keep checkpoints in a file of their own, as on a stick."""
    file = tmp_path / "stick" / "anchors"
    config = tmp_path / "config" / "injector" / "console.toml"
    for each in (file, config):
        each.parent.mkdir(parents=True)
    config.write_text(f'[anchors]\nfile = "{file}"\n', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return file


def test_a_backup_that_is_behind_the_file_of_the_settings_does_not_go_on(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    """Its key is there, and it would go on, were it not for what stands in that file alone."""
    backup, there = tmp_path / "b.db", tmp_path / "there.db"
    run("backup", backup, "--log", path, "--with-keys")
    with open_log(path) as more:
        more.append([opened(THIRD), closed(THIRD)], NOW)
    note = run("checkpoint", "--log", path).stdout
    kept_elsewhere.write_text(json.dumps({"checkpoint": note}) + "\n", encoding="utf-8")
    done = run("restore", backup, "--to", there, "--nothing-newer")
    assert done.exit_code == 1
    assert "going on from here would contradict them" in done.stderr
    assert not there.exists()
    (line,) = [each for each in done.stderr.splitlines() if "injector log succeed" in each]
    made = json.loads(run(*shlex.split(line)[2:], "--json").stdout)
    assert made["lost"] > 0


def test_where_the_file_of_the_settings_is_not_there_it_is_said(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    backup = tmp_path / "b.db"
    run("backup", backup, "--log", path, "--with-keys")
    done = run("restore", backup, "--to", tmp_path / "there.db")
    assert done.exit_code == 1
    assert f"{kept_elsewhere}: the settings keep checkpoints here" in done.stderr


def test_a_file_of_checkpoints_that_cannot_be_read_ends_a_restore(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    backup = tmp_path / "b.db"
    run("backup", backup, "--log", path, "--with-keys")
    kept_elsewhere.write_bytes(b"\xff")
    done = run("restore", backup, "--to", tmp_path / "there.db", "--nothing-newer")
    assert done.exit_code == 2
    assert f"{kept_elsewhere}: the checkpoints in it cannot be read" in done.stderr
    assert not (tmp_path / "there.db").exists()


def test_a_backup_says_where_else_checkpoints_lie(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    said = run("backup", tmp_path / "b.db", "--log", path)
    assert f"the settings keep them in {kept_elsewhere}: keep that, too" in said.stdout
    whole = json.loads(run("backup", tmp_path / "w.db", "--log", path, "--json").stdout)
    assert whole["anchors"] == str(kept_elsewhere)


def test_a_file_of_checkpoints_that_cannot_even_be_looked_for_ends_a_restore_in_one_line(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    """The name is too long for the system; a folder that may not be entered does the same."""
    nowhere = kept_elsewhere.with_name("a" * 300)
    config = tmp_path / "config" / "injector" / "console.toml"
    config.write_text(f'[anchors]\nfile = "{nowhere}"\n', encoding="utf-8")
    done = run("restore", path, "--to", tmp_path / "there.db", "--nothing-newer")
    assert done.exit_code == 2
    assert f"{nowhere}: the checkpoints in it cannot be read: File name too long" in done.stderr
    assert not (tmp_path / "there.db").exists()


def test_settings_with_a_fault_stop_no_backup(
    path: Path, tmp_path: Path, kept_elsewhere: Path
) -> None:
    config = tmp_path / "config" / "injector" / "console.toml"
    config.write_text("theme = 7\n", encoding="utf-8")
    made = run("backup", tmp_path / "b.db", "--log", path, "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["anchors"] is None
    assert "where the settings keep checkpoints is not known:" in made.stderr
    assert str(config) in made.stderr
    assert verify(tmp_path / "b.db").ok


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
