"""``injector log tail`` beside a real engine, and what is exported of what it wrote."""

import json
import signal
import sqlite3
import subprocess
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.acceptance.conftest import Finished
from tests.acceptance.stage import (
    COMMAND,
    DEADLINE_S,
    ROOT,
    Running,
    copy_log,
    holding_hand,
    injector,
    until,
    write_plan,
)
from tests.acceptance.stage import step as plan_step
from tests.report import hostile, hostile_log


class Tail(Running):
    """A tail that runs, and the lines that it has printed so far."""

    def __init__(self, *arguments: str | Path) -> None:
        super().__init__("log", "tail", *arguments)
        self.out: list[str] = []
        self.err: list[str] = []
        self._threads = [
            Thread(target=self._read, args=(pipe, lines), daemon=True)
            for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _read(pipe: Any, lines: list[str]) -> None:
        lines.extend(iter(pipe.readline, ""))

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.out)]

    def interrupt(self) -> int:
        self.signal(signal.SIGINT)
        status = self.process.wait(DEADLINE_S)
        for thread in self._threads:
            thread.join(DEADLINE_S)
        return status


def all_of(log: Path) -> list[dict[str, Any]]:
    """Every entry's body, by SQLite and json alone."""
    connection = sqlite3.connect(log)
    found = connection.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq").fetchall()
    connection.close()
    return [json.loads(body) for (body,) in found]


def seqs(tail: Tail) -> list[int]:
    return [each["seq"] for each in tail.objects()]


def test_a_session_is_followed_while_the_engine_runs(tmp_path: Path) -> None:
    log = tmp_path / "shots.db"
    plan = write_plan(tmp_path, plan_step(shots=12), hand=holding_hand())
    first = injector("run", plan, "--simulate", "--log", log, "--json")
    assert first.status == 0, first
    before = len(all_of(log))
    with (
        Tail("--log", log, "--json") as tail,
        Tail("--log", log, "--from-start") as lines,
        Tail("--log", log, "--json", "--session", first.object()["session"]) as older,
    ):
        until(lambda: len(lines.out) == before, "the lines of what was there already")
        # Nothing tells when the others have begun; an entry before that would be missed.
        until(lambda: _follows(tail, log) and _follows(older, log), "both hold the log open")
        with Running("run", plan, "--simulate", "--log", log, "--json") as engine:
            until(lambda: any(each["kind"] == "shot" for each in tail.objects()), "a shot")
            assert engine.process.poll() is None, "it was shown after the engine had ended"
            second = engine.end()
        assert second.status == 0, second
        bodies = all_of(log)
        until(lambda: len(tail.out) == len(bodies) - before, "every new entry")
        until(lambda: len(lines.out) == len(bodies), "a line for each")
        assert tail.interrupt() == 130
        assert lines.interrupt() == 130
        assert older.interrupt() == 130
    assert tail.err == lines.err == older.err == []
    assert older.out == []
    for shown, body in zip(tail.objects(), bodies[before:], strict=True):
        assert shown == {name: value for name, value in body.items() if name != "random"}
    shots = [body["volume_nl"] for body in bodies[before:] if body["kind"] == "shot"]
    assert len(shots) == 12
    assert sum(each.get("volume_nl", 0) for each in tail.objects() if each["kind"] == "shot") == (
        sum(shots)
    )
    for line, body in zip(lines.out, bodies, strict=True):
        assert line.split()[0] == str(body["seq"])
        assert f" {body['kind']} " in line
    show = injector("log", "show", second.object()["session"], "--log", log)
    closing = next(line for line in show.out.splitlines() if " session_closed " in line)
    assert f"{closing}\n" in lines.out


def _follows(tail: Tail, log: Path) -> bool:
    """Whether the process holds the log open, and has read how long it is."""
    held = Path(f"/proc/{tail.process.pid}/fd")
    try:
        names = [str(each.readlink()) for each in held.iterdir()]
    except OSError:
        return False
    return f"{log}-shm" in names


