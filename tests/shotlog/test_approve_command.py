"""``injector library approve``: a named practitioner, on record, for this installation."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.approve import approve
from injector.cli.exits import Exit
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.treatment.shipped import shipped_library
from tests.shotlog.samples import open_log

WHO = ("--name", "Ada Example", "--diploma", "DIU", "--registration", "75-1")


def run(path: Path, *args: str) -> Result:
    return CliRunner().invoke(approve, ["shipped", "--by", "ada", "--log", str(path), *args])


@pytest.mark.rule("R-APPROVAL", "R-QUALIFIED")
def test_only_a_qualified_practitioner_approves_and_a_refusal_makes_no_log(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    refused = run(path)
    assert refused.exit_code == Exit.BAD_INPUT
    assert "on record for ada" in refused.output
    assert not path.exists()
    half = run(path, "--name", "Ada Example")
    assert half.exit_code == Exit.BAD_INPUT
    assert not path.exists()


@pytest.mark.rule("R-APPROVAL", "R-DIGEST")
def test_an_approval_is_an_entry_with_the_library_s_text(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    result = run(path, *WHO, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    digest = shipped_library().digest
    assert (said["digest"], said["by"], said["registration"]) == (digest, "ada", "75-1")
    assert run(path).exit_code == 0, "on record once is on record"
    with LogReader.open(path) as reader:
        assert len(list(reader.entries(kinds=["library_approved"]))) == 2
        assert reader.library_text(digest) == shipped_library().text
    assert verify(path).ok


def test_where_an_engine_runs_nothing_is_written_and_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with open_log(path):
        result = run(path, *WHO)
    assert result.exit_code == Exit.BAD_INPUT
    assert "an engine runs on this log" in result.output
