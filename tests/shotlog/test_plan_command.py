"""``injector plan``: what is due for whom, and one patient's course, out of the log."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.plan import plan
from injector.control.registering import NotQualifiedError, approve_library, record_operator
from injector.shotlog import facts
from injector.shotlog.entries import Draft, Moment, SessionClosed, SessionOpened
from injector.shotlog.errors import LogLocked
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader, library_drafts
from injector.shotlog.verify import verify
from injector.treatment.shipped import shipped_library
from tests.shotlog.samples import closed, numbered, open_log, opened

LIBRARY = shipped_library()
DAY_US = 86_400_000_000
FIRST_US = 1_800_000_000_000_000  # 2027-01-15


def run(*args: object) -> Result:
    return CliRunner().invoke(plan, [str(arg) for arg in args])


def at(days: int) -> Moment:
    return Moment(FIRST_US + days * DAY_US, 1 + days * DAY_US)


def visit(
    log: ShotLog, number: int, day: int, *told: facts.Fact, pseudonym: str = "blue heron",
    shots: int = 8,
) -> None:  # fmt: skip
    session = f"t{number:016x}"
    opening, closing = opened(session), closed(session, shots)
    assert isinstance(opening.body, SessionOpened)
    assert isinstance(closing.body, SessionClosed)
    body = opening.body.model_copy(
        update={
            "patient": f"{sum(pseudonym.encode()):016x}",
            "library_digest": LIBRARY.digest,
            "indication": "neck_pain",
        }
    )
    log.append([Draft(session, body, {**opening.texts, "/pseudonym": pseudonym})], at(day))
    by_hand = closing.body.model_copy(update={"newest": 0, "shots": 0, "volume_nl": 0})
    log.append([*(Draft(session, fact) for fact in told), Draft(session, by_hand)], at(day))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "shots.db"
    with open_log(where) as log:
        log.append(library_drafts(LIBRARY.digest, LIBRARY.text), at(0))
        visit(
            log, 1, 0, facts.Pain(when="before", score=8, by="ada"),
            facts.Pain(when="after", score=5, by="ada"),
        )  # fmt: skip
        visit(log, 2, 7, facts.Result(result="worse", note=None, by="ada"))
        visit(log, 3, 8, shots=0)
        visit(log, 4, 9, pseudonym="grey owl")
        visit(
            log, 5, 10, facts.Result(result="resolved", note=None, by="ada"), pseudonym="red kite"
        )
    return where


@pytest.mark.rule("R-DUE")
def test_what_is_due_is_told_for_everybody_who_is_to_come_again(path: Path) -> None:
    result = run("--log", path, "--on", "2027-02-01", "--json")
    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["pseudonym"], each["due"], each["overdue"]) for each in told] == [
        ("blue heron", "2027-01-29", True),
        ("grey owl", "2027-01-31", True),
    ]
    assert told[0]["sessions"] == 2, "a session in which nothing was given is none of the course"
    table = run("--log", path, "--on", "2027-01-20")
    assert "blue heron" in table.stdout
    assert "overdue" not in table.stdout
    assert "red kite" not in table.stdout


@pytest.mark.rule("R-DUE")
def test_one_patient_s_course_is_told_session_by_session(path: Path) -> None:
    result = run("Blue  HERON", "--log", path, "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["number"], each["given_shots"]) for each in told] == [(1, 8), (2, 8), (3, 0)]
    assert (told[0]["pain_before"], told[0]["pain_after"], told[1]["result"]) == (8, 5, "worse")
    text = run("blue heron", "--log", path).stdout
    assert "8 to 5" in text
    assert "due 2027-01-29" in text
    assert "nothing more is due" in run("red kite", "--log", path).stdout


def test_an_unknown_pseudonym_says_so(path: Path) -> None:
    result = CliRunner().invoke(plan, ["nobody", "--log", str(path)], standalone_mode=False)
    assert result.exception is not None
    assert "no session is known" in str(result.exception)


def test_who_is_qualified_and_approves_stands_in_the_log_and_an_engine_goes_first(
    path: Path,
) -> None:
    how = {"now": at(11), "random_bytes": numbered(), "software": "tests"}
    with pytest.raises(NotQualifiedError):
        approve_library(path, LIBRARY, by="ada", **how)  # type: ignore[arg-type]
    ada = facts.OperatorRecorded(
        person="ada", name="Ada Example", role="practitioner", diploma="DIU", registration="75-1",
        by="ada",
    )  # fmt: skip
    record_operator(path, ada, **how)  # type: ignore[arg-type]
    approved = approve_library(path, LIBRARY, by="ada", **how)  # type: ignore[arg-type]
    assert (approved.digest, approved.registration) == (LIBRARY.digest, "75-1")
    with LogReader.open(path) as reader:
        assert len(list(reader.entries(kinds=["library_approved", "operator_recorded"]))) == 2
    assert verify(path).ok
    with open_log(path), pytest.raises(LogLocked):
        record_operator(path, ada, **how)  # type: ignore[arg-type]