def test_a_reader_that_goes_away_ends_it_without_a_word(finished: Finished) -> None:
    command = [*COMMAND, "log", "tail", "--from-start", "--log", str(finished.log)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().split()[3] == "log_opened"
        process.stdout.close()  # no entry comes any more: it must find out by itself
        assert process.wait(DEADLINE_S) == 0
        assert process.stderr.read() == ""


def test_an_interrupt_ends_it_without_a_word(mine: Path) -> None:
    with Tail("--from-start", "--log", mine) as tail:
        until(lambda: len(tail.out) == len(all_of(mine)), "every entry")
        assert tail.interrupt() == 130
    assert tail.err == []


def test_a_log_that_is_replaced_is_followed_on_and_it_is_said(
    mine: Path, finished: Finished, tmp_path: Path
) -> None:
    size = len(all_of(mine))
    with Tail("--from-start", "--json", "--log", mine) as tail:
        until(lambda: len(tail.out) == size, "every entry")
        replace(mine, copy_log(finished.log, tmp_path / "same"))
        until(lambda: any("was replaced" in line for line in tail.err), "the same log again")
        older = copy_log(finished.older, tmp_path / "backup")
        held = len(all_of(older))
        assert held < size
        replace(mine, older)
        until(lambda: len(tail.out) >= size + held, "the backup from its start")
        assert any("another log" in line for line in tail.err)
        mine.unlink()
        until(lambda: any("waiting for one" in line for line in tail.err), "no log at all")
        other = tmp_path / "other.db"
        plan = write_plan(tmp_path, plan_step(shots=2), hand=holding_hand())
        assert injector("run", plan, "--simulate", "--log", other).status == 0
        count = len(all_of(other))
        replace(mine, other)
        until(lambda: len(tail.out) >= size + held + count, "another log")
        assert tail.interrupt() == 130
    assert seqs(tail) == [*range(size), *range(held), *range(count)]
    assert sum("was replaced" in line for line in tail.err) == 3


def replace(log: Path, by: Path) -> None:
    """Put another log into a log's place, as a restore does: no write-ahead log stays."""
    for ending in ("-wal", "-shm"):
        for each in (log, by):
            each.with_name(each.name + ending).unlink(missing_ok=True)
    by.replace(log)


@pytest.mark.parametrize("form", ["lines", "--json"])
def test_hostile_text_is_shown_as_text(tmp_path: Path, form: str) -> None:
    log = tmp_path / "shots.db"
    texts = hostile_log.write(log)
    bodies = all_of(log)
    more = ["--json"] if form == "--json" else []
    with Tail("--from-start", "--with-texts", *more, "--log", log) as tail:
        until(lambda: len(tail.out) == len(bodies), "a line for each entry")
        tail.interrupt()
    assert not [each for line in tail.out for each in line.rstrip("\n") if not _harmless(each)]
    if form == "--json":
        opened = [each for each in tail.objects() if each["kind"] == "session_opened"]
        assert {each["session"]: each["mixture"][0]["product"] for each in opened} == texts
        assert {each["texts"]["/title"] for each in opened} == {hostile.LONG}


def _harmless(character: str) -> bool:
    return character.isprintable()


def test_notes_are_shown_only_where_their_texts_are_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "shots.db"
    hostile_log.write(log)
    count = len(all_of(log))
    for more in ([], ["--json"]):
        with Tail("--from-start", *more, "--log", log) as tail:
            until(lambda: len(tail.out) == count, "a line for each entry")
            tail.interrupt()
        assert "long long" not in "".join(tail.out)
        assert not any("texts" in line for line in tail.out if more)


def test_what_a_session_s_package_says_of_a_real_session_verifies(
    finished: Finished, tmp_path: Path
) -> None:
    made = injector(
        "log", "package", "last", "--out", tmp_path / "p", "--log", finished.log, "--json"
    )
    said = made.object()
    assert (made.status, said["verifies"]) == (0, True)
    assert said["session"] == finished.ran.object()["session"]
    readme = (tmp_path / "p/README.txt").read_text(encoding="utf-8")
    assert "verification passed" in readme
    checked = injector("log", "check-proof", tmp_path / "p/proofs", "--key", finished.vkey)
    assert checked.status == 0, checked
